"""Numbers of requests in the log, in answers and in the mails that they cause; what is counted."""

import io
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts import tracing
from config.logs import WithoutCodes
from events.models import Session
from mailing import outbox, pausing
from mailing.models import Message
from tests.build import NOW, make_registration, make_session
from tests.mailing.build import COMPOSERS, make_message
from tests.processes import bare_environment

pytestmark = pytest.mark.django_db
NUMBER = "0123456789abcdef"
Numbers = Callable[[], dict[str, float]]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the loggers of requests and mails write, scrubbed as on the console."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithoutCodes())
    handler.setFormatter(logging.Formatter("{name} {request_id} {message}", style="{"))
    loggers = [logging.getLogger(name) for name in ("requests", "mailing")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


def samples(text: str) -> dict[str, float]:
    """What an exposition says, by name and labels; unreadable text fails."""
    return {
        f"{each.name}{sorted(each.labels.items())}": each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


# Numbers of requests -----------------------------------------------------------------------------


def test_answer_carries_the_number_that_the_proxy_gave() -> None:
    answer = Client().get("/healthz", headers={"X-Request-ID": NUMBER})

    assert answer.headers["X-Request-ID"] == NUMBER
    assert tracing.current() == ""


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "a b c d e f g h", "x\x1b[31mred", "ééééééééé"]
)
def test_what_is_no_number_is_replaced_by_one(given: str) -> None:
    numbers = {
        Client().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
        for _each in range(2)
    }

    assert len(numbers) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", number) for number in numbers)


@pytest.mark.parametrize("address", ["/nowhere/", "/static/css/site.css", "/admin/"])
def test_whatever_answers_has_a_number(address: str) -> None:
    assert "X-Request-ID" in Client().get(address).headers


def test_line_of_a_request_names_its_address_and_neither_code_nor_reader(
    settings: Settings, lines: io.StringIO
) -> None:
    settings.LOG_REQUESTS = True
    registration = make_registration(make_session())

    Client().get(
        f"/registrations/{registration.managing_code}/?q=Peeters",
        headers={"X-Request-ID": NUMBER},
    )

    assert re.fullmatch(rf"requests {NUMBER} GET events:manage 200 in \d+ ms\n", lines.getvalue())


def test_lines_about_a_mail_carry_the_number_of_the_request_that_caused_it(
    lines: io.StringIO, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW, tick=False)
    session = make_session()
    Client().post(
        f"/sessions/{session.slug}/register/",
        {
            "name": "An Peeters",
            "email": "an@example.org",
            "organisation_name": "Stad Voorbeeld",
            "language": "nl",
        },
        headers={"X-Request-ID": NUMBER},
    )

    call_command("worker", once=True)

    registration = session.registrations.get()
    assert f"mailing {NUMBER} Message registration:{registration.pk}:registered left" in (
        lines.getvalue()
    )
    assert "example.org" not in lines.getvalue()


def test_mail_that_no_request_caused_has_no_number(settings: Settings, lines: io.StringIO) -> None:
    settings.OUTBOX_COMPOSERS = COMPOSERS
    with tracing.traced(NUMBER):
        make_message(key="first")
    make_message(key="second")

    outbox.deliver(outbox.claim(NOW), clock=lambda: NOW, is_stopping=lambda: False)

    assert lines.getvalue() == (
        f"mailing {NUMBER} Message first left\nmailing - Message second left\n"
    )


# Who may read the numbers ------------------------------------------------------------------------


def status(**headers: str) -> int:
    return Client().get("/metrics", **headers).status_code  # type: ignore[arg-type]


def test_numbers_do_not_exist_until_somebody_is_let_in() -> None:
    assert status() == 404
    assert status(HTTP_AUTHORIZATION="Bearer ") == 404
    assert status(HTTP_AUTHORIZATION="Bearer") == 404


def test_numbers_are_for_who_has_the_secret(settings: Settings) -> None:
    settings.METRICS_TOKEN = "s3cret-é"

    assert status(HTTP_AUTHORIZATION="Bearer s3cret-é") == 200
    assert status(HTTP_AUTHORIZATION="bearer s3cret-é") == 200
    for wrong in ("Bearer s3cret", "Bearer", "Basic s3cret-é", "s3cret-é", "Bearer s3cret-é x"):
        assert status(HTTP_AUTHORIZATION=wrong) == 404
    assert Client().get("/metrics?token=s3cret-é").status_code == 404


def test_numbers_are_for_the_networks_that_the_settings_name(settings: Settings) -> None:
    settings.METRICS_NETWORKS = environment_networks("10.1.0.0/16", "fd00::/8")

    found = {
        address: status(REMOTE_ADDR=address)
        for address in ("10.1.2.3", "10.2.0.1", "fd12::1", "::ffff:10.1.2.3", "", "unix:")
    }

    assert found == {
        "10.1.2.3": 200,
        "10.2.0.1": 404,
        "fd12::1": 200,
        "::ffff:10.1.2.3": 200,
        "": 404,
        "unix:": 404,
    }


