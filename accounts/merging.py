"""Merging two organisations that turn out to be one, and undoing that.

Which rows point to an organisation is asked of the models themselves, so that a table added later
is moved too.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, ManyToOneRel, Model
from django.utils.translation import gettext as _

from accounts import directory
from accounts.auditing import Actor, record
from accounts.models import (
    Action,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    OrganisationKey,
    OrganisationMerge,
)

AT_ONCE = 500
NAMES = ("name", "abbreviation")


class CannotMerge(Exception):
    """The two cannot be merged; the text is a sentence for the administrator."""


@dataclass(frozen=True)
class Moving:
    """How many rows of one sort a merge moves, and what they are called."""

    label: str
    number: int


def pointers() -> list[Any]:
    """Every column that names an organisation, except of what is derived from its names."""
    return [
        relation.field
        for relation in Organisation._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.related_model is not OrganisationKey
    ]


def preview(gone: Organisation) -> list[Moving]:
    """What points to an organisation, and so goes along when it is merged into another."""
    counts: dict[str, int] = {}
    for field in pointers():
        # A table that only joins two others is called after the one that holds the field.
        model = field.model._meta.auto_created or field.model
        label = str(model._meta.verbose_name_plural)
        number = _rows(field).filter(**{field.name: gone.pk}).count()
        counts[label] = counts.get(label, 0) + number
    return [Moving(label, number) for label, number in counts.items() if number]


def is_used(organisation: Organisation) -> bool:
    """Whether anything points to an organisation besides its own names and domains."""
    own = {OrganisationAlias, OrganisationDomain}
    return any(
        _rows(field).filter(**{field.name: organisation.pk}).exists()
        for field in pointers()
        if field.model not in own
    )


@transaction.atomic
def merge(gone: Organisation, kept: Organisation, *, by: Actor, now: datetime) -> OrganisationMerge:
    """Let one organisation go up in another: all that pointed to it points to the other from now.

    What cannot be there twice, such as the same name, goes with it. Who registers at this moment
    waits for it, and finds the one that stays. Raises `CannotMerge`.
    """
    gone, kept = _locked(gone, kept)
    facts: dict[str, Any] = {"organisation": _remembered(gone)}
    if kept.lies_below(gone):
        # Else it would come to lie below itself.
        facts["parent_of_kept"] = [kept.parent_id, gone.parent_id]
        Organisation.objects.filter(pk=kept.pk).update(parent=gone.parent_id)
    moved: dict[str, list[int]] = {}
    dropped: list[dict[str, Any]] = []
    for field in pointers():
        numbers = list(
            _rows(field).filter(**{field.name: gone.pk}).order_by("pk").values_list("pk", flat=True)
        )
        refused = _point(field, numbers, kept.pk)
        moved[_label(field)] = [number for number in numbers if number not in set(refused)]
        for row in _rows(field).filter(pk__in=refused):
            dropped.append(_remembered(row))
            row.delete()
    facts["dropped"] = dropped
    gone_name = str(gone)
    names = _names_of(gone)
    Organisation.objects.get(pk=gone.pk).delete()
    facts["aliases"] = _take_over(kept, names)
    directory.index_names(kept)
    merged = OrganisationMerge.objects.create(
        kept=kept,
        gone_name=gone_name[:200],
        facts=facts,
        moved=moved,
        merged_by=by.user,
        merged_at=now,
    )
    number = sum(map(len, moved.values()))
    record(Action.ORGANISATION_MERGED, by=by, now=now, about=merged, rows=number)
    return merged


def _locked(gone: Organisation, kept: Organisation) -> tuple[Organisation, Organisation]:
    """Both as they are now, held in the order of their numbers, so that two merges queue."""
    if gone.pk == kept.pk:
        raise CannotMerge(_("An organisation cannot be merged into itself."))
    rows = Organisation.objects.select_for_update(of=("self",)).order_by("pk")
    held = {row.pk: row for row in rows.filter(pk__in=[gone.pk, kept.pk])}
    if len(held) < 2:
        raise CannotMerge(_("Somebody else has just merged one of these. Look at the list again."))
    return held[gone.pk], held[kept.pk]


@transaction.atomic
def undo(merged: OrganisationMerge, *, by: Actor, now: datetime) -> Organisation | None:
    """Bring back the organisation that went, with what pointed to it; None if it was done before.

    Rows that were deleted since, or point elsewhere by now, stay as they are.
    """
    kept = Organisation.objects.select_for_update(of=("self",)).filter(merges=merged.pk).first()
    merged = OrganisationMerge.objects.select_for_update(of=("self",)).get(pk=merged.pk)
    if kept is None or kept.pk != merged.kept_id:
        raise CannotMerge(_("Somebody else has just merged one of these. Look at the list again."))
    if merged.undone_at is not None:
        return None
    for number, name in merged.facts["aliases"]:
        kept.aliases.filter(pk=number, name=name).delete()
    gone, parent = _brought_back(merged.facts["organisation"])
    for label, numbers in merged.moved.items():
        model, _dot, name = label.rpartition(".")
        field = apps.get_model(model)._meta.get_field(name)
        _point(field, _still_there(field, numbers, kept.pk), gone.pk)
    for facts in merged.facts["dropped"]:
        _restore(facts)
    _put_below(gone, parent)
    if "parent_of_kept" in merged.facts:
        former, given = merged.facts["parent_of_kept"]
        kept.refresh_from_db()
        if kept.parent_id == given:
            _put_below(kept, former)
    directory.index_names(kept)
    directory.index_names(gone)
    merged.undone_at = now
    merged.save(update_fields=["undone_at"])
    record(Action.ORGANISATION_UNDONE, by=by, now=now, about=merged)
    return gone


# Rows --------------------------------------------------------------------------------------------


def _rows(field: Any) -> Any:
    """All rows of a table, whatever its own manager leaves out."""
    return field.model._base_manager.all()


def _label(field: Any) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"


def _point(field: Any, numbers: Sequence[int], to: int) -> list[int]:
    """Let rows point to an organisation; the numbers of those that a constraint holds back."""
    try:
        with transaction.atomic():
            for start in range(0, len(numbers), AT_ONCE):
                some = _rows(field).filter(pk__in=numbers[start : start + AT_ONCE])
                some.update(**{field.name: to})
    except IntegrityError:
        if len(numbers) == 1:
            return list(numbers)
        middle = len(numbers) // 2
        return _point(field, numbers[:middle], to) + _point(field, numbers[middle:], to)
    return []


def _still_there(field: Any, numbers: Sequence[int], organisation: int) -> list[int]:
    """Those of the rows that are left and have not been pointed elsewhere."""
    found: list[int] = []
    for start in range(0, len(numbers), AT_ONCE):
        some = _rows(field).filter(pk__in=numbers[start : start + AT_ONCE])
        found += some.filter(**{field.name: organisation}).values_list("pk", flat=True)
    return found


def _remembered(row: Model) -> dict[str, Any]:
    """A row with all its columns, as JSON can hold it."""
    facts: dict[str, Any] = json.loads(serializers.serialize("json", [row]))[0]
    if isinstance(row, Organisation):
        # These show a language's own column.
        for name in NAMES:
            del facts["fields"][name]
    return facts


def _restore(facts: dict[str, Any]) -> None:
    """Put a remembered row back, unless what it points to is gone or its place is taken."""
    restored = next(serializers.deserialize("python", [facts], ignorenonexistent=True))
    for field in restored.object._meta.concrete_fields:
        target = getattr(restored.object, field.attname)
        if isinstance(field, ForeignKey) and target is not None:
            rows = field.remote_field.model._base_manager
            if not rows.filter(**{field.target_field.name: target}).exists():
                return
    try:
        with transaction.atomic():
            restored.save()
    except IntegrityError:
        return


def _brought_back(facts: dict[str, Any]) -> tuple[Organisation, int | None]:
    """The organisation as it was, at first below none, with the number of what it was part of."""
    fields = dict(facts["fields"])
    parent = fields.pop("parent")
    if Organisation.objects.filter(slug=fields["slug"]).exists():
        fields["slug"] = f"{fields['slug'][:60]}-{facts['pk']}"
    _restore(facts | {"fields": fields})
    return Organisation.objects.get(pk=facts["pk"]), parent


def _put_below(organisation: Organisation, parent: int | None) -> None:
    """Make an organisation part of another that is still there, unless that lies below it now."""
    above = Organisation.objects.filter(pk=parent or 0).first()
    if above is None or not above.lies_below(organisation):
        Organisation.objects.filter(pk=organisation.pk).update(parent=above)


def _names_of(organisation: Organisation) -> list[str]:
    """Its names and abbreviations in all languages, each once."""
    columns = [f"{name}_{code}" for name in NAMES for code, _label in settings.LANGUAGES]
    names = [getattr(organisation, column) for column in columns]
    return list(dict.fromkeys(name for name in names if name))


def _take_over(kept: Organisation, names: list[str]) -> list[tuple[int, str]]:
    """Let an organisation be found under more names; those it gained, with their numbers."""
    directory.index_names(kept)
    known = set(kept.keys.filter(is_loose=False).values_list("key", flat=True))
    gained = []
    for name in names:
        if directory.key_of(name) not in known:
            known.add(directory.key_of(name))
            alias = OrganisationAlias.objects.create(organisation=kept, name=name)
            gained.append((alias.pk, alias.name))
    return gained
