"""Closing moments: the edge an organiser chose, and the exclusive instant it stands for."""

import datetime
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from moments.local import YEARS, local_instant, refuse_skipped_day, start_of_day, zone_label
from moments.words import clock, weekday_date

_ONE_DAY = datetime.timedelta(days=1)


class NoSuchClosing(ValueError):
    """Edge, day and hour do not go together; its text is for the organiser."""


class Edge(models.TextChoices):
    """How a closing moment is said. A bare "tot 1 december" can mean two days: not offered."""

    BEFORE_DATE = (
        "before_date",
        pgettext_lazy("edge", "Before a day (“before 8 June”: open through 7 June)"),
    )
    THROUGH_DATE = (
        "through_date",
        pgettext_lazy("edge", "Through a day (“up to and including 7 June”)"),
    )
    ON_DATE = (
        "on_date",
        pgettext_lazy("edge", "On a day (“on 14 October”: open until that day ends)"),
    )
    BEFORE_TIME = (
        "before_datetime",
        pgettext_lazy("edge", "Before a set time (“before 20 June at 12:00”)"),
    )
    AT_TIME = (
        "at_datetime",
        pgettext_lazy("edge", "By a set time (“by 13 December at 24:00”)"),
    )

    @property
    def has_hour(self) -> bool:
        """Whether an hour belongs to it, rather than a whole day."""
        return self in {Edge.BEFORE_TIME, Edge.AT_TIME}


_WORDING = {
    Edge.BEFORE_DATE: pgettext_lazy("closing", "before %(date)s"),
    Edge.THROUGH_DATE: pgettext_lazy("closing", "up to and including %(date)s"),
    Edge.ON_DATE: pgettext_lazy("closing", "on %(date)s"),
    Edge.BEFORE_TIME: pgettext_lazy("closing", "before %(date)s at %(time)s"),
    Edge.AT_TIME: pgettext_lazy("closing", "by %(date)s at %(time)s"),
}


@dataclass(frozen=True)
class Closing:
    """A closing moment as an organiser set it.

    `closes_at` is exclusive: at that instant it is too late. It is kept in UTC; one without a zone
    raises ValueError. Where `hour_is_stated` is False the organiser named a day only, and its end
    is our assumption.
    """

    edge: Edge
    closes_at: datetime.datetime
    zone: ZoneInfo
    hour_is_stated: bool = True

    def __post_init__(self) -> None:
        if self.closes_at.tzinfo is None:
            raise ValueError("A closing moment is an instant: closes_at needs a zone.")
        object.__setattr__(self, "closes_at", self.closes_at.astimezone(datetime.UTC))

    @classmethod
    def from_local(
        cls,
        edge: Edge,
        date: datetime.date,
        time: datetime.time | None,
        zone: ZoneInfo,
        *,
        hour_is_stated: bool = True,
    ) -> Self:
        """What the organiser entered: a day, and an hour where the edge has one.

        `time` None with AT_TIME is 24u00, the end of that day. Raises NoSuchClosing where they do
        not go together, NoSuchMoment where the zone's clocks never show it or do so twice.
        """
        _refuse_misfit(edge, date, time, hour_is_stated=hour_is_stated)
        return cls(edge, _closing_instant(edge, date, time, zone), zone, hour_is_stated)

    def is_open(self, now: datetime.datetime) -> bool:
        """Whether one is still in time at `now`."""
        return now < self.closes_at

    @property
    def last_day(self) -> datetime.date:
        """The last day in the zone on which it is open; 24u00 belongs to this day."""
        return (self.closes_at - datetime.timedelta.resolution).astimezone(self.zone).date()

    @property
    def ends_day(self) -> bool:
        """Whether it closes exactly where a day of the zone ends."""
        return self.closes_at == start_of_day(self._local.date(), self.zone)

    @property
    def local_date(self) -> datetime.date:
        """The day the organiser entered."""
        is_through = self.edge in {Edge.THROUGH_DATE, Edge.ON_DATE}
        is_end_of_day = self.edge == Edge.AT_TIME and self.ends_day
        return self.last_day if is_through or is_end_of_day else self._local.date()

    @property
    def local_time(self) -> datetime.time | None:
        """The hour the organiser entered; None for 24u00, and where the edge has none."""
        if not self.edge.has_hour or (self.edge == Edge.AT_TIME and self.ends_day):
            return None
        return self._local.time()

    @property
    def said_date(self) -> datetime.date:
        """The day it is said with: `local_date`, but what ends a day stays on that day."""
        return self.last_day if self.edge.has_hour and self.ends_day else self.local_date

    @property
    def said_time(self) -> datetime.time | None:
        """The hour it is said with: `local_time`, but None (24u00) for what ends a day."""
        return None if self.ends_day else self.local_time

    def wording(self) -> str:
        """In the organiser's own form: "vóór dinsdag 8 juni 2021"."""
        return _WORDING[self.edge] % {
            "date": weekday_date(self.said_date),
            "time": clock(self.said_time),
        }

    def reading(self) -> str:
        """Until when exactly: "tot en met maandag 7 juni 2021, 23u59 (Brusselse tijd)"."""
        last_minute = datetime.time(23, 59)
        facts = {
            "date": weekday_date(self.last_day),
            "hour": clock(last_minute if self.ends_day else self._local.time()),
            "zone": zone_label(self.zone),
        }
        if not self.hour_is_stated:
            facts["hour"] = _("time still to be confirmed")
        if self.ends_day:
            return pgettext("closing", "up to and including %(date)s, %(hour)s (%(zone)s)") % facts
        return pgettext("closing", "until %(date)s, %(hour)s (%(zone)s)") % facts

    @property
    def _local(self) -> datetime.datetime:
        return self.closes_at.astimezone(self.zone)


def _refuse_misfit(
    edge: Edge, date: datetime.date, time: datetime.time | None, *, hour_is_stated: bool
) -> None:
    if date.year not in YEARS:
        raise NoSuchClosing(_("The year %(year)s cannot be right.") % {"year": date.year})
    if time is not None and not edge.has_hour:
        raise NoSuchClosing(_("Leave out the time, or choose “before” or “by” a set time."))
    if time is None and edge == Edge.BEFORE_TIME:
        raise NoSuchClosing(_("Fill in the time, for example %(time)s.") % {"time": _noon()})
    if edge.has_hour and not hour_is_stated:
        raise NoSuchClosing(_("If the time is still to be confirmed, choose a day without a time."))


def _noon() -> str:
    return clock(datetime.time(12))


def _closing_instant(
    edge: Edge, date: datetime.date, time: datetime.time | None, zone: ZoneInfo
) -> datetime.datetime:
    if time is None:
        refuse_skipped_day(date, zone)
        return start_of_day(date if edge == Edge.BEFORE_DATE else date + _ONE_DAY, zone)
    closes_at = local_instant(date, time, zone)
    if edge == Edge.AT_TIME and closes_at == start_of_day(date, zone):
        # "Uiterlijk 14 december om 0u00" is read as the whole of the 14th by half of its readers.
        raise NoSuchClosing(
            _("The day only begins then. Write %(time)s of the day before.") % {"time": clock(None)}
        )
    return closes_at
