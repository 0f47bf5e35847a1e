"""A pasted programme: shown as it was read, and only then saved."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import organiser
from accounts.auditing import actor_of
from events import agenda, arranging, comparing, pasting
from events.comparing import AgendaChanged
from events.forms.agenda import PasteForm
from events.models import Session
from events.pasting import AgendaRefused, Reading, TooMuchText
from events.views.organise.agenda import back_to, rows_of
from events.views.organise.frame import managed_session, session_frame

# What was pasted with a new session, until it is saved: in the browser's session.
_HANDED_OVER = "pasted"


def hand_over(request: HttpRequest, session: Session, text: str) -> None:
    """Let the page to paste on begin with a text: that of a session that was made just now."""
    request.session[_HANDED_OVER] = {"session": session.pk, "text": text}


def _handed_over(request: HttpRequest, session: Session) -> dict[str, str] | None:
    kept = request.session.get(_HANDED_OVER) or {}
    return {"text": kept["text"]} if kept.get("session") == session.pk else None


def _read(session: Session, text: str) -> Reading:
    day = session.starts_at.astimezone(session.zone).date()
    return pasting.read(text, day=day, zone=session.zone, ends_at=session.ends_at)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest, slug: str) -> HttpResponse:
    """Paste a programme; posted, it is shown as it reads. Nothing is saved."""
    session = managed_session(request, slug)
    handed_over = _handed_over(request, session)
    form = PasteForm(request.POST if request.method == "POST" else handed_over)
    return _show(request, session, form, timezone.now())


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest, slug: str, *, is_addition: bool) -> HttpResponse:
    """Make what was read the agenda, or add it to what is there."""
    now = timezone.now()
    session = managed_session(request, slug)
    if request.method != "POST":
        return back_to(session)
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _show(request, session, form, now)
    try:
        reading = _read(session, form.cleaned_data["text"])
        seen = request.POST.get("seen", "")
        by = actor_of(request)
        arranging.paste(session, reading, is_addition=is_addition, seen=seen, by=by, now=now)
    except TooMuchText as refusal:
        form.add_error("text", str(refusal))
    except AgendaRefused as refusal:
        form.add_error(None, refusal.problems)
    except AgendaChanged as changed:
        return _show(request, session, form, now, differences=changed.differences)
    else:
        number = len(reading.all_items)
        sentence = ngettext("%(number)d item was saved.", "%(number)d items were saved.", number)
        messages.success(request, sentence % {"number": number})
        if _handed_over(request, session):
            del request.session[_HANDED_OVER]
            return redirect("events:publish", slug)
        return back_to(session)
    return _show(request, session, form, now)


def _show(
    request: HttpRequest,
    session: Session,
    form: PasteForm,
    now: datetime,
    *,
    differences: list[str] | None = None,
) -> HttpResponse:
    """The text, and once there is one, every line's reading."""
    reading = None
    if form.is_bound and form.is_valid():
        try:
            reading = _read(session, form.cleaned_data["text"])
        except TooMuchText as refusal:
            form.add_error("text", str(refusal))
    rows = rows_of(session)
    context = session_frame(session, now, tab="agenda") | {
        "form": form,
        "reading": reading,
        "has_agenda": bool(rows),
        "seen": comparing.seen(session, rows),
        "differences": differences or [],
    }
    if reading is not None:
        matches = pasting.match_speakers(reading)
        context |= {
            "people": [
                (person, matches[person])
                for person in dict.fromkeys(
                    person for item in reading.all_items for person in item.speakers
                )
            ],
            "problems": agenda.problems(
                reading.all_items,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                zone=session.zone,
            ),
        }
    status = 409 if differences else 422 if form.errors else 200
    return render(request, "organise/agenda/paste.html", context, status=status)
