"""Appointments out of a calendar file that somebody else's program wrote (RFC 5545).

Of such a file nothing is trusted: it is read in one go from front to back, nothing in it is carried
out, no rule of a repetition or a zone is worked out, and no address is fetched.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from ical.texts import as_plain, clean, one_line

LARGEST_FILE_BYTES = 500_000
MOST_APPOINTMENTS = 50
# Letters of one text; the rest is cut off.
LONGEST_TEXT = 20_000
# An alarm within an event within a calendar is three deep.
_DEEPEST = 5

# Where programs put the address of an online meeting, the surest first (RFC 7986 section 5.11).
_MEETING_PROPERTIES = (
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-GOOGLE-CONFERENCE",
    "CONFERENCE",
)


class UnusableCalendar(Exception):
    """The file cannot be used; the text is a sentence for who sent it."""


@dataclass(frozen=True)
class Appointment:
    """One appointment, as far as the file tells it; what it does not tell is empty or None.

    `starts_at` and `ends_at` are instants in UTC, or the first and the *last* day of one without
    hours. `zone` is where its hours are meant. `unknown_zone` is the name of a zone that is not
    known here, and `is_floating` says that the file names none: `zone` is then the one that was
    given to `read`. Of one that repeats, the times are the first ones.
    """

    title: str
    starts_at: datetime | date | None
    ends_at: datetime | date | None
    zone: ZoneInfo
    unknown_zone: str = ""
    is_floating: bool = False
    location: str = ""
    description: str = ""
    meeting: str = ""
    address: str = ""
    repeats: bool = False
    is_cancelled: bool = False


def read(content: bytes, *, zone: ZoneInfo) -> list[Appointment]:
    """The appointments in a file, in order of time; `zone` is for hours without a known one.

    Raises `UnusableCalendar`.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise UnusableCalendar(
            _("The file is too large: at most %(number)s kB. Save only the appointment you mean.")
            % {"number": LARGEST_FILE_BYTES // 1_000}
        )
    calendars = [part for part in _parts(_lines(content)) if part.name == "VCALENDAR"]
    if not calendars:
        raise _no_calendar()
    events = [
        (event, calendar)
        for calendar in calendars
        for event in calendar.inside
        if event.name == "VEVENT"
    ]
    if not events:
        raise UnusableCalendar(_("The file holds no appointment."))
    if len(events) > MOST_APPOINTMENTS:
        raise UnusableCalendar(
            _(
                "The file holds %(number)s appointments, and at most %(most)s can be shown."
                " Save only the one you mean."
            )
            % {"number": len(events), "most": MOST_APPOINTMENTS}
        )
    found = [_appointment(event, calendar, zone) for event, calendar in events]
    return sorted(found, key=lambda each: (str(each.starts_at or ""), each.title))


def _no_calendar() -> UnusableCalendar:
    return UnusableCalendar(
        _("This is not a whole calendar file (.ics). Save the appointment once more as one.")
    )


# Lines and parts ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class _Part:
    """What stands between BEGIN and END, with the parts within it."""

    name: str
    lines: list[_Line] = field(default_factory=list)
    inside: list["_Part"] = field(default_factory=list)

    def line(self, *names: str) -> _Line | None:
        """Its first line of one of these names that says something, by the order of the names."""
        lines = (line for name in names for line in self.lines if line.name == name and line.value)
        return next(lines, None)

    def value(self, *names: str) -> str:
        """What that line says, as it is written."""
        found = self.line(*names)
        return found.value.strip()[:LONGEST_TEXT] if found is not None else ""

    def text(self, name: str) -> str:
        """What a line with a text says (RFC 5545 section 3.3.11)."""
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value(name))


