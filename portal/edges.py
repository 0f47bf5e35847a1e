"""When time alone changes a public page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Min, QuerySet

from events.models import AgendaItem, Session
from procurement.models import Deadline
from procurement.models.call import CLOSING_SOON

# What is told in days or months changes at a midnight. Those of all zones lie on such quarters.
_QUARTER = timedelta(minutes=15)
_NOTHING = timedelta(0)


def next_edge(now: datetime) -> datetime:
    """The next moment at which a public page changes though nothing was changed."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    quarters = (now - midnight) // _QUARTER
    moments = [midnight + (quarters + 1) * _QUARTER]
    for rows, field, later in _edges():
        first = rows.filter(**{f"{field}__gt": now - later}).aggregate(first=Min(field))["first"]
        if first is not None:
            moments.append(first + later)
    return min(moments)


def _edges() -> list[tuple[QuerySet[Any], str, timedelta]]:
    """Which moments matter: the rows, their column, and how long after it."""
    sessions = Session.objects.public()
    deadlines = Deadline.objects.public()
    return [
        (sessions, "registration_opens_at", _NOTHING),
        (sessions, "registration_closes_at", _NOTHING),
        (sessions, "starts_at", _NOTHING),
        (sessions, "ends_at", _NOTHING),
        (AgendaItem.objects.all(), "starts_at", _NOTHING),
        (AgendaItem.objects.all(), "ends_at", _NOTHING),
        (deadlines, "opens_at", _NOTHING),
        (deadlines, "closes_at", -CLOSING_SOON),
        (deadlines, "closes_at", _NOTHING),
    ]
