"""What the documents for people name is there, and what they show is shown."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CHAPTERS = sorted(ROOT.glob("docs/organisers/*.md"))
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *CHAPTERS])
PICTURES = ROOT / "docs" / "images"
LARGEST_BYTES = 1_500_000
_FILE = re.compile(
    r"`([a-z_]+(?:/[\w.]+)+\.(?:py|md|env|html|json)|test_\w+\.py|[a-z]+/test_\w+\.py)"
)
_TEST = re.compile(r"`((?:\w+/)?test_\w+\.py)::(\w+)`")
_HEADS = ("| what could go wrong | the test |", "| --- | --- |")
_LINK = re.compile(r"\]\(((?!http)[^)#]+)(?:#[^)]*)?\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_DUTCH = re.compile(r'^msgstr(?:\[\d\])? "(.+)"$', re.M)
_LABEL = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_names_only_files_that_are_there(document: Path) -> None:
    text = document.read_text()
    named = set(_FILE.findall(text))

    missing = [
        name for name in named if not any((ROOT / at / name).exists() for at in ("", "tests"))
    ]
    broken = [link for link in _LINK.findall(text) if not (document.parent / link).exists()]

    assert (missing, broken) == ([], [])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_names_only_tests_that_are_there(document: Path) -> None:
    for file, name in _TEST.findall(document.read_text()):
        assert re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text(), re.M), (file, name)


def test_every_fault_names_the_tests_that_guard_against_it() -> None:
    lines = (ROOT / "docs/faults.md").read_text().splitlines()
    faults = [line for line in lines if line.startswith("| ") and line not in _HEADS]

    named = {line: _TEST.findall(line) for line in faults}

    assert len(faults) > 40
    # Nothing stands in the second column but tests that the test above looks up.
    assert [line for line in faults if not named[line]] == []
    assert [line for line in faults if line.count("`") != 2 * len(named[line])] == []


def test_every_picture_is_shown_described_and_taken_by_the_script() -> None:
    shown = [found for path in DOCUMENTS for found in _PICTURE.findall(path.read_text())]
    script = (ROOT / "tests/browser/pictures.py").read_text()

    kept = {path.stem for path in PICTURES.iterdir()}

    assert {Path(address).stem for _words, address in shown} == kept
    assert set(re.findall(r'keep\(\s*desk,\s*"([\w-]+)"', script)) == kept
    assert [address for words, address in shown if len(words) < 10] == []
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < LARGEST_BYTES


def test_manual_names_what_stands_on_the_screen() -> None:
    catalogue = (ROOT / "locale/nl/LC_MESSAGES/django.po").read_text()
    known = {_comparable(sentence) for sentence in _DUTCH.findall(catalogue)}
    named = {
        " ".join(label.split()) for path in CHAPTERS for label in _LABEL.findall(path.read_text())
    }

    assert len(named) > 50
    assert sorted(label for label in named if _comparable(label) not in known) == []


def _comparable(words: str) -> str:
    """A template may write the first letter as a capital."""
    return words[:1].lower() + words[1:]
