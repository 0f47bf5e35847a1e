"""What `make run` starts, as a process with a terminal's signals, a browser and a curious user."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import html5lib
import pytest

from tests.processes import Program, bare_environment, free_port, wait_until

pytestmark = pytest.mark.once

XHTML = "{http://www.w3.org/1999/xhtml}"
SERVING = "with a running worker"


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all runs of this module keep their database, so that only the first one makes it."""
    return tmp_path_factory.mktemp("var dir")


@pytest.fixture
def runner(var_dir: Path, tmp_path: Path) -> Callable[..., Program]:
    """Makes a runner that is not yet started."""

    def make(port: str = "", **extra: str) -> Program:
        return Program(
            "-m",
            "config.local",
            environment=bare_environment(
                **({"PORT": port or str(free_port()), "VAR_DIR": str(var_dir)} | extra)
            ),
            folder=tmp_path,
        )

    return make


def port_of(running: Program) -> int:
    found = re.search(r"Serving on http://localhost:(\d+) ", running.output)
    assert found, running.output
    return int(found[1])


def fetch(port: int, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, Location and body of an answer, once the server answers at all."""
    answers: list[tuple[int, str, str]] = []

    def has_answered() -> bool:
        line = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            if form is None:
                line.request("GET", path)
            else:
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                line.request("POST", path, urlencode(form), kind)
            answer = line.getresponse()
            answers.append(
                (answer.status, answer.getheader("Location", ""), answer.read().decode())
            )
        except ConnectionRefusedError:
            return False
        finally:
            line.close()
        return True

    wait_until(has_answered, what=f"an answer from port {port}")
    return answers[0]


def commands_below(pid: int) -> dict[int, str]:
    """The processes that descend from one, with their command lines."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        below = {int(row[0]): row[-1] for row in rows if int(row[1]) in parents}
        found |= below
        parents = set(below)
    return found


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that still run; one that waits to be buried does not."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listing.stdout.splitlines()]
    running = {int(pid) for pid, state in rows if not state.startswith("Z")}
    return [pid for pid in pids if pid in running]


def serving_with_children(running: Program) -> list[int]:
    """Wait until everything is up: web server, its two workers, and ours; their numbers."""
    running.wait_for(SERVING)
    fetch(port_of(running), "/")
    wait_until(lambda: len(commands_below(running.process.pid)) >= 4, what="four processes")
    return list(commands_below(running.process.pid))


def assert_nothing_left(children: list[int], port: int) -> None:
    wait_until(lambda: not alive(children), what="the children end")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


# Serving -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running(var_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One that serves and is looked at by several tests."""
    environment = bare_environment(PORT=str(free_port()), VAR_DIR=str(var_dir))
    folder = tmp_path_factory.mktemp("running")
    with Program("-m", "config.local", environment=environment, folder=folder) as program:
        program.wait_for(SERVING)
        yield program
        program.send(signal.SIGINT)
        program.ended()


def test_runner_serves_the_pages_with_their_styles(running: Program) -> None:
    status, _location, page = fetch(port_of(running), "/")
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)

    assert status == 200
    assert [fetch(port_of(running), sheet)[0] for sheet in sheets] == [200] * len(sheets)
    assert sheets


def test_runner_names_an_example_to_register_for_at_its_own_address(running: Program) -> None:
    address = re.search(r"Example session: (\S+)", running.output)

    assert address
    assert urlsplit(address[1]).port == port_of(running)
    assert fetch(port_of(running), urlsplit(address[1]).path)[0] == 200


def test_registration_over_http_puts_its_mail_in_the_mailbox(running: Program) -> None:
    port = port_of(running)
    session = urlsplit(re.search(r"Example session: (\S+)", running.output)[1]).path
    page = html5lib.parse(fetch(port, session)[2])
    (form,) = [
        form
        for form in page.iter(f"{XHTML}form")
        if any(field.get("name") == "email" for field in form.iter(f"{XHTML}input"))
    ]
    filled_in = {
        "name": "Zoë O’Neill",
        "email": "zoe@example.org",
        "organisation_name": "Stad Gent",
        "language": "nl",
    }

    status, location, _body = fetch(port, form.get("action"), filled_in)

    assert (status, location) == (302, f"{session}registered/")
    wait_until(lambda: "zoe@example.org" in fetch(port, "/mailbox/")[2], what="the mail")
    assert f"http://localhost:{port}" in fetch(port, first_mail(port, "zoe@example.org"))[2]


