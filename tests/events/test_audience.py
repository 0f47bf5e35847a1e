"""Whom a session is for: open to anyone, marked in the list, or limited to known public bodies."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from events import refusing, registering
from events.models import Registration, SeatCount, Session
from events.refusing import OutsideAudience, RegistrationClosed
from mailing.models import Message
from tests.build import (
    NOW,
    anonymise,
    applicant,
    days,
    make_organisation,
    make_organiser,
    make_registration,
    make_session,
)
from tests.events.test_admin import form_on
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

OPEN, FLAGGED, LIMITED = (
    Session.AudienceRule.OPEN,
    Session.AudienceRule.FLAGGED,
    Session.AudienceRule.LIMITED,
)


@pytest.fixture(autouse=True)
def _known_body() -> None:
    make_organisation().domains.create(domain="dienst.be")


def register(session: Session, email: str, **fields: Any) -> Registration:
    return registering.register(session, applicant(email), received_at=NOW, **fields).registration


# The rule ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["an@dienst.be", "an@mail.dienst.be", "An@DIENST.be"])
@pytest.mark.parametrize("rule", [OPEN, FLAGGED, LIMITED])
def test_address_of_a_known_body_is_always_welcome(rule: str, email: str) -> None:
    assert not register(make_session(audience_rule=rule), email).is_outside_audience


@pytest.mark.parametrize(
    "email", ["an@elders.be", "an@nietdienst.be", "an@dienst.be.elders.org", '"an@dienst.be"@x.org']
)
def test_limited_session_refuses_another_address_and_writes_nothing(email: str) -> None:
    session = make_session(audience_rule=LIMITED, capacity=1)

    with pytest.raises(refusing.RegistrationRefused):
        register(session, email)

    assert not Registration.objects.exists()
    assert not Message.objects.exists()
    assert SeatCount.objects.get(session=session).taken == 0


def test_flagged_session_marks_another_address() -> None:
    session = make_session(audience_rule=FLAGGED)

    assert register(session, "an@elders.be").is_outside_audience


def test_open_session_marks_nobody() -> None:
    assert not register(make_session(), "an@elders.be").is_outside_audience


def test_organiser_may_add_somebody_whom_a_limited_session_is_not_for() -> None:
    session = make_session(audience_rule=LIMITED)

    added = register(session, "an@elders.be", by_organiser=True)

    assert added.is_confirmed
    assert added.is_outside_audience


def test_refusal_is_the_same_for_somebody_registered() -> None:
    session = make_session(audience_rule=LIMITED)
    register(session, "an@elders.be", by_organiser=True)
    told = Message.objects.count()

    refusals = []
    for email in ("an@elders.be", "jan@elders.be"):
        with pytest.raises(OutsideAudience) as refusal:
            register(session, email)
        refusals.append(str(refusal.value))

    assert refusals[0] == refusals[1]
    assert Message.objects.count() == told


def test_closed_session_says_that_first() -> None:
    session = make_session(audience_rule=LIMITED)

    with pytest.raises(RegistrationClosed):
        registering.register(session, applicant("an@elders.be"), received_at=NOW + days(60))


def test_refusal_names_whom_to_ask() -> None:
    session = make_session(audience_rule=LIMITED, contact_email="vraag@dienst.be")

    with pytest.raises(OutsideAudience, match=r"vraag@dienst\.be"):
        refusing.refuse_outside_audience(session, "an@elders.be")


def test_limited_session_accepts_a_body_from_when_its_domain_is_known() -> None:
    session = make_session(audience_rule=LIMITED)
    make_organisation().domains.create(domain="elders.be")

    assert register(session, "an@elders.be").is_confirmed


# Choosing another rule ---------------------------------------------------------------------------


def marked(session: Session) -> list[bool]:
    rows = session.registrations.order_by("pk")
    return list(rows.values_list("is_outside_audience", flat=True))


def test_choosing_to_mark_marks_who_was_there() -> None:
    session = make_session()
    for email in ("an@elders.be", "an@dienst.be", "jan@mail.dienst.be", "jan@elders.be"):
        register(session, email)
    other = register(make_session(), "an@elders.be")
    session.audience_rule = FLAGGED

    refusing.mark_outside_audience(session)

    assert marked(session) == [True, False, False, True]
    assert marked(other.session) == [False]


def test_choosing_to_mark_takes_marks_away_where_the_domain_is_known_by_now() -> None:
    session = make_session(audience_rule=FLAGGED)
    register(session, "an@elders.be")
    make_organisation().domains.create(domain="elders.be")

    refusing.mark_outside_audience(session)

    assert marked(session) == [False]


def test_choosing_to_mark_leaves_who_is_anonymous() -> None:
    session = make_session()
    register(session, "an@elders.be")
    for row in session.registrations.all():
        anonymise(row)
    session.audience_rule = FLAGGED

    refusing.mark_outside_audience(session)

    assert marked(session) == [False]


@pytest.mark.parametrize("rule", [OPEN, LIMITED])
def test_another_choice_leaves_registrations_as_they_are(rule: str) -> None:
    session = make_session(audience_rule=FLAGGED)
    register(session, "an@elders.be")
    session.audience_rule = rule

    refusing.mark_outside_audience(session)

    assert marked(session) == [True]
    assert session.registrations.live().count() == 1


def test_choosing_to_mark_costs_as_many_queries_for_many_as_for_few() -> None:
    def queries(number: int) -> int:
        session = make_session()
        for count in range(number):
            register(session, f"an@d{count}.be")
        session.audience_rule = FLAGGED
        with CaptureQueriesContext(connection) as context:
            refusing.mark_outside_audience(session)
        return len(context)

    assert queries(2) == queries(30)


# The pages ---------------------------------------------------------------------------------------

TYPED = {"name": "An", "organisation_name": "Dienst", "language": "nl", "job_title": "Adviseur"}


@pytest.fixture
def _now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW)


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    ("rule", "sentence"),
    [(LIMITED, "Alleen voor openbare besturen"), (FLAGGED, "Bedoeld voor openbare besturen")],
)
@pytest.mark.parametrize("audience", ["", "Projectleiders"])
def test_page_says_for_whom_it_is_before_anybody_types(
    client: CheckedClient, rule: str, sentence: str, audience: str
) -> None:
    session = make_session(audience_rule=rule, audience=audience)

    page = client.get(session.get_absolute_url()).content.decode()

    assert page.count(sentence) == 2
    assert "Voor wie" in page


@pytest.mark.usefixtures("_now")
def test_page_of_an_open_session_says_nothing_of_it(client: CheckedClient) -> None:
    page = client.get(make_session().get_absolute_url()).content.decode()

    assert "openbare besturen" not in page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.usefixtures("_now")
def test_refusal_stands_at_the_address_and_keeps_what_was_typed(client: CheckedClient) -> None:
    session = make_session(audience_rule=LIMITED)
    address = f"{session.get_absolute_url()}register/"

    response = client.post(address, TYPED | {"email": "an@elders.be"})

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("we kennen dit adres niet als adres van een openbaar bestuur") == 2
    assert 'value="an@elders.be"' in page
    assert 'value="Adviseur"' in page
    assert 'aria-invalid="true"' in page
    assert client.post(address, TYPED | {"email": "an@dienst.be"}).status_code == 302


@pytest.mark.usefixtures("_now")
def test_administration_marks_when_the_organiser_chooses_so() -> None:
    session = make_session()
    make_registration(session, email="an@elders.be")
    desk = Client()
    desk.force_login(make_organiser(session.programme))
    address = f"/admin/events/session/{session.pk}/change/"

    response = desk.post(address, form_on(desk.get(address)) | {"audience_rule": FLAGGED})

    assert response.status_code == 302
    assert marked(session) == [True]
    chosen = desk.get("/admin/events/registration/?is_outside_audience__exact=1").content.decode()
    assert "an@elders.be" in chosen
