"""Who was there: the rules of marking, counting and finding, and what races leave behind."""

from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError, transaction

from accounts import directory
from accounts.auditing import SYSTEM, Actor
from accounts.models import Action, AuditEntry
from accounts.underway import finished
from events import attendance, privacy, registering
from events.attendance import Mark, Marked, NotMarked, Show
from events.models import Presence, Registration, SeatCount, Session
from events.refusing import SessionCancelled
from mailing.models import Message
from tests import build
from tests.build import make_registration, make_session
from tests.events.racing import PATIENCE_SECONDS, at_once

pytestmark = pytest.mark.django_db

START = build.at("14:00")
HERE, ONLINE = Mark("present", "on_site"), Mark("present", "online")
ABSENT, EXCUSED, NOTHING = Mark("absent"), Mark("excused"), Mark()
KEY = "0123456789abcdef0123456789abcdef"


def helper() -> Actor:
    return Actor(AuditEntry.Actor.USER, build.make_user(), "203.0.113.9")


def mark(row: Registration, wanted: Mark, *, seen: str = "", key: str = "") -> Marked:
    own = Registration.objects.select_related("session__programme").get(pk=row.pk)
    return attendance.mark(own, wanted, seen=seen, by=SYSTEM, now=START, key=key)


def said(row: Registration) -> Mark:
    return attendance.mark_of(Registration.objects.get(pk=row.pk))


def trace(row: Registration) -> list[tuple[list[str], list[str]]]:
    entries = AuditEntry.objects.about(row).filter(action=Action.REGISTRATION_MARKED)
    return [(one.details["before"], one.details["after"]) for one in entries.order_by("pk")]


# Marking -----------------------------------------------------------------------------------------


def test_marking_says_who_when_and_from_what_to_what() -> None:
    row = make_registration(make_session(attendance="hybrid"))
    by = helper()

    for seen, wanted in (
        ("", HERE),
        ("present", ABSENT),
        ("absent", EXCUSED),
        ("excused", NOTHING),
    ):
        attendance.mark(row, wanted, seen=seen, by=by, now=START)

    assert trace(row) == [
        (["", ""], ["present", "on_site"]),
        (["present", "on_site"], ["absent", ""]),
        (["absent", ""], ["excused", ""]),
        (["excused", ""], ["", ""]),
    ]
    entry = AuditEntry.objects.about(row).latest("pk")
    assert (entry.user, entry.at, entry.network_address) == (by.user, START, "203.0.113.9")
    assert entry.session_id == row.session_id
    assert not Presence.objects.exists()


def test_two_who_say_the_same_leave_one_mark_and_one_trace() -> None:
    row = make_registration(make_session())

    assert [mark(row, HERE), mark(row, HERE)] == [Marked.DONE, Marked.SAME]
    assert trace(row) == [(["", ""], ["present", "on_site"])]


def test_what_somebody_else_said_meanwhile_stays() -> None:
    row = make_registration(make_session())
    mark(row, EXCUSED)

    assert mark(row, HERE, seen="") is Marked.CHANGED
    assert said(row) == EXCUSED
    assert mark(row, HERE, seen="excused") is Marked.DONE
    assert said(row) == HERE


def test_who_opened_the_meeting_and_is_ticked_at_the_door_is_on_site() -> None:
    row = make_registration(make_session(attendance="hybrid"))
    attendance.take_part(row, by=SYSTEM, now=START)

    # The list at the door was made before that.
    assert mark(row, HERE, seen="") is Marked.DONE
    assert said(row) == HERE
    # The other way round, and once more, it stays so.
    attendance.take_part(row, by=SYSTEM, now=START)
    assert mark(row, ONLINE, seen="") is Marked.SAME
    assert said(row) == HERE


def test_request_that_comes_again_does_not_undo_what_came_between() -> None:
    row = make_registration(make_session())
    mark(row, HERE, key=KEY)
    mark(row, NOTHING, seen="present")

    # The answer to the first got lost; nothing is said of the person, as when it was first sent.
    assert mark(row, HERE, seen="", key=KEY) is Marked.SAME
    assert said(row) == NOTHING
    # Without a name the same request is another one.
    assert mark(row, HERE, seen="") is Marked.DONE


def test_key_of_one_person_says_nothing_of_another() -> None:
    session = make_session()
    one, other = make_registration(session), make_registration(session)
    mark(one, HERE, key=KEY)

    assert mark(other, HERE, key=KEY) is Marked.DONE


