"""The list of sessions, calendars, and what the owner of a registration sees and does."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext
from time_machine import TimeMachineFixture

from accounts.models import Theme
from events import messages, registering
from events.models import Registration, SeatCount, Session, SessionState
from events.rescheduling import When, cancel_session, move
from mailing.letters import NotWanted, render
from mailing.models import Message
from tests import build
from tests.interop.readers import read_with_icalendar, read_with_vobject

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


def text_of(response: HttpResponse) -> str:
    """What a page says, without its tags."""
    [main] = re.findall(r"<main.*</main>", response.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


# The list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/sessions/", "/sessions/?period=past", "/sessions/calendar.ics", "/sessions/?q=a"]
)
def test_list_takes_as_many_queries_for_three_sessions_as_for_three_hundred(
    address: str, client: Client
) -> None:
    programme = build.make_programme()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for _number in range(3):
        build.make_session(programme=programme)
        build.make_session_in(SessionState.PAST, programme=programme)
    few = count()
    for state in (SessionState.OPEN, SessionState.PAST):
        like = build.make_session_in(state, programme=programme)
        made = Session.objects.bulk_create(
            Session(
                programme=programme,
                slug=f"{state}-{number}",
                uid=f"{state}-{number}",
                title_nl=f"Sessie {number}",
                status=like.status,
                starts_at=like.starts_at,
                ends_at=like.ends_at,
                registration_closes_at=like.registration_closes_at,
            )
            for number in range(297)
        )
        SeatCount.objects.bulk_create(SeatCount(session=session) for session in made)

    assert count() == few


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Komt", "Wacht", "Weg"}),
        ("?period=past", {"Geweest"}),
        ("?period=future", {"Komt", "Wacht", "Weg"}),
        ("?q=komt", {"Komt"}),
        ("?q=++komt++", {"Komt"}),
        ("?q=slim", {"Komt"}),
        ("?q=janssens", {"Komt"}),
        ("?q=geheim", set()),
        ("?q=%25", set()),
        ("?q=_", set()),
        ("?q=%00", set()),
        ("?q=komt%00", set()),
        ("?q=" + "x" * 5000, set()),
        ("?q=%ED%A0%80", set()),
        ("?q='%22%3B--", set()),
        ("?theme=ethiek", {"Wacht"}),
        ("?theme=onbekend", set()),
        ("?theme=%00", set()),
        ("?theme=ethiek%00", set()),
        ("?theme=" + "x" * 5000, set()),
        ("?theme=", {"Komt", "Wacht", "Weg"}),
        ("?theme=ethiek&theme=onbekend", {"Wacht"}),
        ("?programme=wacht", {"Wacht"}),
        ("?programme=onbekend", set()),
        ("?programme=%00", set()),
        ("?language=fr", {"Wacht"}),
        ("?language=nl", {"Komt", "Weg"}),
        ("?language=xx", set()),
        ("?kind=workshop", {"Wacht"}),
        ("?kind=%00", set()),
        ("?attendance=hybrid", {"Wacht"}),
        ("?attendance=online&kind=inspiration", {"Komt", "Weg"}),
        ("?attendance=online&kind=workshop", set()),
        ("?programme=wacht&theme=ethiek&language=fr&kind=workshop&attendance=hybrid", {"Wacht"}),
        ("?programme=&language=&kind=&attendance=&q=", {"Komt", "Wacht", "Weg"}),
        ("?page=0", {"Komt", "Wacht", "Weg"}),
        ("?page=-1", {"Komt", "Wacht", "Weg"}),
        ("?page=999", {"Komt", "Wacht", "Weg"}),
        ("?page=x", {"Komt", "Wacht", "Weg"}),
        ("?page=1.5", {"Komt", "Wacht", "Weg"}),
        ("?page=%00", {"Komt", "Wacht", "Weg"}),
        ("?page=" + "9" * 5000, {"Komt", "Wacht", "Weg"}),
        ("?page=%D9%A1", {"Komt", "Wacht", "Weg"}),
        ("?page[]=1&[=]", {"Komt", "Wacht", "Weg"}),
    ],
)
@pytest.mark.parametrize("address", ["/sessions/", "/sessions/calendar.ics"])
def test_list_shows_what_its_filters_leave(address: str, query: str, titles: set[str]) -> None:
    theme = Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")
    session = build.make_session_in(SessionState.OPEN, title="Komt")
    item = build.make_agenda_item(session, title="Slim aankopen")
    build.make_speaker(item, name="An Janssens")
    build.make_session_in(
        SessionState.WAITING_LIST,
        title="Wacht",
        programme=build.make_programme(slug="wacht"),
        language=Session.Language.FRENCH,
        kind=Session.Kind.WORKSHOP,
        attendance=Session.Attendance.HYBRID,
        venue="Gent",
    ).themes.add(theme)
    build.make_session_in(SessionState.CANCELLED, title="Weg")
    long_ago = build.NOW - timedelta(days=31)
    build.make_session_in(
        SessionState.PAST,
        title="Geweest",
        starts_at=long_ago - timedelta(hours=2),
        ends_at=long_ago,
    )
    draft = build.make_session_in(SessionState.DRAFT, title="Geheim")
    draft.themes.add(theme)

    answer = Client().get(address + query)

    assert answer.status_code == 200
    if address.endswith(".ics"):
        found = {entry["summary"] for entry in read_with_icalendar(answer.content)}
    else:
        said = text_of(answer)
        found = {title for title in ("Komt", "Wacht", "Weg", "Geweest", "Geheim") if title in said}
    assert found == titles


@pytest.mark.parametrize(
    ("query", "themes"),
    [
        ("", ["Gepland"]),
        ("?period=past", ["Geweest"]),
        ("?theme=geweest", ["Gepland", "Geweest"]),
        ("?theme=onbekend", ["Gepland"]),
    ],
)
def test_list_offers_the_themes_of_its_period_and_the_chosen_one(
    query: str, themes: list[str], client: Client
) -> None:
    states = {
        "Gepland": SessionState.OPEN,
        "Geweest": SessionState.PAST,
        "Geheim": SessionState.DRAFT,
    }
    for number, (title, state) in enumerate(states.items()):
        theme = Theme.objects.create(
            number=number, code=title.lower(), title=title, short_title=title
        )
        for _number in range(2):
            build.make_session_in(state, title="Sessie").themes.add(theme)

    said = text_of(client.get(f"/sessions/{query}"))

    assert [word for word in said.split() if word in {"Gepland", "Geweest", "Geheim"}] == themes


def test_list_gives_the_address_of_its_feed_for_every_kind_of_calendar(client: Client) -> None:
    build.make_session()

    page = unescape(client.get("/fr/sessions/?q=a&page=1").content.decode())

    assert 'href="webcal://localhost:8000/fr/sessions/calendar.ics?q=a"' in page
    assert ">http://localhost:8000/fr/sessions/calendar.ics?q=a<" in page


def test_list_with_several_pages_shows_each_session_once(client: Client) -> None:
    programme = build.make_programme()
    slugs = {build.make_session(programme=programme).slug for _number in range(45)}

    pages = [client.get(f"/sessions/?page={page}").content.decode() for page in (1, 2, 3)]

    shown = [set(re.findall(r'href="/sessions/(session-\d+)/"', page)) for page in pages]
    assert [len(each) for each in shown] == [20, 20, 5]
    assert set.union(*shown) == slugs


def test_pages_of_the_list_keep_its_filters(client: Client) -> None:
    programme = build.make_programme()
    for _number in range(21):
        build.make_session(programme=programme)

    page = unescape(client.get("/sessions/?q=intelligentie&page=1").content.decode())

    assert re.search(r'href="\?q=intelligentie&page=2"', page)


def test_what_was_searched_for_is_shown_as_text(client: Client) -> None:
    page = client.get('/sessions/?q="><script>alert(1)</script>').content.decode()

    assert "<script>alert" not in page


# Calendars for everybody -------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/sessions/calendar.ics", "/sessions/sessie/calendar.ics"])
def test_calendar_that_has_not_changed_is_not_sent_again(address: str, client: Client) -> None:
    session = build.make_session(slug="sessie")
    first = client.get(address)

    again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    Session.objects.filter(pk=session.pk).update(sequence=1)
    changed = client.get(address, headers={"if-none-match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("address", ["/sessions/calendar.ics", "/sessions/sessie/calendar.ics"])
def test_calendar_answers_head_with_the_headers_of_get(address: str, client: Client) -> None:
    build.make_session(slug="sessie")

    get, head = client.get(address), client.head(address)

    assert head.content == b""
    assert head.headers.pop("X-Request-ID") != get.headers.pop("X-Request-ID")
    assert dict(head.headers) == dict(get.headers)
    assert get.headers["Content-Type"] == "text/calendar; charset=utf-8"


def test_calendar_does_not_change_because_somebody_registers(client: Client) -> None:
    session = build.make_session(capacity=2)
    before = client.get("/sessions/calendar.ics").content

    build.make_registration(session)

    assert client.get("/sessions/calendar.ics").content == before


def test_cancelled_session_stays_in_the_feed_as_cancelled(client: Client) -> None:
    session = build.make_session()
    cancel_session(session, now=build.NOW)

    [entry] = read_with_vobject(client.get("/sessions/calendar.ics").content)

    assert (entry["uid"], entry["status"], entry["sequence"]) == (session.uid, "CANCELLED", 1)


@pytest.mark.parametrize(("ended", "stays"), [(30, False), (29.9, True), (0, True)])
@pytest.mark.parametrize("state", [SessionState.PAST, SessionState.CANCELLED])
def test_session_stays_in_the_feed_for_thirty_days_after_its_end(
    state: SessionState, ended: float, stays: bool, client: Client
) -> None:
    ends_at = build.NOW - timedelta(days=ended)
    session = build.make_session_in(state, starts_at=ends_at - timedelta(hours=2), ends_at=ends_at)

    entries = read_with_icalendar(client.get("/sessions/calendar.ics").content)

    assert [entry["uid"] for entry in entries] == ([session.uid] if stays else [])


def test_list_offers_only_filters_that_leave_a_choice(client: Client) -> None:
    build.make_session(programme=build.make_programme(name="PIO"))
    build.make_session_in(SessionState.DRAFT, kind=Session.Kind.TRAINING)
    build.make_session_in(SessionState.PAST, kind=Session.Kind.TRAINING)

    before = client.get("/sessions/?q=").content.decode()
    build.make_session(kind=Session.Kind.WORKSHOP)
    after = client.get("/sessions/").content.decode()

    assert 'id="kind"' not in before
    assert 'value="workshop"' in after
    assert 'value="training"' not in after
    assert 'id="language"' not in after


def test_chosen_filter_stays_in_sight_so_that_it_can_be_undone(client: Client) -> None:
    build.make_session()

    page = client.get("/sessions/?language=fr").content.decode()

    assert '<option value="fr" selected>' in page


def test_address_of_the_feed_names_only_what_was_chosen(client: Client) -> None:
    build.make_session()

    page = unescape(client.get("/sessions/?q=&kind=inspiration&language=&page=2").content.decode())

    assert ">http://localhost:8000/sessions/calendar.ics?kind=inspiration<" in page


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
def test_session_has_one_uid_in_every_language(language: str, client: Client) -> None:
    session = build.make_session()

    [feed] = read_with_vobject(client.get(f"{language}/sessions/calendar.ics").content)
    [file] = read_with_vobject(
        client.get(f"{language}/sessions/{session.slug}/calendar.ics").content
    )

    assert (feed["uid"], file["uid"]) == (session.uid, session.uid)


# The owner's pages -------------------------------------------------------------------------------


def private_addresses(registration: Registration) -> list[str]:
    return [
        f"/registrations/{registration.managing_code}/",
        f"/registrations/{registration.managing_code}/cancel/",
        f"/registrations/{registration.managing_code}/calendar.ics",
        f"/registrations/{registration.joining_code}/join/",
    ]


@pytest.mark.parametrize("prefix", ["", "/fr", "/en"])
@pytest.mark.parametrize("position", range(4))
def test_private_page_is_kept_by_no_cache_and_no_search_engine(
    prefix: str, position: int, client: Client
) -> None:
    registration = build.make_registration(build.make_session())

    answer = client.get(prefix + private_addresses(registration)[position])

    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def database() -> dict[str, list[dict[str, object]]]:
    """Everything that a visit could change."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Session, SeatCount, Registration, Message)
    }


