"""The trajectories submitted to one's calls: by stage, and as a file."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.auditing import Actor, record
from accounts.models import Action, Programme, User
from accounts.spreadsheets import as_csv
from moments.local import BRUSSELS
from procurement.models import (
    BEFORE_SUBMITTING,
    Call,
    CharterAnswer,
    Stage,
    Trajectory,
    TrajectoryQuerySet,
)


def submitted(user: User, call: Call | None = None) -> TrajectoryQuerySet:
    """What is submitted to the calls one organises, or to one of them, the oldest first."""
    rows = Trajectory.objects.submitted_to(user)
    if call is not None:
        rows = rows.filter(call=call)
    return (
        rows.select_related("call__programme", "deadline__call", "organisation")
        .prefetch_related("members", "charter_answers")
        .order_by("submitted_at", "pk")
    )


def by_stage(trajectories: Iterable[Trajectory]) -> list[tuple[Stage, list[Trajectory]]]:
    """The board: each stage after submitting, with what is in it."""
    rows = list(trajectories)
    return [
        (stage, [row for row in rows if row.stage == stage])
        for stage in Stage
        if stage not in BEFORE_SUBMITTING
    ]


def note_look(trajectories: Iterable[Trajectory], *, by: Actor, now: datetime) -> None:
    """Write down, for each programme, how many trajectories with their owners were looked at."""
    _note(Action.TRAJECTORIES_SEEN, trajectories, by, now)


def _note(action: Action, trajectories: Iterable[Trajectory], by: Actor, now: datetime) -> None:
    numbers: Counter[Programme] = Counter(
        row.call.programme for row in trajectories if row.call is not None
    )
    for programme, number in numbers.items():
        record(action, by=by, now=now, programme=programme, rows=number)


@transaction.atomic
def export(trajectories: Iterable[Trajectory], *, by: Actor, now: datetime) -> str:
    """The board as a file for a spreadsheet; written down for each programme."""
    rows = list(trajectories)
    _note(Action.TRAJECTORIES_EXPORTED, rows, by, now)
    heads = (
        _("Title"), _("Problem"), _("Organisation"), _("Owner"), _("E-mail address"), _("Call"),
        _("Deadline"), _("Stage"), _("Submitted on"), _("Charter questions answered"),
    )  # fmt: skip
    return as_csv(heads, [_cells(row) for row in rows])


def _cells(row: Trajectory) -> tuple[str, ...]:
    owner, submitted_at = row.owner, row.submitted_at
    return (
        row.title,
        row.problem,
        row.organisation_name,
        owner.name if owner else "",
        owner.email if owner else "",
        row.call.title if row.call else "",
        row.deadline.closing.wording() if row.deadline else "",
        row.get_stage_display(),
        submitted_at.astimezone(BRUSSELS).date().isoformat() if submitted_at else "",
        str(answered(row)) if row.buys_ai else "",
    )


def answered(row: Trajectory) -> int:
    """How many principles of the charter have an answer; prefetch `charter_answers`."""
    answers = row.charter_answers.all()
    return sum(answer.verdict != CharterAnswer.Verdict.OPEN for answer in answers)