def test_who_waited_and_is_there_has_a_seat() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    row = make_registration(session)

    assert mark(row, HERE) is Marked.DONE

    row.refresh_from_db()
    seats = SeatCount.objects.get(session=session)
    assert (row.state, row.is_placed_by_hand) == ("confirmed", True)
    assert (seats.taken, seats.waiting, seats.granted_over) == (2, 0, 1)


@pytest.mark.parametrize("wanted", [ABSENT, EXCUSED])
def test_who_waits_cannot_be_missed(wanted: Mark) -> None:
    row = make_registration(make_session(capacity=0))

    with pytest.raises(NotMarked):
        mark(row, wanted)


def test_cancelled_or_anonymous_person_is_not_marked() -> None:
    session = make_session()
    cancelled, anonymous = make_registration(session), make_registration(session)
    registering.cancel(cancelled, now=build.NOW, by=Registration.CancelledBy.OWNER)
    build.anonymise(anonymous)

    for row in (cancelled, anonymous):
        with pytest.raises(NotMarked):
            mark(row, HERE)
    assert not Presence.objects.exists()


def test_nobody_is_present_before_the_day_but_somebody_can_be_excused() -> None:
    session = make_session(capacity=1)
    row, waiting = make_registration(session), make_registration(session)
    evening = build.at("00:00") - timedelta(seconds=1)

    for each in (row, waiting):
        with pytest.raises(NotMarked):
            attendance.mark(each, HERE, seen="", by=SYSTEM, now=evening)
    attendance.mark(row, EXCUSED, seen="", by=SYSTEM, now=evening)

    waiting.refresh_from_db()
    assert waiting.is_waiting
    assert said(row) == EXCUSED


def test_mark_says_how_of_who_was_there_and_of_nobody_else() -> None:
    row = make_registration(make_session())

    for state, how in (("present", ""), ("walk_in", ""), ("absent", "online"), ("", "on_site")):
        with pytest.raises(ValueError, match="How goes with"):
            Mark(state, how)
    for state, how in (("present", ""), ("excused", "online")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Presence.objects.create(registration=row, state=state, how=how, marked_at=START)


# Opening the meeting -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [
        (START - timedelta(hours=1, microseconds=1), False),
        (START - timedelta(hours=1), True),
        (build.at("16:30") - timedelta(microseconds=1), True),
        (build.at("16:30"), False),
    ],
)
def test_opening_the_meeting_counts_from_an_hour_before_until_the_end(
    moment: datetime, is_there: bool
) -> None:
    row = make_registration(make_session())

    attendance.take_part(row, by=SYSTEM, now=moment)

    assert said(row).is_there is is_there


def test_who_was_called_absent_and_opens_the_meeting_is_there() -> None:
    row = make_registration(make_session())
    mark(row, ABSENT)

    attendance.take_part(row, by=SYSTEM, now=START)
    attendance.take_part(row, by=SYSTEM, now=START)

    assert said(row) == ONLINE
    assert len(trace(row)) == 2


# Without registering -----------------------------------------------------------------------------


def walk_in(session: Session, email: str = "laat@gent.be", key: str = "") -> registering.Outcome:
    own = Session.objects.select_related("programme").get(pk=session.pk)
    return attendance.walk_in(
        own, name="Lies Laat", email=email, how="on_site", by=SYSTEM, now=START, key=key
    )


def test_walk_in_gets_a_seat_a_mail_and_the_organisation_of_the_address() -> None:
    gent = build.make_organisation(name="Stad Gent")
    gent.domains.create(domain="gent.be")
    directory.index_names(gent)
    session = make_session(capacity=0, attendance="on_site", venue="Gent")

    outcome = walk_in(session)

    row = Registration.objects.get(pk=outcome.registration.pk)
    seats = SeatCount.objects.get(session=session)
    assert (row.state, row.organisation_name, row.organisation) == ("confirmed", "Stad Gent", gent)
    assert said(row) == Mark("walk_in", "on_site")
    assert (seats.taken, seats.granted_over) == (1, 1)
    assert list(Message.objects.values_list("kind", "object_id")) == [("events.registered", row.pk)]
    actions = AuditEntry.objects.about(row).order_by("pk").values_list("action", flat=True)
    assert list(actions) == [Action.REGISTRATION_ADDED, Action.REGISTRATION_MARKED]


