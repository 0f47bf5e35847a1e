"""Moving and cancelling a published session, and whom that concerns."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from events import messages, registering, seating
from events.models import Registration, Session


class CannotMove(Exception):
    """The session cannot be moved so; the text is a sentence for the organiser."""


@dataclass(frozen=True)
class When:
    """A session's time."""

    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def move(
    session: Session,
    to: When,
    *,
    now: datetime,
    tell: bool = True,
    was: dict[str, str] | None = None,
) -> None:
    """Move a session to another time; its agenda moves along, registrants are told if it was known.

    The registration deadline stays what was announced, unless the session now ends before it:
    then `CannotMove` asks for an earlier deadline first. Moving to the same time changes nothing.
    Where a later start leaves time again, free seats go to the first in line. `was` is what
    `messages.as_told` said before, where more than the time was changed.
    """
    # Whoever is registering holds the seats and refers to this row: that must not exclude it.
    fresh = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    before = When(fresh.starts_at, fresh.ends_at)
    was = was or messages.as_told(fresh)
    if before == to:
        return
    if to.ends_at <= to.starts_at:
        raise CannotMove(_("A session ends after its start."))
    if before.ends_at >= fresh.registration_closes_at > to.ends_at:
        raise CannotMove(
            _("Registration would close after the end. Set an earlier registration deadline first.")
        )
    is_known = fresh.status == Session.Status.PUBLISHED
    zone = fresh.zone
    is_other_day = before.starts_at.astimezone(zone).date() != to.starts_at.astimezone(zone).date()
    fresh.starts_at, fresh.ends_at = to.starts_at, to.ends_at
    # Counted for a draft too: somebody may hold an entry from before it was taken back.
    fresh.sequence += 1
    if is_known:
        if to.starts_at != before.starts_at:
            fresh.moved_from = before.starts_at
        fresh.link_round += is_other_day
    fresh.save(
        update_fields=[
            "starts_at", "ends_at", "moved_from", "sequence", "link_round", "changed_at",
        ]
    )  # fmt: skip
    shift = to.starts_at - before.starts_at
    fresh.agenda_items.update(starts_at=F("starts_at") + shift, ends_at=F("ends_at") + shift)
    messages.stay_useful(fresh)
    if is_known:
        messages.tell_of_change(fresh, messages.Change.TIME, now=now, was=was, to_all=tell)
    seating.fill(fresh, now=now)
    session.refresh_from_db()


@transaction.atomic
def change_place(
    session: Session, *, now: datetime, tell: bool = True, was: dict[str, str] | None = None
) -> None:
    """Count a change of place that has just been saved, and tell it where the session is known.

    `was` is what `messages.as_told` said before; without it the mail tells the new place alone.
    """
    Session.objects.filter(pk=session.pk).update(sequence=F("sequence") + 1, changed_at=now)
    session.refresh_from_db()
    if session.status == Session.Status.PUBLISHED:
        messages.tell_of_change(session, messages.Change.PLACE, now=now, was=was, to_all=tell)


@transaction.atomic
def cancel_session(session: Session, *, now: datetime) -> int:
    """Cancel a published session and every registration for it; how many people are told.

    The reason has been saved on the session. Whoever is registering at this moment either still
    gets in and is told, or is refused: the seats are shut before anybody is told. Cancelling twice
    does nothing, nor does cancelling a draft.
    """
    changed = Session.objects.filter(pk=session.pk, status=Session.Status.PUBLISHED).update(
        status=Session.Status.CANCELLED, sequence=F("sequence") + 1, changed_at=now
    )
    session.refresh_from_db()
    if not changed:
        return 0
    seating.shut(session)
    told = 0
    for registration in session.registrations.named().live().order_by("pk"):
        told += registering.cancel(registration, now=now, by=Registration.CancelledBy.SESSION)
    return told
