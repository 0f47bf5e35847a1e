"""Sessions as calendar entries: for everybody, and for one registrant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.choosing import KEPT_IN_FEEDS
from events.models import AgendaItem, Contribution, Registration, Session
from events.models.agenda import organisation_beside
from ical.entries import Entry, Person, calendar
from ical.responses import Contents
from mailing.letters import CalendarPart
from moments import words
from moments.local import zone_label

# The agenda --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Talker:
    """Who speaks at an item, with what they are there: "Sabine Demey, directeur, imec"."""

    name: str
    about: str


@dataclass(frozen=True)
class Part:
    """An agenda item as calendars tell it, in the active language."""

    number: int
    holder: int | None
    kind: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    track: str
    talkers: list[Talker] = field(default_factory=list)


def parts_of(sessions: Sequence[Session]) -> dict[int, list[Part]]:
    """The agendas of sessions, in order, by the sessions' numbers: two queries for all of them.

    Rows rather than models, since a feed reads many thousands.
    """
    numbers = [session.pk for session in sessions]
    found: dict[int, list[Part]] = {number: [] for number in numbers}
    parts: dict[int, Part] = {}
    rows = (
        AgendaItem.objects.filter(session__in=numbers)
        .in_order()
        .values_list(
            "session_id", "pk", "parent_id", "kind", "sequence", "starts_at", "ends_at",
            _shown("title"), _shown("track"),
        )
    )  # fmt: skip
    for session_number, number, *facts in rows:
        parts[number] = Part(number, *facts)
        found[session_number].append(parts[number])
    talks = (
        Contribution.objects.filter(agenda_item__session__in=numbers)
        .order_by("position", "pk")
        .values_list(
            "agenda_item_id", "speaker__name", _shown("role"),
            _shown("organisation__name"), _shown("organisation__abbreviation"),
        )
    )  # fmt: skip
    for number, name, role, organisation, abbreviation in talks:
        about = [role, organisation_beside(role, organisation, abbreviation)]
        parts[number].talkers.append(Talker(name, ", ".join(filter(None, about))))
    return found


def _shown(field: str) -> Coalesce:
    """A text in the active language, or else in the first that has it, as on the pages."""
    languages = [get_language() or "", *settings.MODELTRANSLATION_FALLBACK_LANGUAGES]
    columns = [NullIf(F(f"{field}_{code}"), Value("")) for code in filter(None, languages)]
    return Coalesce(*columns, Value(""), output_field=CharField())


# Entries -----------------------------------------------------------------------------------------


def entry(session: Session, parts: Sequence[Part] | None = None) -> Entry:
    """The session for everybody, in the active language; never with the virtual link.

    `parts` is its agenda; None is looked up.
    """
    page = _page(session)
    parts = _parts(session) if parts is None else parts
    return _entry(
        session,
        stamp=session.changed_at,
        url=page,
        description=_description(session, parts, page),
    )


def registrant_entry(
    registration: Registration, parts: Sequence[Part], *, stamp: datetime
) -> Entry:
    """The session for one registrant: with their own address to join, which never changes.

    `stamp` is the last change in a download and the moment of sending in a mail (RFC 5546 2.1.5).
    """
    session = registration.session
    shared = registration.shared_as
    join = urljoin(settings.SITE_URL, registration.get_join_url())
    description = _description(session, parts, _page(session))
    if not (registration.is_cancelled or session.is_cancelled):
        description = "\n\n".join(
            [
                *([_("Take part: %(address)s") % {"address": join}] if session.has_link else []),
                description,
                _(
                    "Can you not come? Cancel through the link in our mail: deleting this entry"
                    " does not free your seat."
                ),
            ]
        )
    return _entry(
        session,
        stamp=stamp,
        url=join,
        description=description,
        steps=registration.calendar_steps,
        modified_at=last_change(registration),
        is_cancelled=registration.is_cancelled,
        attendee=Person(registration.email, registration.name),
        # Beside others in one mailbox: an entry of their own, which no other's "no" takes away.
        uid=f"{session.uid}-r{registration.pk}" if shared else "",
        summary=f"{session.title} ({registration.name})" if shared else "",
    )


def item_entries(session: Session, parts: Sequence[Part]) -> list[Entry]:
    """Each agenda item for itself, and the session where it has none.

    A block is told with what it holds.
    """
    holders = {part.holder for part in parts}
    told = [part for part in parts if part.number not in holders]
    if not told:
        return [entry(session, parts)]
    whole = _entry(session, stamp=session.changed_at, url=_page(session), description="")
    titles = {part.number: part.title for part in parts}
    return [_item_entry(whole, part, block=titles.get(part.holder or 0, "")) for part in told]


def _item_entry(whole: Entry, part: Part, *, block: str) -> Entry:
    about = [
        _("This session has been cancelled.") if whole.status == "CANCELLED" else "",
        _("Part of: %(title)s") % {"title": " – ".join(filter(None, [whole.summary, block]))},
        part.track,
        *(f"{talker.name}, {talker.about}".rstrip(", ") for talker in part.talkers),
        _("More: %(address)s") % {"address": whole.url},
    ]
    return replace(
        whole,
        uid=f"{whole.uid}-{part.number}",
        sequence=whole.sequence + part.sequence,
        starts_at=part.starts_at,
        ends_at=part.ends_at,
        summary=part.title,
        description="\n".join(filter(None, about)),
        is_busy=part.kind != AgendaItem.Kind.BREAK,
    )


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
    uid: str = "",
    summary: str = "",
) -> Entry:
    return Entry(
        uid=uid or session.uid,
        sequence=session.sequence + steps,
        created_at=session.created_at,
        modified_at=modified_at or session.changed_at,
        stamp=stamp,
        # With its zone, which the calendars on the web are told.
        starts_at=session.starts_at.astimezone(session.zone),
        ends_at=session.ends_at,
        summary=summary or session.title,
        description=description,
        location=session.venue or str(Session.Attendance(session.attendance).label),
        url=url,
        status="CANCELLED" if is_cancelled or session.is_cancelled else "CONFIRMED",
        categories=(session.programme.name,),
        organiser=Person(settings.DEFAULT_FROM_EMAIL, session.programme.name),
        attendee=attendee,
        language=get_language() or "",
    )


def last_change(registration: Registration) -> datetime:
    """When what the registrant's own entry says last changed."""
    changes = (
        registration.session.changed_at,
        registration.confirmed_at,
        registration.cancelled_at,
    )
    return max(change for change in changes if change is not None)


