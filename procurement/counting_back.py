"""The to-do list of a trajectory: the steps of its call, and our advice, counted back from it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moments.local import BRUSSELS
from procurement.models import Deadline, Trajectory
from procurement.path import ROUND
from procurement.working_days import working_days_before

# Our advice, no rule of any call: how many working days before the target a step is best finished.
ADVICE: tuple[tuple[str, int, str | Promise], ...] = (
    ("needs-analysis", 60, gettext_lazy("Write down the need: who has the problem, and how often")),
    ("market-consultation", 40, gettext_lazy("Ask the market what exists")),
    ("charter", 20, gettext_lazy("Answer the questions of the charter")),
    ("write", 15, gettext_lazy("Have a first version of the proposal")),
    ("approval", 10, gettext_lazy("Ask for approval within your organisation")),
    ("submit", 2, gettext_lazy("Submit: keep the last day for mishaps")),
)


@dataclass(frozen=True)
class ToDo:
    """One thing to do by a day; `when` says it in words where it is a step of the call."""

    code: str
    title: str
    due_date: date
    when: str
    is_advice: bool
    is_done: bool
    is_late: bool


def to_do(trajectory: Trajectory, now: datetime) -> list[ToDo]:
    """What there is to do, the first day first; empty while no deadline is aimed at."""
    target = trajectory.deadline
    if target is None or target.is_cancelled:
        return []
    done = set(trajectory.done_steps.values_list("code", flat=True))
    last_day = target.closing.last_day
    found = [
        (code, str(title), working_days_before(last_day, days), "", True)
        for code, days, title in ADVICE
        if code != "charter" or trajectory.buys_ai
    ]
    found += _steps(target)
    today = now.astimezone(BRUSSELS).date()
    # A step of the call comes before advice for the same day.
    found.sort(key=lambda one: (one[2], one[4]))
    return [
        ToDo(code, title, due, when, is_advice, code in done, due < today and code not in done)
        for code, title, due, when, is_advice in found
    ]


def _steps(target: Deadline) -> list[tuple[str, str, date, str, bool]]:
    """The steps of the call up to the target, and the days to ask for an intake talk."""
    steps = Deadline.objects.filter(
        call=target.call_id,
        cancelled_at=None,
        closes_at__lte=target.closes_at,
        closes_at__gt=target.closes_at - min(ROUND, timedelta(days=300)),
    ).select_related("call")
    found = []
    for step in steps:
        # An earlier cut-off of the same year is another round's.
        if step.kind == Deadline.Kind.SUBMISSION and step.pk != target.pk:
            continue
        ask_by = step.latest_day_to_ask
        if ask_by is not None:
            title = _("Ask for the intake talk")
            found.append((f"ask-{step.pk}", title, ask_by, "", False))
        closing = step.closing
        found.append((f"step-{step.pk}", step.step, closing.last_day, closing.wording(), False))
    return found


def codes_of(trajectory: Trajectory, now: datetime) -> set[str]:
    """The codes that the list has now."""
    return {one.code for one in to_do(trajectory, now)}
