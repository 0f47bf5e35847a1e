"""A Redis server of a test's own."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.conftest import REQUIRE_ALL
from tests.processes import free_port, wait_until


def _answers(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port).ping())
    except redis.ConnectionError:
        return False


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """One that answers, with nothing in it; its address and its process."""
    program = shutil.which("redis-server")
    if program is None:
        if REQUIRE_ALL:
            pytest.fail("redis-server is missing")
        pytest.skip("needs redis-server: on Debian the package of that name")
    port = free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _answers(port), what="redis-server")
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()
