"""What is lost and what is doubled when workers are killed, and the database with them."""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from django.db import connection
from django.utils import timezone

from bench.clusters import Cluster
from bench.comparing import Failed
from bench.figures import Figure, exactly
from bench.mail import Sink, owe_links, serve_sink, wait_until, worker
from bench.sink import stamps, taken
from mailing.models import Message
from mailing.outbox import Left

MAILS = 5_000
WORKERS = 2
QUIET_SECONDS = 5.0


def measure(folder: Path) -> Iterator[Figure]:
    """A worker killed every second, then the database restarted in the middle."""
    for name, run in (("a worker killed every second", _kill), ("database restarted", _restart)):
        own = folder / name.partition(" ")[0]
        own.mkdir()
        owe_links(MAILS, timezone.now())
        owed = dict(
            Message.objects.filter(state=Message.State.WAITING).values_list(
                "recipient", "message_id"
            )
        )
        with serve_sink(own) as sink:
            allowed = run(sink)
        yield from _figures(name, owed, sink, allowed)


def _kill(sink: Sink) -> int:
    """Kill each worker a second after its first mail; how many mails may have left twice."""
    kills = 0
    while _waiting():
        before = len(stamps(sink.folder))
        with worker(sink) as process:
            wait_until(partial(_has_more, sink, before))
            time.sleep(1)
            if _waiting():
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
        _end_leases()
    return kills * Left.SIZE


def _restart(sink: Sink) -> int:
    """Stop the database under two workers, once as if the power went, once as one should."""
    own, _colon, port = os.environ["BENCH_CLUSTER"].rpartition(":")
    server = Cluster(Path(own), int(port))
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(sink)) for _each in range(WORKERS)]
        for part, how in ((0.3, "immediate"), (0.6, "fast")):
            wait_until(partial(_has_more, sink, int(MAILS * part)))
            connection.close()
            server.stop(how)
            server.start()
        while _waiting():
            # What they held when it went comes back after its lease; that is waited for no longer
            # than until nobody sends any more.
            if any(each.poll() is not None for each in workers):
                raise Failed("A worker did not survive that its database was away.")
            if time.monotonic() - stamps(sink.folder)[-1] > QUIET_SECONDS:
                _end_leases()
            time.sleep(0.5)
    return 2 * WORKERS * Left.SIZE


def _figures(name: str, owed: dict[str, str], sink: Sink, allowed: int) -> Iterator[Figure]:
    copies: dict[str, set[str]] = defaultdict(set)
    came = taken(sink.folder)
    for recipient, number in came:
        copies[recipient].add(number)
    lost = [recipient for recipient in owed if recipient not in copies]
    doubled = len(came) - len(copies)
    others = [who for who, numbers in copies.items() if numbers != {owed.get(who)}]
    yield exactly(
        f"{name}: mails lost of {len(owed):,}", ours=f"{len(lost)}", target="0", is_met=not lost
    )
    yield exactly(
        f"{name}: mails that came twice",
        ours=f"{doubled}",
        target=f"≤ {allowed}",
        is_met=doubled <= allowed,
    )
    yield exactly(
        f"{name}: mails under another Message-ID",
        ours=f"{len(others)}",
        target="0",
        is_met=not others,
    )


def _has_more(sink: Sink, number: int) -> bool:
    """Whether the server took more than this, or all there is."""
    return len(stamps(sink.folder)) > number or not _waiting()


def _waiting() -> bool:
    return Message.objects.filter(state=Message.State.WAITING).exists()


def _end_leases() -> None:
    """What the dead held is taken up now, and not in five minutes."""
    Message.objects.filter(state=Message.State.WAITING).exclude(lease_until=None).update(
        lease_until=timezone.now()
    )
