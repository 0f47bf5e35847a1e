"""A month of the calendar, and the sessions on its days."""

from datetime import date, datetime, timedelta

import pytest
from time_machine import TimeMachineFixture

from events.models import Session
from events.months import Month, neighbours, weeks
from tests import build
from tests.page import CheckedClient

JUNE, JULY = Month(date(2027, 6, 1)), Month(date(2027, 7, 1))


@pytest.mark.parametrize(
    "text", ["", "2027", "2027-6", "2027-13", "2027-00", "1999-12", "2027-06-01", "٢٠٢٧-٠٦"]
)
def test_text_that_names_no_month_is_none(text: str) -> None:
    assert Month.read(text) is None


def test_month_is_written_as_it_is_read() -> None:
    assert Month.read("2027-06") == JUNE
    assert str(JUNE) == "2027-06"
    assert (JUNE.after, JULY.before) == (JULY, JUNE)
    assert Month.read("2027-12").after == Month(date(2028, 1, 1))


def test_weeks_run_from_monday_and_hold_each_day_once() -> None:
    shown = weeks(JUNE, [], build.NOW)

    assert [len(week) for week in shown] == [7] * 5
    assert shown[0][:2] == [None, shown[0][1]]
    assert shown[0][1].date == date(2027, 6, 1)
    assert [day.date.day for week in shown for day in week if day] == list(range(1, 31))


@pytest.mark.django_db
def test_session_stands_on_each_of_its_days_and_not_on_that_of_its_midnight() -> None:
    session = build.make_session(
        starts_at=build.at("22:00"), ends_at=build.at("00:00") + timedelta(days=2)
    )

    shown = weeks(JUNE, [session], build.NOW)

    days = [day.date.day for week in shown for day in week if day and day.sessions]
    assert days == [10, 11]


@pytest.mark.django_db
def test_month_holds_what_lies_in_it_in_part() -> None:
    def around(starts_at: datetime, hours: int) -> Session:
        return build.make_session(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))

    around(JUNE.starts_at - timedelta(hours=2), 2)
    over_the_edge = around(JUNE.starts_at - timedelta(hours=2), 3)
    last = around(JUNE.ends_at - timedelta(hours=1), 1)
    around(JUNE.ends_at, 1)

    found = Session.objects.within(JUNE.starts_at, JUNE.ends_at)

    assert list(found) == [over_the_edge, last]


def test_months_beside_lie_within_those_that_have_sessions() -> None:
    span = (build.at("14:00"), build.at("14:00") + timedelta(days=62))
    august = JULY.after

    found = {
        month: (neighbours(month, span).before, neighbours(month, span).after)
        for month in (Month(date(2020, 1, 1)), JUNE, JULY, august, Month(date(2099, 12, 1)))
    }

    assert list(found.values()) == [
        (None, JUNE), (None, JULY), (JUNE, august), (JULY, None), (august, None),
    ]  # fmt: skip
    assert neighbours(JUNE, None).after is None


@pytest.mark.django_db
def test_page_of_a_month_keeps_the_filters_and_leads_to_the_next(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(build.NOW)
    build.make_session(title="Sessie in juni", slug="juni", language="nl")
    build.make_session(title="Session de juin", slug="juin", language="fr")
    later = build.at("14:00") + timedelta(days=30)
    build.make_session(title="Sessie in juli", starts_at=later, ends_at=later + timedelta(hours=1))

    page = client.get("/sessions/?month=2027-06&language=nl").content.decode()

    assert '<h1 class="page-title">Sessies in juni 2027</h1>' in page
    assert page.count('href="/sessions/juni/"') == 2
    assert "Session de juin" not in page
    assert "Sessie in juli" not in page
    assert "?month=2027-07&amp;language=nl" in page
    assert 'rel="prev"' not in page
    assert "noindex" not in page


@pytest.mark.django_db
def test_month_without_a_session_is_kept_from_search_engines_and_leads_back(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(build.NOW)
    build.make_session()

    page = client.get("/fr/sessions/?month=2031-02").content.decode()

    assert 'content="noindex"' in page
    assert "?month=2027-06" in page
    assert "?month=2031-03" not in page
