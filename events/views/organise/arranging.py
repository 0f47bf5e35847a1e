"""The moves of an agenda item, one address each; and a session as long as its agenda."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organiser
from accounts.auditing import actor_of
from events import arranging, comparing, shifting
from events.arranging import NoSuchItem, Rule
from events.comparing import AgendaChanged
from events.models import Session
from events.rescheduling import CannotMove
from events.shifting import CannotShift
from events.views.organise.agenda import back_to, find, rows_of, say_changed, say_where
from events.views.organise.frame import managed_session, session_frame
from moments import words

STEP = timedelta(minutes=5)


def _move(request: HttpRequest, slug: str, number: int, rule: Rule) -> HttpResponse:
    now = timezone.now()
    session = managed_session(request, slug)
    seen = request.POST.get("seen", "")
    rows = rows_of(session)
    if not comparing.was_seen(seen, number):
        find(rows, number)
    try:
        arranging.move(session, number, rule, seen=seen, by=actor_of(request), now=now)
    except AgendaChanged as changed:
        label = _("Do it on this agenda")
        return say_changed(request, session, changed, now=now, label=label)
    except NoSuchItem as gone:
        raise Http404 from gone
    except CannotShift as refusal:
        messages.info(request, str(refusal))
        return back_to(session, find(rows, number))
    row = find(rows_of(session), number)
    say_where(request, session, row)
    return back_to(session, row)


@organiser
@require_POST
def up(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Trade places with the one before."""
    return _move(request, slug, number, lambda rows, position: shifting.swap(rows, position, -1))


@organiser
@require_POST
def down(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Trade places with the next one."""
    return _move(request, slug, number, lambda rows, position: shifting.swap(rows, position, 1))


@organiser
@require_POST
def longer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Five minutes more; the later ones move along."""
    return _move(request, slug, number, lambda rows, position: shifting.push(rows, position, STEP))


@organiser
@require_POST
def shorter(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Five minutes less; the later ones move along."""
    return _move(request, slug, number, lambda rows, position: shifting.push(rows, position, -STEP))


@organiser
@require_POST
def into_earlier(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Into the block before it."""
    return _move(request, slug, number, lambda rows, position: shifting.go_into(rows, position, -1))


@organiser
@require_POST
def into_later(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Into the block after it."""
    return _move(request, slug, number, lambda rows, position: shifting.go_into(rows, position, 1))


@organiser
@require_POST
def out(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Out of its block."""
    return _move(request, slug, number, shifting.go_out)


@organiser
@require_POST
def place(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """To before another item (`before`), or to the end of its block."""
    typed = request.POST.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    return _move(request, slug, number, lambda rows, item: _placed(rows, item, before))


def _placed(rows: shifting.Items, position: int, before: int | None) -> list[shifting.Times]:
    numbers = [getattr(row, "pk", None) for row in rows]
    if before is not None and before not in numbers:
        raise NoSuchItem
    target = None if before is None else numbers.index(before)
    return shifting.place(rows, position, before=target)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def lengthen(request: HttpRequest, slug: str) -> HttpResponse:
    """Let the session last as long as its agenda; whoever is registered is told."""
    now = timezone.now()
    session = managed_session(request, slug)
    ends_at = max((row.ends_at for row in rows_of(session)), default=session.ends_at)
    if ends_at <= session.ends_at:
        messages.info(request, _("The agenda fits in the session."))
        return back_to(session)
    is_known = session.status == Session.Status.PUBLISHED
    people = session.registrations.live().count() if is_known else 0
    is_unsure = bool(people) and request.POST.get("sure") != "1"
    if request.method == "POST" and not is_unsure:
        try:
            arranging.lengthen(session, ends_at, by=actor_of(request), now=now)
        except CannotMove as refusal:
            messages.error(request, str(refusal))
        else:
            clock = words.time_range(session.starts_at, session.ends_at, session.zone)
            sentence = _("The session is at %(times)s now.") % {"times": clock}
            messages.success(request, sentence)
        return back_to(session)
    context = session_frame(session, now, tab="agenda") | {
        "ends_at": ends_at,
        "people": people,
        "is_unsure": request.method == "POST" and is_unsure,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/agenda/lengthen.html", context, status=status)
