"""How the mail does: whether a worker lives, what waits, who is left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from mailing import pausing, providers
from mailing.models import Heartbeat, Message, Pause

# A worker that lives is heard of every few seconds.
SILENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """How the mail does at a moment.

    `worker_at` is when a worker was last heard of, `oldest_due_at` since when the mail that waits
    longest could have left; None: never, and nothing.
    """

    worker_at: datetime | None
    is_worker_alive: bool
    pause: Pause | None
    oldest_due_at: datetime | None
    are_all_resting: bool


def look(now: datetime) -> Standing:
    """How the mail does now."""
    heartbeat = Heartbeat.objects.first()
    at = heartbeat.at if heartbeat else None
    return Standing(
        worker_at=at,
        is_worker_alive=at is not None and at > now - SILENCE,
        pause=pausing.current(),
        oldest_due_at=Message.objects.due(now).order_by().aggregate(at=Min("due_at"))["at"],
        are_all_resting=len(providers.resting(now)) == len(settings.MAIL_PROVIDERS),
    )
