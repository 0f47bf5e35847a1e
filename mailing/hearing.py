"""What a provider lets know of mails that left, and the addresses that get no mail any more."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.names import address_key, one_line
from mailing.models import Message, SuppressedAddress

logger = logging.getLogger("mailing")

Outcome = Message.Outcome

_OUTCOMES = {
    EventType.DELIVERED: Outcome.DELIVERED,
    EventType.BOUNCED: Outcome.BOUNCED,
    EventType.REJECTED: Outcome.BOUNCED,
    EventType.FAILED: Outcome.BOUNCED,
    EventType.COMPLAINED: Outcome.COMPLAINED,
}
# What may be replaced by what: news may come twice and in any order, and the worst of it stays.
_REPLACEABLE = {
    Outcome.DELIVERED: [Outcome.UNKNOWN],
    Outcome.BOUNCED: [Outcome.UNKNOWN, Outcome.DELIVERED],
    Outcome.COMPLAINED: [Outcome.UNKNOWN, Outcome.DELIVERED, Outcome.BOUNCED],
}


def hear(event: AnymailTrackingEvent, *, now: datetime) -> None:
    """Take over one event, as anymail reads it from what a provider sent."""
    outcome = _OUTCOMES.get(event.event_type)
    if outcome is None or not event.message_id:
        return
    is_heard = take_over(
        str(event.message_id),
        outcome,
        now=now,
        is_lasting=_is_lasting(event),
        reason=str(event.mta_response or event.description or "")[:500],
    )
    if not is_heard:
        logger.info("A provider told of a mail that is unknown, or nothing new")


@transaction.atomic
def take_over(
    number: str, outcome: Outcome, *, now: datetime, is_lasting: bool = True, reason: str = ""
) -> bool:
    """Write what became of a mail, by its Message-ID or its provider's number; whether it was news.

    A lasting bounce and a complaint suppress the address. What is heard again changes nothing, so
    that a repeated call does not undo what an administrator cleared meanwhile.
    """
    if not number.isascii() or not number.isprintable():
        return False  # no number of ours or of a provider's; the database may not even take it
    message = (
        Message.objects.filter(Q(provider_id=number) | Q(message_id__in=[number, f"<{number}>"]))
        .order_by("pk")
        .first()
    )
    if message is None:
        return False
    is_news = Message.objects.filter(pk=message.pk, outcome__in=_REPLACEABLE[outcome]).update(
        outcome=outcome
    )
    if is_news and message.recipient and _suppresses(outcome, is_lasting):
        SuppressedAddress.objects.update_or_create(
            address=address_key(message.recipient),
            defaults={
                "outcome": outcome,
                "reason": one_line(reason.encode(errors="replace").decode()),
                "suppressed_at": now,
            },
        )
    return bool(is_news)


def _suppresses(outcome: Outcome, is_lasting: bool) -> bool:
    return outcome == Outcome.COMPLAINED or (outcome == Outcome.BOUNCED and is_lasting)


def _is_lasting(event: AnymailTrackingEvent) -> bool:
    """Whether the address itself is at fault; a full mailbox or a refused text is not that."""
    if event.event_type != EventType.BOUNCED:
        return False
    raw: Any = event.esp_event if isinstance(event.esp_event, dict) else {}
    bounce = raw.get("bounce") if isinstance(raw.get("bounce"), dict) else {}
    return not (
        raw.get("event") == "soft_bounce"  # Brevo
        or raw.get("hard_bounce") is False  # Mailjet
        or raw.get("Type") == "SoftBounce"  # Postmark
        or bounce.get("bounceType") in {"Transient", "Undetermined"}  # Amazon SES
    )


def is_suppressed(address: str) -> bool:
    """Whether an address gets no mail any more."""
    return SuppressedAddress.objects.filter(address=address_key(address)).exists()


def suppressed_of(messages: Sequence[Message]) -> dict[int, SuppressedAddress]:
    """By the numbers of messages, what is known of those receivers who get no mail any more."""
    known = {row.address: row for row in suppressed(each.recipient for each in messages)}
    keys = {each.pk: address_key(each.recipient) for each in messages}
    return {number: known[key] for number, key in keys.items() if key in known}


def suppressed(addresses: Iterable[str]) -> QuerySet[SuppressedAddress]:
    """Which of these addresses get no mail any more, and why."""
    return SuppressedAddress.objects.filter(
        address__in={address_key(address) for address in addresses}
    )


def clear(number: int) -> SuppressedAddress | None:
    """Let an address have mail again; None when it was not suppressed."""
    row = SuppressedAddress.objects.select_for_update().filter(pk=number).first()
    if row is not None:
        row.delete()
    return row
