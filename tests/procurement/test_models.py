from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.models import Deadline
from tests.build import NOW, days, make_call, make_deadline

pytestmark = pytest.mark.django_db

TICK = timedelta.resolution


def on(day: date, edge: Edge = Edge.AT_TIME, **fields: bool) -> Closing:
    return Closing.from_local(edge, day, None, BRUSSELS, **fields)


def test_coming_deadlines_are_those_not_yet_past_the_next_first() -> None:
    later = make_deadline(closing=Closing(Edge.AT_TIME, NOW + days(2), BRUSSELS))
    sooner = make_deadline(closing=Closing(Edge.AT_TIME, NOW + TICK, BRUSSELS))
    make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))

    assert list(Deadline.objects.coming(NOW)) == [sooner, later]


def test_past_deadlines_are_those_closed_by_now_the_latest_first() -> None:
    earlier = make_deadline(closing=Closing(Edge.AT_TIME, NOW - days(2), BRUSSELS))
    just_now = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    make_deadline(closing=Closing(Edge.AT_TIME, NOW + TICK, BRUSSELS))

    assert list(Deadline.objects.past(NOW)) == [just_now, earlier]


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("closing", "day"),
    [
        (on(date(2027, 12, 31)), date(2027, 12, 31)),
        (on(date(2028, 1, 1), Edge.BEFORE_DATE), date(2027, 12, 31)),
        # Half past midnight in Brussels is still yesterday in UTC.
        (Closing(Edge.AT_TIME, datetime(2027, 7, 31, 22, 30, tzinfo=UTC), BRUSSELS),
         date(2027, 8, 1)),
        # Eleven at night in New York is tomorrow in Brussels.
        (Closing.from_local(Edge.AT_TIME, date(2027, 7, 31), time(23), NEW_YORK),
         date(2027, 7, 31)),
    ],
)  # fmt: skip
def test_deadline_keeps_its_last_day_in_its_own_zone(closing: Closing, day: date) -> None:
    deadline = make_deadline(closing=closing)
    moved = make_deadline()
    moved.closes_at, moved.time_zone = closing.closes_at, closing.zone.key
    moved.save()
    copied = Deadline(
        call=make_call(),
        edge=closing.edge,
        closes_at=closing.closes_at,
        time_zone=closing.zone.key,
    )
    Deadline.objects.bulk_create([copied])

    for row in (deadline, moved, copied):
        assert Deadline.objects.get(pk=row.pk).last_date == day == closing.last_day


@pytest.mark.parametrize(
    ("closing", "wording"),
    [
        (on(date(2021, 12, 13)), "uiterlijk maandag 13 december 2021 om 24u00"),
        (on(date(2021, 6, 8), Edge.BEFORE_DATE), "vóór dinsdag 8 juni 2021"),
        (on(date(2021, 6, 7), Edge.THROUGH_DATE), "tot en met maandag 7 juni 2021"),
        (on(date(2021, 10, 14), Edge.ON_DATE), "op donderdag 14 oktober 2021"),
    ],
)
def test_deadline_says_its_moment_in_the_words_of_its_edge(closing: Closing, wording: str) -> None:
    deadline = make_deadline(closing=closing)
    deadline.refresh_from_db()

    assert deadline.closing.wording() == wording
    assert str(deadline) == f"{deadline.call.title}: {wording}"


def test_deadline_without_a_stated_hour_says_that_it_is_to_be_confirmed() -> None:
    closing = on(date(2021, 10, 14), Edge.ON_DATE, hour_is_stated=False)
    deadline = make_deadline(closing=closing, is_hour_stated=False)

    assert deadline.closing == closing
    assert "23u59" not in deadline.closing.reading()


def test_deadline_keeps_an_identity_for_calendars() -> None:
    first, second = make_deadline(), make_deadline()

    assert first.uid != second.uid
    assert first.sequence == 0


def test_database_refuses_the_same_step_of_a_call_twice() -> None:
    deadline = make_deadline()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_deadline(call=deadline.call)


def test_database_allows_two_steps_of_a_call_at_one_moment() -> None:
    deadline = make_deadline()

    make_deadline(call=deadline.call, kind=Deadline.Kind.PRE_NOTIFICATION)

    assert deadline.call.deadlines.count() == 2


def test_call_leads_to_its_page_in_the_active_language() -> None:
    call = make_call(slug="oproep")

    with translation.override("fr"):
        in_french = call.get_absolute_url()

    assert (call.get_absolute_url(), in_french) == ("/deadlines/oproep/", "/fr/deadlines/oproep/")


def test_pages_ask_once_for_all_deadlines(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        make_deadline()

    with django_assert_num_queries(1):
        shown = [
            (deadline.call.title, deadline.call.programme.name)
            for deadline in Deadline.objects.for_pages().coming(NOW)
        ]

    assert len(shown) == 3
