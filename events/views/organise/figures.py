"""Figures of a session, and over the sessions of one's programmes: counts, for viewers too."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import viewer
from accounts.models import Programme, User
from accounts.spreadsheets import as_csv
from events import figures
from events.figures import Figure
from events.models import Session
from events.views.organise.frame import session_frame, viewed_session


@viewer
@require_safe
def of_session(request: HttpRequest, slug: str) -> HttpResponse:
    """The pictures of one session, each with its table."""
    now = timezone.now()
    session = viewed_session(request, slug)
    context = {"figures": figures.of_session(session, now)}
    frame = session_frame(session, now, tab="figures")
    return render(request, "organise/figures/session.html", context | frame)


@viewer
@require_safe
def file_of_session(request: HttpRequest, slug: str, name: str, ending: str) -> HttpResponse:
    """One picture of a session, as a drawing or as a table."""
    session = viewed_session(request, slug)
    found = figures.of_session(session, timezone.now())
    return _file(found, name, ending, prefix=session.slug)


@viewer
@require_safe
def over_sessions(request: HttpRequest) -> HttpResponse:
    """The pictures over the past sessions of one's programmes, or of one of them."""
    programmes = Programme.objects.viewed_by(cast(User, request.user)).distinct()
    chosen = programmes.filter(slug=request.GET.get("programme", "")[:50]).first()
    context = {
        "figures": _over_sessions(request),
        "programmes": programmes,
        "chosen": chosen,
        "query": f"?programme={chosen.slug}" if chosen else "",
    }
    return render(request, "organise/figures/over_sessions.html", context)


@viewer
@require_safe
def file_over_sessions(request: HttpRequest, name: str, ending: str) -> HttpResponse:
    """One picture over sessions, as a drawing or as a table."""
    return _file(_over_sessions(request), name, ending, prefix="sessions")


def _over_sessions(request: HttpRequest) -> list[Figure]:
    """Of the programme that the address names, or of all of one's own."""
    sessions = Session.objects.viewed_by(cast(User, request.user))
    if slug := request.GET.get("programme", "")[:50]:
        sessions = sessions.filter(programme__slug=slug)
    return figures.over_sessions(sessions, timezone.now())


def _file(found: list[Figure], name: str, ending: str, *, prefix: str) -> HttpResponse:
    figure = next((one for one in found if one.name == name), None)
    if figure is None or ending not in {"svg", "csv"} or (ending == "svg" and not figure.drawn):
        raise Http404
    if ending == "svg":
        answer = HttpResponse(figure.drawn, content_type="image/svg+xml")
    else:
        answer = HttpResponse(as_csv(figure.heads, figure.rows), content_type="text/csv")
    filename = f"{prefix}-{name}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
