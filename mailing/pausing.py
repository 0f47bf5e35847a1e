"""The switch with which an operator stops the mail."""

import time
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from mailing.models import Message, MessageQuerySet, Pause

LOOK_SECONDS = 0.1


def pause(now: datetime, *, reason: str = "") -> bool:
    """Stop the mail; False when it was stopped already.

    Mails go on being put in and wait. Those that somebody waits for at this moment, the codes to
    sign in, still leave.
    """
    _row, is_new = Pause.objects.get_or_create(
        only=True, defaults={"since": now, "reason": reason[:200]}
    )
    return is_new


def resume() -> bool:
    """Let the mail leave again; False when it was not stopped."""
    deleted, _each = Pause.objects.all().delete()
    return bool(deleted)


def current() -> Pause | None:
    """The pause that holds now."""
    return Pause.objects.first()


def sendable(messages: MessageQuerySet) -> MessageQuerySet:
    """Those that may leave: all, or while the mail is paused only what is never paused."""
    if current() is None:
        return messages
    wanted = Q(pk__in=[])
    for app in settings.OUTBOX_NEVER_PAUSED:
        wanted |= Q(kind__startswith=f"{app}.")
    return messages.filter(wanted)


class Lookout:
    """Whether a pause keeps a message back, asked so seldom that it holds up no mail."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._is_paused = False

    def holds(self, message: Message) -> bool:
        """Whether this one has to wait; a pause is seen within a tenth of a second."""
        if message.kind.partition(".")[0] in settings.OUTBOX_NEVER_PAUSED:
            return False
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._is_paused = current() is not None
        return self._is_paused