def links_in_mails() -> set[str]:
    """Every address in every mail that was meant, text and HTML."""
    found: set[str] = set()
    for message in Message.objects.all():
        try:
            letter = messages.compose(message, build.NOW)
        except NotWanted:
            continue
        found |= set(re.findall(r"https?://[^\s\"'<>]+", "\n".join(render(letter))))
    return {link.partition("localhost:8000")[2] for link in found if "localhost:8000" in link}


def test_code_that_opens_nothing_leads_to_asking_for_ones_links(client: Client) -> None:
    page = client.get("/en/registrations/abc.def/")

    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert page.status_code == 404
    assert 'href="/en/registrations/"' in main


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_fetching_every_link_of_every_mail_changes_nothing(method: str, client: Client) -> None:
    session = build.make_session(capacity=1, link=build.LINK)
    registrations = [build.make_registration(session) for _number in range(3)]
    registering.cancel(registrations[2], now=build.NOW, by=Registration.CancelledBy.OWNER)
    other = build.make_session(link_days_before=60, link=build.LINK)
    build.make_registration(other)
    messages.plan(build.NOW)
    kinds = set(Message.objects.values_list("kind", flat=True))
    links = links_in_mails()
    for registration in registrations:
        links |= set(private_addresses(registration))
    before = database()

    for link in sorted(links):
        client.generic(method, link)

    assert {"events.registered", "events.waiting", "events.cancelled", "events.link"} <= kinds
    assert len(links) > 8
    assert database() == before


