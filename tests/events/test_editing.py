"""Organisers writing a session: the form, two of them at once, and whom a change reaches."""

from datetime import UTC, date, datetime, time
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import AuditEntry, Programme, Theme
from events import editing
from events.models import AgendaItem, Registration, SeatCount, Session, SessionVersion, VirtualLink
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests import build
from tests.events.racing import at_once
from tests.forms import Form, forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

NEW = "/organise/sessions/new/"


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def desk(programme: Programme) -> Client:
    """The browser of an organiser."""
    return desk_of(programme)


def desk_of(programme: Programme, name: str = "") -> Client:
    client = CheckedClient()
    client.force_login(build.make_organiser(programme, name=name))
    return client


def page_of(session: Session) -> str:
    return f"/organise/sessions/{session.slug}/page/"


def form_on(page: HttpResponse) -> Form:
    """What the form of the work at hand would send if nobody touched it."""
    [form] = [each for each in forms_on(page) if each.get("method") == "post"]
    return sent_by(form)


def opened(client: Client, session: Session) -> Form:
    page = client.get(page_of(session))
    assert page.status_code == 200
    return form_on(page)


def new_session(**changes: Any) -> Form:
    """What an organiser fills in for a new session, besides what is there already."""
    return {
        "title_nl": "AI in de praktijk",
        "day": "2027-06-10",
        "starts": "14u00",
        "ends": "16:30",
        "registration_closing_0": "before_date",
        "registration_closing_1": "2027-06-08",
        "capacity": "40",
        "virtual_link": build.LINK,
    } | changes


