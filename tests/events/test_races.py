"""The last seat, fought over by threads with real connections.

What is asserted holds for every order in which the threads may come.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError

from events import groups, registering, rescheduling, seating, sharing
from events.groups import Requester
from events.models import Registration, RegistrationGroup, SeatCount, Session
from events.refusing import SessionCancelled, SessionFull
from events.registering import Outcome
from mailing.models import Message
from tests.build import NOW, applicant, make_registration, make_session
from tests.events.racing import PATIENCE_SECONDS, at_once

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRMED, WAITING, CANCELLED = (
    Registration.State.CONFIRMED,
    Registration.State.WAITING,
    Registration.State.CANCELLED,
)


def newcomer(session: Session, email: str = "", **fields: Any) -> Callable[[], Outcome]:
    """Somebody's request, with a session read for it alone, as a page does."""
    own = Session.objects.get(pk=session.pk)
    return partial(registering.register, own, applicant(email, **fields), received_at=NOW)


def canceller(registration: Registration) -> Callable[[], bool]:
    """The owner's click on cancel."""
    own = Registration.objects.select_related("session").get(pk=registration.pk)
    return partial(registering.cancel, own, now=NOW, by=Registration.CancelledBy.OWNER)


def states(session: Session) -> Counter[str]:
    return Counter(session.registrations.values_list("state", flat=True))


def counters(session: Session) -> dict[str, int]:
    """What the seat count says, in the terms of `states`."""
    seats = SeatCount.objects.get(session=session)
    return {CONFIRMED: seats.taken, WAITING: seats.waiting}


def kinds_told(session: Session) -> Counter[str]:
    people = session.registrations.values_list("pk", flat=True)
    return Counter(Message.objects.filter(object_id__in=people).values_list("kind", flat=True))


@pytest.mark.parametrize(("people", "capacity"), [(50, 1), (40, 10)])
def test_register_by_many_at_once_confirms_exactly_the_capacity(people: int, capacity: int) -> None:
    session = make_session(capacity=capacity)

    results = at_once(*[newcomer(session) for _ in range(people)])

    assert [result for result in results if not isinstance(result, Outcome)] == []
    assert states(session) == {CONFIRMED: capacity, WAITING: people - capacity}
    assert counters(session) == {CONFIRMED: capacity, WAITING: people - capacity}


def test_register_by_many_at_once_gives_each_a_place_in_line_of_their_own() -> None:
    session = make_session(capacity=3)

    at_once(*[newcomer(session) for _ in range(20)])

    line = session.registrations.in_line()
    assert [person.place_in_line() for person in line] == list(range(1, 18))


def test_register_by_many_at_once_seats_those_who_were_first_by_number() -> None:
    session = make_session(capacity=3)

    at_once(*[newcomer(session) for _ in range(20)])

    in_order = list(session.registrations.order_by("pk").values_list("state", flat=True))
    assert in_order == [CONFIRMED] * 3 + [WAITING] * 17


def test_register_by_many_at_once_tells_each_of_them_once() -> None:
    session = make_session(capacity=3)

    at_once(*[newcomer(session) for _ in range(20)])

    assert kinds_told(session) == {"events.registered": 3, "events.waiting": 17}


def test_register_by_many_at_once_without_waiting_list_leaves_no_trace_of_the_rest() -> None:
    session = make_session(capacity=2, has_waiting_list=False)

    results = at_once(*[newcomer(session) for _ in range(12)])

    assert Counter(map(type, results)) == {Outcome: 2, SessionFull: 10}
    assert states(session) == {CONFIRMED: 2}
    assert counters(session) == {CONFIRMED: 2, WAITING: 0}


