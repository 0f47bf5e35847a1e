"""A session's agenda as its organiser works on it: with gaps, overlaps and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from events import agenda, shifting
from events.models import AgendaItem, Contribution, Session
from events.shifting import Moves

_NOTHING = timedelta(0)


@dataclass
class Entry:
    """An item with what it holds.

    `gap` is the time before it in which nothing happens, `overlap` how long what came before goes
    on; `gap_at_end` is the time in a block after the last item that it holds.
    """

    item: AgendaItem
    moves: Moves
    gap: timedelta = _NOTHING
    overlap: timedelta = _NOTHING
    entries: list["Entry"] = field(default_factory=list)
    gap_at_end: timedelta = _NOTHING

    @property
    def contributions(self) -> list[Contribution]:
        """Who speaks, in order."""
        return list(self.item.contributions.all())


@dataclass
class Timetable:
    """The whole agenda: what is filled of the session, and by how much it passes its end."""

    entries: list[Entry]
    filled: timedelta
    length: timedelta
    gap_at_end: timedelta
    excess: timedelta
    problems: list[str]


def timetable(session: Session, rows: Sequence[AgendaItem]) -> Timetable:
    """The agenda of a session, from its items in order with their speakers."""
    holders = agenda.parents(rows)
    entries = [Entry(row, moves) for row, moves in zip(rows, shifting.moves(rows), strict=True)]
    roots: list[Entry] = []
    for entry, holder in zip(entries, holders, strict=True):
        (roots if holder is None else entries[holder].entries).append(entry)
    for entry in entries:
        item = entry.item
        entry.gap_at_end = _mark(entry.entries, item.starts_at, item.ends_at)
    gap_at_end = _mark(roots, session.starts_at, session.ends_at)
    last = max((row.ends_at for row in rows), default=session.ends_at)
    return Timetable(
        entries=roots,
        filled=_covered([entry.item for entry in roots]),
        length=session.ends_at - session.starts_at,
        gap_at_end=gap_at_end,
        excess=max(_NOTHING, last - session.ends_at),
        problems=agenda.problems(
            rows, starts_at=session.starts_at, ends_at=session.ends_at, zone=session.zone
        ),
    )


def _mark(entries: Sequence[Entry], starts_at: datetime, ends_at: datetime) -> timedelta:
    """Note the gaps and overlaps of what follows each other; the gap at the end, if any follows."""
    if not entries:
        return _NOTHING
    reached = starts_at
    alone_until = starts_at
    for entry in sorted(entries, key=lambda entry: entry.item.starts_at):
        item = entry.item
        entry.gap = max(_NOTHING, item.starts_at - reached)
        if not item.is_parallel:
            entry.overlap = max(_NOTHING, alone_until - item.starts_at)
            alone_until = max(alone_until, item.ends_at)
        reached = max(reached, item.ends_at)
    return max(_NOTHING, ends_at - reached)


def _covered(items: Sequence[AgendaItem]) -> timedelta:
    """How long at least one of the items goes on."""
    total, reached = _NOTHING, None
    for item in sorted(items, key=lambda item: item.starts_at):
        start = item.starts_at if reached is None else max(item.starts_at, reached)
        total += max(_NOTHING, item.ends_at - start)
        reached = item.ends_at if reached is None else max(reached, item.ends_at)
    return total
