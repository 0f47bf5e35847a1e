"""What an agenda's times become when something in it is moved, lengthened, put in a block.

Pure: every rule takes the items of one session and the position of one of them in that list, and
gives the times of all of them, in the same order. Lengths are kept, and so are gaps.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from events import agenda
from events.agenda import Slot
from events.models import AgendaItem

Items = Sequence[Slot | AgendaItem]
_NOTHING = timedelta(0)


class CannotShift(Exception):
    """That move is not possible; the text is a sentence for the organiser."""


class Times(NamedTuple):
    """From when to when an item lasts."""

    starts_at: datetime
    ends_at: datetime

    def shifted(self, by: timedelta) -> "Times":
        """The same length, so much later."""
        return Times(self.starts_at + by, self.ends_at + by)


class _Plan:
    """The times as they become, beside the items as they are."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.holders = agenda.parents(items)
        self.times = [Times(item.starts_at, item.ends_at) for item in items]
        self._held: dict[int | None, list[int]] = {}
        for position in sorted(range(len(items)), key=self._order):
            self._held.setdefault(self.holders[position], []).append(position)

    def _order(self, position: int) -> tuple[datetime, float, int]:
        item = self.items[position]
        return item.starts_at, -item.ends_at.timestamp(), position

    def siblings(self, position: int) -> list[int]:
        """What the same block holds, itself included, as they follow in time."""
        return self.held_by(self.holders[position])

    def held_by(self, holder: int | None) -> list[int]:
        """What lies directly in a block, or in none, as they follow in time."""
        return self._held.get(holder, [])

    def shift(self, position: int, by: timedelta) -> None:
        """An item moves, with all that it holds."""
        self.times[position] = self.times[position].shifted(by)
        for child in self.held_by(position):
            self.shift(child, by)

    def end(self, positions: Sequence[int]) -> datetime:
        """When the last of these ends, as they become."""
        return max(self.times[position].ends_at for position in positions)

    def run(self, position: int) -> list[int]:
        """An item with those beside it: parallel siblings that follow each other are one run."""
        return next(run for run in self.runs(self.holders[position]) if position in run)

    def runs(self, holder: int | None) -> list[list[int]]:
        """What a block holds, one after the other; parallel items together."""
        runs: list[list[int]] = []
        for position in self.held_by(holder):
            is_beside = (
                runs and self.items[position].is_parallel and self.items[runs[-1][0]].is_parallel
            )
            if is_beside:
                runs[-1].append(position)
            else:
                runs.append([position])
        return runs

    def follow(self, position: int, by: timedelta) -> None:
        """After the end of an item moved: what comes after it does too, and the block grows.

        Beside a parallel item only its own track moves; what follows them all moves as far as the
        last of them does.
        """
        item = self.items[position]
        if item.is_parallel:
            run = self.run(position)
            ended_at = max(self.items[other].ends_at for other in run)
            after = [other for other in self.siblings(position) if other not in run]
            after = [other for other in after if self.items[other].starts_at >= ended_at]
            for other in self._lane(run, position):
                if self.items[other].starts_at >= item.ends_at:
                    self.shift(other, by)
            by = self.end(run) - ended_at
        else:
            after = [
                other
                for other in self.siblings(position)
                if other != position and self.items[other].starts_at >= item.ends_at
            ]
        for other in after:
            self.shift(other, by)
        self.grow(self.holders[position], by)

    def _lane(self, run: list[int], position: int) -> list[int]:
        """The others of a run on the item's track; without a track each is on its own."""
        track = self.items[position].track
        return [
            other
            for other in run
            if other != position and track and self.items[other].track == track
        ]

    def grow(self, block: int | None, by: timedelta) -> None:
        """The end of a block moves, and what comes after it."""
        if block is not None and by:
            starts_at, ends_at = self.times[block]
            self.times[block] = Times(starts_at, ends_at + by)
            self.follow(block, by)

    def neighbour(self, position: int, step: int) -> tuple[list[int], list[int]] | None:
        """What trades places when an item goes a step back (-1) or on (1), the earlier one first.

        A parallel item stays beside the others and moves within its track.
        """
        if self.items[position].is_parallel:
            lane = [*self._lane(self.run(position), position), position]
            units = [[other] for other in self.siblings(position) if other in lane]
        else:
            units = self.runs(self.holders[position])
        here = units.index([position])
        there = here + step
        if not 0 <= there < len(units):
            return None
        return (units[there], units[here]) if step < 0 else (units[here], units[there])


