"""The worker's steps through a real broker, which goes away in the middle."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from mailing.models import Message
from mailing.outbox import Left
from tests import redis_server
from tests.mailing.smtp_double import SmtpDouble
from tests.mailing.test_worker import all_closed, free_what_the_dead_held, owe_mails
from tests.processes import Program, bare_environment, database_url, wait_until

pytest.importorskip("celery")
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def slow_server() -> Iterator[SmtpDouble]:
    """A mail server that takes its time, so that something can happen meanwhile."""
    with SmtpDouble() as double:
        double.when("DATA", lambda _times: time.sleep(0.02))
        yield double


def test_two_celery_workers_lose_nothing_when_one_is_killed_and_the_broker_restarts(
    tmp_path: Path,
) -> None:
    owed = owe_mails(120)
    with slow_server() as double, redis_server.running(tmp_path) as (address, broker):
        environment = bare_environment(
            LOCAL_MODE="1",
            VAR_DIR=str(tmp_path),
            DATABASE_URL=database_url(),
            EMAIL_URL=f"smtp://127.0.0.1:{double.port}",
            CELERY_BROKER_URL=address,
        )

        def celery(*arguments: str) -> Program:
            command = ("-m", "celery", "-A", "config.celery", *arguments)
            return Program(*command, environment=environment, folder=tmp_path)

        worker = ("worker", "--pool=solo", "--without-gossip", "--without-mingle")
        with (
            celery("beat", "-s", str(tmp_path / "beat")),
            celery(*worker, "-n", "first") as first,
            celery(*worker, "-n", "second"),
        ):
            wait_until(lambda: len(double.accepted) > 10, what="some mails")
            first.send(signal.SIGKILL)
            first.ended()
            broker.kill()
            broker.wait()
            again = subprocess.Popen(broker.args, stdout=subprocess.DEVNULL)
            try:
                wait_until(lambda: _answers(address), what="the broker is back")
                owed += owe_mails(3)
                free_what_the_dead_held()
                wait_until(all_closed, what="all have left")
            finally:
                again.kill()
                again.wait()

    assert set(double.recipients) == set(owed)
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.SENT.value}
    assert {len(set(double.message_ids(who))) for who in owed} == {1}
    assert sum(Counter(double.recipients).values()) - len(owed) <= Left.SIZE


def _answers(address: str) -> bool:
    try:
        return bool(redis.Redis.from_url(address).ping())
    except redis.ConnectionError:
        return False
