"""Putting messages in, taking up what is due, delivering: the only code that sends mail."""

import logging
import random
import smtplib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused, AnymailUnsupportedFeature
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from accounts import tracing
from mailing import batches, hearing, pausing, providers, smtp
from mailing.batches import Batch
from mailing.letters import Letter, NotWanted, mail_of
from mailing.models import Heartbeat, Message
from mailing.providers import Clock, NoneAvailable, Senders, in_words

logger = logging.getLogger("mailing")

BATCH_SIZE = 100
PUT_SIZE = 500
# How long a worker may hold a batch; a worker that dies gives it back after this.
LEASE = timedelta(minutes=5)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]
MAX_ATTEMPTS = 12
# What cannot wait is tried again soon, and as long as anything else.
URGENT_PAUSE = timedelta(minutes=10)
MAX_URGENT_ATTEMPTS = 120
# What a server says of our login, also where it was asked about an address (RFC 4954 section 6).
LOGIN_REPLIES = {530, 534, 535, 538}

TOO_LATE = gettext_noop("It came too late to be of use.")
RESTORED = gettext_noop("A backup was put back: it may have left before that.")
SUPPRESSED = gettext_noop("Mail to this address bounced or was marked as unwanted before.")
# What a service says when it refuses all of us, whatever the mail: login, account, rate.
ACCOUNT_STATUSES = {401, 402, 403, 429}
# Heard from a worker at most this often, so that it costs no write with every look.
HEARTBEAT = timedelta(seconds=10)

Composer = Callable[[Message, datetime], Letter]


class Left:
    """What has left, written down together: for each mail apart the disk would take longest.

    At most so many, and a tenth of a second: what is not written down yet when a worker dies
    arrives twice.
    """

    SIZE = 25
    SECONDS = 0.1

    def __init__(self) -> None:
        self.count = 0
        self._noted: list[tuple[Message, datetime, str, str]] = []
        self._since = 0.0

    def note(self, message: Message, now: datetime, *, recipient: str, provider_id: str) -> None:
        """Remember that a mail left, and write it down soon."""
        self.count += 1
        if not self._noted:
            self._since = time.monotonic()
        self._noted.append((message, now, recipient, provider_id))
        if len(self._noted) >= self.SIZE or time.monotonic() - self._since >= self.SECONDS:
            self.write()

    def write(self) -> None:
        """Write down what is not yet: alike ones in one statement, all in one transaction."""
        noted, self._noted = self._noted, []
        alike: dict[int, list[tuple[Message, datetime]]] = defaultdict(list)
        apart = []
        for message, now, recipient, provider_id in noted:
            if recipient == message.recipient and not provider_id:
                alike[message.lease_number].append((message, now))
            else:
                apart.append((message, now, recipient, provider_id))
        # One statement is a transaction already.
        is_one = len(alike) + len(apart) == 1
        with nullcontext() if is_one else transaction.atomic():
            for message, now, recipient, provider_id in apart:
                more = {"recipient": recipient, "provider_id": provider_id}
                _finish([message], Message.State.SENT, now, **more)
            for rows in alike.values():
                _finish([message for message, _now in rows], Message.State.SENT, rows[-1][1])


class InHand:
    """The mail that a server has but has not answered yet: the next is written meanwhile."""

    def __init__(self, senders: Senders, left: Left, clock: Clock) -> None:
        self._senders = senders
        self._left = left
        self._clock = clock
        self._settle: Callable[[], None] = _nothing_in_hand

    def settle(self) -> None:
        """Hear what became of the mail in hand, if there is one, and see that it is written."""
        settle, self._settle = self._settle, _nothing_in_hand
        settle()

    def take(self, message: Message, letter: Letter, mail: EmailMessage) -> None:
        """Hand a mail to a server, after the one before it. Raises `NoneAvailable`."""
        self.settle()
        name, sender = self._senders.take()
        try:
            hear = _hand_over(sender, mail, letter, message)
        except Exception as error:  # whatever a provider does, the message must not be lost
            _deal_with(error, message, self._senders, name, self._clock())
        else:
            self._settle = partial(self._note, message, letter.recipient, name, hear)

    def _note(self, message: Message, recipient: str, name: str, hear: Callable[[], str]) -> None:
        with tracing.traced(message.request_id):
            try:
                provider_id = hear()
            except Exception as error:
                _deal_with(error, message, self._senders, name, self._clock())
                return
            self._senders.worked(name)
            self._left.note(message, self._clock(), recipient=recipient, provider_id=provider_id)
            logger.info("Message %s left", message.key)


def _nothing_in_hand() -> None:
    """No mail waits for its answer."""


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
    useful_until: datetime | None = None


def put(drafts: Iterable[Draft]) -> None:
    """Put messages in, in the caller's transaction; those already there stay as they are."""
    waiting = iter(drafts)
    # Some hundreds at a time, so that half a million never are in memory at once.
    while some := list(islice(waiting, PUT_SIZE)):
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
                    useful_until=draft.useful_until,
                    request_id=tracing.current(),
                )
                for draft in some
            ],
            ignore_conflicts=True,
        )


