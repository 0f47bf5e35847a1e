"""Public pages that are kept: never a wrong seat, state, language or secret."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Organisation, Programme, Theme
from events import registering, seating
from events.models import AgendaItem, Contribution, SeatCount, Session, Speaker
from ical import watching
from ical.models import EditionStep
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal import keeping
from portal.edges import next_edge
from portal.models import Preparation
from procurement.models import Amount, Call, Deadline
from tests import build
from tests.test_project import own_routes

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    keeping.SHELF.clear()


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def session() -> Session:
    """A session with everything on its page, and the call it prepares for."""
    organisation = build.make_organisation(name="Digitaal Vlaanderen")
    programme = build.make_programme(name="PIO", organisation=organisation)
    programme.consent_texts.create(code="invite", text="Nodig mij uit.")
    session = build.make_session(
        programme=programme,
        capacity=2,
        slug="sessie",
        registration_opens_at=build.NOW - timedelta(days=1),
    )
    theme = Theme.objects.create(number=1, code="care", title="Zorg", short_title="Zorg")
    session.themes.add(theme)
    build.make_speaker(build.make_agenda_item(session), name="Sabine Demey")
    Contribution.objects.update(organisation=organisation)
    closing = Closing(Edge.AT_TIME, build.NOW + timedelta(days=40), BRUSSELS)
    call = build.make_call(programme=programme, slug="oproep")
    build.make_deadline(call=call, closing=closing, opens_at=build.NOW + timedelta(days=5))
    Preparation.objects.create(session=session, call=call)
    return session


PAGES = {
    "portal:home": "/",
    "events:sessions": "/sessions/",
    "portal:session": "/sessions/sessie/",
    "portal:deadlines": "/deadlines/",
    "portal:call": "/deadlines/oproep/",
}


def look(client: Client, path: str, **headers: Any) -> str:
    """What a page says, but for the form's own token."""
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    page = response.content.decode()
    return re.sub(r'name="form_token" value="[\w-]+"', "", page)


def look_anew(path: str, **headers: Any) -> str:
    """What a page says to the first who asks a process that has just started."""
    keeping.SHELF.clear()
    return look(Client(), path, **headers)


def look_twice(client: Client, path: str) -> str:
    """What a page says the second time, when it is kept."""
    look(client, path)
    with CaptureQueriesContext(connection) as asked:
        page = look(client, path)
    assert len(asked) == 1, f"{path} was made anew"
    return page


# What is kept ------------------------------------------------------------------------------------


def test_page_that_is_kept_reads_nothing_but_what_an_edition_watches(session: Session) -> None:
    watched = watching.watched()
    let_in = {SeatCount._meta.db_table, EditionStep._meta.db_table}
    tables = set(connection.introspection.table_names())

    found = {}
    for path in PAGES.values():
        with CaptureQueriesContext(connection) as asked:
            look_anew(path)
        found[path] = {name for query in asked for name in re.findall(r'"(\w+)"', query["sql"])}

    assert {path: names & tables - watched - let_in for path, names in found.items()} == {
        path: set() for path in PAGES.values()
    }
    kept = {
        route.name for _path, route in own_routes() if hasattr(route.callback, "is_same_for_all")
    }
    assert kept == {name.partition(":")[2] for name in PAGES}


def test_page_without_a_kept_one_costs_what_it_did_and_one_question(session: Session) -> None:
    client = Client()
    with CaptureQueriesContext(connection) as first:
        look(client, "/sessions/sessie/")
    with CaptureQueriesContext(connection) as second:
        look(client, "/sessions/sessie/")

    assert len(second) == 1 < len(first)


def test_page_that_is_kept_says_the_same_with_the_same_headers(session: Session) -> None:
    client = Client()
    for path in PAGES.values():
        made, kept = client.get(path), client.get(path)

        assert look_twice(client, path) == look_anew(path)
        # The number that every request gets is its own.
        assert made.headers.pop("X-Request-ID") != kept.headers.pop("X-Request-ID")
        assert kept.headers.items() == made.headers.items()
        assert kept.wsgi_request.resolver_match == made.wsgi_request.resolver_match


