"""What is too much, or never ends, for the web server as it runs."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.processes import Program, bare_environment, free_port, wait_until

pytestmark = pytest.mark.once

HEAD = (
    "POST /sessions/ai4gov/register/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4500000\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    '--x\r\nContent-Disposition: form-data; name="f"; filename="f.pdf"\r\n\r\n'
)
THREADS = 2


def test_upload_that_breaks_off_leaves_no_file_and_a_server_that_answers(tmp_path: Path) -> None:
    port, temporary = free_port(), tmp_path / "temporary"
    temporary.mkdir()
    options = ("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", str(THREADS))

    def files() -> int:
        return len(list(temporary.glob("*.upload*")))

    with Program(
        *("-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi", *options),
        environment=bare_environment(LOCAL_MODE="1", VAR_DIR=str(tmp_path), TMPDIR=str(temporary)),
        folder=tmp_path,
    ) as web:
        web.wait_for("Booting worker")
        with ExitStack() as lines:
            for _each in range(THREADS):
                line = lines.enter_context(socket.create_connection(("127.0.0.1", port), 30))
                line.sendall(HEAD.encode() + b"x" * 3_000_000)
            wait_until(lambda: files() == THREADS, what=f"they are being read: {web.output}")

        wait_until(lambda: files() == 0, what="what was read of them is gone")
        with socket.create_connection(("127.0.0.1", port), 30) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.0 200")
