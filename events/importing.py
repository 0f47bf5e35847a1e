"""Registering a list of people from a file: CSV or a workbook, of which nothing is trusted."""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.auditing import Actor
from accounts.names import address_key, matching_key
from accounts.spreadsheets import without_mark
from accounts.underway import Steps
from events import answering, organising, seating, sharing
from events.forms.attendees import AttendeeForm
from events.models import Question, Registration, Session
from events.registering import Applicant

LARGEST_FILE_BYTES = 1_000_000
# What a workbook may become when it is unpacked: a bomb is told from its list of contents.
LARGEST_UNPACKED_BYTES = 20_000_000
MOST_PARTS = 200
# Tags and attributes of one part: each takes far more memory than its letters.
MOST_MARKS = 400_000
MOST_ROWS = 300
MOST_COLUMNS = 50
LONGEST_CELL = 1000

# How people head the columns, in the form in which names are compared.
HEADINGS = {
    "name": {"naam", "name", "nom", "voornaam en naam"},
    "email": {"e-mail", "email", "e-mailadres", "e-mail address", "adresse e-mail", "mail"},
    "organisation_name": {"organisatie", "organisation"},
    "job_title": {"functie", "job title", "fonction"},
    "language": {"taal", "language", "langue", "taal van de mails", "langue des e-mails"},
}
REQUIRED = ("name", "email", "organisation_name")

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


# What the readers of the standard library raise at a file that is not what it says.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, ParseError, LookupError, ValueError,
    NotImplementedError, RuntimeError, EOFError,
)  # fmt: skip


class UnusableFile(Exception):
    """The file cannot be used; the text is a sentence for the organiser."""


@dataclass(frozen=True)
class Line:
    """One line of the file: who stands there, or what is wrong with it."""

    number: int
    typed: dict[str, str]
    applicant: Applicant | None
    problems: list[str] = field(default_factory=list)
    # The name under which this person, or their address, is registered already.
    known_as: str = ""

    @property
    def is_known(self) -> bool:
        """Whether nothing becomes of it, since they are registered already."""
        return bool(self.known_as)

    @property
    def has_other_name(self) -> bool:
        """Whether they are registered under another name than stands here."""
        return self.is_known and matching_key(self.known_as) != matching_key(self.typed["name"])


def read(content: bytes, session: Session, *, shares_address: bool = False) -> list[Line]:
    """The people in a file, each looked at by the rules of the form; raises `UnusableFile`.

    `shares_address` allows an address under several names.
    """
    table = _table(content)
    if len(table) < 2:
        raise UnusableFile(_("The file holds nobody."))
    (_number, heading), *rows = table
    questions = list(session.questions.all())
    places = _places(heading, questions)
    said = {"shares_address": "on"} if shares_address else {}
    people = [
        (number, {name: _typed(row, at) for name, at in places.items()} | said)
        for number, row in rows
    ]
    return check(people, session)


def _typed(row: list[str], at: int) -> str:
    return without_mark(row[at].strip()) if at < len(row) else ""


def check(people: Sequence[tuple[int, dict[str, str]]], session: Session) -> list[Line]:
    """Each of these people, by their line, with what is wrong; and who is registered already."""
    known: dict[str, list[Registration]] = defaultdict(list)
    for row in session.registrations.live().named().order_by("pk"):
        known[row.email_key].append(row)
    questions = list(session.questions.all())
    lines: list[Line] = []
    seen: dict[str, set[str]] = defaultdict(set)
    for number, typed in people:
        language = {"language": _language(typed.get("language", ""), session)}
        answers, problems = _answers(typed, questions)
        form = AttendeeForm(typed | language | answers, questions=questions)
        problems += [str(error) for errors in form.errors.values() for error in errors]
        key = address_key(typed.get("email", "")) if not problems else ""
        name = sharing.key_of(typed.get("name", ""))
        shares = bool(typed.get("shares_address"))
        if key:
            problems = _doubles(name, seen[key], shares=shares)
        seen[key].add(name)
        applicant = None if problems else form.applicant()
        same = [row for row in known[key] if not shares or sharing.is_named(row, name)]
        known_as = same[0].name if same else ""
        lines.append(Line(number, typed, applicant, problems, known_as=known_as))
    return lines


