"""The themes, the organisation directory and the programmes, from files that go with the code."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts import directory
from accounts.models import CharterSignature, Organisation, Programme, Theme

FOLDER = Path(__file__).parent / "seed_data"


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """The facts in one file."""
    facts: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return facts


def per_language(facts: dict[str, Any], *fields: str) -> dict[str, str]:
    """The columns per language of texts that are given per language: `title_nl` and so on."""
    return {
        f"{field}_{language}": text
        for field in fields
        for language, text in facts.get(field, {}).items()
    }


@transaction.atomic
def load() -> int:
    """Add what is not there yet, touching nothing that is; how many rows were added."""
    return _load_themes() + _load_organisations() + _load_programmes()


def _load_themes() -> int:
    added = 0
    for facts in rows(FOLDER, "themes"):
        texts = per_language(facts, "title", "short_title", "summary")
        _theme, is_new = Theme.objects.get_or_create(
            code=facts["code"], defaults={"number": facts["number"], **texts}
        )
        added += is_new
    return added


def _load_organisations() -> int:
    added = 0
    for facts in rows(FOLDER, "organisations"):
        parent = facts.get("parent")
        organisation, is_new = Organisation.objects.get_or_create(
            slug=facts["slug"],
            defaults={
                "kind": facts["kind"],
                "level": facts["level"],
                "parent": Organisation.objects.get(slug=parent) if parent else None,
                **per_language(facts, "name", "abbreviation"),
            },
        )
        if not is_new:
            continue
        added += 1
        for alias in facts.get("aliases", []):
            organisation.aliases.create(name=alias)
        if facts.get("signed_charter"):
            CharterSignature.objects.create(organisation=organisation)
        directory.index_names(organisation)
    return added


def _load_programmes() -> int:
    added = 0
    for facts in rows(FOLDER, "programmes"):
        slug = facts.get("organisation")
        _programme, is_new = Programme.objects.get_or_create(
            slug=facts["slug"],
            defaults={
                "organisation": Organisation.objects.get(slug=slug) if slug else None,
                "contact_name": facts.get("contact_name", ""),
                "contact_email": facts.get("contact_email", ""),
                **per_language(facts, "name", "full_name"),
            },
        )
        added += is_new
    return added
