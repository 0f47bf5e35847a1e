"""Putting messages in, taking up what is due, delivering: the only code that sends mail."""

import logging
import random
import smtplib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string

from mailing.letters import Letter, NotWanted, mail_of
from mailing.models import Message

logger = logging.getLogger("mailing")

BATCH_SIZE = 50
# How long a worker may hold a batch; a worker that dies gives it back after this.
LEASE = timedelta(minutes=5)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]
MAX_ATTEMPTS = 12
# What cannot wait is tried again soon, and as long as anything else.
URGENT_PAUSE = timedelta(minutes=10)
MAX_URGENT_ATTEMPTS = 120
# What a server says of our login, also where it was asked about an address (RFC 4954 section 6).
LOGIN_REPLIES = {530, 534, 535, 538}

Clock = Callable[[], datetime]
Composer = Callable[[Message, datetime], Letter]


@dataclass(frozen=True)
class Draft:
    """A message to put in the outbox; the key makes sure that it is there only once."""

    key: str
    kind: str
    object_id: int
    recipient: str
    due_at: datetime
    priority: int = Message.Priority.NORMAL
    payload: dict[str, Any] = field(default_factory=dict)


def put(drafts: Iterable[Draft]) -> None:
    """Put messages in, in the caller's transaction; those already there stay as they are."""
    Message.objects.bulk_create(
        [
            Message(
                key=draft.key,
                kind=draft.kind,
                object_id=draft.object_id,
                recipient=draft.recipient,
                due_at=draft.due_at,
                priority=draft.priority,
                payload=draft.payload,
            )
            for draft in drafts
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


def put_lately(recipient: str, *, since: datetime) -> int:
    """How many messages were put in for an address since a moment: limits what strangers do."""
    return Message.objects.filter(recipient=recipient, created_at__gte=since).count()


def plan(now: datetime) -> None:
    """Let each app put in what has become due; safe to repeat, so a missed run catches up.

    An app that fails at it holds up neither the others nor the mail that is there.
    """
    for path in settings.OUTBOX_PLANNERS:
        try:
            import_string(path)(now)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is the worker's to deal with
        except Exception:
            logger.exception("%s could not plan", path)


def claim(now: datetime, *, size: int = BATCH_SIZE) -> list[Message]:
    """Take up to `size` due messages for this worker alone, most urgent first.

    Two workers never get the same message: PostgreSQL skips rows that another one is taking,
    SQLite lets one writer in at a time.
    """
    with transaction.atomic():
        due = Message.objects.due(now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        claimed = list(due[:size])
        Message.objects.filter(pk__in=[message.pk for message in claimed]).update(
            lease_until=now + LEASE, lease_number=F("lease_number") + 1
        )
    for message in claimed:
        message.lease_until = now + LEASE
        message.lease_number += 1
    return claimed


def deliver(messages: list[Message], *, clock: Clock, is_stopping: Callable[[], bool]) -> int:
    """Send claimed messages over one connection; how many left. Those not begun are given back."""
    sent = 0
    sender = get_connection()
    try:
        for position, message in enumerate(messages):
            if is_stopping():
                _give_back(messages[position:])
                break
            if message.lease_until is None or message.lease_until <= clock():
                continue  # the batch took longer than its lease: another worker has these now
            sent += _deliver_one(message, sender, clock)
    finally:
        _close(sender)
    return sent


def _deliver_one(message: Message, sender: BaseEmailBackend, clock: Clock) -> bool:
    now = clock()
    try:
        letter = _composer(message.kind)(message, now)
        mail = mail_of(letter, message_id=message.message_id)
    except NotWanted as reason:
        _finish(message, Message.State.DROPPED, now, reason=str(reason))
        return False
    except Exception as error:
        logger.exception("Message %s could not be composed", message.key)
        _try_later(message, now, reason=f"It could not be composed: {error!r}")
        return False
    try:
        # Opened here, the line stays open for the rest of the batch.
        sender.open()
        sender.send_messages([mail])
    except Exception as error:  # whatever a provider does, the message must not be lost
        _close(sender)
        if _is_refused_for_good(error):
            logger.warning("Message %s was refused", message.key)
            _finish(message, Message.State.FAILED, clock(), reason=_in_words(error))
        else:
            _try_later(message, clock(), reason=_in_words(error))
        return False
    _finish(message, Message.State.SENT, clock(), recipient=letter.recipient)
    return True


def _composer(kind: str) -> Composer:
    composer: Composer = import_string(settings.OUTBOX_COMPOSERS[kind.partition(".")[0]])
    return composer


def _is_refused_for_good(error: Exception) -> bool:
    """Whether this address was refused (5xx); trouble with the sender or the line is not that."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(
            code >= 500 and code not in LOGIN_REPLIES for code, _text in error.recipients.values()
        )
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _finish(
    message: Message, state: str, now: datetime, *, reason: str = "", recipient: str = ""
) -> None:
    """Write the result, unless the lease ran out and another worker has taken the message over."""
    written = _mine(message).update(
        state=state,
        reason=reason,
        closed_at=now,
        attempts=F("attempts") + 1,
        lease_until=None,
        payload={},
        recipient=recipient or message.recipient,
    )
    if not written:
        logger.warning("Message %s was taken over before its result was written", message.key)


def _try_later(message: Message, now: datetime, *, reason: str) -> None:
    is_urgent = message.priority == Message.Priority.URGENT
    if message.attempts + 1 >= (MAX_URGENT_ATTEMPTS if is_urgent else MAX_ATTEMPTS):
        _finish(message, Message.State.FAILED, now, reason=reason)
        return
    pause = PAUSES[min(message.attempts, len(PAUSES) - 1)]
    if is_urgent:
        pause = min(pause, URGENT_PAUSE)
    # Jitter, so that what failed together does not come back together.
    pause *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards no secret
    logger.info("Message %s is tried again in %s", message.key, pause)
    _mine(message).update(
        due_at=now + pause, reason=reason, attempts=F("attempts") + 1, lease_until=None
    )


def _give_back(messages: list[Message]) -> None:
    for message in messages:
        _mine(message).update(lease_until=None)


def _mine(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(
        pk=message.pk, state=Message.State.WAITING, lease_number=message.lease_number
    )


def _close(sender: BaseEmailBackend) -> None:
    """Close the line; a line that is already broken closes with an error nobody needs."""
    try:
        sender.close()
    except Exception:
        logger.info("The connection to the mail server was already broken")


def withdraw(keys: Iterable[str], *, now: datetime, reason: str) -> int:
    """Take messages back that have not left; how many were still there."""
    return Message.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        key__in=list(keys),
        state=Message.State.WAITING,
    ).update(state=Message.State.WITHDRAWN, reason=reason, closed_at=now)
