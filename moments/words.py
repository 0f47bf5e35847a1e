"""Dates, times, periods and durations in words, in the active language."""

import datetime
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import TypeVar

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import (
    get_language,
    get_language_info,
    npgettext,
    pgettext,
    pgettext_lazy,
)

Value = TypeVar("Value", bound=Hashable)

_MONTH_ABBREVIATIONS = {
    1: pgettext_lazy("month abbreviated", "Jan"),
    2: pgettext_lazy("month abbreviated", "Feb"),
    3: pgettext_lazy("month abbreviated", "Mar"),
    4: pgettext_lazy("month abbreviated", "Apr"),
    5: pgettext_lazy("month abbreviated", "May"),
    6: pgettext_lazy("month abbreviated", "Jun"),
    7: pgettext_lazy("month abbreviated", "Jul"),
    8: pgettext_lazy("month abbreviated", "Aug"),
    9: pgettext_lazy("month abbreviated", "Sep"),
    10: pgettext_lazy("month abbreviated", "Oct"),
    11: pgettext_lazy("month abbreviated", "Nov"),
    12: pgettext_lazy("month abbreviated", "Dec"),
}
_MINUTE = datetime.timedelta(minutes=1)


def remembered(say: Callable[[Value], str]) -> Callable[[Value], str]:
    """Remember what was said in each language: an agenda, and a feed of them, say it often."""

    @lru_cache(maxsize=4_096)
    def in_language(_language: str | None, value: Value) -> str:
        return say(value)

    @wraps(say)
    def in_active_language(value: Value) -> str:
        return in_language(get_language(), value)

    return in_active_language


# Days --------------------------------------------------------------------------------------------


def _refuse_instant(day: datetime.date) -> None:
    # A datetime passes for a date, and one in UTC would be said a day early or late unnoticed.
    if isinstance(day, datetime.datetime):
        raise TypeError("A day is needed here: bring the instant to its zone first.")


def _day_of_month(day: datetime.date) -> str:
    # Translators: the first of a month, as it stands in a date; "1er" in French.
    return pgettext("first day of the month", "1") if day.day == 1 else str(day.day)


@remembered
def weekday_date(day: datetime.date) -> str:
    """The full day: "donderdag 10 juni 2021", "jeudi 1er juillet 2021"."""
    return pgettext("date", "%(weekday)s %(day)s %(month)s %(year)s") % {
        "weekday": weekday_name(day),
        "day": _day_of_month(day),
        "month": month_name(day),
        "year": day.year,
    }


def short_date(day: datetime.date) -> str:
    """The day without its weekday: "10 juni 2021"; not in figures, whose order differs."""
    return pgettext("date", "%(day)s %(month)s %(year)s") % {
        "day": _day_of_month(day),
        "month": month_name(day),
        "year": day.year,
    }


def weekday_name(day: datetime.date) -> str:
    """The day of the week: "donderdag"."""
    _refuse_instant(day)
    return str(WEEKDAYS[day.weekday()])


def month_name(day: datetime.date) -> str:
    """The day's month: "juni"."""
    _refuse_instant(day)
    return str(MONTHS[day.month])


def month_abbreviation(day: datetime.date) -> str:
    """The day's month as a calendar leaf shows it: "jun", "juil."."""
    _refuse_instant(day)
    return str(_MONTH_ABBREVIATIONS[day.month])


def month_and_year(day: datetime.date) -> str:
    """The day's month with its year: "juni 2021"."""
    return pgettext("month", "%(month)s %(year)s") % {"month": month_name(day), "year": day.year}


# Times -------------------------------------------------------------------------------------------


@remembered
def clock(time: datetime.time | None) -> str:
    """The time of day to the minute: "14u05", "14 h 05" (with no-break spaces), "14:05".

    None is the end of the day: "24u00".
    """
    # Translators: a time of day: "9u05" in Dutch, "9 h 05" with no-break spaces in French.
    return pgettext("time of day", "%(hour)02d:%(minute)02d") % {
        "hour": 24 if time is None else time.hour,
        "minute": 0 if time is None else time.minute,
    }


def _local_end(
    starts_at: datetime.datetime, ends_at: datetime.datetime, zone: datetime.tzinfo
) -> tuple[datetime.date, datetime.time | None]:
    """Day and time an end is said with: midnight is None, 24u00 of the day that ends there."""
    end = ends_at.astimezone(zone)
    if end.time() == datetime.time.min and ends_at > starts_at:
        return end.date() - datetime.timedelta(days=1), None
    return end.date(), end.time()


