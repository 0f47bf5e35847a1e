"""The calls of the project's documents, and an example with a deadline in the near future."""

from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction

from accounts.models import Organisation, Programme, Theme
from accounts.seeding import per_language, rows
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.models import Call, Deadline

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
    """Add the calls that are not there yet, touching nothing that is; how many were added."""
    added = 0
    for facts in rows(FOLDER, "calls"):
        slug = facts.get("organisation")
        call, is_new = Call.objects.get_or_create(
            slug=facts["slug"],
            defaults={
                "programme": Programme.objects.get(slug=facts["programme"]),
                "organisation": Organisation.objects.get(slug=slug) if slug else None,
                "kind": facts["kind"],
                **per_language(facts, "title", "summary", "target_group"),
            },
        )
        if not is_new:
            continue
        added += 1
        call.themes.set(Theme.objects.filter(code__in=facts.get("themes", [])))
        for deadline in facts.get("deadlines", []):
            closing = Closing.from_local(
                Edge(deadline["edge"]), date.fromisoformat(deadline["date"]), None, BRUSSELS
            )
            call.deadlines.create(
                kind=deadline["kind"],
                edge=closing.edge,
                closes_at=closing.closes_at,
                is_hour_stated=deadline["is_hour_stated"],
                is_confirmed=deadline["is_confirmed"],
                source_phrase=deadline["source_phrase"],
            )
    return added


@transaction.atomic
def load_example(now: datetime) -> Call:
    """A call marked as an example, with a deadline some months ahead for whoever was inspired."""
    call, _is_new = Call.objects.get_or_create(
        slug="voorbeeld-innovatieve-aankooptrajecten",
        defaults={
            "programme": Programme.objects.get(slug="pio"),
            "organisation": Organisation.objects.get(slug="pio"),
            "kind": Call.Kind.RECURRING,
            "is_example": True,
            **per_language(EXAMPLE, "title", "target_group"),
        },
    )
    if not call.deadlines.coming(now).exists():
        day = now.astimezone(BRUSSELS).date() + timedelta(days=60)
        friday = day + timedelta(days=(4 - day.weekday()) % 7)
        closing = Closing.from_local(Edge.AT_TIME, friday, None, BRUSSELS)
        call.deadlines.create(
            kind=Deadline.Kind.SUBMISSION, edge=closing.edge, closes_at=closing.closes_at
        )
    return call
