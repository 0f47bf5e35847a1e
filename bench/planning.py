"""What planning costs: by how many sessions there are, and by how much mail was sent before."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import filling
from bench.figures import Figure, at_most, exactly
from events.models import Registration
from mailing import outbox
from mailing.models import Message

FEW, ALL = 100, 1_000
REGISTRANTS = 500
SENT = 50_000
ROUNDS = 15
READ = 5_000


def measure(_folder: Path) -> Iterator[Figure]:
    """All that a worker plans, when what was due is in the outbox and when some of it is not."""
    first, *others = filling.sessions(FEW, days_ahead=0)
    filling.registrations(first, REGISTRANTS)
    filling.spread(first, others)
    _plan_all()
    few = _statements()
    filling.spread(first, filling.sessions(ALL - FEW, days_ahead=FEW // 4))
    filling.sent_mails(SENT)
    _plan_all()
    many = _statements()
    yield exactly(
        f"statements to plan {ALL:,} sessions × {REGISTRANTS} registrants",
        ours=f"{many}",
        target=f"as for {FEW} sessions: {few}",
        is_met=many == few,
    )
    before = _rounds()
    filling.sent_mails(9 * SENT)
    after = _rounds()
    ours, limit = (1000 * median(planning for planning, _other in each) for each in (after, before))
    yield at_most(
        f"planning after {10 * SENT:,} mails were sent",
        ours=f"{ours:,.0f} ms",
        limit=f"{limit:,.0f} ms after {SENT:,}",
        ratio=_relative(after) / _relative(before),
        bound=1.2,
    )


def _plan_all() -> None:
    """Plan until nothing is added."""
    known = -1
    while known != (known := Message.objects.count()):
        outbox.plan(timezone.now())


def _statements() -> int:
    """How many statements a planning takes that finds the mails of three people missing."""
    _forget_three()
    with CaptureQueriesContext(connection) as asked:
        outbox.plan(timezone.now() + timedelta(minutes=1))
    return len(asked)


def _rounds() -> list[tuple[float, float]]:
    """How long such plannings take, each with how long it took to read some registrations.

    The machine may be slower when there are more mails: reading what stays the same tells.
    """
    filling.settle()
    seen = []
    for _round in range(ROUNDS):
        _forget_three()
        begun = time.perf_counter()
        outbox.plan(timezone.now())
        planned = time.perf_counter()
        list(Registration.objects.order_by("pk")[:READ])
        seen.append((planned - begun, time.perf_counter() - planned))
    return seen


def _relative(rounds: list[tuple[float, float]]) -> float:
    return median(planning / reading for planning, reading in rounds)


def _forget_three() -> None:
    link = Message.objects.filter(kind="events.link", state=Message.State.WAITING)
    Message.objects.filter(pk__in=list(link.values_list("pk", flat=True)[:3])).delete()
