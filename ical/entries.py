"""Entries and the calendars they stand in (RFC 5545, RFC 5546, RFC 7986)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlsplit

from django.utils.encoding import iri_to_uri
from icalendar import Calendar, Component, Event, vCalAddress, vDuration
from icalendar.prop import vInline

from ical.texts import clean, escaped, one_line

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

    Raises ValueError for a naive moment, a day with a moment, an end that is not after the start,
    a negative sequence, an empty uid, a language tag or an address that is none.
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
) -> bytes:
    """A whole calendar; the same entries, in whatever order, give the same bytes.

    Without `method` it is a feed or a plain download: no METHOD, which some clients take for an
    invitation at every fetch, and no people, since entries without attendees are not
    group-scheduled and then must not name an organiser (RFC 5545 section 3.8.4.3).
    PUBLISH is for files: it names the organiser (RFC 5546 section 3.2.1), never an attendee.
    REQUEST and CANCEL are for a mail to one person about one entry: organiser and attendee.
    A CANCEL says CANCELLED whatever the entry says.

    `name` and its `language` are what a subscriber sees; `refresh` is how often clients are asked
    to look again, which Apple follows and Google does not.

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

    written = Calendar()
    written.add("prodid", PRODUCT)
    written.add("version", "2.0")
    written.add("calscale", "GREGORIAN")
    if method is not None:
        written.add("method", method)
    if name:
        _add_text(written, "name", one_line(name), language)
        _add_text(written, "x-wr-calname", one_line(name), "")
    if refresh is not None:
        # RFC 7986 section 5.7 demands the VALUE; icalendar's own property leaves it out.
        written.add("refresh-interval", vDuration(refresh, params={"VALUE": "DURATION"}))
        written.add("x-published-ttl", vDuration(refresh))
    for entry in ordered:
        written.add_component(_component(entry, method))
    body: bytes = written.to_ical()
    return body


def _component(entry: Entry, method: Method | None) -> Event:
    status = "CANCELLED" if method == "CANCEL" else entry.status
    # What is cancelled takes nobody's time, also where it stays in sight, struck through.
    is_busy = entry.is_busy and status != "CANCELLED"

    event = Event()
    _add_text(event, "uid", entry.uid, "")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _instant(entry.stamp))
    event.add("last-modified", _instant(entry.modified_at))
    if entry.created_at is not None:
        event.add("created", _instant(entry.created_at))
    event.add("dtstart", entry.dtstart)
    event.add("dtend", entry.dtend)
    event.add("status", status)
    event.add("transp", "OPAQUE" if is_busy else "TRANSPARENT")
    _add_text(event, "summary", one_line(entry.summary), entry.language)
    _add_text(event, "description", clean(entry.description), entry.language)
    _add_text(event, "location", one_line(entry.location), entry.language)
    if entry.url:
        event.add("url", iri_to_uri(entry.url))
    categories = [escaped(one_line(category)) for category in entry.categories]
    _add(event, "categories", ",".join(filter(None, categories)), entry.language)
    _add_people(event, entry, method)
    return event


def _add_people(event: Event, entry: Entry, method: Method | None) -> None:
    if method is not None and entry.organiser is not None:
        event.add("organizer", _address(entry.organiser))
    if method in {"REQUEST", "CANCEL"} and entry.attendee is not None:
        attendee = _address(entry.attendee)
        # Who registered has said yes: asked again, they would answer a mailbox that frees no seat.
        attendee.params["PARTSTAT"] = "ACCEPTED"
        attendee.params["RSVP"] = "FALSE"
        event.add("attendee", attendee)


def _address(person: Person) -> vCalAddress:
    # What may not stand in a mailto: address as it is (RFC 6068 section 2), accents for one.
    address = vCalAddress("mailto:" + quote(person.email, safe="!$&'*+=@~-._"))
    # A parameter cannot hold a double quote; its escape (RFC 6868) is not known to every reader.
    name = re.sub(r"\s+", " ", one_line(person.name)).replace('"', "'")
    if name:
        address.params["CN"] = name
    return address


def _add_text(component: Component, name: str, text: str, language: str) -> None:
    _add(component, name, escaped(text), language)


def _add(component: Component, name: str, written: str, language: str) -> None:
    if written:
        parameters = {"LANGUAGE": language} if language else {}
        component.add(name, vInline(written, params=parameters))


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
