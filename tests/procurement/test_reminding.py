from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import Theme
from mailing import outbox
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import following, reminding
from procurement.changing import Edit, save_deadline
from procurement.models import OFFSETS, Call, Deadline, Follower, Reminder
from procurement.reminding import due_at
from tests.build import make_call, make_deadline
from tests.procurement.build import deliver, make_follow

pytestmark = pytest.mark.django_db

LAST_DAY = date(2027, 9, 24)
NEW_YORK, AUCKLAND = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")


def brussels(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BRUSSELS).astimezone(UTC)


def closing_on(day: date, zone: ZoneInfo = BRUSSELS) -> Closing:
    return Closing.from_local(Edge.AT_TIME, day, None, zone)


def move(deadline: Deadline, to: Closing, *, now: datetime) -> None:
    deadline.edge, deadline.closes_at = to.edge, to.closes_at
    save_deadline(deadline, Edit(None, now, "Verplaatst"))


def reasons() -> list[tuple[int, int]]:
    """Of each reminder: the days before, and the version of the date."""
    return list(Reminder.objects.order_by("pk").values_list("days_before", "version"))


def sent() -> list[str]:
    """The recipients of the reminders that left."""
    rows = Message.objects.filter(kind="procurement.reminders", state=Message.State.SENT)
    return sorted(rows.values_list("recipient", flat=True))


# When --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_day", "days_before", "expected"),
    [
        (date(2027, 9, 24), 1, "2027-09-23T06:00:00+00:00"),
        (date(2027, 9, 24), 30, "2027-08-25T06:00:00+00:00"),
        # The clocks go forward on 28 March 2027 and back on 31 October 2027.
        (date(2027, 3, 28), 1, "2027-03-27T07:00:00+00:00"),
        (date(2027, 3, 29), 1, "2027-03-28T06:00:00+00:00"),
        (date(2027, 4, 4), 7, "2027-03-28T06:00:00+00:00"),
        (date(2027, 4, 3), 7, "2027-03-27T07:00:00+00:00"),
        (date(2027, 10, 31), 1, "2027-10-30T06:00:00+00:00"),
        (date(2027, 11, 1), 1, "2027-10-31T07:00:00+00:00"),
        (date(2027, 11, 7), 7, "2027-10-31T07:00:00+00:00"),
        (date(2027, 11, 6), 7, "2027-10-30T06:00:00+00:00"),
    ],
)
def test_reminder_is_due_in_the_morning_also_over_a_change_of_the_clocks(
    last_day: date, days_before: int, expected: str
) -> None:
    deadline = make_deadline(closing=closing_on(last_day))

    assert due_at(deadline, days_before).isoformat() == expected


@pytest.mark.parametrize(
    "closing",
    [
        Closing.from_local(Edge.BEFORE_DATE, date(2027, 9, 25), None, BRUSSELS),
        Closing.from_local(Edge.THROUGH_DATE, LAST_DAY, None, BRUSSELS),
        Closing.from_local(Edge.ON_DATE, LAST_DAY, None, BRUSSELS, hour_is_stated=False),
        closing_on(LAST_DAY),
        closing_on(LAST_DAY, NEW_YORK),
        closing_on(LAST_DAY, AUCKLAND),
    ],
    ids=str,
)
def test_days_are_counted_from_the_last_day_as_it_is_said(closing: Closing) -> None:
    deadline = make_deadline(closing=closing)

    assert due_at(deadline, 7) == brussels(2027, 9, 17)


@given(
    day=st.dates(date(2026, 1, 2), date(2040, 1, 1)),
    zone=st.sampled_from([BRUSSELS, NEW_YORK, AUCKLAND]),
    days_before=st.sampled_from(OFFSETS),
)
@example(day=date(2027, 3, 29), zone=BRUSSELS, days_before=1)
def test_reminder_always_comes_at_eight_in_brussels(
    day: date, zone: ZoneInfo, days_before: int
) -> None:
    closing = closing_on(day, zone)
    deadline = Deadline(edge=closing.edge, closes_at=closing.closes_at, time_zone=zone.key)

    local = due_at(deadline, days_before).astimezone(BRUSSELS)

    assert (local.hour, local.minute) == (8, 0)
    assert local.date() == day - timedelta(days=days_before)


# Planning ----------------------------------------------------------------------------------------


