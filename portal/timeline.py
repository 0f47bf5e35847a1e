"""A year of sessions and deadlines, month by month."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Theme
from events.models import Session
from moments.local import BRUSSELS, start_of_day
from procurement.models import CallQuerySet, Deadline

MONTHS = 12
# In one month at most so many of each are named; the list below has them all.
SHOWN = 4

Row = TypeVar("Row")


@dataclass(frozen=True)
class Event:
    """A session or a deadline on its day."""

    day: date
    title: str
    url: str


@dataclass(frozen=True)
class Month:
    """One month: its first day, what happens in it, and how much more there is than is named."""

    first_day: date
    is_now: bool
    sessions: list[Event] = field(default_factory=list)
    deadlines: list[Event] = field(default_factory=list)
    more_sessions: int = 0
    more_deadlines: int = 0

    @property
    def begins_year(self) -> bool:
        """Whether a reader has to be told the year: in its first month, and in the present one."""
        return self.is_now or self.first_day.month == 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing happens in it."""
        return not self.sessions and not self.deadlines


def year_from(now: datetime, calls: CallQuerySet, theme: Theme | None) -> list[Month]:
    """The month of `now` in Brussels and the eleven after it.

    With the deadlines of these calls that hold, and the public sessions, of a theme where one is
    given. Each day is that of its own zone. A year holds thousands of deadlines as cheaply as a
    few: they are counted by day, and only those that are named are fetched.
    """
    this_month = now.astimezone(BRUSSELS).date().replace(day=1)
    firsts = [_months_later(this_month, number) for number in range(MONTHS)]
    end = _months_later(this_month, MONTHS)
    sessions, more_sessions = _by_month(_session_days(this_month, end, theme))
    deadlines, more_deadlines = _deadlines_by_month(
        Deadline.objects.standing_of(calls).filter(last_date__gte=this_month, last_date__lt=end)
    )
    named_sessions = _named(sessions, Session.objects.in_bulk, lambda row: row.get_absolute_url())
    named_deadlines = _named(
        deadlines,
        lambda pks: Deadline.objects.for_pages().in_bulk(pks),
        lambda row: row.call.get_absolute_url(),
    )
    return [
        Month(
            first,
            first == this_month,
            named_sessions.get(first, []),
            named_deadlines.get(first, []),
            more_sessions.get(first, 0),
            more_deadlines.get(first, 0),
        )
        for first in firsts
    ]


def _months_later(first: date, number: int) -> date:
    years, month = divmod(first.month - 1 + number, MONTHS)
    return date(first.year + years, month + 1, 1)


def _session_days(first: date, end: date, theme: Theme | None) -> Iterable[tuple[date, int]]:
    sessions = Session.objects.filter(
        status=Session.Status.PUBLISHED,
        starts_at__gte=start_of_day(first, BRUSSELS),
        starts_at__lt=start_of_day(end, BRUSSELS),
    )
    if theme is not None:
        sessions = sessions.filter(themes=theme)
    rows = sessions.order_by("starts_at", "pk").values_list("pk", "starts_at", "time_zone")
    return [(moment.astimezone(ZoneInfo(zone)).date(), pk) for pk, moment, zone in rows]


def _by_month(
    days: Iterable[tuple[date, int]],
) -> tuple[dict[date, list[tuple[date, int]]], dict[date, int]]:
    """The first few of each month, and how many more it has."""
    named: dict[date, list[tuple[date, int]]] = defaultdict(list)
    more: dict[date, int] = defaultdict(int)
    for day, pk in days:
        month = day.replace(day=1)
        if len(named[month]) < SHOWN:
            named[month].append((day, pk))
        else:
            more[month] += 1
    return named, more


def _deadlines_by_month(
    deadlines: QuerySet[Deadline],
) -> tuple[dict[date, list[tuple[date, int]]], dict[date, int]]:
    """As `_by_month`, without a look at each of them."""
    numbers = dict(deadlines.order_by("last_date").values_list("last_date").annotate(Count("pk")))
    in_month: dict[date, int] = defaultdict(int)
    wanted = []
    for day, number in numbers.items():
        if in_month[day.replace(day=1)] < SHOWN:
            wanted.append(day)
        in_month[day.replace(day=1)] += number
    first_ones = deadlines.filter(last_date__in=wanted).order_by("last_date", "closes_at", "pk")
    named, _cut = _by_month(first_ones.values_list("last_date", "pk"))
    return named, {month: number - len(named[month]) for month, number in in_month.items()}


def _named(
    months: dict[date, list[tuple[date, int]]],
    fetch: Callable[[list[int]], dict[int, Row]],
    url_of: Callable[[Row], str],
) -> dict[date, list[Event]]:
    rows = fetch([pk for found in months.values() for _day, pk in found])
    return {
        month: [Event(day, _title(rows[pk]), url_of(rows[pk])) for day, pk in found]
        for month, found in months.items()
    }


def _title(row: object) -> str:
    """The title, after the step where that is not the submission itself."""
    if not isinstance(row, Deadline):
        return str(row)
    if row.kind == Deadline.Kind.SUBMISSION:
        return row.call.title
    return _("%(label)s: %(value)s") % {"label": row.step, "value": row.call.title}
