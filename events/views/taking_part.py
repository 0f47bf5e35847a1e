"""Taking part: the way into the meeting, and the ticket to show at the door."""

from datetime import datetime

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import second_factor
from accounts.access import token_holder
from accounts.auditing import Actor
from accounts.models import Action, AuditEntry
from accounts.scripting import makes_markup
from events import attendance, calendars, tickets
from events.forms.attendance import WalkInForm
from events.models import Presence, Registration, VirtualLink
from events.views.organise.attendance import at_the_door
from events.views.organise.frame import note, takes_attendance
from ical.buttons import Way, ways_to_add
from ical.responses import private_response


def _joining(code: str) -> Registration:
    registration = Registration.objects.by_joining_code(code)
    if registration is None:
        raise Http404
    return registration


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
# The button leads on to the meeting, wherever that is; else the browser stops at our own pages.
@csp_update({"form-action": ["https:", "http:"]})  # type: ignore[arg-type] # knows no such view
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """The way in: before the release it says when, from then on the button leads to the meeting.

    Only pressing the button counts: mail scanners open every link.
    """
    now = timezone.now()
    registration = _joining(code)
    session = registration.session
    is_open = (
        registration.is_confirmed
        and not session.is_cancelled
        and session.link_released_at <= now < session.link_withdrawn_at
    )
    link = VirtualLink.objects.filter(session=session).first() if is_open else None
    if request.method == "POST":
        if link is None or not session.has_link:
            return redirect(registration.get_join_url())
        # Without the address of the network: that they were there is all we need to know.
        attendance.take_part(registration, by=Actor(AuditEntry.Actor.OWNER), now=now)
        return HttpResponseRedirect(link.url)
    is_over = now >= session.link_withdrawn_at
    presence = Presence.objects.filter(registration=registration).first()
    return render(
        request,
        "events/join.html",
        {
            "registration": registration,
            "session": session,
            "is_open": is_open,
            "is_over": is_over,
            "was_there": presence is not None and presence.is_there,
            "link": link,
            "counts_from": attendance.counts_from(session),
            "calendar_ways": _ways_to_calendars(registration),
            "contact": session.contact,
            "now": now,
        },
    )


def _ways_to_calendars(registration: Registration) -> list[Way]:
    """How somebody puts the session, with their own way in, in a calendar of each sort."""
    file_address = reverse("events:join-calendar", kwargs={"code": registration.joining_code})
    return ways_to_add(calendars.join_entry(registration), file_address=file_address)


@token_holder
@require_safe
def join_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The calendar entry with the way in, without saying whose it is."""
    registration = _joining(code)
    if not registration.is_confirmed:
        raise Http404
    return private_response(
        request,
        calendars.join_file(registration),
        now=timezone.now(),
        filename=f"{registration.session.slug}.ics",
    )


# The ticket --------------------------------------------------------------------------------------


@token_holder
@makes_markup
@require_safe
def ticket(request: HttpRequest, code: str) -> HttpResponse:
    """The ticket, large, to show at the door; whoever takes attendance there sees whose it is."""
    now = timezone.now()
    registration = Registration.objects.by_ticket_code(code)
    if registration is None:
        raise Http404
    if takes_attendance(request, registration.session):
        if second_factor.is_missing(request):
            return second_factor.ask(request, then=request.get_full_path())
        return _scanned(request, registration, now)
    session = registration.session
    return render(
        request,
        "events/ticket.html",
        {
            "registration": registration,
            "session": session,
            "has_ticket": tickets.has_tickets(session),
            "is_over": now >= session.ends_at,
            "drawing": tickets.as_svg(registration),
            "contact": session.contact,
        },
    )


def _scanned(request: HttpRequest, registration: Registration, now: datetime) -> HttpResponse:
    """The person whose ticket was scanned, with a button to mark them: opening it counts nobody."""
    session = registration.session
    note(request, Action.REGISTRATION_SEEN, session, now=now, registration=registration)
    form = WalkInForm(
        session=session, initial={"name": registration.name, "email": registration.email}
    )
    context = at_the_door(session, now) | {"person": registration, "form": form}
    return render(request, "organise/attendance/scanned.html", context)
