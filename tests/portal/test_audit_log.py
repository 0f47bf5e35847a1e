"""The audit log as its readers see it: sentences, filters, a file."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM, Actor, record
from accounts.models import Action, AuditEntry, Programme, User
from events.models import Registration, Session
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

PAGE = "/organise/audit/"
EXPORT = "/organise/audit/export/"


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def desk(client: CheckedClient, programme: Programme) -> CheckedClient:
    """The browser of somebody who leads the programme."""
    client.force_login(build.make_lead(programme, name="Lies Lead"))
    return client


def by(user: User, address: str = "10.1.2.3") -> Actor:
    return Actor(AuditEntry.Actor.USER, user, address)


def note(action: Action = Action.SESSION_CHANGED, **facts: Any) -> AuditEntry:
    return record(action, **({"by": SYSTEM, "now": build.NOW} | facts))


def test_log_of_a_session_tells_of_that_session_only(
    desk: CheckedClient, programme: Programme
) -> None:
    session, other = (build.make_session(programme=programme) for _ in range(2))
    row = build.make_registration(session)
    note(Action.SESSION_PUBLISHED, programme=programme, about=session, session_id=session.pk)
    note(Action.REGISTRATION_CANCELLED, programme=programme, about=row, session_id=session.pk)
    note(Action.SESSION_UNPUBLISHED, programme=programme, about=other, session_id=other.pk)

    page = desk.get(f"/organise/sessions/{session.slug}/audit/")

    first, second = sentences(page)
    assert first.startswith(f"Het systeem annuleerde een inschrijving: inschrijving {row.pk}")
    assert second.startswith("Het systeem publiceerde een sessie")
    assert session.title not in first


def test_log_of_a_session_takes_the_same_queries_for_1_line_and_for_20(
    desk: CheckedClient, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    desk.get(f"/organise/sessions/{session.slug}/audit/")  # what is kept for the next time is there
    counts = []
    for _round in range(2):
        row = build.make_registration(session)
        note(Action.REGISTRATION_SEEN, programme=programme, about=row, session_id=session.pk)
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"/organise/sessions/{session.slug}/audit/")
        counts.append(len(asked))
        for _line in range(19):
            note(Action.SESSION_CHANGED, programme=programme, about=session, session_id=session.pk)

    assert counts[0] == counts[1]


def sentences(page: HttpResponse) -> list[str]:
    """The entries on a page, as they read."""
    found = re.findall(r'<li class="audit-log__entry">(.*?)</li>', page.content.decode(), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split()) for text in found]


def plain(sentence: str) -> str:
    return re.sub(r" ([,:)”])", r"\1", sentence)


# Sentences ---------------------------------------------------------------------------------------


def test_entry_reads_as_a_sentence(desk: CheckedClient, programme: Programme) -> None:
    ann = build.make_organiser(programme, name="Ann Peeters")
    session = build.make_session(programme=programme, title="AI voor beginners")
    note(
        Action.REGISTRATIONS_SEEN,
        by=by(ann),
        now=build.at("14:05"),
        programme=programme,
        session_id=session.pk,
        people=45,
    )

    [sentence] = sentences(desk.get(PAGE))

    assert plain(sentence) == (
        "Ann Peeters bekeek de deelnemerslijst van “AI voor beginners” (45 personen)"
        " donderdag 10 juni 2027 om 14u05, van 10.1.2.3 · PIO"
    )


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_act_has_words_in_every_language(action: Action, language: str) -> None:
    with translation.override(language):
        words = str(action.label)

    with translation.override("en"):
        assert language == "en" or words != str(action.label)
    assert words[0].islower()


def test_registration_is_named_by_its_number_and_what_became_of_it(
    desk: CheckedClient, programme: Programme
) -> None:
    session = build.make_session(programme=programme, title="AI")
    rows = [build.make_registration(session, name="Zeger Zonderling") for _number in range(3)]
    for row in rows:
        note(Action.REGISTRATION_SEEN, programme=programme, about=row, session_id=session.pk)
    build.anonymise(rows[1])
    rows[2].delete()

    page = desk.get(PAGE)

    here, anonymous, gone = (plain(sentence) for sentence in reversed(sentences(page)))
    start = "Het systeem bekeek een inschrijving voor “AI”, inschrijving"
    assert here.startswith(f"{start} {rows[0].pk} ")
    assert anonymous.startswith(f"{start} {rows[1].pk}, intussen anoniem ")
    assert "die er niet meer is" in gone
    attendees = f"/organise/sessions/{session.slug}/attendees/"
    assert f'"{attendees}{rows[0].pk}/"' in page.content.decode()
    assert f'"{attendees}{rows[1].pk}/"' not in page.content.decode()
    assert "Zonderling" not in page.content.decode()


def test_entry_is_readable_when_all_it_points_to_is_gone(programme: Programme) -> None:
    ann = build.make_organiser(programme, name="Ann Peeters")
    session = build.make_session(programme=programme, title="AI")
    other = build.make_user(name="Bea")
    note(by=by(ann), programme=programme, about=session, session_id=session.pk)
    note(Action.MEMBER_ADDED, by=by(ann), programme=programme, about=other, role="lead")
    number = session.pk
    session.delete()
    for gone in (ann, other, programme):
        gone.delete()
    client = CheckedClient()
    client.force_login(build.make_administrator())

    added, changed = (plain(sentence) for sentence in sentences(client.get(PAGE)))

    assert changed.startswith(f"Een vroegere gebruiker wijzigde een sessie: sessie {number} ")
    assert added.startswith(
        "Een vroegere gebruiker gaf iemand een rol in het programma: een vroegere gebruiker"
        " (trekker) "
    )


def test_details_read_as_words_also_when_nobody_knows_them(
    desk: CheckedClient, programme: Programme
) -> None:
    note(programme=programme, about=build.make_session(programme=programme), fields=["starts_at"])
    note(Action.REGISTRATIONS_EXPORTED, programme=programme, people=1, reason="Naamkaartjes")
    note(Action.DATA_EXPIRED, programme=programme, erased_needs=3)
    note(Action.DATA_EXPIRED, programme=programme, registrations=2, needs=0, mails=1)
    note(Action.REGISTRATION_CANCELLED, programme=programme, moved_to=12)
    note(Action.NEEDS_SEEN, programme=programme, columns=["name", "diet"], format="xlsx")
    note(Action.RETENTION_CHANGED, programme=programme, about=programme, days=30, days_before=90)
    note(Action.MEMBER_ADDED, programme=programme, role="a role of later")

    said = [re.findall(r"\(([^)]*)\)", text)[0] for text in sentences(desk.get(PAGE))]

    assert said == [
        "a role of later",
        "90 dagen werd 30",
        "kolommen: Naam, Eet niet, bestand: xlsx",
        "verplaatst naar inschrijving 12",
        "2 inschrijvingen, 1 mail",
        "erased needs: 3",
        "1 persoon, reden: Naamkaartjes",
        "gewijzigd: begint op",
    ]


def test_session_that_went_to_another_programme_is_a_number(
    desk: CheckedClient, programme: Programme
) -> None:
    session = build.make_session(title="Nog geheim", status=Session.Status.DRAFT)
    note(programme=programme, session_id=session.pk)

    page = desk.get(PAGE)

    assert f"sessie {session.pk}" in sentences(page)[0]
    assert "Nog geheim" not in page.content.decode()


# Whose -------------------------------------------------------------------------------------------


def test_lead_reads_their_own_programme_and_an_administrator_all(
    desk: CheckedClient, programme: Programme
) -> None:
    note(programme=programme, now=build.NOW + timedelta(seconds=3))
    note(programme=build.make_programme(name="AI4GOV"))
    note(Action.USERS_SEEN, people=1)
    administrator = CheckedClient()
    administrator.force_login(build.make_administrator())

    assert len(sentences(desk.get(PAGE))) == 1
    assert len(sentences(administrator.get(PAGE))) == 3


def test_filter_for_a_foreign_programme_person_or_session_is_refused(
    desk: CheckedClient, programme: Programme
) -> None:
    foreign = build.make_session()
    stranger = build.make_organiser(foreign.programme, name="Zeger Zonderling")
    note(by=by(stranger), programme=foreign.programme, session_id=foreign.pk)

    pages = [
        desk.get(PAGE, {"programme": foreign.programme.pk}),
        desk.get(PAGE, {"session": foreign.pk}),
        desk.get(PAGE, {"person": stranger.pk}),
        desk.post(f"{EXPORT}?programme={foreign.programme.pk}"),
    ]

    assert [page.status_code for page in pages] == [422] * 4
    assert [sentences(page) for page in pages] == [[]] * 4
    assert [
        word for page in pages for word in ["Zonderling"] if word in page.content.decode()
    ] == []


def test_role_that_ends_ends_the_reading(programme: Programme) -> None:
    lead = build.make_lead(programme)
    client = CheckedClient()
    client.force_login(lead)
    assert client.get(PAGE).status_code == 200

    lead.memberships.update(role="organiser")

    assert client.get(PAGE).status_code == 404
    assert client.post(EXPORT).status_code == 404


# Filters -----------------------------------------------------------------------------------------


def test_filters_leave_what_they_name(desk: CheckedClient, programme: Programme) -> None:
    ann, bea = (build.make_organiser(programme, name=name) for name in ("Ann", "Bea"))
    session = build.make_session(programme=programme)
    note(by=by(ann), programme=programme, session_id=session.pk)
    note(Action.SESSION_PUBLISHED, by=by(bea), programme=programme)

    def count(**asked: object) -> int:
        return len(sentences(desk.get(PAGE, asked)))

    assert count() == 2
    assert count(person=ann.pk) == count(session=session.pk) == count(action="session.added") + 1
    assert count(action="session.published", person=ann.pk) == 0
    assert count(action="session.published", person=bea.pk, programme=programme.pk) == 1


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2027-06-09 21:59:59", False),
        ("2027-06-09 22:00:00", True),
        ("2027-06-10 21:59:59", True),
        ("2027-06-10 22:00:00", False),
    ],
)
def test_days_begin_and_end_at_midnight_in_brussels(
    at: str, expected: bool, desk: CheckedClient, programme: Programme
) -> None:
    note(programme=programme, now=datetime.fromisoformat(f"{at}+00:00"))

    page = desk.get(PAGE, {"first_date": "2027-06-10", "last_date": "2027-06-10"})

    assert bool(sentences(page)) is expected


@pytest.mark.parametrize("name", ["programme", "person", "session", "action", "first_date"])
@pytest.mark.parametrize("text", ["\0", "-1", "x", "9" * 30, "9" * 5000, "1;--", "9999-12-31"])
def test_filter_that_makes_no_sense_is_said_so(name: str, text: str, desk: CheckedClient) -> None:
    # Not checked: the form comes back with the character that no page should hold.
    client = Client() if text == "\0" else CheckedClient()
    client.cookies = desk.cookies

    answer = client.get(PAGE, {name: text})

    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()


@pytest.mark.parametrize("page", ["0", "x", "-1", "99", "\0", "9" * 5000])
def test_page_number_that_makes_no_sense_is_a_page(
    page: str, desk: CheckedClient, programme: Programme
) -> None:
    note(programme=programme)

    assert len(sentences(desk.get(PAGE, {"page": page}))) == 1


def many(number: int, programme: Programme, people: list[User], session: Session) -> None:
    registrations = list(Registration.objects.all())
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=build.NOW + timedelta(seconds=count),
            actor="user",
            user=people[count % len(people)],
            action=Action.REGISTRATION_SEEN,
            programme=programme,
            object_type="registration",
            object_id=registrations[count % len(registrations)].pk,
            session_id=session.pk,
            details={"people": count},
        )
        for count in range(number)
    )


def test_log_takes_as_many_queries_for_three_entries_as_for_ten_thousand(
    desk: CheckedClient, programme: Programme
) -> None:
    people = [build.make_organiser(programme) for _number in range(3)]
    session = build.make_session(programme=programme)
    for _number in range(5):
        build.make_registration(session)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(PAGE)
        assert page.status_code == 200
        return len(queries)

    many(3, programme, people, session)
    count()
    few = count()
    many(10_000, programme, people, session)

    assert count() == few
    assert few <= 16
    assert len(sentences(desk.get(PAGE))) == 50


# The file ----------------------------------------------------------------------------------------


def rows_of(answer: HttpResponse) -> list[list[str]]:
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_file_holds_what_the_filters_leave_and_is_written_down(
    desk: CheckedClient, programme: Programme
) -> None:
    ann = build.make_organiser(programme, name="Ann Peeters", email="ann@example.org")
    session = build.make_session(programme=programme, title='AI; "nu"')
    note(by=by(ann), programme=programme, about=session, session_id=session.pk)
    note(Action.SESSION_PUBLISHED, programme=programme)

    answer = desk.post(f"{EXPORT}?action=session.changed")

    heads, row = rows_of(answer)
    assert len(heads) == len(row)
    assert row == [
        "2027-05-10 10:00:00+02:00",
        "Ann Peeters",
        "ann@example.org",
        "10.1.2.3",
        "wijzigde een sessie",
        "PIO",
        '“AI; "nu"”',
        str(session.pk),
        "",
        "",
    ]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2027-05-10.csv"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    [exported] = AuditEntry.objects.filter(action=Action.AUDIT_EXPORTED)
    assert (exported.programme, exported.details) == (programme, {"rows": 1})
    assert "exporteerde het logboek: (1 regel)" in sentences(desk.get(PAGE))[0].replace(
        "logboek (", "logboek: ("
    )


def test_file_over_several_programmes_is_written_down_for_each(
    client: CheckedClient, programme: Programme
) -> None:
    other = build.make_programme()
    for of in (programme, other, other, None):
        note(programme=of)
    client.force_login(build.make_administrator())

    client.post(EXPORT)

    noted = AuditEntry.objects.filter(action=Action.AUDIT_EXPORTED)
    assert {row.programme: row.details["rows"] for row in noted} == {
        programme: 1,
        other: 2,
        None: 1,
    }


def test_name_that_is_a_formula_stays_text_in_the_file(
    desk: CheckedClient, programme: Programme
) -> None:
    name = '=HYPERLINK("https://evil.example","klik")'
    note(by=by(build.make_organiser(programme, name=name)), programme=programme)

    [_heads, row] = rows_of(desk.post(EXPORT))

    assert row[1] == f"'{name}"
