"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from django.db import connection
from django.utils import translation
from pytest_django import Settings

from tests.page import CheckedClient

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


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
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    """Tests of PostgreSQL run where the database is PostgreSQL."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: DATABASE_URL=postgres://… make test")
