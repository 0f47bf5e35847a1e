"""A complete registration, page, form, POST and confirmation, against the barest form there is."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bench import filling
from bench.comparing import rates
from bench.figures import Figure, at_least, at_most
from bench.load import Order
from bench.serving import BARE, OURS, Server, serve


def measure(folder: Path) -> Iterator[Figure]:
    """At 8 and at 32 connections: how many get through, and how long the slowest waits."""
    session = filling.session(capacity=1_000_000)
    filling.bare()
    with serve(OURS) as ours, serve(BARE) as bare:
        for connections in (8, 32):
            compared = rates(
                _registering(ours, session.get_absolute_url(), connections),
                _registering(bare, "/form/", connections),
            )
            yield at_least(
                f"complete registration, {connections} connections",
                ours=f"{compared.ours:,.0f}/s",
                limit=f"{compared.limit:,.0f}/s, bare form",
                ratio=compared.ratio,
                bound=0.5,
            )
        slowest, limit = compared.wait(0.99)
        yield at_most(
            "wait of a registrant at 32 connections, p99",
            ours=f"{1000 * slowest:,.0f} ms",
            limit=f"{1000 * limit:,.0f} ms, bare form",
            ratio=slowest / limit,
            bound=3,
        )


def _registering(server: Server, path: str, connections: int) -> Callable[[int], Order]:
    return lambda number: Order(
        server.port,
        "register",
        {"path": path, "prefix": f"{connections}.{number}"},
        connections,
        seconds=3.0,
    )