def test_each_reader_of_a_kept_form_gets_a_token_of_their_own(session: Session) -> None:
    client = Client()
    pages = [client.get("/sessions/sessie/").content.decode() for _reader in range(5)]

    tokens = {re.findall(r'name="form_token" value="([\w-]{16})"', page)[0] for page in pages}

    assert len(tokens) == 5


# Whoever changes something ------------------------------------------------------------------------


def changes(session: Session) -> list[tuple[str, Callable[[], object], str]]:
    """A page, a change by any way there is, and what the page says from then on."""
    number = session.pk
    sessions = Session.objects.filter(pk=number)

    def by_hand() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE events_speaker SET name = 'Zonder Django'")

    return [
        ("/sessions/sessie/", lambda: sessions.update(title_nl="Andere titel"), "Andere titel"),
        ("/", lambda: sessions.update(title_nl="Voorpagina"), "Voorpagina"),
        ("/sessions/", lambda: sessions.update(summary_nl="Kort gezegd"), "Kort gezegd"),
        ("/deadlines/", lambda: sessions.update(title_nl="In het jaar"), "In het jaar"),
        (
            "/deadlines/oproep/",
            lambda: sessions.update(title_nl="Leidt hierheen"),
            "Leidt hierheen",
        ),
        ("/sessions/sessie/", by_hand, "Zonder Django"),
        ("/sessions/sessie/", lambda: Speaker.objects.update(name="Wim Nieuw"), "Wim Nieuw"),
        ("/sessions/sessie/", lambda: Contribution.objects.update(role_nl="Arts"), "Arts"),
        (
            "/sessions/sessie/",
            lambda: AgendaItem.objects.bulk_create(
                [
                    AgendaItem(
                        session=session,
                        title_nl="Nog een punt",
                        starts_at=build.at("15:00"),
                        ends_at=build.at("15:10"),
                    )
                ]
            ),
            "Nog een punt",
        ),
        ("/sessions/sessie/", lambda: Programme.objects.update(contact_name="Els"), "Els"),
        ("/sessions/sessie/", lambda: Organisation.objects.update(name_nl="Anders"), "Anders"),
        (
            "/sessions/sessie/",
            lambda: session.programme.consent_texts.create(code="more", text="En bel mij."),
            "En bel mij.",
        ),
        (
            "/sessions/sessie/",
            lambda: Theme.objects.update(short_title_nl="Mobiliteit"),
            "Mobiliteit",
        ),
        ("/sessions/sessie/", lambda: Call.objects.update(title_nl="Ronde twee"), "Ronde twee"),
        ("/deadlines/", lambda: Call.objects.update(title_nl="Ronde drie"), "Ronde drie"),
        (
            "/deadlines/",
            lambda: Amount.objects.create(
                call=Call.objects.get(), kind=Amount.Kind.CEILING, value=123_456
            ),
            "123.456",
        ),
        (
            "/",
            lambda: Deadline.objects.update(closes_at=build.NOW + timedelta(days=6)),
            "nog 6 dagen",
        ),
        ("/deadlines/oproep/", Preparation.objects.all().delete, ""),
        ("/sessions/sessie/", session.themes.clear, ""),
        (
            "/sessions/sessie/",
            lambda: sessions.update(status=Session.Status.CANCELLED),
            "Deze sessie gaat niet door",
        ),
    ]


def test_kept_page_tells_of_a_change_at_the_very_next_look(session: Session) -> None:
    client = Client()
    for path, change, words in changes(session):
        before = look_twice(client, path)

        change()

        after = look(client, path)
        assert after != before, f"{path} before {words}"
        assert words in after
        assert after == look_anew(path)


def test_page_of_a_session_that_went_back_to_draft_is_gone(session: Session) -> None:
    client = Client()
    look_twice(client, "/sessions/sessie/")

    Session.objects.update(status=Session.Status.DRAFT)

    assert client.get("/sessions/sessie/").status_code == 404
    assert session.title not in look(client, "/sessions/") + look(client, "/")


