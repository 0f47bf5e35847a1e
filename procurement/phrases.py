"""Reading a deadline from the Dutch words of a public page: "vóór 20 juni 2023 om 12:00 uur".

What has one meaning becomes a Closing; what has two is not guessed, but named with its readings.
"""

import datetime
import re
import unicodedata
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from moments.edges import Closing, Edge, NoSuchClosing
from moments.local import BRUSSELS, NoSuchMoment
from moments.words import weekday_date

_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip
_ABBREVIATIONS = {"mrt": 3, "sept": 9} | {
    name[:3]: number for number, name in enumerate(_MONTHS, start=1) if len(name) > 3
}
_WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")

_DATE = re.compile(
    r"\b(?P<day>\d{1,2})(?:\s+(?P<month>[a-z]{3,9})\b\.?(?:\s+(?P<year>\d{4}))?"
    r"|(?P<separator>[-/])(?P<number>\d{1,2})(?P=separator)(?P<full_year>\d{4}))"
)
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
# An hour needs its "uur", "u" or minutes, so that the day of a date is not taken for one.
_TIME = re.compile(
    r"\b(?P<hour>\d{1,2})(?:\s*[:.]\s*(?P<minute>\d{2})(?!\d)(?:\s*(?:uur|u|h)\b)?"
    r"|\s*[uh]\s*(?P<minute_after>\d{2})(?!\d)|\s*(?:uur|u|h)\b)"
    r"(?:\s*(?P<part>'s (?:morgens|ochtends|middags|namiddags|avonds|nachts)))?"
)
_MIDNIGHT = re.compile(r"\bmiddernacht\b")
_NOON = datetime.time(12)

_BEFORE, _THROUGH, _BY, _UNTIL, _ON = "before", "through", "by", "until", "on"
# The first that fits counts: "tot en met" before "tot".
_EDGES = (
    (_THROUGH, r"\btot en met\b|\bt\.?e\.?m\.?(?=\s|$)|\bt/m\b"),
    (_BY, r"\buiterlijk\b|\bten laatste\b|\bten uiterste\b"),
    (_BEFORE, r"\bvoor\b|\bvooraleer\b"),
    (_UNTIL, r"\btot\b|\btegen\b"),
    (_ON, r"\bis\b|\bop\b"),
)


class Unreadable(ValueError):
    """No deadline can be read from the words; the text is a sentence for the organiser."""


class Ambiguous(ValueError):
    """The words can mean several moments: `readings`, the earliest first.

    The text is a sentence for the organiser, who has to choose.
    """

    def __init__(self, sentence: str, readings: tuple[Closing, ...]) -> None:
        super().__init__(sentence)
        self.readings = readings


@dataclass(frozen=True)
class _Hour:
    """A time of day as it was said; None is 24u00."""

    time: datetime.time | None
    is_bare: bool
    """Said without minutes and part of the day, as "5 uur", which may be morning or afternoon."""


def read(
    phrase: str,
    *,
    zone: ZoneInfo = BRUSSELS,
    date: datetime.date | None = None,
    year: int | None = None,
) -> Closing:
    """The closing moment that the words mean.

    `date` serves words without a day ("uiterlijk om 24.00 uur"), `year` those without a year.
    A day said with "is", "op" or "uiterlijk" and without an hour counts to its end, with the hour
    to be confirmed. Raises Ambiguous for words with two meanings, Unreadable for words with none.
    """
    words = _plain(phrase)
    day, rest = _find_day(words, date, year)
    hour, rest = _find_hour(rest)
    try:
        return _closing(_find_edge(rest), day, hour, zone)
    except (NoSuchClosing, NoSuchMoment) as refusal:
        raise Unreadable(str(refusal)) from refusal


def _plain(phrase: str) -> str:
    """Lower case, without the accents of "vóór" and "één", with single spaces."""
    decomposed = unicodedata.normalize("NFKD", phrase.replace("’", "'").replace("‘", "'"))
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join(letters.lower().split())


# The parts ---------------------------------------------------------------------------------------


