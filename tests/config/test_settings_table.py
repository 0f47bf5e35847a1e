"""The table of settings, which nobody has to remember to write."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config import environment
from config.management.commands.settings_table import example, table
from tests.config.test_environment import PRODUCTION


def test_table_names_every_setting_once_and_what_is_required() -> None:
    rows = [line.split(" | ") for line in table(list(environment.known.values())).splitlines()]
    told = {row[0].strip("| `"): row[2] for row in rows if row[0].startswith("| `")}

    assert list(told) == list(environment.known)
    assert {name for name, default in told.items() if default == "**required**"} == set(PRODUCTION)


def test_example_starts_once_what_has_no_mark_is_filled_in() -> None:
    lines = example(list(environment.known.values())).splitlines()
    required = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert set(required) == set(PRODUCTION)
    assert [name for name, value in required.items() if not value] == ["SECRET_KEY"]


def test_example_is_read_by_a_shell_as_it_is_meant(tmp_path: Path) -> None:
    told = list(environment.known.values())
    meant = {each.name: each.example.strip('"') for each in told if "$(" not in each.example}
    file = tmp_path / "settings.env"
    file.write_text(re.sub(r"(?m)^#(?=[A-Z_0-9]+=)", "", example(told)))

    script = 'set -a; . "$1"; exec env -0'
    run = subprocess.run(["/bin/sh", "-c", script, "sh", file], capture_output=True, check=True)

    read = dict(each.split("=", 1) for each in run.stdout.decode().split("\0") if each)
    assert run.stderr == b""
    assert {name: read[name] for name in meant} == meant


def test_setting_that_is_not_in_the_table_fails_the_check(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BASE_DIR = tmp_path
    call_command("settings_table")
    call_command("settings_table", check=True)

    monkeypatch.setattr(environment, "known", dict(environment.known))
    environment.tell("A_NEW_ONE", "what nobody told", default="")

    with pytest.raises(CommandError, match=r"docs/settings\.md"):
        call_command("settings_table", check=True)


def test_defaults_in_the_table_are_those_of_production() -> None:
    told = environment.known

    assert told["REQUIRE_SECOND_FACTOR"].default == "`1`"
    assert told["DATABASE_URL"].default is None
    assert str(Path.cwd()) not in table(list(told.values()))
