"""A pasted list of dates: each line read with its step and its edge, shown, and only then saved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from moments.edges import Closing
from procurement.changing import Edit, hold, save_deadline
from procurement.models import Call, Change, Deadline
from procurement.phrases import Ambiguous, Unreadable, read

MOST_CHARACTERS = 10_000
MOST_LINES = 60

# The first that fits counts: "vooraanmelding" before the "aanmelden" of a submission.
_STEPS = (
    (Deadline.Kind.INTAKE, r"intake|voorgesprek|kennismakingsgesprek"),
    (Deadline.Kind.PRE_NOTIFICATION, r"vooraanmeld|voor-aanmeld|aankondigingsformulier"),
    (Deadline.Kind.DECISION, r"besliss|beslist|bekendmak|uitslag"),
)


class CannotPaste(Exception):
    """What was chosen does not fit what was pasted; the text is a sentence for the organiser."""


@dataclass(frozen=True)
class PastedLine:
    """One line as it was understood: no reading, one, or several to choose from."""

    number: int
    text: str
    kind: Deadline.Kind
    readings: tuple[Closing, ...]
    problem: str
    is_known: bool
    """The call has this step at this moment already."""

    @property
    def is_clear(self) -> bool:
        """Whether it can be saved without a choice."""
        return len(self.readings) == 1 and not self.is_known


@dataclass(frozen=True)
class Choice:
    """What the organiser made of a line: which step, which of its readings (from 0)."""

    kind: Deadline.Kind
    reading: int


def read_lines(call: Call, text: str, *, year: int | None = None) -> list[PastedLine]:
    """Every line that says something, read in the call's own words; nothing is saved."""
    known = set(call.deadlines.values_list("kind", "closes_at"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    said = [line for line in lines if line][:MOST_LINES]
    return [_read(number, line, year, known) for number, line in enumerate(said, start=1)]


def _read(number: int, line: str, year: int | None, known: set[tuple[str, datetime]]) -> PastedLine:
    kind = _step(line)
    readings: tuple[Closing, ...] = ()
    problem = ""
    try:
        readings = (read(line, year=year),)
    except Ambiguous as doubt:
        readings, problem = doubt.readings, str(doubt)
    except Unreadable as refusal:
        problem = str(refusal)
    is_known = len(readings) == 1 and (kind.value, readings[0].closes_at) in known
    return PastedLine(number, line, kind, readings, problem, is_known)


def _step(line: str) -> Deadline.Kind:
    """The step that a line names; a line that names none is about submitting."""
    words = line.lower()
    return next(
        (kind for kind, pattern in _STEPS if re.search(pattern, words)), Deadline.Kind.SUBMISSION
    )


@transaction.atomic
def save_lines(
    call: Call, lines: list[PastedLine], choices: Mapping[int, Choice], edit: Edit
) -> list[Change | None]:
    """Save the lines that were chosen, by their numbers; what changed for who follows the call.

    A step that the call has at that moment already is left as it is. Raises CannotPaste.
    """
    hold(call)
    known = set(call.deadlines.values_list("kind", "closes_at"))
    changes = []
    for line in lines:
        choice = choices.get(line.number)
        if choice is None:
            continue
        if not 0 <= choice.reading < len(line.readings):
            raise CannotPaste(_("Choose what this means: “%(line)s”.") % {"line": line.text[:80]})
        closing = line.readings[choice.reading]
        if (choice.kind.value, closing.closes_at) in known:
            continue
        known.add((choice.kind.value, closing.closes_at))
        changes.append(save_deadline(_deadline(call, line, choice.kind, closing), edit))
    return changes


def _deadline(call: Call, line: PastedLine, kind: Deadline.Kind, closing: Closing) -> Deadline:
    return Deadline(
        call=call,
        kind=kind,
        edge=closing.edge,
        closes_at=closing.closes_at,
        time_zone=closing.zone.key,
        is_hour_stated=closing.hour_is_stated,
        source_phrase=line.text[:200],
    )
