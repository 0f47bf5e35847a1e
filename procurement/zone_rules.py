"""Keeping deadlines at their clock time where the rules of a time zone changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from moments.local import at_same_clock_time
from procurement import changing
from procurement.changing import Edit
from procurement.models import Deadline


@dataclass(frozen=True)
class Kept:
    """Deadlines that were set to their clock time, and those to look at by hand."""

    moved: list[Deadline] = field(default_factory=list)
    doubtful: list[Deadline] = field(default_factory=list)


@transaction.atomic
def keep_clock_times(
    rules_before: Callable[[str], ZoneInfo], *, since: datetime, reason: str, now: datetime
) -> Kept:
    """Set coming deadlines to the moment that was announced, and tell the followers of each.

    The new rules hold here since the moment `since`. A date that was entered after it is right
    already. Followers read `reason`. Harmless when repeated.
    """
    kept = Kept()
    coming = Deadline.objects.select_related("call").filter(closes_at__gt=now, cancelled_at=None)
    for deadline in coming.order_by("pk"):
        before, after = rules_before(deadline.time_zone), deadline.zone
        opens_at = deadline.opens_at
        was = (deadline.closes_at, opens_at)
        deadline.closes_at = at_same_clock_time(deadline.closes_at, before, after)
        deadline.opens_at = opens_at and at_same_clock_time(opens_at, before, after)
        if (deadline.closes_at, deadline.opens_at) == was:
            continue
        if deadline.dated_at >= since:
            kept.doubtful.append(deadline)
            continue
        note = changing.save_deadline(deadline, Edit(None, now, reason))
        changing.tell_followers(deadline.call, [note], now=now)
        kept.moved.append(deadline)
    return kept