def test_walk_in_sent_twice_is_one_person_also_when_the_address_was_mended() -> None:
    session = make_session()

    first = walk_in(session, "lies@gent.be", KEY)
    walk_in(session, "lies@gent.be", KEY)
    again = walk_in(session, "liesl@gent.be", KEY)

    assert first.registration == again.registration
    assert session.registrations.count() == 1
    assert SeatCount.objects.get(session=session).taken == 1
    assert len(trace(first.registration)) == 1


def test_walk_in_sent_again_does_not_bring_back_what_was_undone() -> None:
    session = make_session()
    row = walk_in(session, key=KEY).registration
    mark(row, NOTHING, seen="walk_in")

    walk_in(session, key=KEY)

    assert said(row) == NOTHING


@pytest.mark.parametrize("capacity", [None, 0])
def test_walk_in_who_turns_out_to_be_registered_is_present(capacity: int | None) -> None:
    session = make_session(capacity=capacity)
    row = make_registration(session, email="Laat@gent.be")

    outcome = walk_in(session)

    assert (outcome.registration.pk, outcome.is_own) == (row.pk, False)
    row.refresh_from_db()
    assert row.is_confirmed
    assert said(row) == HERE


def test_walk_in_after_the_session_is_typed_in_from_paper() -> None:
    session = make_session()

    outcome = attendance.walk_in(
        session, name="Lies", email="l@gent.be", how="online", by=SYSTEM, now=START + build.days(3)
    )

    assert said(outcome.registration) == Mark("walk_in", "online")


def test_walk_in_is_refused_before_the_day_and_where_nothing_takes_place() -> None:
    session = make_session()
    with pytest.raises(NotMarked):
        attendance.walk_in(
            session, name="Lies", email="l@gent.be", how="on_site", by=SYSTEM, now=build.NOW
        )
    Session.objects.filter(pk=session.pk).update(status=Session.Status.CANCELLED)
    with pytest.raises(SessionCancelled):
        walk_in(session)

    assert not Registration.objects.exists()


# Many --------------------------------------------------------------------------------------------


def test_marking_many_leaves_those_alone_who_changed_meanwhile() -> None:
    session = make_session()
    one, changed, cancelled = [make_registration(session) for _ in range(3)]
    mark(changed, HERE)
    registering.cancel(cancelled, now=build.NOW, by=Registration.CancelledBy.ORGANISER)
    elsewhere = make_registration(make_session())
    seen = {one.pk: "", changed.pk: "", cancelled.pk: "", elsewhere.pk: ""}

    result = finished(attendance.mark_all(session, seen, ABSENT, by=SYSTEM, now=START))

    assert ([row.pk for row in result.done], [row.pk for row in result.skipped]) == (
        [one.pk],
        [changed.pk, cancelled.pk],
    )
    assert (said(one), said(changed), said(elsewhere)) == (ABSENT, HERE, NOTHING)


# Counting and finding ----------------------------------------------------------------------------


def test_counts_add_up_also_once_names_are_gone() -> None:
    session = make_session(attendance="hybrid", capacity=7)
    rows = [make_registration(session) for _ in range(8)]
    for row, wanted in zip(rows, (HERE, HERE, ONLINE, ABSENT, EXCUSED), strict=False):
        mark(row, wanted)
    walk_in(session)
    cancelled = rows[6]
    registering.cancel(cancelled, now=START, by=Registration.CancelledBy.OWNER)
    before = attendance.counts(session)

    assert before == attendance.Counts(
        expected=6, there=4, walk_ins=1, on_site=3, online=1, absent=1, excused=1
    )
    assert (before.open, before.away, before.everybody) == (1, 2, 7)
    assert session.registrations.there().count() == 4
    privacy.expire(session.ends_at + build.days(91))
    assert attendance.counts(session) == before
    assert not Registration.objects.named().exists()


