"""The charter check of a trajectory as a PDF to attach to the proposal, by PDF/UA-1."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.papers import as_pdf
from moments.local import BRUSSELS
from moments.words import weekday_date
from procurement.charter import PRINCIPLES, Principle
from procurement.models import CharterAnswer, Trajectory

_PAGE = Path(__file__).parent / "charter.typ"


def charter_pdf(trajectory: Trajectory, *, now: datetime) -> bytes:
    """The questions and answers as they are now, in the active language."""
    return as_pdf(_PAGE, _data(trajectory, now))


def _data(trajectory: Trajectory, now: datetime) -> dict[str, Any]:
    answers = {row.principle: row for row in trajectory.charter_answers.all()}
    facts = {
        _("Organisation"): trajectory.organisation_name,
        _("Call"): trajectory.call.title if trajectory.call else "",
        _("Target deadline"): trajectory.deadline.closing.wording() if trajectory.deadline else "",
    }
    return {
        "title": trajectory.title,
        "heading": _("Check against the charter"),
        "organisation": trajectory.organisation_name,
        "language": get_language() or "nl",
        "footer": weekday_date(now.astimezone(BRUSSELS).date()),
        "facts": [{"label": label, "value": value} for label, value in facts.items() if value],
        "principles": [_said(one, answers.get(one.code)) for one in PRINCIPLES],
    }


def _said(principle: Principle, answer: CharterAnswer | None) -> dict[str, Any]:
    who = [answer.responsible] if answer and answer.responsible else []
    if answer and answer.due_date:
        who.append(_("by %(day)s") % {"day": weekday_date(answer.due_date)})
    verdict = CharterAnswer.Verdict(answer.verdict) if answer else CharterAnswer.Verdict.OPEN
    return {
        "title": f"{principle.number}. {principle.title}",
        "question": str(principle.question),
        "verdict": capfirst(str(verdict.label)),
        "answer": answer.answer.splitlines() if answer else [],
        "who": ", ".join(who),
    }
