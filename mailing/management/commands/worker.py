"""Plans what is due and delivers it, until told to stop."""

import logging
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.utils import timezone

from mailing import outbox

logger = logging.getLogger("mailing")

# What is due is looked up at most this often, also while many mails leave.
PLANNING_SECONDS = 3.0


class Command(BaseCommand):
    """A thin loop around the outbox; run as many as wanted, on as many machines, on PostgreSQL."""

    help = "Plans what is due and delivers mail. Stops cleanly on Ctrl-C or SIGTERM."
    is_stopping = False
    has_begun = False
    planned_at = float("-inf")

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument(
            "--once", action="store_true", help="Deliver what is due now, then stop."
        )
        parser.add_argument(
            "--pause", type=float, default=1.0, help="Seconds to wait when nothing is due."
        )

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        """Plan and deliver until told to stop, or once."""
        if not once:
            signal.signal(signal.SIGTERM, self._stop)
            signal.signal(signal.SIGINT, self._stop)
        while not self.is_stopping:
            try:
                is_idle = self._round() == 0
            except (OperationalError, InterfaceError, InternalError) as error:
                # The database is away for a moment; what was claimed comes back after its lease.
                if once:
                    raise
                logger.warning("The database does not answer: %s", error)
                connection.close()
                is_idle = True
            if once and is_idle:
                return
            if is_idle and not self.is_stopping:
                time.sleep(pause)

    def _round(self) -> int:
        """Plan, then take up one batch and deliver it; how many messages were taken up."""
        if not self.has_begun:
            outbox.begin(timezone.now())
            self.has_begun = True
        if time.monotonic() - self.planned_at >= PLANNING_SECONDS:
            outbox.plan(timezone.now())
            self.planned_at = time.monotonic()
        return outbox.work(timezone.now, is_stopping=lambda: self.is_stopping)

    def _stop(self, *_signal: Any) -> None:
        """Finish the mail in hand, then stop."""
        self.is_stopping = True
