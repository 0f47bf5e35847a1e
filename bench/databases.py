"""A database of its own for each bench: made once with the facts, then copied."""

import getpass
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

NAME = "ai4gov_bench"


def found(folder: Path) -> "list[Database]":
    """SQLite, and PostgreSQL where one answers: at BENCH_DATABASE_URL, or else on this machine."""
    address = os.environ.get(
        "BENCH_DATABASE_URL", f"postgres://{getpass.getuser()}@127.0.0.1:5432/postgres"
    )
    databases: list[Database] = [Sqlite(folder)]
    try:
        databases.append(Postgresql(address))
    except psycopg.Error as error:
        sys.stderr.write(f"PostgreSQL is left out, since none answers at {address}: {error}\n")
    return databases


class Sqlite:
    """Database files in the folder of the run."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def template(self) -> Iterator[str]:
        """The address of the database that is copied."""
        yield self._address("template")

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """The address of a copy."""
        shutil.copyfile(self._folder / "template.sqlite3", self._folder / f"{name}.sqlite3")
        yield self._address(name)
        for left in self._folder.glob(f"{name}.sqlite3*"):
            left.unlink()

    def _address(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.sqlite3"


class Postgresql:
    """Databases on a server that is there; they go when the run ends."""

    def __init__(self, address: str) -> None:
        self._address = address
        with psycopg.connect(address, connect_timeout=3) as connection:
            version, _rest = divmod(connection.info.server_version, 10_000)
        self.name = f"PostgreSQL {version}"

    @contextmanager
    def template(self) -> Iterator[str]:
        """The address of the database that is copied."""
        with self._database(NAME, "") as address:
            yield address

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """The address of a copy."""
        with self._database(f"{NAME}_{name}", f' TEMPLATE "{NAME}"') as address:
            yield address

    @contextmanager
    def _database(self, name: str, template: str) -> Iterator[str]:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._execute(f'CREATE DATABASE "{name}"{template}')
        try:
            yield f"{self._address.rpartition('/')[0]}/{name}"
        finally:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement.encode())


Database = Sqlite | Postgresql
