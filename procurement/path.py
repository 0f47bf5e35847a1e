"""The way through a call, step by step, with where one is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from moments import words
from procurement.calendars import latest_move
from procurement.models import Deadline

# Steps further back belong to a round of before.
ROUND = timedelta(days=366)


@dataclass(frozen=True)
class Step:
    """One step, as components/steps.html takes it; `state` is done, current, coming or past."""

    title: str
    when: str
    text: str
    state: str


@dataclass(frozen=True)
class Path:
    """The steps of the round that counts, and the deadlines of earlier ones, the latest first."""

    steps: list[Step]
    earlier: list[Deadline]


def path_of(deadlines: Sequence[Deadline], now: datetime) -> Path:
    """The path through a call; `deadlines` in order of time, with their changes.

    The first deadline to meet that is not past is where one is. Without one, all of it is past.
    """
    coming = [row for row in deadlines if row.closes_at > now and row.cancelled_at is None]
    current = next((row for row in coming if row.kind != Deadline.Kind.DECISION), None)
    anchor = current or (deadlines[-1] if deadlines else None)
    if anchor is None:
        return Path([], [])
    earlier = [row for row in deadlines if row.closes_at < anchor.closes_at - ROUND]
    return Path(
        [step for row in deadlines if row not in earlier for step in _steps_of(row, current, now)],
        earlier[::-1],
    )


def _steps_of(deadline: Deadline, current: Deadline | None, now: datetime) -> list[Step]:
    """The deadline, after the day to ask for an intake talk where there is one."""
    steps = []
    is_here = current is not None and deadline.pk == current.pk
    ask_by = deadline.latest_day_to_ask
    if ask_by is not None and deadline.cancelled_at is None:
        can_ask = now.astimezone(deadline.zone).date() <= ask_by
        asking = "current" if is_here and can_ask else "coming" if can_ask else "done"
        steps.append(_asking(deadline, ask_by, "past" if current is None else asking))
        is_here = is_here and not can_ask
    state = "coming" if deadline.closes_at > now else "done"
    if deadline.cancelled_at is not None or current is None:
        state = "past"
    elif is_here:
        state = "current"
    steps.append(
        Step(
            _("%(label)s: %(value)s")
            % {"label": deadline.step, "value": deadline.closing.wording()},
            # Until when exactly no longer matters of what is past.
            deadline.closing.reading() if deadline.closes_at > now else "",
            " ".join(_remarks(deadline, state, now)),
            state,
        )
    )
    return steps


def _asking(deadline: Deadline, ask_by: date, state: str) -> Step:
    term = _("At least %(number)s working days before the next step.") % {
        "number": deadline.intake_working_days
    }
    return Step(
        _("Ask for the intake talk"),
        _("%(day)s at the latest") % {"day": words.weekday_date(ask_by)},
        " ".join([_("You are here."), term]) if state == "current" else term,
        state,
    )


def _remarks(deadline: Deadline, state: str, now: datetime) -> list[str]:
    """What there is to say about a step, in sentences."""
    if deadline.cancelled_at is not None:
        return [_("This date was cancelled.")]
    remarks = []
    if state == "current":
        left = words.days_left(deadline.closes_at, now, deadline.zone)
        remarks.append(_("You are here: %(days_left)s.") % {"days_left": left})
    move = latest_move(deadline)
    if move is not None:
        remarks.append(f"{capfirst(move.date_sentence())}.")
    if deadline.closes_at > now:
        remarks += _conditions(deadline)
    else:
        remarks.append(_("Past."))
    if deadline.outcome:
        remarks.append(deadline.outcome)
    return remarks


def _conditions(deadline: Deadline) -> list[str]:
    conditions = []
    if not deadline.is_mandatory:
        conditions.append(_("This step is not mandatory."))
    if deadline.requires is not None:
        conditions.append(
            _("Only for who took this step: %(step)s.")
            % {"step": deadline.requires.get_kind_display()}
        )
    if not deadline.is_confirmed:
        conditions.append(_("This date is still to be confirmed."))
    return conditions
