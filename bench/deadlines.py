"""Making the list of deadlines: with 2,000 calls of five deadlines against 20 of them."""

import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import filling
from bench.comparing import Failed
from bench.figures import Figure, at_most, exactly

FEW, MANY, DEADLINES = 20, 2_000, 5
ROUNDS = 40
PAGES = {"list of deadlines": "", "its last page": "&page=last"}
_number = count(1)


def measure(_folder: Path) -> Iterator[Figure]:
    """How long a page takes that is made, and how many questions it asks the database."""
    logging.disable(logging.INFO)  # a line for each look
    _fill(FEW)
    few = {work: (_seconds(query), _questions(query)) for work, query in PAGES.items()}
    _fill(MANY - FEW)
    for work, query in PAGES.items():
        seconds, questions = few[work]
        ours = _seconds(query)
        yield at_most(
            f"{work}, {MANY:,} calls",
            ours=f"{ours * 1000:.1f} ms",
            limit=f"{seconds * 1000:.1f} ms, {FEW} calls",
            ratio=ours / seconds,
            bound=1.5,
        )
        asked = _questions(query)
        yield exactly(
            f"{work}, questions asked",
            ours=f"{asked}",
            target=f"{questions} as with {FEW} calls",
            is_met=asked == questions,
        )


def _fill(number: int) -> None:
    """Calls, of which the database knows how many there are, as it soon does by itself."""
    filling.calls(number, deadlines=DEADLINES)
    filling.settle()


def _seconds(query: str) -> float:
    """How long one takes: the least disturbed of many, after a first look."""
    _look(query)
    waits = []
    for _round in range(ROUNDS):
        began = perf_counter()
        _look(query)
        waits.append(perf_counter() - began)
    return min(waits)


def _questions(query: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        _look(query)
    return len(asked)


def _look(query: str) -> None:
    """Look at a page that nobody looked at before: one that was kept would tell nothing."""
    path = f"/deadlines/?n={next(_number)}{query}"
    answer = Client().get(path, secure=True, headers={"host": "sessies.example.be"})
    if answer.status_code != 200:
        raise Failed(f"{path}: {answer.status_code}")
