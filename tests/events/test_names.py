"""The administrators' page about typed names of organisations."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import directory
from accounts.models import AuditEntry, NameMatch, Organisation
from events.models import Registration, Session
from tests.build import make_administrator, make_organisation, make_registration, make_session
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

LIST = "/organise/names/"


@pytest.fixture
def desk() -> CheckedClient:
    """The browser of an administrator."""
    client = CheckedClient()
    client.force_login(make_administrator())
    return client


@pytest.fixture
def session() -> Session:
    return make_session()


def known(name: str, **fields: Any) -> Organisation:
    organisation = make_organisation(name=name, **fields)
    directory.index_names(organisation)
    return organisation


def typed(session: Session, name: str) -> Registration:
    return make_registration(session, organisation_name=name)


def test_list_shows_names_with_counts_domains_and_no_address(
    desk: CheckedClient, session: Session
) -> None:
    for _ in range(2):
        person = typed(session, "<b>Dienst</b> Water")

    page = desk.get(LIST).content.decode()

    assert "&lt;b&gt;Dienst&lt;/b&gt; Water" in page
    assert "2 inschrijvingen" in page
    assert "example.org (2)" in page
    assert person.email not in page
    assert person.name not in page


def test_list_costs_as_many_queries_for_many_as_for_few(
    desk: CheckedClient, session: Session
) -> None:
    def queries(number: int) -> int:
        for count in range(number):
            known(f"Dienst {number}x{count}")
            typed(session, f"Dienst {number}x{count} bis")
        with CaptureQueriesContext(connection) as context:
            desk.get(LIST)
        return len(context)

    queries(1)
    assert queries(3) == queries(40)


def test_name_is_linked_with_one_click_and_the_click_undone(
    desk: CheckedClient, session: Session
) -> None:
    organisation = known("Dienst Water")
    registration = typed(session, "Dienst Waters")
    assert "Is Dienst Water" in desk.get(LIST).content.decode()

    desk.post(f"{LIST}{registration.pk}/link/", {"organisation": organisation.slug})

    registration.refresh_from_db()
    assert registration.organisation == organisation
    page = desk.get(LIST).content.decode()
    match = NameMatch.objects.get()
    assert f"/organise/decisions/{match.pk}/undo/" in page
    assert "voor 1 inschrijving en voor wie nog inschrijft" in page
    desk.post(f"/organise/decisions/{match.pk}/undo/")
    registration.refresh_from_db()
    assert registration.organisation is None
    assert [entry.actor for entry in AuditEntry.objects.all()] == ["user", "user"]


def test_name_is_made_an_organisation_with_its_facts(desk: CheckedClient, session: Session) -> None:
    registration = typed(session, "Dienst Nieuw")
    address = f"{LIST}{registration.pk}/new/"
    assert 'value="Dienst Nieuw"' in desk.get(address).content.decode()

    refused = desk.post(address, {"name_nl": "Dienst Nieuw"})
    made = desk.post(address, {"name_nl": "Nieuwe Dienst", "kind": "police", "level": "local"})

    assert (refused.status_code, made.status_code) == (422, 302)
    registration.refresh_from_db()
    assert str(registration.organisation) == "Nieuwe Dienst"
    assert directory.find("dienst nieuw") == registration.organisation


def test_name_set_aside_leaves_the_list(desk: CheckedClient, session: Session) -> None:
    registration = typed(session, "Zelfstandige")

    desk.post(f"{LIST}{registration.pk}/set-aside/")

    page = desk.get(LIST).content.decode()
    assert "Alle namen zijn bekend." in page
    assert "“Zelfstandige” is geen organisatie" in page


@pytest.mark.parametrize("slug", ["", "guessed", "\x00", "x" * 5000])
def test_link_to_what_is_not_there_is_not_found(
    desk: CheckedClient, session: Session, slug: str
) -> None:
    registration = typed(session, "Iets")

    response = desk.post(f"{LIST}{registration.pk}/link/", {"organisation": slug})

    assert response.status_code == 404
    assert not NameMatch.objects.exists()


@pytest.mark.parametrize("text", ["\x00", "%", "<script>", "x" * 5000])
def test_search_survives_whatever_is_asked(
    desk: CheckedClient, session: Session, text: str
) -> None:
    registration = typed(session, "Iets")

    assert desk.get(f"{LIST}{registration.pk}/link/", {"q": text}).status_code == 200


def test_search_finds_what_the_name_does_not_look_like(
    desk: CheckedClient, session: Session
) -> None:
    known("Rijksdienst voor Arbeidsvoorziening", abbreviation="RVA")
    registration = typed(session, "Dienst werk")

    page = desk.get(f"{LIST}{registration.pk}/link/", {"q": "rva"}).content.decode()

    assert "Rijksdienst voor Arbeidsvoorziening" in page


@pytest.mark.parametrize("action", ["link", "new", "set-aside"])
def test_name_that_is_known_by_now_is_not_found(
    desk: CheckedClient, session: Session, action: str
) -> None:
    organisation = known("Dienst Water")
    registration = typed(session, "Dienst Water")

    response = desk.post(f"{LIST}{registration.pk}/{action}/", {"organisation": organisation.slug})

    assert response.status_code == 404
