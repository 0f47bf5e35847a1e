"""The page of a call."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import organiser, same_for_all
from accounts.models import User
from events import live
from events.messages import absolute
from events.models import Session
from ical.buttons import webcal_address
from portal.preparing import sessions_for
from portal.sharing import shared_call
from procurement.announcing import announce, money_facts
from procurement.models import Call, Deadline
from procurement.path import path_of

# Also without a date there can be something to prepare.
_TO_COME = {Call.Kind.RECURRING, Call.Kind.CONTINUOUS, Call.Kind.ANNOUNCED}


@same_for_all
@require_safe
def call_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A call with its path, who may submit, the money, and the sessions that prepare for it."""
    now = timezone.now()
    call = get_object_or_404(Call.objects.public().with_state(now).for_cards(), slug=slug)
    return _page(request, "portal/call.html", call, now, is_shared=True)


@organiser
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The same page for who organises it, also before anybody else sees it."""
    now = timezone.now()
    own = Call.objects.managed_by(cast(User, request.user))
    call = get_object_or_404(own.with_state(now).for_cards(), slug=slug)
    return _page(request, "organise/calls/preview.html", call, now)


def _page(
    request: HttpRequest, template: str, call: Call, now: datetime, *, is_shared: bool = False
) -> HttpResponse:
    sessions = sessions_for(call)
    facts = _facts_of(call, sessions, now)
    if is_shared:
        facts["shared"] = shared_call(call, facts["following"])
    return live.render(request, template, facts, sessions)


def _facts_of(call: Call, sessions: list[Session], now: datetime) -> dict[str, Any]:
    """What the page of a call shows; the call comes from `with_state`."""
    deadlines = list(
        call.deadlines.select_related("call", "requires").with_changes().order_by("closes_at", "pk")
    )
    following = next((row for row in deadlines if row.pk == call.next_id), None)
    feed_address = absolute(reverse("procurement:call-calendar", kwargs={"slug": call.slug}))
    eligibilities = list(call.eligibilities.all())
    return {
        "call": call,
        "announcement": announce(call, following),
        "following": following,
        "path": path_of(deadlines, now),
        "has_deadlines": bool(deadlines),
        "can_be_aimed_at": call.status == Call.Status.PUBLISHED
        and (following is not None or call.kind in _TO_COME),
        "is_next_awaited": call.kind == Call.Kind.RECURRING and following is None,
        "money": money_facts(call),
        "may_submit": [row for row in eligibilities if row.may_submit],
        "may_not_submit": [row for row in eligibilities if not row.may_submit],
        "documents": call.documents.all(),
        "history": call.changes.select_related("call").latest_first(),
        "themes": call.themes.all(),
        "contact": call.contact,
        "announced": [(session, live.announce(session, now)) for session in sessions],
        "last_session": _last_before(following, sessions, now),
        "feed_address": feed_address,
        "subscribe_address": webcal_address(feed_address),
        "now": now,
    }


def _last_before(
    deadline: Deadline | None, sessions: list[Session], now: datetime
) -> Session | None:
    """The last session that still comes before the next deadline; None where there is none."""
    if deadline is None:
        return None
    in_time = [
        session
        for session in sessions
        if now < session.starts_at < deadline.closes_at and not session.is_cancelled
    ]
    return in_time[-1] if in_time else None
