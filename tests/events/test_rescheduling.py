from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from events import registering, rescheduling
from events.models import Registration, SeatCount, Session, SessionState
from events.rescheduling import CannotMove, When
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import NOW, at, days, make_agenda_item, make_registration, make_session

pytestmark = pytest.mark.django_db

OWNER = Registration.CancelledBy.OWNER


def later(session: Session, **shift: float) -> When:
    """The same session, that much later."""
    by = timedelta(**shift)
    return When(session.starts_at + by, session.ends_at + by)


def told(kind: str) -> list[int]:
    """The registrations told so, in order."""
    return list(
        Message.objects.filter(kind=kind).order_by("pk").values_list("object_id", flat=True)
    )


# Moving ------------------------------------------------------------------------------------------


def test_move_takes_the_agenda_along() -> None:
    session = make_session()
    block = make_agenda_item(session, "14:05", "15:15", kind="block")
    talk = make_agenda_item(session, "14:05", "14:50", parent=block)
    elsewhere = make_agenda_item(make_session(), "14:05", "14:50")

    rescheduling.move(session, later(session, days=7, minutes=30), now=NOW)

    for item in (block, talk, elsewhere):
        item.refresh_from_db()
    day = date(2027, 6, 17)
    assert (block.starts_at, block.ends_at) == (at("14:35", day), at("15:45", day))
    assert (talk.starts_at, talk.ends_at) == (at("14:35", day), at("15:20", day))
    assert (elsewhere.starts_at, elsewhere.ends_at) == (at("14:05"), at("14:50"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (date(2027, 3, 25), date(2027, 4, 1)),
        (date(2027, 10, 28), date(2027, 11, 4)),
        (date(2027, 11, 4), date(2027, 10, 28)),
    ],
)
def test_move_over_a_clock_change_keeps_the_local_times_of_the_agenda(
    before: date, after: date
) -> None:
    closing = Closing.from_local(Edge.BEFORE_DATE, date(2027, 3, 20), None, BRUSSELS)
    session = make_session(
        starts_at=at("14:00", before), ends_at=at("16:30", before), closing=closing
    )
    item = make_agenda_item(session, starts_at=at("14:05", before), ends_at=at("14:50", before))

    rescheduling.move(session, When(at("14:00", after), at("16:30", after)), now=NOW)

    item.refresh_from_db()
    assert (item.starts_at, item.ends_at) == (at("14:05", after), at("14:50", after))


def test_move_to_another_day_starts_a_new_round_of_links() -> None:
    session = make_session()

    rescheduling.move(session, later(session, days=1), now=NOW)

    assert (session.link_round, session.sequence, session.moved_from) == (1, 1, at("14:00"))


def test_move_within_the_day_keeps_the_round_of_links() -> None:
    session = make_session()

    rescheduling.move(session, later(session, hours=2), now=NOW)

    assert (session.link_round, session.sequence, session.moved_from) == (0, 1, at("14:00"))


@pytest.mark.parametrize(
    ("start", "end", "rounds"),
    [("23:30", "23:59", 0), ("00:00", "01:00", 1), ("00:30", "01:30", 1)],
)
def test_move_over_midnight_is_another_day_by_the_local_calendar(
    start: str, end: str, rounds: int
) -> None:
    session = make_session()
    day = date(2027, 6, 10 + rounds)

    rescheduling.move(session, When(at(start, day), at(end, day)), now=NOW)

    assert session.link_round == rounds


def test_move_within_a_local_day_that_is_two_days_in_utc_is_the_same_day() -> None:
    session = make_session(starts_at=at("01:00"), ends_at=at("01:30"))

    rescheduling.move(session, When(at("03:00"), at("04:00")), now=NOW)

    assert session.link_round == 0


def test_move_counts_the_day_in_the_zone_of_the_session() -> None:
    """Both starts are on 10 June in New York, on two days in Brussels."""
    session = make_session(
        time_zone="America/New_York",
        starts_at=datetime(2027, 6, 10, 14, tzinfo=UTC),
        ends_at=datetime(2027, 6, 10, 15, tzinfo=UTC),
    )

    rescheduling.move(session, later(session, hours=12), now=NOW)

    assert session.link_round == 0


def test_move_to_the_same_time_changes_nothing() -> None:
    session = make_session()
    make_registration(session)

    rescheduling.move(session, When(session.starts_at, session.ends_at), now=NOW)

    assert (session.sequence, session.link_round, session.moved_from) == (0, 0, None)
    assert told("events.changed") == []


def test_move_of_the_end_alone_does_not_say_that_the_start_was_another() -> None:
    session = make_session()
    item = make_agenda_item(session)

    rescheduling.move(session, When(session.starts_at, at("17:00")), now=NOW)

    item.refresh_from_db()
    assert (session.sequence, session.link_round, session.moved_from) == (1, 0, None)
    assert item.starts_at == at("14:00")


def test_move_of_a_stale_session_counts_from_what_is_saved() -> None:
    session = make_session()
    item = make_agenda_item(session, "14:00", "14:45")
    stale = Session.objects.get(pk=session.pk)
    rescheduling.move(session, later(session, days=1), now=NOW)

    rescheduling.move(stale, When(at("14:00"), at("16:30")), now=NOW)

    item.refresh_from_db()
    assert item.starts_at == at("14:00")
    assert (stale.sequence, stale.link_round) == (2, 2)


def test_move_tells_everybody_with_a_seat_or_in_line() -> None:
    session = make_session(capacity=1)
    seated, waiting, gone = (make_registration(session) for _ in range(3))
    registering.cancel(gone, now=NOW, by=OWNER)
    make_registration(make_session())

    rescheduling.move(session, later(session, days=1), now=NOW)

    assert told("events.changed") == [seated.pk, waiting.pk]


