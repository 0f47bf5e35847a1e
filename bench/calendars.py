"""The feed of a thousand sessions: making it against a library, a 304 against a bare view."""

import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from django.utils import timezone
from icalendar import Calendar

from bench import filling
from bench.comparing import rates
from bench.figures import Figure, at_least, at_most
from bench.load import Order
from bench.pages import keep_same_bytes
from bench.serving import BARE, OURS, Server, serve
from events import calendars
from events.models import Session
from ical.responses import feed

SESSIONS = 1_000
ROUNDS = 7
CONNECTIONS = 8
FEED = "/sessions/calendar.ics"


def measure(folder: Path) -> Iterator[Figure]:
    """Making the feed, from the database to the bytes; then who asks again whether it changed."""
    filling.sessions(SESSIONS)
    filling.bare()
    yield _making()
    with serve(OURS) as ours, serve(BARE) as bare:
        name = keep_same_bytes(folder, ours, "/sessions/")
        tag = _tag(ours)
        compared = rates(
            _asking(ours, FEED, etag=tag),
            _asking(bare, f"/page/{name}", etag=""),
        )
        yield at_least(
            f"304 of a feed of {SESSIONS:,} sessions",
            ours=f"{compared.ours:,.0f}/s",
            limit=f"{compared.limit:,.0f}/s, bare view",
            ratio=compared.ratio,
            bound=0.6,
        )


def _making() -> Figure:
    """Ours and the library by turns, so that what disturbs one disturbs both."""
    prepared = Calendar.from_ical(_feed())
    pairs = [(_seconds(_feed), _seconds(prepared.to_ical)) for _round in range(ROUNDS)]
    ours, limit = (median(each) for each in zip(*pairs, strict=True))
    return at_most(
        f"feed of {SESSIONS:,} sessions, from the database",
        ours=f"{1000 * ours:,.0f} ms",
        limit=f"{1000 * limit:,.0f} ms, icalendar writing it",
        ratio=median(one / other for one, other in pairs),
        bound=3,
    )


def _feed() -> bytes:
    chosen = Session.objects.public().coming(timezone.now()).for_pages()
    return feed(calendars.contents(chosen), name="AI4GOV").body


def _seconds(work: Callable[[], object]) -> float:
    began_at = time.perf_counter()
    work()
    return time.perf_counter() - began_at


def _tag(server: Server) -> str:
    """The tag under which the feed is sent, to who takes it packed."""
    connection = HTTPConnection("127.0.0.1", server.port)
    headers = {
        "Host": "sessies.example.be",
        "X-Forwarded-Proto": "https",
        "Accept-Encoding": "gzip",
        "Accept-Language": "nl",
    }
    connection.request("GET", FEED, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["ETag"] or ""


def _asking(server: Server, path: str, *, etag: str) -> Callable[[int], Order]:
    values = {"path": path, "etag": etag}
    return lambda _round: Order(server.port, "look", values, CONNECTIONS)