def test_register_with_one_address_many_times_at_once_makes_one_row() -> None:
    session = make_session(capacity=5)
    spellings = ["an@example.org", "AN@example.org", "an@EXAMPLE.org", " an@example.org "] * 3

    results = at_once(*[newcomer(session, email) for email in spellings])

    assert len({result.registration.pk for result in results}) == 1
    assert states(session) == {CONFIRMED: 1}
    assert counters(session) == {CONFIRMED: 1, WAITING: 0}


def test_register_with_one_form_many_times_at_once_sends_one_mail() -> None:
    session = make_session(capacity=5)

    results = at_once(
        *[newcomer(session, "an@example.org", form_token="form-1") for _ in range(12)]
    )

    assert [result.is_own for result in results] == [True] * 12
    assert kinds_told(session) == {"events.registered": 1}


def test_register_with_one_address_at_once_for_the_last_seat_takes_one_seat() -> None:
    session = make_session(capacity=1, has_waiting_list=False)

    results = at_once(
        *[newcomer(session, "an@example.org", form_token="form-1") for _ in range(12)]
    )

    assert {result.registration.state for result in results} == {CONFIRMED}
    assert counters(session) == {CONFIRMED: 1, WAITING: 0}


def test_register_for_a_session_without_seat_count_counts_everybody() -> None:
    session = make_session()
    SeatCount.objects.filter(session=session).delete()

    results = at_once(*[newcomer(session) for _ in range(12)])

    assert [result for result in results if not isinstance(result, Outcome)] == []
    assert counters(session) == {CONFIRMED: 12, WAITING: 0}


def test_cancel_by_two_at_once_promotes_exactly_the_first_two_in_line() -> None:
    session = make_session(capacity=2)
    seated = [make_registration(session) for _ in range(2)]
    line = [make_registration(session) for _ in range(5)]

    results = at_once(*[canceller(registration) for registration in seated])

    assert results == [True, True]
    promoted = list(session.registrations.confirmed().order_by("pk"))
    assert promoted == line[:2]
    assert counters(session) == {CONFIRMED: 2, WAITING: 3}


def test_cancel_of_one_registration_twice_at_once_promotes_one() -> None:
    session = make_session(capacity=1)
    seated = make_registration(session)
    first, _second = make_registration(session), make_registration(session)

    results = at_once(*[canceller(seated) for _ in range(6)])

    assert sorted(results) == [False] * 5 + [True]
    assert list(session.registrations.confirmed()) == [first]
    assert counters(session) == {CONFIRMED: 1, WAITING: 1}


def test_cancel_racing_with_register_leaves_no_seat_idle_while_somebody_waits() -> None:
    session = make_session(capacity=4)
    seated = [make_registration(session) for _ in range(4)]

    at_once(
        *[canceller(registration) for registration in seated],
        *[newcomer(session) for _ in range(8)],
    )

    assert states(session) == {CONFIRMED: 4, WAITING: 4, CANCELLED: 4}
    assert counters(session) == {CONFIRMED: 4, WAITING: 4}


def test_cancel_of_a_seat_and_of_a_place_in_line_at_once_keeps_the_count() -> None:
    session = make_session(capacity=1)
    seated, first, second = (make_registration(session) for _ in range(3))

    at_once(canceller(seated), canceller(first))

    assert list(session.registrations.confirmed()) == [second]
    assert counters(session) == {CONFIRMED: 1, WAITING: 0}


def test_place_racing_with_cancel_of_the_same_person_ends_cancelled() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)

    at_once(canceller(waiting), partial(seating.place, waiting, now=NOW))

    waiting.refresh_from_db()
    assert waiting.is_cancelled
    assert counters(session) == {CONFIRMED: 1, WAITING: 0}


def test_set_capacity_racing_with_register_seats_as_many_as_fit() -> None:
    session = make_session(capacity=1)

    at_once(
        *[newcomer(session) for _ in range(10)],
        partial(seating.set_capacity, session, 6, now=NOW),
    )

    assert counters(session) == {CONFIRMED: 6, WAITING: 4}
    assert states(session) == {CONFIRMED: 6, WAITING: 4}


