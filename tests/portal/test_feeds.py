"""The calendar that a visitor puts together: its page and its feed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Organisation, Programme, Theme
from events import rescheduling, seating
from events.models import AgendaItem, Contribution, Session, Speaker
from procurement.changing import Edit, note_status, save_deadline
from procurement.models import Call, Deadline
from tests.build import (
    NOW,
    days,
    make_agenda_item,
    make_call,
    make_deadline,
    make_programme,
    make_registration,
    make_session,
    make_speaker,
)
from tests.interop.readers import read_with_icalendar, read_with_vobject
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

PAGE, FEED = "/calendar/", "/calendar.ics"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def theme() -> Theme:
    return Theme.objects.create(number=1, code="taal", title="Taal", short_title="Taal")


@pytest.fixture
def everything(theme: Theme) -> None:
    """Sessions and deadlines, of two programmes, with and without a theme."""
    pio, other = make_programme(name="PIO", slug="pio"), make_programme(name="AI4GOV", slug="ai")
    session = make_session(
        title="Online", programme=pio, kind="workshop", attendance="online", language="fr"
    )
    session.themes.add(theme)
    make_agenda_item(session, title="Welkom")
    make_session(
        title="Ter plaatse", programme=other, kind="training", attendance="on_site", venue="Gent"
    )
    make_session(title="Klad", status="draft", programme=pio)
    call = make_call(title="Oproep", programme=pio)
    call.themes.add(theme)
    make_deadline(call=call)
    make_deadline(call=make_call(title="Andere", programme=other), kind="intake")
    make_deadline(call=make_call(title="Klad", status="draft", programme=pio))


def titles(client: Client, query: str) -> list[str]:
    return sorted(
        entry["summary"] for entry in read_with_vobject(client.get(f"{FEED}?{query}").content)
    )


# What it holds -----------------------------------------------------------------------------------

ALL = ["Indiendatum 24u00: Oproep", "Intakegesprek 24u00: Andere", "Online", "Ter plaatse"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("show=sessions&show=deadlines", ALL),
        ("show=sessions", ALL[2:]),
        ("show=deadlines", ALL[:2]),
        ("theme=taal", [ALL[0], ALL[2]]),
        ("programme=ai", [ALL[1], ALL[3]]),
        ("theme=taal&programme=ai", []),
        ("kind=workshop", [*ALL[:2], "Online"]),
        ("kind=workshop&kind=training", ALL),
        ("show=sessions&attendance=on_site", ["Ter plaatse"]),
        ("show=sessions&language=fr", ["Online"]),
        ("show=deadlines&step=intake", [ALL[1]]),
        ("show=deadlines&step=intake&step=submission", ALL[:2]),
        ("show=sessions&items=1", ["Ter plaatse", "Welkom"]),
        ("show=deadlines&times=hour", ["Indiendatum: Oproep", "Intakegesprek: Andere"]),
        # What is no choice counts as not chosen …
        ("show=guessed&kind=x&attendance=y&language=z&step=w&times=v", ALL),
        ("show=sessions&kind=workshop&kind=x", ["Online"]),
        ("show=sessions%00", ALL),
        # … but nobody gets everything instead of a theme that is gone.
        ("theme=guessed", []),
        ("theme=%00taal", ALL),
        ("programme=guessed", []),
    ],
)
def test_calendar_holds_what_was_chosen(
    client: CheckedClient, everything: None, query: str, expected: list[str]
) -> None:
    assert titles(client, query) == expected


def test_calendar_keeps_what_is_over_or_cancelled_for_a_month(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    over = make_session(title="Voorbij")
    cancelled = make_session(title="Geannuleerd")
    rescheduling.cancel_session(cancelled, now=NOW)
    leaves_at = over.ends_at + days(30)

    found = {}
    for name, moment in (("before", leaves_at - days(0.001)), ("after", leaves_at)):
        time_machine.move_to(moment, tick=False)
        entries = read_with_vobject(client.get(FEED).content)
        found[name] = {entry["summary"]: entry["status"] for entry in entries}

    assert found == {"before": {"Voorbij": "CONFIRMED", "Geannuleerd": "CANCELLED"}, "after": {}}


@pytest.mark.parametrize(
    ("language", "name"),
    [("", "Sessies en indiendata"), ("/fr", "Sessions et dates limites")],
)
def test_calendar_has_a_name_in_its_language(
    client: CheckedClient, everything: None, language: str, name: str
) -> None:
    content = client.get(f"{language}{FEED}?theme=taal").content.decode().replace("\r\n ", "")

    assert f"X-WR-CALNAME:AI4GOV-inspiratiesessies · {name} · Taal" in content


def test_calendar_asks_the_same_queries_for_one_and_for_many(client: CheckedClient) -> None:
    counts = []
    for number in (1, 5):
        for _each in range(number):
            make_speaker(make_agenda_item(make_session()))
            make_deadline()
        with CaptureQueriesContext(connection) as queries:
            client.get(FEED)
        counts.append(len(queries))

    assert counts[0] == counts[1]


# How it answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [FEED, "/sessions/calendar.ics", "/deadlines/calendar.ics"])
def test_feed_needs_and_gives_no_cookie(everything: None, address: str) -> None:
    response = Client().get(address)

    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    assert response["Cache-Control"] == "public, no-cache"
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Content-Disposition" not in response


@pytest.mark.parametrize("address", [FEED, "/sessions/calendar.ics", "/deadlines/calendar.ics"])
def test_feed_that_says_the_same_costs_one_question(everything: None, address: str) -> None:
    client = Client()
    etag = client.get(address)["ETag"]

    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers={"if-none-match": etag})

    assert response.status_code == 304
    assert len(queries) == 1


@pytest.mark.parametrize("address", [FEED, "/sessions/calendar.ics", "/deadlines/calendar.ics"])
def test_head_tells_what_get_would(everything: None, address: str) -> None:
    client = Client()
    got = client.get(address)

    asked = client.head(address)

    assert asked.content == b""
    assert {name: asked[name] for name in ("ETag", "Content-Length", "Content-Type")} == {
        name: got[name] for name in ("ETag", "Content-Length", "Content-Type")
    }
    assert client.head(address, headers={"if-none-match": got["ETag"]}).status_code == 304


# Never the old for the new -----------------------------------------------------------------------


def _session() -> Session:
    return Session.objects.get(slug="openbaar")


def _move_session() -> None:
    session = _session()
    to = rescheduling.When(session.starts_at + days(1), session.ends_at + days(1))
    rescheduling.move(session, to, now=NOW)


def _move_deadline() -> None:
    deadline = Deadline.objects.get()
    deadline.closes_at += days(7)
    save_deadline(deadline, Edit(None, NOW, "Uitstel"))


def _suspend() -> None:
    call = Call.objects.get()
    call.status = Call.Status.SUSPENDED
    call.save()
    note_status(call, Call.Status.PUBLISHED, Edit(None, NOW, "Begroting"))


CHANGES: dict[str, Callable[[], Any]] = {
    "title": lambda: Session.objects.update(title_nl="Anders"),
    "summary": lambda: Session.objects.update(summary_nl="Anders"),
    "audience": lambda: Session.objects.update(audience_nl="Anders"),
    "language": lambda: Session.objects.update(language="en"),
    "price": lambda: Session.objects.update(price=25),
    "place": lambda: Session.objects.update(attendance="on_site", venue_nl="Gent"),
    "registration deadline": lambda: Session.objects.update(
        registration_closes_at=F("registration_closes_at") - days(1)
    ),
    "contact": lambda: Session.objects.update(contact_name="An", contact_email="an@example.org"),
    "move": _move_session,
    "cancellation": lambda: rescheduling.cancel_session(_session(), now=NOW),
    "taking back": lambda: Session.objects.update(status="draft"),
    "deletion": lambda: AgendaItem.objects.all().delete() and Session.objects.all().delete(),
    "a session more": make_session,
    "agenda: title": lambda: AgendaItem.objects.update(title_nl="Anders"),
    "agenda: time": lambda: AgendaItem.objects.update(ends_at=F("ends_at") + days(0.01)),
    "agenda: one less": lambda: AgendaItem.objects.all().delete(),
    "agenda: one more": lambda: make_agenda_item(_session(), "15:00", "15:30"),
    "agenda: who speaks": lambda: Contribution.objects.all().delete(),
    "role": lambda: Contribution.objects.update(role_nl="baas"),
    "name of a speaker": lambda: Speaker.objects.update(name="Sabine"),
    "name of an organisation": lambda: Organisation.objects.filter(slug="imec").update(
        name_nl="VITO"
    ),
    "name of the programme": lambda: Programme.objects.filter(slug="pio").update(name_nl="PIO 2"),
    "theme taken away": lambda: _session().themes.clear(),
    "theme with another code": lambda: Theme.objects.update(code="anders"),
}
OF_DEADLINES: dict[str, Callable[[], Any]] = {
    "move": _move_deadline,
    "suspension": _suspend,
    "title of the call": lambda: Call.objects.update(title_nl="Anders"),
    "official page": lambda: Call.objects.update(official_url="https://example.org/"),
    "less certain": lambda: Deadline.objects.update(is_confirmed=False),
    "cancellation": lambda: Deadline.objects.update(cancelled_at=NOW),
    "intake talk": lambda: Deadline.objects.update(intake_working_days=5),
    "deletion": lambda: Deadline.objects.all().delete(),
    "one more": make_deadline,
    "name of the programme": lambda: Programme.objects.update(name_nl="PIO 2"),
    "theme taken away": lambda: Call.objects.get().themes.clear(),
}


def _looks_the_same(client: Client, address: str, change: Callable[[], Any]) -> tuple[bool, int]:
    """Whether a feed's bytes are the same after a change; what who has the old ones is answered."""
    first = client.get(address)
    change()
    answer = client.get(address, headers={"if-none-match": first["ETag"]})
    return client.get(address).content == first.content, answer.status_code


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_a_session_is_never_hidden_by_its_tag(theme: Theme, name: str) -> None:
    session = make_session(
        slug="openbaar", programme=make_programme(name="PIO", slug="pio"), summary="Kort"
    )
    session.themes.add(theme)
    item = make_agenda_item(session)
    imec = Organisation.objects.create(slug="imec", name="imec")
    make_speaker(item, name="Sabine Demey").contributions.update(organisation=imec)
    seating.set_capacity(session, None, now=NOW)
    filtered = "?theme=taal" if "theme" in name else ""

    looked = _looks_the_same(Client(), FEED + filtered, CHANGES[name])

    assert looked == (False, 200)


