"""Real calls and their rounds, and an example with a deadline in the near future."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Organisation, Programme, Theme
from accounts.seeding import per_language, rows
from moments.edges import Closing, Edge
from moments.local import BRUSSELS, start_of_day
from procurement.models import Call, Deadline, Figure
from procurement.phrases import read

FOLDER = Path(__file__).parent / "seed_data"
EXAMPLE = {
    "title": {
        "nl": "Voorbeeld: innovatieve aankooptrajecten",
        "fr": "Exemple : trajets d’achat innovant",
        "en": "Example: innovative procurement trajectories",
    },
    "target_group": {"nl": "Publieke diensten", "fr": "Services publics", "en": "Public services"},
}


@transaction.atomic
def load() -> int:
    """Add calls and figures that are not there yet, touching nothing that is; how many."""
    return _load_calls() + _load_figures()


def _load_calls() -> int:
    added = 0
    for facts in rows(FOLDER, "calls"):
        call, is_new = Call.objects.get_or_create(
            slug=facts["slug"],
            defaults={
                "programme": Programme.objects.get(slug=facts["programme"]),
                "status": Call.Status.PUBLISHED,
                "kind": facts["kind"],
                "application_language": facts.get("application_language", ""),
                "source": facts.get("source", ""),
                **per_language(
                    facts,
                    "title",
                    "summary",
                    "body",
                    "target_group",
                    "excluded_group",
                    "how_to_submit",
                ),
            },
        )
        if is_new:
            added += 1
            _add_terms(call, facts)
            for deadline in facts.get("deadlines", []):
                _add_deadline(call, deadline)
    return added


def _add_terms(call: Call, facts: dict[str, Any]) -> None:
    """Organisers, themes, who may submit, and the money."""
    call.organisers.set(Organisation.objects.filter(slug__in=facts.get("organisers", [])))
    call.themes.set(Theme.objects.filter(code__in=facts.get("themes", [])))
    for group, may_submit in facts.get("groups", {}).items():
        call.eligibilities.create(group=group, may_submit=may_submit)
    for amount in facts.get("amounts", []):
        call.amounts.create(
            kind=amount["kind"],
            value=Decimal(amount["value"]),
            is_indicative=amount.get("is_indicative", False),
            is_part=amount.get("is_part", False),
            **per_language(amount, "label"),
        )
    for share in facts.get("cofinancing", []):
        call.cofinancing.create(
            kind=share["kind"],
            percentage=Decimal(share["percentage"]),
            **per_language(share, "group"),
        )


def closing_of(facts: dict[str, Any]) -> Closing:
    """The closing moment of a deadline in the file.

    As its words are read; where they have two meanings or there are none, the file names the edge.
    """
    day = date.fromisoformat(facts["date"])
    if "edge" not in facts:
        return read(facts["phrase"], date=day)
    is_hour_stated = facts.get("is_hour_stated", True)
    return Closing.from_local(
        Edge(facts["edge"]), day, None, BRUSSELS, hour_is_stated=is_hour_stated
    )


def _add_deadline(call: Call, facts: dict[str, Any]) -> None:
    closing = closing_of(facts)
    opens_date = facts.get("opens_date")
    requires = facts.get("requires")
    call.deadlines.create(
        kind=facts["kind"],
        edge=closing.edge,
        closes_at=closing.closes_at,
        opens_at=start_of_day(date.fromisoformat(opens_date), BRUSSELS) if opens_date else None,
        is_hour_stated=closing.hour_is_stated,
        is_confirmed=facts.get("is_confirmed", True),
        requires=call.deadlines.get(kind=requires) if requires else None,
        intake_working_days=facts.get("intake_working_days"),
        source_phrase=facts.get("phrase", ""),
        **per_language(facts, "outcome"),
    )


def _load_figures() -> int:
    added = 0
    for facts in rows(FOLDER, "figures"):
        _figure, is_new = Figure.objects.get_or_create(
            code=facts["code"],
            defaults={
                "value": Decimal(facts["value"]),
                "currency": facts["currency"],
                **per_language(facts, "title"),
            },
        )
        added += is_new
    return added


@transaction.atomic
def load_example(now: datetime) -> Call:
    """A call marked as an example, with a deadline some months ahead for whoever was inspired."""
    call, is_new = Call.objects.get_or_create(
        slug="voorbeeld-innovatieve-aankooptrajecten",
        defaults={
            "programme": Programme.objects.get(slug="pio"),
            "status": Call.Status.PUBLISHED,
            "kind": Call.Kind.RECURRING,
            "is_example": True,
            **per_language(EXAMPLE, "title", "target_group"),
        },
    )
    if is_new:
        call.organisers.set(Organisation.objects.filter(slug="pio"))
    if not call.deadlines.coming(now).exists():
        day = now.astimezone(BRUSSELS).date() + timedelta(days=60)
        friday = day + timedelta(days=(4 - day.weekday()) % 7)
        closing = Closing.from_local(Edge.AT_TIME, friday, None, BRUSSELS)
        call.deadlines.create(
            kind=Deadline.Kind.SUBMISSION, edge=closing.edge, closes_at=closing.closes_at
        )
    return call
