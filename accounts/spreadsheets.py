"""Text in files that people open with a spreadsheet; no cell is taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What makes a spreadsheet take a text for a formula (OWASP ASVS 5.0, 1.2.10), also after spaces and
# as full-width forms, which some programs fold into the plain ones.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_mark(text: str) -> str:
    """A text as it was before an export disarmed it; for what comes back in a file."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """UTF-8 with a byte order mark, semicolons, CRLF (RFC 4180 has no better)."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";")
    writer.writerow(heads)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()