def _doubles(name: str, names: Collection[str], *, shares: bool) -> list[str]:
    """What is wrong with a name for whose address these names stand in the file before."""
    if name in names:
        return [_("This person stands in the file more than once, with the same address.")]
    if names and not shares:
        return [
            _(
                "This address stands in the file under several names. Do several people share it?"
                " Then tick that below."
            )
        ]
    return []


def _answers(
    typed: dict[str, str], questions: Sequence[Question]
) -> tuple[dict[str, Any], list[str]]:
    """What a line answers, as the form takes it, and what of it cannot be chosen."""
    answers: dict[str, Any] = {}
    problems = []
    for question in questions:
        try:
            values = answering.typed_values(question, typed.get(question.name, ""))
        except answering.NoSuchChoice as refusal:
            problems.append(str(refusal))
        else:
            is_many = question.kind == Question.Kind.CHOICES
            answers[question.name] = values if is_many else "".join(values)
    # What could not be read stands in the line as it was typed, and is no choice.
    unread = {question.name: "" for question in questions if question.name not in answers}
    return answers | unread, problems


def register_all(
    session: Session, lines: Sequence[Line], *, by: Actor, now: datetime
) -> Steps[int]:
    """Register everybody who is not registered yet, or nobody, one by one; how many.

    Closed halfway, nobody is registered. Raises a `RegistrationRefused` as soon as one is refused.
    """
    added = 0
    with transaction.atomic():
        for number, who in enumerate(newcomers(lines), start=1):
            added += organising.add(session, who, by=by, now=now).is_own
            yield number
    return added


def newcomers(lines: Sequence[Line]) -> list[Applicant]:
    """Those among them who are not registered yet."""
    return [line.applicant for line in lines if line.applicant and not line.is_known]


@transaction.atomic
def is_undone(people: Sequence[tuple[int, dict[str, str]]], session: Session) -> bool:
    """Whether an import that was stopped registered nobody; waits until it has ended."""
    seating.lock(session)
    return bool(newcomers(check(people, session)))


def _language(typed: str, session: Session) -> str:
    """A language by its code or its name; the session's where none is given."""
    known = {code: code for code, _label in settings.LANGUAGES}
    known |= {matching_key(label): code for code, label in settings.LANGUAGES}
    return known.get(matching_key(typed), typed) if typed else session.language


def _places(heading: list[str], questions: Sequence[Question] = ()) -> dict[str, int]:
    """In which column each field stands; a question by its words in any language."""
    keys = [matching_key(cell) for cell in heading]
    headings = HEADINGS | {
        question.name: {
            matching_key(text)
            for code, _label in settings.LANGUAGES
            if (text := getattr(question, f"text_{code}"))
        }
        for question in questions
    }
    places = {
        name: next(at for at, key in enumerate(keys) if key in words)
        for name, words in headings.items()
        if words & set(keys)
    }
    if any(name not in places for name in REQUIRED):
        raise UnusableFile(
            _("The first line names the columns: at least name, e-mail address and organisation.")
        )
    return places


# Reading what may be anything ------------------------------------------------------------------