def test_cancel_session_racing_with_register_leaves_nobody_live() -> None:
    session = make_session(capacity=5)
    for _ in range(3):
        make_registration(session)

    results = at_once(
        *[newcomer(session) for _ in range(6)],
        partial(rescheduling.cancel_session, session, now=NOW),
        *[newcomer(session) for _ in range(6)],
    )

    told = results.pop(6)
    entered = [result for result in results if isinstance(result, Outcome)]
    refused = [result for result in results if isinstance(result, SessionCancelled)]
    assert len(entered) + len(refused) == 12
    assert states(session) == {CANCELLED: 3 + len(entered)}
    assert counters(session) == {CONFIRMED: 0, WAITING: 0}
    assert told == 3 + len(entered)


def test_cancel_session_racing_with_register_tells_everybody_who_got_in() -> None:
    session = make_session(capacity=2)

    at_once(
        *[newcomer(session) for _ in range(6)],
        partial(rescheduling.cancel_session, session, now=NOW),
    )

    told = Message.objects.filter(kind="events.session_cancelled")
    people = session.registrations.all()
    assert set(told.values_list("object_id", flat=True)) == set(people.values_list("pk", flat=True))


def test_cancel_session_by_two_organisers_at_once_tells_everybody_once() -> None:
    session = make_session()
    for _ in range(4):
        make_registration(session)

    results = at_once(
        *[
            partial(rescheduling.cancel_session, Session.objects.get(pk=session.pk), now=NOW)
            for _ in range(3)
        ]
    )

    session.refresh_from_db()
    assert sorted(results) == [0, 0, 4]
    assert kinds_told(session)["events.session_cancelled"] == 4
    assert session.sequence == 1


def test_cancel_session_racing_with_owners_cancelling_counts_nobody_twice() -> None:
    session = make_session(capacity=2)
    people = [make_registration(session) for _ in range(5)]

    results = at_once(
        *[canceller(person) for person in people],
        partial(rescheduling.cancel_session, session, now=NOW),
    )

    told = results.pop()
    assert told + sum(results) == 5
    assert states(session) == {CANCELLED: 5}
    assert counters(session) == {CONFIRMED: 0, WAITING: 0}


# Groups and substitutes ---------------------------------------------------------------------------


def colleagues(session: Session, number: int, **options: Any) -> Callable[[], RegistrationGroup]:
    """Somebody's request for so many colleagues, with a session read for it alone."""
    own = Session.objects.get(pk=session.pk)
    values = {
        "requested_by": Requester("An", applicant().email),
        "is_together": True,
        "received_at": NOW,
    }
    people = [applicant() for _ in range(number)]
    return partial(groups.register, own, people, **(values | options))


def passer(registration: Registration, email: str = "") -> Callable[[], bool]:
    """The owner's wish that somebody else comes."""
    own = Registration.objects.select_related("session").get(pk=registration.pk)
    return partial(registering.substitute, own, applicant(email), now=NOW)


def states_of(group: RegistrationGroup) -> set[str]:
    return set(group.registrations.values_list("state", flat=True))


def test_groups_at_once_for_the_last_seats_are_seated_or_wait_as_a_whole() -> None:
    session = make_session(capacity=3)

    groups = at_once(*[colleagues(session, 3) for _ in range(4)])

    whole = Counter(frozenset(states_of(group)) for group in groups)
    assert whole == {frozenset({CONFIRMED}): 1, frozenset({WAITING}): 3}
    assert counters(session) == {CONFIRMED: 3, WAITING: 9}
    assert states(session) == {CONFIRMED: 3, WAITING: 9}


def test_groups_at_once_without_waiting_list_leave_no_trace_of_who_is_too_late() -> None:
    session = make_session(capacity=4, has_waiting_list=False)

    results = at_once(*[colleagues(session, 3) for _ in range(4)])

    assert Counter(map(type, results)) == {RegistrationGroup: 1, SessionFull: 3}
    assert states(session) == {CONFIRMED: 3}
    assert RegistrationGroup.objects.count() == 1


