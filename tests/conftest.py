"""What every test may ask for."""

import gc
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings

from tests.page import CheckedClient

# Of the time of a run more than half went into looking for garbage among all that Django and
# pytest keep; looked for this seldom, it takes a tenth of that, and no more memory.
gc.set_threshold(50_000, 20, 20)

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks no database, so that it need not be tried on each."""
    for item in items:
        asks = set(getattr(item, "fixturenames", ()))
        marks = {mark.name for mark in item.iter_markers()}
        if not (marks & {"django_db", "postgres"} or asks & {"db", "transactional_db"}):
            item.add_marker("once")


def _migrated() -> Path | None:
    """Where an SQLite database lies as all migrations left it, empty; None on PostgreSQL.

    Migrating takes longer than most test files. The name changes with every migration.
    """
    if connection.vendor != "sqlite":
        return None
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted(project.BASE_DIR.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return project.VAR_DIR / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Whether to start from the database that stands ready: a copy of the migrated one."""
    migrated = _migrated()
    if migrated is None or not migrated.exists():
        return False
    name = Path(connection.settings_dict["TEST"]["NAME"])
    for ending in ("", "-wal", "-shm"):
        name.with_name(name.name + ending).unlink(missing_ok=True)
    shutil.copy(migrated, name)
    return True


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: DjangoDbBlocker
) -> None:
    """Keep what the migrations made for the next run."""
    migrated = _migrated()
    if migrated is None or django_db_keepdb:
        return
    for old in project.VAR_DIR.glob("migrated-*.sqlite3"):
        old.unlink()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # One whole file, whatever still stands in the write-ahead log.
        cursor.execute("VACUUM INTO %s", [str(migrated)])


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_deleting() -> Iterator[None]:
    """Empty PostgreSQL's tables after a test with DELETE: TRUNCATE takes a second for them all.

    Only a superuser may do it past the triggers; for anybody else it stays with TRUNCATE.
    """

    def sql_flush(truncating: Any, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone() != (True,):
                return truncating(style, tables, **options)
        past_triggers = "SET LOCAL session_replication_role = {};"
        # What Django writes there after each migration stays: it follows from the code.
        emptied = set(tables) - {"django_content_type", "auth_permission"}
        names = map(connection.ops.quote_name, emptied)
        return [
            past_triggers.format("replica"),
            *(f"DELETE FROM {name};" for name in names),  # noqa: S608 - names of our own tables
            past_triggers.format("origin"),
        ]

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            truncating = connection.ops.sql_flush
            patch.setattr(connection.ops, "sql_flush", partial(sql_flush, truncating))
        yield


@pytest.fixture
def client() -> CheckedClient:
    """A visitor, whose every page is checked."""
    return CheckedClient()


@pytest.fixture(autouse=True)
def _in_dutch() -> None:
    """Each test starts in the first language, whatever the one before it left."""
    translation.activate("nl")


@pytest.fixture(autouse=True)
def _mailbox_apart(settings: Settings, tmp_path: Path) -> None:
    """Mails kept by a test stay in its own folder."""
    settings.MAILBOX_DIR = tmp_path / "mailbox"


@pytest.fixture(autouse=True)
def _erasures_apart(settings: Settings, tmp_path: Path) -> None:
    """What a test erased is remembered in its own folder."""
    settings.ERASURE_LOG = tmp_path / "erasures.log"


@pytest.fixture(autouse=True)
def _media_apart(settings: Settings, tmp_path: Path) -> None:
    """What a test attaches stays in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    """Tests of PostgreSQL run where the database is PostgreSQL."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: DATABASE_URL=postgres://… make test")
