"""Looking for words in texts, whatever their case, accents and signs.

A word is found at the beginning of one, a longer word anywhere within one: Dutch joins them
("aanbestedingsdossier"). PostgreSQL also finds its other forms, as its dictionaries of our three
languages know them ("aankopen" and "aankoop"), and knows which words look like one that is nowhere.
There, columns that the database keeps by itself hold ready what would take long for thousands of
rows. SQLite has no dictionaries, and no such columns.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from operator import or_
from typing import Any, cast

from django.conf import settings
from django.contrib.postgres.lookups import TrigramWordSimilar
from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Field, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import Col
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains
from django.db.models.sql.compiler import SQLCompiler
from django.utils.html import format_html, format_html_join

# One person looks for so many words at most.
WORDS = 8
# From so many letters on a word is sought within others too: "ai" would be in "training".
LONG = 4
# How like a word has to be to one that was typed, as difflib and as PostgreSQL measure it. A letter
# too many, too few, wrong or in the wrong place is above both. The more alike, the fewer rows
# PostgreSQL has to read: texts of some length hold something of almost any word.
_LIKE, _ALMOST_LIKE, _MOST_ALIKE = 0.78, 0.3, 0.6
_ROWS_ALIKE = 200

# PostgreSQL's dictionaries, with the letter that marks their words in a vector of all three (as
# `word_forms`, its function, makes it): each language is sought by itself, since the Dutch stem of
# "overheid" is the English word "over".
DICTIONARIES = {"dutch": "A", "french": "B", "english": "C"}
# Words that say nothing of what somebody looks for, of those that people type along with it.
_SMALL_WORDS = """
aan bij de den der des een en het in met of om op over te tot uit van voor
au aux dans de des du en et la le les ou par pour sur un une
an and at by for from in of on or the to with
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_TOKEN = re.compile(r"[^\W_]+")


# Plain text --------------------------------------------------------------------------------------


def _table() -> dict[str, str]:
    """What stands for each sign, and each letter of Latin-1 and Latin Extended-A, in plain text.

    Of a database we cannot know which letters beyond ASCII it can lower. PostgreSQL has the same
    table in its function `plain_text`: a change here needs a migration that makes it, and the
    columns that hold what it gives, anew.
    """
    letters = [chr(number) for number in range(0xC0, 0x180)]
    bare = {letter: unicodedata.normalize("NFD", letter)[0].lower() for letter in letters}
    bare |= dict(zip("øØđĐłŁħĦŧŦıŉſŀĿ", "ooddllhhttinsll", strict=True))
    spelt = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ĳ": "ij", "Ĳ": "ij"}
    numbers = (*range(0x09, 0x0E), *range(0x21, 0x7F), *range(0xA0, 0xC0), 0xD7, 0xF7)
    signs = [chr(number) for number in numbers]
    signs += "–—‘’‚“”„…•‹›€\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{NON-BREAKING HYPHEN}"
    spaces = {sign: " " for sign in signs if not sign.isalnum()}
    unseen = {"\N{SOFT HYPHEN}": "", "\N{ZERO WIDTH SPACE}": ""}
    return {
        each: plain for each, plain in (bare | spelt | spaces | unseen).items() if each != plain
    }


_TABLE = str.maketrans(_table())


def plain(text: str) -> str:
    """The text without case and accents, and with a space for each sign."""
    return unicodedata.normalize("NFC", text).translate(_TABLE).lower()


class Plain(Func):
    """`plain` of texts after each other, in the database, each after a space."""

    function = "plain_text"
    output_field = TextField()
    # A chain of these, unlike Concat, is no nesting too deep for SQLite.
    arg_joiner = " || ' ' || "
    template = "%(function)s(' ' || %(expressions)s)"


