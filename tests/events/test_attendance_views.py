"""The pages of whoever takes attendance."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry, User
from accounts.underway import KIND
from events import attendance
from events.attendance import Mark
from events.models import Presence, Registration, Session
from tests import build
from tests.build import make_organiser, make_registration, make_session
from tests.events.test_organise_views import copies
from tests.page import CheckedClient, hang_up

pytestmark = pytest.mark.django_db

DAY = build.at("13:30")
KEY = "0123456789abcdef0123456789abcdef"
SCRIPT = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def _at_the_door(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(DAY, tick=False)


@pytest.fixture
def session() -> Session:
    return make_session(title="Sessie over AI", attendance="hybrid", venue="Gent")


@pytest.fixture
def organiser(session: Session, client: CheckedClient) -> User:
    user = make_organiser(session.programme, name="Dora Deur")
    client.force_login(user)
    return user


def address(session: Session, name: str = "attendance", number: int | None = None) -> str:
    kwargs = {"slug": session.slug} | ({"number": number} if number else {})
    return reverse(f"events:{name}", kwargs=kwargs)


def tick(row: Registration, state: str = "present", seen: str = "", how: str = "") -> str:
    return f"{row.pk}:{seen}:{state}:{how}"


def said(row: Registration) -> Mark:
    return attendance.mark_of(Registration.objects.get(pk=row.pk))


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# The list at the door ----------------------------------------------------------------------------


def test_tick_without_scripts_leads_back_to_the_list_with_the_person_on_top(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session, name="Élodie Peeters")
    make_registration(session, name="Élodie Wacht")
    back = {"back": "q=elodie&page=7&evil=//example.org"}

    answer = client.post(address(session, "mark-presence"), {"mark": tick(row)} | back)
    page = client.get(answer.headers["Location"])

    assert answer.headers["Location"] == f"{address(session)}?q=elodie&page=7&just={row.pk}"
    assert said(row) == Mark("present", "on_site")
    assert "Élodie Peeters: aanwezig, ter plaatse." in text_of(page)
    assert page.context["just"] == row
    assert f'value="{row.pk}:present::"' in page.content.decode()


def test_script_gets_the_row_and_the_counts_as_they_are(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session, name="An Peeters")
    other = make_registration(session)
    attendance.mark(other, Mark("excused"), seen="", by=SYSTEM, now=DAY)

    sent = {"mark": tick(row), "key": KEY}
    first = client.post(address(session, "mark-presence"), sent, **SCRIPT)
    again = client.post(address(session, "mark-presence"), sent, **SCRIPT)
    late = client.post(address(session, "mark-presence"), {"mark": tick(other)}, **SCRIPT)

    assert (first.status_code, again.status_code, late.status_code) == (200, 200, 409)
    assert first.json() == again.json()
    assert first.json()["sentence"] == "An Peeters: aanwezig, ter plaatse."
    assert f'data-person="{row.pk}"' in first.json()["row"]
    assert '<b class="figures">1</b>' in first.json()["counts"]
    assert late.json()["sentence"].startswith("Iemand anders was u voor.")
    assert said(other) == Mark("excused")
    assert AuditEntry.objects.about(row).count() == 1


@pytest.mark.parametrize(
    "mark",
    ["", "x", "1", "1:::", "{id}:present", "{id}::nonsense:", "{id}::present:moon", "{id}:: :",
     "{id}::present:on_site:", "١::present:"],
)  # fmt: skip
def test_nonsense_marks_nobody(
    mark: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)

    for headers in ({}, SCRIPT):
        client.post(address(session, "mark-presence"), {"mark": mark.format(id=row.pk)}, **headers)

    assert not Presence.objects.exists()


def test_person_of_another_session_is_not_there(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    elsewhere = make_registration(make_session())
    anonymous = make_registration(session)
    build.anonymise(anonymous)

    for row in (elsewhere, anonymous):
        answer = client.post(address(session, "mark-presence"), {"mark": tick(row)}, **SCRIPT)
        assert answer.status_code == 404
        assert client.get(address(session, "presence", row.pk)).status_code == 404
    assert not Presence.objects.exists()


def test_key_that_is_none_is_left_out(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)

    client.post(address(session, "mark-presence"), {"mark": tick(row), "key": "<b>" * 90})

    assert "key" not in AuditEntry.objects.about(row).get().details


def test_list_costs_the_same_queries_for_3_and_for_1000(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    counted = []
    for number in (3, 1000):
        session.registrations.all().delete()
        copies(session, number)
        first = session.registrations.first()
        Presence.objects.create(registration=first, state="absent", marked_at=DAY)
        client.get(address(session))
        for query in ("", "?show=all", "?q=persoon"):
            with CaptureQueriesContext(connection) as queries:
                client.get(address(session) + query)
            counted.append(len(queries))
    assert counted[:3] == counted[3:]


def test_look_at_the_list_is_written_down_and_an_empty_one_is_not(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    client.get(address(session))
    assert not AuditEntry.objects.exists()
    make_registration(session)

    client.get(address(session) + "?show=there")
    client.get(address(session))

    assert [(one.action, one.details) for one in AuditEntry.objects.all()] == [
        (Action.REGISTRATIONS_SEEN, {"people": 1})
    ]


def test_day_before_nobody_can_be_ticked(
    session: Session, organiser: User, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(build.NOW)
    client.force_login(organiser)
    row = make_registration(session)

    page = text_of(client.get(address(session)))
    answer = client.post(address(session, "mark-presence"), {"mark": tick(row)}, **SCRIPT)

    assert "Aanwezigheden opnemen kan vanaf donderdag 10 juni 2027." in page
    assert 'name="mark"' not in page
    assert (answer.status_code, answer.json()["sentence"]) == (
        422, "Niemand kan aanwezig zijn vóór de dag van de sessie.",
    )  # fmt: skip


# Without registering -----------------------------------------------------------------------------


def test_walk_in_is_added_in_two_fields_and_stands_on_top(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    typed = {"name": "Lies Laat", "email": "lies@example.org", "how": "on_site", "key": KEY}

    answer = client.post(address(session, "walk-in"), typed)
    page = client.get(answer.headers["Location"])

    row = session.registrations.get()
    assert said(row) == Mark("walk_in", "on_site")
    assert "Lies Laat is toegevoegd en krijgt een mail." in text_of(page)
    assert page.context["just"] == row


def test_walk_in_with_a_wrong_address_keeps_what_was_typed(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    typed = {"name": "Lies <b>Laat</b>", "email": "lies", "how": "online"}

    page = client.post(address(session, "walk-in"), typed)
    told = client.post(address(session, "walk-in"), typed, **SCRIPT)

    assert (page.status_code, told.status_code) == (422, 422)
    assert 'value="Lies &lt;b&gt;Laat&lt;/b&gt;"' in page.content.decode()
    assert told.json()["sentence"] == "Vul een e-mailadres in zoals naam@organisatie.be."
    assert not session.registrations.exists()


def test_walk_in_to_a_cancelled_session_is_refused_in_words(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    Session.objects.filter(pk=session.pk).update(status=Session.Status.CANCELLED)
    typed = {"name": "Lies", "email": "lies@example.org", "how": "online"}

    page = client.post(address(session, "walk-in"), typed)

    assert page.status_code == 422
    assert "Deze sessie is geannuleerd." in text_of(page)


# Put right by hand -------------------------------------------------------------------------------


def test_mark_is_put_right_with_a_trace_to_read(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session, name="An Peeters")
    client.post(address(session, "mark-presence"), {"mark": tick(row)})

    client.post(
        address(session, "presence", row.pk),
        {"state": "present", "how": "online", "seen": "present"},
    )
    client.post(
        address(session, "presence", row.pk), {"state": "none", "how": "online", "seen": "present"}
    )
    page = text_of(client.get(address(session, "presence", row.pk)))

    assert said(row) == Mark()
    for change in (
        "Niet aangeduid werd aanwezig, ter plaatse",
        "Aanwezig, ter plaatse werd aanwezig, online",
        "Aanwezig, online werd niet aangeduid",
    ):
        assert f'{change}</p> <p class="quiet">Dora Deur, donderdag 10 juni 2027 om 13u30' in page


def test_mark_that_somebody_else_changed_is_asked_again(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    client.post(address(session, "mark-presence"), {"mark": tick(row)})

    answer = client.post(
        address(session, "presence", row.pk), {"state": "absent", "how": "on_site", "seen": ""}
    )

    assert answer.status_code == 422
    assert "Iemand anders was u voor. Kies opnieuw." in text_of(answer)
    assert 'name="seen" value="present"' in answer.content.decode()
    assert said(row) == Mark("present", "on_site")


# Many --------------------------------------------------------------------------------------------


def test_many_are_marked_after_a_question_that_names_them(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session) for _ in range(3)]
    client.post(address(session, "mark-presence"), {"mark": tick(rows[0])})
    question = client.get(
        address(session, "mark-attendees") + "?state=confirmed&presence=none&everyone=1&as=absent"
    )
    seen = question.context["seen"]
    # Meanwhile one of them comes in.
    client.post(address(session, "mark-presence"), {"mark": tick(rows[1])})

    answer = client.post(
        address(session, "mark-attendees"),
        {"seen": seen, "state": "absent", "how": "on_site", "parameters": "state=confirmed"},
        follow=True,
    )

    assert sorted(seen.split()) == sorted(f"{row.pk}:" for row in rows[1:])
    assert [said(row).state for row in rows] == ["present", "present", "absent"]
    assert "1 persoon is aangeduid." in text_of(answer)
    assert f"Niet aangepast, want intussen gewijzigd: {rows[1].name}." in text_of(answer)


def test_marking_many_tells_how_far_it_is_and_keeps_what_was_done_when_stopped(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session) for _ in range(3)]
    typed = {"seen": " ".join(f"{row.pk}:" for row in rows), "state": "absent", "how": "on_site"}
    answer = client.post(address(session, "mark-attendees"), typed, headers={"accept": KIND})
    told = iter(answer.streaming_content)

    steps = [json.loads(next(told)) for _each in range(3)]
    hang_up(answer)

    assert steps == [{"done": number, "total": 3} for number in range(3)]
    assert [said(row).state for row in rows] == ["absent", "absent", ""]


@pytest.mark.parametrize("seen", ["", "nonsense", "1:maybe", "{elsewhere}:", "999999:"])
def test_nonsense_about_many_marks_nobody(
    seen: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    elsewhere = make_registration(make_session())

    answer = client.post(
        address(session, "mark-attendees"),
        {"seen": seen.format(elsewhere=elsewhere.pk), "state": "absent", "how": "on_site"},
    )

    assert answer.status_code == 302
    assert not Presence.objects.exists()


def test_many_without_a_choice_are_asked_about_again(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)

    answer = client.post(address(session, "mark-attendees"), {"seen": f"{row.pk}:"})

    assert answer.status_code == 422
    assert answer.context["seen"] == f"{row.pk}:"


def test_attendee_list_and_export_tell_who_was_there(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    there, other = make_registration(session, name="An"), make_registration(session, name="Bo")
    attendance.mark(there, Mark("present", "online"), seen="", by=SYSTEM, now=DAY)
    asked = "?presence=present&column=name&column=presence&column=how"

    page = client.get(address(session, "attendees") + asked)
    answer = client.post(
        address(session, "export") + "?column=name",
        {"format": "csv", "columns": ["name", "presence", "how"], "reason": "Verslag maken"},
    )

    assert [row.pk for row, _cells in page.context["rows"]] == [there.pk]
    assert "<dt>Aanwezig</dt><dd>1</dd>" in page.content.decode()
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert sorted(lines) == sorted(
        ['"Naam";"Aanwezigheid";"Hoe ze deelnamen"', '"An";"aanwezig";"online"', '"Bo";"";""']
    )
    assert other.pk
