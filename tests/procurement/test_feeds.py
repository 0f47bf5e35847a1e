import json
from datetime import date, time
from xml.etree.ElementTree import fromstring

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Theme
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.changing import Edit, save_deadline
from procurement.models import Call, Deadline
from tests.build import NOW, days, make_call, make_deadline
from tests.interop.readers import read_with_vobject

pytestmark = pytest.mark.django_db

FEEDS = ["/deadlines/calendar.ics", "/deadlines/feed.atom", "/deadlines/deadlines.json"]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def titles(path: str, response: HttpResponse) -> list[str]:
    """The titles of the calls in a feed, sorted."""
    if path.endswith("ics"):
        found = [entry["summary"] for entry in read_with_vobject(response.content)]
    elif path.endswith("atom"):
        found = [
            str(one.findtext(f"{ATOM}title"))
            for one in fromstring(response.content).iter(f"{ATOM}entry")  # noqa: S314
        ]
    else:
        found = [row["call"] for row in json.loads(response.content)["deadlines"]]
    return sorted(title.rpartition(": ")[2] for title in found)


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("language", ["", "/fr", "/en"])
def test_feed_holds_the_calls_that_the_filters_leave(
    client: Client, path: str, language: str
) -> None:
    theme = Theme.objects.create(number=1, code="ethiek", title="E", short_title="E")
    make_deadline(call=make_call(title="Zonder thema"))
    make_deadline(call=make_call(title="Met thema")).call.themes.add(theme)
    make_deadline(call=make_call(title="Klad", status=Call.Status.DRAFT))

    everything = client.get(language + path)
    chosen = client.get(language + path + "?theme=ethiek")
    nonsense = client.get(language + path + "?theme=guessed&status=&page=x")

    assert titles(path, everything) == ["Met thema", "Zonder thema"]
    assert titles(path, chosen) == ["Met thema"]
    assert nonsense.status_code == 200


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("query", ["", "?q=niets"])
def test_feed_that_did_not_change_is_not_sent_again(
    client: Client, path: str, query: str, time_machine: TimeMachineFixture
) -> None:
    deadline = make_deadline()
    first = client.get(path + query)
    time_machine.move_to(NOW + days(2), tick=False)

    same = client.get(path + query, headers={"if-none-match": first["ETag"]})
    deadline.closes_at += days(7)
    save_deadline(deadline, Edit(None, NOW + days(2), "Uitstel"))
    moved = client.get(path + query, headers={"if-none-match": first["ETag"]})

    assert same.status_code == 304
    assert moved.status_code == (304 if query else 200)


@pytest.mark.parametrize("path", FEEDS)
def test_feed_costs_the_same_queries_for_one_and_for_ten(client: Client, path: str) -> None:
    numbers = []
    for size in (1, 9):
        for _each in range(size):
            make_deadline()
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("path", [*FEEDS, "/deadlines/"])
@pytest.mark.parametrize("name", ["q", "theme", "group", "organiser", "status", "amount", "page"])
@pytest.mark.parametrize("value", ["%00", "a%00b", "'", "-1", "9" * 400, "%F0%9F%92%A9", "[]"])
def test_nonsense_in_a_filter_is_no_fault(path: str, name: str, value: str) -> None:
    # A page that quotes what no page can hold is not sound; it is no fault either.
    assert Client().get(f"{path}?{name}={value}").status_code == 200


def test_cancelled_deadline_stays_in_the_calendar(client: Client) -> None:
    make_deadline(cancelled_at=NOW)

    [entry] = read_with_vobject(client.get("/deadlines/calendar.ics").content)

    assert entry["status"] == "CANCELLED"


def test_what_is_past_for_long_leaves_the_feed_and_stays_with_its_call(client: Client) -> None:
    closing = Closing(Edge.AT_TIME, NOW - days(400), BRUSSELS)
    call = make_deadline(closing=closing).call

    feed = client.get("/deadlines/calendar.ics")
    own = client.get(f"/deadlines/{call.slug}/calendar.ics")

    assert read_with_vobject(feed.content) == []
    assert len(read_with_vobject(own.content)) == 1


def test_calendar_of_a_draft_does_not_exist(client: Client) -> None:
    draft = make_deadline(call=make_call(status=Call.Status.DRAFT)).call

    assert client.get(f"/deadlines/{draft.slug}/calendar.ics").status_code == 404


def test_json_says_the_moment_exactly_and_in_words(client: Client) -> None:
    closing = Closing.from_local(Edge.BEFORE_TIME, date(2027, 6, 20), time(12), BRUSSELS)
    deadline = make_deadline(closing=closing)

    [row] = json.loads(client.get("/deadlines/deadlines.json").content)["deadlines"]

    assert row["closes_at"] == "2027-06-20T10:00:00Z"
    assert row["wording"] == "vóór zondag 20 juni 2027 om 12u00"
    assert (row["uid"], row["version"], row["change"]) == (deadline.uid, 0, "")


def test_atom_entry_keeps_its_identity_when_the_date_moves(client: Client) -> None:
    deadline = make_deadline()
    deadline.closes_at += days(7)
    save_deadline(deadline, Edit(None, NOW, "Uitstel"))

    feed = fromstring(client.get("/deadlines/feed.atom").content)  # noqa: S314 - our own

    [entry] = feed.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{Deadline.objects.get().uid}"
    assert "Verlengd van" in str(entry.findtext(f"{ATOM}summary"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