def put_lately(recipient: str, *, since: datetime) -> int:
    """How many messages were put in for an address since a moment: limits what strangers do."""
    return Message.objects.filter(recipient=recipient, created_at__gte=since).count()


def begin(now: datetime) -> None:
    """Let each app do what a worker does once, when it starts."""
    _call_each(settings.OUTBOX_STARTERS, now)


def plan(now: datetime) -> None:
    """Let each app put in what has become due; safe to repeat, so a missed run catches up.

    Before that, drops what waited longer than it is of use, and says that a worker lives.
    """
    _drop_overdue(now)
    if not Heartbeat.objects.filter(at__gt=now - HEARTBEAT, at__lte=now).exists():
        Heartbeat.objects.update_or_create(only=True, defaults={"at": now})
    _call_each(settings.OUTBOX_PLANNERS, now)


def work(clock: Clock, *, is_stopping: Callable[[], bool]) -> int:
    """Take up one batch and deliver it; how many were taken up, 0 also where none could leave."""
    if not providers.can_send(clock()):
        return 0
    claimed = claim(clock())
    deliver(claimed, clock=clock, is_stopping=is_stopping)
    return len(claimed)


def _call_each(paths: list[str], now: datetime) -> None:
    """Call functions by their names; one that fails holds up neither the others nor the mail."""
    for path in paths:
        try:
            import_string(path)(now)
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is the worker's to deal with
        except Exception:
            logger.exception("%s could not plan", path)


def claim(now: datetime, *, size: int = BATCH_SIZE) -> list[Message]:
    """Take up to `size` due messages for this worker alone, most urgent first.

    Two workers never get the same message: PostgreSQL skips rows that another one is taking,
    SQLite lets one writer in at a time. While the mail is paused, only what is never paused.
    """
    with transaction.atomic():
        due = pausing.sendable(Message.objects.due(now))
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
    batch: Batch | None = None
    pause = pausing.Lookout()
    left = Left()
    with Senders(clock) as senders, ExitStack() as at_the_end:
        in_hand = InHand(senders, left, clock)
        # The other way round: the last answer is heard first, then all is written down.
        at_the_end.callback(left.write)
        at_the_end.callback(in_hand.settle)
        for position, message in enumerate(messages):
            if batch is None or not batch.holds(message):
                batch = Batch(messages[position:])
                senders.look_again()
            message.batch = batch
            if is_stopping():
                _give_back(messages[position:])
                break
            if message.lease_until is None or message.lease_until <= clock():
                continue  # the batch took longer than its lease: another worker has these now
            if pause.holds(message):
                _give_back([message])
                continue
            try:
                with tracing.traced(message.request_id):
                    _deliver_one(message, in_hand, clock())
            except NoneAvailable as reason:
                # Nobody's attempt is used up by a server that is not there.
                _give_back(messages[position:], reason=str(reason))
                break
    return left.count


def _deliver_one(message: Message, in_hand: InHand, now: datetime) -> None:
    """Send one message if it can leave. Raises `NoneAvailable`."""
    try:
        letter = composer_of(message.kind)(message, now)  # which may know a better reason
        _want_still(message, now)
        mail = mail_of(letter, message_id=message.message_id)
    except NotWanted as reason:
        _finish([message], Message.State.DROPPED, now, reason=str(reason))
    except Exception as error:
        logger.exception("Message %s could not be composed", message.key)
        _try_later(message, now, reason=f"It could not be composed: {error!r}")
    else:
        if _is_suppressed(message, letter):
            recipient = letter.recipient
            _finish([message], Message.State.FAILED, now, reason=SUPPRESSED, recipient=recipient)
        else:
            in_hand.take(message, letter, mail)


def _is_suppressed(message: Message, letter: Letter) -> bool:
    """Whether the receiver gets no mail any more; who has a new address is asked about apart."""
    if letter.recipient != message.recipient:
        return hearing.is_suppressed(letter.recipient)
    return batches.find(message, hearing.suppressed_of) is not None


def _want_still(message: Message, now: datetime) -> None:
    if message.useful_until is not None and now >= message.useful_until:
        raise NotWanted(TOO_LATE)


def _hand_over(
    sender: BaseEmailBackend, mail: EmailMessage, letter: Letter, message: Message
) -> Callable[[], str]:
    """Send a mail; calling what it returns tells the number that its provider gave it, if any."""
    if isinstance(sender, smtp.Backend):
        hear = sender.hand_over(mail)
        return lambda: hear() or ""
    try:
        sender.send_messages([mail])
    except AnymailUnsupportedFeature:
        # Said before anything leaves: not every service knows all of it.
        mail = mail_of(letter, message_id=message.message_id, is_plain=True)
        sender.send_messages([mail])
    status = getattr(mail, "anymail_status", None)
    number = str(getattr(status, "message_id", None) or "")[:200]
    return lambda: number