def test_group_against_singles_takes_every_seat_and_splits_nobody() -> None:
    session = make_session(capacity=5)

    results = at_once(
        colleagues(session, 4), *[newcomer(session) for _ in range(6)], colleagues(session, 4)
    )

    assert [result for result in results if isinstance(result, Exception)] == []
    assert all(
        len(states_of(result)) == 1 for result in results if isinstance(result, RegistrationGroup)
    )
    assert counters(session) == {CONFIRMED: 5, WAITING: 9}
    assert states(session) == {CONFIRMED: 5, WAITING: 9}


def test_group_in_line_and_those_behind_it_share_what_is_freed_at_once() -> None:
    session = make_session(capacity=4)
    seated = [make_registration(session) for _ in range(4)]
    group = colleagues(session, 3)()
    single = make_registration(session)

    at_once(*[canceller(each) for each in seated])

    single.refresh_from_db()
    assert (single.state, states_of(group)) == (CONFIRMED, {CONFIRMED})
    assert counters(session) == {CONFIRMED: 4, WAITING: 0}


def test_same_form_for_a_group_many_times_at_once_makes_one_group() -> None:
    session = make_session(capacity=3)
    people = [applicant() for _ in range(3)]

    results = at_once(
        *[
            partial(
                groups.register,
                Session.objects.get(pk=session.pk),
                people,
                requested_by=Requester("An", "an@example.org"),
                is_together=True,
                received_at=NOW,
                form_token="form-1",
            )
            for _ in range(8)
        ]
    )

    assert len({result.pk for result in results}) == 1
    assert states(session) == {CONFIRMED: 3}
    assert kinds_told(session)["events.registered"] == 3


def test_groups_with_one_colleague_in_common_at_once_register_them_once() -> None:
    session = make_session(capacity=10)
    shared = [[applicant("an@example.org"), applicant()] for _ in range(5)]

    results = at_once(
        *[
            partial(
                groups.register,
                Session.objects.get(pk=session.pk),
                people,
                requested_by=Requester("An", applicant().email),
                is_together=False,
                received_at=NOW,
            )
            for people in shared
        ],
        newcomer(session, "an@example.org"),
    )

    assert [result for result in results if isinstance(result, Exception)] == []
    assert counters(session) == {CONFIRMED: 6, WAITING: 0}
    assert states(session) == {CONFIRMED: 6}


def test_substitute_of_one_registration_many_times_at_once_seats_one() -> None:
    session = make_session(capacity=1)
    old, waiting = make_registration(session), make_registration(session)

    results = at_once(*[passer(old) for _ in range(6)])

    waiting.refresh_from_db()
    assert sorted(results) == [False] * 5 + [True]
    assert waiting.is_waiting
    assert counters(session) == {CONFIRMED: 1, WAITING: 1}
    assert states(session) == {CONFIRMED: 1, WAITING: 1, CANCELLED: 1}


def test_substitute_racing_with_cancel_of_the_same_person_keeps_the_count() -> None:
    session = make_session(capacity=1)
    old, waiting = make_registration(session), make_registration(session)

    is_passed, is_cancelled = at_once(passer(old), canceller(old))

    waiting.refresh_from_db()
    assert is_passed is not is_cancelled
    assert waiting.is_confirmed is is_cancelled
    assert counters(session) == {CONFIRMED: 1, WAITING: 1 if is_passed else 0}


def test_two_who_name_one_substitute_at_once_give_them_one_seat() -> None:
    session = make_session(capacity=2)
    seated = [make_registration(session) for _ in range(2)]

    results = at_once(*[passer(each, "bo@example.org") for each in seated])

    assert results == [True, True]
    assert states(session) == {CONFIRMED: 1, CANCELLED: 2}
    assert counters(session) == {CONFIRMED: 1, WAITING: 0}


