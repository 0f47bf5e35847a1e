"""A PostgreSQL server of a run's own, to be stopped and started at will."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.serving import free_port


class Missing(Exception):
    """PostgreSQL's programs are not on this machine."""


@dataclass(frozen=True)
class Cluster:
    """A server on a port of its own, with its data in a folder."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        """The address of its first database, as DATABASE_URL."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make it, and start it."""
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self._run("pg_ctl", "--wait", "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self, how: str) -> None:
        """Stop it: "fast", or "immediate" as when the power goes."""
        self._run("pg_ctl", "--wait", f"--mode={how}", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [_program(program), f"--pgdata={self.folder / 'data'}", *arguments]
        subprocess.run(
            command, user=_user(), cwd=self.folder, check=True, stdout=subprocess.DEVNULL
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """One that is there until the block ends. Raises `Missing`."""
    _program("initdb")
    with TemporaryDirectory(prefix="bench-postgresql-") as name:
        user = _user()
        if user is not None:
            shutil.chown(name, user)
        made = Cluster(Path(name), free_port())
        made.make()
        try:
            yield made
        finally:
            made.stop("immediate")


def _program(name: str) -> str:
    """Debian keeps PostgreSQL's own programs out of the path."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        raise Missing(f"{name} is missing: install the server of PostgreSQL")
    return found


def _user() -> str | None:
    """As whom the server runs, which refuses to be root; None: as who we are."""
    return pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
