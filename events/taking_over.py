"""What an appointment that somebody sent becomes in the form of a session; nothing is saved here.

Whatever may let somebody into the meeting goes to the secret fields: its address, and the words
around it, where codes and telephone numbers stand.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events.editing import shown_times
from events.models import Session
from ical.appointments import Appointment
from moments import words
from moments.local import BRUSSELS, zone_label

# Texts go into the fields of this language; the form asks for its title anyhow.
_LANGUAGE = "nl"

_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
# What tells an address of a meeting from another: the host of a known service, or a way to join.
_MEETING = re.compile(
    r"teams\.(?:microsoft|live)\.com|zoom\.(?:us|com)|zoomgov\.com|meet\.google\.com|webex\.com"
    r"|whereby\.com|meet\.jit\.si|gotomeeting\.com|meet\.goto\.com|bluejeans\.com|lync\.com"
    r"|join\.skype\.com|bigbluebutton|/meetup-join/|/join\b",
    re.IGNORECASE,
)
# What stands beside it and lets somebody in too, in the languages in which programs write it.
_WAY_IN = re.compile(
    r"\b(?:meeting|vergader\w*|réunion|conference|conferentie)[- ]?id\b|\bid de (?:la )?réunion\b"
    r"|\b(?:pass ?code|password|wachtwoord\w*|toegangscode|pincode|mot de passe|code secret)\b"
    r"|\bone tap mobile\b|\+[0-9][0-9 ()-]{5,20},,",
    re.IGNORECASE,
)
# Programs set their own words about the meeting apart by a line of one sign, or of "~:~:~".
_APART = re.compile(r"^[ \t]*(?:[_=*─—-]{8,}|[-~:]{16,})[ \t]*$", re.MULTILINE)
# What calendars write as the place of what is online.
_ONLINE = re.compile(
    r"(?:microsoft |ms )?teams(?:[- ](?:meeting|vergadering))?|réunion (?:microsoft )?teams"
    r"|(?:cisco )?webex(?: meeting)?|zoom(?: meeting)?|google meet|online|digitaal|en ligne",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:[-*+]|[0-9]+[.)]) ")


@dataclass(frozen=True)
class Proposal:
    """What becomes of an appointment: for people, and as values for the form.

    `notes` are sentences about what to look at. `values` are those of the form of a session, in the
    strings that it shows, so that they can travel.
    """

    title: str
    when: str
    place: str
    description: str
    virtual_link: str
    link_instructions: str
    notes: list[str]
    values: dict[str, str]

    def carried(self) -> dict[str, Any]:
        """What is kept of it from one page to the next."""
        return {"values": self.values, "notes": self.notes}


def propose(appointment: Appointment) -> Proposal:
    """What would become of an appointment, in the active language."""
    zone = _zone(appointment)
    public, secret = _parted(appointment)
    links = _links(appointment)
    link = links[0] if links else ""
    place = _place(appointment)
    title, place, notes = _fitting(appointment.title, place)
    values = {
        f"title_{_LANGUAGE}": title,
        f"description_{_LANGUAGE}": _as_markdown(public),
        f"venue_{_LANGUAGE}": place,
        "time_zone": zone.key,
        "attendance": _attendance(place, link),
        "virtual_link": link,
        "link_instructions": secret,
        **_times(appointment, zone),
    }
    return Proposal(
        title=title,
        when=_when(appointment, zone),
        place=place,
        description=public,
        virtual_link=link,
        link_instructions=secret,
        notes=[*_notes(appointment, zone), *notes],
        values=values,
    )


# Time --------------------------------------------------------------------------------------------


def _zone(appointment: Appointment) -> ZoneInfo:
    """Brussels where the clocks are the same there at its start and end; else its own zone."""
    moments = [
        at for at in (appointment.starts_at, appointment.ends_at) if isinstance(at, datetime)
    ]
    is_same = all(
        at.astimezone(BRUSSELS).utcoffset() == at.astimezone(appointment.zone).utcoffset()
        for at in moments
    )
    # Hours in UTC are what programs write for any zone.
    is_anywhere = appointment.zone.key in {"UTC", "Etc/UTC"}
    return BRUSSELS if is_same or is_anywhere else appointment.zone


def _times(appointment: Appointment, zone: ZoneInfo) -> dict[str, str]:
    """What is known of day and hours, in the words of the form."""
    start, end = appointment.starts_at, appointment.ends_at
    if start is None:
        return {}
    if not isinstance(start, datetime):
        last = str(end) if end is not None and end != start else ""
        return {"day": str(start), "last_day": last}
    shown = shown_times(start, end if isinstance(end, datetime) else None, zone)
    return {name: _written(value) for name, value in shown.items()}


def _written(value: date | timedelta | None) -> str:
    if isinstance(value, timedelta):
        hours, minutes = divmod(int(value.total_seconds()) // 60, 60)
        return f"{hours:02}:{minutes:02}"
    return str(value or "")


def _when(appointment: Appointment, zone: ZoneInfo) -> str:
    """Day, hours and zone in words; what the file does not tell is left out."""
    start, end = appointment.starts_at, appointment.ends_at
    if start is None:
        return ""
    if not isinstance(start, datetime):
        days = [start] if end in {None, start} else [start, end]
        return " – ".join(words.weekday_date(day) for day in days if day is not None)
    if isinstance(end, datetime):
        told = words.period(start, end, zone)
    else:
        told = words.moment(start, zone)
    return f"{told} ({zone_label(zone)})"


# What is secret ----------------------------------------------------------------------------------


def _links(appointment: Appointment) -> list[str]:
    """The addresses that lead into a meeting, the surest first."""
    texts = (appointment.meeting, appointment.location, appointment.description)
    found = [address for text in texts for address in _addresses(text)]
    sure = {*_addresses(appointment.meeting), *_addresses(appointment.location)}
    links = [address for address in found if address in sure or _MEETING.search(address)]
    if _MEETING.search(appointment.address):
        links += _addresses(appointment.address)
    return list(dict.fromkeys(links))


def _addresses(text: str) -> list[str]:
    return [found.rstrip(".,;:!?)]>") for found in _ADDRESS.findall(text)]


def _parted(appointment: Appointment) -> tuple[str, str]:
    """What of the description everybody may read, and what lets somebody into the meeting."""
    links = set(_links(appointment))

    def is_secret(text: str) -> bool:
        return bool(_WAY_IN.search(text)) or not links.isdisjoint(_addresses(text))

    first, *others = _APART.split(appointment.description)
    public: list[str] = []
    secret: list[str] = []
    for paragraph in re.split(r"\n\s*\n", first):
        (secret if is_secret(paragraph) else public).append(paragraph)
    for section in others:
        (secret if is_secret(section) else public).append(section)
    return _joined(public), _joined(secret)


def _joined(texts: list[str]) -> str:
    stripped = (text.strip() for text in texts)
    return re.sub(r"\n\s*\n", "\n\n", "\n\n".join(filter(None, stripped)))


# Place and texts ---------------------------------------------------------------------------------


def _place(appointment: Appointment) -> str:
    """Where people are expected; not the name of a service, which calendars write there too."""
    parts = re.split(r"\s*;\s*", _ADDRESS.sub("", appointment.location))
    places = [part for part in parts if part and not _ONLINE.fullmatch(part)]
    return "; ".join(places)


def _attendance(place: str, link: str) -> str:
    if not place:
        return Session.Attendance.ONLINE
    return Session.Attendance.HYBRID if link else Session.Attendance.ON_SITE


def _as_markdown(text: str) -> str:
    """Plain text as the form wants it: a line that ends stays ended."""
    lines = [line.strip() for line in text.split("\n")]
    ended = [
        # Two blanks break a line of Markdown; a paragraph and a list break by themselves.
        f"{line}  " if line and after and not _LIST.match(after) else line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
    ]
    return "\n".join(ended)


def _fitting(title: str, place: str) -> tuple[str, str, list[str]]:
    """A title and a place that fit, with what to say where they did not."""
    notes = []
    fitting = []
    for name, text in (("title", title), ("venue", place)):
        field: Any = Session._meta.get_field(name)
        room: int = field.max_length
        if len(text) > room:
            sentence = _("Too long, and cut off at the end: %(field)s.")
            notes.append(sentence % {"field": field.verbose_name})
        fitting.append(text if len(text) <= room else text[: room - 1].rstrip() + "…")
    return fitting[0], fitting[1], notes


# What to look at ---------------------------------------------------------------------------------


def _notes(appointment: Appointment, zone: ZoneInfo) -> list[str]:
    start, end = appointment.starts_at, appointment.ends_at
    named = {"zone": zone_label(appointment.zone), "name": appointment.unknown_zone}
    told = [
        (
            appointment.is_cancelled,
            _("According to the file this has been cancelled."),
        ),
        (
            appointment.repeats,
            _(
                "The file repeats this. Only the first time becomes a session; make copies on the"
                " other days afterwards."
            ),
        ),
        (start is None, _("The file names no day that exists. Fill in the day and the hours.")),
        (
            start is not None and not isinstance(start, datetime),
            _("The file names a whole day, without hours. Fill in the hours."),
        ),
        (
            isinstance(start, datetime) and end is None,
            _("The file names no end that comes after the start. Fill it in."),
        ),
        (
            appointment.is_floating,
            _(
                "The file does not say in which time zone. The hours are read as %(zone)s:"
                " check them."
            )
            % named,
        ),
        (
            bool(appointment.unknown_zone),
            _(
                "The file names a time zone that is not known here: “%(name)s”. The hours are read"
                " as %(zone)s: check them."
            )
            % named,
        ),
    ]
    return [sentence for is_so, sentence in told if is_so]
