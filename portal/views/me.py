"""One's own page and calendar."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SignedInRequest, signed_in, subscriber
from events.messages import absolute
from ical.buttons import webcal_address
from ical.responses import calendar_response
from portal import mine
from portal.models import PersonalCalendar


@signed_in
@require_safe
def my_page(request: SignedInRequest) -> HttpResponse:
    """Coming and past sessions, the calendar, and the settings of one's account."""
    now = timezone.now()
    registrations = list(mine.registrations(request.user))
    calendar = mine.calendar_of(request.user)
    address = absolute(calendar.get_absolute_url())
    coming = [row for row in registrations if row.session.link_withdrawn_at > now]
    return render(
        request,
        "portal/me.html",
        {
            "coming": [row for row in coming if not row.is_cancelled],
            "past": [
                row for row in reversed(registrations) if row not in coming and row.is_confirmed
            ],
            "addresses": mine.addresses(request.user),
            "calendar": calendar,
            "calendar_address": address,
            "webcal_address": webcal_address(address),
            "affiliations": request.user.affiliations.select_related("organisation"),
            "now": now,
        },
    )


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
    PersonalCalendar.objects.filter(pk=calendar.pk).update(fetched_at=now)
    return calendar_response(request, mine.personal_feed(calendar.user, now=now))
