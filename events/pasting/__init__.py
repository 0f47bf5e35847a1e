"""A programme as people paste it, to an agenda and back.

`read` changes nothing and asks the database nothing; `as_text` writes what it reads back as the
same agenda; only `apply` writes rows.
"""

from events.pasting.lines import PastedItem, ReadLine, Taken, TooMuchText
from events.pasting.reading import Reading, read
from events.pasting.saving import AgendaRefused, Match, apply, items_of, match_speakers
from events.pasting.writing import as_text

__all__ = [
    "AgendaRefused",
    "Match",
    "PastedItem",
    "ReadLine",
    "Reading",
    "Taken",
    "TooMuchText",
    "apply",
    "as_text",
    "items_of",
    "match_speakers",
    "read",
]