@pytest.mark.parametrize("name", OF_DEADLINES)
def test_change_of_a_deadline_is_never_hidden_by_its_tag(theme: Theme, name: str) -> None:
    make_deadline(call=make_call(programme=make_programme(name="PIO"))).call.themes.add(theme)
    filtered = "?theme=taal" if "theme" in name else ""

    looked = _looks_the_same(Client(), FEED + filtered, OF_DEADLINES[name])

    assert looked == (False, 200)


def test_registering_leaves_the_tag_as_it_is() -> None:
    session = make_session()

    looked = _looks_the_same(Client(), FEED, lambda: make_registration(session))

    assert looked == (True, 304)


# The page ----------------------------------------------------------------------------------------


def hrefs(content: bytes) -> dict[str, str]:
    """Where the ways into each sort of calendar lead, by their names."""
    page = html5lib.parse(content)
    return {
        str(link.text): link.get("href", "")
        for link in page.iter(f"{XHTML}a")
        if link.get("class") == "way__link"
    }


def address_on(content: bytes) -> str:
    """The address to copy."""
    page = html5lib.parse(content)
    (field,) = (each for each in page.iter(f"{XHTML}input") if each.get("id") == "address")
    assert field.get("readonly") is not None
    return str(field.get("value"))


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
@pytest.mark.parametrize("query", ["", "?theme=taal&times=day&items=1&step=intake", "?theme=gone"])
def test_page_is_sound_in_every_language(
    client: CheckedClient, everything: None, language: str, query: str
) -> None:
    assert client.get(language + PAGE + query).status_code == 200


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/calendar.ics"),
        ("?show=sessions&show=deadlines", "/calendar.ics"),
        ("?show=deadlines&times=&theme=", "/calendar.ics?show=deadlines"),
        (
            "?step=intake&times=day&theme=taal&items=on&utm_source=x&page=2",
            "/calendar.ics?theme=taal&items=1&step=intake&times=day",
        ),
        ("?kind=workshop&kind=guessed", "/calendar.ics?kind=workshop"),
    ],
)
def test_page_gives_one_address_for_one_choice(
    client: CheckedClient, everything: None, query: str, address: str
) -> None:
    content = client.get(PAGE + query).content

    assert address_on(content) == f"http://localhost:8000{address}"
    assert client.get(address_on(content)).status_code == 200


