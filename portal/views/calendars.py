"""Calendars to subscribe to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import anyone
from events.messages import absolute
from ical.buttons import ways_to_subscribe
from ical.responses import Made, feed, public_response
from portal.feeds import FeedForm


@anyone
@require_safe
def calendar_page(request: HttpRequest) -> HttpResponse:
    """Put a calendar together, see what it holds, and how to subscribe to it."""
    now = timezone.now()
    form = FeedForm(request.GET)
    address = absolute(form.address())
    return render(
        request,
        "portal/calendar.html",
        {
            "form": form,
            "preview": form.preview(now),
            "address": address,
            "ways": ways_to_subscribe(address, name=form.name()),
        },
    )


@anyone
@require_safe
def calendar_feed(request: HttpRequest) -> HttpResponse:
    """Sessions and deadlines in one calendar, as the parameters of its address say."""
    now = timezone.now()

    def make() -> Made:
        form = FeedForm(request.GET)
        return feed(form.contents(now), name=form.name())

    return public_response(request, make, now=now)
