"""The papers, read back by another program than made them."""

import io
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events import attendance, printing, registering
from events.attendance import Mark
from events.models import Registration, Session
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

HOSTILE = '#panic() #read("/etc/passwd") $x$ <a> @b \\ *c* "d" `e`'


def pages(content: bytes) -> list[str]:
    """The words on each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def on_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def session() -> Session:
    return build.make_session(
        title="AI voor beginners", attendance="on_site", venue="Havenlaan 88, Brussel"
    )


def sheet(session: Session) -> list[str]:
    return pages(printing.sign_in_sheet(session, session.registrations.all(), now=build.NOW))


def badges(session: Session) -> list[str]:
    return pages(printing.badges(session, session.registrations.all()))


# The list and the badges -------------------------------------------------------------------------


def test_sheet_names_who_has_a_seat_by_name_whatever_the_accents(session: Session) -> None:
    for name in ["Zoë Wit", "Émile Zwart", "an Peeters"]:
        build.make_registration(session, name=name)
    gone = build.make_registration(session, name="Weg Gegaan")
    registering.cancel(gone, now=build.NOW, by=Registration.CancelledBy.OWNER)
    build.anonymise(build.make_registration(session, name="Stil Geworden"))

    (page,) = sheet(session)

    assert re.findall(r"an Peeters|Zoë Wit|Émile Zwart|Weg|Stil", page) == [
        "an Peeters", "Émile Zwart", "Zoë Wit",
    ]  # fmt: skip
    assert "AI voor beginners" in page
    assert "donderdag 10 juni 2027, 14u00 – 16u30" in page
    assert "Havenlaan 88, Brussel" in page


def test_sheet_repeats_its_heading_and_counts_its_pages(session: Session) -> None:
    for number in range(40):
        build.make_registration(session, name=f"Persoon {number}")

    found = sheet(session)

    assert len(found) > 1
    for number, page in enumerate(found, start=1):
        assert "Handtekening" in page
        assert "AI voor beginners" in page
        assert f"Pagina {number} van {len(found)}" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", ["Aanwezigheidslijst", "Handtekening"]), ("fr", ["Signature"]), ("en", ["Signature"])],
)
def test_sheet_speaks_the_language_of_its_reader(
    session: Session, language: str, words: list[str]
) -> None:
    with translation.override(language):
        text = " ".join(sheet(session))

    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("paper", [sheet, badges])
def test_nothing_typed_is_read_as_markup(session: Session, paper: Any) -> None:
    build.make_registration(session, name=HOSTILE[:150], organisation_name=HOSTILE)
    Session.objects.update(title=HOSTILE[:200], title_nl=HOSTILE[:200])
    session.refresh_from_db()

    text = on_one_line(" ".join(paper(session)))

    assert text.count("#panic()") == 3
    assert text.count("*c*") == 3
    assert "root:" not in text


@pytest.mark.parametrize("paper", [sheet, badges])
def test_long_words_stay_within_their_place(session: Session, paper: Any) -> None:
    build.make_registration(session, name="W" * 150, organisation_name="M" * 200)

    lines = re.findall("W+|M+", "\n".join(paper(session)))

    assert "".join(sorted(lines, reverse=True)).replace("M", "") == "W" * 150
    assert max(len(line) for line in lines) <= 50


def test_badges_hold_ten_on_a_sheet_each_with_its_code(session: Session) -> None:
    for number in range(11):
        build.make_registration(session, name=f"Persoon {number}", organisation_name="Stad Gent")

    content = printing.badges(session, session.registrations.all())

    found = pages(content)
    codes = sum(len(page.images) for page in PdfReader(io.BytesIO(content)).pages)
    assert [page.count("Stad Gent") for page in found] == [10, 1]
    assert codes == 11


def test_badges_of_an_online_session_have_no_code() -> None:
    online = build.make_session()
    build.make_registration(online)

    content = printing.badges(online, online.registrations.all())

    assert [len(page.images) for page in PdfReader(io.BytesIO(content)).pages] == [0]


@pytest.mark.parametrize("paper", ["sign-in-sheet", "badges"])
def test_printing_is_written_down_with_its_number(
    session: Session, client: CheckedClient, time_machine: TimeMachineFixture, paper: str
) -> None:
    time_machine.move_to(build.NOW, tick=False)
    for name in ["An Een", "Bo Twee", "Cis Drie"]:
        build.make_registration(session, name=name)
    organiser = build.make_organiser(session.programme)
    client.force_login(organiser)

    address = reverse("events:papers", args=[session.slug])
    asked = client.get(address)
    answer = client.post(f"{address}?name=An&name=Bo", {"paper": paper})

    assert asked.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert re.findall("An Een|Bo Twee|Cis Drie", " ".join(pages(answer.content))) == [
        "An Een", "Bo Twee",
    ]  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user) == (Action.REGISTRATIONS_EXPORTED, organiser)
    assert entry.details == {"people": 2, "paper": paper}


def test_badges_of_nobody_and_of_too_many_are_not_made(
    session: Session, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(build.make_organiser(session.programme))
    address = reverse("events:papers", args=[session.slug])

    nobody = client.post(address, {"paper": "badges"})
    build.make_registration(session)
    monkeypatch.setattr("events.forms.attendees.MOST_PRINTED", 0)
    too_many = client.post(address, {"paper": "badges"})

    assert [nobody.status_code, too_many.status_code] == [422, 422]
    assert AuditEntry.objects.count() == 0


# The certificate ---------------------------------------------------------------------------------


@pytest.fixture
def present(session: Session) -> Registration:
    row = build.make_registration(session, name="Zoë Wit", organisation_name="Stad Gent")
    now = session.starts_at
    attendance.mark(row, Mark("present", "on_site"), seen="", by=SYSTEM, now=now)
    return Registration.objects.get(pk=row.pk)


def fetch(client: CheckedClient, row: Registration) -> Any:
    return client.get(row.get_certificate_url())


def test_certificate_says_who_was_where_and_when(
    present: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(present.session.ends_at)

    answer = fetch(client, present)

    (page,) = pages(answer.content)
    text = on_one_line(page)
    for words in [
        "Zoë Wit", "Stad Gent", "AI voor beginners", "donderdag 10 juni 2027, 14u00 – 16u30",
        "Havenlaan 88, Brussel", "Ter plaatse", "2 u 30 min",
    ]:  # fmt: skip
        assert words in text
    assert present.public_id not in text
    assert b"pdfuaid" in answer.content
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert present.get_certificate_url() in client.get(present.get_absolute_url()).content.decode()


def test_there_is_no_certificate_before_the_end(
    present: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(present.session.ends_at - build.days(0.001))

    manage = client.get(present.get_absolute_url()).content.decode()

    assert fetch(client, present).status_code == 404
    assert "certificate" not in manage


@pytest.mark.parametrize("mark", [Mark("absent"), Mark("excused"), Mark()])
def test_there_is_no_certificate_for_who_was_not_there(
    present: Registration, client: CheckedClient, time_machine: TimeMachineFixture, mark: Mark
) -> None:
    now = present.session.ends_at
    attendance.mark(present, mark, seen="present", by=SYSTEM, now=now)
    time_machine.move_to(now)

    assert fetch(client, present).status_code == 404


def test_there_is_no_certificate_of_a_session_that_was_cancelled(
    present: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    Session.objects.update(status=Session.Status.CANCELLED)
    time_machine.move_to(present.session.ends_at)

    assert fetch(client, present).status_code == 404
