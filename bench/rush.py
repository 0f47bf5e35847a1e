"""Everybody at once: more people than seats, and the last ten minutes before the deadline."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

from django.utils import timezone

from bench import filling
from bench.comparing import warm_up
from bench.figures import Figure, at_most, exactly
from bench.load import Order, Seen, put_on, quantile
from bench.serving import OURS, Server, serve
from events.models import Registration, Session

SEATS, AT_ONCE = 100, 300
PEOPLE, LATE = 5_000, 100
# Ten minutes, ten times as fast.
RUSH_SECONDS = 60.0
# Between the last who is in time and the deadline: what an answer may take at most.
MARGIN_SECONDS = 10.0


def measure(folder: Path) -> Iterator[Figure]:
    """Exactly as many seats as there are, in order; nobody lost and nobody wrongly refused."""
    with serve(OURS) as server:
        other = filling.session(capacity=None)
        warm_up(Order(server.port, "register", _values(other, "warm")))
        yield _last_seats(server)
        yield from _deadline(server)


def _last_seats(server: Server) -> Figure:
    session = filling.session(capacity=SEATS)
    order = Order(server.port, "register", _values(session, "seat"), arrivals=[0.0] * AT_ONCE)
    seen = put_on(order)
    rows = list(session.registrations.order_by("pk"))
    seated = [row.state for row in rows] == (
        [Registration.State.CONFIRMED] * SEATS + [Registration.State.WAITING] * (AT_ONCE - SEATS)
    )
    line = [row.line_number or 0 for row in rows[SEATS:]]
    is_met = not seen.failures and seated and line == sorted(line)
    seats = sum(row.state == Registration.State.CONFIRMED for row in rows)
    return exactly(
        f"{SEATS} seats, {AT_ONCE} people at once",
        ours=f"{seats} seated, {len(rows) - seats} in line, {len(seen.failures)} errors",
        target=f"{SEATS} seated, in order, no error",
        is_met=is_met,
    )


def _deadline(server: Server) -> Iterator[Figure]:
    session = filling.session(capacity=None)
    deadline = timezone.now() + timedelta(seconds=RUSH_SECONDS + MARGIN_SECONDS)
    Session.objects.filter(pk=session.pk).update(registration_closes_at=deadline)
    seen = put_on(Order(server.port, "register", _values(session, "rush"), arrivals=_arrivals()))
    held = session.registrations.count()
    # Who comes after it is refused; should the rush have lasted longer, nobody was let in late.
    left = (deadline - timezone.now()).total_seconds()
    late = put_on(
        Order(
            server.port,
            "come_late",
            _values(session, "late"),
            arrivals=[max(0.0, left) + 0.1] * LATE,
        )
    )
    is_met = held == PEOPLE and not seen.failures and not late.failures
    yield exactly(
        f"{PEOPLE:,} people in the last ten minutes (at 10 × speed)",
        ours=f"{held:,} registered, {_refusals(seen, late)}",
        target="none lost, none wrongly refused",
        is_met=is_met,
    )
    median, slowest = quantile(seen.waits, 0.5), quantile(seen.waits, 0.99)
    yield at_most(
        "the slowest of them, p99",
        ours=f"{1000 * slowest:,.0f} ms",
        limit=f"{1000 * median:,.0f} ms, the median",
        ratio=slowest / median,
        bound=5,
    )


def _refusals(seen: Seen, late: Seen) -> str:
    return f"{len(seen.failures)} of them refused, {len(late.waits)} of {LATE} late ones"


def _arrivals() -> list[float]:
    """More of them the nearer the deadline is: few at first, many at the end."""
    random = Random(20270607)  # noqa: S311 - the same crowd each time
    even = (random.uniform(0, RUSH_SECONDS) for _ in range(PEOPLE // 2))
    rising = (random.triangular(0, RUSH_SECONDS, RUSH_SECONDS) for _ in range(PEOPLE // 2))
    return sorted([*even, *rising])


def _values(session: Session, prefix: str) -> dict[str, str]:
    return {"path": session.get_absolute_url(), "prefix": prefix}
