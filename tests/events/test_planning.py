"""The mails with the link: to everybody with a seat, once, the day before."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import messages, registering, rescheduling, seating
from events.models import Registration, Session, VirtualLink
from events.rescheduling import When
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import LINK, NOW, applicant, at, days, make_registration, make_session
from tests.events.racing import at_once

OWNER = Registration.CancelledBy.OWNER
TICK = timedelta.resolution
RELEASED = at("09:00", date(2027, 6, 9))


def sent_to() -> list[int]:
    """The registrations that were put a link in the outbox for, in order."""
    rows = Message.objects.filter(kind="events.link").order_by("pk")
    return list(rows.values_list("object_id", flat=True))


def link_keys() -> set[str]:
    return set(Message.objects.filter(kind="events.link").values_list("key", flat=True))


def session_on(start: datetime, **fields: object) -> Session:
    """A session of an hour whose registration closes at its start."""
    closing = Closing(Edge.BEFORE_TIME, start, BRUSSELS)
    ends_at = start + timedelta(hours=1)
    return make_session(starts_at=start, ends_at=ends_at, closing=closing, link=LINK, **fields)


# When --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "released_at"),
    [
        # The clock goes forward on Sunday 28 March 2027 and back on Sunday 31 October 2027.
        (date(2027, 3, 28), datetime(2027, 3, 27, 8, tzinfo=UTC)),
        (date(2027, 3, 29), datetime(2027, 3, 28, 7, tzinfo=UTC)),
        (date(2027, 10, 31), datetime(2027, 10, 30, 7, tzinfo=UTC)),
        (date(2027, 11, 1), datetime(2027, 10, 31, 8, tzinfo=UTC)),
        (date(2028, 3, 1), datetime(2028, 2, 29, 8, tzinfo=UTC)),
        (date(2028, 1, 1), datetime(2027, 12, 31, 8, tzinfo=UTC)),
    ],
)
def test_link_goes_out_at_nine_on_the_day_before_by_the_local_calendar(
    day: date, released_at: datetime
) -> None:
    registration = make_registration(session_on(at("14:00", day)), now=released_at - days(20))

    messages.plan(released_at - TICK)
    before = sent_to()
    messages.plan(released_at)

    assert (before, sent_to()) == ([], [registration.pk])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "fields", "released_at"),
    [
        (at("00:00"), {}, at("09:00", date(2027, 6, 9))),
        (at("23:59"), {}, at("09:00", date(2027, 6, 9))),
        (at("14:00"), {"link_days_before": 0}, at("09:00")),
        (at("14:00"), {"link_days_before": 7}, at("09:00", date(2027, 6, 3))),
        (at("14:00"), {"link_local_time": time(17, 30)}, at("17:30", date(2027, 6, 9))),
        (
            datetime(2027, 6, 10, 2, tzinfo=UTC),  # the evening of the 9th in New York
            {"time_zone": "America/New_York"},
            datetime(2027, 6, 8, 13, tzinfo=UTC),
        ),
    ],
)
def test_link_goes_out_when_the_session_says(
    start: datetime, fields: dict[str, object], released_at: datetime
) -> None:
    registration = make_registration(session_on(start, **fields), now=NOW)

    messages.plan(released_at - TICK)
    before = sent_to()
    messages.plan(released_at)

    assert (before, sent_to()) == ([], [registration.pk])


@pytest.mark.django_db
def test_link_missed_by_a_worker_that_was_away_goes_out_until_the_end() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)

    messages.plan(session.ends_at - TICK)

    assert sent_to() == [registration.pk]


@pytest.mark.django_db
def test_link_no_longer_goes_out_when_the_session_is_over() -> None:
    session = make_session(link=LINK)
    make_registration(session)

    messages.plan(session.ends_at)

    assert sent_to() == []


@pytest.mark.django_db
def test_link_mail_is_due_at_once_and_before_others() -> None:
    make_registration(make_session(link=LINK))

    messages.plan(RELEASED)

    message = Message.objects.get(kind="events.link")
    assert (message.due_at, message.priority) == (RELEASED, Message.Priority.URGENT)


# To whom -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_link_goes_to_each_once_however_often_it_is_planned() -> None:
    session = make_session(link=LINK)
    people = [make_registration(session) for _ in range(3)]

    for minutes in range(5):
        messages.plan(RELEASED + timedelta(minutes=minutes))

    assert sent_to() == [person.pk for person in people]


@pytest.mark.django_db
def test_clock_that_jumps_about_repeats_and_skips_no_link() -> None:
    session = make_session(link=LINK)
    first = make_registration(session)

    for hours in (3, -2, 30, 0, -2):  # hours after the release, as a broken clock tells them
        messages.plan(RELEASED + timedelta(hours=hours))
    second = make_registration(session)
    messages.plan(RELEASED - timedelta(hours=2))
    before = sent_to()
    messages.plan(RELEASED)

    assert (before, sent_to()) == ([first.pk], [first.pk, second.pk])


@pytest.mark.django_db
def test_link_goes_to_nobody_without_a_seat() -> None:
    session = make_session(link=LINK, capacity=2)
    seated, gone = make_registration(session), make_registration(session)
    make_registration(session)
    seating.set_capacity(session, 1, now=NOW)
    registering.cancel(gone, now=NOW, by=OWNER)

    messages.plan(RELEASED)

    assert sent_to() == [seated.pk]


@pytest.mark.django_db
def test_link_goes_at_the_next_planning_to_who_registers_after_the_release() -> None:
    session = make_session(link=LINK)
    early = make_registration(session)
    messages.plan(RELEASED)
    late = registering.register(
        session, applicant(), received_at=RELEASED, by_organiser=True
    ).registration

    messages.plan(RELEASED + timedelta(minutes=1))

    assert sent_to() == [early.pk, late.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "give_seat",
    [
        lambda seated, waiting: registering.cancel(seated, now=RELEASED, by=OWNER),
        lambda seated, waiting: seating.place(waiting, now=RELEASED),
        lambda seated, waiting: seating.set_capacity(waiting.session, 2, now=RELEASED),
    ],
)
def test_link_goes_at_the_next_planning_to_who_gets_a_seat_after_the_release(
    give_seat: Callable[[Registration, Registration], object],
) -> None:
    session = make_session(link=LINK, capacity=1)
    seated, waiting = make_registration(session), make_registration(session)
    messages.plan(RELEASED)
    give_seat(seated, waiting)

    messages.plan(RELEASED + timedelta(minutes=1))

    assert sent_to() == [seated.pk, waiting.pk]


@pytest.mark.django_db
def test_link_goes_anew_to_who_cancelled_and_came_back() -> None:
    session = make_session(link=LINK)
    first = make_registration(session, email="jan@example.org")
    messages.plan(RELEASED)
    registering.cancel(first, now=RELEASED, by=OWNER)
    back = registering.register(
        session, applicant("jan@example.org"), received_at=RELEASED, by_organiser=True
    ).registration

    messages.plan(RELEASED + timedelta(minutes=1))

    assert sent_to() == [first.pk, back.pk]


@pytest.mark.django_db
def test_link_that_is_missing_holds_the_mails_until_it_is_there() -> None:
    session = make_session()
    registration = make_registration(session)
    messages.plan(RELEASED)
    before = sent_to()
    VirtualLink.objects.create(session=session, url=LINK)

    messages.plan(RELEASED + timedelta(minutes=1))

    assert (before, sent_to()) == ([], [registration.pk])


@pytest.mark.django_db
def test_link_that_is_missing_for_one_session_holds_up_no_other() -> None:
    make_registration(make_session())
    registration = make_registration(make_session(link=LINK))

    messages.plan(RELEASED)

    assert sent_to() == [registration.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"attendance": "on_site", "venue": "Brussel"}, {"status": "draft"}, {"status": "cancelled"}],
)
def test_link_of_a_session_that_has_none_to_give_goes_to_nobody(fields: dict[str, str]) -> None:
    session = make_session(link=LINK)
    make_registration(session)
    Session.objects.filter(pk=session.pk).update(**fields)

    messages.plan(RELEASED)

    assert sent_to() == []


@pytest.mark.django_db
def test_link_of_a_hybrid_session_goes_out() -> None:
    registration = make_registration(make_session(link=LINK, attendance="hybrid", venue="Brussel"))

    messages.plan(RELEASED)

    assert sent_to() == [registration.pk]


# Moved sessions ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_link_goes_anew_when_the_session_moved_to_another_day() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)
    messages.plan(RELEASED)
    rescheduling.move(
        session, When(session.starts_at + days(7), session.ends_at + days(7)), now=RELEASED
    )

    messages.plan(RELEASED + days(7) - TICK)
    before = link_keys()
    messages.plan(RELEASED + days(7))
    messages.plan(RELEASED + days(7) + timedelta(minutes=1))

    first, second = (f"registration:{registration.pk}:link:{number}" for number in (0, 1))
    assert (before, link_keys()) == ({first}, {first, second})


@pytest.mark.django_db
def test_link_goes_once_when_the_session_moved_within_its_day() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)
    messages.plan(RELEASED)
    rescheduling.move(session, When(at("10:00"), at("11:00")), now=RELEASED)

    messages.plan(RELEASED + timedelta(minutes=1))

    assert sent_to() == [registration.pk]


@pytest.mark.django_db
def test_link_goes_once_when_the_session_moved_before_its_release() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)
    rescheduling.move(
        session, When(session.starts_at + days(7), session.ends_at + days(7)), now=NOW
    )

    messages.plan(RELEASED)
    messages.plan(RELEASED + days(7))

    assert sent_to() == [registration.pk]


# At what cost ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_planning_costs_the_same_queries_for_three_and_for_thirty_sessions() -> None:
    numbers = []
    for added in (3, 27):
        for _ in range(added):
            make_registration(make_session(link=LINK))
        Message.objects.filter(kind="events.link").delete()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            messages.plan(RELEASED)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]
    assert len(sent_to()) == 30


@pytest.mark.django_db
def test_planning_with_nothing_due_asks_one_question() -> None:
    make_registration(make_session(link=LINK))

    with CaptureQueriesContext(connection) as queries:
        messages.plan(NOW)

    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_planning_by_several_workers_at_once_puts_each_mail_in_once() -> None:
    session = make_session(link=LINK)
    people = [make_registration(session).pk for _ in range(20)]

    results = at_once(*[lambda: messages.plan(RELEASED)] * 6)

    assert results == [None] * 6
    assert sorted(sent_to()) == people
