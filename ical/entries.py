"""Entries and the calendars they stand in (RFC 5545, RFC 5546, RFC 7986)."""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlsplit

from django.utils.encoding import iri_to_uri

from ical.lines import joined, line
from ical.texts import as_html, clean, escaped, one_line

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

PRODUCT = "-//AI4GOV//Inspiratiesessies en indiendata//NL"

# One bare mailbox: no display name, no list, nothing that could end the line or the address.
_MAILBOX = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@]+@[^\s\x00-\x20\x7f<>()\[\],;:\\\"@]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Person:
    """Who organises or attends: a bare mailbox and the name shown for it.

    Raises ValueError when the address is not one mailbox: replies go there, and Outlook and
    Gmail drop an invitation whose organiser they cannot read.
    """

    email: str
    name: str = ""

    def __post_init__(self) -> None:
        if not _MAILBOX.fullmatch(self.email):
            raise ValueError(f"Not one bare e-mail address: {self.email!r}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One session or deadline as every calendar shows it.

    `uid` comes from `new_uid()` and is stored once: the same in download, mail and feed.
    `sequence` grows with what matters to a reader (time, place, cancellation) and with nothing
    else. `stamp` (DTSTAMP) is the last change in feeds and downloads, so that equal content stays
    byte-equal, and the moment of sending in mails, where RFC 5546 section 2.1.5 orders equal
    sequences by it.

    `starts_at` and `ends_at` are two aware moments, or two days for an all-day entry: the first
    and the *last* day, both included. Times are written to the second, in UTC.
    `language` tags the texts (RFC 5646); `url` is an absolute http(s) address. Texts are seen by
    whoever may see the calendar, colleagues included: nothing secret belongs in them.
    `organiser` and `attendee` are written where the method asks for them, see `calendar()`.
    `alarm` is how long before its start a calendar rings; only for who asked for it.

    Raises ValueError for a naive moment, a day with a moment, an end that is not after the start,
    a negative sequence, an empty uid, a language tag or an address that is none, an alarm after
    the start.
    """

    uid: str
    sequence: int
    modified_at: datetime
    stamp: datetime
    starts_at: datetime | date
    ends_at: datetime | date
    summary: str
    created_at: datetime | None = None
    description: str = ""
    location: str = ""
    url: str = ""
    status: Status = "CONFIRMED"
    categories: tuple[str, ...] = ()
    organiser: Person | None = None
    attendee: Person | None = None
    is_busy: bool = True
    language: str = ""
    alarm: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.uid or self.uid != one_line(self.uid):
            raise ValueError(f"Not an identity: {self.uid!r}")
        if self.sequence < 0:
            raise ValueError(f"A sequence starts at 0, so it cannot be {self.sequence}")
        for moment in (self.modified_at, self.stamp, self.created_at):
            if moment is not None:
                _instant(moment)
        _check_period(self)
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise ValueError(f"Not a language tag: {self.language!r}")
        if self.url and (
            _NOT_IN_ADDRESS.search(self.url)
            or urlsplit(self.url).scheme not in {"http", "https"}
            or not urlsplit(self.url).hostname
        ):
            raise ValueError(f"Not an absolute web address: {self.url!r}")
        if self.alarm is not None and self.alarm < timedelta(0):
            raise ValueError("An alarm rings before the start")

    @property
    def is_all_day(self) -> bool:
        """Whether it takes whole days, without an hour."""
        return not isinstance(self.starts_at, datetime)

    @property
    def dtstart(self) -> datetime | date:
        """Instant in UTC, or first day (RFC 5545 section 3.8.2.4)."""
        return _instant(self.starts_at) if isinstance(self.starts_at, datetime) else self.starts_at

    @property
    def dtend(self) -> datetime | date:
        """Instant in UTC, or the day *after* the last day (RFC 5545 section 3.6.1)."""
        if isinstance(self.ends_at, datetime):
            return _instant(self.ends_at)
        return self.ends_at + timedelta(days=1)


def new_uid() -> str:
    """A new identity, to be stored once with what it identifies (RFC 7986 section 5.3).

    Random: one made from a slug, a host name or a time changes with it, and people who have the
    entry get it twice.
    """
    return str(uuid.uuid4())


def calendar(
    entries: Iterable[Entry],
    *,
    name: str = "",
    language: str = "",
    method: Method | None = None,
    refresh: timedelta | None = None,
    is_rich: bool = False,
) -> bytes:
    """A whole calendar; the same entries, in whatever order, give the same bytes.

    Without `method` it is a feed or a plain download: no METHOD, which some clients take for an
    invitation at every fetch, and no people, since entries without attendees are not
    group-scheduled and then must not name an organiser (RFC 5545 section 3.8.4.3).
    PUBLISH is for files: it names the organiser (RFC 5546 section 3.2.1), never an attendee.
    REQUEST and CANCEL are for a mail to one person about one entry: organiser and attendee.
    A CANCEL says CANCELLED whatever the entry says.

    `name` and its `language` are what a subscriber sees; `refresh` is how often clients are asked
    to look again, which Apple follows and Google does not. `is_rich` tells the description as HTML
    too, which doubles its size: for mails and files, where Outlook shows it.

    Raises ValueError when a method lacks the people it needs, when REQUEST or CANCEL is not about
    exactly one entry, when a cancelled entry is requested, when PUBLISH has no entry, when one
    identity occurs twice, and when `refresh` is not positive.
    """
    # A database returns equals in any order: the bytes, and the ETag, would change for nothing.
    ordered = sorted(entries, key=lambda entry: (str(entry.dtstart), entry.uid))
    _check_method(ordered, method)
    if len({entry.uid for entry in ordered}) < len(ordered):
        raise ValueError("One identity stands in the calendar twice")
    if refresh is not None and refresh < timedelta(seconds=1):
        raise ValueError("A calendar is looked at again after a second or more, not at once")
    return joined(_calendar_lines(ordered, name, language, method, refresh, is_rich=is_rich))


def _calendar_lines(
    entries: list[Entry],
    name: str,
    language: str,
    method: Method | None,
    refresh: timedelta | None,
    *,
    is_rich: bool,
) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    if method is not None:
        yield f"METHOD:{method}"
    if name:
        yield from _text("NAME", one_line(name), language)
        yield from _text("X-WR-CALNAME", one_line(name), "")
    if refresh is not None:
        # RFC 7986 section 5.7 demands the VALUE; what Outlook reads instead has none.
        yield f"REFRESH-INTERVAL;VALUE=DURATION:{_duration(refresh)}"
        yield f"X-PUBLISHED-TTL:{_duration(refresh)}"
    for entry in entries:
        yield from _entry_lines(entry, method, is_rich=is_rich)
    yield "END:VCALENDAR"


def _entry_lines(entry: Entry, method: Method | None, *, is_rich: bool) -> Iterator[str]:
    status = "CANCELLED" if method == "CANCEL" else entry.status
    # What is cancelled takes nobody's time, also where it stays in sight, struck through.
    is_busy = entry.is_busy and status != "CANCELLED"
    language = entry.language
    description = clean(entry.description)
    categories = [escaped(one_line(category)) for category in entry.categories]

    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(entry.uid)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"DTSTAMP:{_written(_instant(entry.stamp))}"
    yield f"LAST-MODIFIED:{_written(_instant(entry.modified_at))}"
    if entry.created_at is not None:
        yield f"CREATED:{_written(_instant(entry.created_at))}"
    value = ";VALUE=DATE" if entry.is_all_day else ""
    yield f"DTSTART{value}:{_written(entry.dtstart)}"
    yield f"DTEND{value}:{_written(entry.dtend)}"
    yield f"STATUS:{status}"
    yield f"TRANSP:{'OPAQUE' if is_busy else 'TRANSPARENT'}"
    yield from _text("SUMMARY", one_line(entry.summary), language)
    yield from _text("DESCRIPTION", description, language)
    if is_rich and description:
        yield line("X-ALT-DESC", escaped(as_html(description)), [("FMTTYPE", "text/html")])
    yield from _text("LOCATION", one_line(entry.location), language)
    if entry.url:
        yield f"URL:{iri_to_uri(entry.url)}"
    yield from _in_language("CATEGORIES", ",".join(filter(None, categories)), language)
    yield from _people_lines(entry, method)
    if entry.alarm is not None and method is None and status != "CANCELLED":
        yield from _alarm_lines(entry.alarm, entry.summary)
    yield "END:VEVENT"


def _people_lines(entry: Entry, method: Method | None) -> Iterator[str]:
    if method is not None and entry.organiser is not None:
        yield _person("ORGANIZER", entry.organiser)
    if method in {"REQUEST", "CANCEL"} and entry.attendee is not None:
        # Who registered has said yes: asked again, they would answer a mailbox that frees no seat.
        answer = [("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")]
        yield _person("ATTENDEE", entry.attendee, answer)


def _person(name: str, person: Person, parameters: Iterable[tuple[str, str]] = ()) -> str:
    # What may not stand in a mailto: address as it is (RFC 6068 section 2), accents for one.
    address = "mailto:" + quote(person.email, safe="!$&'*+=@~-._")
    # A parameter cannot hold a double quote; its escape (RFC 6868) is not known to every reader.
    shown = re.sub(r"\s+", " ", one_line(person.name)).replace('"', "'")
    return line(name, address, [*([("CN", shown)] if shown else []), *parameters])


def _alarm_lines(before: timedelta, text: str) -> Iterator[str]:
    """What rings; Outlook drops an alarm without its TRIGGER."""
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield from _text("DESCRIPTION", one_line(text), "")
    yield f"TRIGGER:-{_duration(before)}"
    yield "END:VALARM"


def _text(name: str, text: str, language: str) -> Iterator[str]:
    return _in_language(name, escaped(text), language)


def _in_language(name: str, written: str, language: str) -> Iterator[str]:
    if written:
        yield line(name, written, [("LANGUAGE", language)] if language else [])


def _written(moment: datetime | date) -> str:
    """An instant in UTC, or a day (RFC 5545 sections 3.3.4 and 3.3.5)."""
    figures = moment.isoformat()[:19].replace("-", "").replace(":", "")
    return f"{figures}Z" if isinstance(moment, datetime) else figures


def _duration(length: timedelta) -> str:
    """A length in hours, minutes and seconds (RFC 5545 section 3.3.6).

    Not in days, which are 23 or 25 hours long when the clocks change.
    """
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "H"), (minutes, "M"), (seconds, "S")]
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def _instant(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"A moment without a zone is read differently everywhere: {moment}")
    return moment.astimezone(UTC).replace(microsecond=0)


def _check_period(entry: Entry) -> None:
    if isinstance(entry.starts_at, datetime) != isinstance(entry.ends_at, datetime):
        raise ValueError("An entry has two moments or two days, not one of each")
    if entry.ends_at == date.max:
        raise ValueError("An all-day entry ends the day after its last day, and there is none")
    # Compared in UTC: local times within one zone compare by the clock, also when it goes back.
    if str(entry.dtend) <= str(entry.dtstart):
        raise ValueError(f"An entry ends after its start: {entry.starts_at} – {entry.ends_at}")


def _check_method(entries: list[Entry], method: Method | None) -> None:
    if method is None:
        return
    if not entries or (method != "PUBLISH" and len(entries) > 1):
        raise ValueError(f"{method} is about one entry, not {len(entries)}")
    for entry in entries:
        if entry.organiser is None:
            raise ValueError(f"{method} needs the organiser")
        if method != "PUBLISH" and entry.attendee is None:
            raise ValueError(f"{method} needs the attendee it is sent to")
        if method == "REQUEST" and entry.status == "CANCELLED":
            raise ValueError("A cancelled entry is sent as CANCEL; a REQUEST would leave it there")
