"""The worker as a process of its own, which is killed, stopped and left without a database."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from psycopg import sql
from pytest_django.fixtures import Settings

from events.models import Session
from mailing.models import Message
from mailing.outbox import BATCH_SIZE, Left
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import make_registration, make_session
from tests.mailing.smtp_double import SmtpDouble
from tests.processes import Program, bare_environment, database_url, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

WAITING, SENT = Message.State.WAITING, Message.State.SENT


@pytest.fixture
def double() -> Iterator[SmtpDouble]:
    """A mail server for the worker."""
    with SmtpDouble() as server:
        yield server


@pytest.fixture
def worker(double: SmtpDouble, tmp_path: Path) -> Callable[..., Program]:
    """Makes a worker that is not yet started."""

    def make(*options: str) -> Program:
        return Program(
            "manage.py",
            "worker",
            "--pause=0.05",
            *options,
            environment=bare_environment(
                LOCAL_MODE="1",
                VAR_DIR=str(tmp_path),
                DATABASE_URL=database_url(),
                EMAIL_URL=f"smtp://127.0.0.1:{double.port}",
            ),
            folder=tmp_path,
        )

    return make


def owe_mails(number: int) -> list[str]:
    """Registrations made just now, each with a mail that is due; to whom."""
    now = timezone.now()
    closing = Closing.from_local(
        Edge.BEFORE_DATE, date.today() + timedelta(days=20), None, BRUSSELS
    )
    session: Session = make_session(
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=30, hours=2),
        closing=closing,
    )
    return [make_registration(session, now=now).email for _each in range(number)]


def free_what_the_dead_held() -> None:
    """Let the leases end now, not in minutes."""
    Message.objects.filter(state=WAITING).exclude(lease_until=None).update(
        lease_until=timezone.now()
    )


def all_closed() -> bool:
    return not Message.objects.filter(state=WAITING).exists()


def copies(double: SmtpDouble) -> dict[str, int]:
    """Who got more than one mail, and how many more."""
    return {who: number - 1 for who, number in Counter(double.recipients).items() if number > 1}


def assert_nothing_is_lost(double: SmtpDouble, owed: list[str]) -> None:
    """Everybody got their mail, and whoever got it twice can know it as one."""
    assert set(double.recipients) == set(owed)
    assert set(Message.objects.values_list("state", flat=True)) == {SENT.value}
    for message in Message.objects.all():
        assert set(double.message_ids(message.recipient)) == {message.message_id}


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_worker_killed_at_a_step_loses_nothing(
    step: str, double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(5)
    with worker() as killed:
        double.when(step, lambda times: killed.send(signal.SIGKILL) if times == 3 else None)
        assert killed.ended() == -signal.SIGKILL
    free_what_the_dead_held()

    with worker("--once") as second:
        assert second.ended() == 0, second.output

    assert_nothing_is_lost(double, owed)
    assert set(copies(double)) <= set(owed[:3])
    assert set(copies(double).values()) <= {1}


def forget_what_the_dead_asked() -> None:
    """PostgreSQL would still carry out the statement whose sender is gone; a dead machine's not."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'UPDATE%%'"
            " AND pid <> pg_backend_pid()"
        )


@contextmanager
def outbox_locked(double: SmtpDouble) -> Iterator[None]:
    """From the third mail's DATA on, nobody can write to the outbox."""
    is_locked, may_go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            list(Message.objects.select_for_update())
            is_locked.set()
            may_go.wait(60)
        connections.close_all()

    holder = Thread(target=hold)

    def lock_at_third(times: int) -> None:
        if times == 3:
            holder.start()
            assert is_locked.wait(30)

    double.when("DATA", lock_at_third)
    try:
        yield
    finally:
        may_go.set()
        holder.join(60)