def test_page_read_in_an_open_transaction_is_not_kept(session: Session) -> None:
    client = Client()

    with transaction.atomic():
        Session.objects.update(title_nl="Nog niet zeker")
        assert "Nog niet zeker" in look(client, "/sessions/sessie/")
        transaction.set_rollback(True)

    assert "Nog niet zeker" not in look(client, "/sessions/sessie/")


@pytest.mark.postgres
def test_open_change_of_one_organiser_holds_up_no_other_and_no_reader(session: Session) -> None:
    other = build.make_session(slug="andere")
    client = Client()
    look_twice(client, "/sessions/sessie/")

    def change_and_read() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        Session.objects.filter(pk=other.pk).update(title_nl="Intussen")
        return look(client, "/sessions/sessie/")

    with transaction.atomic():
        Session.objects.filter(pk=session.pk).update(title_nl="Nog open")
        with ThreadPoolExecutor(1) as threads:
            seen = threads.submit(closing_after(change_and_read)).result(30)

    assert "Nog open" not in seen
    assert "Nog open" in look(client, "/sessions/sessie/")


def closing_after(job: Callable[[], str]) -> Callable[[], str]:
    """A job in a thread of its own, whose connection ends with it."""

    def run() -> str:
        try:
            return job()
        finally:
            connection.close()

    return run


# Seats --------------------------------------------------------------------------------------------


def test_kept_page_shows_the_seats_of_this_moment(session: Session) -> None:
    client = Client()
    assert "2 van de 2 vrij" in look_twice(client, "/sessions/sessie/")

    build.make_registration(session)
    assert "1 van de 2 vrij" in look(client, "/sessions/sessie/")
    assert "1 van de 2 vrij" in look_twice(client, "/sessions/sessie/")

    build.make_registration(session)
    full = look(client, "/sessions/sessie/")
    assert "0 van de 2 vrij" in full
    assert "Er staat nog niemand op." in full

    waiting = [build.make_registration(session) for _person in range(2)]
    assert "Er staan 2 personen op de wachtlijst." in look_twice(client, "/sessions/sessie/")
    assert "Er staan 2 personen op de wachtlijst." in look_twice(client, "/sessions/")
    assert "Er staan 2 personen op de wachtlijst." in look_twice(client, "/")

    registering.cancel(waiting[0], now=build.NOW, by="owner")
    for path in ("/sessions/sessie/", "/sessions/", "/"):
        assert "Er staat 1 persoon op de wachtlijst." in look(client, path)

    seating.set_capacity(session, 5, now=build.NOW)
    assert "2 van de 5 vrij" in look(client, "/sessions/sessie/")

    seating.set_capacity(session, None, now=build.NOW)
    assert "<dt>Plaatsen</dt>" not in look(client, "/sessions/sessie/")


def test_page_of_each_language_says_the_seats_in_its_own(session: Session) -> None:
    client = Client()
    for path in ("/sessions/sessie/", "/fr/sessions/sessie/", "/en/sessions/sessie/"):
        look_twice(client, path)

    build.make_registration(session)

    assert "1 van de 2 vrij" in look(client, "/sessions/sessie/")
    assert "1 of 2 free" in look(client, "/en/sessions/sessie/")
    assert look(client, "/fr/sessions/sessie/") == look_anew("/fr/sessions/sessie/")


def test_session_whose_seats_were_never_set_is_kept_too(session: Session) -> None:
    SeatCount.objects.all().delete()
    client = Client()
    look_twice(client, "/sessions/sessie/")

    seating.set_capacity(session, 7, now=build.NOW)

    assert "7 van de 7 vrij" in look(client, "/sessions/sessie/")


# Time ---------------------------------------------------------------------------------------------


