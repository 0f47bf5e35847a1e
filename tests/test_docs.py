"""What the documents for people name is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
_FILE = re.compile(
    r"`([a-z_]+(?:/[\w.]+)+\.(?:py|md|env|html|json)|test_\w+\.py|[a-z]+/test_\w+\.py)"
)
_TEST = re.compile(r"`((?:\w+/)?test_\w+\.py)::(\w+)`")
_LINK = re.compile(r"\]\(((?!http)[^)#]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_document_names_only_files_that_are_there(document: Path) -> None:
    text = document.read_text()
    named = set(_FILE.findall(text))

    missing = [
        name for name in named if not any((ROOT / at / name).exists() for at in ("", "tests"))
    ]
    broken = [link for link in _LINK.findall(text) if not (document.parent / link).exists()]

    assert (missing, broken) == ([], [])


def test_security_names_only_tests_that_are_there() -> None:
    for file, name in _TEST.findall((ROOT / "docs/security.md").read_text()):
        assert re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text(), re.M), (file, name)
