from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.models import Call
from procurement.views import PAST
from tests.build import NOW, days, make_deadline, make_programme
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def make_call(title: str, **fields: object) -> Call:
    """A call without a deadline yet."""
    slug = title.lower().replace(" ", "-")
    return Call.objects.create(slug=slug, title=title, programme=make_programme(), **fields)


def closing_in(number: float) -> Closing:
    return Closing(Edge.AT_TIME, NOW + days(number), BRUSSELS)


def page(client: CheckedClient, path: str = "/deadlines/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_deadlines_shows_the_next_first_then_the_undated_then_the_past(
    client: CheckedClient,
) -> None:
    make_call("Zonder datum")
    make_deadline(call=make_call("Voorbij"), closing=closing_in(-1))
    make_deadline(call=make_call("Veraf"), closing=closing_in(90))
    make_deadline(call=make_call("Dichtbij"), closing=closing_in(2))

    shown = page(client)

    places = [shown.index(title) for title in ("Dichtbij", "Veraf", "Zonder datum", "Voorbij")]
    assert places == sorted(places)


def test_deadlines_shows_awarded_calls_apart_from_those_without_a_date(
    client: CheckedClient,
) -> None:
    make_call("Zonder datum")
    make_call("Toegewezen", kind=Call.Kind.AWARDED)

    shown = page(client)

    places = [shown.index(part) for part in ("Zonder datum", 'id="awarded"', "Toegewezen")]
    assert places == sorted(places)
    assert shown.count("Toegewezen") == 1


def test_deadlines_says_a_moment_in_the_words_of_its_edge(client: CheckedClient) -> None:
    closing = Closing.from_local(Edge.AT_TIME, date(2027, 12, 13), None, BRUSSELS)
    make_deadline(closing=closing)

    assert "13 december 2027 om 24u00" in page(client)


def test_deadlines_shows_a_limited_number_of_past_ones(client: CheckedClient) -> None:
    for number in range(PAST + 1):
        make_deadline(call=make_call(f"Oproep {number:02}x"), closing=closing_in(-1 - number))

    shown = page(client)

    assert f"Oproep {PAST - 1:02}x" in shown
    assert f"Oproep {PAST:02}x" not in shown


@pytest.mark.parametrize("path", ["/deadlines/", "/fr/deadlines/", "/en/deadlines/"])
def test_deadlines_without_any_is_still_a_page(client: CheckedClient, path: str) -> None:
    assert page(client, path)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_deadlines_is_only_read(client: CheckedClient, method: str) -> None:
    assert getattr(client, method)("/deadlines/").status_code == 405


def test_deadlines_costs_the_same_queries_with_one_and_with_three_of_each(
    client: CheckedClient,
) -> None:
    numbers = []
    for rows in (range(1), range(1, 3)):
        for number in rows:
            make_call(f"Zonder datum {number}")
            make_deadline(closing=closing_in(1 + number))
            make_deadline(closing=closing_in(-1 - number))
        with CaptureQueriesContext(connection) as queries:
            page(client)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]
