"""Changing the agenda of a session: one change, one transaction, never over another's unseen.

Every change says how the agenda was when its organiser saw it (`comparing.seen`), and raises
AgendaChanged when it is otherwise by now. The calendars' SEQUENCE stays: an agenda is not the
session's time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from accounts.auditing import Actor
from accounts.models import Organisation
from accounts.names import matching_key
from events import agenda, comparing, history, pasting, rescheduling, shifting, speaking
from events.models import AgendaItem, Session, Speaker
from events.shifting import Times

# What a rule of `shifting` gives for the items of a session and one of them.
Rule = Callable[[Sequence[AgendaItem], int], list[Times]]
_MINUTE = timedelta(minutes=1)


class NoSuchItem(Exception):
    """The session has no such agenda item."""


@dataclass(frozen=True)
class Person:
    """Who speaks at an item, as an organiser fills it in."""

    name: str
    role: str = ""
    organisation: Organisation | None = None


@contextmanager
def _newest(session: Session, seen: str, *, by: Actor, now: datetime) -> Iterator[list[AgendaItem]]:
    """The items of a session, held until their change is saved, with the version that it makes.

    Refuses a page that is stale.
    """
    with transaction.atomic():
        fresh = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
        rows = list(fresh.agenda_items.in_order().with_speakers())
        comparing.refuse_stale(seen, fresh, rows)
        history.keep_first(fresh, now=now)
        yield rows
        agenda.nest(fresh)
        Session.objects.filter(pk=fresh.pk).update(changed_at=now)
        history.keep(fresh, by=by, now=now)


def _position(rows: Sequence[AgendaItem], number: int) -> int:
    for position, row in enumerate(rows):
        if row.pk == number:
            return position
    raise NoSuchItem


def _set_times(rows: Sequence[AgendaItem], times: Sequence[Times]) -> None:
    changed = [row for row, its in zip(rows, times, strict=True) if row.move_to(*its)]
    AgendaItem.objects.bulk_update(changed, ["starts_at", "ends_at", "sequence"])


def move(session: Session, number: int, rule: Rule, *, seen: str, by: Actor, now: datetime) -> None:
    """Give the items the times that a rule of `shifting` says; `number` is the item it is about.

    Raises AgendaChanged, NoSuchItem, CannotShift.
    """
    with _newest(session, seen, by=by, now=now) as rows:
        _set_times(rows, rule(rows, _position(rows, number)))


def add(
    session: Session,
    item: AgendaItem,
    people: Sequence[Person],
    *,
    holder: int | None,
    is_pushing: bool,
    seen: str,
    by: Actor,
    now: datetime,
) -> None:
    """Put a new item in the agenda, in the block `holder` or in none; the later ones make way.

    Raises AgendaChanged, NoSuchItem.
    """
    with _newest(session, seen, by=by, now=now) as rows:
        if is_pushing:
            asked = None if holder is None else _position(rows, holder)
            slot = _as_slot(item)
            _set_times(rows, shifting.make_room(rows, slot, holder=_holder(rows, slot, asked)))
        item.session = session
        item.position = len(rows)
        _save(item, people, session)


def _holder(rows: Sequence[AgendaItem], slot: agenda.Slot, asked: int | None) -> int | None:
    """The block that an item comes in: the one asked for if it starts there, else by its start."""
    if asked is not None and rows[asked].starts_at <= slot.starts_at <= rows[asked].ends_at:
        return asked
    moment = replace(slot, kind=AgendaItem.Kind.TALK, ends_at=slot.starts_at + _MINUTE)
    return agenda.parents([*rows, moment])[-1]


def _as_slot(item: AgendaItem) -> agenda.Slot:
    return agenda.Slot(
        item.title or "",
        item.kind,
        item.starts_at,
        item.ends_at,
        item.is_parallel,
        item.track or "",
    )


def change(
    session: Session,
    item: AgendaItem,
    people: Sequence[Person],
    *,
    is_pushing: bool,
    seen: str,
    by: Actor,
    now: datetime,
) -> None:
    """Save what was changed on an item; what it holds moves along, the later ones if asked.

    Raises AgendaChanged, NoSuchItem.
    """
    with _newest(session, seen, by=by, now=now) as rows:
        position = _position(rows, item.pk)
        to = Times(item.starts_at, item.ends_at)
        _set_times(rows, shifting.retime(rows, position, to, is_pushing=is_pushing))
        item.parent, item.sequence = rows[position].parent, rows[position].sequence
        _save(item, people, session)


def _save(item: AgendaItem, people: Sequence[Person], session: Session) -> None:
    item.save()
    # Roles are written in the session's language, whatever language the organiser works in.
    with translation.override(session.language):
        known = _speakers_by_name(item)
        named = {
            known.get(matching_key(person.name)) or speaking.speaker_named(person.name): person
            for person in people
        }
        speaking.set_speakers(
            item,
            [
                speaking.Part(speaker, person.role, person.organisation)
                for speaker, person in named.items()
            ],
        )
    without = [speaker for speaker, person in named.items() if person.organisation is None]
    item.contributions.filter(speaker__in=without).update(organisation=None)


def _speakers_by_name(item: AgendaItem) -> dict[str, Speaker]:
    """Everybody known; of two with the same name the one who speaks here, else the first."""
    here = Speaker.objects.filter(contributions__agenda_item=item)
    everybody = [*Speaker.objects.order_by("-pk"), *here]
    return {matching_key(speaker.name): speaker for speaker in everybody}


def delete(
    session: Session,
    number: int,
    *,
    with_what_it_holds: bool,
    closes_gap: bool,
    seen: str,
    by: Actor,
    now: datetime,
) -> None:
    """Take an item out of the agenda; what a block holds stays, unless it goes too.

    `closes_gap` moves what comes after it up. Raises AgendaChanged, NoSuchItem.
    """
    with _newest(session, seen, by=by, now=now) as rows:
        position = _position(rows, number)
        holders = agenda.parents(rows)
        inside = [other for other in range(len(rows)) if _is_within(other, position, holders)]
        if closes_gap and (with_what_it_holds or not inside):
            _set_times(rows, shifting.close(rows, position))
        gone = [position, *(inside if with_what_it_holds else [])]
        # A block that goes would take along what it holds.
        session.agenda_items.update(parent=None)
        session.agenda_items.filter(pk__in=[rows[other].pk for other in gone]).delete()


def _is_within(position: int, block: int, holders: Sequence[int | None]) -> bool:
    holder = holders[position]
    return holder is not None and (holder == block or _is_within(holder, block, holders))


def paste(
    session: Session,
    reading: pasting.Reading,
    *,
    is_addition: bool,
    seen: str,
    by: Actor,
    now: datetime,
) -> None:
    """Make a pasted programme the agenda, or add it; raises AgendaChanged and AgendaRefused."""
    with _newest(session, seen, by=by, now=now):
        pasting.apply(session, reading, now=now, is_addition=is_addition)


@transaction.atomic
def lengthen(session: Session, ends_at: datetime, *, by: Actor, now: datetime) -> None:
    """Let a session last until its agenda ends; registrants are told. Raises CannotMove."""
    history.keep_first(session, now=now)
    rescheduling.move(session, rescheduling.When(session.starts_at, ends_at), now=now)
    history.keep(session, by=by, now=now)
