"""Copies of a session: what comes along, what does not, and what the clocks do."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Programme, Theme
from events import cloning, registering
from events.models import Session
from moments.edges import Closing, Edge
from moments.local import BRUSSELS, NoSuchMoment
from tests import build
from tests.build import NOW
from tests.page import CheckedClient

JULY = date(2027, 7, 8)


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def programme(db: None) -> Programme:
    return build.make_programme()


@pytest.fixture
def desk(programme: Programme) -> Client:
    client = CheckedClient()
    client.force_login(build.make_organiser(programme))
    return client


def send(desk: Client, session: Session, **sent: str) -> Any:
    return desk.post(f"/organise/sessions/{session.slug}/clone/", sent)


# Which days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2027, 1, 14), [date(2027, 1, 14), date(2027, 2, 11), date(2027, 3, 11)]),
        # A fifth Friday becomes the last one.
        (date(2027, 1, 29), [date(2027, 1, 29), date(2027, 2, 26), date(2027, 3, 26)]),
        (date(2027, 12, 1), [date(2027, 12, 1), date(2028, 1, 5), date(2028, 2, 2)]),
    ],
)
def test_monthly_keeps_the_weekday(first: date, expected: list[date]) -> None:
    assert cloning.monthly(first, 3) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 24))
def test_monthly_gives_one_day_of_that_weekday_in_each_month(first: date, number: int) -> None:
    days = cloning.monthly(first, number)

    assert days[0] == first
    assert {day.weekday() for day in days} == {first.weekday()}
    months = [day.year * 12 + day.month for day in days]
    assert months == list(range(months[0], months[0] + number))


# What comes along --------------------------------------------------------------------------------


def test_copy_has_texts_agenda_and_rules_and_nothing_personal(programme: Programme) -> None:
    session = build.make_session(
        programme=programme,
        title_nl="AI",
        title_fr="IA",
        capacity=12,
        link=build.LINK,
        asks_diet=True,
        audience_rule="limited",
        link_days_before=2,
        moved_from=NOW,
        sequence=4,
        link_round=1,
    )
    session.themes.add(Theme.objects.create(number=1, code="data", title="D", short_title="D"))
    block = build.make_agenda_item(session, "14:05", "15:15", kind="block", title="Blok")
    talk = build.make_agenda_item(session, "14:05", "14:50", title="Lezing", parent=block)
    build.make_speaker(talk, name="An Janssens", role="jurist")
    registering.register(session, build.applicant(), received_at=NOW, by_organiser=True)

    [copy] = cloning.clone(session, [JULY], by=SYSTEM, now=NOW)

    copy = Session.objects.get(pk=copy.pk)
    assert (copy.status, copy.title_nl, copy.title_fr, copy.seats.capacity) == (
        "draft",
        "AI",
        "IA",
        12,
    )
    assert (copy.asks_diet, copy.audience_rule, copy.link_days_before) == (True, "limited", 2)
    assert (copy.moved_from, copy.sequence, copy.link_round, copy.seats.taken) == (None, 0, 0, 0)
    assert copy.uid != session.uid
    assert not hasattr(copy, "virtual_link")
    assert not copy.registrations.exists()
    assert [theme.code for theme in copy.themes.all()] == ["data"]
    items = list(copy.agenda_items.in_order().with_speakers())
    assert [(item.title, item.parent and item.parent.title) for item in items] == [
        ("Blok", None),
        ("Lezing", "Blok"),
    ]
    assert items[1].starts_at == build.at("14:05", JULY)
    assert [(c.speaker.name, c.role) for c in items[1].contributions.all()] == [
        ("An Janssens", "jurist")
    ]
    assert session.agenda_items.count() == 2
    assert copy.versions.count() == 1


@pytest.mark.parametrize(
    ("closing", "wording"),
    [
        ((Edge.BEFORE_DATE, date(2027, 6, 8), None), "vóór dinsdag 6 juli 2027"),
        ((Edge.THROUGH_DATE, date(2027, 6, 7), None), "tot en met maandag 5 juli 2027"),
        ((Edge.AT_TIME, date(2027, 6, 7), None), "uiterlijk maandag 5 juli 2027 om 24u00"),
    ],
)
def test_deadline_lies_as_many_days_before_and_is_said_the_same_way(
    closing: Any, wording: str, programme: Programme
) -> None:
    session = build.make_session(
        programme=programme, closing=Closing.from_local(*closing, BRUSSELS)
    )

    [copy] = cloning.clone(session, [JULY], by=SYSTEM, now=NOW)

    assert copy.closing.wording() == wording


def test_times_stay_on_the_clock_over_a_clock_change(programme: Programme) -> None:
    session = build.make_session(
        programme=programme, registration_opens_at=build.at("09:00", date(2027, 5, 3))
    )
    winter = date(2027, 12, 9)

    [copy] = cloning.clone(session, [winter], by=SYSTEM, now=NOW)

    assert (copy.starts_at, copy.ends_at) == (build.at("14:00", winter), build.at("16:30", winter))
    assert copy.registration_opens_at == build.at("09:00", date(2027, 11, 1))
    assert copy.starts_at - session.starts_at == winter - date(2027, 6, 10) + timedelta(hours=1)
    assert copy.link_released_at == build.at("09:00", date(2027, 12, 8))


def test_time_that_the_clocks_skip_makes_no_copy_at_all(programme: Programme) -> None:
    session = build.make_session(
        programme=programme, starts_at=build.at("02:30"), ends_at=build.at("04:00")
    )

    with pytest.raises(NoSuchMoment):
        cloning.clone(session, [date(2028, 3, 19), date(2028, 3, 26)], by=SYSTEM, now=NOW)

    assert Session.objects.count() == 1


def test_addresses_of_copies_of_copies_stay_short_and_apart(programme: Programme) -> None:
    session = build.make_session(programme=programme, slug="x" * 80)

    [first] = cloning.clone(session, [JULY], by=SYSTEM, now=NOW)
    [second] = cloning.clone(first, [JULY], by=SYSTEM, now=NOW)

    assert first.slug == f"{'x' * 55}-2027-07-08"
    assert second.slug == f"{'x' * 55}-2027-07-08-2"


# The page ----------------------------------------------------------------------------------------


def test_series_is_made_for_months_and_days_together(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    answer = send(desk, session, first="2027-07-08", months="2", others="1/9/2027\n2027-10-5\n")

    assert answer.headers["Location"] == "/organise/"
    copies = Session.objects.exclude(pk=session.pk).order_by("starts_at")
    assert [copy.starts_at.date().isoformat() for copy in copies] == [
        "2027-07-08",
        "2027-08-12",
        "2027-09-01",
        "2027-10-05",
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"first": "8/7/2027"},
        {"first": "2027-07-08", "months": "0"},
        {"first": "2027-07-08", "months": "25"},
        {"first": "2027-07-08", "months": "24", "others": "2030-01-01"},
        {"first": "2027-07-08", "others": "2027-07-08"},
        {"first": "2027-07-08", "others": "31/2/2027"},
        {"first": "2027-07-08", "others": "morgen"},
        {"first": "2027-07-08", "others": "\0"},
        {"first": "9999-12-31"},
        {"first": "9999-12-01", "months": "3"},
        {"first": "0001-01-01"},
        {"first": "2027-07-08", "others": "2027-07-09\n" * 90},
    ],
)
def test_days_that_make_no_series_are_refused(
    sent: dict[str, str], desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    client = Client()  # the checked one finds what was typed, put back on the page
    client.cookies = desk.cookies

    answer = send(client, session, **sent)

    assert answer.status_code == 422
    assert Session.objects.count() == 1


def test_sending_no_day_says_what_is_missing(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    answer = send(desk, session)

    assert "first" in answer.context["form"].errors
