"""Lighthouse, Google's judge of pages: what it gives ours."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "lighthouse"


@dataclass(frozen=True)
class Page:
    """A page to judge: its address, and the headers of who asks for it."""

    name: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    """What a page got in each category, out of 100, and the audits in which it failed."""

    name: str
    scores: dict[str, int]
    failed: dict[str, list[str]]


def absent() -> str | None:
    """What is missing to ask Lighthouse, and how to get it; None when all is there."""
    if shutil.which("node") is None:
        return "Node, version 18 or newer (Debian: apt-get install nodejs npm)"
    if shutil.which("chromium") is None:
        return "Chromium (Debian: apt-get install chromium)"
    if not (FOLDER / "node_modules" / "lighthouse").is_dir():
        return "Lighthouse: npm ci --prefix tests/lighthouse"
    return None


def ask(pages: Sequence[Page], categories: Sequence[str]) -> list[Scores]:
    """Have pages judged, one after the other in one browser.

    Performance is reckoned as on a slow phone.
    """
    asked = {
        "chromium": shutil.which("chromium"),
        "categories": list(categories),
        "pages": [vars(page) for page in pages],
    }
    ran = subprocess.run(
        ["node", str(FOLDER / "run.js")],  # noqa: S607 - looked for above
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=600,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr.decode())
    return [Scores(**each) for each in json.loads(ran.stdout)]