def test_owner_sees_what_is_known_of_them(client: Client) -> None:
    registration = build.make_registration(
        build.make_session(), name="An Ó Súilleabháin", job_title="Jurist", language="fr"
    )

    said = text_of(client.get(registration.get_absolute_url()))

    for fact in (registration.name, registration.email, "Stad Voorbeeld", "Jurist", "Français"):
        assert fact in said


def test_owner_cancels_and_the_first_in_line_gets_the_seat(client: Client) -> None:
    session = build.make_session(capacity=1)
    first, second, third = (build.make_registration(session) for _number in range(3))

    answer = client.post(f"/registrations/{first.managing_code}/cancel/")

    states = [Registration.objects.get(pk=each.pk).state for each in (first, second, third)]
    assert states == ["cancelled", "confirmed", "waiting"]
    assert answer.headers["Location"] == first.get_absolute_url()


def test_owner_who_cancels_is_told_once_and_can_come_back(client: Client) -> None:
    session = build.make_session()
    registration = build.make_registration(session, email="jan@example.org")
    address = f"/registrations/{registration.managing_code}/cancel/"
    again = f'href="{session.get_absolute_url()}#register"'
    before = client.get(registration.get_absolute_url()).content.decode()

    first = client.post(address, follow=True).content.decode()
    second = client.post(address, follow=True).content.decode()

    assert ['role="status"' in page for page in (before, first, second)] == [False, True, False]
    assert [again in page for page in (before, first, second)] == [False, True, True]


