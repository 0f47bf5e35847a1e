"""The worker's two steps as Celery tasks, for installations that have a broker anyway.

Start with `celery -A config.celery worker` on as many machines as wanted, and one with `--beat`.
What a task finds to do stands in the database: a task that is lost, repeated or run twice at once
delivers nothing twice, and leaves nothing out.
"""

import math
import os

import django
from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be read only now.
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from config import environment  # noqa: E402
from mailing import outbox  # noqa: E402
from mailing.models import Message  # noqa: E402

if not settings.CELERY_BROKER_URL:
    environment.refuse(environment.known["CELERY_BROKER_URL"], problem="is not set")

PLANNING_SECONDS = 3.0
# So many batches at once at most; the next planning finds the rest.
BATCHES = 20

app = Celery("sessions")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    # Acknowledged when done: what a killed worker held is given to another.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    # With Redis, what was not acknowledged comes back after this; a batch never takes as long.
    broker_transport_options={"visibility_timeout": 2 * int(outbox.LEASE.total_seconds())},
    timezone=settings.TIME_ZONE,
    beat_schedule={
        "plan": {
            "task": "config.celery.plan",
            "schedule": PLANNING_SECONDS,
            # A broker that was away does not hand out the plannings it missed.
            "options": {"expires": 2 * PLANNING_SECONDS},
        }
    },
)


@worker_ready.connect  # type: ignore[untyped-decorator] # celery has no types
def begin(**_rest: object) -> None:
    """Do what a worker does once."""
    outbox.begin(timezone.now())


@app.task  # type: ignore[untyped-decorator] # as above
def plan() -> None:
    """Put in what is due, and ask for a batch for every fifty that wait."""
    now = timezone.now()
    outbox.plan(now)
    waiting = Message.objects.due(now).count()
    for _batch in range(min(math.ceil(waiting / outbox.BATCH_SIZE), BATCHES)):
        deliver.apply_async(expires=60)


@app.task  # type: ignore[untyped-decorator] # as above
def deliver() -> None:
    """Deliver one batch; others that run now take other messages."""
    outbox.work(timezone.now, is_stopping=lambda: False)
