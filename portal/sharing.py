"""What other programs show of a page that somebody shares: words, a picture, an event."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language

from accounts.models import ProgrammeLogo
from accounts.papers import printable
from events.messages import absolute
from events.models import Contribution, Session
from moments import words
from procurement.models import Call, Deadline

_PAGE = Path(__file__).parent / "sharing.typ"
_FONTS = Path(__file__).parent / "fonts"
# How many pictures a process remembers; each has some tens of kilobytes.
REMEMBERED = 64
WIDTH, HEIGHT = 1200, 630

_MODES = {
    Session.Attendance.ONLINE: "OnlineEventAttendanceMode",
    Session.Attendance.ON_SITE: "OfflineEventAttendanceMode",
    Session.Attendance.HYBRID: "MixedEventAttendanceMode",
}


@dataclass(frozen=True)
class Picture:
    """The picture of a page, by all that it shows."""

    data: str

    @property
    def digest(self) -> str:
        """Another one for another picture."""
        return hashlib.sha256(self.data.encode()).hexdigest()[:16]

    @property
    def png(self) -> bytes:
        """The picture itself."""
        return _drawn(self.data)


@lru_cache(maxsize=REMEMBERED)
def _drawn(data: str) -> bytes:
    logo = _logo(json.loads(data)["logo"])
    return bytes(
        typst.compile(
            str(_PAGE),
            format="png",
            ppi=72,
            sys_inputs={"data": data, "logo": json.dumps(list(logo))},
            font_paths=[str(_FONTS)],
            ignore_system_fonts=True,
        )
    )


def _logo(digest: str) -> bytes:
    """The logo that this names; without it none, also where it was replaced meanwhile."""
    found = ProgrammeLogo.objects.filter(programme__logo_digest=digest).first() if digest else None
    return bytes(found.content) if found else b""


def session_picture(session: Session) -> Picture:
    """The day, title and times of a session, in the active language."""
    place = session.venue or session.get_attendance_display()
    when = words.period(session.starts_at, session.ends_at, session.zone)
    start = session.starts_at.astimezone(session.zone).date()
    kind = f"{session.programme.name} · {session.get_kind_display()}"
    logo = session.programme.logo_digest
    return _picture(session.title, kind, f"{when}, {place}", start, logo=logo)


def call_picture(call: Call, deadline: Deadline | None) -> Picture:
    """The title of a call and its next deadline, if it is known, in the active language."""
    logo = call.programme.logo_digest
    if deadline is None:
        return _picture(call.title, call.programme.name, "", None, logo=logo)
    when = f"{capfirst(deadline.get_kind_display())}: {deadline.closing.wording()}"
    return _picture(call.title, call.programme.name, when, deadline.closing.last_day, logo=logo)


def _picture(title: str, kind: str, when: str, day: Any, *, logo: str) -> Picture:
    leaf = day and {
        "month": f"{words.month_abbreviation(day)} {day.year}",
        "day": str(day.day),
        "weekday": words.weekday_name(day),
    }
    said = {
        "title": title,
        "kind": kind,
        "when": when,
        "day": leaf,
        "logo": logo,
        "site": settings.SITE_NAME,
        "language": get_language() or settings.LANGUAGE_CODE,
    }
    return Picture(json.dumps(printable(said)))


@dataclass(frozen=True)
class Shared:
    """What stands in the head of a page for who shares it; addresses are whole."""

    title: str
    url: str
    picture_url: str
    event: str = ""


def shared_session(session: Session, contributions: list[Contribution]) -> Shared:
    """A session, also as an event of schema.org; never its virtual link."""
    address = reverse("portal:session-picture", kwargs={"slug": session.slug})
    picture_url = absolute(f"{address}?v={session_picture(session).digest}")
    url = absolute(session.get_absolute_url())
    event = _event(session, contributions, url=url, picture_url=picture_url)
    return Shared(session.title, url, picture_url, event)


def shared_call(call: Call, deadline: Deadline | None) -> Shared:
    """A call with its next deadline."""
    address = reverse("portal:call-picture", kwargs={"slug": call.slug})
    picture_url = absolute(f"{address}?v={call_picture(call, deadline).digest}")
    return Shared(call.title, absolute(call.get_absolute_url()), picture_url)


def _event(
    session: Session, contributions: list[Contribution], *, url: str, picture_url: str
) -> SafeString:
    """The session for search engines (schema.org/Event), as a script of data."""
    places: list[dict[str, str]] = []
    if session.attendance != Session.Attendance.ON_SITE:
        places.append({"@type": "VirtualLocation", "url": url})
    if session.venue:
        places.append({"@type": "Place", "name": session.venue, "address": session.venue})
    status = "EventScheduled"
    if session.moved_from:
        status = "EventRescheduled"
    if session.is_cancelled:
        status = "EventCancelled"
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": session.title,
        "url": url,
        "image": picture_url,
        "startDate": session.starts_at.astimezone(session.zone).isoformat(timespec="seconds"),
        "endDate": session.ends_at.astimezone(session.zone).isoformat(timespec="seconds"),
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": f"https://schema.org/{_MODES[Session.Attendance(session.attendance)]}",
        "location": places,
        "inLanguage": session.language,
        "isAccessibleForFree": not session.price,
        "organizer": {
            "@type": "Organization",
            "name": session.programme.name_in_full,
        },
    }
    if session.summary:
        facts["description"] = session.summary
    if session.moved_from and not session.is_cancelled:
        before = session.moved_from.astimezone(session.zone)
        facts["previousStartDate"] = before.isoformat(timespec="seconds")
    names = dict.fromkeys(contribution.speaker.name for contribution in contributions)
    if names:
        facts["performer"] = [{"@type": "Person", "name": name} for name in names]
    written = json_script(facts)
    return SafeString(written.replace("application/json", "application/ld+json", 1))
