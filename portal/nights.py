"""The work of the night, done once whatever the number of workers."""

from datetime import datetime, time, timedelta

from django.db.models import Q

from ical import editions
from moments.local import BRUSSELS, day_before
from portal import privacy
from portal.models import NightlyRun

# The clocks never skip or repeat this, and few people are awake.
AT = time(3, 30)
NAME = "expire_data"
# After this another worker takes over from one that died.
LEASE = timedelta(hours=1)


def latest_night(now: datetime) -> datetime:
    """The last half past three at night in Brussels, at or before a moment."""
    today = day_before(now, BRUSSELS, days=0, at=AT)
    return today if today <= now else day_before(now, BRUSSELS, days=1, at=AT)


def last_run() -> NightlyRun | None:
    """What is known of the last run; None before the first worker."""
    return NightlyRun.objects.filter(name=NAME).first()


def plan(now: datetime) -> None:
    """Do the work of the night unless it is done; a night that was missed is made good.

    The planner of every worker asks at every round.
    """
    run, _is_first = NightlyRun.objects.get_or_create(name=NAME, defaults={"done_at": now})
    due_at = latest_night(now)
    if run.done_at >= due_at:
        return
    is_free = Q(lease_until=None) | Q(lease_until__lte=now)
    mine = NightlyRun.objects.filter(is_free, pk=run.pk, done_at__lt=due_at)
    if mine.update(lease_until=now + LEASE):
        expire(now)


def expire(now: datetime) -> int:
    """Forget what is kept for a time only, and note it; how many sessions that failed."""
    failures = privacy.expire(now)
    editions.shorten()
    NightlyRun.objects.update_or_create(
        name=NAME, defaults={"done_at": now, "failures": failures, "lease_until": None}
    )
    return failures
