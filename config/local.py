"""What `make run` starts: database, facts, web server and worker, ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

import django
from django.core.management import call_command

GRACE_SECONDS = 10


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal.

    Not KeyboardInterrupt: where that passes through `exec` of a text, as in the making of a
    dataclass, Python ends by the signal even when it was caught.
    """


def main() -> int:
    """Set up and serve until Ctrl-C, or until one of the two processes ends."""
    port = _port()
    # A closed terminal ends it as Ctrl-C does, unless it was started to outlive that (nohup).
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        _prepare(port)
        return _serve(port)
    except Stopped:
        return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Stop, once: a second signal must not interrupt the cleaning up after the first."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _prepare(port: int) -> None:
    """Bring database and facts up to date."""
    os.environ["LOCAL_MODE"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("SITE_URL", f"http://localhost:{port}")
    django.setup()
    print("Preparing the database and loading the facts.")
    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    call_command("load_seed_data", upcoming=True)


def _port() -> int:
    """The port to serve on; ends with a sentence when it cannot be had."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT={text} is not a port number, for example PORT=8001.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except PermissionError:
            sys.exit(f"Port {text} may not be used by you. Choose another: make run PORT=8001")
        except OSError:
            sys.exit(
                f"Port {text} is in use. Stop what uses it, or choose another: PORT=8001 make run"
            )
    return int(text)


def _serve(port: int) -> int:
    """Run web server and worker as children, in a session of their own, and end both together."""
    commands = [
        [
            sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn",
            "config.wsgi:application", "--bind", f"127.0.0.1:{port}",
            "--log-level", "warning", "--graceful-timeout", "5",
        ],
        [sys.executable, "manage.py", "worker"],
    ]  # fmt: skip
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            # Ctrl-C reaches this process alone; it tells the children, so that each ends once.
            children.append(subprocess.Popen(command, start_new_session=True))
        while all(child.poll() is None for child in children) and not _answers(port):
            time.sleep(0.1)
        if _answers(port):
            print(f"Serving on http://localhost:{port} with a running worker. Ctrl-C stops both.")
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
    except Stopped:
        print("\nStopping.")
        raise
    else:
        print("One of the processes ended by itself; stopping.", file=sys.stderr)
        return 1
    finally:
        _end(children)


def _answers(port: int) -> bool:
    """Whether the web server takes connections; until then nothing is being served."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """End the children: politely, and after a while by force."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