def push(items: Items, position: int, by: timedelta) -> list[Times]:
    """An item lasts so much longer (or shorter, below zero); the later ones move along.

    Raises CannotShift where nothing of it would be left, or a block would lose what it holds.
    """
    plan = _Plan(items)
    starts_at, ends_at = plan.times[position]
    held = plan.held_by(position)
    if ends_at + by <= starts_at:
        raise CannotShift(_("“%(title)s” cannot be shorter.") % {"title": items[position].title})
    if held and by < _NOTHING and ends_at + by < plan.end(held):
        raise CannotShift(
            _("“%(title)s” cannot be shorter: shorten what it holds.")
            % {"title": items[position].title}
        )
    return retime(items, position, Times(starts_at, ends_at + by), is_pushing=True)


def retime(items: Items, position: int, to: Times, *, is_pushing: bool) -> list[Times]:
    """An item gets other times; what it holds keeps its distance to the start.

    `is_pushing` moves the later ones as far as its end moves.
    """
    plan = _Plan(items)
    was = plan.times[position]
    plan.shift(position, to.starts_at - was.starts_at)
    plan.times[position] = to
    if is_pushing:
        plan.follow(position, to.ends_at - was.ends_at)
    return plan.times


def make_room(items: Items, slot: Slot, *, holder: int | None) -> list[Times]:
    """An item is put in a block (or in none): what starts from its start on moves where it must.

    The block grows as far as that takes. Nothing makes way for a parallel item.
    """
    plan = _Plan(items)
    if slot.is_parallel:
        return plan.times
    after = [other for other in plan.held_by(holder) if items[other].starts_at >= slot.starts_at]
    if after:
        first = min(items[other].starts_at for other in after)
        by = max(_NOTHING, slot.ends_at - first)
    else:
        by = _NOTHING if holder is None else max(_NOTHING, slot.ends_at - items[holder].ends_at)
    for other in after:
        plan.shift(other, by)
    plan.grow(holder, by)
    return plan.times


def swap(items: Items, position: int, step: int) -> list[Times]:
    """An item trades places with the one before it (-1) or after it (1) in the same block.

    Raises CannotShift for the first and the last.
    """
    plan = _Plan(items)
    pair = plan.neighbour(position, step)
    if pair is None:
        sentence = (
            _("“%(title)s” is the first already.")
            if step < 0
            else _("“%(title)s” is the last already.")
        )
        raise CannotShift(sentence % {"title": items[position].title})
    earlier, later = pair
    start = min(items[other].starts_at for other in earlier)
    back = min(items[other].starts_at for other in later) - start
    on = max(items[other].ends_at for other in (*earlier, *later)) - max(
        items[other].ends_at for other in earlier
    )
    for other in later:
        plan.shift(other, -back)
    for other in earlier:
        plan.shift(other, on)
    return plan.times


def place(items: Items, position: int, *, before: int | None) -> list[Times]:
    """An item goes, step by step, to before another one of the same block; None is to the end.

    Raises CannotShift where it does not get there.
    """
    times = [Times(item.starts_at, item.ends_at) for item in items]
    for step in _steps(items, position, before):
        times = swap(_as_slots(items, times), position, step)
    return times


