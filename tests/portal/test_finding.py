"""Search: what is public, grouped, and nothing else."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import OrganisationAlias
from events.models import Contribution, Session
from portal import finding
from procurement.models import Call
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


def found(text: str) -> dict[str, list[str]]:
    """The groups with what stands in each: its title or name."""
    names = {"coming": "session", "past": "session", "speakers": "speaker"}
    groups = finding.search(text, build.NOW).groups
    return {
        group.kind: [
            str(
                row.card.call
                if group.kind == "calls"
                else getattr(row, names.get(group.kind, "organisation"))
            )
            for row in group.rows
        ]
        for group in groups
    }


def make_all(*, word: str = "energie", **session: Any) -> Session:
    """Something of each kind that a search for the word finds."""
    ours = build.make_organisation(name=f"Agentschap {word}")
    programme = build.make_programme(organisation=ours)
    made = build.make_session(programme=programme, title=f"Slimme {word}", **session)
    build.make_speaker(build.make_agenda_item(made), name=f"An {word}")
    Contribution.objects.update(organisation=ours)
    call = build.make_call(title=f"Oproep {word}", programme=programme)
    call.organisers.add(ours)
    build.make_deadline(call=call)
    return made


# What is found -----------------------------------------------------------------------------------


def test_each_kind_is_found_in_its_group() -> None:
    make_all()
    old = build.make_session(
        title="Énergie", starts_at=build.NOW - build.days(9), ends_at=build.NOW - build.days(8)
    )

    assert found("Energie") == {
        "coming": ["Slimme energie"],
        "past": [old.title],
        "calls": ["Oproep energie"],
        "speakers": ["An energie"],
        "organisations": ["Agentschap energie"],
    }


def test_draft_is_found_nowhere_nor_who_speaks_or_organises_in_it() -> None:
    make_all(status=Session.Status.DRAFT)
    Call.objects.update(status=Call.Status.DRAFT)

    assert found("energie") == {}
    assert found("an") == {}


@pytest.mark.postgres
def test_slip_is_mended_to_words_of_the_public_only() -> None:
    make_all(status=Session.Status.DRAFT)
    Call.objects.update(status=Call.Status.DRAFT)
    assert finding.search("enregie", build.NOW).number == 0

    Session.objects.update(status=Session.Status.PUBLISHED)

    sought = finding.search("enregie", build.NOW)
    assert (sought.text, sought.typed) == ("energie", "enregie")
    assert [group.kind for group in sought.groups] == ["coming", "speakers", "organisations"]


def test_registrant_is_not_found(client: CheckedClient) -> None:
    session = build.make_session(title="Slimme energie")
    build.make_registration(session, name="Zeger Zonderling", organisation_name="Ganzenhoek")

    for text in ("zeger", "zonderling", "ganzenhoek"):
        assert found(text) == {}
    assert "Zeger" not in client.get("/search/?q=energie").content.decode()


def test_organisation_is_known_by_its_other_names_too() -> None:
    make_all()
    ours = Session.objects.get().programme.organisation
    assert ours is not None
    OrganisationAlias.objects.create(organisation=ours, name="Vlaams Elektriciteitsbureau")
    build.make_organisation(name="Elektriciteitsbureau zonder iets openbaars")

    assert found("elektriciteitsbureau agentschap") == {"organisations": ["Agentschap energie"]}


def test_place_in_the_programme_is_named_where_the_title_does_not_tell() -> None:
    session = build.make_session(title="Inspiratiesessie")
    for title in ("Welkom", "Data over energie"):
        build.make_speaker(build.make_agenda_item(session, title=title), name=f"Bij {title}")

    [group] = [g for g in finding.search("energie", build.NOW).groups if g.kind == "coming"]

    assert group.rows[0].places == ["Data over energie", "Bij Data over energie"]


# The page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/fr", "/en"])
def test_page_marks_words_and_leads_on(prefix: str, client: CheckedClient) -> None:
    make_all()

    page = client.get(f"{prefix}/search/", {"q": "Énergie"}).content.decode()

    assert "Slimme <mark>energie</mark>" in page
    assert '<meta name="robots" content="noindex">' in page
    assert f"{prefix}/sessions/?programme=" in page and f"{prefix}/deadlines/?organiser=" in page
    if prefix:
        assert re.search(r'<a href="[^"]+" lang="nl">Slimme <mark>', page)


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=%00", "?q=a%00b"])
def test_nothing_sought_says_what_one_may_seek(query: str, client: CheckedClient) -> None:
    page = client.get(f"/search/{query}").content.decode()

    assert "Typ een onderwerp" in page and "gevonden" not in page


@pytest.mark.parametrize("text", ["zwembad", "?", "%_", "x" * 3000, "<script>alert(1)</script>"])
def test_nothing_found_helps_on(text: str, client: CheckedClient) -> None:
    make_all()

    page = client.get("/search/", {"q": text}).content.decode()

    assert "is niets gevonden" in page and "/sessions/?period=past" in page
    assert "<script>alert" not in page


def test_all_of_a_group_are_as_many_as_its_list_shows(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SHOWN", 1)
    for number in range(3):
        make_all(word=f"energie{number}")

    page = client.get("/search/?q=energie").content.decode()

    everything = re.findall(r'<a href="([^"]+)">Toon alle 3', page)
    assert [address.split("?")[0] for address in everything] == [
        "/sessions/",
        "/deadlines/",
        "/search/",
        "/search/",
    ]
    for address in everything:
        shown = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(set(re.findall(r"energie\d", re.sub("</?mark>", "", shown)))) == 3, address


def test_one_kind_has_pages_and_an_unknown_one_is_none(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PAGE_SIZE", 2)
    item = build.make_agenda_item(build.make_session())
    for number in range(3):
        build.make_speaker(item, name=f"Energiek {number:02}")

    page = client.get("/search/?q=energiek&kind=speakers&page=2").content.decode()

    assert re.findall(r"Energiek</mark> (\d\d)", page) == ["02"]
    assert client.get("/search/?q=energiek&kind=people").status_code == 404


def test_many_results_cost_no_more_queries_than_one(client: CheckedClient) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/search/?q=energie")
        return len(asked)

    make_all()
    of_one = cost()
    for number in range(3):
        make_all(word=f"energie{number}")

    assert cost() == of_one <= 30


def test_field_stands_on_other_pages_and_once_on_its_own(client: CheckedClient) -> None:
    assert 'id="site-search"' in client.get("/").content.decode()
    assert 'id="site-search"' not in client.get("/search/").content.decode()