def _find_day(
    words: str, date: datetime.date | None, year: int | None
) -> tuple[datetime.date, str]:
    """The day, and the words without it; a weekday that does not fit the day is refused."""
    found = _ISO_DATE.search(words)
    facts: tuple[int, int, int] | None = None
    if found is not None:
        facts = int(found["year"]), int(found["month"]), int(found["day"])
    else:
        found = next((one for one in _DATE.finditer(words) if _month(one)), None)
        if found is not None:
            said_year = found["year"] or found["full_year"]
            if said_year is None and year is None and date is None:
                raise Unreadable(_("The words name no year."))
            assumed = year or (date.year if date else 0)
            facts = int(said_year or assumed), _month(found), int(found["day"])
    if facts is None or found is None:
        if date is None:
            raise Unreadable(_("The words name no day."))
        _check_weekday(words, date)
        return date, words
    try:
        day = datetime.date(*facts)
    except ValueError as error:
        raise Unreadable(_("The calendar has no such day.")) from error
    if date is not None and date != day:
        raise Unreadable(_("The words name another day than the date beside them."))
    _check_weekday(words, day)
    return day, words[: found.start()] + " | " + words[found.end() :]


def _month(found: re.Match[str]) -> int:
    """The number of the month that was said; 0 where the word is none."""
    if found["number"]:
        return int(found["number"])
    name = found["month"]
    return _MONTHS.index(name) + 1 if name in _MONTHS else _ABBREVIATIONS.get(name, 0)


def _check_weekday(words: str, day: datetime.date) -> None:
    said = [number for number, name in enumerate(_WEEKDAYS) if re.search(rf"\b{name}\b", words)]
    if said and said != [day.weekday()]:
        raise Unreadable(
            _("The words name another day of the week: it is %(date)s.")
            % {"date": weekday_date(day)}
        )


def _find_hour(words: str) -> tuple[_Hour | None, str]:
    found = _TIME.search(words)
    if found is None:
        return None, words
    rest = words[: found.start()] + words[found.end() :]
    hour, minute = int(found["hour"]), int(found["minute"] or found["minute_after"] or 0)
    part = found["part"] or ""
    if hour < 12 and part in {"'s middags", "'s namiddags", "'s avonds"}:
        hour += 12
    if (hour, minute) == (24, 0) or (hour, minute, part) == (12, 0, "'s nachts"):
        return _Hour(None, is_bare=False), rest
    if hour > 23 or minute > 59:
        raise Unreadable(_("The words name a time that no clock shows."))
    is_bare = not part and found["minute"] is None and found["minute_after"] is None
    return _Hour(datetime.time(hour, minute), is_bare=is_bare and 1 <= hour <= 6), rest


def _find_edge(words: str) -> str:
    if _MIDNIGHT.search(words):
        raise Ambiguous(_("“Midnight” can be the start of a day or its end."), ())
    for edge, pattern in _EDGES:
        if re.search(pattern, words):
            return edge
    raise Unreadable(_("The words do not say whether it is before, on or through the day."))


# Together ----------------------------------------------------------------------------------------


def _closing(edge: str, day: datetime.date, hour: _Hour | None, zone: ZoneInfo) -> Closing:
    if hour is None:
        return _of_day(edge, day, zone)
    if edge == _BEFORE and hour.time is None:
        # Before 24u00 is before the day ends; from_local takes no 24u00 with this edge.
        by = Closing.from_local(Edge.AT_TIME, day, None, zone)
        return Closing(Edge.BEFORE_TIME, by.closes_at, zone)
    kind = Edge.BEFORE_TIME if edge == _BEFORE else Edge.AT_TIME
    if hour.time == datetime.time.min and edge != _BEFORE:
        raise Ambiguous(
            _("0u00 is the start of that day; many read the end of it."),
            (
                Closing.from_local(Edge.AT_TIME, day - datetime.timedelta(days=1), None, zone),
                Closing.from_local(Edge.AT_TIME, day, None, zone),
            ),
        )
    closing = Closing.from_local(kind, day, hour.time, zone)
    if hour.is_bare and hour.time is not None:
        afternoon = hour.time.replace(hour=hour.time.hour + _NOON.hour)
        raise Ambiguous(
            _("The hour can be in the morning or in the afternoon."),
            (closing, Closing.from_local(kind, day, afternoon, zone)),
        )
    return closing


def _of_day(edge: str, day: datetime.date, zone: ZoneInfo) -> Closing:
    before = Closing.from_local(Edge.BEFORE_DATE, day, None, zone)
    through = Closing.from_local(Edge.THROUGH_DATE, day, None, zone)
    if edge == _BEFORE:
        return before
    if edge == _THROUGH:
        return through
    if edge == _UNTIL:
        raise Ambiguous(
            _("“Tot” and “tegen” a day can include that day or not."), (before, through)
        )
    return Closing.from_local(Edge.ON_DATE, day, None, zone, hour_is_stated=False)