def _deal_with(
    error: Exception, message: Message, senders: Senders, name: str, now: datetime
) -> None:
    """Decide whose fault a failure is: address, mail or provider."""
    senders.close(name)
    reason = in_words(error)
    if _is_refused_for_good(error):
        logger.warning("Message %s was refused", message.key)
        senders.worked(name)
        _finish([message], Message.State.FAILED, now, reason=reason)
        return
    if _is_about_our_account(error):
        senders.failed(name, reason=reason, is_certain=True)
        _give_back([message], reason=reason)
        return
    if _is_about_the_line(error):
        senders.failed(name, reason=reason, is_certain=False)
    _try_later(message, now, reason=reason)


def composer_of(kind: str) -> Composer:
    """Who writes mails of a kind."""
    composer: Composer = import_string(settings.OUTBOX_COMPOSERS[kind.partition(".")[0]])
    return composer


def _is_refused_for_good(error: Exception) -> bool:
    """Whether this address was refused (5xx); trouble with the sender or the line is not that."""
    if isinstance(error, AnymailRecipientsRefused):
        return True
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(
            code >= 500 and code not in LOGIN_REPLIES for code, _text in error.recipients.values()
        )
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _is_about_our_account(error: Exception) -> bool:
    """Whether a service refused us before it looked at the mail."""
    return isinstance(error, AnymailAPIError) and error.status_code in ACCOUNT_STATUSES


def _is_about_the_line(error: Exception) -> bool:
    """Whether the provider may be the cause: it fell silent, cut the line, refused the sender."""
    if isinstance(error, AnymailAPIError):
        return error.status_code is None or error.status_code >= 500
    return isinstance(
        error,
        TimeoutError
        | ConnectionError
        | smtplib.SMTPServerDisconnected
        | smtplib.SMTPHeloError
        | smtplib.SMTPSenderRefused,
    )


def _finish(
    messages: Sequence[Message], state: str, now: datetime, *, reason: str = "", **more: str
) -> None:
    """Write one result of messages of one lease number; not for those taken over meanwhile."""
    written = _mine(*messages).update(
        state=state,
        reason=reason,
        closed_at=now,
        attempts=F("attempts") + 1,
        lease_until=None,
        payload={},
        **more,
    )
    if written < len(messages):
        keys = ", ".join(message.key for message in messages)
        logger.warning("A message was taken over before its result was written: %s", keys)


def _try_later(message: Message, now: datetime, *, reason: str) -> None:
    is_urgent = message.priority == Message.Priority.URGENT
    if message.attempts + 1 >= (MAX_URGENT_ATTEMPTS if is_urgent else MAX_ATTEMPTS):
        _finish([message], Message.State.FAILED, now, reason=reason)
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


def _give_back(messages: list[Message], *, reason: str = "") -> None:
    """Let go of messages that were not tried; the reason stands with the first of them."""
    for message in messages:
        _mine(message).update(lease_until=None)
    if messages and reason:
        _mine(messages[0]).update(reason=reason)


def _drop_overdue(now: datetime) -> None:
    """Close what nobody holds and is of no use any more, also while no provider answers."""
    Message.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        state=Message.State.WAITING,
        useful_until__lte=now,
    ).update(state=Message.State.DROPPED, reason=TOO_LATE, closed_at=now, payload={})


def doubt(*, until: datetime) -> int:
    """After putting a backup back: close all that was due by a moment, unsent; how many.

    It may have left after the backup was made, and a second copy tells people nothing; who should
    have had it is shown to the organiser. What the backup did not hold yet is planned first, so
    that nobody sends it later either.
    """
    _call_each(settings.OUTBOX_PLANNERS, until)
    return Message.objects.filter(state=Message.State.WAITING, due_at__lte=until).update(
        state=Message.State.UNCERTAIN,
        reason=RESTORED,
        closed_at=until,
        lease_until=None,
        payload={},
    )


def _mine(*messages: Message) -> QuerySet[Message]:
    """Those that still are ours, of messages that were taken up equally often."""
    return Message.objects.filter(
        pk__in=[message.pk for message in messages],
        state=Message.State.WAITING,
        lease_number=messages[0].lease_number,
    )


def withdraw(keys: Iterable[str], *, now: datetime, reason: str) -> int:
    """Take messages back that have not left, by their keys; how many were still there."""
    return take_back(Message.objects.filter(key__in=list(keys)), now=now, reason=reason)


def take_back(messages: QuerySet[Message], *, now: datetime, reason: str) -> int:
    """Take messages back that have not left; how many. What a worker holds at this moment goes."""
    return messages.filter(
        Q(lease_until=None) | Q(lease_until__lte=now), state=Message.State.WAITING
    ).update(state=Message.State.WITHDRAWN, reason=reason, closed_at=now)


def put_again(messages: QuerySet[Message], *, now: datetime) -> int:
    """Let messages that were taken back wait anew; how many. Each stays one under its key."""
    return messages.filter(state=Message.State.WITHDRAWN).update(
        state=Message.State.WAITING, reason="", closed_at=None, lease_until=None, due_at=now
    )