_FOLD = re.compile(rb"(?:\r\n|\r|\n)[ \t]")
_ESCAPE = re.compile(r"\\([\s\S])")
_PARAMETER = r";[A-Za-z0-9-]+=(?:\"[^\"]*\"|[^\";:,]*)(?:,(?:\"[^\"]*\"|[^\";:,]*))*"
_LINE = re.compile(rf"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:{_PARAMETER})*):(?P<value>.*)")
_ONE_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=((?:\"[^\"]*\"|[^\";])*)")


def _lines(content: bytes) -> Iterator[_Line]:
    """The lines, put together where they were folded, also within a letter."""
    try:
        text = _FOLD.sub(b"", content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableCalendar(
            _("The file is not written in UTF-8. Save the appointment once more as a .ics file.")
        ) from error
    for written in re.split(r"[\r\n]+", text):
        found = _LINE.fullmatch(written)
        if found is not None:
            pairs = _ONE_PARAMETER.findall(found["parameters"])
            parameters = {name.upper(): value.strip('"') for name, value in pairs}
            yield _Line(found["name"].upper(), parameters, found["value"])


def _parts(lines: Iterable[_Line]) -> list[_Part]:
    """The outermost parts. Raises `UnusableCalendar` where BEGIN and END do not match."""
    outermost = _Part("")
    open_ones = [outermost]
    for line in lines:
        if line.name == "BEGIN":
            part = _Part(line.value.strip().upper())
            open_ones[-1].inside.append(part)
            open_ones.append(part)
            if len(open_ones) > _DEEPEST:
                raise _no_calendar()
        elif line.name != "END":
            open_ones[-1].lines.append(line)
        elif len(open_ones) == 1 or open_ones.pop().name != line.value.strip().upper():
            raise _no_calendar()
    if len(open_ones) > 1:
        raise _no_calendar()
    return outermost.inside


# One appointment ---------------------------------------------------------------------------------


def _appointment(event: _Part, calendar: _Part, zone: ZoneInfo) -> Appointment:
    start = event.line("DTSTART")
    name = start.parameters.get("TZID", "") if start is not None else ""
    is_floating = False
    known: ZoneInfo | None = zone
    if name:
        known = _zone(name, calendar, zone)
    elif start is not None and "T" in start.value and not start.value.strip().endswith("Z"):
        known = _named_zone(calendar.value("X-WR-TIMEZONE"))
        is_floating = known is None
    starts_at = _moment(start, known or zone)
    return Appointment(
        title=one_line(event.text("SUMMARY")),
        starts_at=starts_at,
        ends_at=_end(event, starts_at, known or zone),
        zone=known or zone,
        unknown_zone=one_line(name)[:100] if known is None and name else "",
        is_floating=is_floating,
        location=one_line(event.text("LOCATION")),
        description=as_plain(clean(event.text("DESCRIPTION"))),
        meeting=event.value(*_MEETING_PROPERTIES),
        address=event.value("URL"),
        repeats=event.line("RRULE", "RDATE", "RECURRENCE-ID") is not None,
        is_cancelled="CANCEL"
        in {event.value("STATUS").upper()[:6], calendar.value("METHOD").upper()},
    )


_DAY = r"((?:19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})"
_MOMENT = re.compile(rf"{_DAY}(?:T([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})(Z?))?")
_DURATION = re.compile(
    r"\+?P(?:(?P<weeks>[0-9]{1,4})W)?(?:(?P<days>[0-9]{1,4})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,5})H)?(?:(?P<minutes>[0-9]{1,6})M)?(?:(?P<seconds>[0-9]{1,8})S)?)?"
)


def _moment(line: _Line | None, zone: ZoneInfo) -> datetime | date | None:
    """An instant in UTC or a day; None where there is none, or none that can be."""
    found = _MOMENT.fullmatch(line.value.strip()) if line is not None else None
    if found is None:
        return None
    *figures, is_utc = found.groups()
    numbers = [int(figure) for figure in figures if figure is not None]
    try:
        if len(numbers) == 3:
            return date(*numbers)
        # An hour that the clocks skip is meant as the one after it (RFC 5545 section 3.3.5).
        wall = datetime(*numbers, tzinfo=UTC if is_utc else zone)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return wall.astimezone(UTC)


def _end(event: _Part, starts_at: datetime | date | None, zone: ZoneInfo) -> datetime | date | None:
    """Its end, as the start is told; None where the file tells none, or none that can be."""
    if starts_at is None:
        return None
    line = event.line("DTEND")
    if line is not None:
        ends_at = _moment(line, _named_zone(line.parameters.get("TZID", "")) or zone)
    else:
        ends_at = _after(starts_at, event.value("DURATION"), zone)
    if isinstance(starts_at, datetime):
        is_after = isinstance(ends_at, datetime) and ends_at > starts_at
        return ends_at if is_after else None
    if ends_at is None or isinstance(ends_at, datetime) or ends_at <= starts_at:
        return starts_at
    # The file names the day after the last one (RFC 5545 section 3.6.1).
    return ends_at - timedelta(days=1)


def _after(starts_at: datetime | date, duration: str, zone: ZoneInfo) -> datetime | date | None:
    """So much later: days by the clocks of the zone, hours as they pass (RFC 5545 3.3.6)."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return None
    lengths = {unit: int(number or 0) for unit, number in found.groupdict().items()}
    days = timedelta(weeks=lengths.pop("weeks"), days=lengths.pop("days"))
    if not isinstance(starts_at, datetime):
        return starts_at + days
    on_that_day = (starts_at.astimezone(zone) + days).astimezone(UTC)
    return on_that_day + timedelta(**lengths)


# Zones -------------------------------------------------------------------------------------------


@cache
def _known_zones() -> frozenset[str]:
    # These two mean something else on each machine, or nothing.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _named_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, also behind a prefix, or of a name that Windows gives."""
    name = WINDOWS_TO_OLSON.get(name, name)
    ends = [name, *("/".join(name.split("/")[-number:]) for number in (3, 2))]
    return next((ZoneInfo(each) for each in ends if each in _known_zones()), None)


def _zone(name: str, calendar: _Part, zone: ZoneInfo) -> ZoneInfo | None:
    """The zone that a file means by a name: by the name, or by what the file says of it."""
    known = _named_zone(name)
    if known is not None:
        return known
    for part in calendar.inside:
        if part.name == "VTIMEZONE" and part.value("TZID") == name:
            known = _named_zone(part.value("X-LIC-LOCATION"))
            offsets = {rule.value("TZOFFSETTO") for rule in part.inside}
            # Its rules are not worked out; the same hours from Greenwich are enough.
            return known or (zone if offsets == _offsets(zone) else None)
    return None


def _offsets(zone: ZoneInfo) -> set[str]:
    """The hours from Greenwich in winter and in summer, as a calendar writes them."""
    return {f"{datetime(2026, month, 1, tzinfo=zone):%z}" for month in (1, 7)}
