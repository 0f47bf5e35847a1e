"""What the processes hold: after the load, and whether it grows while the load lasts."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench import filling
from bench.comparing import Failed
from bench.figures import Figure, at_most, exactly
from bench.load import Order, put_on
from bench.serving import OURS, Server, children, free_port, memory, running, serve
from mailing.models import Message

MOST_MEGABYTES = 300
# An hour of a busy day, by the number of requests: that of 5 a second.
REQUESTS = 18_000
TURNS = 4
ROUND_SECONDS = 3.0
CONNECTIONS = 8
# What an allocator keeps for itself differs by this much from one moment to the next.
BREATH = 1.05


class _Sink:
    """Takes every mail and keeps none."""

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 OK"


def measure(folder: Path) -> Iterator[Figure]:
    """Web (3 processes) and worker together after mixed load, and the web while it goes on."""
    session = filling.session(capacity=None)
    filling.sessions(40, registrants=20)
    sink = Controller(_Sink(), hostname="127.0.0.1", port=free_port())
    sink.start()
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{sink.port}"
    try:
        with serve(OURS) as web, running([sys.executable, "manage.py", "worker"]) as worker:
            yield from _flat(web, session.get_absolute_url())
            held = memory(web.process) + memory(worker)
            sent = Message.objects.filter(state=Message.State.SENT).count()
            yield exactly(
                "memory of web (3 processes) and worker, after the load",
                ours=f"{held:.0f} MB, {sent:,} mails sent",
                target=f"under {MOST_MEGABYTES} MB",
                is_met=held < MOST_MEGABYTES and sent > 0,
            )
    finally:
        sink.stop()


def _flat(web: Server, path: str) -> Iterator[Figure]:
    """One turn of all that visitors do to settle; what came on top of that during the others."""
    done = _turn(web, path, 0)
    settled = _largest(web)
    turns = 1
    while done < REQUESTS or turns < TURNS:
        done += _turn(web, path, turns)
        turns += 1
    now = _largest(web)
    yield at_most(
        f"memory of a web process over {done:,} mixed requests",
        ours=f"{now:.0f} MB",
        limit=f"{settled:.0f} MB, after the first of {turns} turns",
        ratio=now / settled,
        bound=BREATH,
    )


def _turn(web: Server, path: str, number: int) -> int:
    """A while of each thing that visitors do; how many requests that were."""
    done = 0
    for script, values in (
        ("look", {"path": path}),
        ("look", {"path": "/sessions/"}),
        ("register", {"path": path, "prefix": f"memory.{number}"}),
        ("look", {"path": "/deadlines/"}),
        ("look", {"path": "/sessions/calendar.ics"}),
        ("look", {"path": "/fr/"}),
    ):
        seen = put_on(Order(web.port, script, values, CONNECTIONS, seconds=ROUND_SECONDS))
        if seen.failures:
            raise Failed(seen.failures[0])
        done += seen.number * (3 if script == "register" else 1)
    return done


def _largest(web: Server) -> float:
    """The resident megabytes of its largest process."""
    return max(_resident(pid) for pid in children(web.process.pid))


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