def test_worker_killed_between_the_servers_yes_and_its_own_note_repeats_what_it_had_in_hand(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(5)
    with outbox_locked(double), worker() as killed:
        # What it sends before it writes down how that went may be more than these.
        wait_until(lambda: len(double.accepted) >= 3, what="the third mail is accepted")
        killed.send(signal.SIGKILL)
        killed.ended()
        forget_what_the_dead_asked()
    free_what_the_dead_held()

    with worker("--once") as second:
        assert second.ended() == 0, second.output

    assert_nothing_is_lost(double, owed)
    assert owed[2] in copies(double)
    assert set(copies(double).values()) == {1}


def test_worker_killed_again_and_again_loses_nothing(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(BATCH_SIZE + 10)
    kills = 3
    for kill in range(1, kills + 1):
        with worker() as killed:
            wanted = kill * 12
            wait_until(lambda wanted=wanted: len(double.accepted) >= wanted, what="mails")
            time.sleep(random.uniform(0, 0.03))  # noqa: S311 - any moment will do
            killed.send(signal.SIGKILL)
            killed.ended()
        free_what_the_dead_held()

    with worker("--once") as last:
        assert last.ended() == 0, last.output

    assert_nothing_is_lost(double, owed)
    assert sum(copies(double).values()) <= kills * Left.SIZE


def test_worker_killed_before_its_lease_is_over_leaves_what_it_held_alone(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owe_mails(3)
    with worker() as killed:
        double.when("MAIL", lambda times: killed.send(signal.SIGKILL) if times == 2 else None)
        killed.ended()

    with worker("--once") as second:
        assert second.ended() == 0

    assert len(double.accepted) == 1
    held = Message.objects.filter(state=WAITING, lease_until__gt=timezone.now()).count()
    assert held in {2, 3}  # that the first one left need not be written down yet


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_told_to_stop_finishes_the_mail_in_hand_and_gives_back_the_rest(
    number: signal.Signals, double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(4)
    with worker() as stopped:
        double.when("DATA", lambda times: stopped.send(number) if times == 2 else None)

        assert stopped.ended() == 0, stopped.output

    assert double.recipients == owed[:2]
    assert (
        list(Message.objects.order_by("pk").values_list("state", "lease_until", "attempts"))[2:]
        == [(WAITING.value, None, 0)] * 2
    )
    assert Message.objects.filter(state=SENT).count() == 2


def test_worker_with_nothing_to_do_stops_when_told(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owe_mails(1)
    with worker() as idle:
        wait_until(all_closed, what="its mail has left")
        idle.send(signal.SIGTERM)

        assert idle.ended() == 0, idle.output


def test_two_workers_at_once_send_each_mail_once(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(BATCH_SIZE + 10)

    with worker("--once") as first, worker("--once") as second:
        assert (first.ended(), second.ended()) == (0, 0), first.output + second.output

    assert Counter(double.recipients) == Counter(owed)


def test_worker_sends_what_becomes_due_while_it_runs(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    first = owe_mails(1)
    with worker():
        wait_until(lambda: double.recipients == first, what="the first mail")

        second = owe_mails(1)

        wait_until(lambda: double.recipients == first + second, what="the second mail")


def test_worker_delivers_more_than_a_batch_once(
    smtp: SmtpDouble,
) -> None:
    from_notes = BATCH_SIZE + 1
    make_notes(from_notes)

    call_command("worker", once=True)

    assert len(smtp.accepted) == from_notes


def make_notes(number: int) -> None:
    """Messages due now, whose text the tests compose."""
    now = timezone.now()
    Message.objects.bulk_create(
        Message(
            key=f"note:{each}",
            kind="note",
            object_id=each,
            recipient=f"n{each}@example.org",
            due_at=now,
        )
        for each in range(number)
    )


def test_worker_told_to_run_once_says_that_the_database_is_away(settings: Settings) -> None:
    settings.OUTBOX_PLANNERS = ["tests.mailing.build.plan_without_database"]

    with pytest.raises(OperationalError):
        call_command("worker", once=True)


@contextmanager
def no_database() -> Iterator[None]:
    """The database ends every connection but this test's, and takes no new ones."""
    values = connection.settings_dict
    ours = connection.connection.info.backend_pid
    name = sql.Identifier(values["NAME"])
    with psycopg.connect(
        host=values["HOST"],
        port=values["PORT"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as outside:
        outside.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                [values["NAME"], ours],
            )
            yield
        finally:
            outside.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


@pytest.mark.postgres
def test_worker_survives_a_database_that_is_away_for_a_moment(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(1)
    with worker() as surviving:
        wait_until(all_closed, what="the first mail has left")
        with no_database():
            surviving.wait_for("The database does not answer")
        owed += owe_mails(1)

        wait_until(all_closed, what="the mail owed since has left")

        assert surviving.process.poll() is None
    assert double.recipients == owed


@pytest.mark.postgres
def test_worker_that_loses_its_database_in_the_middle_of_a_batch_loses_no_mail(
    double: SmtpDouble, worker: Callable[..., Program]
) -> None:
    owed = owe_mails(4)
    is_at_third, may_go_on = Event(), Event()

    def wait_at_third(times: int) -> None:
        if times == 3:
            is_at_third.set()
            may_go_on.wait(60)

    double.when("DATA", wait_at_third)
    with worker() as surviving:
        assert is_at_third.wait(60)
        with no_database():
            may_go_on.set()
            surviving.wait_for("The database does not answer")
        free_what_the_dead_held()

        wait_until(all_closed, what="all mail has left")

    assert_nothing_is_lost(double, owed)
    assert owed[2] in copies(double)
    assert set(copies(double).values()) == {1}
