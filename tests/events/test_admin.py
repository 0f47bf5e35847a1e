"""Organisers at work: publishing, moving and cancelling sessions, and helping registrants."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import AuditEntry, Programme, User
from events import registering
from events.models import (
    AgendaItem,
    Registration,
    SeatCount,
    Session,
    SessionState,
    Speaker,
    VirtualLink,
)
from mailing.models import Message
from tests import build
from tests.forms import Form, forms_on, sent_by

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SESSIONS = "/admin/events/session/"
REGISTRATIONS = "/admin/events/registration/"


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def organiser(programme: Programme) -> User:
    return build.make_organiser(programme)


@pytest.fixture
def desk(organiser: User) -> Client:
    """The browser of an organiser."""
    client = Client()
    client.force_login(organiser)
    return client


def form_on(page: HttpResponse) -> Form:
    """What a browser would send for the form of a page if nobody touched it."""
    assert page.status_code == 200
    [form] = [each for each in forms_on(page) if (each.get("id") or "").endswith("_form")]
    return sent_by(form)


def agenda_item(
    position: int, start: str, end: str, title: str, kind: str = "talk", speakers: str = ""
) -> Form:
    """An item on the agenda of the form, on the day of the default session."""
    prefix = f"agenda_items-{position}-"
    return {
        f"{prefix}starts_at_0": "2027-06-10",
        f"{prefix}starts_at_1": start,
        f"{prefix}ends_at_0": "2027-06-10",
        f"{prefix}ends_at_1": end,
        f"{prefix}kind": kind,
        f"{prefix}title_nl": title,
        f"{prefix}speakers": speakers,
    }


def new_session(programme: Programme) -> Form:
    """What an organiser fills in for a new session."""
    return {
        "programme": programme.pk,
        "status": "published",
        "title_nl": "AI in de praktijk",
        "slug": "ai-in-de-praktijk",
        "summary_nl": "Wat werkt.",
        "time_zone": "Europe/Brussels",
        "starts_at_0": "2027-06-10",
        "starts_at_1": "14:00",
        "ends_at_0": "2027-06-10",
        "ends_at_1": "16:30",
        "registration_closing_0": "before_date",
        "registration_closing_1": "2027-06-08",
        "capacity": "40",
        "virtual_link": build.LINK,
    }


def send(client: Client, address: str, **changes: Any) -> HttpResponse:
    """Open a form, change some of it, and save it."""
    form = form_on(client.get(address)) | changes
    # A row whose names lie beyond the last one is a row that "add another" made.
    rows = [int(match[1]) + 1 for name in form if (match := re.match(r"agenda_items-(\d+)-", name))]
    if "agenda_items-TOTAL_FORMS" in form:
        form["agenda_items-TOTAL_FORMS"] = max(rows, default=0)
    return client.post(address, form)


def change(client: Client, session: Session, **changes: Any) -> HttpResponse:
    return send(client, f"{SESSIONS}{session.pk}/change/", **changes)


def errors_on(page: HttpResponse) -> str:
    """What a page says is wrong, as text."""
    assert page.status_code == 200, "the form was accepted"
    lists = re.findall(r'<ul class="errorlist.*?</ul>', page.content.decode(), re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", " ".join(lists)).split()))


def kinds() -> list[str]:
    """Which mails were meant, in order."""
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


# From nothing to published -----------------------------------------------------------------------


def test_organiser_publishes_a_session_from_nothing(
    desk: Client, programme: Programme, client: Client
) -> None:
    answer = send(
        desk,
        f"{SESSIONS}add/",
        **new_session(programme),
        **agenda_item(0, "14:05", "15:15", "Twee cases", "block"),
        **agenda_item(1, "14:05", "14:50", "Slim aankopen", speakers="An Janssens, jurist\nBo Li"),
        **agenda_item(2, "14:50", "15:15", "Vragen", "questions"),
    )

    assert answer.status_code == 302, errors_on(answer)
    session = Session.objects.get()
    assert (session.starts_at, session.ends_at, session.registration_closes_at) == (
        build.at("14:00"),
        build.at("16:30"),
        datetime(2027, 6, 7, 22, tzinfo=UTC),
    )
    assert (session.seats.capacity, session.virtual_link.url) == (40, build.LINK)
    items = session.agenda_items.in_order().with_speakers()
    assert [(item.title, item.parent and item.parent.title) for item in items] == [
        ("Twee cases", None),
        ("Slim aankopen", "Twee cases"),
        ("Vragen", "Twee cases"),
    ]
    assert [(each.speaker.name, each.role) for each in items[1].contributions.all()] == [
        ("An Janssens", "jurist"),
        ("Bo Li", ""),
    ]
    page = unescape(client.get("/sessions/ai-in-de-praktijk/").content.decode())
    for words in ("AI in de praktijk", "Slim aankopen", "An Janssens", "14u05", 'name="email"'):
        assert words in page
    assert build.LINK not in page


def test_draft_is_not_seen_until_it_is_published(
    desk: Client, programme: Programme, client: Client
) -> None:
    send(desk, f"{SESSIONS}add/", **new_session(programme) | {"status": "draft"})
    session = Session.objects.get()
    before = client.get(session.get_absolute_url()).status_code

    change(desk, session, status="published")

    assert (before, client.get(session.get_absolute_url()).status_code) == (404, 200)


def test_saving_a_session_that_nobody_touched_changes_and_tells_nothing(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=5, link=build.LINK)
    build.make_speaker(build.make_agenda_item(session), name="An Janssens")
    build.make_registration(session)
    before = [list(model.objects.values()) for model in (Session, AgendaItem, SeatCount, Speaker)]
    mails = kinds()

    answer = change(desk, session)

    assert answer.status_code == 302
    after = [list(model.objects.values()) for model in (Session, AgendaItem, SeatCount, Speaker)]
    assert after == before
    assert kinds() == mails


def test_each_change_is_kept_as_a_version_with_the_agenda_in_it(
    desk: Client, programme: Programme, organiser: User
) -> None:
    send(desk, f"{SESSIONS}add/", **new_session(programme))
    session = Session.objects.get()

    change(desk, session, **agenda_item(0, "14:05", "14:50", "Slim aankopen"))

    newest, oldest = session.versions.all()
    assert [version.changed_by for version in (newest, oldest)] == [organiser, organiser]
    assert oldest.content["agenda"] == []
    assert [item["title_nl"] for item in newest.content["agenda"]] == ["Slim aankopen"]
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["session.added", "session.published", "session.changed"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_nl": ""}, "title_nl"),
        ({"slug": ""}, "slug"),
        ({"slug": "met spatie"}, "slug"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"starts_at_1": "25:00"}, "starts_at"),
        ({"ends_at_1": "13:00"}, "ends_at"),
        ({"ends_at_1": "14:00"}, "ends_at"),
        ({"registration_closing_0": ""}, "registration_closing"),
        ({"registration_closing_1": ""}, "registration_closing"),
        ({"registration_closing_2": "12:00"}, "registration_closing"),
        ({"registration_closing_0": "at_datetime"}, "registration_closing"),
        (
            {"registration_opens_at_0": "2027-06-08", "registration_opens_at_1": "00:00"},
            "registration_opens_at",
        ),
        ({"capacity": "-1"}, "capacity"),
        ({"capacity": "veel"}, "capacity"),
        ({"virtual_link": "javascript:alert(1)"}, "virtual_link"),
        ({"attendance": "on_site"}, "venue"),
        ({"price": "-1"}, "price"),
        ({"title_nl": "Titel\nBcc: x@example.org"}, "title_nl"),
        ({"title_nl": "Titel\0"}, "title_nl"),
        ({"contact_email": "geen adres"}, "contact_email"),
    ],
)
def test_session_that_contradicts_itself_is_refused_next_to_the_field(
    changes: Form, field: str, desk: Client, programme: Programme
) -> None:
    answer = send(desk, f"{SESSIONS}add/", **new_session(programme) | changes)

    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert any(name.startswith(field) for name in errors), dict(errors)
    assert not Session.objects.exists()


# The agenda --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([("13:55", "14:30", "Te vroeg")], "Te vroeg"),
        ([("16:00", "16:31", "Te laat")], "Te laat"),
        ([("15:00", "14:30", "Achterstevoren")], "Achterstevoren"),
        ([("14:30", "14:30", "Leeg")], "Leeg"),
        ([("14:00", "14:45", "Eerste"), ("14:44", "15:00", "Tweede")], "Tweede"),
    ],
)
def test_agenda_that_does_not_fit_is_refused_with_the_title_of_the_item(
    items: list[tuple[str, str, str]], sentence: str, desk: Client, programme: Programme
) -> None:
    rows: Form = {}
    for position, item in enumerate(items):
        rows |= agenda_item(position, *item)

    answer = send(desk, f"{SESSIONS}add/", **new_session(programme), **rows)

    assert sentence in errors_on(answer)
    assert not Session.objects.exists()


def test_agenda_items_that_touch_or_run_in_parallel_are_accepted(
    desk: Client, programme: Programme
) -> None:
    answer = send(
        desk,
        f"{SESSIONS}add/",
        **new_session(programme),
        **agenda_item(0, "14:00", "14:45", "Eerste"),
        **agenda_item(1, "14:45", "15:30", "Zaal A"),
        **agenda_item(2, "14:45", "15:30", "Zaal B"),
        **{"agenda_items-1-is_parallel": "on", "agenda_items-2-is_parallel": "on"},
    )

    assert answer.status_code == 302, errors_on(answer)
    assert AgendaItem.objects.count() == 3


def test_agenda_item_is_changed_moved_and_removed(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)
    build.make_agenda_item(session, "14:00", "14:45", title="Blijft")
    build.make_agenda_item(session, "14:45", "15:30", title="Weg")

    answer = change(
        desk,
        session,
        **agenda_item(0, "14:10", "14:40", "Later", speakers="An Janssens"),
        **{"agenda_items-1-DELETE": "on"},
    )

    assert answer.status_code == 302, errors_on(answer)
    item = AgendaItem.objects.get()
    assert (item.title, item.starts_at, item.ends_at) == (
        "Later",
        build.at("14:10"),
        build.at("14:40"),
    )
    assert [each.speaker.name for each in item.contributions.all()] == ["An Janssens"]


def test_agenda_item_of_another_programme_cannot_be_taken_over(
    desk: Client, programme: Programme
) -> None:
    mine = build.make_session(programme=programme)
    build.make_agenda_item(mine, "14:00", "14:45")
    theirs = build.make_agenda_item(build.make_session(), "14:00", "14:45", title="Van hen")

    change(desk, mine, **agenda_item(0, "15:00", "15:30", "X"), **{"agenda_items-0-id": theirs.pk})

    theirs.refresh_from_db()
    assert (theirs.title, theirs.session.programme == programme) == ("Van hen", False)
    assert theirs.starts_at == build.at("14:00")


# Moving, cancelling, seats -----------------------------------------------------------------------


def test_moving_a_session_moves_its_agenda_and_tells_everybody(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    item = build.make_agenda_item(session, "14:05", "14:50")
    build.make_registration(session)
    build.make_registration(session)

    answer = change(
        desk, session, starts_at_0="2027-06-17", ends_at_0="2027-06-17", starts_at_1="13:00"
    )

    assert answer.status_code == 302, errors_on(answer)
    session.refresh_from_db()
    item.refresh_from_db()
    week = build.days(7)
    assert (session.starts_at, session.ends_at) == (
        build.at("13:00") + week,
        build.at("16:30") + week,
    )
    assert (item.starts_at, item.ends_at) == (build.at("13:05") + week, build.at("13:50") + week)
    assert (session.sequence, session.moved_from) == (1, build.at("14:00"))
    assert kinds()[2:] == ["events.changed", "events.changed"]
    assert "2" in str(next(iter(get_messages(answer.wsgi_request))))


def test_draft_that_is_moved_and_published_at_once_was_never_moved(
    desk: Client, programme: Programme, client: Client
) -> None:
    session = build.make_session(programme=programme, status=Session.Status.DRAFT)
    item = build.make_agenda_item(session, "14:05", "14:50")

    answer = change(
        desk, session, status="published", starts_at_0="2027-06-17", ends_at_0="2027-06-17"
    )

    assert answer.status_code == 302, errors_on(answer)
    session.refresh_from_db()
    item.refresh_from_db()
    assert (session.status, session.starts_at) == ("published", build.at("14:00") + build.days(7))
    assert item.starts_at == build.at("14:05") + build.days(7)
    assert (session.moved_from, session.sequence) == (None, 1)


def test_session_moved_to_end_before_its_deadline_is_refused(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    build.make_registration(session)

    answer = change(desk, session, starts_at_0="2027-06-01", ends_at_0="2027-06-01")

    session.refresh_from_db()
    assert session.starts_at == build.at("14:00")
    assert kinds() == ["events.registered"]
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any("sluit" in each or "inschrij" in each.lower() for each in said) or errors_on(answer)


def test_session_moved_with_an_earlier_deadline_in_the_same_form_is_accepted(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    change(
        desk,
        session,
        starts_at_0="2027-06-01",
        ends_at_0="2027-06-01",
        registration_closing_1="2027-05-31",
    )

    session.refresh_from_db()
    assert session.starts_at == build.at("14:00") - build.days(9)
    assert session.registration_closes_at == datetime(2027, 5, 30, 22, tzinfo=UTC)


def test_another_place_is_told(desk: Client, programme: Programme) -> None:
    session = build.make_session(
        programme=programme, attendance="on_site", venue_nl="Zaal A", capacity=3
    )
    build.make_registration(session)

    change(desk, session, venue_nl="Zaal B")

    session.refresh_from_db()
    assert (session.venue, session.sequence) == ("Zaal B", 1)
    assert kinds() == ["events.registered", "events.changed"]


def test_cancelling_a_session_tells_everybody_why_and_shuts_it(
    desk: Client, programme: Programme, client: Client
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    registrations = [build.make_registration(session) for _number in range(2)]

    change(desk, session, status="cancelled", cancellation_reason_nl="De spreker is ziek.")

    session.refresh_from_db()
    assert (session.status, session.cancellation_reason, session.sequence) == (
        "cancelled",
        "De spreker is ziek.",
        1,
    )
    assert kinds()[2:] == ["events.session_cancelled"] * 2
    assert {each.state for each in Registration.objects.all()} == {"cancelled"}
    assert "De spreker is ziek." in client.get(session.get_absolute_url()).content.decode()
    assert "De spreker is ziek." in (
        client.get(registrations[0].get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (SessionState.CANCELLED, "published"),
        (SessionState.CANCELLED, "draft"),
        (SessionState.DRAFT, "cancelled"),
    ],
)
def test_status_that_cannot_follow_is_refused(
    state: SessionState, status: str, desk: Client, programme: Programme
) -> None:
    session = build.make_session_in(state, programme=programme)

    answer = change(desk, session, status=status)

    assert errors_on(answer)
    session.refresh_from_db()
    assert session.status == str(state)


def test_published_session_with_registrants_does_not_become_a_draft_unseen(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    build.make_registration(session)

    answer = change(desk, session, status="draft")

    assert errors_on(answer)
    session.refresh_from_db()
    assert session.status == "published"


def test_fewer_seats_than_are_taken_cost_nobody_theirs(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, capacity=3)
    for _number in range(3):
        build.make_registration(session)

    answer = change(desk, session, capacity="1")

    assert answer.status_code == 302
    seats = SeatCount.objects.get(session=session)
    assert (seats.capacity, seats.taken, seats.waiting) == (1, 3, 0)
    assert {each.state for each in Registration.objects.all()} == {"confirmed"}


@pytest.mark.parametrize(("capacity", "seated"), [("2", 2), ("", 4), ("1", 1)])
def test_added_seats_go_to_the_first_in_line_at_once(
    capacity: str, seated: int, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    for _number in range(4):
        build.make_registration(session)

    change(desk, session, capacity=capacity)

    states = list(Registration.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["confirmed"] * seated + ["waiting"] * (4 - seated)
    assert kinds()[4:] == ["events.promoted"] * (seated - 1)


def test_link_is_replaced_and_removed(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, link=build.LINK)

    change(desk, session, virtual_link="https://meet.example.org/other", link_instructions="Code")
    replaced = VirtualLink.objects.get()
    change(desk, session, virtual_link="")

    assert (replaced.url, replaced.instructions) == ("https://meet.example.org/other", "Code")
    assert not VirtualLink.objects.exists()


# Zones -------------------------------------------------------------------------------------------


def test_times_are_shown_and_read_in_the_sessions_own_zone(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, time_zone="America/New_York")
    build.make_agenda_item(session, "14:05", "14:50")

    form = form_on(desk.get(f"{SESSIONS}{session.pk}/change/"))
    change(desk, session, ends_at_1="10:45")

    assert form["starts_at_1"].startswith("08:00")
    assert form["agenda_items-0-starts_at_1"].startswith("08:05")
    session.refresh_from_db()
    assert (session.starts_at, session.ends_at) == (build.at("14:00"), build.at("16:45"))


def test_times_of_a_new_session_are_meant_in_the_zone_of_the_form(
    desk: Client, programme: Programme
) -> None:
    answer = send(
        desk,
        f"{SESSIONS}add/",
        **new_session(programme) | {"time_zone": "America/New_York"},
        **agenda_item(0, "14:05", "14:50", "Slim aankopen"),
    )

    assert answer.status_code == 302, errors_on(answer)
    session = Session.objects.get()
    assert session.starts_at == datetime(2027, 6, 10, 18, 0, tzinfo=UTC)
    assert session.registration_closes_at == datetime(2027, 6, 8, 4, 0, tzinfo=UTC)
    assert session.agenda_items.get().starts_at == datetime(2027, 6, 10, 18, 5, tzinfo=UTC)


def test_session_put_in_another_zone_keeps_the_times_of_the_form(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    build.make_agenda_item(session, "14:05", "14:50")

    answer = change(desk, session, time_zone="America/New_York")

    assert answer.status_code == 302, errors_on(answer)
    session.refresh_from_db()
    assert session.starts_at == datetime(2027, 6, 10, 18, 0, tzinfo=UTC)
    assert session.agenda_items.get().starts_at == datetime(2027, 6, 10, 18, 5, tzinfo=UTC)


# Other programmes --------------------------------------------------------------------------------


@pytest.fixture
def foreign() -> Registration:
    """Somebody registered for a session of another programme."""
    session = build.make_session(
        title="Sessie van hen", programme=build.make_programme(name="Van hen"), link=build.LINK
    )
    build.make_agenda_item(session, title="Punt van hen")
    return build.make_registration(session, name="Zeger Zonderling", email="zeger@geheim.example")


@pytest.mark.parametrize(
    "address",
    [
        SESSIONS,
        f"{SESSIONS}?q=hen",
        f"{SESSIONS}?status__exact=published",
        f"{SESSIONS}?programme__id__exact=1",
        f"{SESSIONS}add/",
        REGISTRATIONS,
        f"{REGISTRATIONS}?q=zeger",
        f"{REGISTRATIONS}?session__programme__name__startswith=V",
        f"{REGISTRATIONS}?session__virtual_link__url__startswith=https",
        f"{REGISTRATIONS}add/",
        "/admin/events/agendaitem/",
        "/admin/portal/preparation/add/",
        "/admin/procurement/call/add/",
        "/admin/events/consenttext/add/",
        "/admin/",
    ],
)
def test_organiser_sees_nothing_of_another_programme(
    address: str, desk: Client, foreign: Registration
) -> None:
    page = desk.get(address, follow=True).content.decode()

    for secret in ("Sessie van hen", "Punt van hen", "Zonderling", "geheim.example", build.LINK):
        assert secret not in page.replace("q=zeger", "")


@pytest.mark.parametrize("status", ["draft", "published"])
def test_filter_of_registrations_names_no_session_of_another_programme(
    status: str, desk: Client, programme: Programme
) -> None:
    build.make_registration(build.make_session(programme=programme, title="Van ons"))
    other = build.make_registration(build.make_session(title="Nog geheim van hen"))
    Session.objects.filter(pk=other.session_id).update(status=status)

    page = desk.get(REGISTRATIONS).content.decode()

    assert "Van ons" in page
    assert "Nog geheim van hen" not in page


def test_organiser_cannot_make_a_session_for_another_programme(
    desk: Client, programme: Programme, foreign: Registration
) -> None:
    answer = send(
        desk,
        f"{SESSIONS}add/",
        **new_session(programme) | {"programme": foreign.session.programme_id},
    )

    assert errors_on(answer)
    assert Session.objects.count() == 1


def test_organiser_cannot_give_a_session_to_another_programme(
    desk: Client, programme: Programme, foreign: Registration
) -> None:
    session = build.make_session(programme=programme)

    answer = change(desk, session, programme=foreign.session.programme_id)

    assert errors_on(answer)
    session.refresh_from_db()
    assert session.programme == programme


@pytest.mark.parametrize("address", ["change", "history", "delete"])
def test_organiser_cannot_open_a_row_of_another_programme(
    address: str, desk: Client, foreign: Registration
) -> None:
    for path in (
        f"{SESSIONS}{foreign.session_id}/{address}/",
        f"{REGISTRATIONS}{foreign.pk}/{address}/",
    ):
        assert desk.get(path).status_code in {302, 403}
        assert desk.post(path, {"post": "yes"}).status_code in {302, 403}

    assert Registration.objects.filter(pk=foreign.pk, state="confirmed").exists()


def test_organiser_cannot_add_somebody_to_a_session_of_another_programme(
    desk: Client, foreign: Registration
) -> None:
    answer = send(
        desk,
        f"{REGISTRATIONS}add/",
        session=foreign.session_id,
        name="Jan",
        email="jan@example.org",
        organisation_name="Stad",
    )

    assert errors_on(answer)
    assert Registration.objects.count() == 1


@pytest.mark.parametrize("action", ["cancel_chosen", "place_chosen", "send_again"])
def test_organiser_cannot_act_on_a_registration_of_another_programme(
    action: str, desk: Client, programme: Programme, foreign: Registration
) -> None:
    build.make_registration(build.make_session(programme=programme))
    before = (list(Registration.objects.values()), kinds())

    desk.post(REGISTRATIONS, {"action": action, "_selected_action": [foreign.pk]})

    assert (list(Registration.objects.values()), kinds()) == before


def test_organiser_is_never_handed_the_code_of_a_registrant(
    desk: Client, programme: Programme
) -> None:
    registration = build.make_registration(build.make_session(programme=programme))

    pages = [
        desk.get(address, follow=True).content.decode()
        for address in (REGISTRATIONS, f"{REGISTRATIONS}{registration.pk}/change/")
    ]

    assert registration.email in pages[0]
    assert registration.email in pages[1]
    assert not any(registration.public_id in page for page in pages)


def test_list_of_sessions_says_whether_a_link_is_there_without_showing_it(
    desk: Client, programme: Programme
) -> None:
    build.make_session(programme=programme, link=build.LINK)

    assert build.LINK not in desk.get(SESSIONS).content.decode()


# Registrations -----------------------------------------------------------------------------------


def act(client: Client, action: str, *chosen: Registration) -> HttpResponse:
    """Choose rows in the list of registrations and do something with them."""
    return client.post(
        REGISTRATIONS, {"action": action, "_selected_action": [each.pk for each in chosen]}
    )


def test_organiser_cancels_registrations_and_the_line_moves_up(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    first, _second = build.make_registration(session), build.make_registration(session)

    act(desk, "cancel_chosen", first)

    states = list(Registration.objects.order_by("pk").values_list("state", "cancelled_by"))
    assert states == [("cancelled", "organiser"), ("confirmed", "")]
    assert kinds()[2:] == ["events.promoted", "events.cancelled"]


def test_organiser_places_somebody_beyond_the_capacity(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, capacity=1)
    build.make_registration(session)
    waiting = build.make_registration(session)

    act(desk, "place_chosen", waiting)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.is_placed_by_hand) == ("confirmed", True)
    assert SeatCount.objects.get(session=session).taken == 2
    assert kinds()[2:] == ["events.promoted"]


def test_organiser_sends_mails_again_to_who_is_still_registered(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    live, gone = build.make_registration(session), build.make_registration(session)
    registering.cancel(gone, now=build.NOW, by=Registration.CancelledBy.OWNER)
    before = len(kinds())

    act(desk, "send_again", live, gone)

    [message] = Message.objects.order_by("pk")[before:]
    assert (message.kind, message.recipient) == ("events.again", live.email)


def add(client: Client, session: Session, **changes: str) -> HttpResponse:
    person = {"name": "Jan", "email": "jan@example.org", "organisation_name": "Stad"}
    return send(client, f"{REGISTRATIONS}add/", **{"session": session.pk, **person, **changes})


def test_organiser_adds_somebody_after_the_deadline(
    desk: Client, organiser: User, programme: Programme, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    time_machine.move_to(session.starts_at - timedelta(hours=1), tick=False)
    desk.force_login(organiser)

    answer = add(desk, session)

    assert answer.status_code == 302, errors_on(answer)
    registration = Registration.objects.get()
    assert (registration.email, registration.state) == ("jan@example.org", "confirmed")
    assert SeatCount.objects.get(session=session).taken == 1
    assert kinds() == ["events.registered"]


@pytest.mark.parametrize(
    "state", [SessionState.PAST, SessionState.CANCELLED, SessionState.FULL, SessionState.DRAFT]
)
def test_organiser_cannot_add_somebody_where_no_seat_can_be_given(
    state: SessionState, desk: Client, programme: Programme
) -> None:
    session = build.make_session_in(state, programme=programme)

    answer = add(desk, session)

    assert errors_on(answer)
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "email",
    ["", "jan@", "jan@example.org, an@example.org", '"jan peeters"@example.org', "a\0@b.be"],
)
def test_organiser_cannot_add_an_address_that_no_invitation_can_name(
    email: str, desk: Client, programme: Programme
) -> None:
    answer = add(desk, build.make_session(programme=programme), email=email)

    assert errors_on(answer)
    assert not Registration.objects.exists()


def test_somebody_added_twice_is_registered_once(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    add(desk, session)
    add(desk, session, email="JAN@example.ORG")

    assert Registration.objects.get().email == "jan@example.org"
    assert SeatCount.objects.get(session=session).taken == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_administration_shows_a_hostile_name_as_text(
    text: str, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, title=text)
    build.make_speaker(build.make_agenda_item(session, title=text), name=text)
    row = build.make_registration(session, name=text, organisation_name=text, job_title=text)
    pages = [
        desk.get(address).content.decode()
        for address in (
            REGISTRATIONS,
            f"{REGISTRATIONS}?q=script",
            f"{REGISTRATIONS}{row.pk}/change/",
            f"{SESSIONS}{session.pk}/change/",
            SESSIONS,
            "/admin/events/agendaitem/",
        )
    ]

    assert all(text in unescape(page) for page in pages[:1] + pages[2:])
    assert not any("<script>alert" in page or "<img src=x" in page for page in pages)


def test_organiser_mends_a_name_and_nothing_else(desk: Client, programme: Programme) -> None:
    registration = build.make_registration(build.make_session(programme=programme))

    send(
        desk,
        f"{REGISTRATIONS}{registration.pk}/change/",
        name="Jan Pieters",
        email="ander@example.org",
        state="cancelled",
    )

    email = registration.email
    registration.refresh_from_db()
    assert (registration.name, registration.email, registration.state) == (
        "Jan Pieters",
        email,
        "confirmed",
    )


def test_registration_with_a_seat_cannot_be_deleted_even_by_an_administrator(
    programme: Programme,
) -> None:
    registration = build.make_registration(build.make_session(programme=programme))
    client = Client()
    client.force_login(build.make_administrator())

    client.post(f"{REGISTRATIONS}{registration.pk}/delete/", {"post": "yes"})
    act(client, "delete_selected", registration)
    client.post(
        REGISTRATIONS,
        {"action": "delete_selected", "_selected_action": [registration.pk], "post": "yes"},
    )

    assert Registration.objects.filter(pk=registration.pk).exists()
    assert SeatCount.objects.get().taken == Registration.objects.confirmed().count()


# Lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SESSIONS, REGISTRATIONS])
def test_list_takes_as_many_queries_for_three_rows_as_for_thirty(
    address: str, desk: Client, programme: Programme
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    for _number in range(3):
        build.make_registration(build.make_session(programme=programme, link=build.LINK))
    count()  # the first page of a sign-in also notes where it comes from
    few = count()
    for _number in range(27):
        build.make_registration(build.make_session(programme=programme, link=build.LINK))

    assert count() == few


def test_form_of_a_session_takes_as_many_queries_for_three_items_as_for_thirty(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"{SESSIONS}{session.pk}/change/").status_code == 200
        return len(queries)

    def add_items(minutes: range) -> None:
        for minute in minutes:
            build.make_speaker(build.make_agenda_item(session, f"14:{minute:02}", "15:00"))

    add_items(range(3))
    few = count()
    add_items(range(3, 30))

    # The speakers of each item are one query; nothing else may grow with the agenda.
    assert count() - few <= 27


# Two organisers, several languages ---------------------------------------------------------------


def test_later_save_does_not_undo_what_somebody_saved_meanwhile(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    Session.objects.update(changed_at=build.NOW - build.days(1))
    seen_at = (build.NOW - build.days(1)).isoformat()
    change(desk, session, starts_at_1="13:00")

    answer = change(desk, session, starts_at_1="14:00", seen_at=seen_at)

    assert "intussen" in errors_on(answer)
    session.refresh_from_db()
    assert session.starts_at == build.at("13:00")


def test_translating_the_place_tells_nobody(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, attendance="on_site", venue="Zaal Pacheco")
    build.make_registration(session)

    answer = change(desk, session, venue_fr="Salle Pacheco")

    assert answer.status_code == 302, errors_on(answer)
    session.refresh_from_db()
    assert (session.venue_fr, session.sequence) == ("Salle Pacheco", 0)
    assert "events.changed" not in kinds()


def test_another_place_in_whatever_language_one_works_tells_everybody(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(
        programme=programme, attendance="on_site", venue_nl="Zaal Pacheco", venue_fr="Salle Pacheco"
    )
    build.make_registration(session)

    answer = send(
        desk, f"/fr{SESSIONS}{session.pk}/change/", venue_nl="Zaal Boudewijn", venue_fr="Baudouin"
    )

    assert answer.status_code == 302, errors_on(answer)
    session.refresh_from_db()
    assert session.sequence == 1
    assert kinds()[-1] == "events.changed"


def test_link_that_would_go_out_after_the_start_is_refused(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    answer = change(desk, session, link_days_before="0", link_local_time="15:00")

    assert "na het begin" in errors_on(answer)