# Calendars ---------------------------------------------------------------------------------------


def contents(sessions: Iterable[Session], *, has_items: bool = False) -> Contents:
    """What a feed of sessions holds; with each agenda item for itself where that was asked."""
    found = list(sessions)
    agendas = parts_of(found)
    entries: list[Entry] = []
    for session in found:
        parts = agendas[session.pk]
        entries += item_entries(session, parts) if has_items else [entry(session, parts)]
    leaving = min((session.ends_at + KEPT_IN_FEEDS for session in found), default=None)
    return Contents(entries, until=leaving)


def session_file(session: Session, *, has_items: bool = False) -> bytes:
    """One session to download."""
    entries = contents([session], has_items=has_items).entries
    return calendar(entries, language=get_language() or "", is_rich=True)


def registrant_file(registration: Registration) -> bytes:
    """A registrant's own entry to download."""
    made = registrant_entry(
        registration, _parts(registration.session), stamp=last_change(registration)
    )
    return calendar([made], language=get_language() or "", is_rich=True)


def request(registration: Registration, *, now: datetime) -> CalendarPart:
    """The calendar part that puts or keeps the session in a registrant's calendar."""
    made = registrant_entry(registration, _parts(registration.session), stamp=now)
    return CalendarPart(calendar([made], method="REQUEST", is_rich=True), "REQUEST")


def cancellation(registration: Registration, *, now: datetime) -> CalendarPart | None:
    """The calendar part that takes it out again; None for who never had a seat."""
    if registration.confirmed_at is None:
        return None
    made = registrant_entry(registration, [], stamp=now)
    return CalendarPart(calendar([made], method="CANCEL"), "CANCEL")


def _parts(session: Session) -> list[Part]:
    return parts_of([session])[session.pk]


# Words -------------------------------------------------------------------------------------------


def _page(session: Session) -> str:
    return urljoin(settings.SITE_URL, session.get_absolute_url())


def _description(session: Session, parts: Sequence[Part], page: str) -> str:
    """Summary, agenda, speakers, practical facts, as text that reads well anywhere."""
    blocks = [
        _("This session has been cancelled.") if session.is_cancelled else "",
        session.summary or "",
        _block(_("Programme"), _agenda_lines(session, parts)),
        _block(_("Speakers"), _speaker_lines(parts)),
        _block(_("Practical"), _practical_lines(session)),
        _("More: %(address)s") % {"address": page},
    ]
    return "\n\n".join(filter(None, blocks))


def _block(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *lines]) if lines else ""


def _agenda_lines(session: Session, parts: Sequence[Part]) -> list[str]:
    zone = session.zone
    lines = []
    for part in parts:
        indent = "  " if part.holder else ""
        times = words.time_range(part.starts_at, part.ends_at, zone)
        named = ", ".join([*filter(None, [part.track]), *(talker.name for talker in part.talkers)])
        lines.append(f"{indent}{times} {part.title}" + (f" ({named})" if named else ""))
    return lines


def _speaker_lines(parts: Sequence[Part]) -> list[str]:
    """Who has something said about them, once each."""
    lines = [
        f"{talker.name}, {talker.about}"
        for part in parts
        for talker in part.talkers
        if talker.about
    ]
    return list(dict.fromkeys(lines))


def _practical_lines(session: Session) -> list[str]:
    when = words.period(session.starts_at, session.ends_at, session.zone)
    name, email = session.contact
    facts = [
        f"{when} ({zone_label(session.zone)})",
        _where(session),
        session.audience or "",
        # Not by get_language_display, which makes a dictionary of all languages each time.
        Session.Language(session.language).label,
        session.price_in_words,
        "" if session.is_cancelled else session.closing.wording(),
        f"{name}, {email}" if email else "",
    ]
    labels = _labels(get_language())
    return [label % {"value": value} for label, value in zip(labels, facts, strict=True) if value]


@cache
def _labels(_language: str | None) -> list[str]:
    """What goes before the practical facts, with a place for each; remembered, for long feeds."""
    names = [
        _("When"), _("Where"), _("For whom"), _("Language"), _("Price"), _("Register"), _("Contact")
    ]  # fmt: skip
    pair = _("%(label)s: %(value)s")
    return [pair % {"label": name, "value": "%(value)s"} for name in names]


def _where(session: Session) -> str:
    attendance = Session.Attendance(session.attendance).label
    venue = session.venue
    return f"{venue} ({attendance})" if venue else str(attendance)


def join_entry(registration: Registration) -> Entry:
    """The entry as the page to take part offers it: with the way in, and without a name.

    Colleagues who see somebody's calendar may open that page.
    """
    parts = _parts(registration.session)
    made = registrant_entry(registration, parts, stamp=last_change(registration))
    return replace(made, attendee=None)


def join_file(registration: Registration) -> bytes:
    """The same to download."""
    entries = [join_entry(registration)]
    return calendar(entries, language=get_language() or "", is_rich=True)