def time_range(
    starts_at: datetime.datetime, ends_at: datetime.datetime, zone: datetime.tzinfo
) -> str:
    """From when to when, without the day: "14u00 – 16u30"; an end at midnight is 24u00."""
    _, end = _local_end(starts_at, ends_at, zone)
    return _from_to((starts_at.astimezone(zone).time(), end))


@remembered
def _from_to(times: tuple[datetime.time, datetime.time | None]) -> str:
    start, end = times
    return f"{clock(start)} – {clock(end)}"


def moment(instant: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Day and time: "woensdag 9 juni 2021 om 9u00".

    For a closing moment use moments.edges, which keeps midnight on the day that ends.
    """
    local = instant.astimezone(zone)
    return pgettext("moment", "%(date)s at %(time)s") % {
        "date": weekday_date(local.date()),
        "time": clock(local.time()),
    }


def period(starts_at: datetime.datetime, ends_at: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Day and times: "donderdag 10 juni 2021, 14u00 – 16u30"; over midnight with both days."""
    start = starts_at.astimezone(zone)
    end_date, end = _local_end(starts_at, ends_at, zone)
    if end_date == start.date():
        return _day_and_times(start.date(), time_range(starts_at, ends_at, zone))
    return (
        f"{_day_and_times(start.date(), clock(start.time()))}"
        f" – {_day_and_times(end_date, clock(end))}"
    )


def _day_and_times(day: datetime.date, times: str) -> str:
    return pgettext("period", "%(date)s, %(times)s") % {"date": weekday_date(day), "times": times}


# Lengths -----------------------------------------------------------------------------------------


def duration(length: datetime.timedelta) -> str:
    """A length in hours and whole minutes: "45 min", "1 u 10 min", "2 u", "26 u".

    Raises ValueError when it is negative.
    """
    if length < datetime.timedelta(0):
        raise ValueError("A duration is not negative: its end lies before its start.")
    hours, minutes = divmod(length // _MINUTE, 60)
    parts = {"hours": hours, "minutes": minutes}
    if hours == 0:
        return pgettext("duration", "%(minutes)d min") % parts
    if minutes == 0:
        return pgettext("duration", "%(hours)d h") % parts
    return pgettext("duration", "%(hours)d h %(minutes)d min") % parts


def days_left(closes_at: datetime.datetime, now: datetime.datetime, zone: datetime.tzinfo) -> str:
    """How long one still has, in the zone's calendar days: "vandaag", "morgen", "nog 23 dagen".

    `closes_at` is exclusive: what closes at midnight says "vandaag" on the day that ends there.
    From `closes_at` on it is "voorbij".
    """
    if now >= closes_at:
        return pgettext("time left", "over")
    last_day = (closes_at.astimezone(datetime.UTC) - datetime.timedelta.resolution).astimezone(zone)
    days = (last_day.date() - now.astimezone(zone).date()).days
    if days <= 0:
        return pgettext("time left", "today")
    if days == 1:
        return pgettext("time left", "tomorrow")
    return npgettext("time left", "%(days)d day left", "%(days)d days left", days) % {"days": days}


def time_until(moment: datetime.datetime, now: datetime.datetime, zone: datetime.tzinfo) -> str:
    """How long it takes until a moment: "over 45 min", "over 3 u", "morgen", "nog 23 dagen".

    In hours and minutes on its own day in the zone, else in calendar days. From the moment on "nu".
    """
    if now >= moment:
        return pgettext("time left", "now")
    days = (moment.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        # Rounded up: nobody waits a minute less than said.
        length = -((now.astimezone(datetime.UTC) - moment) // _MINUTE) * _MINUTE
        return pgettext("time left", "in %(length)s") % {"length": duration(length)}
    if days == 1:
        return pgettext("time left", "tomorrow")
    return npgettext("time left", "%(days)d day left", "%(days)d days left", days) % {"days": days}


def language_name(code: str) -> str:
    """The name of a language within a sentence: "Frans", "néerlandais", "Dutch"."""
    name = str(get_language_info(code)["name_translated"])
    return name.lower() if (get_language() or "").startswith("fr") else name
