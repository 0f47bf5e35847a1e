"""The next round of a call: a draft with all that stays, and the steps moved to a new date."""

from datetime import date
from typing import Any

from django.db import models, transaction

from moments.edges import Closing
from procurement.models import Call, Deadline
from procurement.path import ROUND

_ROWS = ("amounts", "cofinancing", "eligibilities", "documents")


@transaction.atomic
def clone(call: Call, *, slug: str, title: str, submission_date: date | None) -> Call:
    """A draft with the texts and terms of a call; its steps so that one submits on that day.

    Each step keeps its edge, its hour and its distance in days; all are to be confirmed. Raises
    NoSuchMoment or NoSuchClosing where a step would fall on an hour that does not exist.
    """
    source = Call.objects.get(pk=call.pk)
    copy = Call.objects.get(pk=call.pk)
    _renew(copy)
    copy.slug, copy.status, copy.checked_date = slug, Call.Status.DRAFT, None
    copy.title_nl = title  # type: ignore[attr-defined]
    copy.save()
    copy.themes.set(source.themes.all())
    copy.organisers.set(source.organisers.all())
    for name in _ROWS:
        for row in getattr(source, name).order_by("pk"):
            _renew(row)
            row.call = copy
            row.save()
    if submission_date is not None:
        _move_steps(source, copy, submission_date)
    return copy


def _renew(row: models.Model) -> None:
    row.pk = None
    row._state.adding = True


def latest_round(call: Call) -> list[Deadline]:
    """The steps of the latest round, by their moment; empty where nobody ever had to submit."""
    steps = list(call.deadlines.filter(cancelled_at=None).order_by("closes_at", "pk"))
    last = _last_submission(steps)
    if last is None:
        return []
    return [step for step in steps if step.closes_at > last.closes_at - ROUND]


def _last_submission(steps: list[Deadline]) -> Deadline | None:
    submissions = [step for step in steps if step.kind == Deadline.Kind.SUBMISSION]
    return submissions[-1] if submissions else None


def _move_steps(source: Call, copy: Call, day: date) -> None:
    steps = latest_round(source)
    last = _last_submission(steps)
    if last is None:
        return
    moved_by = day - last.closing.said_date
    # Of several cut-offs in one year the last one stands for the round.
    kept = [step for step in steps if step.kind != Deadline.Kind.SUBMISSION or step == last]
    new_steps: dict[int, Deadline] = {}
    for step in kept:
        closing = step.closing
        moved = Closing.from_local(
            closing.edge,
            closing.local_date + moved_by,
            closing.local_time,
            closing.zone,
            hour_is_stated=closing.hour_is_stated,
        )
        values: dict[str, Any] = {
            "edge": moved.edge,
            "closes_at": moved.closes_at,
            "time_zone": step.time_zone,
            "is_hour_stated": moved.hour_is_stated,
        }
        new_steps[step.pk] = Deadline.objects.create(
            call=copy,
            kind=step.kind,
            is_confirmed=False,
            is_mandatory=step.is_mandatory,
            intake_working_days=step.intake_working_days,
            **values,
        )
    for step in kept:
        if step.requires_id in new_steps:
            new_step = new_steps[step.pk]
            new_step.requires = new_steps[step.requires_id]
            new_step.save(update_fields=["requires"])