def kinds() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def rows() -> list[list[dict[str, Any]]]:
    models = (Session, AgendaItem, SeatCount, VirtualLink, SessionVersion, Message, AuditEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


# A new session -----------------------------------------------------------------------------------


def test_new_session_is_a_draft_with_all_that_was_filled_in(
    desk: Client, programme: Programme
) -> None:
    sent = form_on(desk.get(NEW)) | new_session(title_fr="L’IA", asks_access_needs="on", price="25")

    answer = desk.post(NEW, sent)

    assert answer.status_code == 302, answer.context["form"].errors
    session = Session.objects.get()
    assert answer.headers["Location"] == f"/organise/sessions/{session.slug}/publish/"
    assert (session.status, session.slug, session.programme) == (
        "draft",
        "ai-in-de-praktijk",
        programme,
    )
    assert (session.starts_at, session.ends_at) == (build.at("14:00"), build.at("16:30"))
    assert session.registration_closes_at == datetime(2027, 6, 7, 22, tzinfo=UTC)
    assert (session.seats.capacity, session.virtual_link.url) == (40, build.LINK)
    assert (session.title_fr, session.asks_access_needs, session.price) == ("L’IA", True, 25)
    [version] = session.versions.all()
    assert version.content["title_nl"] == "AI in de praktijk"
    assert AuditEntry.objects.get().action == "session.added"


def test_new_session_needs_a_title_and_times_only(desk: Client) -> None:
    needed = {"title_nl": "AI", "day": "2027-06-10", "starts": "14u00", "ends": "16:30"}

    answer = desk.post(NEW, form_on(desk.get(NEW)) | needed)

    assert answer.status_code == 302, answer.context["form"].errors
    session = Session.objects.get()
    assert session.closing.wording() == "vóór donderdag 10 juni 2027"
    assert session.agenda_items.count() == 0


def test_programme_of_a_new_session_is_shown_before_it_is_saved(desk: Client) -> None:
    text = "Geen agendapunt\n14u00 – 14u30 Welkom (An Janssens, Spreker)"
    answer = desk.post(NEW, form_on(desk.get(NEW)) | new_session(agenda_text=text), follow=True)
    assert "An Janssens" in answer.content.decode()
    session = Session.objects.get()
    assert session.agenda_items.count() == 0
    # Nor does it turn up at another session.
    other = build.make_session(programme=session.programme)
    page = desk.get(f"/organise/sessions/{other.slug}/agenda/paste/")
    assert "An Janssens" not in page.content.decode()
    save = f"/organise/sessions/{session.slug}/agenda/paste/replace/"

    answer = desk.post(save, form_on(answer))

    assert answer.headers["Location"] == f"/organise/sessions/{session.slug}/publish/"
    assert [item.title for item in session.agenda_items.all()] == ["Welkom"]
    page = desk.get(f"/organise/sessions/{session.slug}/agenda/paste/")
    assert "An Janssens" not in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_nl": ""}, "title_nl"),
        ({"title_nl": "Titel\nBcc: x@example.org"}, "title_nl"),
        ({"title_nl": "x" * 201}, "title_nl"),
        ({"slug": "met spatie"}, "slug"),
        ({"day": ""}, "day"),
        ({"day": "10/06/2027"}, "day"),
        ({"starts": ""}, "starts"),
        ({"starts": "25:00"}, "starts"),
        ({"ends": "13:00"}, "ends"),
        ({"ends": "14:00"}, "ends"),
        ({"day": "9999-12-31", "ends": "24:00"}, "ends"),
        # On that night the clocks go from 2 to 3.
        ({"day": "2027-03-28", "starts": "2:30"}, "starts"),
        ({"last_day": "2027-06-09"}, "ends"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"registration_closing_0": ""}, "registration_closing"),
        ({"registration_closing_1": ""}, "registration_closing"),
        ({"opens_day": "2027-06-08"}, "opens_day"),
        ({"opens": "12:00"}, "opens_day"),
        ({"capacity": "-1"}, "capacity"),
        ({"capacity": "9" * 30}, "capacity"),
        ({"virtual_link": "javascript:alert(1)"}, "virtual_link"),
        ({"attendance": "on_site"}, "venue_nl"),
        ({"price": "-1"}, "price"),
        ({"contact_email": "geen adres"}, "contact_email"),
        ({"link_days_before": "0", "link_local_time": "14:00"}, "link_local_time"),
        ({"link_days_before": "32000"}, None),
        ({"programme": "999999"}, "programme"),
        ({"themes": ["x"]}, "themes"),
    ],
)
def test_new_session_that_contradicts_itself_comes_back_as_it_was_typed(
    changes: Form, field: str | None, desk: Client
) -> None:
    Theme.objects.create(number=1, code="data", title="Data", short_title="Data")
    sent = form_on(desk.get(NEW)) | new_session(**changes)

    answer = desk.post(NEW, sent)

    if field is None:
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Session.objects.exists()
    if "title_nl" not in changes:
        assert 'value="AI in de praktijk"' in answer.content.decode()


def test_time_at_which_the_link_goes_out_is_written_as_all_other_times(desk: Client) -> None:
    form = form_on(desk.get(NEW))

    desk.post(NEW, form | new_session(link_local_time="8u30"))

    assert form["link_local_time"] == "9u00"
    assert Session.objects.get().link_local_time == time(8, 30)


def test_new_session_of_a_programme_of_others_is_refused(desk: Client) -> None:
    theirs = build.make_programme()

    answer = desk.post(NEW, form_on(desk.get(NEW)) | new_session(programme=theirs.pk))

    assert (answer.status_code, Session.objects.count()) == (422, 0)


def test_address_is_proposed_from_the_title_and_never_taken_twice(
    desk: Client, programme: Programme
) -> None:
    build.make_session(slug="ai-in-de-praktijk")
    build.make_session(slug="ai-in-de-praktijk-2")

    desk.post(NEW, form_on(desk.get(NEW)) | new_session())
    desk.post(NEW, form_on(desk.get(NEW)) | new_session(title_nl="日本語"))

    own = Session.objects.filter(programme=programme).order_by("pk")
    assert [session.slug for session in own] == ["ai-in-de-praktijk-3", "sessie"]


