"""The exported files, read back by other code than wrote them."""

import csv
import io
import re
import tracemalloc
import zipfile
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import openpyxl
import pytest

from accounts.underway import finished
from events.attendees import COLUMNS, Column, Listing, with_facts
from events.exporting import ROWS_A_STEP, as_csv, as_workbook
from events.models import Needs, Registration, Session
from moments.local import BRUSSELS
from tests.build import NOW, anonymise, make_registration, make_session
from tests.events.test_hostile_input import HOSTILE, REAL

pytestmark = pytest.mark.django_db

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(1)", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", "\u3000＝1",
    "   -2+3", '=HYPERLINK("https://evil.example","klik")', "\t=1", "\tx", "\rx", "\n=1",
]  # fmt: skip
HARMLESS = ["a=1", "1-1", "An", "'=1", "jan@example.org", "https://example.org", "007", "", "1e5"]


# What the page of the export fetches along.
FACTS = ("organisation", "group", "presence", "needs")


def listed(session: Session) -> Any:
    return Listing().registrations(session, NOW).select_related(*FACTS)


def rows_of(session: Session) -> Any:
    rows = session.registrations.select_related(*FACTS)
    return with_facts(rows, session, NOW)


def column(name: str) -> Column:
    return next(one for one in COLUMNS if one.name == name)


def somebody(text: str, **fields: Any) -> Registration:
    """Somebody whose name is this text, as the list reads them."""
    facts = {"state": "confirmed", "received_at": NOW, "organisation_name": "Stad Gent"}
    row = Registration(name=text, **(facts | fields))
    row.mail_state, row.has_needs = "sent", False
    return row


def read_csv(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def csv_of(columns: list[Column], rows: Any) -> bytes:
    with finished(as_csv(columns, rows, BRUSSELS)) as file:
        return file.read()


def sheet_of(columns: list[Column], rows: Any) -> Any:
    with finished(as_workbook(columns, rows, BRUSSELS)) as file:
        return openpyxl.load_workbook(io.BytesIO(file.read())).active


# CSV ---------------------------------------------------------------------------------------------


def test_csv_opens_as_excel_in_dutch_expects() -> None:
    row = somebody("An; de “Tweede”")

    content = csv_of([column("name"), column("state")], [row])

    assert content == ('\ufeff"Naam";"Toestand"\r\n"An; de “Tweede”";"ingeschreven"\r\n'.encode())


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_csv_disarms_a_formula_and_keeps_what_was_typed(text: str) -> None:
    (_head, (cell,)) = read_csv(csv_of([column("name")], [somebody(text)]))

    assert cell == f"'{text}"


@pytest.mark.parametrize("text", [*HARMLESS, *REAL], ids=ascii)
def test_csv_leaves_other_text_as_it_is(text: str) -> None:
    (_head, (cell,)) = read_csv(csv_of([column("name")], [somebody(text[:150])]))

    assert cell == text[:150]


@pytest.mark.parametrize("text", [*FORMULAS, *HOSTILE, *HARMLESS], ids=ascii)
def test_no_cell_of_a_csv_starts_a_formula(text: str) -> None:
    content = csv_of(COLUMNS, [somebody(text, organisation_name=text, job_title=text)])

    for cell in read_csv(content)[1]:
        assert not re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", cell)


def test_csv_tells_moments_on_the_clock_of_the_zone() -> None:
    row = somebody("An", received_at=datetime(2027, 3, 28, 1, 30, tzinfo=UTC))

    (_head, (cell,)) = read_csv(csv_of([column("received")], [row]))

    assert cell == "2027-03-28 03:30"


def test_csv_of_any_length_takes_little_memory() -> None:
    rows = repeat(somebody("An Peeters" * 10), 8000)
    tracemalloc.start()

    with finished(as_csv(COLUMNS[:6], rows, BRUSSELS)) as file:
        _now, peak = tracemalloc.get_traced_memory()
        size = file.seek(0, io.SEEK_END)

    tracemalloc.stop()
    assert size > 1_000_000
    assert peak < 500_000


# Workbook ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*FORMULAS[:-4], *HOSTILE, *HARMLESS], ids=ascii)
def test_workbook_keeps_every_text_a_text(text: str) -> None:
    sheet = sheet_of([column("name")], [somebody(text)])

    cell = sheet["A2"]
    assert (cell.value or "") == text
    assert cell.data_type in {"s", "n"} if text == "" else cell.data_type == "s"
    assert cell.hyperlink is None


def test_workbook_holds_real_dates_of_the_zone() -> None:
    row = somebody("An", received_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC))

    sheet = sheet_of([column("name"), column("received")], [row])

    assert sheet["B2"].value == datetime(2027, 10, 31, 2, 30)
    assert sheet["B2"].is_date


def test_workbook_has_a_fixed_first_row_with_filters() -> None:
    sheet = sheet_of([column("name"), column("email")], [somebody("An"), somebody("Jan")])

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert [cell.value for cell in sheet[1]] == ["Naam", "E-mailadres"]
    assert sheet.title == "Deelnemers"


def test_workbook_of_nobody_opens() -> None:
    sheet = sheet_of([column("name")], [])

    assert [[cell.value for cell in row] for row in sheet.rows] == [["Naam"]]


def test_workbook_holds_no_formula_and_no_link() -> None:
    rows = [somebody(text) for text in HOSTILE]

    with (
        finished(as_workbook([column("name"), column("email")], rows, BRUSSELS)) as file,
        zipfile.ZipFile(file) as workbook,
    ):
        parts = {name: workbook.read(name).decode() for name in workbook.namelist()}

    assert "<f>" not in parts["xl/worksheets/sheet1.xml"]
    assert not any("hyperlink" in name or "_rels/sheet" in name for name in parts)
    assert not any("evil.example" in text for name, text in parts.items() if "rels" in name)


@pytest.mark.parametrize("make", [as_csv, as_workbook])
def test_making_tells_the_rows_done_and_reads_no_more_of_them_once_closed(make: Any) -> None:
    rows = (row for row in repeat(somebody("An"), 5 * ROWS_A_STEP))
    work = make([column("name")], rows, BRUSSELS)
    done = [next(work), next(work)]

    work.close()

    assert done == [ROWS_A_STEP, 2 * ROWS_A_STEP]
    assert sum(1 for _row in rows) == 3 * ROWS_A_STEP


# Both --------------------------------------------------------------------------------------------


def test_anonymous_rows_stay_anonymous_in_both() -> None:
    row = make_registration(make_session(), name="An Geheim", email="geheim@example.org")
    anonymise(row)
    Needs.objects.create(registration=row, diet="geheim", consented_at=NOW)
    rows = list(rows_of(row.session))

    text = csv_of(COLUMNS, rows).decode()
    sheet = sheet_of(COLUMNS, rows)

    assert "eheim" not in text
    assert "anoniem" in text
    assert sheet["A2"].value == "anoniem"
    assert "eheim" not in str([cell.value for cell in sheet[2]])


def test_export_takes_the_same_queries_for_3_and_for_300(
    django_assert_num_queries: Any,
) -> None:
    session = make_session()
    for _ in range(3):
        make_registration(session)
    with django_assert_num_queries(1):
        csv_of(COLUMNS, listed(session))
    model = session.registrations.first()
    for number in range(297):
        model.pk, model.public_id = None, f"copy-{number}"
        model.email = model.email_key = f"copy{number}@example.org"
        model.save(force_insert=True)

    with django_assert_num_queries(1):
        content = csv_of(COLUMNS, listed(session))

    assert len(read_csv(content)) == 301