def test_list_goes_by_name_and_search_forgives_accents_case_and_order() -> None:
    session = make_session(capacity=4)
    names = ["Wout Maes", "Élodie Dupont", "an peeters", "Bo Elst"]
    rows = {name: make_registration(session, name=name) for name in names}
    waiting = make_registration(session, name="Élodie Wacht", organisation_name="Cité Liège")
    mark(rows["Bo Elst"], HERE)

    def found(**asked: object) -> list[str]:
        numbers = attendance.numbers(session, **asked)
        return [Registration.objects.get(pk=number).name for number in numbers]

    assert found() == ["an peeters", "Élodie Dupont", "Wout Maes"]
    assert found(show=Show.THERE) == ["Bo Elst"]
    assert found(show=Show.ALL) == ["an peeters", "Bo Elst", "Élodie Dupont", "Wout Maes"]
    assert found(show=Show.AWAY) == []
    # A search looks through everybody, who waits or is marked too.
    assert found(text=" ELODIE ") == ["Élodie Dupont", "Élodie Wacht"]
    assert found(text="liege wacht") == [waiting.name]
    assert found(text="elst", show=Show.AWAY) == ["Bo Elst"]
    assert found(text="niemand") == []


# Races -------------------------------------------------------------------------------------------


def ticking(row: Registration, wanted: Mark, seen: str = "", key: str = "") -> "partial[Marked]":
    own = Registration.objects.select_related("session__programme").get(pk=row.pk)
    return partial(attendance.mark, own, wanted, seen=seen, by=SYSTEM, now=START, key=key)


@pytest.mark.django_db(transaction=True)
def test_two_helpers_at_once_mark_somebody_once() -> None:
    row = make_registration(make_session())

    results = at_once(*[ticking(row, HERE, key=f"{n:032x}") for n in range(8)])

    assert sorted(results) == [Marked.DONE, *[Marked.SAME] * 7]
    assert trace(row) == [(["", ""], ["present", "on_site"])]


@pytest.mark.django_db(transaction=True)
def test_two_helpers_at_once_who_disagree_leave_what_the_first_said() -> None:
    row = make_registration(make_session())

    results = at_once(ticking(row, ABSENT), ticking(row, EXCUSED), ticking(row, ABSENT))

    assert results.count(Marked.DONE) == 1
    first = [ABSENT, EXCUSED, ABSENT][results.index(Marked.DONE)]
    assert said(row) == first
    assert len(trace(row)) == 1


@pytest.mark.django_db(transaction=True)
def test_press_and_tick_at_once_leave_them_on_site() -> None:
    row = make_registration(make_session(attendance="hybrid"))
    own = Registration.objects.select_related("session__programme").get(pk=row.pk)
    press = partial(attendance.take_part, own, by=SYSTEM, now=START)

    results = at_once(press, ticking(row, HERE), press)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert said(row) == HERE


@pytest.mark.django_db(transaction=True)
def test_one_walk_in_sent_by_two_at_once_is_one_person() -> None:
    session = make_session(capacity=0)

    results = at_once(*[partial(walk_in, session, key=KEY) for _ in range(5)])

    assert [result for result in results if isinstance(result, Exception)] == []
    assert session.registrations.count() == 1
    assert SeatCount.objects.get(session=session).taken == 1
    assert len(trace(results[0].registration)) == 1


@pytest.mark.django_db(transaction=True)
def test_tick_for_who_waits_and_moving_up_at_once_seat_each_once() -> None:
    session = make_session(capacity=1)
    seated, first, second = [make_registration(session) for _ in range(3)]
    own = Registration.objects.select_related("session").get(pk=seated.pk)
    cancelling = partial(registering.cancel, own, now=build.NOW, by=Registration.CancelledBy.OWNER)

    results = at_once(ticking(first, HERE), cancelling, ticking(second, HERE))

    assert [result for result in results if isinstance(result, Exception)] == []
    seats = SeatCount.objects.get(session=session)
    confirmed = session.registrations.confirmed().count()
    assert (seats.taken, seats.waiting, confirmed) == (2, 0, 2)
    assert {said(first), said(second)} == {HERE}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_race_that_marks_without_the_lock_doubles_the_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: what the lock keeps from happening."""
    row = make_registration(make_session())
    have_looked = Barrier(4)

    def unlocked(registration: Registration) -> Registration:
        rows = Registration.objects.select_related("session__programme")
        found = rows.get(pk=registration.pk)
        attendance.mark_of(found)  # as it is now, before any of them wrote
        have_looked.wait(PATIENCE_SECONDS)
        return found

    monkeypatch.setattr(attendance, "_locked", unlocked)
    at_once(*[ticking(row, HERE) for _ in range(4)])

    assert len(trace(row)) == 4