def test_session_can_end_at_midnight_and_on_another_day(desk: Client) -> None:
    desk.post(NEW, form_on(desk.get(NEW)) | new_session(ends="24u00"))
    desk.post(NEW, form_on(desk.get(NEW)) | new_session(ends="2:00", last_day="2027-06-11"))

    assert [session.ends_at for session in Session.objects.order_by("pk")] == [
        build.at("00:00", date(2027, 6, 11)),
        build.at("02:00", date(2027, 6, 11)),
    ]
    for session in Session.objects.all():
        sent = opened(desk, session)
        assert desk.post(page_of(session), sent).status_code == 302
        before, session.ends_at = session.ends_at, None
        session.refresh_from_db()
        assert session.ends_at == before


# A session that is there -------------------------------------------------------------------------


def test_saving_what_nobody_touched_changes_nothing(desk: Client, programme: Programme) -> None:
    session = build.make_session(
        programme=programme,
        capacity=5,
        link=build.LINK,
        registration_opens_at=build.NOW,
        description="Een\r\n\r\ntwee",
        closing=Closing.from_local(Edge.AT_TIME, date(2027, 6, 7), None, BRUSSELS),
    )
    build.make_agenda_item(session)
    build.make_registration(session)
    before = rows()

    answer = desk.post(page_of(session), opened(desk, session))

    assert answer.status_code == 302
    assert rows() == before


def test_change_is_kept_with_who_made_it_and_no_one_is_mailed(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    build.make_registration(session)
    mails = kinds()

    desk.post(page_of(session), opened(desk, session) | {"title_nl": "Nieuw", "capacity": "3"})

    session = Session.objects.get()
    assert (session.title, session.seats.capacity) == ("Nieuw", 3)
    assert [version.number for version in session.versions.all()] == [2, 1]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details) == (
        "session.changed",
        {"fields": ["title_nl", "capacity"]},
    )
    assert kinds() == mails


def test_address_and_programme_of_a_known_session_stay(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)
    sent = opened(desk, session)
    other = build.make_programme()

    desk.post(page_of(session), sent | {"slug": "anders", "programme": other.pk, "price": "5"})

    after = Session.objects.get()
    assert (after.slug, after.programme, after.price) == (session.slug, programme, 5)


