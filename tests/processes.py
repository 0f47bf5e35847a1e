"""Programs of this project as processes of their own, each ended with its test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

PATIENCE_SECONDS = 60


def wait_until(condition: Callable[[], object], *, what: str) -> None:
    """Wait until something holds; the limit only ends a test that would never end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def bare_environment(**extra: str) -> dict[str, str]:
    """An environment with nothing of ours in it but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | extra


def database_url() -> str:
    """The address of the database this test runs on."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(values['NAME']))}"
    user = ":".join(quote(values[part], safe="") for part in ("USER", "PASSWORD") if values[part])
    return f"postgres://{user}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


class Program:
    """A program of this project, started on entering and ended on leaving."""

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str],
        folder: Path,
        inherits: tuple[int, ...] = (),
    ) -> None:
        self._arguments = arguments
        self._inherits = inherits
        self._environment = environment
        self._output = folder / f"output-{time.monotonic_ns()}"

    def __enter__(self) -> Self:
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self._arguments],
                env=self._environment | {"PYTHONUNBUFFERED": "1"},
                cwd=settings.BASE_DIR,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._inherits,
            )
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        # Asked first: the runner ends what it started.
        self.send(signal.SIGTERM)
        try:
            self.ended()
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.ended()

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._output.read_text()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; its exit status."""
        return self.process.wait(PATIENCE_SECONDS)

    def wait_for(self, sentence: str) -> None:
        """Wait until it has said something."""
        wait_until(
            lambda: sentence in self.output or self.process.poll() is not None, what=sentence
        )
        assert sentence in self.output, self.output
