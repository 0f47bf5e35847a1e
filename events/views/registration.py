"""What the owner of a registration may see and do, through the code in their mail."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import token_holder
from events import calendars, registering
from events.announcing import announce
from events.models import Registration, VirtualLink
from ical.responses import calendar_response


def _managed(code: str) -> Registration:
    registration = Registration.objects.by_managing_code(code)
    if registration is None:
        raise Http404
    return registration


@token_holder
@require_safe
def manage(request: HttpRequest, code: str) -> HttpResponse:
    """The owner's registration: what they have, what comes next, what they can do."""
    now = timezone.now()
    registration = _managed(code)
    session = registration.session
    takes_registrations = announce(session, now).state.takes_registrations
    return render(
        request,
        "events/manage.html",
        {
            "registration": registration,
            "session": session,
            "place": registration.place_in_line() if registration.is_waiting else None,
            "is_over": now >= session.ends_at,
            "can_register_again": registration.is_cancelled and takes_registrations,
            "is_link_released": now >= session.link_released_at,
            "contact": session.contact,
        },
    )


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether to cancel; cancel on POST only, since mail scanners open every link."""
    now = timezone.now()
    registration = _managed(code)
    if request.method == "POST" and now < registration.session.ends_at:
        is_done = registering.cancel(registration, now=now, by=Registration.CancelledBy.OWNER)
        if is_done:
            sentence = _("Your registration is cancelled. You get an e-mail about it at %(email)s.")
            messages.success(request, sentence % {"email": registration.email})
    if request.method == "POST" or registration.is_cancelled:
        return redirect(registration)
    return render(
        request,
        "events/cancel.html",
        {"registration": registration, "session": registration.session},
    )


@token_holder
@require_safe
def registration_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The owner's calendar entry, with their own address to join."""
    registration = _managed(code)
    if registration.is_waiting:
        raise Http404
    return calendar_response(
        request,
        calendars.registrant_file(registration),
        filename=f"{registration.session.slug}.ics",
    )


@token_holder
@require_safe
def join(request: HttpRequest, code: str) -> HttpResponse:
    """The way in: before the release it says when, from then on it shows the virtual link."""
    now = timezone.now()
    registration = Registration.objects.by_joining_code(code)
    if registration is None:
        raise Http404
    session = registration.session
    is_open = (
        registration.is_confirmed
        and not session.is_cancelled
        and session.link_released_at <= now < session.link_withdrawn_at
    )
    return render(
        request,
        "events/join.html",
        {
            "registration": registration,
            "session": session,
            "is_open": is_open,
            "is_over": now >= session.link_withdrawn_at,
            "link": VirtualLink.objects.filter(session=session).first() if is_open else None,
            "contact": session.contact,
        },
    )
