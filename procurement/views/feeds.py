"""Deadlines for programs: calendars, Atom, JSON. All with the filters of the list."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from accounts.access import anyone
from ical.responses import Made, feed, public_response
from procurement import calendars
from procurement.choosing import FilterForm, choose
from procurement.messages import absolute
from procurement.models import Call, Deadline, DeadlineQuerySet


def _chosen(request: HttpRequest, now: datetime) -> DeadlineQuerySet:
    """The deadlines of the calls that the filters leave, cancelled ones too, as long as kept."""
    calls = choose(FilterForm(request.GET), now)
    return (
        Deadline.objects.in_feeds(now)
        .filter(call__in=calls.values("pk"))
        .for_pages()
        .with_changes()
        .order_by("closes_at", "pk")
    )


@anyone
@require_safe
def deadlines_calendar(request: HttpRequest) -> HttpResponse:
    """The deadlines that the list's filters leave, to subscribe to."""
    now = timezone.now()

    def make() -> Made:
        found = calendars.contents(_chosen(request, now), shape=calendars.shape_of(request.GET))
        if request.GET.get("status"):  # a call's state changes by the clock, at moments of its own
            found = replace(found, until=now)
        return feed(found, name=_("Submission deadlines"))

    return public_response(request, make, now=now)


@anyone
@require_safe
def call_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The deadlines of one call, all of them, to download or subscribe to."""
    now = timezone.now()

    def make() -> Made:
        call = get_object_or_404(Call.objects.public(), slug=slug)
        its = Deadline.objects.filter(call=call).still_told(now).for_pages().with_changes()
        found = calendars.contents(its, shape=calendars.shape_of(request.GET), has_all=True)
        return feed(found, name=call.title)

    return public_response(request, make, now=now)


@anyone
@require_safe
@conditional_page
def deadlines_atom(request: HttpRequest) -> HttpResponse:
    """The deadlines as an Atom feed: an entry is renewed when its date changes (RFC 4287)."""
    deadlines = list(_chosen(request, timezone.now()))
    page = absolute(reverse("portal:deadlines"))
    feed = Atom1Feed(
        title=_("Submission deadlines"),
        link=page,
        description=_("The submission deadlines of calls, and when they change."),
        language=get_language(),
        feed_url=absolute(request.get_full_path()),
        feed_guid=page,
        author_name=settings.SITE_NAME,  # RFC 4287 section 4.1.1 wants one
    )
    for deadline in deadlines:
        written = calendars.entry(deadline)
        feed.add_item(
            title=written.summary,
            link=written.url,
            description=written.description,
            unique_id=f"urn:uuid:{deadline.uid}",
            updateddate=written.modified_at,
        )
    # The library dates an empty feed by the clock, which would renew it at every look.
    if not deadlines:
        feed.latest_post_date = _never  # type: ignore[method-assign]
    response = HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    response["Cache-Control"] = "public, no-cache"
    return response


def _never() -> datetime:
    return datetime.fromtimestamp(0, tz=timezone.get_default_timezone())


@anyone
@require_safe
@conditional_page
def deadlines_json(request: HttpRequest) -> HttpResponse:
    """The deadlines as JSON; moments in UTC, exclusive, with the words for them."""
    deadlines = _chosen(request, timezone.now())
    response = JsonResponse(
        {"deadlines": [_as_json(deadline) for deadline in deadlines]},
        json_dumps_params={"ensure_ascii": False},
    )
    response["Cache-Control"] = "public, no-cache"
    return response


def _as_json(deadline: Deadline) -> dict[str, Any]:
    closing, call = deadline.closing, deadline.call
    moves = calendars.latest_move(deadline)
    return {
        "uid": deadline.uid,
        "version": deadline.sequence,
        "call": call.title,
        "programme": call.programme.name,
        "page": absolute(call.get_absolute_url()),
        "official_page": call.official_url,
        "kind": deadline.kind,
        "closes_at": closing.closes_at.isoformat().replace("+00:00", "Z"),
        "last_day": closing.last_day.isoformat(),
        "time_zone": deadline.time_zone,
        "wording": closing.wording(),
        "reading": closing.reading(),
        "is_hour_stated": deadline.is_hour_stated,
        "is_confirmed": deadline.is_confirmed,
        "is_mandatory": deadline.is_mandatory,
        "is_cancelled": deadline.is_cancelled,
        "change": moves.date_sentence() if moves is not None else "",
    }
