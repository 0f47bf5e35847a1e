"""The check that registers somebody made up: what it proves, what it finds, what it leaves."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import AuditEntry
from events.models import Registration, Session
from mailing import outbox, pausing
from mailing.models import Message
from tests.build import make_organiser, make_programme, make_registration, make_session
from tests.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "controle+1@example.org"


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    """The site, serving."""
    settings.SITE_URL = live_server.url
    return settings.SITE_URL


@contextmanager
def worker() -> Iterator[None]:
    """A worker beside the test."""
    is_over = Event()

    def run() -> None:
        while not is_over.wait(0.02):
            outbox.work(timezone.now, is_stopping=is_over.is_set)
        connections.close_all()

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def check(**options: float) -> str:
    said = io.StringIO()
    call_command("check_registration_path", ADDRESS, stdout=said, **options)
    return said.getvalue()


def assert_nothing_remains() -> None:
    assert not Session.objects.filter(is_check=True).exists()
    assert not Registration.objects.exists()
    assert not Message.objects.exists()
    assert not AuditEntry.objects.exists()


def test_check_registers_is_mailed_cancels_and_leaves_nothing(site: str) -> None:
    make_programme()

    with worker():
        said = [check().splitlines() for _time in range(2)]

    assert [len(lines) for lines in said] == [6, 6]
    assert [each.to for each in mail.outbox] == [[ADDRESS]] * 4
    assert_nothing_remains()
    # Nothing that opens anything.
    assert ADDRESS not in str(said) and "/registrations/" not in str(said)


def test_check_says_that_mail_waits_and_why(site: str) -> None:
    make_programme()
    pausing.pause(timezone.now())

    with pytest.raises(CommandError, match=r"still waits after .* since the mail is paused"):
        check(patience=0.1)

    assert_nothing_remains()


def test_check_says_that_the_site_does_not_answer(settings: Settings) -> None:
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    make_programme()

    with pytest.raises(CommandError, match="gave no answer: ConnectionRefusedError"):
        check()

    assert_nothing_remains()


def test_check_says_that_registering_is_broken(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_programme()
    monkeypatch.setattr("portal.views.session.RegistrationForm.is_valid", lambda _form: False)

    with pytest.raises(CommandError, match=r"form to register was not taken: .* status 422"):
        check()

    assert_nothing_remains()


def test_check_before_there_is_a_programme_says_so() -> None:
    with pytest.raises(CommandError, match="no programme yet"):
        check()


def a_check(**fields: object) -> Session:
    return make_session(status=Session.Status.DRAFT, is_check=True, **fields)


def test_session_of_a_check_shows_nowhere() -> None:
    real, hidden = make_session(title="Echt"), a_check(title="Verborgen")
    organiser = make_organiser(hidden.programme)
    client = Client()
    client.force_login(organiser)
    listed = ["/", "/sessions/", "/sessions/calendar.ics", "/organise/", "/metrics"]

    shown = [client.get(address).content.decode() for address in listed]

    assert "Verborgen" not in str(shown) and hidden.slug not in str(shown)
    assert real.title in str(shown)
    assert client.get(f"/organise/sessions/{hidden.slug}/").status_code == 404
    assert client.get(hidden.get_absolute_url()).status_code == 200


def test_what_a_killed_check_left_goes_with_the_next(site: str) -> None:
    left, young = a_check(), a_check()
    make_registration(left, now=timezone.now())
    Session.objects.filter(pk=left.pk).update(created_at=timezone.now() - timedelta(hours=2))

    with pytest.raises(CommandError):
        check(patience=0)

    assert list(Session.objects.filter(is_check=True)) == [young]
    assert not Registration.objects.exists()