def test_owner_of_a_cancelled_registration_cannot_come_back_after_the_deadline(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    registration = build.make_registration(build.make_session())
    registering.cancel(registration, now=build.NOW, by=Registration.CancelledBy.OWNER)
    time_machine.move_to(registration.session.registration_closes_at, tick=False)

    page = client.get(registration.get_absolute_url()).content.decode()

    assert "#register" not in page


def test_cancelling_twice_changes_nothing_more(client: Client) -> None:
    session = build.make_session(capacity=1)
    first = build.make_registration(session)
    build.make_registration(session)
    client.post(f"/registrations/{first.managing_code}/cancel/")
    before = database()

    answer = client.post(f"/registrations/{first.managing_code}/cancel/")

    assert answer.status_code == 302
    assert database() == before


def test_cancelling_needs_no_cookie() -> None:
    registration = build.make_registration(build.make_session())

    answer = Client(enforce_csrf_checks=True).post(
        f"/registrations/{registration.managing_code}/cancel/"
    )

    assert answer.status_code == 302
    assert Registration.objects.get().is_cancelled


def test_session_that_is_over_cannot_be_cancelled_any_more(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    registration = build.make_registration(build.make_session())
    time_machine.move_to(registration.session.ends_at, tick=False)
    before = database()

    answer = client.post(f"/registrations/{registration.managing_code}/cancel/", follow=True)

    assert answer.status_code == 200
    assert database() == before


def test_waiting_person_sees_their_place_and_how_it_moves(client: Client) -> None:
    session = build.make_session(capacity=0)
    first, second = build.make_registration(session), build.make_registration(session)

    before = text_of(client.get(second.get_absolute_url()))
    client.post(f"/registrations/{first.managing_code}/cancel/")
    after = text_of(client.get(second.get_absolute_url()))

    assert "plaats op de wachtlijst: 2." in before
    assert "plaats op de wachtlijst: 1." in after


def test_owner_of_a_cancelled_registration_is_not_asked_again(client: Client) -> None:
    registration = build.make_registration(build.make_session())
    registering.cancel(registration, now=build.NOW, by=Registration.CancelledBy.ORGANISER)

    answer = client.get(f"/registrations/{registration.managing_code}/cancel/")

    assert answer.headers["Location"] == registration.get_absolute_url()


# Taking part -------------------------------------------------------------------------------------


def shows_link(client: Client, registration: Registration) -> bool:
    answer = client.get(registration.get_join_url())
    assert answer.status_code == 200
    return build.LINK in answer.content.decode()


@pytest.mark.parametrize(
    ("edge", "seconds", "is_shown"),
    [
        ("link_released_at", -1, False),
        ("link_released_at", 0, True),
        ("link_released_at", 1, True),
        ("starts_at", 0, True),
        ("ends_at", 0, True),
        ("link_withdrawn_at", -1, True),
        ("link_withdrawn_at", 0, False),
        ("link_withdrawn_at", 1, False),
    ],
)
def test_link_shows_from_its_release_until_it_is_withdrawn_to_the_second(
    edge: str, seconds: int, is_shown: bool, client: Client, time_machine: TimeMachineFixture
) -> None:
    registration = build.make_registration(build.make_session(link=build.LINK))
    moment = getattr(registration.session, edge) + timedelta(seconds=seconds)

    time_machine.move_to(moment, tick=False)

    assert shows_link(client, registration) is is_shown


def test_page_to_join_says_when_it_will_work(client: Client) -> None:
    registration = build.make_registration(build.make_session(link=build.LINK))

    said = text_of(client.get(registration.get_join_url()))

    assert "woensdag 9 juni 2027 om 9u00" in said


@pytest.fixture
def released(time_machine: TimeMachineFixture) -> Registration:
    """Somebody with a seat, an hour before their session starts."""
    registration = build.make_registration(build.make_session(link=build.LINK, capacity=1))
    time_machine.move_to(registration.session.starts_at - timedelta(hours=1), tick=False)
    return registration


def test_waiting_person_is_not_shown_the_link_until_they_have_a_seat(
    released: Registration, client: Client
) -> None:
    waiting = registering.register(
        released.session,
        build.applicant(),
        received_at=build.NOW,
    ).registration
    before = shows_link(client, waiting)

    registering.cancel(
        released,
        now=released.session.starts_at - timedelta(hours=1),
        by=Registration.CancelledBy.OWNER,
    )

    assert (before, shows_link(client, waiting)) == (False, True)


def test_cancelled_person_is_not_shown_the_link(released: Registration, client: Client) -> None:
    before = shows_link(client, released)

    registering.cancel(released, now=build.NOW, by=Registration.CancelledBy.OWNER)

    assert (before, shows_link(client, released)) == (True, False)


def test_link_of_a_cancelled_session_is_not_shown(released: Registration, client: Client) -> None:
    before = shows_link(client, released)

    Session.objects.update(status=Session.Status.CANCELLED)

    assert (before, shows_link(client, released)) == (True, False)


def test_link_of_a_session_moved_away_is_hidden_again(
    released: Registration, client: Client
) -> None:
    before = shows_link(client, released)
    session = released.session

    move(
        session,
        When(session.starts_at + build.days(7), session.ends_at + build.days(7)),
        now=build.NOW,
    )

    assert (before, shows_link(client, released)) == (True, False)


def test_changed_link_shows_on_the_same_page(released: Registration, client: Client) -> None:
    link = released.session.virtual_link
    link.url = "https://meet.example.org/new-room"
    link.save()

    page = client.get(released.get_join_url()).content.decode()

    assert "new-room" in page
    assert build.LINK not in page


def test_page_to_join_without_a_link_yet_says_so(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    registration = build.make_registration(build.make_session())
    time_machine.move_to(registration.session.starts_at, tick=False)

    said = text_of(client.get(registration.get_join_url()))

    assert gettext("The link is not known yet") in said


def test_session_on_site_says_where_and_hides_a_link_it_no_longer_has(
    released: Registration, client: Client
) -> None:
    Session.objects.update(attendance="on_site", venue="Marie-Elisabeth Belpairegebouw")

    answer = client.get(released.get_join_url())

    assert "Belpaire" in text_of(answer)
    assert build.LINK not in answer.content.decode()


def test_owners_calendar_entry_leads_to_their_page_to_join(client: Client) -> None:
    registration = build.make_registration(build.make_session(link=build.LINK))

    answer = client.get(f"/registrations/{registration.managing_code}/calendar.ics")

    [entry] = read_with_vobject(answer.content)
    assert entry["url"] == f"http://localhost:8000{registration.get_join_url()}"
    assert entry["uid"] == registration.session.uid
    assert registration.managing_code not in answer.content.decode()
