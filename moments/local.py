"""Zones, and wall-clock time in them to instants in UTC.

Skipped and repeated wall-clock times are told apart as in PEP 495.
"""

import datetime
from bisect import bisect_left
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from moments.words import clock, remembered, weekday_date

BRUSSELS = ZoneInfo("Europe/Brussels")

# What lies outside is a slip of the finger, found here rather than on the page.
YEARS = range(1900, 2200)
_ONE_DAY = datetime.timedelta(days=1)


class NoSuchMoment(ValueError):
    """A wall-clock time that does not exist or exists twice; its text is for the visitor."""


class UnknownZone(ValueError):
    """A key that names no time zone; its text is for the visitor."""


# Zones -------------------------------------------------------------------------------------------


@cache
def _zone_keys() -> frozenset[str]:
    # These two mean something else on each machine, or nothing.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def read_zone(key: str) -> ZoneInfo:
    """The zone of an IANA key such as "Europe/Brussels"; raises UnknownZone."""
    # Asking ZoneInfo itself would open any file the key happens to point at.
    if key not in _zone_keys():
        raise UnknownZone(
            _("There is no time zone “%(key)s”. Choose one such as Europe/Brussels.") % {"key": key}
        )
    return ZoneInfo(key)


def validate_zone(value: str) -> None:
    """For a model field that holds an IANA key; raises ValidationError."""
    try:
        read_zone(value)
    except UnknownZone as refusal:
        raise ValidationError(str(refusal), code="unknown_zone") from refusal


@remembered
def zone_label(zone: ZoneInfo) -> str:
    """The zone in words: "Brusselse tijd", "tijd in New York", "UTC".

    Cities carry the name of the IANA key, in every language.
    """
    if zone.key == BRUSSELS.key:
        return _("Brussels time")
    fixed_offset = zone.utcoffset(None)
    if fixed_offset is not None:
        # Keys such as Etc/GMT+5 carry the opposite sign of what they mean.
        return datetime.timezone(fixed_offset).tzname(None)
    if "/" not in zone.key:
        return zone.key
    city = zone.key.rpartition("/")[2].replace("_", " ")
    if city[0] in "AEIOU":
        # Translators: apart from other cities for languages that elide: "heure d'Amsterdam".
        return pgettext("city that starts with a vowel", "%(city)s time") % {"city": city}
    return pgettext("city", "%(city)s time") % {"city": city}


def validate_year(day: datetime.date) -> None:
    """For a model or form field that holds a day or an instant; raises ValidationError."""
    if day.year not in YEARS:
        raise ValidationError(
            _("The year %(year)s cannot be right.") % {"year": day.year}, code="implausible_year"
        )


# Wall-clock time ---------------------------------------------------------------------------------


def local_instant(date: datetime.date, time: datetime.time, zone: ZoneInfo) -> datetime.datetime:
    """The instant, in UTC, at which the zone's clocks show this; raises NoSuchMoment."""
    wall = datetime.datetime.combine(date, time)
    facts = {"date": weekday_date(date), "time": clock(time), "zone": zone_label(zone)}
    if _is_skipped(wall, zone):
        raise NoSuchMoment(
            _(
                "On %(date)s the clock goes forward: %(time)s does not exist then (%(zone)s). "
                "Choose another time."
            )
            % facts
        )
    if _is_repeated(wall, zone):
        raise NoSuchMoment(
            _(
                "On %(date)s the clock goes back: %(time)s comes twice then (%(zone)s). "
                "Choose another time."
            )
            % facts
        )
    return _first_instant(wall, zone)


def at_same_clock_time(
    instant: datetime.datetime, before: ZoneInfo, after: ZoneInfo
) -> datetime.datetime:
    """The instant at which clocks by the rules `after` show what they showed by those `before`.

    Of an hour that `after` has twice it is the same one as before, as far as both had it twice; one
    that it leaves out is counted on from the change.
    """
    wall = instant.astimezone(before)
    return wall.replace(tzinfo=after).astimezone(datetime.UTC)


def read_rules(folder: Path, key: str) -> ZoneInfo:
    """The rules of a zone by its file in a folder; raises UnknownZone where there is none."""
    file = folder / read_zone(key).key
    try:
        with file.open("rb") as content:
            return ZoneInfo.from_file(content, key=key)
    except (OSError, ValueError) as trouble:
        raise UnknownZone(f"{file} holds no rules of a time zone.") from trouble


def start_of_day(date: datetime.date, zone: ZoneInfo) -> datetime.datetime:
    """The first instant of the day, in UTC: where midnight is skipped, when the gap ends."""
    return _first_instant(datetime.datetime.combine(date, datetime.time.min), zone)


def refuse_skipped_day(date: datetime.date, zone: ZoneInfo) -> None:
    """Raises NoSuchMoment for a day the zone never had, as 30 December 2011 in Pacific/Apia."""
    if start_of_day(date, zone).astimezone(zone).date() != date:
        raise NoSuchMoment(
            _("There is no %(date)s there (%(zone)s). Choose another day.")
            % {"date": weekday_date(date), "zone": zone_label(zone)}
        )


def day_before(
    instant: datetime.datetime, zone: ZoneInfo, *, days: int = 1, at: datetime.time
) -> datetime.datetime:
    """Local time `at`, so many calendar days before the instant's own day in the zone; in UTC.

    Days of the calendar, not of 24 hours. Where `at` is skipped, when the gap ends; where it comes
    twice, the first.
    """
    date = instant.astimezone(zone).date() - days * _ONE_DAY
    return _first_instant(datetime.datetime.combine(date, at.replace(fold=0)), zone)


def _is_skipped(wall: datetime.datetime, zone: ZoneInfo) -> bool:
    there_and_back = wall.replace(tzinfo=zone).astimezone(datetime.UTC).astimezone(zone)
    return there_and_back.replace(tzinfo=None) != wall


def _is_repeated(wall: datetime.datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks show it twice; only to be asked of what they don't skip."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()


def _first_instant(wall: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """The first instant the clocks show this or, if they skip it, the first after the gap."""
    if _is_skipped(wall, zone):
        return _end_of_gap(wall.replace(microsecond=0), zone)
    return wall.replace(tzinfo=zone).astimezone(datetime.UTC)


def _end_of_gap(wall: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    # In a gap, fold 1 names an instant before it and fold 0 one after it (PEP 495).
    before, after = (
        wall.replace(tzinfo=zone, fold=fold).astimezone(datetime.UTC) for fold in (1, 0)
    )
    old_offset = before.astimezone(zone).utcoffset()

    def is_past_gap(seconds: int) -> bool:
        instant = before + datetime.timedelta(seconds=seconds)
        return instant.astimezone(zone).utcoffset() != old_offset

    gap = range(int((after - before).total_seconds()))
    return before + datetime.timedelta(seconds=bisect_left(gap, True, key=is_past_gap))
