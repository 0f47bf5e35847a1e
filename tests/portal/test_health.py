"""What operators' machines ask."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from time_machine import TimeMachineFixture

from mailing import outbox, pausing
from mailing.models import Heartbeat, Provider
from tests.build import NOW
from tests.mailing.build import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def ready() -> tuple[int, dict[str, str]]:
    response = Client().get("/readyz")
    return response.status_code, response.json()


def test_the_process_answers_without_the_database(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = Client().get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_everything_is_ready_while_a_worker_lives() -> None:
    outbox.plan(NOW)

    assert ready() == (
        200,
        {
            "database": "ok",
            "migrations": "ok",
            "worker": "ok",
            "providers": "ok",
            "mail": "ok",
        },
    )


@pytest.mark.parametrize(
    ("silence", "word"),
    [(timedelta(minutes=5, microseconds=-1), "ok"), (timedelta(minutes=5), "not heard of")],
)
def test_a_worker_is_missed_after_five_minutes(silence: timedelta, word: str) -> None:
    Heartbeat.objects.create(at=NOW - silence)

    status, found = ready()

    assert (status, found["worker"]) == (200 if word == "ok" else 503, word)


def test_an_installation_without_any_worker_is_not_ready() -> None:
    assert ready()[1]["worker"] == "not heard of"


def test_mail_that_waits_too_long_is_noticed_unless_it_is_paused() -> None:
    outbox.plan(NOW)
    make_message("an@example.org", due_at=NOW - timedelta(minutes=16))

    waiting = ready()
    pausing.pause(NOW, reason="secret")
    paused = ready()

    assert (waiting[0], waiting[1]["mail"]) == (503, "waits too long")
    assert (paused[0], paused[1]["mail"]) == (200, "paused")
    assert "example.org" not in str(waiting)
    assert "secret" not in str(paused)


def test_providers_that_all_rest_are_noticed() -> None:
    outbox.plan(NOW)
    Provider.objects.create(name="mailbox", rests_until=NOW + timedelta(seconds=1))

    assert ready()[1]["providers"] == "resting"


def test_a_missing_migration_is_noticed() -> None:
    outbox.plan(NOW)
    [latest] = MigrationLoader(connection).graph.leaf_nodes("mailing")
    MigrationRecorder(connection).record_unapplied(*latest)

    assert ready() == (503, {"database": "ok", "migrations": "missing"})
