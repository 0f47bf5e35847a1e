"""Importing people from files: real ones, and those that are made to break things."""

import io
import json
import tracemalloc
import zipfile
from threading import Thread
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry, User
from accounts.underway import KIND, finished
from events import importing
from events.attendees import COLUMNS, Listing
from events.exporting import as_csv, as_workbook
from events.importing import MOST_ROWS, UnusableFile
from events.models import Session
from mailing.models import Message
from moments.local import BRUSSELS
from tests.build import NOW, make_organiser, make_registration, make_session
from tests.events.racing import PATIENCE_SECONDS
from tests.page import CheckedClient, hang_up

pytestmark = pytest.mark.django_db

HEADING = ["Naam", "E-mailadres", "Organisatie", "Functie", "Taal"]
AN = ["An Peeters", "an@example.org", "Stad Gent", "Adviseur", "nl"]
JAN = ["Jan d’Hondt", "jan@example.org", "Écologie & Co", "", "fr"]


def csv_of(*rows: list[str], delimiter: str = ";") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in rows).encode()


def workbook_of(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(workbook: bytes, **parts: bytes) -> bytes:
    """A workbook with other parts; `sheet`, `strings` or `macros`."""
    names = {
        "sheet": "xl/worksheets/sheet1.xml",
        "strings": "xl/sharedStrings.xml",
        "macros": "xl/vbaProject.bin",
    }
    new = {names[name]: content for name, content in parts.items()}
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in old.namelist():
            if name not in new:
                made.writestr(name, old.read(name))
        for name, content in new.items():
            made.writestr(name, content)
    return file.getvalue()


def sheet(cells: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def read(content: bytes) -> list[list[str]]:
    """The names and addresses that are read, each with what is wrong."""
    lines = importing.read(content, make_session())
    return [[line.typed["name"], line.typed["email"], *line.problems] for line in lines]


def refusal_of(content: bytes) -> str:
    with pytest.raises(UnusableFile) as refusal:
        read(content)
    return str(refusal.value)


BOTH = [["An Peeters", "an@example.org"], ["Jan d’Hondt", "jan@example.org"]]


# Files that can be read --------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_list_is_read_as_programs_save_it(delimiter: str, encoding: str) -> None:
    content = csv_of(HEADING, AN, JAN, delimiter=delimiter).decode().encode(encoding)

    lines = importing.read(content, make_session())

    assert [[line.typed["name"], line.typed["email"]] for line in lines] == BOTH
    assert lines[1].typed["organisation_name"] == "Écologie & Co"


def test_workbook_is_read() -> None:
    assert read(workbook_of(HEADING, AN, JAN)) == BOTH


def test_workbook_with_other_columns_in_another_order_is_read() -> None:
    rows = [
        ["Nr", "E-mail", None, "Organisation", "Name"],
        [7, "an@example.org", None, "Gent", "An"],
    ]

    assert read(workbook_of(*rows)) == [["An", "an@example.org"]]


@pytest.mark.parametrize("kind", ["csv", "workbook"])
def test_export_can_be_imported_as_it_is(kind: str) -> None:
    session = make_session()
    make_registration(session, name="+Jan", email="an@example.org", job_title="@home")
    rows = Listing().registrations(session, NOW).select_related("organisation", "group")
    if kind == "csv":
        content = finished(as_csv(COLUMNS, rows, BRUSSELS)).read()
    else:
        content = finished(as_workbook(COLUMNS, rows, BRUSSELS)).read()

    (line,) = importing.read(content, make_session())

    assert line.problems == []
    assert (line.typed["name"], line.typed["job_title"]) == ("+Jan", "@home")


def test_lines_keep_their_number_in_the_file() -> None:
    content = csv_of(HEADING, [""], AN, ["", "", ""], ["", "x", "y"])

    lines = importing.read(content, make_session())

    assert [(line.number, bool(line.problems)) for line in lines] == [(3, False), (5, True)]


@pytest.mark.parametrize(
    ("typed", "language"),
    [("fr", "fr"), ("Français", "fr"), ("NEDERLANDS", "nl"), ("", "en")],
)
def test_language_is_read_by_code_or_name(typed: str, language: str) -> None:
    content = csv_of(HEADING, [*AN[:4], typed])

    (line,) = importing.read(content, make_session(language="en"))

    assert line.applicant is not None
    assert line.applicant.language == language


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["", "an@example.org", "Gent"], "Vul een naam in."),
        (["An", "an", "Gent"], "Vul een e-mailadres in zoals naam@organisatie.be."),
        (["An", "an@example.org", ""], "Vul de organisatie in."),
        (["A\x0bn", "an@example.org", "Gent"], "Schrijf dit op één regel, zonder stuurtekens."),
        (["An", "an@example.org", "Gent", "", "de"], "de"),
    ],
)
def test_line_says_what_is_wrong_with_it(row: list[str], problem: str) -> None:
    (line,) = importing.read(csv_of(HEADING, row), make_session())

    assert line.applicant is None
    assert len(line.problems) == 1
    assert problem in line.problems[0]


