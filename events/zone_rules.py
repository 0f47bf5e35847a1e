"""Keeping sessions at their clock time where the rules of a time zone changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from events.models import Session
from events.rescheduling import When, move
from moments.local import at_same_clock_time


@dataclass(frozen=True)
class Kept:
    """Sessions that were set to their clock time, and those to look at by hand."""

    moved: list[Session] = field(default_factory=list)
    doubtful: list[Session] = field(default_factory=list)


@transaction.atomic
def keep_clock_times(
    rules_before: Callable[[str], ZoneInfo], *, since: datetime, now: datetime
) -> Kept:
    """Set coming sessions to the hour that was announced, and tell registrants of each.

    The new rules hold here since the moment `since`. A session that was changed after it may have
    been set right already: nothing tells, so it is left as it is. Harmless when repeated.
    """
    kept = Kept()
    coming = Session.objects.filter(starts_at__gt=now).exclude(status=Session.Status.CANCELLED)
    for session in coming.order_by("pk"):
        before, after = rules_before(session.time_zone), session.zone
        opens_at = session.registration_opens_at
        to = When(
            at_same_clock_time(session.starts_at, before, after),
            at_same_clock_time(session.ends_at, before, after),
        )
        registration = {
            "registration_opens_at": opens_at and at_same_clock_time(opens_at, before, after),
            "registration_closes_at": at_same_clock_time(
                session.registration_closes_at, before, after
            ),
        }
        is_same = to == When(session.starts_at, session.ends_at) and all(
            getattr(session, name) == moment for name, moment in registration.items()
        )
        if is_same:
            continue
        if session.changed_at >= since:
            kept.doubtful.append(session)
            continue
        Session.objects.filter(pk=session.pk).update(**registration, changed_at=now)
        move(session, to, now=now)
        kept.moved.append(session)
    return kept
