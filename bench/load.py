"""Load from a process of its own: connections that stay open, visitors that go through a script.

On bare sockets, so that the load takes little of the machine from what is measured. The process is
`python -m bench.load`: it reads what to do, and writes what it saw.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.scripts import Answer, Refused, Script, begin

# Whoever waits longer for an answer is lost.
PATIENCE_SECONDS = 60.0
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Order:
    """What the load does.

    Without `arrivals`, `connections` visitors at once, each followed by the next, for `seconds`,
    of which those of `warm_up` do not count. With `arrivals`, a visitor at each of these moments
    (in seconds), each on a connection of their own.
    """

    port: int
    script: str
    values: dict[str, Any]
    connections: int = 8
    seconds: float = 1.0
    warm_up: float = 0.2
    arrivals: list[float] = field(default_factory=list)
    first_number: int = 0


@dataclass
class Seen:
    """What the load saw: the wait of each visitor that got through, from first to last byte."""

    seconds: float
    waits: list[float] = field(default_factory=list)
    # The longest wait for a single answer, of each visitor.
    longest: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    # How many visitors there were, counted or not.
    number: int = 0

    @property
    def rate(self) -> float:
        """Visitors that got through, a second."""
        return len(self.waits) / self.seconds


def put_on(order: Order) -> Seen:
    """Put the load on, from a process of its own, and tell what it saw."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Seen(**json.loads(ran.stdout))


def quantile(values: list[float], part: float) -> float:
    """The value below which this part of them lies; not a number where there are none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))] if ranked else float("nan")


class Visitor:
    """One visitor on one connection."""

    def __init__(self, connection: socket.socket, script: Script) -> None:
        self.connection = connection
        self.received = bytearray()
        self.longest = 0.0
        self._script = script
        self.began_at = time.perf_counter()
        self.asked_at = self.began_at
        self.connection.sendall(next(script))

    def hear(self) -> bool:
        """Take in what came, and go on; whether the script has ended. Raises `Refused`."""
        try:
            part = self.connection.recv(1 << 18)
        except BlockingIOError:
            return False
        if not part:
            raise Refused("the line was cut")
        self.received += part
        answer = _complete(self.received)
        if answer is None:
            return False
        self.received.clear()
        now = time.perf_counter()
        self.longest = max(self.longest, now - self.asked_at)
        try:
            request = self._script.send(answer)
        except StopIteration:
            return True
        self.asked_at = time.perf_counter()
        self.connection.sendall(request)
        return False


def _complete(received: bytearray) -> Answer | None:
    """The answer, once all of it is there."""
    end = received.find(_HEAD_END)
    if end < 0:
        return None
    head = bytes(received[:end])
    status = int(head[9:12])
    if status == 304:
        return Answer(status, head, b"")
    start = end + len(_HEAD_END)
    if b"Transfer-Encoding: chunked" in head:
        whole = received.endswith(b"0\r\n\r\n")
        return Answer(status, head, bytes(received[start:])) if whole else None
    at = head.find(b"Content-Length: ")
    if at < 0:
        raise Refused("an answer without a length")
    length = int(head[at + 16 : head.find(b"\r\n", at) if b"\r\n" in head[at:] else end])
    if len(received) < start + length:
        return None
    return Answer(status, head, bytes(received[start : start + length]))


class Load:
    """The visitors of one order, all in one loop."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._selector = selectors.DefaultSelector()
        self._seen = Seen(order.seconds)
        self._number = order.first_number
        self._present = 0

    def run(self) -> Seen:
        """Go through it."""
        if self._order.arrivals:
            self._run_arrivals()
        else:
            self._run_connections()
        self._seen.number = self._number - self._order.first_number
        return self._seen

    def _run_connections(self) -> None:
        order = self._order
        began_at = time.perf_counter()
        counts_from, ends_at = began_at + order.warm_up, began_at + order.warm_up + order.seconds
        for _connection in range(order.connections):
            self._enter(self._connect())
        while self._present:
            for visitor in self._ready(PATIENCE_SECONDS):
                is_over = self._go_on(visitor)
                now = time.perf_counter()
                if not is_over:
                    continue
                if visitor.longest and counts_from <= visitor.began_at and now <= ends_at:
                    self._count(visitor, now)
                if now < ends_at:
                    self._enter(visitor.connection)
                else:
                    visitor.connection.close()

    def _run_arrivals(self) -> None:
        began_at = time.perf_counter()
        coming = sorted(self._order.arrivals, reverse=True)
        while coming or self._present:
            while coming and began_at + coming[-1] <= time.perf_counter():
                coming.pop()
                self._enter(self._connect())
            pause = began_at + coming[-1] - time.perf_counter() if coming else PATIENCE_SECONDS
            for visitor in self._ready(max(0.0, pause)):
                if self._go_on(visitor):
                    self._count(visitor, time.perf_counter())
                    visitor.connection.close()
        self._seen.seconds = time.perf_counter() - began_at

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._order.port), PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _enter(self, connection: socket.socket) -> None:
        script = begin(self._order.script, self._number, self._order.values)
        self._number += 1
        connection.setblocking(True)
        visitor = Visitor(connection, script)
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, visitor)
        self._present += 1

    def _ready(self, pause: float) -> list[Visitor]:
        ready = [key.data for key, _events in self._selector.select(pause)]
        if not ready and pause >= PATIENCE_SECONDS:
            raise SystemExit("no answer comes any more")
        return ready

    def _go_on(self, visitor: Visitor) -> bool:
        """Whether a visitor is through, or lost."""
        try:
            if not visitor.hear():
                return False
        except (Refused, OSError) as reason:
            self._seen.failures.append(str(reason))
            self._leave(visitor)
            visitor.connection.close()
            visitor.connection = self._connect()
            visitor.longest = 0.0
            return True
        self._leave(visitor)
        return True

    def _leave(self, visitor: Visitor) -> None:
        self._selector.unregister(visitor.connection)
        self._present -= 1

    def _count(self, visitor: Visitor, now: float) -> None:
        if visitor.longest:
            self._seen.waits.append(now - visitor.began_at)
            self._seen.longest.append(visitor.longest)


if __name__ == "__main__":
    seen = Load(Order(**json.load(sys.stdin))).run()
    json.dump(asdict(seen), sys.stdout)
