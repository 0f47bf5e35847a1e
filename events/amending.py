"""Changing one's own details, what one told about what one needs, and what one agreed to."""

from datetime import datetime

from django.db import transaction

from events.models import Needs, Registration
from events.registering import name_organisation

DETAILS = ("name", "organisation_name", "job_title", "language")


@transaction.atomic
def change_details(
    registration: Registration, *, name: str, organisation_name: str, job_title: str, language: str
) -> list[str]:
    """Change what somebody filled in about themselves; the names of the fields that changed.

    Not the e-mail address: who has another one passes their place on to it. The calendar entry
    stays as it is.
    """
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    before = [getattr(fresh, field) for field in DETAILS]
    fresh.name = " ".join(name.split())
    fresh.job_title = job_title.strip()
    fresh.language = language
    if organisation_name.strip() != fresh.organisation_name:
        name_organisation(fresh, organisation_name)
    changed = [
        field for field, was in zip(DETAILS, before, strict=True) if getattr(fresh, field) != was
    ]
    if changed:
        fresh.save(update_fields=[*DETAILS, "organisation", "organisation_key"])
    return changed


@transaction.atomic
def set_needs(registration: Registration, *, access: str, diet: str, now: datetime) -> bool:
    """Keep what somebody needs, agreed to at `now`, or erase it where both are empty.

    Whether anything changed.
    """
    kept = Needs.objects.select_for_update().filter(registration=registration).first()
    was = (kept.access, kept.diet) if kept else ("", "")
    if (access, diet) == was:
        return False
    if not access and not diet:
        Needs.objects.filter(registration=registration).delete()
        return True
    Needs.objects.update_or_create(
        registration=registration,
        defaults={"access": access, "diet": diet, "consented_at": now},
    )
    return True


def withdraw_consents(registration: Registration) -> bool:
    """Forget what somebody agreed to when they registered; whether there was anything."""
    gone, _rows = registration.consents.all().delete()
    return gone > 0
