"""An agenda as a text that reads back as the same agenda."""

import re
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from events.models import AgendaItem
from events.pasting.lines import PastedItem, Reader, ReadLine
from events.pasting.titles import kind_of
from events.speaking import Named
from moments import words

_SPEAKER_LABELS = {"nl": "Spreker", "fr": "Orateur", "en": "Speaker"}
_DESCRIPTION_LABELS = {"nl": "Toelichting", "fr": "Précisions", "en": "Description"}


def as_text(items: Iterable[PastedItem], *, zone: ZoneInfo) -> str:
    """An agenda as a text that `read` reads as the same agenda, in the active language.

    A semicolon in somebody's role becomes a comma: it would start the next speaker.
    """
    return "".join(f"{line}\n" for item in items for line in _written(item, zone, 0, ""))


def _written(item: PastedItem, zone: ZoneInfo, depth: int, track: str) -> Iterator[str]:
    margin = "  " * depth
    people = [Named(p.name, p.role.replace(";", ",")) for p in item.speakers]
    start = f"{margin}• {words.time_range(item.starts_at, item.ends_at, zone)} {item.title}"
    marks = _marks(item, track)
    in_brackets = f" ({'; '.join(map(str, people))})" if people else ""
    if _reads_as(f"{start}{in_brackets}{marks}", item.title, people):
        yield f"{start}{in_brackets}{marks}"
    else:
        yield f"{start} (){marks}"
        for person in people:
            yield f"{margin}    {_said(_SPEAKER_LABELS)}: {person}"
    for line in item.description.splitlines():
        plain = f"{margin}    {line}"
        is_plain = _is_explanation(plain, line)
        yield plain if is_plain else f"{margin}    {_said(_DESCRIPTION_LABELS)}: {line}".rstrip()
    for child in item.children:
        yield from _written(child, zone, depth + 1, item.track)


def _said(labels: dict[str, str]) -> str:
    return labels.get((get_language() or "")[:2], labels["en"])


def _marks(item: PastedItem, track: str) -> str:
    """What the text would not say by itself, in square brackets."""
    marks = []
    name = re.sub(r"[\[\]]", "", item.track)
    if not item.children and kind_of(item.title, bool(item.speakers)) != item.kind:
        marks.append(str(AgendaItem.Kind(item.kind).label))
    if item.is_parallel:
        marks.append(f"parallel: {name}" if name else "parallel")
    elif name and item.track != track:
        marks.append(f"track: {name}")
    return "".join(f" [{mark}]" for mark in marks)


def _reads_as(line: str, title: str, people: list[Named]) -> bool:
    reader = Reader()
    reader.take(ReadLine(1, line))
    found = [draft.title for draft in reader.drafts]
    return len(found) == 1 and (found[0].title_with_track or found[0].title, found[0].speakers) == (
        title,
        people,
    )


def _is_explanation(line: str, text: str) -> bool:
    reader = Reader()
    reader.take(ReadLine(1, "• 0:00 – 0:01 x"))
    reader.take(ReadLine(2, line))
    return reader.drafts[0].description == [text]