def adder(session: Session, name: str) -> Callable[[], bool]:
    """Somebody with the shared mailbox, added by an organiser in a request of its own."""
    own = Session.objects.get(pk=session.pk)
    who = applicant("info@example.org", name=name, shares_address=True)
    return lambda: registering.register_beside(own, who, now=NOW).is_own


def test_people_who_share_an_address_are_added_once_by_two_organisers_at_once() -> None:
    session = make_session(capacity=9)

    results = at_once(*[adder(session, name) for name in ("An", "Bo", "Cé") for _ in range(2)])

    assert Counter(results) == {True: 3, False: 3}
    assert states(session) == {CONFIRMED: 3}
    assert counters(session) == {CONFIRMED: 3, WAITING: 0}


# SQLite lets nobody else look while one writes.
@pytest.mark.postgres
def test_rig_refuses_one_when_people_who_share_are_looked_up_apart_from_the_insert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: without the seats' row both find nobody; one is refused."""
    session = make_session(capacity=9)
    all_have_looked = Barrier(2)
    look = sharing.with_address

    def look_and_wait(*args: Any) -> list[Registration]:
        found = look(*args)
        if len(args) == 3:  # by name, as before somebody is added; not what refuses them afterwards
            all_have_looked.wait(PATIENCE_SECONDS)
        return found

    monkeypatch.setattr(registering.seating, "lock", lambda session: None)
    monkeypatch.setattr(registering.sharing, "with_address", look_and_wait)

    results = at_once(adder(session, "An"), adder(session, "An"))

    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "bool"]


def test_rig_splits_a_group_when_the_seats_are_counted_apart_from_the_insert() -> None:
    """The negative control: without the seats' row two groups get the seats of one."""
    session = make_session(capacity=3)
    all_have_looked = Barrier(2)

    def look_then_enter() -> None:
        free = 3 - session.registrations.confirmed().count()
        all_have_looked.wait(PATIENCE_SECONDS)
        for _ in range(free):
            who = applicant()
            Registration.objects.create(
                session=session,
                state=CONFIRMED,
                name=who.name,
                email=who.email,
                email_key=who.email,
                organisation_name=who.organisation_name,
                received_at=NOW,
                confirmed_at=NOW,
            )

    results = at_once(look_then_enter, look_then_enter)

    assert results == [None, None]
    assert states(session) == {CONFIRMED: 6}


def test_rig_oversells_when_the_check_is_apart_from_the_insert() -> None:
    """The negative control: without the gate the same threads do sell one seat five times."""
    session = make_session(capacity=1)
    all_have_looked = Barrier(5)

    def check_then_insert() -> None:
        taken = session.registrations.confirmed().count()
        all_have_looked.wait(PATIENCE_SECONDS)
        if taken < 1:
            who = applicant()
            Registration.objects.create(
                session=session,
                state=CONFIRMED,
                name=who.name,
                email=who.email,
                email_key=who.email,
                organisation_name=who.organisation_name,
                received_at=NOW,
                confirmed_at=NOW,
            )

    results = at_once(*[check_then_insert] * 5)

    assert results == [None] * 5
    assert states(session) == {CONFIRMED: 5}


def test_rig_meets_the_constraint_when_counting_blindly() -> None:
    """The second line of defence: who counts up without looking is stopped by the database."""
    session = make_session(capacity=1)
    seats = SeatCount.objects.get(session=session)
    all_have_looked = Barrier(5)

    def count_blindly() -> None:
        all_have_looked.wait(PATIENCE_SECONDS)
        SeatCount.objects.filter(session=session).update(taken=seats.taken + 2)

    results = at_once(*[count_blindly] * 5)

    assert {type(result) for result in results} == {IntegrityError}
    assert counters(session) == {CONFIRMED: 0, WAITING: 0}