def _steps(items: Items, position: int, before: int | None) -> Iterator[int]:
    plan = _Plan(items)
    unit = [position]
    units = plan.runs(plan.holders[position])
    if items[position].is_parallel or unit not in units:
        raise CannotShift(_("A parallel item moves within its track only."))
    target = len(units)
    if before is not None:
        found = [number for number, run in enumerate(units) if before in run]
        if not found:
            raise CannotShift(_("Drag within the same block only."))
        target = found[0]
    here = units.index(unit)
    if target > here:
        target -= 1
    yield from [1 if target > here else -1] * abs(target - here)


def go_into(items: Items, position: int, step: int) -> list[Times]:
    """The block before an item (-1) or after it (1) grows until it holds it.

    Raises CannotShift where there is no block.
    """
    plan = _Plan(items)
    block = _block_beside(plan, position, step)
    if block is None:
        raise CannotShift(
            _("There is no block beside “%(title)s”.") % {"title": items[position].title}
        )
    its, item = plan.times[block], plan.times[position]
    plan.times[block] = Times(min(its.starts_at, item.starts_at), max(its.ends_at, item.ends_at))
    return plan.times


def _block_beside(plan: _Plan, position: int, step: int) -> int | None:
    pair = None if plan.items[position].is_parallel else plan.neighbour(position, step)
    beside = pair[0 if step < 0 else 1] if pair else []
    for other in beside:
        block = plan.items[other]
        if block.kind == AgendaItem.Kind.BLOCK and not block.is_parallel:
            return other
    return None


def _can_leave(plan: _Plan, position: int) -> bool:
    holder = plan.holders[position]
    return (
        holder is not None
        and not plan.items[position].is_parallel
        and not plan.items[holder].is_parallel
        and len(plan.held_by(holder)) > 1
    )


def go_out(items: Items, position: int) -> list[Times]:
    """An item leaves its block, whose time becomes that of the rest.

    The first one comes before the block, the others after it. Raises CannotShift for what is in no
    block, or alone in it.
    """
    plan = _Plan(items)
    holder = plan.holders[position]
    if holder is None or not _can_leave(plan, position):
        raise CannotShift(
            _("“%(title)s” is in no block that it can leave.") % {"title": items[position].title}
        )
    first, *others = plan.siblings(position)
    if first == position:
        starts_at = min(items[other].starts_at for other in others)
        plan.times[holder] = Times(starts_at, plan.times[holder].ends_at)
        return plan.times
    plan.times = place(items, position, before=None)
    rest = [other for other in (first, *others) if other != position]
    plan.times[holder] = Times(plan.times[holder].starts_at, plan.end(rest))
    return plan.times


def close(items: Items, position: int) -> list[Times]:
    """What comes after an item moves up to take its time, before it is deleted.

    A block does not shrink to nothing: after the only item in it nothing moves.
    """
    plan = _Plan(items)
    starts_at, ends_at = plan.times[position]
    if plan.holders[position] is None or len(plan.siblings(position)) > 1:
        plan.times[position] = Times(starts_at, starts_at)
        plan.follow(position, starts_at - ends_at)
        plan.times[position] = Times(starts_at, ends_at)
    return plan.times


class Moves(NamedTuple):
    """What can be done with an item where it stands."""

    back: bool
    on: bool
    into_earlier: bool
    into_later: bool
    out: bool


def moves(items: Items) -> list[Moves]:
    """For each item what can be done with it."""
    plan = _Plan(items)
    return [
        Moves(
            plan.neighbour(position, -1) is not None,
            plan.neighbour(position, 1) is not None,
            _block_beside(plan, position, -1) is not None,
            _block_beside(plan, position, 1) is not None,
            _can_leave(plan, position),
        )
        for position in range(len(items))
    ]


def _as_slots(items: Items, times: Sequence[Times]) -> list[Slot]:
    return [
        Slot(
            title=item.title or "",
            kind=item.kind,
            starts_at=its.starts_at,
            ends_at=its.ends_at,
            is_parallel=item.is_parallel,
            track=item.track or "",
        )
        for item, its in zip(items, times, strict=True)
    ]