def test_kept_page_changes_at_the_moment_at_which_time_changes_it(
    session: Session, time_machine: TimeMachineFixture
) -> None:
    deadline, day = Deadline.objects.get(), timedelta(days=1)
    midnight = build.at("00:00", day=(build.NOW + day).date())
    edges = [
        midnight,
        deadline.opens_at,
        deadline.closes_at - 14 * day,
        session.registration_closes_at,
        session.starts_at,
        build.at("14:45"),
        session.ends_at,
        deadline.closes_at,
    ]
    client = Client()
    changed = []
    for edge in edges:
        time_machine.move_to(edge - SECOND, tick=False)
        before = {path: look_twice(client, path) for path in PAGES.values()}

        time_machine.move_to(edge, tick=False)

        after = {path: look(client, path) for path in PAGES.values()}
        fresh = {path: look_anew(path) for path in PAGES.values()}
        assert after == fresh, edge
        changed.append(before != after)
    # Else the edges are none.
    assert changed == [True] * len(edges)


def test_page_stays_the_same_until_its_edition_ends(
    session: Session, time_machine: TimeMachineFixture
) -> None:
    now = build.at("13:50")
    while now < build.at("16:45"):
        time_machine.move_to(now, tick=False)
        ends_at = next_edge(now)
        pages = [look_anew(path) for path in ("/sessions/sessie/", "/", "/deadlines/")]

        time_machine.move_to(ends_at - timedelta.resolution, tick=False)

        assert pages == [look_anew(path) for path in ("/sessions/sessie/", "/", "/deadlines/")]
        now = ends_at


def test_clock_that_went_back_shows_no_page_of_later(
    session: Session, time_machine: TimeMachineFixture
) -> None:
    client = Client()
    time_machine.move_to(session.registration_closes_at, tick=False)
    closed = look_twice(client, "/sessions/sessie/")

    time_machine.move_to(session.registration_closes_at - SECOND, tick=False)

    assert look(client, "/sessions/sessie/") != closed
    assert look(client, "/sessions/sessie/") == look_anew("/sessions/sessie/")


# Who asks -----------------------------------------------------------------------------------------


def test_page_for_who_signed_in_is_neither_kept_nor_taken_from_what_is(session: Session) -> None:
    client = Client()
    signed_in = Client()
    signed_in.force_login(build.make_organiser(session.programme))

    before = look_twice(client, "/sessions/sessie/")
    assert "Mijn pagina" in look(signed_in, "/sessions/sessie/")
    assert look_twice(client, "/sessions/sessie/") == before
    assert "Mijn pagina" not in before


@pytest.mark.parametrize("name", keeping.PERSONAL_COOKIES)
def test_reader_with_a_cookie_of_their_own_gets_a_page_of_their_own(
    name: str, session: Session
) -> None:
    client = Client()
    look_twice(client, "/sessions/sessie/")
    client.cookies[name] = "something"

    with CaptureQueriesContext(connection) as asked:
        look(client, "/sessions/sessie/")

    assert len(asked) > 3


def test_cookies_of_others_and_of_a_receipt_change_nothing(session: Session) -> None:
    client = Client()
    look(client, "/sessions/sessie/")
    client.cookies["receipt"] = client.cookies["_ga"] = "something"

    look_twice(client, "/sessions/sessie/")


def test_address_with_other_parameters_or_language_is_another_page(session: Session) -> None:
    client = Client()
    pages = [
        look_twice(client, path)
        for path in ("/sessions/", "/sessions/?period=past", "/sessions/?q=niets", "/fr/sessions/")
    ]

    assert len(set(pages)) == 4


def test_language_of_the_browser_does_not_change_a_kept_page(session: Session) -> None:
    client = Client()
    page = look_twice(client, "/sessions/")

    assert look(client, "/sessions/", accept_language="fr") == page
    assert look_anew("/sessions/", accept_language="fr") == page


def test_host_that_is_not_ours_is_refused_with_a_page_kept_too(session: Session) -> None:
    client = Client()
    look_twice(client, "/sessions/")

    assert client.get("/sessions/", headers={"host": "evil.example.org"}).status_code == 400
    assert client.get("/sessions/", headers={"host": "evil.example.org"}).status_code == 400


def test_only_get_is_answered_from_what_is_kept(session: Session) -> None:
    client = Client()
    look_twice(client, "/sessions/")

    assert client.post("/sessions/").status_code == 405
    assert client.head("/sessions/").content == b""