def teach_sqlite(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Give a new connection to SQLite the function that PostgreSQL has from a migration."""
    if connection.vendor == "sqlite":
        own: sqlite3.Connection = connection.connection
        own.create_function("plain_text", 1, plain, deterministic=True)


def in_each_language(*fields: str) -> list[str]:
    """The columns of translated fields, one for each language."""
    return [f"{field}_{code}" for field in fields for code, _label in settings.LANGUAGES]


# Where words are sought --------------------------------------------------------------------------


class WordForms(Func):
    """A plain text as PostgreSQL's dictionaries know its words, all three in one vector."""

    function = "word_forms"
    output_field = SearchVectorField()


class Kept(Func):
    """A column of a row that its model does not know."""

    def __init__(self, column: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(F("pk"), output_field=output_field)
        self.column = column

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any
    ) -> tuple[str, list[Any]]:
        """It is in the table that the row's key is in."""
        key = cast(Col, self.get_source_expressions()[0])
        table = compiler.quote_name_unless_alias(key.alias)
        return f"{table}.{connection.ops.quote_name(self.column)}", []


@dataclass(frozen=True)
class Texts:
    """Fields of a row in which words are sought together.

    `kept_as` is how the columns begin that hold them ready on PostgreSQL
    (`accounts.migrating.AddSearchColumnsGently`); empty for those of which there are but a few.
    """

    fields: Collection[str]
    kept_as: str = ""

    @property
    def plain(self) -> Func:
        """All of them in plain text, each word after a space."""
        if self._is_kept:
            return Kept(f"{self.kept_as}_plain", TextField())
        return Plain(*(Coalesce(F(field), Value("")) for field in self.fields))

    @property
    def forms(self) -> Func:
        """Their words in the forms that dictionaries know, on PostgreSQL alone."""
        if self._is_kept:
            return Kept(f"{self.kept_as}_forms", SearchVectorField())
        return WordForms(self.plain)

    @property
    def _is_kept(self) -> bool:
        return bool(self.kept_as) and connection.vendor == "postgresql"


# Finding -----------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The words that somebody looks for, plain; single letters and small words only if all are."""
    typed = list(dict.fromkeys(plain(text).split()))
    telling = [word for word in typed if word not in _SMALL and (len(word) > 1 or word.isdigit())]
    return (telling or typed)[:WORDS]


def containing(text: str, texts: Texts) -> list[Q]:
    """A condition for each word of the text: that these texts of a row hold it.

    A text without any word, such as "?", is nowhere.
    """
    return [_holds(texts, word) for word in words_of(text)] or [Q(pk__in=[])]


def _holds(texts: Texts, word: str) -> Q:
    found = Q(Contains(texts.plain, word if len(word) >= LONG else f" {word}"))
    if connection.vendor == "postgresql":
        # A plain word holds no quote, nor any other sign that PostgreSQL would read as its own.
        forms: Any = [
            SearchQuery(f"'{word}':{mark}", config=dictionary, search_type="raw")
            for dictionary, mark in DICTIONARIES.items()
        ]
        found |= Q(SearchVectorExact(texts.forms, reduce(or_, forms)))
    return found


# Words that look like others ---------------------------------------------------------------------

# Rows, and the texts of theirs that are read.
Source = tuple[QuerySet[Any, Any], Texts]


def mended(text: str, sources: Iterable[Source]) -> str:
    """The text with words that occur in these rows, for those that do not but look like them.

    Empty where none does. On PostgreSQL alone.
    """
    typed = words_of(text)
    if connection.vendor != "postgresql" or not any(len(word) >= LONG for word in typed):
        return ""
    sources = list(sources)
    for likeness in dict.fromkeys((_after_one_slip(typed), _ALMOST_LIKE)):
        known = _words_like(typed, sources, likeness)
        chosen = [_likest(word, known) for word in typed]
        if all(chosen):
            break
    is_mended = all(chosen) and chosen != typed
    return " ".join(known.get(word, word) for word in chosen) if is_mended else ""


def _after_one_slip(typed: Iterable[str]) -> float:
    """How like at least a text is that holds these words, one slip in each set right.

    A word of n letters has n + 1 trigrams. Two letters that changed places cost four of them, and
    bring four others; no other slip costs more. A short word may be the beginning of a longer one,
    which costs its last.
    """
    least = (
        (len(word) - 3) / (len(word) + 5) if len(word) >= LONG else len(word) / (len(word) + 1)
        for word in typed
    )
    return max(_ALMOST_LIKE, min(_MOST_ALIKE, *least) - 0.01)


def _words_like(typed: Iterable[str], sources: Iterable[Source], likeness: float) -> dict[str, str]:
    """Words of the rows that hold one so like those typed: plain, and as they are written."""
    known: dict[str, str] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pg_trgm.word_similarity_threshold = {likeness}")
        for rows, texts in sources:
            is_like = reduce(or_, (Q(TrigramWordSimilar(texts.plain, word)) for word in typed))
            # In any order: else all are read before the first few are known.
            for row in rows.filter(is_like).order_by().values_list(*texts.fields)[:_ROWS_ALIKE]:
                for written in _tokens(row):
                    known.setdefault(plain(written), written.lower())
    return known


def _likest(typed: str, known: Iterable[str]) -> str:
    """The word that looks most like the one typed: itself, if it is there; empty if none does."""
    best, likeness = "", _LIKE
    compared = SequenceMatcher(b=typed, autojunk=False)
    for word in known:
        if _is_in(word, typed):
            return typed
        if len(typed) < LONG:
            continue
        compared.set_seq1(word)
        if compared.real_quick_ratio() > likeness and compared.ratio() > likeness:
            best, likeness = word, compared.ratio()
    return best


def _is_in(word: str, typed: str) -> bool:
    return typed in word if len(typed) >= LONG else word.startswith(typed)


def _tokens(texts: Iterable[str | None]) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFC", " ".join(filter(None, texts))))


# Showing what was found --------------------------------------------------------------------------


def found_in(texts: Iterable[str | None], text: str) -> set[str]:
    """Which words of these texts somebody who looks for a text finds, plain; one question."""
    typed = words_of(text)
    there = set(map(plain, _tokens(texts)))
    found = {word for word in there if any(_is_in(word, one) for one in typed)}
    if connection.vendor == "postgresql" and typed and there - found:
        found |= _forms_among(there - found, typed)
    return found


def _forms_among(words: Collection[str], typed: list[str]) -> set[str]:
    """Which of these words are another form of one that was typed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT word FROM unnest(%s::text[]) AS word, unnest(%s::text[]) AS typed,"
            " unnest(%s::regconfig[]) AS dictionary"
            " WHERE to_tsvector(dictionary, word) @@ plainto_tsquery(dictionary, typed)",
            [sorted(words), typed, list(DICTIONARIES)],
        )
        return {word for (word,) in cursor.fetchall()}


def standing_in(texts: Iterable[str | None], found: Collection[str]) -> set[str]:
    """Which of the words that were found stand in these texts."""
    return {word for word in map(plain, _tokens(texts)) if word in found}


def marked(text: str, found: Collection[str]) -> str:
    """The text as HTML, with a mark around each word that was found."""
    parts = re.split(f"({_TOKEN.pattern})", unicodedata.normalize("NFC", text))
    return format_html_join("", "{}", ((_marked(part, found),) for part in parts))


def _marked(part: str, found: Collection[str]) -> str:
    return format_html("<mark>{}</mark>", part) if plain(part) in found else part