def test_address_that_stands_there_twice_is_wrong_the_second_time() -> None:
    lines = read(csv_of(HEADING, AN, ["Iemand", "AN@Example.org", "Gent"]))

    assert [len(line) for line in lines] == [2, 3]


# Files that cannot be used -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "niemand"),
        (b"\n\n\n", "niemand"),
        (csv_of(HEADING), "niemand"),
        (csv_of(["Naam", "Organisatie"], ["An", "Gent"]), "minstens naam"),
        (b"\x00" * 100, "kan niet gelezen worden"),
        (b"\xff\xfe\x00", "kan niet gelezen worden"),
        ("Naam;E-mail;Organisatie\nAn;x;y".encode("utf-16-le"), "kan niet gelezen worden"),
        (b'Naam;E-mail;Organisatie\n"An;x;y', "kan niet gelezen worden"),
        (b"PK\x03\x04 not a zip", "kan niet gelezen worden"),
        (b"%PDF-1.7 \x81\x8d\x8f", "kan niet gelezen worden"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "zonder wachtwoord"),
        (b"x" * 1_000_001, "hoogstens 1 MB"),
        (csv_of(HEADING, *[AN] * (MOST_ROWS + 1)), "meer dan 300 regels"),
        (csv_of(HEADING, [*AN, *[""] * 60]), "te veel kolommen"),
        (csv_of(HEADING, ["A" * 1001, "x", "y"]), "te veel kolommen"),
        (b"Naam;E-mail;Organisatie\n" + b"x" * 200_000, "kan niet gelezen worden"),
    ],
    ids=lambda value: ascii(value)[:25],
)
def test_unusable_file_is_refused_in_words(content: bytes, words: str) -> None:
    assert words in refusal_of(content)


def test_workbook_with_macros_is_refused() -> None:
    assert "macro’s" in refusal_of(changed(workbook_of(HEADING, AN), macros=b"x"))


def test_workbook_with_formulas_is_refused() -> None:
    assert "formules" in refusal_of(workbook_of(HEADING, ["=1+1", *AN[1:]]))


def test_workbook_with_a_password_is_refused() -> None:
    content = bytearray(workbook_of(HEADING, AN))
    at = content.find(b"PK\x01\x02")
    while at != -1:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)

    assert "zonder wachtwoord" in refusal_of(bytes(content))


def test_workbook_with_entities_of_its_own_is_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + sheet("<row/>")

    assert "kan niet gelezen worden" in refusal_of(changed(workbook_of(HEADING, AN), sheet=laughs))


def test_workbook_whose_entities_hide_in_utf_16_is_refused() -> None:
    hidden = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "ha">]><x/>'

    assert "kan niet gelezen worden" in refusal_of(
        changed(workbook_of(HEADING, AN), sheet=hidden.encode("utf-16"))
    )