def test_move_twice_tells_of_each_move() -> None:
    session = make_session()
    seated = make_registration(session)

    for _ in range(2):
        rescheduling.move(session, later(session, days=1), now=NOW)

    assert told("events.changed") == [seated.pk, seated.pk]


def test_move_tells_nobody_where_not_wanted() -> None:
    session = make_session()
    make_registration(session)

    rescheduling.move(session, later(session, days=1), now=NOW, tell=False)

    assert (session.sequence, told("events.changed")) == (1, [])


def test_move_of_a_draft_is_counted_and_leaves_no_other_trace() -> None:
    """Somebody may hold an entry from before it was taken back to draft."""
    session = make_session(status="draft")
    item = make_agenda_item(session, "14:00", "14:45")

    rescheduling.move(session, later(session, days=1), now=NOW)

    item.refresh_from_db()
    assert (session.sequence, session.link_round, session.moved_from) == (1, 0, None)
    assert item.starts_at == at("14:00", date(2027, 6, 11))


def test_move_grows_the_moment_of_the_last_change() -> None:
    session = make_session()
    Session.objects.filter(pk=session.pk).update(changed_at=NOW - days(400))
    before = timezone.now()

    rescheduling.move(session, later(session, days=1), now=NOW)

    assert session.changed_at >= before


def test_move_is_refused_when_it_would_end_before_its_start() -> None:
    session = make_session()
    item = make_agenda_item(session, "14:00", "14:45")

    with pytest.raises(CannotMove):
        rescheduling.move(session, When(at("16:30"), at("16:30")), now=NOW)

    session.refresh_from_db()
    item.refresh_from_db()
    assert (session.starts_at, item.starts_at) == (at("14:00"), at("14:00"))


def test_move_is_refused_when_registration_would_close_after_the_end() -> None:
    session = make_session()
    make_registration(session)

    with pytest.raises(CannotMove):
        rescheduling.move(session, later(session, days=-3), now=NOW)

    session.refresh_from_db()
    assert (session.starts_at, session.sequence) == (at("14:00"), 0)
    assert told("events.changed") == []


def test_move_may_end_when_registration_closes() -> None:
    session = make_session()
    ends_at = session.registration_closes_at

    rescheduling.move(session, When(ends_at - timedelta(hours=2), ends_at), now=NOW)

    assert session.ends_at == ends_at


def test_move_to_a_later_day_gives_seats_left_free_to_the_line() -> None:
    session = make_session(capacity=1, attendance="on_site", venue="Brussel")
    seated, first = make_registration(session), make_registration(session)
    too_late = session.starts_at - timedelta(hours=3)
    registering.cancel(seated, now=too_late, by=OWNER)

    rescheduling.move(session, later(session, days=7), now=too_late)

    first.refresh_from_db()
    assert first.is_confirmed
    assert told("events.promoted") == [first.pk]


# Another place -----------------------------------------------------------------------------------


def test_change_place_counts_and_tells() -> None:
    session = make_session(attendance="on_site", venue="Brussel")
    seated = make_registration(session)

    rescheduling.change_place(session, now=NOW)

    assert (session.sequence, session.link_round, session.changed_at) == (1, 0, NOW)
    assert told("events.changed") == [seated.pk]


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_change_place_that_nobody_comes_to_is_counted_and_not_told(status: str) -> None:
    session = make_session()
    make_registration(session)
    Session.objects.update(status=status)
    session.refresh_from_db()
    before = Message.objects.count()

    rescheduling.change_place(session, now=NOW)

    assert session.sequence == 1
    assert Message.objects.count() == before


# Cancelling --------------------------------------------------------------------------------------


def test_cancel_session_cancels_and_tells_everybody_live() -> None:
    session = make_session(capacity=1)
    seated, waiting, gone = (make_registration(session) for _ in range(3))
    registering.cancel(gone, now=NOW, by=OWNER)

    number = rescheduling.cancel_session(session, now=NOW)

    assert number == 2
    assert told("events.session_cancelled") == [seated.pk, waiting.pk]
    states = session.registrations.order_by("pk").values_list("state", "cancelled_by")
    assert list(states) == [("cancelled", "session")] * 2 + [("cancelled", "owner")]


def test_cancel_session_shows_as_cancelled_with_a_higher_sequence() -> None:
    session = make_session()

    rescheduling.cancel_session(session, now=NOW)

    assert (session.state(NOW, is_full=False), session.sequence) == (SessionState.CANCELLED, 1)
    assert session.changed_at == NOW


def test_cancel_session_twice_tells_once() -> None:
    session = make_session()
    seated = make_registration(session)
    read_before = Session.objects.get(pk=session.pk)

    numbers = [
        rescheduling.cancel_session(session, now=NOW),
        rescheduling.cancel_session(read_before, now=NOW),
    ]

    session.refresh_from_db()
    assert numbers == [1, 0]
    assert (told("events.session_cancelled"), session.sequence) == ([seated.pk], 1)


def test_cancel_session_leaves_other_sessions_alone() -> None:
    other = make_registration(make_session())

    rescheduling.cancel_session(make_session(), now=NOW)

    other.refresh_from_db()
    assert other.is_confirmed


def test_cancel_session_of_a_draft_does_nothing_that_lasts() -> None:
    session = make_session(status="draft")

    rescheduling.cancel_session(session, now=NOW)

    Session.objects.filter(pk=session.pk).update(status="published")
    session.refresh_from_db()
    assert make_registration(session).is_confirmed
    assert not SeatCount.objects.get(session=session).is_shut
