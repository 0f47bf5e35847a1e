"""Going somewhere in the workspace: each role finds what it may see, and nothing else."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Programme, Role, User
from events.models import Session
from portal import palette
from tests import build
from tests.page import CheckedClient
from tests.procurement.build import make_submitted, make_trajectory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    """One with a draft, a session, a call and what was submitted to it; another has the like."""
    for each in (ours := build.make_programme(name="PIO"), build.make_programme(name="Elders")):
        suffix = each.name.lower()
        make_rows(each, suffix)
    build.make_registration(Session.objects.get(slug="open-pio"), name="Energieke Zeger")
    return ours


def make_rows(programme: Programme, suffix: str) -> None:
    build.make_session(programme=programme, slug=f"open-{suffix}", title=f"Énergie {suffix}")
    build.make_session(
        programme=programme,
        slug=f"draft-{suffix}",
        title=f"Energieontwerp {suffix}",
        status=Session.Status.DRAFT,
    )
    call = build.make_call(
        programme=programme, slug=f"call-{suffix}", title=f"Energieoproep {suffix}"
    )
    make_submitted(build.make_deadline(call=call), title=f"Energietraject {suffix}")
    make_trajectory(title=f"Energie in voorbereiding {suffix}")


def found(user: User, text: str = "energie") -> set[str]:
    groups = palette.look_for(text, user, build.NOW)
    return {entry.title for group in groups for entry in group.entries}


OWN = {"Énergie pio", "Energieontwerp pio"}


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (Role.LEAD, {*OWN, "Energieoproep pio", "Energietraject pio"}),
        (Role.ORGANISER, {*OWN, "Energieoproep pio", "Energietraject pio"}),
        (Role.HELPER, OWN),
        (Role.VIEWER, OWN),
    ],
)
def test_each_role_finds_rows_of_its_own_programmes(
    programme: Programme, role: Role, titles: set[str]
) -> None:
    assert found(build.make_member(programme, role)) == titles


def test_administrator_finds_all_that_is_not_somebody_s_own(programme: Programme) -> None:
    titles = found(build.make_administrator())

    assert len(titles) == 8
    assert not any("voorbereiding" in title for title in titles)


@pytest.mark.parametrize("role", Role)
def test_every_place_that_is_offered_opens(
    programme: Programme, role: Role, client: CheckedClient
) -> None:
    client.force_login(build.make_member(programme, role))

    urls = [
        entry["url"]
        for text in ("", "energie")
        for group in client.get(f"/organise/search/entries.json?q={text}").json()["groups"]
        for entry in group["entries"]
    ]

    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("nieuwe sessie", {"Nieuwe sessie"}),
        ("TEAM", {"Team"}),
        ("zwembad", set()),
        ("?", set()),
        ("a\0b", set()),
    ],
)
def test_pages_are_found_by_their_words(programme: Programme, typed: str, titles: set[str]) -> None:
    assert found(build.make_organiser(programme), typed) == titles


def test_page_shows_the_same_without_scripts(programme: Programme, client: CheckedClient) -> None:
    client.force_login(build.make_organiser(programme))

    page = client.get("/fr/organise/search/?q=energie").content.decode()

    assert 'lang="nl">Énergie pio</a>' in page
    assert "elders" not in page and "Zeger" not in page
    assert "draft-pio" in page
    assert "zwembad" in client.get("/organise/search/?q=zwembad").content.decode()


def test_many_rows_cost_no_more_queries_than_one(
    programme: Programme, client: CheckedClient
) -> None:
    client.force_login(build.make_organiser(programme))

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/organise/search/entries.json?q=energie")
        return len(asked)

    cost()  # the first time it is noted that they were here
    of_one = cost()
    for number in range(3):
        make_rows(programme, f"nog{number}")

    assert cost() == of_one


def test_overview_searches_as_the_palette_does(programme: Programme, client: CheckedClient) -> None:
    client.force_login(build.make_organiser(programme))

    page: Any = client.get("/organise/?q=energie+PIO").content.decode()

    assert "Énergie pio" in page and "Energieontwerp pio" in page and "elders" not in page
