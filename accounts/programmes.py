"""Changing what a programme says of itself and how it looks."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.auditing import Actor, record
from accounts.models import Action, Programme, ProgrammeLogo
from accounts.pictures import Logo


@transaction.atomic
def change(
    programme: Programme, fields: Sequence[str], *, logo: Logo | None, by: Actor, now: datetime
) -> None:
    """Keep these fields, and the logo: another one, none any more (no bytes), or None: as it was.

    Only what changed, so that what another lead saved meanwhile stays.
    """
    fields = list(fields)
    if logo is not None:
        digest = hashlib.sha256(logo.content).hexdigest()[:16] if logo.content else ""
        if digest != programme.logo_digest:
            fields.append("logo_digest")
        _keep(programme, logo, digest)
    if not fields:
        return
    programme.save(update_fields=fields)
    record(
        Action.PROGRAMME_CHANGED,
        by=by,
        now=now,
        programme=programme,
        about=programme,
        fields=fields,
    )


def _keep(programme: Programme, logo: Logo, digest: str) -> None:
    if logo.content:
        ProgrammeLogo.objects.update_or_create(
            programme=programme, defaults={"content": logo.content}
        )
    else:
        ProgrammeLogo.objects.filter(programme=programme).delete()
    programme.logo_digest = digest
    programme.logo_width, programme.logo_height = logo.width, logo.height
    programme.save(update_fields=["logo_digest", "logo_width", "logo_height"])
