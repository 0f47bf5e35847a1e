"""Publishing a session, taking it back to draft, cancelling it; and who would hear of a change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.auditing import Actor
from accounts.models import Action
from events import editing, history, messages, rescheduling, seating, showing
from events.checking import checklist
from events.models import Registration, Session
from mailing.letters import Letter, NotWanted
from mailing.models import Message


class CannotPublish(Exception):
    """The session cannot be published, or taken back; the text is for the organiser."""


@transaction.atomic
def publish(session: Session, *, by: Actor, now: datetime) -> bool:
    """Let everybody see a draft; False if it was published already.

    Raises `CannotPublish` for what blocks it in the checklist, and for a cancelled session.
    """
    fresh = editing.locked(session)
    if fresh.status == Session.Status.PUBLISHED:
        return False
    if fresh.is_cancelled:
        raise CannotPublish(_("A cancelled session stays cancelled; make a new one."))
    blocking = [point.sentence for point in checklist(fresh, now) if point.blocks]
    if blocking:
        raise CannotPublish(" ".join(blocking))
    seating.reopen(fresh)
    _set_status(fresh, Session.Status.PUBLISHED, Action.SESSION_PUBLISHED, by, now)
    return True


@transaction.atomic
def unpublish(session: Session, *, by: Actor, now: datetime) -> bool:
    """Take a published session back to draft, as long as nobody has registered; False if it was.

    Raises `CannotPublish` where somebody has: they would find nothing at the address they know.
    """
    fresh = editing.locked(session)
    if fresh.status == Session.Status.DRAFT:
        return False
    if fresh.is_cancelled:
        raise CannotPublish(_("A cancelled session stays cancelled; make a new one."))
    # Whoever is registering at this moment is either seen here, or refused.
    seating.shut(fresh)
    if fresh.registrations.exists():
        raise CannotPublish(_("People have registered. Cancel the session, so that they know."))
    _set_status(fresh, Session.Status.DRAFT, Action.SESSION_UNPUBLISHED, by, now)
    return True


def _set_status(
    session: Session, status: Session.Status, action: Action, by: Actor, now: datetime
) -> None:
    history.keep_first(session, now=now)
    Session.objects.filter(pk=session.pk).update(status=status, changed_at=now)
    history.keep(session, by=by, now=now, action=action)


@transaction.atomic
def cancel(session: Session, reasons: dict[str, str], *, by: Actor, now: datetime) -> int:
    """Cancel a published session for a reason, given per language; how many people are told."""
    fresh = editing.locked(session)
    if fresh.status != Session.Status.PUBLISHED:
        return 0
    history.keep_first(fresh, now=now)
    _give_reason(fresh, reasons)
    told = rescheduling.cancel_session(fresh, now=now)
    history.keep(fresh, by=by, now=now, action=Action.SESSION_CANCELLED)
    return told


def _give_reason(session: Session, reasons: dict[str, str]) -> None:
    for code, reason in reasons.items():
        setattr(session, f"cancellation_reason_{code}", reason)
    session.save(update_fields=[f"cancellation_reason_{code}" for code in reasons])


# Trying out --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rehearsal:
    """Whom an act would mail: how many, and the letter as one of them would read it."""

    number: int
    letter: Letter | None


def rehearse(act: Callable[[], Any], session: Session, *, kind: str, now: datetime) -> Rehearsal:
    """Do something, see which mails of a kind it puts in for a session, and undo it all."""
    with transaction.atomic():
        last = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act()
        put_in = Message.objects.filter(
            kind=kind, pk__gt=last, object_id__in=session.registrations.values("pk")
        ).order_by("pk")
        letter = _letter_to_show(put_in.first(), now)
        rehearsal = Rehearsal(put_in.count() if letter else 0, letter)
        transaction.set_rollback(True)
    return rehearsal


def rehearse_cancelling(
    session: Session, reasons: dict[str, str], *, now: datetime
) -> Letter | None:
    """The mail that cancelling would send, as the first of those registered would read it."""
    first = session.registrations.live().order_by("pk").first()
    if first is None:
        return None

    def cancel_one() -> None:
        _give_reason(session, reasons)
        Session.objects.filter(pk=session.pk).update(status=Session.Status.CANCELLED)
        first.state, first.cancelled_at = Registration.State.CANCELLED, now
        first.cancelled_by = Registration.CancelledBy.SESSION
        first.save(update_fields=["state", "cancelled_at", "cancelled_by"])
        messages.tell_of_cancellation(first, now=now)

    letter = rehearse(cancel_one, session, kind=messages.SESSION_CANCELLED, now=now).letter
    session.refresh_from_db()
    return letter


def _letter_to_show(message: Message | None, now: datetime) -> Letter | None:
    """The letter of a message as an organiser may see it; None for one that would be dropped."""
    if message is None:
        return None
    try:
        letter = messages.compose(message, now)
    except NotWanted:  # the session is over: nobody hears of it any more
        return None
    return showing.blotted(letter, Registration.objects.get(pk=message.object_id))
