"""Which mail server or service takes the next mail: rest after failure, and no more than agreed."""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from mailing.models import Provider

logger = logging.getLogger("mailing")

# One mail that breaks the line may be the mail's own fault; the second one in a row is not.
FAILURES_TO_REST = 2
RESTS = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600)]
MINUTE = timedelta(minutes=1)

Clock = Callable[[], datetime]


class NoneAvailable(Exception):
    """No provider takes mail now; the text says why."""


class Senders:
    """The lines to the providers during one batch; each is opened once, when it is first needed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, BaseEmailBackend] = {}
        self._rows: dict[str, Provider] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for name in list(self._open):
            self.close(name)

    def take(self) -> tuple[str, BaseEmailBackend]:
        """The first provider that does not rest, with an open line and leave to send one mail.

        One that does not answer rests, and the next is tried. Raises `NoneAvailable`.
        """
        reason = "Every mail provider is left alone for a while."
        for name, options in settings.MAIL_PROVIDERS.items():
            if _is_resting(self._known(name), self._clock()):
                continue
            if not take_turn(name, self._clock()):
                # A full first provider is not a broken one: the second is for when it is.
                raise NoneAvailable("The mail provider takes no more mails this minute.")
            sender = self._open.get(name) or get_connection(**options)
            self._open[name] = sender
            try:
                sender.open()
            except Exception as error:  # whatever a provider does, the message must not be lost
                self.close(name)
                reason = in_words(error)
                self.failed(name, reason=reason, is_certain=True)
                continue
            return name, sender
        raise NoneAvailable(reason)

    def look_again(self) -> None:
        """Ask anew how the providers do: other workers may have found out."""
        self._rows.clear()

    def worked(self, name: str) -> None:
        """A mail was taken, or an address refused by a server that works."""
        if self._known(name).failures:
            worked(name)
            self.look_again()

    def failed(self, name: str, *, reason: str, is_certain: bool) -> None:
        """A server did not do what it should."""
        failed(name, self._clock(), reason=reason, is_certain=is_certain)
        self.look_again()

    def _known(self, name: str) -> Provider:
        if name not in self._rows:
            self._rows[name] = _row(name)
        return self._rows[name]

    def close(self, name: str) -> None:
        """Close a line; one that is already broken closes with an error nobody needs."""
        sender = self._open.pop(name, None)
        try:
            if sender is not None:
                sender.close()
        except Exception:
            logger.info("The connection to the mail server was already broken")


def can_send(now: datetime) -> bool:
    """Whether a mail taken up now could leave: a provider is neither resting nor full."""
    for name in settings.MAIL_PROVIDERS:
        row = _row(name)
        if not _is_resting(row, now):
            return _turn_after(row, now) is not None
    return False


def take_turn(name: str, now: datetime) -> bool:
    """Leave to send one mail, at most `MAIL_RATE_PER_MINUTE` in any minute over all workers."""
    if not settings.MAIL_RATE_PER_MINUTE:
        return True
    while True:
        row = _row(name)
        turn = _turn_after(row, now)
        if turn is None:
            return False
        # Written only if no other worker took this turn meanwhile; else look again.
        unchanged = Provider.objects.filter(pk=row.pk, next_turn_at=row.next_turn_at)
        if unchanged.update(next_turn_at=turn):
            return True


def _turn_after(row: Provider, now: datetime) -> datetime | None:
    """The turn after one taken now; None when it is too early for one.

    A tenth of the minute's mails may leave at once, the others evenly spread: so that no minute,
    wherever it begins, holds more than the rate.
    """
    rate = settings.MAIL_RATE_PER_MINUTE
    if not rate:
        return now
    burst = rate // 10
    spacing = MINUTE / (rate - burst)
    turn = max(row.next_turn_at or now, now)
    if turn - now > burst * spacing + MINUTE:
        turn = now  # no such turn was given out: the clock was put back since
    return None if turn - now > burst * spacing else turn + spacing


def failed(name: str, now: datetime, *, reason: str, is_certain: bool) -> None:
    """Count a failure; a provider that failed for certain, or twice in a row, rests for a while."""
    row = _row(name)
    failures = max(row.failures + 1, FAILURES_TO_REST if is_certain else 1)
    rests_until = row.rests_until
    if failures >= FAILURES_TO_REST:
        pause = RESTS[min(failures - FAILURES_TO_REST, len(RESTS) - 1)]
        # Jitter, so that many workers do not come back at once.
        pause *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards no secret
        rests_until = now + pause
        logger.warning("The mail provider %s is left alone for %s: %s", name, pause, reason)
    Provider.objects.filter(pk=row.pk).update(failures=failures, rests_until=rests_until)


def worked(name: str) -> None:
    """Forget earlier failures: a mail was taken, or an address refused by a server that works."""
    Provider.objects.filter(name=name, failures__gt=0).update(failures=0, rests_until=None)


def resting(now: datetime) -> list[Provider]:
    """The configured providers that are left alone now."""
    rows = [_row(name) for name in settings.MAIL_PROVIDERS]
    return [row for row in rows if _is_resting(row, now)]


def in_words(error: Exception) -> str:
    """An error for the log and the outbox, cut to what a person reads."""
    return f"{type(error).__name__}: {error}"[:500]


def _row(name: str) -> Provider:
    row, _is_new = Provider.objects.get_or_create(name=name)
    return row


def _is_resting(row: Provider, now: datetime) -> bool:
    # One that would rest longer than any does was left alone before the clock was put back.
    return row.rests_until is not None and now < row.rests_until < now + 2 * RESTS[-1]