def test_follower_is_reminded_at_each_chosen_moment_and_no_other() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call, offsets=(14, 1))

    days = []
    for number in range(-40, 3):
        if deliver(brussels(2027, 9, 24) + timedelta(days=number)):
            days.append(-number)

    assert days == [14, 1]
    assert reasons() == [(14, 0), (1, 0)]


def test_reminder_goes_at_the_very_moment_and_not_before() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)

    deliver(brussels(2027, 9, 10))
    early = deliver(brussels(2027, 9, 17) - timedelta.resolution)
    at_once = deliver(brussels(2027, 9, 17))

    assert (early, at_once) == (0, 1)
    assert reasons() == [(14, 0), (7, 0)]


def test_planning_again_mails_nobody_twice() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)
    now = brussels(2027, 9, 17)

    for minutes in (0, 0, 1, 60 * 9):
        deliver(now + timedelta(minutes=minutes))

    assert sent() == ["volger@example.org"]


def test_worker_that_was_down_still_reminds_once_for_all_that_is_late() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)
    deliver(brussels(2027, 8, 25))

    # Down from before the 14th day until after the 7th.
    deliver(brussels(2027, 9, 19, 3, 15))

    assert reasons() == [(30, 0), (7, 0)]
    assert len(sent()) == 2


@pytest.mark.parametrize("night", [date(2027, 3, 28), date(2027, 10, 31)], ids=str)
def test_worker_off_over_a_change_of_the_clocks_reminds_once_when_it_is_back(night: date) -> None:
    make_follow(call=make_deadline(closing=closing_on(night + timedelta(days=7))).call)
    evening = brussels(night.year, night.month, night.day, 22) - timedelta(days=1)
    deliver(evening)
    before = len(sent())

    back = [deliver(evening + timedelta(hours=hours)) for hours in (12, 13, 24, 36)]

    # The fourteenth day went the week before; this night brought the seventh, and only that.
    assert (before, back) == (1, [1, 0, 0, 0])
    assert reasons()[-1] == (7, 0)


def test_late_reminder_that_was_chosen_alone_still_goes() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call, offsets=(14,))

    deliver(brussels(2027, 9, 19))

    assert reasons() == [(14, 0)]


def test_nobody_is_reminded_of_what_is_past() -> None:
    closing = closing_on(LAST_DAY)
    make_follow(call=make_deadline(closing=closing).call)

    deliver(closing.closes_at)

    assert not Reminder.objects.exists()
    assert not Message.objects.exists()


def test_reminder_that_waited_until_the_deadline_was_past_is_dropped() -> None:
    closing = closing_on(LAST_DAY)
    make_follow(call=make_deadline(closing=closing).call)
    outbox.plan(closing.closes_at - timedelta(seconds=1))

    now = closing.closes_at
    outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False)

    assert Message.objects.get().state == Message.State.DROPPED


def test_who_follows_from_today_is_not_reminded_of_what_was_due_before() -> None:
    deadline = make_deadline(closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call, confirmed_at=brussels(2027, 9, 17, 9))

    deliver(brussels(2027, 9, 17, 10))
    deliver(brussels(2027, 9, 23))

    assert reasons() == [(1, 0)]


def test_who_has_not_confirmed_is_not_reminded() -> None:
    deadline = make_deadline(closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call, confirmed_at=None)

    deliver(brussels(2027, 9, 23))

    assert not Message.objects.exists()


@pytest.mark.parametrize("status", [Call.Status.DRAFT, Call.Status.SUSPENDED, "cancelled"])
def test_call_that_does_not_run_reminds_nobody(status: str) -> None:
    deadline = make_deadline(call=make_call(status=status), closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call)

    deliver(brussels(2027, 9, 23))

    assert not Message.objects.exists()


def test_decision_and_cancelled_date_remind_nobody() -> None:
    call = make_call()
    make_deadline(call=call, kind=Deadline.Kind.DECISION, closing=closing_on(LAST_DAY))
    make_deadline(call=call, closing=closing_on(LAST_DAY), cancelled_at=brussels(2027, 1, 1))
    make_follow(call=call)

    deliver(brussels(2027, 9, 23))

    assert not Message.objects.exists()


# Moved -------------------------------------------------------------------------------------------


def test_postponed_deadline_is_reminded_of_anew() -> None:
    deadline = make_deadline(closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call)
    deliver(brussels(2027, 9, 17))

    move(deadline, closing_on(date(2027, 10, 15)), now=brussels(2027, 9, 20, 11))
    for day in range(50):
        deliver(brussels(2027, 9, 20, 12) + timedelta(days=day))

    # The thirtieth day before 15 October was past when it was told.
    assert reasons() == [(7, 0), (14, 1), (7, 1), (1, 1)]


