"""How the installation does in numbers, for a program that collects them (Prometheus)."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from events import ledger
from events.models import Session, SessionQuerySet
from mailing import standing
from mailing.models import Message
from portal import nights
from portal.observing import REGISTRY

# Of sessions that start within this, or run, is said whether all is told that should be.
NEAR = timedelta(hours=24)


def exposition(now: datetime) -> bytes:
    """All numbers in Prometheus' text format: what every process counted, and what the rows say."""
    rows = CollectorRegistry()
    rows.register(_Rows(now))
    counted = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # Each process of the web server keeps a file there (config/gunicorn.py).
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(rows)


class _Rows(Collector):
    """What the database says; the same whichever process is asked."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """The numbers of mail, seats and nights."""
        yield from self._mail()
        yield from self._seats()
        yield from self._told()
        run = nights.last_run()
        if run is not None:
            yield _gauge(
                "sessions_night_done_timestamp_seconds",
                "When the work of the night was last done.",
                run.done_at.timestamp(),
            )
            yield _gauge("sessions_night_failures", "What failed in the last night.", run.failures)

    def _mail(self) -> Iterator[Metric]:
        mail = standing.look(self.now)
        oldest = mail.oldest_due_at or self.now
        yield _gauge(
            "sessions_mail_due",
            "Mails that could leave now.",
            Message.objects.due(self.now).count(),
        )
        yield _gauge(
            "sessions_mail_oldest_due_seconds",
            "How long the mail that waits longest could have left.",
            (self.now - oldest).total_seconds(),
        )
        yield _gauge("sessions_mail_paused", "1 while the mail is paused.", mail.pause is not None)
        yield _gauge(
            "sessions_mail_providers_resting",
            "1 while no provider answers.",
            mail.are_all_resting,
        )
        if mail.worker_at is not None:
            yield _gauge(
                "sessions_worker_heard_timestamp_seconds",
                "When a worker was last heard of.",
                mail.worker_at.timestamp(),
            )
        found = GaugeMetricFamily(
            "sessions_mails", "Mails in the outbox, by state.", labels=["state"]
        )
        numbers = dict(Message.objects.order_by().values_list("state").annotate(number=Count("pk")))
        for state in Message.State.values:
            found.add_metric([state], numbers.get(state, 0))
        yield found

    def _seats(self) -> Iterator[Metric]:
        seats = GaugeMetricFamily(
            "sessions_seats", "Seats of a coming session that has a number.", labels=["session"]
        )
        taken = GaugeMetricFamily(
            "sessions_seats_taken", "Seats taken of a coming session.", labels=["session"]
        )
        waiting = GaugeMetricFamily(
            "sessions_seats_waiting", "People on the waiting list.", labels=["session"]
        )
        for session in self._published().select_related("seats"):
            if session.seats.capacity is not None:
                seats.add_metric([session.slug], session.seats.capacity)
            taken.add_metric([session.slug], session.seats.taken)
            waiting.add_metric([session.slug], session.seats.waiting)
        yield from (seats, taken, waiting)

    def _told(self) -> Iterator[Metric]:
        labels = ["session", "kind"]
        owed = GaugeMetricFamily(
            "sessions_mails_owed", "Mails that a session of these 24 hours owes.", labels=labels
        )
        accepted = GaugeMetricFamily(
            "sessions_mails_sent", "Those of them that a mail server took.", labels=labels
        )
        for session in self._published().filter(starts_at__lte=self.now + NEAR):
            for line in ledger.lines(session, self.now):
                owed.add_metric([session.slug, line.kind], len(line.entries))
                accepted.add_metric([session.slug, line.kind], len(line.having(ledger.Fate.SENT)))
        yield from (owed, accepted)

    def _published(self) -> SessionQuerySet:
        return Session.objects.coming(self.now).filter(status=Session.Status.PUBLISHED)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))