def test_nobody_enters_by_claiming_an_address(settings: Settings) -> None:
    settings.METRICS_NETWORKS = environment_networks("10.0.0.0/8")
    claimed = {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}

    assert status(REMOTE_ADDR="192.0.2.1", **claimed) == 404
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert status(HTTP_X_FORWARDED_FOR="10.0.0.1, 192.0.2.1") == 404
    assert status(HTTP_X_FORWARDED_FOR="192.0.2.1, 10.0.0.1") == 200


def environment_networks(*names: str) -> list[object]:
    """Networks, as the settings hold them."""
    return [ip_network(name) for name in names]


# What they say -----------------------------------------------------------------------------------


@pytest.fixture
def numbers(settings: Settings, time_machine: TimeMachineFixture) -> Numbers:
    """A way to read them, at `NOW`."""
    time_machine.move_to(NOW, tick=False)
    settings.METRICS_TOKEN = "s3cret"

    def read() -> dict[str, float]:
        answer = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer s3cret")
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return samples(answer.content.decode())

    return read


def counted(method: str, route: str, status: int) -> str:
    labels = [("method", method), ("route", route), ("status", str(status))]
    return f"sessions_requests_total{labels}"


def test_requests_are_counted_by_address_and_status(numbers: Numbers) -> None:
    make_session(slug="one")
    of = {
        "page": counted("GET", "portal:session", 200),
        "missing": counted("GET", "portal:session", 404),
        "none": counted("GET", "none", 404),
        "odd": counted("other", "none", 404),
        "seconds": "sessions_request_seconds_count[('route', 'portal:session')]",
    }
    before = numbers()

    for address in ("/sessions/one/", "/fr/sessions/one/", "/sessions/none/", "/x1/", "/x2/"):
        Client().get(address)
    Client().generic("BREW", "/x3/")

    after = numbers()
    assert {name: after[key] - before.get(key, 0) for name, key in of.items()} == {
        "page": 2,
        "missing": 1,
        "none": 2,
        "odd": 1,
        "seconds": 3,
    }


def test_rows_tell_of_mail_and_seats(numbers: Numbers) -> None:
    session = make_session(
        slug="one",
        capacity=5,
        starts_at=NOW + timedelta(hours=20),
        ends_at=NOW + timedelta(hours=22),
    )
    make_registration(session)
    make_session(slug="draft", status=Session.Status.DRAFT)
    Message.objects.all().delete()
    outbox.plan(NOW - timedelta(seconds=30))
    make_message("an@example.org", due_at=NOW - timedelta(minutes=2))
    make_message("bo@example.org", due_at=NOW + timedelta(minutes=2))
    pausing.pause(NOW, reason="x")

    found = numbers()

    assert found["sessions_mail_due[]"] == 1
    assert found["sessions_mail_oldest_due_seconds[]"] == 120
    assert found["sessions_mail_paused[]"] == 1
    assert found["sessions_worker_heard_timestamp_seconds[]"] == NOW.timestamp() - 30
    assert found["sessions_mails[('state', 'waiting')]"] == 2
    assert found["sessions_mails[('state', 'sent')]"] == 0
    assert found["sessions_seats[('session', 'one')]"] == 5
    assert found["sessions_seats_taken[('session', 'one')]"] == 1
    assert found["sessions_mails_owed[('kind', 'events.registered'), ('session', 'one')]"] == 1
    # Requests are counted by the name of their address, whatever other tests asked for.
    rows = [name for name in found if not name.startswith("sessions_request")]
    assert not any("draft" in name or "example" in name for name in rows)


COUNTING = """
import django; django.setup()
from portal.observing import REQUESTS, SECONDS
REQUESTS.labels('GET', 'portal:home', 200).inc(3)
SECONDS.labels('portal:home').observe(.3)
"""
READING = """
import django; django.setup()
from portal import measuring
measuring._Rows.collect = lambda self: []
print(measuring.exposition(None).decode())
"""


def test_numbers_of_all_processes_of_the_web_server_are_added_up(tmp_path: Path) -> None:
    environment = bare_environment(
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path),
        DJANGO_SETTINGS_MODULE="config.settings",
        LOCAL_MODE="1",
        VAR_DIR=str(tmp_path / "var"),
    )

    def run(program: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            cwd=project.BASE_DIR,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    # Both have ended when they are read, as after a restart.
    run(COUNTING)
    run(COUNTING)
    found = samples(run(READING))

    assert found[counted("GET", "portal:home", 200)] == 6
    seconds = "sessions_request_seconds"
    assert found[f"{seconds}_count[('route', 'portal:home')]"] == 2
    assert found[f"{seconds}_bucket[('le', '0.25'), ('route', 'portal:home')]"] == 0
    assert found[f"{seconds}_bucket[('le', '0.5'), ('route', 'portal:home')]"] == 2