def first_mail(port: int, recipient: str) -> str:
    """The address of the source of somebody's first mail in the list."""
    page = html5lib.parse(fetch(port, "/mailbox/")[2])
    for row in page.iter(f"{XHTML}tr"):
        if recipient in "".join(row.itertext()):
            return next(row.iter(f"{XHTML}a")).get("href") + "source/"
    raise AssertionError(recipient)


def test_second_runner_on_the_same_port_says_so_and_ends(
    running: Program, runner: Callable[..., Program]
) -> None:
    port = port_of(running)

    with runner(port=str(port)) as second:
        assert second.ended() == 1

    assert second.output.strip().splitlines() == [
        f"Port {port} is in use. Stop what uses it, or choose another: PORT=8001 make run"
    ]
    assert fetch(port, "/")[0] == 200


def test_runner_listens_to_its_own_machine_only(running: Program) -> None:
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", port_of(running))) != 0


# Ports -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5", "8000x", " ", "+8001", "²"])
def test_runner_refuses_what_is_no_port_with_one_sentence(
    port: str, runner: Callable[..., Program]
) -> None:
    with runner(port=port) as refused:
        assert refused.ended() == 1

    assert refused.output.rstrip("\n").split("\n") == [
        f"PORT={port} is not a port number, for example PORT=8001."
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - what others listen on
def test_runner_refuses_a_port_somebody_listens_on(
    host: str, runner: Callable[..., Program]
) -> None:
    with socket.socket() as other:
        other.bind((host, 0))
        other.listen()

        with runner(port=str(other.getsockname()[1])) as refused:
            assert refused.ended() == 1

    assert "is in use" in refused.output
    assert "Traceback" not in refused.output


# Ending ------------------------------------------------------------------------------------------


def one_process(running: Program, number: signal.Signals) -> None:
    running.send(number)


def its_group(running: Program, number: signal.Signals) -> None:
    os.killpg(running.process.pid, number)


def twice(running: Program, number: signal.Signals) -> None:
    running.send(number)
    running.wait_for("Stopping.")
    running.send(number)


@pytest.mark.parametrize(
    ("tell", "number"),
    [
        (one_process, signal.SIGINT),
        (its_group, signal.SIGINT),
        (twice, signal.SIGTERM),
        (its_group, signal.SIGHUP),
    ],
)
def test_runner_told_to_stop_ends_all_it_started(
    tell: Callable[[Program, signal.Signals], None],
    number: signal.Signals,
    runner: Callable[..., Program],
) -> None:
    with runner() as stopped:
        children = serving_with_children(stopped)

        tell(stopped, number)

        assert stopped.ended() == 0
    assert "Traceback" not in stopped.output
    assert_nothing_left(children, port_of(stopped))


def test_runner_stopped_while_it_prepares_ends_without_a_traceback(
    tmp_path: Path, runner: Callable[..., Program]
) -> None:
    with runner(VAR_DIR=str(tmp_path / "new")) as stopped:
        stopped.wait_for("Preparing the database")
        stopped.send(signal.SIGINT)

        assert stopped.ended() == 0
    assert "Traceback" not in stopped.output

    with runner(VAR_DIR=str(tmp_path / "new")) as again:
        again.wait_for(SERVING)


@pytest.mark.parametrize("part", ["manage.py worker", "-m gunicorn"])
def test_runner_whose_part_dies_says_so_and_ends_the_rest(
    part: str, runner: Callable[..., Program]
) -> None:
    with runner() as broken:
        children = serving_with_children(broken)
        named = commands_below(broken.process.pid)

        os.kill(min(pid for pid, command in named.items() if part in command), signal.SIGKILL)

        assert broken.ended() == 1
    assert "One of the processes ended by itself; stopping." in broken.output
    assert "Traceback" not in broken.output
    assert_nothing_left(children, port_of(broken))


# Folders -----------------------------------------------------------------------------------------


def test_runner_keeps_its_files_in_a_folder_of_any_name(
    tmp_path: Path, runner: Callable[..., Program]
) -> None:
    folder = tmp_path / "c++ #1 100%25 what? é"

    with runner(VAR_DIR=str(folder)) as running:
        running.wait_for(SERVING)

    assert (folder / "db.sqlite3").is_file()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name]
