"""What the outbox holds on somebody: reading it, erasing it, and what expires by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models.programme import LONGEST_RETENTION_DAYS
from accounts.names import address_key
from accounts.privacy import Held, instant
from mailing import hearing, mailbox
from mailing.models import Message, SuppressedAddress

BATCH_SIZE = 500
# Mails that are about no row, such as those with a code to sign in.
KEPT = timedelta(days=30)


def addresses() -> Iterator[str]:
    """Every address held here."""
    to_somebody = Message.objects.exclude(recipient="").order_by("recipient")
    yield from to_somebody.values_list("recipient", flat=True).distinct().iterator()
    yield from SuppressedAddress.objects.values_list("address", flat=True).iterator()


def held(email: str) -> Held:
    """The mails to an address, as far as they are remembered, and why it gets none any more."""
    found = facts(Message.objects.filter(recipient__iexact=address_key(email)))
    stopped = [
        {
            _("When"): instant(row.suppressed_at),
            _("Reason"): row.get_outcome_display(),
            _("What the other server said"): row.reason,
        }
        for row in hearing.suppressed([email])
    ]
    return found | {_("No mail to you any more"): stopped} if stopped else found


def facts(messages: QuerySet[Message]) -> Held:
    """What is remembered of messages; their text is not."""
    entries = [
        {
            _("To"): message.recipient,
            _("When"): instant(message.closed_at or message.due_at),
            _("State"): message.get_state_display(),
            _("Reference"): message.key,
        }
        for message in messages.order_by("pk")
    ]
    return {_("Mails to you"): entries} if entries else {}


@transaction.atomic
def erase(email: str, *, now: datetime, before: datetime | None = None) -> int:
    """Forget to whom mails went; those that wait do not leave any more. How many.

    `before` leaves those put in after that moment. In local mode the kept mails go too.
    """
    messages = Message.objects.filter(recipient__iexact=address_key(email))
    if before is not None:
        messages = messages.filter(created_at__lte=before)
    number = forget(messages, now=now)
    stopped = hearing.suppressed([email])
    if before is not None:
        stopped = stopped.filter(suppressed_at__lte=before)
    stopped.delete()
    transaction.on_commit(lambda: mailbox.erase(email, before=before))
    return number


@transaction.atomic
def forget(messages: QuerySet[Message], *, now: datetime) -> int:
    """Forget to whom messages went and what was said of it; the rows stay as counts. How many.

    A waiting one is withdrawn, also from a worker that holds it: its result is then not written.
    """
    chosen = list(messages.filter(~Q(recipient="")).values_list("pk", flat=True))
    rows = Message.objects.filter(pk__in=chosen)
    rows.filter(state=Message.State.WAITING).update(
        state=Message.State.WITHDRAWN, closed_at=now, lease_until=None
    )
    return rows.update(recipient="", reason="", payload={}, request_id="")


def expire(now: datetime) -> int:
    """Forget mails that are about no row after 30 days, any other after two years. How many.

    Those about a row are forgotten with it, by the app that has it.
    """
    SuppressedAddress.objects.filter(
        suppressed_at__lt=now - timedelta(days=LONGEST_RETENTION_DAYS)
    ).delete()
    is_over = Q(object_id=0, created_at__lt=now - KEPT) | Q(
        created_at__lt=now - timedelta(days=LONGEST_RETENTION_DAYS)
    )
    old = Message.objects.filter(is_over).exclude(recipient="").order_by("pk")
    forgotten = 0
    while numbers := list(old.values_list("pk", flat=True)[:BATCH_SIZE]):
        forgotten += forget(Message.objects.filter(pk__in=numbers), now=now)
    return forgotten