def test_session_of_others_does_not_exist(desk: Client) -> None:
    session = build.make_session()

    answers = [desk.get(page_of(session)), desk.post(page_of(session), new_session())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Session.objects.get().title == session.title


def test_link_is_shown_to_organisers_and_its_change_is_kept_without_it(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, link=build.LINK)
    sent = opened(desk, session)

    desk.post(page_of(session), sent | {"virtual_link": "https://meet.example.org/other"})

    assert sent["virtual_link"] == build.LINK
    contents = [version.content for version in session.versions.all()]
    assert contents[0]["link"] != contents[1]["link"]
    assert "meet.example.org" not in str(contents)


# Two organisers at once --------------------------------------------------------------------------


def test_later_of_two_organisers_chooses_field_by_field_and_loses_nothing(
    programme: Programme,
) -> None:
    session = build.make_session(programme=programme, capacity=10)
    first, second = desk_of(programme, "An Claes"), desk_of(programme, "Bo Maes")
    theirs, mine = opened(first, session), opened(second, session)
    first.post(
        page_of(session), theirs | {"title_nl": "Van An", "summary_nl": "Kort", "price": "9"}
    )

    asked = second.post(page_of(session), mine | {"title_nl": "Van Bo", "audience_nl": "Iedereen"})

    assert asked.status_code == 409
    assert Session.objects.get().title == "Van An"
    page = unescape(asked.content.decode())
    assert all(words in page for words in ("Van An", "Van Bo", "Kort", "An Claes"))
    choices = form_on(asked)
    # What one changed oneself is proposed as one typed it, the rest as the other saved it.
    assert (choices["choose-title_nl"], choices["choose-summary_nl"], choices["choose-price"]) == (
        "mine",
        "theirs",
        "theirs",
    )

    answer = second.post(page_of(session), choices)

    assert answer.status_code == 302
    after = Session.objects.get()
    assert (after.title, after.summary, after.price, after.audience, after.seats.capacity) == (
        "Van Bo",
        "Kort",
        9,
        "Iedereen",
        10,
    )


def test_third_change_while_choosing_is_shown_again(programme: Programme) -> None:
    session = build.make_session(programme=programme)
    first, second = desk_of(programme), desk_of(programme)
    mine = opened(second, session)
    first.post(page_of(session), opened(first, session) | {"title_nl": "Een"})
    asked = second.post(page_of(session), mine | {"title_nl": "Mijn"})
    first.post(page_of(session), opened(first, session) | {"title_nl": "Twee"})

    again = second.post(page_of(session), form_on(asked))

    assert (again.status_code, Session.objects.get().title) == (409, "Twee")


def test_same_change_by_two_organisers_is_no_clash(programme: Programme) -> None:
    session = build.make_session(programme=programme)
    first, second = desk_of(programme), desk_of(programme)
    theirs, mine = opened(first, session), opened(second, session)

    answers = [
        first.post(page_of(session), theirs | {"title_nl": "Gelijk"}),
        second.post(page_of(session), mine | {"title_nl": "Gelijk"}),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]


@pytest.mark.parametrize("text", ["\0", "\x07", "\ud800".encode("utf-8", "replace").decode()])
@pytest.mark.parametrize("field", ["title_nl", "summary_fr", "slug", "seen", "day", "themes"])
def test_control_characters_are_refused_wherever_they_stand(
    text: str, field: str, programme: Programme
) -> None:
    session = build.make_session(programme=programme, status="draft")
    client = Client()  # the checked one finds what was typed, put back on the page
    client.force_login(build.make_organiser(programme))

    answer = client.post(page_of(session), opened(client, session) | {field: f"x{text}"})

    assert answer.status_code in {302, 422}
    assert "\0" not in str(Session.objects.values())


@pytest.mark.parametrize("seen", ["", "x", "[]", "{", '{"title_nl": 5}', "[" * 9000])
def test_mark_of_what_was_seen_can_be_anything(
    seen: str, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    answer = desk.post(page_of(session), opened(desk, session) | {"seen": seen})

    assert answer.status_code in {302, 409, 422}


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_the_same_moment_keep_one_and_ask_about_the_other(
    programme: Programme,
) -> None:
    session = build.make_session(programme=programme)
    desks = [desk_of(programme), desk_of(programme)]
    forms = [opened(desk, session) | {"title_nl": f"Titel {i}"} for i, desk in enumerate(desks)]

    def save(position: int) -> int:
        return desks[position].post(page_of(session), forms[position]).status_code

    results = at_once(lambda: save(0), lambda: save(1))

    assert sorted(results) == [302, 409]
    assert Session.objects.get().title == f"Titel {results.index(302)}"


# Whom a change concerns --------------------------------------------------------------------------


def test_moving_a_known_session_asks_first_with_the_mail_and_to_how_many(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    registrations = [build.make_registration(session), build.make_registration(session)]
    build.make_agenda_item(session, "14:05", "14:50")
    before = rows()

    asked = desk.post(
        page_of(session), opened(desk, session) | {"day": "2027-06-17", "starts": "13:00"}
    )

    assert asked.status_code == 200
    assert rows() == before
    page = unescape(asked.content.decode())
    for words in ("donderdag 10 juni 2027 om 14u00", "donderdag 17 juni 2027 om 13u00", "2 mensen"):
        assert words in page
    assert "Jan Peeters" in page
    for registration in registrations:
        assert registration.managing_code not in page
        assert registration.joining_code not in page


@pytest.mark.parametrize(("tell", "told"), [("yes", 2), ("no", 0)])
def test_answer_decides_who_is_told_and_the_agenda_moves_along(
    tell: str, told: int, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    build.make_registration(session)
    build.make_registration(session)
    item = build.make_agenda_item(session, "14:05", "14:50")
    asked = desk.post(page_of(session), opened(desk, session) | {"day": "2027-06-17"})

    answer = desk.post(page_of(session), form_on(asked) | {"tell": tell})

    assert answer.status_code == 302
    session.refresh_from_db()
    item.refresh_from_db()
    assert session.starts_at == build.at("14:00", date(2027, 6, 17))
    assert item.starts_at == build.at("14:05", date(2027, 6, 17))
    assert session.sequence == 1
    assert kinds().count("events.changed") == told


def test_going_back_brings_the_form_as_it_was_typed(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)
    build.make_registration(session)
    asked = desk.post(
        page_of(session),
        opened(desk, session) | {"day": "2027-06-17", "summary_nl": "Een\r\n<b>twee</b>"},
    )

    back = desk.post(page_of(session), form_on(asked) | {"step": "back"})

    assert back.status_code == 200
    typed = form_on(back)
    assert (typed["day"], typed["summary_nl"]) == ("2027-06-17", "Een\n<b>twee</b>")
    session.refresh_from_db()
    assert session.starts_at == build.at("14:00")


@pytest.mark.parametrize(
    ("fields", "registered", "changes"),
    [
        ({}, False, {"day": "2027-06-17"}),
        ({"status": "draft"}, False, {"day": "2027-06-17"}),
        ({}, True, {"title_nl": "Anders"}),
        ({}, True, {"venue_nl": "", "capacity": "5"}),
        ({"venue_nl": "Zaal 1", "attendance": "hybrid"}, True, {"venue_fr": "Salle 1"}),
    ],
)
def test_nothing_is_asked_where_nobody_is_concerned(
    fields: Form, registered: bool, changes: Form, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, **fields)
    if registered:
        build.make_registration(session)

    answer = desk.post(page_of(session), opened(desk, session) | changes)

    assert answer.status_code == 302
    assert "events.changed" not in kinds()


def test_correcting_the_time_of_a_session_that_is_over_tells_nobody(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    build.make_registration(session)
    week = build.days(7)
    Session.objects.filter(pk=session.pk).update(
        starts_at=build.NOW - week,
        ends_at=build.NOW - week + build.days(0.1),
        registration_closes_at=build.NOW - 2 * week,
    )

    answer = desk.post(page_of(session), opened(desk, session) | {"ends": "23:00"})

    assert answer.status_code == 302
    session.refresh_from_db()
    assert session.ends_at == build.at("23:00", date(2027, 5, 3))


def test_another_place_is_asked_about_too(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, attendance="on_site", venue_nl="Zaal 1")
    build.make_registration(session)

    asked = desk.post(page_of(session), opened(desk, session) | {"venue_nl": "Zaal 2"})
    desk.post(page_of(session), form_on(asked) | {"tell": "yes"})

    page = unescape(asked.content.decode())
    assert "Zaal 1" in page
    assert "Zaal 2" in page
    assert kinds().count("events.changed") == 1


def test_move_to_before_the_deadline_is_refused_next_to_the_deadline(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    answer = desk.post(page_of(session), opened(desk, session) | {"day": "2027-06-01"})

    assert answer.status_code == 422
    assert "registration_closing" in answer.context["form"].errors


def test_preview_shows_a_draft_to_its_organisers_only(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, status="draft", link=build.LINK)
    build.make_agenda_item(session, title="Slim aankopen")

    page = desk.get(f"/organise/sessions/{session.slug}/preview/").content.decode()

    assert all(words in page for words in ("Slim aankopen", 'name="email"', "nog een concept"))
    assert build.LINK not in page
    assert desk.get(session.get_absolute_url()).status_code == 404
    assert Session.objects.get().status == "draft"


def test_page_costs_as_many_queries_with_many_registrations(
    desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(page_of(session))
        return len(captured)

    queries()  # what is read once and for all
    few = queries()
    for _ in range(5):
        build.make_registration(session)

    assert queries() == few
    assert Registration.objects.count() == 5


def test_free_slug_is_short_enough_for_any_title() -> None:
    slug = editing.free_slug("lang " * 100)

    assert len(slug) <= 70
    assert not slug.endswith("-")
