"""Publishing a session, taking it back, cancelling it: each asks first, with what it reaches."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import auditing
from accounts.access import organiser
from events import publishing
from events.announcing import seats_of
from events.checking import checklist
from events.forms.sessions import CancelSessionForm
from events.models import Session
from events.publishing import CannotPublish
from events.views.organise.frame import managed_session, session_frame
from moments import words
from moments.local import zone_label


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """The checklist of a session; with POST, let everybody see it."""
    now, session = timezone.now(), managed_session(request, slug)
    if request.method == "POST":
        try:
            publishing.publish(session, by=auditing.actor_of(request), now=now)
        except CannotPublish as refusal:
            messages.error(request, str(refusal))
            return redirect("events:publish", slug)
        messages.success(request, _("The session is published: everybody can see it."))
        return redirect("events:publish", slug)
    points = checklist(session, now)
    context = session_frame(session, now, tab="publish") | {
        "blocking": [point for point in points if point.blocks],
        "warnings": [point for point in points if not point.blocks],
        "facts": _facts(session),
    }
    return render(request, "organise/sessions/publish.html", context)


def _facts(session: Session) -> list[dict[str, str]]:
    """What was entered about time and seats, as people will read it."""
    seats = seats_of(session)
    zone = session.zone
    facts = [
        {
            "label": _("When"),
            "value": words.period(session.starts_at, session.ends_at, zone),
            "note": zone_label(zone),
        },
        {
            "label": _("Register"),
            "value": session.closing.wording(),
            "note": session.closing.reading(),
        },
        {
            "label": _("Seats"),
            "value": _("unlimited") if seats.capacity is None else str(seats.capacity),
        },
    ]
    if session.has_link:
        sent = {
            "label": _("The link goes out"),
            "value": words.moment(session.link_released_at, zone),
        }
        facts.append(sent)
    return facts


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def unpublish(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, and with POST take a session back to draft while nobody has registered."""
    now, session = timezone.now(), managed_session(request, slug)
    if request.method == "POST":
        try:
            publishing.unpublish(session, by=auditing.actor_of(request), now=now)
        except CannotPublish as refusal:
            messages.error(request, str(refusal))
            return redirect("events:unpublish", slug)
        messages.success(request, _("The session is a draft again: only its team sees it."))
        return redirect("events:publish", slug)
    context = session_frame(session, now, tab="publish") | {
        "number": session.registrations.count(),
    }
    return render(request, "organise/sessions/unpublish.html", context)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Cancel a session: first the reason, then the mail as it will be read, then the number."""
    session = managed_session(request, slug)
    if session.status != Session.Status.PUBLISHED:
        messages.warning(request, _("Only a published session can be cancelled."))
        return redirect("events:publish", slug)
    if timezone.now() >= session.ends_at:
        messages.warning(request, _("The session is over already."))
        return redirect("events:publish", slug)
    number = session.registrations.live().count()
    if request.method != "POST":
        return _ask_to_cancel(request, session, CancelSessionForm(number=number), number)
    form = CancelSessionForm(request.POST, number=number)
    if not form.is_valid():
        return _ask_to_cancel(request, session, form, number)
    told = publishing.cancel(
        session, form.reasons(), by=auditing.actor_of(request), now=timezone.now()
    )
    sentence = ngettext(
        "The session is cancelled. A mail goes to %(number)s person.",
        "The session is cancelled. A mail goes to %(number)s people.",
        told,
    )
    messages.success(request, sentence % {"number": told})
    return redirect("events:publish", slug)


def _ask_to_cancel(
    request: HttpRequest, session: Session, form: CancelSessionForm, number: int
) -> HttpResponse:
    now = timezone.now()
    has_reason = form.is_bound and not form.reason_errors
    letter = (
        publishing.rehearse_cancelling(session, form.reasons(), now=now) if has_reason else None
    )
    form.ask_for_number(has_reason)
    context = session_frame(session, now, tab="publish") | {
        "form": form,
        "number": number,
        "letter": letter,
        "has_reason": has_reason,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "organise/sessions/cancel.html", context, status=status)