def test_page_leads_into_each_sort_of_calendar(client: CheckedClient, everything: None) -> None:
    feed = "localhost:8000/calendar.ics?show=sessions&theme=taal"

    ways = hrefs(client.get(PAGE + "?theme=taal&show=sessions").content)

    assert {name: urlsplit(address).netloc for name, address in ways.items()} == {
        "Microsoft 365": "outlook.office.com",
        "Outlook.com": "outlook.live.com",
        "Google": "calendar.google.com",
        "Apple": "localhost:8000",
        "Outlook op uw computer, Thunderbird en andere": "localhost:8000",
    }
    assert ways["Apple"] == f"webcal://{feed}"
    assert parse_qs(urlsplit(ways["Google"]).query)["cid"] == [f"webcal://{feed}"]
    assert parse_qs(urlsplit(ways["Microsoft 365"]).query)["url"] == [f"http://{feed}"]


def test_page_shows_what_comes_as_it_will_stand(client: CheckedClient, everything: None) -> None:
    page = client.get(PAGE + "?times=day").content.decode()

    assert "2 komende sessies · 2 komende indiendata" in page
    assert "Indiendatum 24u00: Oproep" in page
    assert "donderdag 10 juni 2027 om 14u00" in page
    assert "Klad" not in page


def test_page_says_that_a_theme_is_gone(client: CheckedClient) -> None:
    assert "bestaat niet meer" in client.get(PAGE + "?theme=guessed").content.decode()


def test_page_offers_only_themes_of_which_the_public_knows_something(
    client: CheckedClient, everything: None
) -> None:
    hidden = Theme.objects.create(number=2, code="geheim", title="G", short_title="Geheim")
    Session.objects.get(title_nl="Klad").themes.add(hidden)

    page = client.get(PAGE).content.decode()

    assert "Taal" in page
    assert "Geheim" not in page


def test_page_costs_the_same_for_one_and_for_many(client: CheckedClient) -> None:
    counts = []
    for number in (1, 7):
        for _each in range(number):
            make_speaker(make_agenda_item(make_session()))
            make_deadline()
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_file_of_one_session_holds_its_items_where_asked(
    client: CheckedClient, everything: None
) -> None:
    session = Session.objects.get(title_nl="Online")

    whole = client.get(f"/sessions/{session.slug}/calendar.ics")
    items = client.get(f"/sessions/{session.slug}/calendar.ics?items=1")

    assert [entry["summary"] for entry in read_with_icalendar(whole.content)] == ["Online"]
    assert [entry["summary"] for entry in read_with_icalendar(items.content)] == ["Welkom"]
    assert items["Content-Disposition"] == f'attachment; filename="{session.slug}.ics"'
