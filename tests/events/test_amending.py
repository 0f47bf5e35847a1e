"""Changing one's own details, and what one told about one's needs."""

from typing import Any

import pytest
from django.test import Client

from accounts import directory
from accounts.models import Action, AuditEntry
from events import amending
from events.models import Consent, Needs, Registration
from mailing.models import Message
from tests.build import (
    NOW,
    make_administrator,
    make_organisation,
    make_organiser,
    make_registration,
    make_session,
)
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


FORM = {
    "name": "An Janssens",
    "organisation_name": "Stad Voorbeeld",
    "job_title": "",
    "language": "nl",
}


def registered(**fields: Any) -> Registration:
    session = make_session(asks_access_needs=True, asks_diet=True)
    return make_registration(session, name="An Janssens", **fields)


def address(registration: Registration, page: str = "details/") -> str:
    return f"/registrations/{registration.managing_code}/{page}"


# Details -----------------------------------------------------------------------------------------


def test_changed_details_are_kept_and_written_down_by_the_names_of_their_fields(
    client: CheckedClient,
) -> None:
    registration = registered()
    organisation = make_organisation(name="Stad Gent")
    directory.index_names(organisation)
    mails = Message.objects.count()

    client.post(
        address(registration),
        FORM | {"name": "  An   Smets ", "organisation_name": "stad gent", "language": "fr"},
    )

    registration.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert (registration.name, registration.language) == ("An Smets", "fr")
    assert (registration.organisation_name, registration.organisation_key) == (
        "stad gent",
        "stad gent",
    )
    assert registration.organisation == organisation
    assert (entry.action, entry.actor) == (Action.REGISTRATION_CHANGED, "owner")
    assert entry.details == {"fields": ["name", "organisation_name", "language"]}
    assert Message.objects.count() == mails


def test_details_sent_unchanged_change_nothing_and_write_nothing_down(
    client: CheckedClient,
) -> None:
    registration = registered()
    linked = make_organisation(name="Wat een organisator koppelde")
    Registration.objects.update(organisation=linked)

    client.post(address(registration), FORM)

    registration.refresh_from_db()
    assert registration.organisation == linked
    assert not AuditEntry.objects.exists()


def test_change_of_details_does_not_undo_a_cancellation_meanwhile() -> None:
    registration = registered()
    Registration.objects.update(state="cancelled", cancelled_at=NOW, cancelled_by="owner")

    amending.change_details(
        registration, name="Bo", organisation_name="Stad", job_title="", language="nl"
    )

    registration.refresh_from_db()
    assert (registration.name, registration.state) == ("Bo", "cancelled")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "An\r\nBcc: x@example.org"),
        ("name", "A" * 151),
        ("organisation_name", ""),
        ("organisation_name", "S" * 201),
        ("job_title", "x\x0bx"),
        ("language", "xx"),
        ("access", "x" * 501),
        ("diet", "x\x1bx"),
    ],
)
def test_details_with_an_error_are_refused_and_come_back(field: str, value: str) -> None:
    registration = registered()

    # Not checked: the page comes back with characters that no page should hold.
    answer = Client().post(
        address(registration),
        FORM | {"job_title": "Jurist", "needs_consent": "on"} | {field: value},
    )

    assert answer.status_code == 422
    assert not AuditEntry.objects.exists()
    registration.refresh_from_db()
    assert registration.job_title == ""


@pytest.mark.parametrize("field", [*FORM, "access", "diet"])
def test_details_with_a_nul_byte_are_refused(field: str) -> None:
    answer = Client().post(address(registered()), FORM | {field: "x\0", "needs_consent": "on"})

    assert answer.status_code == 422


def test_organisation_whose_letters_grow_when_compared_is_kept(client: CheckedClient) -> None:
    registration = registered()

    answer = client.post(address(registration), FORM | {"organisation_name": "ﷺ" * 200})

    assert answer.status_code == 302


def test_details_of_a_cancelled_or_past_registration_do_not_change(
    client: CheckedClient, time_machine: Any
) -> None:
    registration = registered()
    time_machine.move_to(registration.session.ends_at, tick=False)

    answers = [
        client.get(address(registration)),
        client.post(address(registration), FORM | {"name": "Bo"}),
    ]

    registration.refresh_from_db()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert registration.name == "An Janssens"


# Needs -------------------------------------------------------------------------------------------


def register(client: Client, **typed: str) -> int:
    session = make_session(asks_access_needs=True, asks_diet=True)
    answer = client.post(
        f"/sessions/{session.slug}/register/", FORM | {"email": "an@example.org"} | typed
    )
    return int(answer.status_code)


def test_needs_are_kept_with_consent_and_its_moment(client: CheckedClient) -> None:
    register(client, access="Ondertitels\r\nen een tolk", diet="Vis", needs_consent="on")

    kept = Needs.objects.get()
    assert (kept.access, kept.diet, kept.consented_at) == ("Ondertitels en een tolk", "Vis", NOW)


@pytest.mark.parametrize("field", ["access", "diet"])
def test_needs_without_consent_are_refused_and_nothing_is_kept(
    field: str, client: CheckedClient
) -> None:
    status = register(client, **{field: "Vis"})

    assert status == 422
    assert not Registration.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"needs_consent": "on"}, {"access": "  ", "diet": "\n"}])
def test_registering_without_needs_asks_for_no_consent_and_keeps_none(
    typed: dict[str, str], client: CheckedClient
) -> None:
    status = register(client, **typed)

    assert status == 302
    assert not Needs.objects.exists()


