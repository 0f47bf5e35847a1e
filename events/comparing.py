"""What changed in an agenda since somebody saw it, so that nobody overwrites another unawares."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from events.models import AgendaItem, Session
from moments import words

_LONGEST = 200_000
_LANGUAGES = [code for code, _name in settings.LANGUAGES]


class AgendaChanged(Exception):
    """Somebody else changed the agenda meanwhile; `differences` are sentences that say what."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__(" ".join(differences))
        self.differences = differences


class _Glimpse(NamedTuple):
    """An item as a page showed it; `rest` stands for all that the others do not say."""

    number: int
    starts_at: datetime
    ends_at: datetime
    title: str
    rest: str


def seen(session: Session, rows: Sequence[AgendaItem]) -> str:
    """An agenda in short, for a page to carry: `rows` come with their speakers."""
    with translation.override(session.language):
        glimpses = [_glimpse(row) for row in rows]
    return json.dumps(
        [
            [number, starts_at.isoformat(), ends_at.isoformat(), title, rest]
            for number, starts_at, ends_at, title, rest in glimpses
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _glimpse(row: AgendaItem) -> _Glimpse:
    texts = [
        getattr(row, f"{field}_{code}") or ""
        for field in ("title", "description", "track")
        for code in _LANGUAGES
    ]
    people = [
        [part.speaker_id, part.organisation_id]
        + [getattr(part, f"role_{code}") or "" for code in _LANGUAGES]
        for part in row.contributions.all()
    ]
    facts = json.dumps([row.kind, row.is_parallel, texts, people])
    rest = blake2b(facts.encode(), digest_size=8).hexdigest()
    return _Glimpse(row.pk, row.starts_at, row.ends_at, row.title or "", rest)


def refuse_stale(text: str, session: Session, rows: Sequence[AgendaItem]) -> None:
    """Raise AgendaChanged when the agenda is no longer what a page showed, as `seen` wrote it."""
    with translation.override(session.language):
        now = {row.pk: _glimpse(row) for row in rows}
    before = _read(text)
    if before is None:
        raise AgendaChanged([_("It is not known how you saw the agenda. Look at how it is now.")])
    if before != now:
        raise AgendaChanged(_differences(before, now, session))


def was_seen(text: str, number: int) -> bool:
    """Whether an item stood on the page that carried this."""
    return number in (_read(text) or {})


def _read(text: str) -> dict[int, _Glimpse] | None:
    """What a page carried; None if that makes no sense."""
    try:
        glimpses = [
            _Glimpse(
                int(number),
                datetime.fromisoformat(starts_at),
                datetime.fromisoformat(ends_at),
                str(title),
                str(rest),
            )
            for number, starts_at, ends_at, title, rest in json.loads(text[:_LONGEST])
        ]
        is_sound = all(item.starts_at.tzinfo and item.ends_at.tzinfo for item in glimpses)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return {item.number: item for item in glimpses} if is_sound else None


def _differences(
    before: dict[int, _Glimpse], now: dict[int, _Glimpse], session: Session
) -> list[str]:
    def times(item: _Glimpse) -> str:
        return words.time_range(item.starts_at, item.ends_at, session.zone)

    found = []
    for number, was in before.items():
        item = now.get(number)
        facts = {"title": was.title, "was": times(was)}
        if item is None:
            found.append(_("“%(title)s” (%(was)s) was deleted.") % facts)
            continue
        facts |= {"new_title": item.title, "now": times(item)}
        if item.title != was.title:
            found.append(_("“%(title)s” is called “%(new_title)s” now.") % facts)
        if (item.starts_at, item.ends_at) != (was.starts_at, was.ends_at):
            found.append(_("“%(new_title)s” was at %(was)s and is at %(now)s now.") % facts)
        if item.title == was.title and item.rest != was.rest:
            found.append(_("Something else about “%(title)s” was changed.") % facts)
    found += [
        _("“%(title)s” (%(now)s) was added.") % {"title": item.title, "now": times(item)}
        for number, item in now.items()
        if number not in before
    ]
    return found
