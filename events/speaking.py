"""Who speaks at an agenda item, as lines of text: `Name, role`."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.names import matching_key
from events.models import AgendaItem, Contribution, Speaker


def as_lines(item: AgendaItem) -> str:
    """The speakers of an item, one a line."""
    contributions = item.contributions.select_related("speaker").order_by("position", "pk")
    return "\n".join(
        ", ".join(part for part in (contribution.speaker.name, contribution.role) if part)
        for contribution in contributions
    )


def _named(text: str) -> list[tuple[str, str]]:
    """Name and role of each line that says something."""
    parts = [line.strip(" ,").partition(",") for line in text.splitlines()]
    return [(name.strip(), role.strip()) for name, _comma, role in parts if name.strip()]


def validate_lines(text: str) -> None:
    """Raise ValidationError for a name or role that is too long to keep."""
    name_field, role_field = Speaker._meta.get_field("name"), Contribution._meta.get_field("role")
    for name, role in _named(text):
        if len(name) > (name_field.max_length or 0) or len(role) > (role_field.max_length or 0):
            raise ValidationError(
                _("“%(name)s” is too long: write one speaker a line, as name, role.")
                % {"name": f"{name[:60]}…"}
            )


@transaction.atomic
def set_from_lines(item: AgendaItem, text: str) -> None:
    """Make the speakers of an item those of the lines, in that order; known people are reused."""
    kept = []
    for position, (name, role) in enumerate(_named(text)):
        contribution, _is_new = item.contributions.get_or_create(speaker=_speaker(name))
        if (contribution.role or "") != role or contribution.position != position:
            contribution.role, contribution.position = role, position
            contribution.save()
        kept.append(contribution.pk)
    item.contributions.exclude(pk__in=kept).delete()


def _speaker(name: str) -> Speaker:
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
