"""Web and worker restarted, or killed, while people register: nothing is lost.

Two hosts on two ports share one PostgreSQL. Whoever comes is sent to one or the other, as by the
proxy in `deploy/`.
"""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from events.models import Registration, Session
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import make_session
from tests.mailing.smtp_double import SmtpDouble
from tests.processes import Program, bare_environment, database_url, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


class Port:
    """A port that stays open while its program restarts, as a socket unit of systemd does."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.number: int = self.socket.getsockname()[1]


@pytest.fixture
def ports() -> Iterator[list[Port]]:
    """One for each host."""
    both = [Port(), Port()]
    yield both
    for port in both:
        port.socket.close()


@pytest.fixture
def double() -> Iterator[SmtpDouble]:
    """The mail server."""
    with SmtpDouble() as server:
        yield server


@pytest.fixture
def session() -> Session:
    """What people register for."""
    now = timezone.now()
    return make_session(
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=30, hours=2),
        closing=Closing.from_local(
            Edge.BEFORE_DATE, date.today() + timedelta(days=20), None, BRUSSELS
        ),
    )


class Hosts:
    """Makes the programs, not yet started."""

    def __init__(self, folder: Path, double: SmtpDouble) -> None:
        self._folder = folder
        self._environment = bare_environment(
            LOCAL_MODE="1",
            VAR_DIR=str(folder),
            DATABASE_URL=database_url(),
            EMAIL_URL=f"smtp://127.0.0.1:{double.port}",
        )

    def web(self, port: Port) -> Program:
        handle = port.socket.fileno()
        return self._program(
            *("-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"),
            *("--bind", f"fd://{handle}", "--workers", "1", "--log-level", "info"),
            inherits=(handle,),
        )

    def worker(self) -> Program:
        return self._program("manage.py", "worker", "--pause=0.05")

    def _program(self, *arguments: str, inherits: tuple[int, ...] = ()) -> Program:
        return Program(
            *arguments, environment=self._environment, folder=self._folder, inherits=inherits
        )


@pytest.fixture
def hosts(tmp_path: Path, double: SmtpDouble) -> Hosts:
    """Of this test."""
    return Hosts(tmp_path, double)


class Crowd:
    """Registers one person after another until told to stop; each is sent to the next host."""

    def __init__(self, session: Session, ports: list[Port], *, tries: int) -> None:
        self._path = f"/sessions/{session.slug}/register/"
        self._ports = ports
        self._tries = tries
        self._is_over = Event()
        self.saw_registered: list[str] = []
        self.turned_away: list[str] = []

    @contextmanager
    def coming(self) -> Iterator["Crowd"]:
        """People come as long as this lasts."""
        thread = Thread(target=self._come)
        thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            thread.join()

    def wait_for_more(self, number: int = 5) -> None:
        """Until so many more have seen that they are registered."""
        before = len(self.saw_registered)
        wait_until(
            lambda: len(self.saw_registered) >= before + number, what=f"more: {self.turned_away}"
        )

    def _come(self) -> None:
        number = 0
        while not self._is_over.wait(0.05):
            number += 1
            email = f"person{number}@example.org"
            answers: list[int | str] = []
            while len(answers) < self._tries and 302 not in answers:
                answers.append(self._register(email, number + len(answers)))
            if 302 in answers:
                self.saw_registered.append(email)
            else:
                self.turned_away.append(f"{email}: {answers}")

    def _register(self, email: str, turn: int) -> int | str:
        """The status of the answer; sent again with the same mark, as the browser would."""
        form = {
            "name": "Jan Peeters",
            "email": email,
            "organisation_name": "Stad Voorbeeld",
            "language": "nl",
            "form_token": email.partition("@")[0],
        }
        port = self._ports[turn % len(self._ports)]
        line = HTTPConnection("127.0.0.1", port.number, timeout=20)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            line.request("POST", self._path, urlencode(form), kind)
            return line.getresponse().status
        except (OSError, HTTPException) as error:
            return type(error).__name__
        finally:
            line.close()


def assert_nothing_is_lost(crowd: Crowd, double: SmtpDouble) -> None:
    """Whoever saw "registered" is, once, and has their mail, once."""
    wait_until(lambda: not Message.objects.filter(state="waiting").exists(), what="all mails left")
    registered = list(Registration.objects.order_by("email").values_list("email", flat=True))
    assert set(crowd.saw_registered) <= set(registered)
    assert len(set(registered)) == len(registered)
    assert sorted(double.recipients) == registered


def test_restarting_web_and_worker_turns_nobody_away(
    hosts: Hosts, ports: list[Port], double: SmtpDouble, session: Session
) -> None:
    crowd = Crowd(session, ports[:1], tries=1)
    with hosts.worker() as worker, ExitStack() as started:
        web = started.enter_context(hosts.web(ports[0]))
        with crowd.coming():
            crowd.wait_for_more()

            # A new worker process for the old one, the port never closed.
            web.send(signal.SIGHUP)
            wait_until(lambda: web.output.count("Booting worker") == 2, what="a new worker")
            crowd.wait_for_more()

            # All of it anew, as for a new version.
            web.send(signal.SIGTERM)
            assert web.ended() == 0, web.output
            web = started.enter_context(hosts.web(ports[0]))
            worker.send(signal.SIGTERM)
            assert worker.ended() == 0, worker.output
            crowd.wait_for_more()
        with hosts.worker():
            assert crowd.turned_away == []
            assert_nothing_is_lost(crowd, double)


def test_host_killed_under_load_loses_nothing_that_was_seen(
    hosts: Hosts, ports: list[Port], double: SmtpDouble, session: Session
) -> None:
    crowd = Crowd(session, ports, tries=2)
    with hosts.web(ports[0]) as first, hosts.web(ports[1]), hosts.worker():
        with crowd.coming():
            crowd.wait_for_more()

            ports[0].socket.close()  # a dead machine holds no port
            os.killpg(first.process.pid, signal.SIGKILL)
            crowd.wait_for_more(10)

        assert crowd.turned_away == []
        assert_nothing_is_lost(crowd, double)
        # Nobody has more than one, though some forms went to both hosts.
        assert Registration.objects.count() == len(crowd.saw_registered)