def test_room_for_pages_is_bounded_and_the_oldest_go(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    look(client, "/sessions/?q=0")
    monkeypatch.setattr(keeping, "ROOM", 5 * len(client.get("/sessions/?q=0").content))

    for number in range(12):
        look(client, f"/sessions/?q={number}")

    look_twice(client, "/sessions/?q=11")
    with CaptureQueriesContext(connection) as asked:
        look(client, "/sessions/?q=0")
    assert len(asked) > 1


# Registering --------------------------------------------------------------------------------------

FORM = {
    "name": "Jan Peeters",
    "email": "jan@example.org",
    "organisation_name": "Digitaal Vlaanderen",
    "language": "nl",
    "form_token": "abcdefgh",
}


def register(client: Client, email: str, **changes: str) -> str:
    """What the page says that follows on the form."""
    answer = client.post("/sessions/sessie/register/", FORM | {"email": email} | changes)
    assert answer.status_code == 302, answer.content.decode()
    return look(client, answer.headers["Location"])


def test_page_after_the_form_says_what_its_own_reader_got(session: Session) -> None:
    told = {
        email: register(Client(), email) for email in ("a@x.org", "b@x.org", "c@x.org", "d@x.org")
    }

    assert look(Client(), "/sessions/sessie/registered/") == look_anew(
        "/sessions/sessie/registered/"
    )
    for email, page in told.items():
        assert [each for each in told if each in page] == [email]
    assert ["U bent ingeschreven" in page for page in told.values()] == [True, True, False, False]
    assert "op de wachtlijst <strong>1</strong>" in told["c@x.org"]
    assert "op de wachtlijst <strong>2</strong>" in told["d@x.org"]


def test_address_in_the_page_after_the_form_is_text(session: Session) -> None:
    page = register(Client(), "o'neill&zoon@example.org")

    assert "o&#x27;neill&amp;zoon@example.org" in page


def test_page_after_the_form_says_the_link_comes_soon_once_it_is_released(
    session: Session, time_machine: TimeMachineFixture
) -> None:
    client = Client()
    released = "Binnen enkele minuten"
    Session.objects.update(registration_closes_at=session.starts_at)
    time_machine.move_to(session.link_released_at - SECOND, tick=False)
    before = register(client, "jan@example.org")

    time_machine.move_to(session.link_released_at, tick=False)

    after = look(client, "/sessions/sessie/registered/")
    assert (released in before, released in after) == (False, True)


def test_receipt_for_another_session_or_of_another_version_tells_nothing(session: Session) -> None:
    client = Client()
    register(client, "jan@example.org")
    build.make_session(slug="andere")

    assert "jan@example.org" not in look(client, "/sessions/andere/registered/")
    client.cookies["receipt"] = signing.dumps({"session": 1}, salt="receipt", compress=True)
    assert "Lees uw mail" in look(client, "/sessions/sessie/registered/")


def test_form_asks_and_refuses_by_what_holds_now(
    session: Session, time_machine: TimeMachineFixture
) -> None:
    client = Client()
    register(client, "a@example.org")
    session.programme.consent_texts.create(code="call", text="Bel mij.")

    client.post("/sessions/sessie/register/", FORM | {"consent_call": "on"})
    assert session.registrations.get(email=FORM["email"]).consents.get().wording == "Bel mij."

    Session.objects.update(registration_closes_at=build.NOW)
    late = client.post("/sessions/sessie/register/", FORM | {"email": "b@example.org"})
    assert late.status_code == 409

    Session.objects.update(status=Session.Status.DRAFT)
    gone = client.post("/sessions/sessie/register/", FORM | {"email": "c@example.org"})
    assert gone.status_code == 404


def test_value_that_is_kept_is_not_changed_by_who_gets_it(session: Session) -> None:
    """A session remembers the rows that were looked up through it, such as its seats."""
    client = Client()
    full = [register(client, f"{number}@example.org") for number in range(4)]

    registering.cancel(session.registrations.get(email="0@example.org"), now=build.NOW, by="owner")
    again = register(client, "1@example.org", form_token="another")

    assert "op de wachtlijst <strong>2</strong>" in full[-1]
    assert "op de wachtlijst <strong>2</strong>" in again
