"""Looking for words in texts, whatever their case and accents, alike on both databases."""

import sqlite3
import unicodedata
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains

# One person looks for so many words at most.
WORDS = 8


def _bare_letters() -> dict[str, str]:
    """The letters of Latin-1 and Latin Extended-A that have another, bare one, in lower case.

    Of a database we cannot know which letters beyond ASCII it can lower.
    """
    letters = [chr(number) for number in range(0xC0, 0x180)]
    bare = {letter: unicodedata.normalize("NFD", letter)[0].lower() for letter in letters}
    return {"’": "'"} | {letter: lower for letter, lower in bare.items() if lower != letter}


_BARE = _bare_letters()
_TABLE = str.maketrans(_BARE)


def plain(text: str) -> str:
    """The text without case and accents."""
    return unicodedata.normalize("NFC", text).translate(_TABLE).lower()


class Plain(Func):
    """`plain` of texts after each other, in the database."""

    output_field = TextField()
    # A chain of these, unlike Concat, is no nesting too deep for SQLite.
    arg_joiner = " || ' ' || "
    template = "plain_text(%(expressions)s)"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL has it built in, letter by letter."""
        accented, bare = "".join(_BARE), "".join(_BARE.values()).replace("'", "''")
        template = f"LOWER(TRANSLATE(%(expressions)s, '{accented}', '{bare}'))"
        return super().as_sql(compiler, connection, template=template, **context)


def teach_sqlite(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Give a new connection to SQLite the function that it lacks."""
    if connection.vendor == "sqlite":
        own: sqlite3.Connection = connection.connection
        own.create_function("plain_text", 1, plain, deterministic=True)


def in_each_language(*fields: str) -> list[str]:
    """The columns of translated fields, one for each language."""
    return [f"{field}_{code}" for field in fields for code, _label in settings.LANGUAGES]


def containing(text: str, *fields: str) -> list[Q]:
    """A condition for each word of the text: that one of these fields contains it."""
    texts = Plain(*(Coalesce(F(field), Value("")) for field in fields))
    return [Q(Contains(texts, Value(word))) for word in plain(text).split()[:WORDS]]
