"""A pasted agenda into the tables, and the people in it to those who are known."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Organisation, OrganisationKey
from accounts.names import matching_key
from events import agenda, speaking
from events.models import AgendaItem, Contribution, Session, Speaker
from events.pasting.lines import PastedItem
from events.pasting.people import person_key
from events.pasting.reading import Reading
from events.speaking import Named


class AgendaRefused(Exception):
    """The agenda is not sound; `problems` are sentences for the organiser."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Match:
    """Whom the tables know under a name: None is nobody, or not clearly one.

    `role` is what is left of it beside the organisation.
    """

    speaker: Speaker | None
    organisation: Organisation | None
    role: str


def match_speakers(reading: Reading) -> dict[Named, Match]:
    """For everybody in a reading the known speaker and organisation, in two queries."""
    people = {person for item in reading.all_items for person in item.speakers}
    keys = {person_key(person.name) for person in people}
    speakers: dict[str, Speaker] = {}
    if people:
        for speaker in Speaker.objects.order_by("-pk"):
            if (key := person_key(speaker.name)) in keys:
                speakers[key] = speaker
    organisations = _organisations(people)
    return {
        person: Match(speakers.get(person_key(person.name)), *_known_end(person, organisations))
        for person in people
    }


def _ends(role: str) -> Iterator[str]:
    """The ends of a role that may name an organisation, the longest first."""
    for start in re.finditer(r"(?<!\S)\S", role):
        yield role[start.start() :]


def _organisations(people: Iterable[Named]) -> dict[str, Organisation]:
    """The organisations that the ends of the roles name clearly, by matching key."""
    keys = {matching_key(end) for person in people for end in _ends(person.role)}
    found: dict[str, set[Organisation]] = {}
    rows = OrganisationKey.objects.filter(key__in=keys).select_related("organisation")
    for row in rows if keys else []:
        found.setdefault(row.key, set()).add(row.organisation)
    return {key: next(iter(known)) for key, known in found.items() if len(known) == 1}


def _known_end(
    person: Named, organisations: dict[str, Organisation]
) -> tuple[Organisation | None, str]:
    """The organisation at the end of a role, and the role.

    After a comma it leaves the role, as "Jurist, VVSG"; within it, it is part of what they are
    called, as "Projectleider PIO".
    """
    for end in _ends(person.role):
        if organisation := organisations.get(matching_key(end)):
            before = person.role[: len(person.role) - len(end)].rstrip()
            is_apart = not before or before.endswith(",")
            return organisation, before.rstrip(", ") if is_apart else person.role
    return None, person.role


def items_of(session: Session) -> list[PastedItem]:
    """The agenda that a session has, in its own language, as `as_text` takes it."""
    with translation.override(session.language):
        rows = list(session.agenda_items.in_order().with_speakers())
        items = {row.pk: _as_item(row) for row in rows}
    roots: list[PastedItem] = []
    for row in rows:
        siblings = items[row.parent_id].children if row.parent_id else roots
        siblings.append(items[row.pk])
    return roots


def _as_item(row: AgendaItem) -> PastedItem:
    return PastedItem(
        title=row.title or "",
        kind=row.kind,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        is_parallel=row.is_parallel,
        track=row.track or "",
        speakers=[_as_named(contribution) for contribution in row.contributions.all()],
        description=row.description or "",
    )


def _as_named(contribution: Contribution) -> Named:
    parts = (contribution.role or "", contribution.organisation_name)
    return Named(contribution.speaker.name, ", ".join(part for part in parts if part))


@transaction.atomic
def apply(session: Session, reading: Reading, *, now: datetime, is_addition: bool = False) -> None:
    """Make a reading the session's agenda, or add it to what is there.

    It is written in the language of the session. An item whose title was there already keeps what
    it says in other languages. Raises AgendaRefused, and then changes nothing.
    """
    fresh = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    rows = list(fresh.agenda_items.in_order())
    items = reading.all_items
    found = agenda.problems(
        [*(rows if is_addition else []), *items],
        starts_at=fresh.starts_at,
        ends_at=fresh.ends_at,
        zone=fresh.zone,
    )
    if not items:
        found = [_("There is no agenda item in this text.")]
    if found:
        raise AgendaRefused(found)
    matches = match_speakers(reading)
    with translation.override(fresh.language):
        known: dict[str, list[AgendaItem]] = {}
        for row in [] if is_addition else rows:
            known.setdefault(matching_key(row.title or ""), []).append(row)
        # A block that goes would take along what it holds.
        fresh.agenda_items.update(parent=None)
        for position, item in enumerate(items):
            same = known.get(matching_key(item.title))
            row = same.pop(0) if same else AgendaItem(session=fresh)
            _save(row, item, position, matches)
        gone = [row.pk for same in known.values() for row in same]
        fresh.agenda_items.filter(pk__in=gone).delete()
    agenda.nest(fresh)
    Session.objects.filter(pk=fresh.pk).update(changed_at=now)


def _save(row: AgendaItem, item: PastedItem, position: int, matches: dict[Named, Match]) -> None:
    row.parent = None
    row.title, row.kind, row.description = item.title, item.kind, item.description
    row.position = position
    if row.pk:
        row.move_to(item.starts_at, item.ends_at)
    else:
        row.starts_at, row.ends_at = item.starts_at, item.ends_at
    row.is_parallel, row.track = item.is_parallel, item.track
    row.save()
    speaking.set_speakers(
        row,
        [
            speaking.Part(
                match.speaker or speaking.speaker_named(person.name), match.role, match.organisation
            )
            for person in item.speakers
            for match in [matches[person]]
        ],
    )
