"""A pasted text to an agenda: asks the database nothing, and tells of every line what it is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from events import agenda
from events.models import AgendaItem
from events.pasting.lines import Draft, PastedItem, Reader, ReadLine, Taken, visible_lines
from events.pasting.people import may_be_people
from events.pasting.placing import place, place_starts
from events.pasting.times import DAY
from events.pasting.titles import END_OF_PROGRAMME, kind_of
from moments.local import NoSuchMoment, local_instant

_KIND = AgendaItem.Kind


@dataclass
class Reading:
    """What a pasted text says: items as they nest, and every line's reading."""

    items: list[PastedItem]
    lines: list[ReadLine]

    @property
    def unread(self) -> list[ReadLine]:
        """The lines that were not understood."""
        return [line for line in self.lines if line.taken == Taken.UNREAD]

    @property
    def all_items(self) -> list[PastedItem]:
        """The items as they follow in time, each before what it holds."""
        return list(_flat(self.items))


def _flat(items: Iterable[PastedItem]) -> Iterator[PastedItem]:
    for item in items:
        yield item
        yield from _flat(item.children)


def read(text: str, *, day: date, zone: ZoneInfo, ends_at: datetime | None = None) -> Reading:
    """The agenda that a text says for a session on this day, whatever it looks like.

    An item without an end lasts until the next one starts, the last one until `ends_at`. Raises
    TooMuchText.
    """
    lines = [ReadLine(number, line) for number, line in enumerate(visible_lines(text), start=1)]
    reader = Reader()
    for line in lines:
        reader.take(line)
    closes = None
    if ends_at is not None:
        wall = ends_at.astimezone(zone).replace(tzinfo=None)
        closes = (wall - datetime.combine(day, time.min)) // timedelta(minutes=1)
    if reader.drafts and _is_end(reader.drafts[-1]):
        last = reader.drafts.pop()
        last.line.taken = Taken.END
        place_starts([draft for draft in (*reader.drafts, last) if draft.times.start is not None])
        closes = last.start
    drafts = [draft for draft in reader.drafts if _has_title(draft)]
    place(drafts, closes)
    made = [(draft, item) for draft in drafts if (item := _item(draft, day, zone)) is not None]
    made.sort(key=lambda pair: (pair[1].starts_at, -pair[1].ends_at.timestamp()))
    _settle_rooms(made)
    _settle_blocks(made)
    for draft, item in made:
        draft.line.item = item
        _remark_doubt(draft, item)
    return Reading(_tree([item for _draft, item in made]), lines)


def _is_end(draft: Draft) -> bool:
    """Whether a draft is the last line of many programmes: "16u30 Einde", or just "16u30"."""
    times, title = draft.times, draft.title.title
    is_moment = times.start is not None and times.end is None and times.length is None
    return is_moment and (not title or END_OF_PROGRAMME.fullmatch(title) is not None)


def _has_title(draft: Draft) -> bool:
    """Whether a draft has a title that a row can hold; if not, its line says so."""
    title = draft.title.title_with_track or draft.title.title
    longest = AgendaItem._meta.get_field("title").max_length or 0
    if not any(map(str.isalnum, title)):
        _leave(draft, _("This has a time but no title."))
    elif len(title) > longest:
        _leave(
            draft,
            _("This title is too long: use at most %(most)d characters.") % {"most": longest},
        )
    return draft.line.taken != Taken.UNREAD


def _leave(draft: Draft, reason: str) -> None:
    draft.line.taken, draft.line.remark = Taken.UNREAD, reason
    for line in draft.further_lines:
        if line.taken != Taken.UNREAD:
            line.taken = Taken.UNREAD
            line.remark = _("This belongs to a line that was not understood.")


def _item(draft: Draft, day: date, zone: ZoneInfo) -> PastedItem | None:
    """The item of a draft; None, with the reason on its line, if it cannot be one."""
    if draft.fault or draft.start is None or draft.end is None:
        _leave(draft, draft.fault or _("This belongs to a line that was not understood."))
        return None
    try:
        starts_at = _instant(day, draft.start, zone)
        ends_at = _instant(day, draft.end, zone)
    except NoSuchMoment as refusal:
        _leave(draft, str(refusal))
        return None
    return PastedItem(
        title=draft.title.title,
        kind=draft.title.kind,
        starts_at=starts_at,
        ends_at=ends_at,
        is_parallel=draft.title.is_parallel,
        track=draft.title.track,
        speakers=draft.title.speakers,
        description="\n".join(draft.description).strip(),
    )


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, minute = divmod(minutes, DAY)
    return local_instant(day + timedelta(days=days), time(*divmod(minute, 60)), zone)


def _settle_rooms(made: Sequence[tuple[Draft, PastedItem]]) -> None:
    """A room named in passing is a track where another room is busy at the same time."""
    in_rooms = [
        (room, item) for draft, item in made if (room := draft.title.track_in_passing or item.track)
    ]
    for draft, item in made:
        room = draft.title.track_in_passing
        if not room:
            continue
        if any(other_room != room and _do_overlap(item, other) for other_room, other in in_rooms):
            item.is_parallel, item.track = True, room
        else:
            item.title = draft.title.title_with_track


def _do_overlap(one: PastedItem, other: PastedItem) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _settle_blocks(made: Sequence[tuple[Draft, PastedItem]]) -> None:
    """What holds another becomes a block; the rest is what its title says."""
    items = {id(draft): item for draft, item in made}
    for draft, item in made:
        holder = items.get(id(draft.holder))
        if holder and holder.track and not item.track and _is_within(item, holder):
            item.track = holder.track
    said = {id(item) for draft, item in made if draft.title.kind}
    for number, (draft, item) in enumerate(made):
        if not item.kind and any(
            _holds(item, other, is_indented=later.holder is draft)
            for later, other in made[number + 1 :]
        ):
            item.kind = _KIND.BLOCK
    all_items = [item for _draft, item in made]
    holders = {holder for holder in agenda.parents(all_items) if holder is not None}
    for number, item in enumerate(all_items):
        if id(item) not in said and number not in holders:
            item.kind = kind_of(item.title, bool(item.speakers))


def _holds(block: PastedItem, item: PastedItem, *, is_indented: bool) -> bool:
    """Whether an item lies within another; one of the same length only if the text shows it."""
    if not _is_within(item, block) or (block.is_parallel and block.track != item.track):
        return False
    is_shorter = (item.starts_at, item.ends_at) != (block.starts_at, block.ends_at)
    if block.is_parallel and item.is_parallel and not block.track:
        return is_indented
    return is_shorter or is_indented


def _is_within(item: PastedItem, block: PastedItem) -> bool:
    return block.starts_at <= item.starts_at and item.ends_at <= block.ends_at


def _tree(items: list[PastedItem]) -> list[PastedItem]:
    """The items that nothing holds; the others become children of what holds them."""
    roots: list[PastedItem] = []
    for item, parent in zip(items, agenda.parents(items), strict=True):
        (roots if parent is None else items[parent].children).append(item)
    return roots


def _remark_doubt(draft: Draft, item: PastedItem) -> None:
    doubtful = may_be_people(item.title)
    if doubtful and not item.children:
        draft.line.remark = _(
            "“%(text)s” stays in the title. A speaker goes in brackets at the end: (name, role)."
        ) % {"text": doubtful}
