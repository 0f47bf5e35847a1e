"""The files in deploy/: whether what they name is there, as far as can be told unstarted."""

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in (DEPLOY / "systemd").iterdir())
COMMAND = re.compile(r"manage\.py (\w+)")
# Names that other programs read, or that the files themselves take apart.
NOT_OURS = {"PGOPTIONS", "SITE_HOST", "UPSTREAMS", "POSTGRES_PASSWORD", "ADDRESS"}


def known_settings() -> set[str]:
    table = (ROOT / "docs/settings.md").read_text()
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def unit(name: str) -> ConfigParser:
    # A setting may stand there several times, and "%" is a character.
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / "systemd" / name).read_text())
    return parser


def test_compose_names_only_what_is_there() -> None:
    whole = compose()
    services = whole["services"]

    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in whole["volumes"] or (DEPLOY / source).exists(), volume
    assert {"migrate", "web", "worker", "database", "cache", "proxy"} == set(services)


def test_compose_sets_only_settings_that_are_read() -> None:
    ours = [each for each in compose()["services"].values() if each["image"] == "sessions"]

    named = {name for service in ours for name in service["environment"]}

    assert len(ours) == 3
    assert named - NOT_OURS <= known_settings()


def test_compose_publishes_the_proxy_alone() -> None:
    published = {name for name, each in compose()["services"].items() if "ports" in each}

    assert published == {"proxy"}


def test_every_image_has_a_version() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    images = [each["image"] for each in compose()["services"].values()]
    images += re.findall(r"^FROM (\S+)", image, re.MULTILINE)

    assert all(re.search(r":\d", each) or each == "sessions" for each in images), images


def test_image_copies_what_is_there_and_runs_as_nobody() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (\S+)", image, re.MULTILINE)

    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert re.findall(r"^USER (\S+)", image, re.MULTILINE) == ["sessions"]
    # Nothing that is made here, and no filled-in settings, goes into it.
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "var", "deploy/*.env"} <= set(left_out)


def test_image_collects_with_every_required_setting() -> None:
    required = re.findall(
        r"^\| `(\w+)` \|[^\n]*\*\*required\*\*",
        (ROOT / "docs/settings.md").read_text(),
        re.MULTILINE,
    )
    image = (DEPLOY / "Dockerfile").read_text()

    assert len(required) == 8
    assert [name for name in required if f" {name}=" not in image] == []


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_unit_runs_a_command_that_exists(name: str) -> None:
    service = unit(name)["Service"]

    assert service["User"] == "sessions"
    assert service["EnvironmentFile"] == "/etc/sessions/settings.env"
    [command] = COMMAND.findall(service["ExecStart"]) or ["gunicorn"]
    assert command == "gunicorn" or command in get_commands()


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".timer")])
def test_timer_has_its_service(name: str) -> None:
    assert name.replace(".timer", ".service") in UNITS
    assert unit(name)["Timer"]["OnCalendar"]


def test_gunicorn_gets_the_documented_settings_everywhere() -> None:
    started = [
        unit("sessions-web@.service")["Service"]["ExecStart"],
        (DEPLOY / "Dockerfile").read_text().replace('", "', " "),
    ]

    assert all("gunicorn -c python:config.gunicorn config.wsgi" in each for each in started)
    # Longer than an answer may take, so that a restart cuts none off.
    assert int(unit("sessions-web@.service")["Service"]["TimeoutStopSec"]) > 30


def versions(name: str) -> dict[str, str]:
    lock = (ROOT / "requirements" / f"{name}.lock").read_text()
    pinned = re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock, re.MULTILINE)
    return dict(pinned)


def test_locks_agree() -> None:
    runtime, extras, dev = versions("runtime"), versions("extras"), versions("dev")

    assert runtime.items() <= extras.items()
    assert {name: dev[name] for name in extras if name in dev}.items() <= extras.items()
