"""Web servers and workers as the documentation starts them, each ended with its bench."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# As docs/operating.md and deploy/ start it.
GUNICORN = ("-c", "python:config.gunicorn", "--workers", "3")
OURS, BARE = "config.wsgi", "bench.bare.wsgi"
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A running web server."""

    port: int
    process: "subprocess.Popen[bytes]"


@contextmanager
def serve(application: str) -> Iterator[Server]:
    """Serve one of the two with gunicorn, until the block ends."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *GUNICORN,
        "--log-level", "warning",
    ]  # fmt: skip
    with running(command) as process:
        wait_for(port)
        yield Server(port, process)


@contextmanager
def running(
    command: list[str],
    *,
    environment: dict[str, str] | None = None,
    output: Path | None = None,
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program in a group of its own, and end all of it; without an environment in ours."""
    with (output or Path(os.devnull)).open("ab") as log:
        process = subprocess.Popen(
            command,
            start_new_session=True,
            env=environment,
            stdout=log if output else None,
            stderr=log if output else None,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until something listens."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}.")


def memory(process: "subprocess.Popen[bytes]") -> float:
    """Megabytes that a program and its children hold, what they share counted once (PSS)."""
    return sum(_proportional_share(pid) for pid in (process.pid, *children(process.pid)))


def children(pid: int) -> list[int]:
    """The processes that a program started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def _proportional_share(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _colon, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) / 1024
    raise RuntimeError(f"The kernel does not tell how much memory process {pid} holds.")
