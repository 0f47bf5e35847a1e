"""Pages to print, as PDF: set by typst from a page of ours and data of anybody's."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import typst


def as_pdf(page: Path, data: dict[str, Any]) -> bytes:
    """The page with this data, tagged so that a screen reader can read it (PDF/UA-1).

    What people typed goes in as data (JSON), never as part of the page's own text. A letter that
    none of the fonts has is against PDF/UA: then the file is tagged the same, without saying so.
    """
    inputs = {"data": json.dumps(printable(data))}
    try:
        return bytes(typst.compile(str(page), sys_inputs=inputs, pdf_standards=["ua-1"]))
    except typst.TypstError:
        return bytes(typst.compile(str(page), sys_inputs=inputs))


def printable(value: Any) -> Any:
    """What typst is to set, the same without control characters, which no font has."""
    if isinstance(value, str):
        return "".join(letter for letter in value if unicodedata.category(letter) != "Cc")
    if isinstance(value, list):
        return [printable(one) for one in value]
    if isinstance(value, dict):
        return {key: printable(one) for key, one in value.items()}
    return value
