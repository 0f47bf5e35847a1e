"""Writes what every setting is, as the code that reads it says."""

import re
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import environment
from config.environment import Setting

HEAD = """\
# Settings

Made by `manage.py settings_table` from `config/settings.py`: what is changed there and not written
anew here fails `make check`.

Settings come from the environment. One that is missing or cannot be understood stops the start with
a sentence that names it. Yes is `1`, `true`, `yes` or `on`; no is `0`, `false`, `no` or `off`.
[example.env](../deploy/example.env) holds all of them to fill in.
"""
ENV_HEAD = """\
# Settings, to copy and fill in; docs/settings.md says more. Made by `manage.py settings_table`.
# What stands without a # is required; of the rest the value shown is the default or an example.
"""


class Command(BaseCommand):
    """To run after a setting was added or changed; `--check` only says whether it should be."""

    help = "Writes docs/settings.md and deploy/example.env from the settings that the code reads."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--check`."""
        parser.add_argument("--check", action="store_true", help="Change nothing; fail if old.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both files, or say which is not what the code says."""
        told = list(environment.known.values())
        wanted = {"docs/settings.md": table(told), "deploy/example.env": example(told)}
        for name, text in wanted.items():
            path = Path(settings.BASE_DIR, name)
            if not options["check"]:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
            elif not path.exists() or path.read_text("utf-8") != text:
                raise CommandError(f"{name} is not what the code says: manage.py settings_table")


def table(told: list[Setting]) -> str:
    """All settings, a table for each section."""
    parts = [HEAD]
    for section, its in groupby(told, key=lambda setting: setting.section):
        parts.append(f"\n## {section}\n\n| setting | it is | default | example |\n")
        parts.append("| --- | --- | --- | --- |\n")
        parts.extend(_row(setting) for setting in its)
    return "".join(parts)


def _row(setting: Setting) -> str:
    meaning = f"{setting.meaning}. {setting.more}" if setting.more else setting.meaning
    default = "**required**" if setting.default is None else setting.default
    shown = setting.example if f"`{setting.example}`" != setting.default else ""
    example = f"`{shown}`" if shown else ""
    cells = (f"`{setting.name}`", meaning, default, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def example(told: list[Setting]) -> str:
    """All settings as a file that a shell, systemd and compose read alike."""
    parts = [ENV_HEAD]
    for section, its in groupby(told, key=lambda setting: setting.section):
        parts.append(f"\n# {section}\n")
        for setting in its:
            mark = "" if setting.default is None else "#"
            # None of those who read it runs a command that stands in it.
            value = "" if "$(" in setting.example else _quoted(setting.example)
            parts.append(f"\n# {setting.name}: {setting.meaning.replace('`', '')}\n")
            parts.append(f"{mark}{setting.name}={value}\n")
    return "".join(parts)


def _quoted(value: str) -> str:
    """A value as a shell takes it whole; what is between quotes already stays."""
    is_plain = re.fullmatch(r"[\w@%+=:,./…-]*", value) or value.startswith('"')
    return value if is_plain else f"'{value}'"
