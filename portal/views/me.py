"""One's own page and calendar."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SignedInRequest, signed_in, subscriber
from accounts.models import User
from events.materials import sessions_with_materials
from events.messages import absolute
from events.printing import has_certificate
from ical.buttons import ways_to_subscribe
from ical.responses import private_response
from portal import mine
from portal.feeds import when_of
from portal.mine import Difference
from portal.models import PersonalCalendar
from procurement.trajectories import of_user


@signed_in
@require_safe
def my_page(request: SignedInRequest) -> HttpResponse:
    """Coming and past sessions, the calendar, and the settings of one's account."""
    now = timezone.now()
    registrations = list(mine.registrations(request.user).with_places())
    calendar = mine.calendar_of(request.user)
    address = absolute(calendar.get_absolute_url())
    coming = [row for row in registrations if row.session.link_withdrawn_at > now]
    past = [row for row in reversed(registrations) if row not in coming and row.is_confirmed]
    with_materials = sessions_with_materials([row.session for row in past])
    return render(
        request,
        "portal/me.html",
        {
            "coming": [row for row in coming if not row.is_cancelled],
            "past": [
                (
                    row,
                    row.get_certificate_url() if has_certificate(row, now) else "",
                    _("With slides or a recording") if row.session_id in with_materials else "",
                )
                for row in past
            ],
            "addresses": mine.addresses(request.user),
            "follows": mine.follows(request.user),
            "trajectories": of_user(request.user).select_related("deadline__call"),
            "calendar": calendar,
            "calendar_address": address,
            "ways": ways_to_subscribe(address, name=_("My sessions")),
            "changes": _changes(request.user, calendar, now),
            "affiliations": request.user.affiliations.select_related("organisation"),
            "now": now,
        },
    )


def _changes(
    user: User, calendar: PersonalCalendar, now: datetime
) -> list[tuple[Difference, str, str]]:
    """What the program that last fetched the calendar does not have yet: what, when, title."""
    if calendar.fetched_at is None:
        return []
    changes = mine.changes_since(user, calendar.fetched_at, now=now)
    return [(what, when_of(entry.starts_at), entry.summary) for what, entry in changes]


@signed_in
@require_POST
def set_language(request: SignedInRequest) -> HttpResponse:
    """Choose the language of one's mails."""
    language = request.POST.get("language", "")
    if language in dict(request.user._meta.get_field("language").flatchoices):
        request.user.language = language
        request.user.save(update_fields=["language"])
        messages.success(request, _("Our mails about your account come in this language."))
    return redirect("portal:me")


@signed_in
@require_POST
def renew_calendar(request: SignedInRequest) -> HttpResponse:
    """Take the calendar's address back and give another."""
    mine.renew_calendar(request.user)
    messages.success(
        request, _("Your calendar has a new address. Subscribe again; the old one is empty now.")
    )
    return redirect("portal:me")


@subscriber
@require_safe
def personal_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The calendar to subscribe to; remembers when it was last fetched."""
    now = timezone.now()
    calendar = PersonalCalendar.by_code(code)
    if calendar is None:
        raise Http404
    if request.method == "GET":  # a HEAD tells nobody what stands in it
        PersonalCalendar.objects.filter(pk=calendar.pk).update(fetched_at=now)
    return private_response(request, mine.personal_feed(calendar.user, now=now), now=now)
