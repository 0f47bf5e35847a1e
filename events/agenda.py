"""What makes an agenda sound: items within the session, blocks that hold others, no overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from events.models import AgendaItem, Session
from moments import words


@dataclass
class Slot:
    """An agenda item as far as its place in the agenda goes, saved or not."""

    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    is_parallel: bool = False
    track: str = ""


def parents(items: Sequence[Slot | AgendaItem]) -> list[int | None]:
    """For each item the position of the block that holds it, or None.

    A block holds what lies within its time; of several, the shortest; of parallel ones, the one
    with the item's track.
    """
    return [_parent(position, items) for position in range(len(items))]


def _parent(position: int, items: Sequence[Slot | AgendaItem]) -> int | None:
    item = items[position]
    holding = [
        other
        for other, block in enumerate(items)
        if other != position
        and block.kind == AgendaItem.Kind.BLOCK
        and block.starts_at <= item.starts_at
        and item.ends_at <= block.ends_at
        and (not block.is_parallel or block.track == item.track)
        and not _is_same_time_and_later(other, position, items)
    ]
    return min(holding, key=lambda other: _length(items[other]), default=None)


def _is_same_time_and_later(block: int, item: int, items: Sequence[Slot | AgendaItem]) -> bool:
    """Of two blocks that take exactly the same time, the first holds the second."""
    return (
        items[item].kind == AgendaItem.Kind.BLOCK
        and _length(items[block]) == _length(items[item])
        and block > item
    )


def _length(item: Slot | AgendaItem) -> float:
    return (item.ends_at - item.starts_at).total_seconds()


def problems(
    items: Sequence[Slot | AgendaItem], *, starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> list[str]:
    """What is wrong with the times of an agenda, in sentences; empty when all is well."""
    found = []
    for item in items:
        if item.ends_at <= item.starts_at:
            found.append(_("“%(title)s” ends before it starts.") % {"title": item.title})
        elif item.starts_at < starts_at or item.ends_at > ends_at:
            found.append(
                _("“%(title)s” (%(times)s) lies outside the session (%(session)s).")
                % {
                    "title": item.title,
                    "times": words.time_range(item.starts_at, item.ends_at, zone),
                    "session": words.time_range(starts_at, ends_at, zone),
                }
            )
    return found or _overlaps(items)


def _overlaps(items: Sequence[Slot | AgendaItem]) -> list[str]:
    holders = parents(items)
    found = []
    for holder in dict.fromkeys(holders):
        siblings = sorted(
            (
                item
                for item, parent in zip(items, holders, strict=True)
                if parent == holder and not item.is_parallel
            ),
            key=lambda item: (item.starts_at, item.ends_at),
        )
        found += [
            _("“%(later)s” starts before “%(earlier)s” has ended.")
            % {"earlier": earlier.title, "later": later.title}
            for earlier, later in pairwise(siblings)
            if later.starts_at < earlier.ends_at
        ]
    return found


@transaction.atomic
def nest(session: Session) -> None:
    """Put the items of a session into the blocks that hold them, after their times changed."""
    items = list(session.agenda_items.in_order())
    for item, parent in zip(items, parents(items), strict=True):
        holder = items[parent] if parent is not None else None
        if item.parent_id != (holder.pk if holder else None):
            item.parent = holder
            item.save(update_fields=["parent"])
