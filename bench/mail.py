"""Link mails from the outbox to a mail server, against a bare loop over one connection to it."""

import os
import smtplib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import Popen

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench import filling
from bench.comparing import Failed
from bench.figures import Figure, at_least, at_most
from bench.serving import free_port, memory, running, wait_for
from bench.sink import stamps
from events import messages
from mailing.models import Message

MAILS = 10_000
ROUNDS = 5
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Sink:
    """A running mail server."""

    port: int
    folder: Path


def measure(folder: Path) -> Iterator[Figure]:
    """One worker and, on PostgreSQL, two, each round beside the bare loop."""
    now = timezone.now()
    owe_links(MAILS, now)
    Message.objects.update(due_at=now + timedelta(days=1))
    numbers = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    size = MAILS // ROUNDS
    bare: list[float] = []
    one: list[float] = []
    two: list[float] = []
    bare_two: list[float] = []
    held: list[float] = []
    with serve_sink(folder) as sink, ready_worker(sink) as worker:
        for number in range(ROUNDS):
            part = numbers[number * size : (number + 1) * size]
            one.append(_rate(sink, size, partial(_let_go, part)))
            held.append(memory(worker))
            bare.append(_rate(sink, size, partial(_bare_loop, sink, size)))
            # SQLite lets one writer in at a time.
            if connection.vendor == "postgresql":
                bare_two.append(_rate(sink, size, partial(_two_bare_loops, sink, size)))
                with ready_worker(sink):
                    two.append(_rate(sink, size, partial(_let_go, part)))
    _say_of(bare, one, bare_two, two)
    yield at_least(
        f"{MAILS:,} link mails of a session, one worker",
        ours=f"{median(one):,.0f}/s",
        limit=f"{median(bare):,.0f}/s, bare loop",
        ratio=median(ours / limit for ours, limit in zip(one, bare, strict=True)),
        bound=0.6,
    )
    yield at_most(
        f"memory of the worker after {MAILS:,} link mails",
        ours=f"{held[-1]:,.0f} MB",
        limit=f"{held[0]:,.0f} MB after {size:,}",
        ratio=held[-1] / held[0],
        bound=1.1,
    )
    if two:
        # Two would send 1.6 × what one sends, did the mail server not take one mail at a time: what
        # it gives two at most, two bare loops find out.
        gain = median(ours / alone for ours, alone in zip(two, one, strict=True))
        yield at_least(
            f"link mails of a session, two workers ({gain:.2f} × one)",
            ours=f"{median(two):,.0f}/s",
            limit=f"{median(bare_two):,.0f}/s, two bare loops",
            ratio=median(ours / limit for ours, limit in zip(two, bare_two, strict=True)),
            bound=0.6,
        )


def owe_links(number: int, now: datetime) -> None:
    """A session of today whose link mails are all in the outbox."""
    session = filling.sessions(1, registrants=number, days_ahead=0)[0]
    session.starts_at, session.ends_at = now + timedelta(hours=6), now + timedelta(hours=8)
    session.registration_closes_at = now
    session.save()
    while messages.owed_links().exists():
        messages.plan(now)


@contextmanager
def serve_sink(folder: Path) -> Iterator[Sink]:
    port = free_port()
    command = [sys.executable, "-m", "bench.sink", str(port), str(folder)]
    with running(command, output=folder / "log"):
        wait_for(port)
        yield Sink(port, folder)


@contextmanager
def worker(sink: Sink) -> "Iterator[Popen[bytes]]":
    """A worker as the documentation starts it, with nothing to wait for."""
    command = [sys.executable, "manage.py", "worker", "--pause", "0.05"]
    environment = os.environ | {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    with running(command, environment=environment, output=sink.folder / "log") as process:
        yield process


@contextmanager
def ready_worker(sink: Sink) -> "Iterator[Popen[bytes]]":
    """One that has started, and has nothing left to do."""
    with worker(sink) as process:
        wait_until(lambda: _cpu(process) > 0.5)
        before = -1.0
        while _cpu(process) - before > 0.1:  # it starts, or plans
            before = _cpu(process)
            time.sleep(1)
        yield process


def _cpu(process: "Popen[bytes]") -> float:
    """Seconds of the processor that a program has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rate(sink: Sink, number: int, start: Callable[[], None]) -> float:
    """Mails a second, from the first to the last of those that arrive after `start`."""
    before = len(stamps(sink.folder))
    start()
    wait_until(lambda: len(stamps(sink.folder)) >= before + number)
    arrived = stamps(sink.folder)[before:]
    return (len(arrived) - 1) / (arrived[-1] - arrived[0])


def _let_go(numbers: list[int]) -> None:
    """Let these be due, as if they had never left."""
    Message.objects.filter(pk__in=numbers).update(
        due_at=timezone.now(), state=Message.State.WAITING, closed_at=None, attempts=0
    )


def _bare_loop(sink: Sink, number: int) -> None:
    """Send the same bytes again and again, as fast as Python can."""
    content = (sink.folder / "first.eml").read_bytes()
    with smtplib.SMTP("127.0.0.1", sink.port) as line:
        line.ehlo()
        for each in range(number):
            line.sendmail(settings.DEFAULT_FROM_EMAIL, [f"n{each}@example.org"], content)


def _two_bare_loops(sink: Sink, number: int) -> None:
    with ThreadPoolExecutor(2) as both:
        for _loop in range(2):
            both.submit(_bare_loop, sink, number // 2)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait, but not for ever. Raises `Failed`."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > ends_at:
            raise Failed("The mails do not arrive.")
        time.sleep(0.02)


def _say_of(*rates: list[float]) -> None:
    """What each round saw, for who wants to know how even they were."""
    for each in rates:
        sys.stderr.write(f"    {' '.join(f'{rate:,.0f}' for rate in each)}\n")