BOMBS = {
    "many megabytes of nothing": sheet(" " * 60_000_000),
    "a million cells": sheet("<row>" + "<c/>" * 1_000_000 + "</row>"),
    "a million rows": sheet("<row/>" * 1_000_000),
    "a million attributes": sheet("<row " + " ".join(f'a{n}=""' for n in range(410_000)) + "/>"),
    "a far column": sheet('<row><c r="XFD1" t="str"><v>x</v></c></row>'),
    "deep": sheet("<row>" + "<a>" * 100_000 + "</a>" * 100_000 + "</row>"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_before_it_takes_memory(name: str) -> None:
    content = changed(workbook_of(HEADING, AN), sheet=BOMBS[name])
    session = make_session()
    tracemalloc.start()

    with pytest.raises(UnusableFile):
        importing.read(content, session)

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(content) < importing.LARGEST_FILE_BYTES
    assert peak < 60_000_000


def test_shared_string_that_is_not_there_is_refused() -> None:
    broken = sheet('<row><c r="A1" t="s"><v>99999</v></c></row>')

    assert "kan niet gelezen worden" in refusal_of(changed(workbook_of(HEADING, AN), sheet=broken))


def test_broken_files_are_refused_and_never_fail_otherwise() -> None:
    session = make_session()
    whole = [workbook_of(HEADING, AN, JAN), csv_of(HEADING, AN, JAN)]

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        which=st.integers(0, 1),
        changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
        cut=st.integers(0, 10_000),
    )
    def holds(which: int, changes: list[tuple[int, int]], cut: int) -> None:
        content = bytearray(whole[which])
        for at, byte in changes:
            content[at % len(content)] = byte
        shortened = bytes(content[: cut or None])

        try:
            lines = importing.read(shortened, session)
        except UnusableFile as refusal:
            assert str(refusal)
        else:
            assert lines

    holds()


# Pages -------------------------------------------------------------------------------------------


@pytest.fixture
def session(time_machine: TimeMachineFixture) -> Session:
    time_machine.move_to(NOW, tick=False)
    return make_session(capacity=1)


@pytest.fixture
def organiser(session: Session, client: CheckedClient) -> User:
    user = make_organiser(session.programme)
    client.force_login(user)
    return user


def send(client: CheckedClient, session: Session, content: bytes, name: str = "x.csv") -> Any:
    path = reverse("events:import", args=[session.slug])
    return client.post(path, {"file": SimpleUploadedFile(name, content)})


def confirm(client: CheckedClient, session: Session, people: str) -> Any:
    return client.post(reverse("events:import-people", args=[session.slug]), {"people": people})


def test_file_is_shown_before_anybody_is_registered(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, name="Jan D'Hondt", email="jan@example.org")

    answer = send(client, session, csv_of(HEADING, AN, JAN))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Schrijf 1 persoon in" in page
    assert "Is al ingeschreven; er verandert niets" in page
    assert session.registrations.count() == 1


def test_people_of_the_preview_are_registered_by_the_rules(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    people = send(client, session, csv_of(HEADING, AN, JAN)).context["people"]

    answer = confirm(client, session, people)

    assert answer.status_code == 302
    rows = session.registrations.order_by("pk").values_list("name", "state", "language")
    assert list(rows) == [("An Peeters", "confirmed", "nl"), ("Jan d’Hondt", "waiting", "fr")]
    assert AuditEntry.objects.filter(action=Action.REGISTRATION_ADDED).count() == 2
    assert Message.objects.count() == 2


def test_importing_twice_changes_nothing_the_second_time(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    people = send(client, session, csv_of(HEADING, AN, JAN)).context["people"]
    confirm(client, session, people)

    confirm(client, session, people)

    assert session.registrations.count() == 2
    assert Message.objects.count() == 2
    assert AuditEntry.objects.filter(action=Action.REGISTRATION_ADDED).count() == 2


def steps_of(client: CheckedClient, session: Session, people: str) -> Any:
    """The answer that tells how far it is."""
    path = reverse("events:import-people", args=[session.slug])
    return client.post(path, {"people": people}, headers={"accept": KIND})


def check(client: CheckedClient, session: Session, people: str) -> str:
    """What a page says became of an import."""
    path = reverse("events:check-import", args=[session.slug])
    return str(client.post(path, {"people": people}, follow=True).content.decode())


def test_import_tells_how_far_it_is_and_how_it_ended(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    people = send(client, session, csv_of(HEADING, AN, JAN)).context["people"]

    answer = steps_of(client, session, people)

    assert [json.loads(line) for line in answer.streaming_content] == [
        {"done": 0, "total": 2},
        {"done": 1, "total": 2},
        {"done": 2, "total": 2},
        {
            "said": ["2 personen zijn ingeschreven en krijgen daarover een mail."],
            "url": reverse("events:attendees", args=[session.slug]),
        },
    ]
    assert session.registrations.count() == 2


def test_import_on_which_the_browser_hangs_up_registers_nobody(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    people = send(client, session, csv_of(HEADING, AN, JAN)).context["people"]
    answer = steps_of(client, session, people)
    told = iter(answer.streaming_content)
    next(told), next(told)
    assert session.registrations.count() == 1, "it is under way"

    hang_up(answer)

    assert session.registrations.count() == 0
    assert session.seats.taken == 0
    assert Message.objects.count() == 0
    assert not AuditEntry.objects.filter(action=Action.REGISTRATION_ADDED).exists()
    assert "De import ging niet door: niemand is ingeschreven." in check(client, session, people)


def test_import_that_was_stopped_too_late_says_so(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    people = send(client, session, csv_of(HEADING, AN, JAN)).context["people"]
    confirm(client, session, people)

    assert "De import was al klaar: iedereen is ingeschreven." in check(client, session, people)


@pytest.mark.django_db(transaction=True)
def test_look_at_an_import_waits_until_it_has_ended() -> None:
    session = make_session()
    people = [(1, {"name": "An", "email": "an@example.org", "organisation_name": "Stad Gent"})]
    lines = importing.check(people, session)
    work = importing.register_all(session, lines, by=SYSTEM, now=NOW)
    next(work)
    seen: list[bool] = []

    def look() -> None:
        seen.append(importing.is_undone(people, Session.objects.get(pk=session.pk)))
        connection.close()

    looking = Thread(target=look)
    looking.start()
    looking.join(0.3)
    assert looking.is_alive()
    finished(work)
    looking.join(PATIENCE_SECONDS)

    assert seen == [False]


def test_one_wrong_line_keeps_all_of_them_out(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    answer = send(client, session, csv_of(HEADING, AN, ["", "x", "Gent"], JAN))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Vul een naam in. Vul een e-mailadres in" in page
    assert "people" not in answer.context
    assert session.registrations.count() == 0


def test_one_refused_person_keeps_all_of_them_out(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    small = make_session(programme=session.programme, capacity=1, has_waiting_list=False)
    people = send(client, small, csv_of(HEADING, AN, JAN)).context["people"]

    confirm(client, small, people)

    page = client.get(reverse("events:import", args=[small.slug])).content.decode()
    assert "Er is niemand ingeschreven: Alle plaatsen zijn bezet." in page
    assert small.registrations.count() == 0
    assert small.seats.taken == 0
    assert Message.objects.count() == 0
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize("people", ["", "x", "W10:1tXYZ:forged"])
def test_forged_preview_registers_nobody(
    people: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    assert confirm(client, session, people).status_code == 302
    assert session.registrations.count() == 0


def test_preview_of_another_session_or_of_yesterday_registers_nobody(
    session: Session,
    organiser: User,
    client: CheckedClient,
    time_machine: TimeMachineFixture,
) -> None:
    other = make_session(programme=session.programme)
    people = send(client, session, csv_of(HEADING, AN)).context["people"]

    confirm(client, other, people)
    time_machine.shift(3601)
    confirm(client, session, people)

    assert other.registrations.count() == session.registrations.count() == 0


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04", b"x" * 1_000_001])
def test_unusable_file_is_asked_for_again(
    content: bytes, session: Session, organiser: User, client: CheckedClient
) -> None:
    answer = send(client, session, content)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"file"}


def test_no_file_is_asked_for_again(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    answer = client.post(reverse("events:import", args=[session.slug]), {"file": "x"})

    assert answer.status_code == 422
