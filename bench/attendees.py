"""The attendee list of 10,000 people against that of 50, and its exports against bare writing."""

import logging
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import xlsxwriter
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.underway import finished
from bench import filling
from bench.comparing import Failed
from bench.figures import Figure, at_most, exactly
from events.attendees import COLUMNS, Listing
from events.exporting import ROWS_AT_ONCE, as_csv, as_workbook
from events.models import Registration, Session

FEW, MANY = 50, 10_000
SHORT, LONG = 1_000, 50_000
MOST_QUERIES = 12
ROUNDS = 20
FACTS = ("organisation", "group", "presence")
_columns = [column for column in COLUMNS if not column.is_need]


def measure(_folder: Path) -> Iterator[Figure]:
    """How long a page of each takes, how many questions it asks, and what exports cost."""
    logging.disable(logging.INFO)  # a line for each look
    few, many, short, long = (_session_of(number) for number in (FEW, MANY, SHORT, LONG))
    settings.REQUIRE_SECOND_FACTOR = False  # which would ask for one first
    client = Client()
    client.force_login(User.objects.create(email="beheer@example.be", is_superuser=True))
    yield from _pages(client, few, many)
    yield _workbook(many)
    yield _memory(short, long)


def _session_of(number: int) -> Session:
    (session,) = filling.sessions(1)
    filling.registrations(session, number)
    filling.settle()
    return session


def _pages(client: Client, few: Session, many: Session) -> Iterator[Figure]:
    limit, ours = (_seconds(partial(_look, client, session)) for session in (few, many))
    yield at_most(
        f"attendee list, {MANY:,} people",
        ours=f"{ours * 1000:.1f} ms",
        limit=f"{limit * 1000:.1f} ms, {FEW} people",
        ratio=ours / limit,
        bound=2,
    )
    with CaptureQueriesContext(connection) as asked:
        _look(client, many)
    yield exactly(
        "attendee list, questions asked",
        ours=f"{len(asked)}",
        target=f"at most {MOST_QUERIES}",
        is_met=len(asked) <= MOST_QUERIES,
    )


def _look(client: Client, session: Session) -> None:
    path = f"/organise/sessions/{session.slug}/attendees/"
    answer = client.get(path, secure=True, headers={"host": "sessies.example.be"})
    if answer.status_code != 200 or answer.content.count(b"an.peeters.") < FEW:
        raise Failed(f"{path}: {answer.status_code}")


def _seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """How long something takes: the least disturbed of many, after a first time."""
    work()
    waits = []
    for _round in range(rounds):
        began = perf_counter()
        work()
        waits.append(perf_counter() - began)
    return min(waits)


def _rows(session: Session) -> QuerySet[Registration]:
    return Listing().registrations(session, timezone.now()).select_related(*FACTS)


def _workbook(session: Session) -> Figure:
    def write() -> None:
        rows = _rows(session).iterator(chunk_size=ROWS_AT_ONCE)
        finished(as_workbook(_columns, rows, session.zone)).close()

    cells = [[str(column.cell(row) or "") for column in _columns] for row in _rows(session)]

    def write_bare() -> None:
        with tempfile.TemporaryFile() as file:
            workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
            sheet = workbook.add_worksheet()
            for number, row in enumerate(cells):
                for position, text in enumerate(row):
                    sheet.write_string(number, position, text)
            workbook.close()

    ours, limit = _seconds(write, 3), _seconds(write_bare, 3)
    return at_most(
        f"workbook of {MANY:,} people",
        ours=f"{ours:.2f} s",
        limit=f"{limit:.2f} s, the same cells written bare",
        ratio=ours / limit,
        bound=3,
    )


def _memory(short: Session, long: Session) -> Figure:
    limit, ours = (_peak(session) for session in (short, long))
    return at_most(
        f"memory of a CSV file of {LONG:,} people",
        ours=f"{ours / 1e6:.1f} MB",
        limit=f"{limit / 1e6:.1f} MB, {SHORT:,} people",
        ratio=ours / limit,
        bound=1.2,
    )


def _peak(session: Session) -> int:
    """The most bytes held at once while a file is made and thrown away."""
    tracemalloc.start()
    try:
        rows = _rows(session).iterator(chunk_size=ROWS_AT_ONCE)
        finished(as_csv(_columns, rows, session.zone)).close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
