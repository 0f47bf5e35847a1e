"""Sessions as calendar entries: for everybody, and for one registrant."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import AgendaItem, Registration, Session
from ical.entries import Entry, Person, calendar
from mailing.letters import CalendarPart
from moments import words

REFRESH = timedelta(hours=4)


def entry(session: Session, *, agenda: Iterable[AgendaItem] = ()) -> Entry:
    """The session for everybody, in the active language; never with the virtual link."""
    return _entry(
        session,
        stamp=session.changed_at,
        url=urljoin(settings.SITE_URL, session.get_absolute_url()),
        description=_description(session, agenda),
    )


def registrant_entry(
    registration: Registration, *, stamp: datetime, agenda: Iterable[AgendaItem] = ()
) -> Entry:
    """The session for one registrant: with their own address to join, which never changes.

    `stamp` is the last change in a download and the moment of sending in a mail (RFC 5546 2.1.5).
    """
    session = registration.session
    join = urljoin(settings.SITE_URL, registration.get_join_url())
    lines = _description(session, agenda)
    if session.has_link:
        lines = _("Take part: %(address)s") % {"address": join} + "\n\n" + lines
    return _entry(
        session,
        stamp=stamp,
        url=join,
        description=lines,
        steps=registration.calendar_steps,
        modified_at=_last_change(registration),
        is_cancelled=registration.is_cancelled,
        attendee=Person(registration.email, registration.name),
    )


def request(registration: Registration, *, now: datetime) -> CalendarPart:
    """The calendar part that puts or keeps the session in a registrant's calendar."""
    items = _agenda(registration.session)
    made = registrant_entry(registration, stamp=now, agenda=items)
    return CalendarPart(calendar([made], method="REQUEST"), "REQUEST")


def cancellation(registration: Registration, *, now: datetime) -> CalendarPart | None:
    """The calendar part that takes it out again; None for who never had a seat."""
    if registration.confirmed_at is None:
        return None
    made = registrant_entry(registration, stamp=now)
    return CalendarPart(calendar([made], method="CANCEL"), "CANCEL")


def session_file(session: Session) -> bytes:
    """One session to download."""
    return calendar([entry(session, agenda=_agenda(session))], language=get_language() or "")


def registrant_file(registration: Registration) -> bytes:
    """A registrant's own entry to download."""
    made = registrant_entry(
        registration,
        stamp=_last_change(registration),
        agenda=_agenda(registration.session),
    )
    return calendar([made], language=get_language() or "")


def _last_change(registration: Registration) -> datetime:
    """When what the registrant's own entry says last changed."""
    changes = (
        registration.session.changed_at,
        registration.confirmed_at,
        registration.cancelled_at,
    )
    return max(change for change in changes if change is not None)


def feed(sessions: Iterable[Session], *, name: str) -> bytes:
    """Sessions to subscribe to."""
    return calendar(
        [entry(session) for session in sessions],
        name=name,
        language=get_language() or "",
        refresh=REFRESH,
    )


def _agenda(session: Session) -> list[AgendaItem]:
    return list(session.agenda_items.in_order().with_speakers())


def _entry(
    session: Session,
    *,
    stamp: datetime,
    url: str,
    description: str,
    steps: int = 0,
    modified_at: datetime | None = None,
    is_cancelled: bool = False,
    attendee: Person | None = None,
) -> Entry:
    return Entry(
        uid=session.uid,
        sequence=session.sequence + steps,
        created_at=session.created_at,
        modified_at=modified_at or session.changed_at,
        stamp=stamp,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        summary=session.title,
        description=description,
        location=session.venue or session.get_attendance_display(),
        url=url,
        status="CANCELLED" if is_cancelled or session.is_cancelled else "CONFIRMED",
        categories=(session.programme.name,),
        organiser=Person(settings.DEFAULT_FROM_EMAIL, session.programme.name),
        attendee=attendee,
        language=get_language() or "",
    )


def _description(session: Session, agenda: Iterable[AgendaItem]) -> str:
    """Summary, agenda, contact and page, as text that reads well anywhere."""
    blocks = [session.summary]
    if session.is_cancelled:
        blocks.insert(0, _("This session has been cancelled."))
    blocks.append("\n".join(_agenda_lines(session, agenda)))
    name, email = session.contact
    if email:
        blocks.append(_("Contact: %(name)s, %(email)s") % {"name": name, "email": email})
    page = urljoin(settings.SITE_URL, session.get_absolute_url())
    blocks.append(_("More: %(address)s") % {"address": page})
    return "\n\n".join(block for block in blocks if block)


def _agenda_lines(session: Session, agenda: Iterable[AgendaItem]) -> list[str]:
    lines = []
    for item in agenda:
        indent = "  " if item.parent_id else ""
        speakers = ", ".join(contribution.speaker.name for contribution in item.contributions.all())
        times = words.time_range(item.starts_at, item.ends_at, session.zone)
        lines.append(f"{indent}{times} {item.title}" + (f" ({speakers})" if speakers else ""))
    return lines