def test_needs_that_the_session_does_not_ask_are_not_kept(client: CheckedClient) -> None:
    session = make_session()

    client.post(
        f"/sessions/{session.slug}/register/",
        FORM | {"email": "an@example.org", "access": "Ondertitels", "needs_consent": "on"},
    )
    page = client.get(f"/sessions/{session.slug}/").content.decode()

    assert Registration.objects.exists()
    assert not Needs.objects.exists()
    assert "needs_consent" not in page


def test_needs_are_asked_as_optional_and_never_ticked_beforehand(client: CheckedClient) -> None:
    session = make_session(asks_diet=True)

    page = client.get(f"/sessions/{session.slug}/").content.decode()

    assert 'name="diet"' in page
    assert 'name="access"' not in page
    assert "checked" not in page


def test_needs_change_and_go_on_the_page_of_details(client: CheckedClient) -> None:
    registration = registered(access="Ondertitels")

    client.post(address(registration), FORM | {"access": "Tolk", "needs_consent": "on"})
    changed = Needs.objects.get().access
    client.post(address(registration), FORM)

    assert changed == "Tolk"
    assert not Needs.objects.exists()
    fields = [entry.details["fields"] for entry in AuditEntry.objects.all()]
    assert fields == [["needs"], ["needs"]]


def test_needs_no_longer_asked_are_left_alone_by_the_page_of_details(
    client: CheckedClient,
) -> None:
    registration = registered(access="Ondertitels")
    session = registration.session
    session.asks_access_needs = session.asks_diet = False
    session.save()

    client.post(address(registration), FORM)

    assert Needs.objects.get().access == "Ondertitels"


def test_owner_sees_and_erases_their_needs_also_after_the_session(
    client: CheckedClient, time_machine: Any
) -> None:
    registration = registered(access="Ondertitels")
    time_machine.move_to(registration.session.ends_at, tick=False)

    before = client.get(address(registration, "")).content.decode()
    after = client.post(address(registration, "needs/erase/"), follow=True).content.decode()

    assert "Ondertitels" in before
    assert "Ondertitels" not in after
    assert not Needs.objects.exists()
    assert AuditEntry.objects.count() == 1


def test_erasing_what_is_not_there_writes_nothing_down(client: CheckedClient) -> None:
    client.post(address(registered(), "needs/erase/"))

    assert not AuditEntry.objects.exists()


# Consent -----------------------------------------------------------------------------------------


def test_owner_withdraws_their_consent_also_after_the_session(
    client: CheckedClient, time_machine: Any
) -> None:
    session = make_session()
    text = session.programme.consent_texts.create(code="invitations", text="Nodig mij uit.")
    registration = make_registration(session, consent_texts=[text])
    other = make_registration(session, consent_texts=[text])
    time_machine.move_to(session.ends_at, tick=False)

    before = client.get(address(registration, "")).content.decode()
    after = client.post(address(registration, "consents/withdraw/"), follow=True).content.decode()

    assert "Nodig mij uit." in before
    assert "Nodig mij uit." not in after
    assert [one.registration for one in Consent.objects.all()] == [other]
    [row] = AuditEntry.objects.all()
    assert (row.action, row.details) == (Action.REGISTRATION_CHANGED, {"fields": ["consents"]})


def test_withdrawing_what_was_not_given_writes_nothing_down(client: CheckedClient) -> None:
    page = client.get(address(registered(), "")).content.decode()

    client.post(address(registered(), "consents/withdraw/"))

    assert "consents/withdraw/" not in page
    assert not AuditEntry.objects.exists()


# Who looks ---------------------------------------------------------------------------------------


def look(registration: Registration, person: Any) -> str:
    client = Client()
    client.force_login(person)
    page = client.get(f"/admin/events/registration/{registration.pk}/change/")
    return page.content.decode()


def test_organiser_who_sees_needs_is_written_down() -> None:
    registration = registered(access="Ondertitels")
    organiser = make_organiser(registration.session.programme)

    seen = look(registration, organiser)

    entry = AuditEntry.objects.get(action=Action.NEEDS_SEEN)
    assert "Ondertitels" in seen
    assert 'name="needs-0-access"' not in seen
    assert (entry.user, entry.object_id, entry.session_id) == (
        organiser,
        registration.pk,
        registration.session_id,
    )
    assert "Ondertitels" not in str(entry.details)


def test_nobody_is_written_down_where_there_are_no_needs_or_they_are_not_shown() -> None:
    with_needs, without = registered(access="Ondertitels"), registered()

    look(without, make_organiser(without.session.programme))
    look(with_needs, make_organiser(without.session.programme))

    assert not AuditEntry.objects.filter(action=Action.NEEDS_SEEN).exists()


def test_administrator_saves_a_registration_with_needs() -> None:
    registration = registered(access="Ondertitels")
    client = Client()
    client.force_login(make_administrator())

    answer = client.post(
        f"/admin/events/registration/{registration.pk}/change/",
        FORM
        | {
            "name": "Bo",
            "needs-TOTAL_FORMS": "0",
            "needs-INITIAL_FORMS": "0",
            "consents-TOTAL_FORMS": "0",
            "consents-INITIAL_FORMS": "0",
        },
    )

    registration.refresh_from_db()
    assert (answer.status_code, registration.name) == (302, "Bo")
    assert Needs.objects.get().access == "Ondertitels"
