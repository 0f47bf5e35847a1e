"""Databases apart from the one that tests share: for what stops, replaces or breaks one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.db import connection

from tests.processes import database_url


@contextmanager
def copied(folder: Path) -> Iterator[str]:
    """A copy of the test's database, with its rows; the address of it.

    The test needs `transaction=True`: only what is committed is copied.
    """
    if connection.vendor == "sqlite":
        file = folder / "copy.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(file)])
        yield f"sqlite:///{quote(str(file))}"
        return
    name = f"{connection.settings_dict['NAME']}_copy"
    address = database_url()
    connection.close()  # nobody may be in a database that is copied
    with psycopg.connect(_beside(address, "postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{connection.settings_dict["NAME"]}"')
        try:
            yield _beside(address, name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _beside(address: str, name: str) -> str:
    return f"{address.rpartition('/')[0]}/{name}"
