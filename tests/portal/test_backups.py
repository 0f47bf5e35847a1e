"""Backups, made and put back: rehearsed from beginning to end on a database of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.databases import copied
from tests.processes import bare_environment


@pytest.mark.django_db(transaction=True)
def test_putting_a_backup_back_loses_no_erasure_and_repeats_no_mail(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    with copied(tmp_path) as address:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.portal.rehearsal", str(folder)],
            env=bare_environment(
                DJANGO_SETTINGS_MODULE="config.settings",
                LOCAL_MODE="1",
                DATABASE_URL=address,
                VAR_DIR=str(tmp_path / "var"),
            ),
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    # Before: the mail that waited left after the backup, and so did the links.
    assert told["left"] == ["an: Uw link", "bo: Ingeschreven", "bo: Uw link"]
    assert told["mode"] == "0o600"
    # What is refused changes nothing.
    assert told["unasked"].endswith("Add --yes to go on.")
    assert told["running"] == "A worker still runs. Stop all workers and web processes first."
    assert told["damaged"] != ""
    assert told["nothing"].startswith("It could not be read or written: ")
    assert told["untouched"] == ["an@example.org", "cy@example.org"]
    # After: who was erased stays so, documents are as they were.
    assert told["named"] == ["an@example.org"]
    assert told["documents"] == {"a/kept.pdf": "kept"}
    # Nothing that may have left leaves again; the organiser sees whom that concerns.
    assert told["left again"] == []
    assert told["fates"] == {"events.registered": ["sent"], "events.link": ["uncertain"]}
    # A number that somebody had who is lost costs nobody a mail.
    assert told["new pk"] == told["lost pk"]
    assert told["left to who came after"] == ["di: Ingeschreven", "di: Uw link"]
    # Old backups go once there is a new one.
    assert told["kept"] == 1
