"""Public holidays in Belgium and Flanders, on which no one answers a question."""

from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_FIXED = {
    (1, 1): gettext_noop("New Year's Day"),
    (5, 1): gettext_noop("Labour Day"),
    (7, 11): gettext_noop("the Day of the Flemish Community"),
    (7, 21): gettext_noop("the national holiday"),
    (8, 15): gettext_noop("Assumption Day"),
    (11, 1): gettext_noop("All Saints' Day"),
    (11, 2): gettext_noop("All Souls' Day"),
    (11, 11): gettext_noop("Armistice Day"),
    (12, 25): gettext_noop("Christmas Day"),
    (12, 26): gettext_noop("Boxing Day"),
}
_FROM_EASTER = {
    0: gettext_noop("Easter"),
    1: gettext_noop("Easter Monday"),
    39: gettext_noop("Ascension Day"),
    49: gettext_noop("Whit Sunday"),
    50: gettext_noop("Whit Monday"),
}


# The ten of the Royal Decree of 18 April 1974, on which nobody in Belgium works.
_LEGAL = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
_LEGAL_FROM_EASTER = {1, 39, 50}


def is_legal_holiday(day: date) -> bool:
    """Whether it is one of the ten public holidays of all of Belgium."""
    return (day.month, day.day) in _LEGAL or _days_from_easter(day) in _LEGAL_FROM_EASTER


def holiday_name(day: date) -> str:
    """What the Flemish government is closed for on that day, in the active language; else empty.

    Source: Vlaams personeelsstatuut, art. X 12 (the days on which its services are closed).
    """
    name = _FIXED.get((day.month, day.day)) or _FROM_EASTER.get(_days_from_easter(day))
    return _(name) if name else ""


def _days_from_easter(day: date) -> int:
    return (day - easter(day.year)).days


def easter(year: int) -> date:
    """Easter Sunday of a year in the Gregorian calendar (Meeus, Jones and Butcher's method)."""
    century, rest = divmod(year, 100)
    skipped, leap_century = divmod(century, 4)
    moon = (19 * (year % 19) + century - skipped - (8 * century + 13) // 25 + 15) % 30
    weekday = (32 + 2 * leap_century + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (year % 19 + 11 * moon + 22 * weekday) // 451
    march = 22 + moon + weekday - 7 * correction
    return date(year, 3, 1) + timedelta(days=march - 1)