def _table(content: bytes) -> list[tuple[int, list[str]]]:
    """The lines of a file that hold anything, by their number in it."""
    if len(content) > LARGEST_FILE_BYTES:
        raise UnusableFile(_("The file is too large: at most 1 MB."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableFile(_("Save the file as .xlsx without a password, or as CSV."))
    rows = _workbook_rows(content) if content.startswith(b"PK") else _csv_rows(content)
    table: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in row):
            raise UnusableFile(_("The file has too many columns, or too long a text in one."))
        table.append((number, row))
        if len(table) > MOST_ROWS + 1:
            raise UnusableFile(
                _("The file has more than %(number)s lines. Split it.") % {"number": MOST_ROWS}
            )
    return table


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error:
        raise UnusableFile(_not_a_list()) from None


def _decoded(content: bytes) -> str:
    """As Excel and others save text: UTF-8, UTF-16 with its mark, or Windows-1252."""
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if is_wide else ["utf-8-sig", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnusableFile(_not_a_list())


def _not_a_list() -> str:
    return _("This file cannot be read. Save the list as .xlsx or as CSV.")


def _workbook_rows(content: bytes) -> Iterator[list[str]]:
    """The rows of the first sheet: values only, since a formula could hold anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_dangerous(archive)
            shared = _shared_texts(archive)
            for row in _elements(archive, _first_sheet(archive), f"{_MAIN}row"):
                yield _cells(row, shared)
    except UNREADABLE:
        raise UnusableFile(_not_a_list()) from None


def _refuse_dangerous(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    is_bomb = sum(part.file_size for part in parts) > LARGEST_UNPACKED_BYTES
    if is_bomb or len(parts) > MOST_PARTS:
        raise UnusableFile(_("The file is too large once it is unpacked."))
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise UnusableFile(_("The file holds macros. Save it as .xlsx without them, or as CSV."))
    if any(part.flag_bits & 1 for part in parts):
        raise UnusableFile(_("Save the file as .xlsx without a password, or as CSV."))


def _elements(archive: zipfile.ZipFile, part: str, tag: str) -> Iterator[Element]:
    """The elements of one kind in a part, one at a time; it defines no entities of its own."""
    with archive.open(part) as packed:
        xml = packed.read(LARGEST_UNPACKED_BYTES + 1)
    # A document type is where entities that unfold without end would stand; UTF-16 could hide it.
    if len(xml) > LARGEST_UNPACKED_BYTES or b"<!DOCTYPE" in xml or b"\x00" in xml:
        raise UnusableFile(_not_a_list())
    if xml.count(b"<") + xml.count(b"=") > MOST_MARKS:
        raise UnusableFile(_("The file is too large once it is unpacked."))
    for _event, element in iterparse(io.BytesIO(xml)):  # noqa: S314 - without document type
        if element.tag == tag:
            yield element
            element.clear()


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    part = "xl/sharedStrings.xml"
    if part not in archive.namelist():
        return []
    return [_text(element) for element in _elements(archive, part, f"{_MAIN}si")]


def _text(element: Element) -> str:
    """The text of a string, without how it is pronounced."""
    return "".join(
        run.text or ""
        for part in element
        if part.tag != f"{_MAIN}rPh"
        for run in part.iter(f"{_MAIN}t")
    )


def _first_sheet(archive: zipfile.ZipFile) -> str:
    sheet = next(_elements(archive, "xl/workbook.xml", f"{_MAIN}sheet"), None)
    number = sheet.get(_RELATION) if sheet is not None else None
    package = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
    for relation in _elements(archive, "xl/_rels/workbook.xml.rels", package):
        if relation.get("Id") == number:
            target = relation.get("Target") or ""
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise UnusableFile(_not_a_list())


def _cells(row: Element, shared: list[str]) -> list[str]:
    """The texts of a row, with nothing where a cell is left out."""
    cells: dict[int, str] = {}
    for position, cell in enumerate(row.iter(f"{_MAIN}c")):
        if cell.find(f"{_MAIN}f") is not None:
            raise UnusableFile(_("The file holds formulas. Save it with values only, or as CSV."))
        at = _column(cell.get("r") or "", position)
        if at >= MOST_COLUMNS:
            raise UnusableFile(_("The file has too many columns, or too long a text in one."))
        cells[at] = _value(cell, shared)
    return [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]


def _column(reference: str, position: int) -> int:
    """The number of a column, from 0: "C7" is 2."""
    letters = re.match("[A-Z]{1,3}", reference)
    if letters is None:
        return position
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: Element, shared: list[str]) -> str:
    kind, value = cell.get("t"), cell.find(f"{_MAIN}v")
    text: Any = value.text if value is not None else ""
    if kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        return _text(inline) if inline is not None else ""
    if kind == "s":
        return shared[int(text)]
    return text or ""