def test_deadline_brought_forward_is_not_reminded_of_for_days_already_past() -> None:
    deadline = make_deadline(closing=closing_on(date(2027, 10, 15)))
    make_follow(call=deadline.call)

    move(deadline, closing_on(LAST_DAY), now=brussels(2027, 9, 17, 9))
    for day in range(30):
        deliver(brussels(2027, 9, 17, 10) + timedelta(days=day))

    assert reasons() == [(1, 1)]


def test_deadline_that_moves_there_and_back_is_reminded_of_anew_each_time() -> None:
    deadline = make_deadline(closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call, offsets=(1,))

    move(deadline, closing_on(date(2027, 10, 15)), now=brussels(2027, 9, 1))
    move(deadline, closing_on(LAST_DAY), now=brussels(2027, 9, 2))
    deliver(brussels(2027, 9, 23))

    assert reasons() == [(1, 2)]


def test_reminder_of_a_date_that_moved_before_the_mail_left_is_dropped() -> None:
    deadline = make_deadline(closing=closing_on(LAST_DAY))
    make_follow(call=deadline.call)
    now = brussels(2027, 9, 17)
    outbox.plan(now)

    move(deadline, closing_on(date(2027, 12, 31)), now=now)
    outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False)

    assert Message.objects.get().state == Message.State.DROPPED


# One mail a day ----------------------------------------------------------------------------------


def test_reminders_of_one_day_go_in_one_mail() -> None:
    first, second = (
        make_deadline(closing=closing_on(LAST_DAY)),
        make_deadline(closing=closing_on(date(2027, 9, 30))),
    )
    theme = Theme.objects.create(number=1, code="ethiek", title="E", short_title="E")
    first.call.themes.add(theme)
    make_follow(call=first.call)
    make_follow(theme=theme)
    make_follow(offsets=(7, 14))

    deliver(brussels(2027, 9, 17))

    assert sorted(reasons()) == [(7, 0), (14, 0)]
    assert sent() == ["volger@example.org"]
    assert {row.deadline for row in Reminder.objects.all()} == {first, second}


def test_what_becomes_due_after_the_mail_of_the_day_left_goes_the_next_morning() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)
    deliver(brussels(2027, 9, 17))
    late = make_deadline(closing=closing_on(date(2027, 9, 24)))
    make_follow(call=late.call)

    same_day = deliver(brussels(2027, 9, 17, 9))
    before_eight = deliver(brussels(2027, 9, 18, 7, 59))
    next_day = deliver(brussels(2027, 9, 18))

    assert (same_day, before_eight, next_day) == (0, 0, 1)


def test_mail_that_still_waits_takes_more_with_it() -> None:
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)
    now = brussels(2027, 9, 17)
    outbox.plan(now)
    make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)

    deliver(now + timedelta(minutes=1))

    assert Reminder.objects.count() == 2
    assert Message.objects.count() == 1


def test_who_stopped_before_the_mail_left_gets_none() -> None:
    follow = make_follow(call=make_deadline(closing=closing_on(LAST_DAY)).call)
    now = brussels(2027, 9, 17)
    outbox.plan(now)

    following.stop(follow.follower)
    outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False)

    assert Message.objects.get().state == Message.State.DROPPED
    assert not Follower.objects.exists()


def planning_queries(now: datetime) -> Sequence[dict[str, str]]:
    with CaptureQueriesContext(connection) as queries:
        reminding.plan(now)
    return queries.captured_queries


def test_planning_costs_the_same_for_three_followers_and_for_forty() -> None:
    numbers = []
    # More rows than SQLite takes in one statement would be two.
    for size in (3, 40):
        deadline = make_deadline(closing=closing_on(LAST_DAY))
        for number in range(size):
            make_follow(email=f"volger{size}-{number}@example.org", call=deadline.call)
        numbers.append(len(planning_queries(brussels(2027, 9, 17))))
        Deadline.objects.all().delete()

    assert numbers[0] == numbers[1]
    assert Message.objects.count() == 43


def test_deadline_far_away_costs_no_query() -> None:
    before = len(planning_queries(brussels(2027, 1, 1)))
    for _number in range(3):
        make_deadline(closing=closing_on(LAST_DAY))

    assert len(planning_queries(brussels(2027, 1, 1))) == before
