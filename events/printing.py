"""What people print: the list to sign at the door, name badges, the attendance certificate."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.names import matching_key
from accounts.papers import as_pdf
from events import tickets
from events.models import Registration, Session
from moments import words

_PAPERS = Path(__file__).parent / "papers"
# Lines for who comes without registering.
EMPTY_LINES = 5
# More of them take a browser too long to wait for.
MOST_PRINTED = 1000


def printed(rows: Iterable[Registration]) -> list[Registration]:
    """Of these rows those that stand on a paper, by name: who has a seat and is known by name."""
    kept = [row for row in rows if row.is_confirmed and not row.is_anonymous]
    return sorted(kept, key=lambda row: (matching_key(row.name), row.pk))


def sign_in_sheet(session: Session, rows: Iterable[Registration], *, now: datetime) -> bytes:
    """The list to sign, with its heading on every page, and empty lines for whoever else comes."""
    people = [{"name": row.name, "organisation": row.organisation_name} for row in printed(rows)]
    empty = [{"name": "", "organisation": ""}] * EMPTY_LINES
    moment = words.moment(now, session.zone)
    facts = {
        "heading": _("Sign-in sheet"),
        "printed": _("Printed on %(moment)s") % {"moment": moment},
        # The numbers are filled in while the pages are set.
        "page_line": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "columns": [_("No."), _("Name"), _("Organisation"), _("Signature")],
        "rows": people + empty,
    }
    return as_pdf(_PAPERS / "sign_in_sheet.typ", _about(session) | facts)


def badges(session: Session, rows: Iterable[Registration]) -> bytes:
    """Badges to cut out; where there is a door, with the code by which somebody is ticked there."""
    has_codes = tickets.has_tickets(session)
    people = [
        {
            "name": row.name,
            "organisation": row.organisation_name,
            "code": list(tickets.as_png(row, scale=1)) if has_codes else [],
        }
        for row in printed(rows)
    ]
    facts = {
        "heading": _("Name badges"),
        "code_label": _("The code to show at the entrance"),
        "rows": people,
    }
    return as_pdf(_PAPERS / "badges.typ", _about(session) | facts)


def has_certificate(registration: Registration, now: datetime) -> bool:
    """Whether somebody gets one: they were there, and the session is over."""
    session = registration.session
    presence = getattr(registration, "presence", None)
    is_there = registration.is_confirmed and presence is not None and presence.is_there
    return is_there and now >= session.ends_at and not session.is_cancelled


def certificate(registration: Registration, *, now: datetime) -> bytes:
    """That somebody was there, in the active language; only for whom `has_certificate`."""
    session = registration.session
    about = _about(session)
    today = words.weekday_date(now.astimezone(session.zone).date())
    facts = {
        _("When"): about["when"],
        _("Where"): about["where"],
        _("Took part"): capfirst(registration.presence.get_how_display()),
        _("Length of the session"): words.duration(session.ends_at - session.starts_at),
        _("Organiser"): about["programme"],
    }
    said = {
        "heading": _("Attendance certificate"),
        "name": registration.name,
        "organisation": registration.organisation_name,
        "sentence": _("was present at this session:"),
        "facts": [{"label": label, "value": value} for label, value in facts.items()],
        "foot": _("Made on %(day)s from the attendance that the organiser took.") % {"day": today},
    }
    return as_pdf(_PAPERS / "certificate.typ", about | said)


def _about(session: Session) -> dict[str, Any]:
    """What every paper says of its session, in the active language."""
    return {
        "language": get_language() or "nl",
        "title": session.title,
        "programme": session.programme.name_in_full,
        "when": words.period(session.starts_at, session.ends_at, session.zone),
        "where": capfirst(session.where),
    }
