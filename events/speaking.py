"""Who speaks at an agenda item, as lines of text: `Name, role`."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.names import matching_key
from events.models import AgendaItem, Contribution, Speaker


@dataclass(frozen=True)
class Named:
    """Somebody as a line of text names them."""

    name: str
    role: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.role) if part)


def as_lines(item: AgendaItem) -> str:
    """The speakers of an item, one a line."""
    contributions = item.contributions.select_related("speaker").order_by("position", "pk")
    return "\n".join(
        str(Named(contribution.speaker.name, contribution.role or ""))
        for contribution in contributions
    )


def from_lines(text: str) -> list[Named]:
    """Name and role of each line that says something."""
    parts = [line.strip(" ,").partition(",") for line in text.splitlines()]
    return [Named(name.strip(), role.strip()) for name, _comma, role in parts if name.strip()]


def validate_lines(text: str) -> None:
    """Raise ValidationError for a name or role that is too long to keep."""
    name_field, role_field = Speaker._meta.get_field("name"), Contribution._meta.get_field("role")
    for person in from_lines(text):
        is_long = len(person.name) > (name_field.max_length or 0)
        if is_long or len(person.role) > (role_field.max_length or 0):
            raise ValidationError(
                _("“%(name)s” is too long: write one speaker a line, as name, role.")
                % {"name": f"{person.name[:60]}…"}
            )


@dataclass(frozen=True)
class Part:
    """What a speaker does at an item; an organisation of None leaves what is known."""

    speaker: Speaker
    role: str
    organisation: Organisation | None = None


@transaction.atomic
def set_from_lines(item: AgendaItem, text: str) -> None:
    """Make the speakers of an item those of the lines, in that order; known people are reused."""
    set_speakers(
        item, [Part(speaker_named(person.name), person.role) for person in from_lines(text)]
    )


@transaction.atomic
def set_speakers(item: AgendaItem, parts: Iterable[Part]) -> None:
    """Make the speakers of an item these, in that order; contributions that stay are kept."""
    kept = []
    for position, part in enumerate(parts):
        contribution, _is_new = item.contributions.get_or_create(speaker=part.speaker)
        organisation = part.organisation or contribution.organisation
        before = (contribution.role or "", contribution.position, contribution.organisation)
        if before != (part.role, position, organisation):
            contribution.role, contribution.position = part.role, position
            contribution.organisation = organisation
            contribution.save()
        kept.append(contribution.pk)
    item.contributions.exclude(pk__in=kept).delete()


def speaker_named(name: str) -> Speaker:
    """The speaker of this name, made if not known.

    Different names can leave the same short address, those in other scripts none at all.
    """
    slug = stem = slugify(name)[:90] or "spreker"
    number = 1
    while True:
        speaker, _is_new = Speaker.objects.get_or_create(slug=slug, defaults={"name": name})
        if matching_key(speaker.name) == matching_key(name):
            return speaker
        number += 1
        slug = f"{stem}-{number}"
