"""Public pages, as visitors without an account get them, against a bare view."""

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

from bench import filling
from bench.comparing import rates
from bench.figures import Figure, at_least
from bench.load import Order
from bench.serving import BARE, OURS, Server, serve

CONNECTIONS = 8


def measure(folder: Path) -> Iterator[Figure]:
    """The page of a session with a live count of seats, the list of sessions, the deadlines."""
    session = filling.session(capacity=100_000)
    filling.sessions(40)
    filling.bare()
    with serve(OURS) as ours, serve(BARE) as bare:
        for work, path in (
            ("public page of a session", session.get_absolute_url()),
            ("public list of sessions", "/sessions/"),
            ("public list of deadlines", "/deadlines/"),
        ):
            name = keep_same_bytes(folder, ours, path)
            compared = rates(
                looking(ours, path, CONNECTIONS),
                looking(bare, f"/page/{name}", CONNECTIONS),
            )
            yield at_least(
                work,
                ours=f"{compared.ours:,.0f}/s",
                limit=f"{compared.limit:,.0f}/s, bare view",
                ratio=compared.ratio,
                bound=0.6,
            )


def looking(server: Server, path: str, connections: int) -> Callable[[int], Order]:
    """The orders of a load that looks at one page."""
    return lambda _round: Order(server.port, "look", {"path": path}, connections)


def keep_same_bytes(folder: Path, server: Server, path: str) -> str:
    """Keep what a page answers, for the bare view; the name under which that answers it."""
    name = path.strip("/").replace("/", "-") or "home"
    connection = HTTPConnection("127.0.0.1", server.port)
    headers = {"Host": "sessies.example.be", "X-Forwarded-Proto": "https"}
    connection.request("GET", path, headers=headers)
    kept = folder / "same_bytes" / name
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(connection.getresponse().read())
    connection.close()
    return name
