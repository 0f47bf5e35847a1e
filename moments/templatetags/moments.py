"""The words of moments for templates: `{{ session.starts_at|moment:session.zone }}`.

`zone` is a ZoneInfo or an IANA key. What is not there, None or "", gives an empty text.
"""

import datetime
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django import template

from moments import local, words
from moments.edges import Closing

register = template.Library()


def _zone(zone: ZoneInfo | str) -> ZoneInfo:
    return local.read_zone(zone) if isinstance(zone, str) else zone


# Days: of an instant in its zone, or of a date, which needs none ---------------------------------


def _day_filter(in_words: Callable[[datetime.date], str]) -> None:
    """Make {{ instant|name:zone }} and {{ day|name }} of a function of moments.words."""

    def say(value: datetime.date | str | None, zone: ZoneInfo | str | None = None) -> str:
        if value is None or isinstance(value, str):
            return ""
        if isinstance(value, datetime.datetime) and zone is not None:
            return in_words(value.astimezone(_zone(zone)).date())
        return in_words(value)

    register.filter(in_words.__name__, say)


_day_filter(words.weekday_date)
_day_filter(words.short_date)
_day_filter(words.weekday_name)
_day_filter(words.month_name)
_day_filter(words.month_abbreviation)
_day_filter(words.month_and_year)


@register.filter
def local_date(
    instant: datetime.datetime | str | None, zone: ZoneInfo | str
) -> datetime.date | str:
    """The instant's day in the zone, for a calendar leaf: {{ day.day }} {{ day|month_name }}."""
    if instant is None or isinstance(instant, str):
        return ""
    return instant.astimezone(_zone(zone)).date()


# Instants ----------------------------------------------------------------------------------------

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


@register.filter
def in_words(text: str) -> str:
    """{{ value|in_words }}: an instant written in ISO 8601 in words; any other text as it is."""
    if not _WRITTEN.fullmatch(text):
        return text
    try:
        return words.moment(datetime.datetime.fromisoformat(text), local.BRUSSELS)
    except (ValueError, OverflowError):
        return text


@register.filter
def clock(instant: datetime.datetime | str | None, zone: ZoneInfo | str) -> str:
    """{{ instant|clock:zone }}: "14u05"."""
    if instant is None or isinstance(instant, str):
        return ""
    return words.clock(instant.astimezone(_zone(zone)).time())


@register.filter
def end_clock(instant: datetime.datetime | str | None, zone: ZoneInfo | str) -> str:
    """{{ instant|end_clock:zone }}: as `clock`, but an end at midnight is "24u00"."""
    if instant is None or isinstance(instant, str):
        return ""
    time = instant.astimezone(_zone(zone)).time()
    return words.clock(None if time == datetime.time.min else time)


@register.simple_tag
def clock_sample() -> str:
    """{% clock_sample %}: 5:44 as `clock` writes it, from which a script learns how times read."""
    return words.clock(datetime.time(5, 44))


@register.filter
def moment(instant: datetime.datetime | str | None, zone: ZoneInfo | str) -> str:
    """{{ instant|moment:zone }}: "woensdag 9 juni 2021 om 9u00"."""
    if instant is None or isinstance(instant, str):
        return ""
    return words.moment(instant, _zone(zone))


@register.filter
def iso(instant: datetime.datetime | str | None, zone: ZoneInfo | str) -> str:
    """<time datetime="{{ instant|iso:zone }}">: RFC 3339 with the zone's offset, in seconds."""
    if instant is None or isinstance(instant, str):
        return ""
    return instant.astimezone(_zone(zone)).isoformat(timespec="seconds")


@register.simple_tag
def time_range(
    starts_at: datetime.datetime, ends_at: datetime.datetime, zone: ZoneInfo | str
) -> str:
    """{% time_range starts_at ends_at zone %}: "14u00 – 16u30", on one line."""
    return _unbroken(words.time_range(starts_at, ends_at, _zone(zone)))


@register.simple_tag
def period(starts_at: datetime.datetime, ends_at: datetime.datetime, zone: ZoneInfo | str) -> str:
    """{% period starts_at ends_at zone %}: "donderdag 10 juni 2021, 14u00 – 16u30".

    The times stay on one line; over midnight, where two days are named, a line ends after the dash.
    """
    zone = _zone(zone)
    times = words.time_range(starts_at, ends_at, zone)
    whole = words.period(starts_at, ends_at, zone)
    return whole.replace(times, _unbroken(times)).replace(" – ", "\N{NO-BREAK SPACE}– ")


def _unbroken(times: str) -> str:
    return times.replace(" ", "\N{NO-BREAK SPACE}")


@register.filter
def zone_label(zone: ZoneInfo | str) -> str:
    """{{ zone|zone_label }}: "Brusselse tijd"."""
    return local.zone_label(_zone(zone)) if zone else ""


# Lengths -----------------------------------------------------------------------------------------


@register.filter
def duration(length: datetime.timedelta | str | None) -> str:
    """{{ length|duration }}: "1 u 10 min"."""
    return "" if length is None or isinstance(length, str) else words.duration(length)


@register.filter
def duration_until(
    starts_at: datetime.datetime | str | None, ends_at: datetime.datetime | str | None
) -> str:
    """{{ starts_at|duration_until:ends_at }}: "45 min"."""
    if not isinstance(starts_at, datetime.datetime) or not isinstance(ends_at, datetime.datetime):
        return ""
    # Instants with one ZoneInfo are subtracted by their clocks, which is wrong over a clock change.
    return words.duration(ends_at.astimezone(datetime.UTC) - starts_at.astimezone(datetime.UTC))


@register.filter(name="days_left")
def days_left_of(closing: Closing | datetime.datetime | str | None, now: datetime.datetime) -> str:
    """{{ closing|days_left:now }}: "nog 23 dagen" in its own zone; a bare instant's is Brussels."""
    if closing is None or isinstance(closing, str):
        return ""
    if isinstance(closing, Closing):
        return words.days_left(closing.closes_at, now, closing.zone)
    return words.days_left(closing, now, local.BRUSSELS)


@register.simple_tag
def days_left(closes_at: datetime.datetime, now: datetime.datetime, zone: ZoneInfo | str) -> str:
    """{% days_left closes_at now zone %}: "nog 23 dagen"."""
    return words.days_left(closes_at, now, _zone(zone))


@register.simple_tag
def time_until(moment: datetime.datetime, now: datetime.datetime, zone: ZoneInfo | str) -> str:
    """How long it takes until a moment: "over 45 min", "morgen", "nog 23 dagen"."""
    return words.time_until(moment, now, _zone(zone))
