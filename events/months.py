"""A month of the calendar, and which sessions are on each of its days."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from events.models import Session
from moments.local import BRUSSELS, start_of_day

_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_DAY = timedelta(days=1)
# What fits a day of a wide screen; the list below has them all.
LARGEST_DAY = 4


@dataclass(frozen=True, order=True)
class Month:
    """A month as it is in Brussels; sessions elsewhere stand on the day it is there then."""

    first_day: date

    @classmethod
    def read(cls, text: str) -> "Month | None":
        """The month of an address, "2026-12"; None for what is none of this century."""
        written = _WRITTEN.fullmatch(text)
        return cls(date(int(written[1]), int(written[2]), 1)) if written else None

    @classmethod
    def of(cls, instant: datetime) -> "Month":
        """The month in which an instant lies."""
        return cls(instant.astimezone(BRUSSELS).date().replace(day=1))

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"

    @property
    def after(self) -> "Month":
        """The month that follows."""
        return Month((self.first_day + 31 * _DAY).replace(day=1))

    @property
    def before(self) -> "Month":
        """The month that precedes."""
        return Month((self.first_day - _DAY).replace(day=1))

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return start_of_day(self.first_day, BRUSSELS)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return self.after.starts_at


@dataclass
class Day:
    """A day of a month, with the sessions on it."""

    date: date
    is_today: bool
    sessions: list[Session] = field(default_factory=list)

    @property
    def shown(self) -> list[Session]:
        """As many as fit."""
        return self.sessions[:LARGEST_DAY]

    @property
    def more(self) -> int:
        """How many do not."""
        return len(self.sessions[LARGEST_DAY:])


def weeks(month: Month, sessions: Iterable[Session], now: datetime) -> list[list[Day | None]]:
    """The weeks of a month, from Monday; None for the days of its neighbours."""
    today = now.astimezone(BRUSSELS).date()
    first = month.first_day
    blanks, length = monthrange(first.year, first.month)
    days = {
        day: Day(day, is_today=day == today)
        for day in (first + number * _DAY for number in range(length))
    }
    for session in sessions:
        day = session.starts_at.astimezone(BRUSSELS).date()
        # An end at midnight belongs to the day that ends there.
        last = (session.ends_at - timedelta.resolution).astimezone(BRUSSELS).date()
        while day <= last:
            if day in days:
                days[day].sessions.append(session)
            day += _DAY
    cells = [None] * blanks + list(days.values()) + [None] * (-(blanks + length) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


@dataclass(frozen=True)
class Neighbours:
    """Where one gets from a month; None where no session lies that way."""

    before: Month | None
    after: Month | None


def neighbours(month: Month, span: tuple[datetime, datetime] | None) -> Neighbours:
    """The months beside it, within those of the first and the last session.

    Whoever stands beyond these is led to them at once.
    """
    if span is None:
        return Neighbours(None, None)
    first, last = map(Month.of, span)
    return Neighbours(
        before=min(month.before, last) if first < month else None,
        after=max(month.after, first) if month < last else None,
    )
