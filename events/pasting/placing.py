"""When the items of a pasted programme are, from what its lines say and leave out."""

from django.utils.translation import gettext as _

from events.pasting.lines import Draft
from events.pasting.times import DAY

_HOUR = 60
# No session goes on until the next noon.
_NEXT_NOON = DAY + 12 * _HOUR
# What a text leaves open, or takes over midnight, is no longer than this.
_LONGEST = 12 * _HOUR


def place(drafts: list[Draft], closes: int | None) -> None:
    """Give each draft its start and end, in minutes; what has none gets a fault."""
    own = [draft for draft in drafts if draft.alike is None]
    place_starts([draft for draft in own if draft.times.start is not None])
    for number, draft in enumerate(own):
        if draft.times.start is None:
            _place_after(draft, own[:number], own[number + 1 :], closes)
    _place_open_ends([draft for draft in own if draft.start is not None], closes)
    for draft in drafts:
        if draft.alike is not None:
            draft.start, draft.end, draft.fault = (
                draft.alike.start,
                draft.alike.end,
                draft.alike.fault,
            )


def place_starts(drafts: list[Draft]) -> None:
    """Give each draft the start it says and, where it says one, the end."""
    before: int | None = None
    for draft in drafts:
        times = draft.times
        start = times.start or 0
        if before is not None:
            start = _not_before(before, start)
        draft.start = start
        if times.length is not None:
            draft.end = start + times.length
        elif times.end is not None:
            draft.end = _after(start, times.end)
        if draft.end is not None and draft.end <= start:
            draft.fault = _("This ends before it starts.")
        elif max(start, draft.end or 0) > _NEXT_NOON:
            draft.fault = _("This would end after noon of the next day.")
        else:
            before = start


def _not_before(before: int, start: int) -> int:
    """When a start is, after another: "1.30" may be in the afternoon, "0u30" on the next day."""
    start += before // DAY * DAY if start < DAY // 2 else 0
    if start >= before:
        return start
    if _HOUR <= start % DAY < 8 * _HOUR <= before % DAY < 18 * _HOUR and start + DAY // 2 >= before:
        return start + DAY // 2
    if start % DAY < 6 * _HOUR and before % DAY >= 12 * _HOUR:
        return start + DAY
    return start


def _after(start: int, end: int) -> int:
    """When an end is; no later than the start if it cannot be after it."""
    end += start // DAY * DAY if end < DAY else 0
    if end <= start and _HOUR <= end % DAY < 8 * _HOUR <= start % DAY < end % DAY + DAY // 2:
        return end + DAY // 2
    if end <= start and end + DAY - start <= _LONGEST:
        return end + DAY
    return end


def _place_after(draft: Draft, before: list[Draft], after: list[Draft], closes: int | None) -> None:
    """An item of which only the length is known follows the one before, or opens its block."""
    length = draft.times.length or 0
    earlier = [other for other in before if other.start is not None and not other.fault]
    previous = earlier[-1] if earlier else None
    if previous and previous.indent < draft.indent and previous.end is not None:
        draft.start = previous.start
    else:
        previous = next((o for o in reversed(earlier) if o.indent <= draft.indent), previous)
        if previous and previous.end is None:
            _end_before(previous, draft, after, closes)
        draft.start = previous.end if previous else None
    if draft.start is None:
        draft.fault = _("This says how long it takes, but not after what.")
    elif length == 0:
        draft.start, draft.fault = None, _("This ends before it starts.")
    else:
        draft.end = draft.start + length


def _end_before(previous: Draft, draft: Draft, after: list[Draft], closes: int | None) -> None:
    """An open end, from the next start less what lies between and is said in lengths."""
    between = draft.times.length or 0
    for other in after:
        if other.start is not None or other.times.length is None:
            break
        between += other.times.length
    following = next((o.start for o in after if o.start is not None and not o.fault), closes)
    if following is not None and previous.start is not None:
        end = following - between
        previous.end = end if 0 < end - previous.start <= _LONGEST else None


def _place_open_ends(drafts: list[Draft], closes: int | None) -> None:
    """An open end is the next start, within the block; for the last, the end of the session."""
    said = [(draft.start or 0, draft.end) for draft in drafts if draft.end is not None]
    for number, draft in enumerate(drafts):
        if draft.end is not None or draft.fault or draft.start is None:
            continue
        start = draft.start
        ends = [end for begin, end in said if end is not None and begin <= start < end]
        ends += [
            other.start
            for other in drafts[number + 1 :]
            if other.indent <= draft.indent and other.start is not None and other.start > start
        ]
        if not ends and closes is not None and closes > start:
            ends = [closes]
        if ends and min(ends) - start <= _LONGEST:
            draft.end = min(ends)
        else:
            draft.fault = _("This has no end: write from when to when, as 14:00 – 14:45.")
