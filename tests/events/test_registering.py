from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from time_machine import TimeMachineFixture

from accounts import directory
from events import refusing, registering, rescheduling, seating
from events.models import Consent, ConsentText, Mailbox, Registration, SeatCount, Session
from events.refusing import (
    NotYetOpen,
    RegistrationClosed,
    RegistrationRefused,
    SessionCancelled,
    SessionFull,
)
from events.registering import MAILS_PER_ADDRESS_PER_HOUR
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import (
    NOW,
    applicant,
    at,
    days,
    make_organisation,
    make_registration,
    make_session,
)

pytestmark = pytest.mark.django_db

OWNER = Registration.CancelledBy.OWNER
TICK = timedelta.resolution


def seats_of(session: Session) -> tuple[int | None, int, int, int]:
    """Capacity, taken, waiting, granted over."""
    seats = SeatCount.objects.get(session=session)
    return seats.capacity, seats.taken, seats.waiting, seats.granted_over


def keys_of(registration: Registration) -> list[str]:
    """The keys of the messages about a registration, without its number, in order."""
    rows = Message.objects.filter(object_id=registration.pk).order_by("pk")
    return [key.partition(f":{registration.pk}:")[2] for key in rows.values_list("key", flat=True)]


def cancel(registration: Registration, *, now: datetime = NOW) -> bool:
    return registering.cancel(registration, now=now, by=OWNER)


# The deadline ------------------------------------------------------------------------------------


def real_session() -> Session:
    """The session of Thursday 10 June 2021, "vóór dinsdag 8 juni 2021"."""
    return make_session(
        starts_at=at("14:00", date(2021, 6, 10)),
        ends_at=at("16:30", date(2021, 6, 10)),
        closing=Closing.from_local(Edge.BEFORE_DATE, date(2021, 6, 8), None, BRUSSELS),
    )


@pytest.mark.parametrize(
    "moment",
    ["2021-06-07T23:59:59.999+02:00", "2021-06-07T23:59:59.999999+02:00", "2021-06-07T21:59:59Z"],
)
def test_register_before_the_deadline_is_accepted(moment: str) -> None:
    received_at = datetime.fromisoformat(moment)

    outcome = registering.register(real_session(), applicant(), received_at=received_at)

    assert outcome.registration.is_confirmed


@pytest.mark.parametrize(
    "moment",
    [
        "2021-06-08T00:00:00+02:00",
        "2021-06-07T22:00:00Z",
        "2021-06-08T00:30:00+02:00",
        "2021-06-08T12:00:00+02:00",
        "2021-06-10T15:00:00+02:00",
    ],
)
def test_register_from_the_deadline_on_is_refused(moment: str) -> None:
    session = real_session()

    with pytest.raises(RegistrationClosed):
        registering.register(session, applicant(), received_at=datetime.fromisoformat(moment))

    assert not session.registrations.exists()
    assert not Message.objects.exists()


def test_register_after_the_deadline_says_until_when_one_could() -> None:
    received_at = datetime(2021, 6, 8, 10, tzinfo=UTC)

    with pytest.raises(RegistrationClosed) as refusal:
        registering.register(real_session(), applicant(), received_at=received_at)

    assert "tot en met maandag 7 juni 2021, 23u59 (Brusselse tijd)" in str(refusal.value)


def test_register_counts_the_moment_of_arrival_though_the_clock_has_moved_on(
    time_machine: TimeMachineFixture,
) -> None:
    session = make_session()
    received_at = session.registration_closes_at - TICK
    time_machine.move_to(session.registration_closes_at + timedelta(minutes=5))

    outcome = registering.register(session, applicant(), received_at=received_at)

    outcome.registration.refresh_from_db()
    assert outcome.registration.is_confirmed
    assert outcome.registration.received_at == received_at


def test_register_just_before_the_opening_is_refused() -> None:
    session = make_session(registration_opens_at=NOW)

    with pytest.raises(NotYetOpen):
        registering.register(session, applicant(), received_at=NOW - TICK)


def test_register_at_the_opening_is_accepted() -> None:
    session = make_session(registration_opens_at=NOW)

    assert registering.register(session, applicant(), received_at=NOW).registration.is_confirmed


def test_register_while_the_session_runs_is_accepted_when_the_deadline_allows() -> None:
    closing = Closing(Edge.BEFORE_TIME, at("16:00"), BRUSSELS)
    session = make_session(closing=closing)

    outcome = registering.register(session, applicant(), received_at=at("15:59"))

    assert outcome.registration.is_confirmed


@pytest.mark.parametrize("by_organiser", [False, True])
def test_register_at_the_end_of_the_session_is_refused(by_organiser: bool) -> None:
    closing = Closing(Edge.BEFORE_TIME, at("18:00"), BRUSSELS)
    session = make_session(closing=closing)

    with pytest.raises(RegistrationClosed) as refusal:
        registering.register(
            session, applicant(), received_at=session.ends_at, by_organiser=by_organiser
        )

    assert session.closing.reading() not in str(refusal.value)


@pytest.mark.parametrize("by_organiser", [False, True])
def test_register_for_a_cancelled_session_is_refused(by_organiser: bool) -> None:
    session = make_session()
    rescheduling.cancel_session(session, now=NOW)

    with pytest.raises(SessionCancelled):
        registering.register(session, applicant(), received_at=NOW, by_organiser=by_organiser)


def test_register_with_a_session_read_before_its_cancelling_is_refused() -> None:
    session = make_session()
    read_before = Session.objects.get(pk=session.pk)
    rescheduling.cancel_session(session, now=NOW)

    with pytest.raises(SessionCancelled):
        registering.register(read_before, applicant(), received_at=NOW)

    assert not session.registrations.exists()


@pytest.mark.parametrize("by_organiser", [False, True])
def test_register_for_a_draft_is_refused(by_organiser: bool) -> None:
    session = make_session(status=Session.Status.DRAFT)

    with pytest.raises(RegistrationRefused):
        registering.register(session, applicant(), received_at=NOW, by_organiser=by_organiser)


def test_register_by_an_organiser_works_before_the_opening_and_after_the_deadline() -> None:
    session = make_session(registration_opens_at=NOW)
    moments = [NOW - days(1), session.registration_closes_at, session.starts_at]

    for moment in moments:
        registering.register(session, applicant(), received_at=moment, by_organiser=True)

    assert session.registrations.confirmed().count() == 3


def test_register_by_an_organiser_does_not_go_beyond_the_capacity() -> None:
    session = make_session(capacity=1)
    make_registration(session)

    outcome = registering.register(session, applicant(), received_at=NOW, by_organiser=True)

    assert outcome.registration.is_waiting


# Seats and the line ------------------------------------------------------------------------------


def test_register_for_one_seat_seats_the_first_and_lines_up_the_rest() -> None:
    session = make_session(capacity=1)

    people = [make_registration(session) for _ in range(3)]

    assert [person.state for person in people] == ["confirmed", "waiting", "waiting"]
    assert [person.place_in_line() for person in people[1:]] == [1, 2]
    assert seats_of(session) == (1, 1, 2, 0)


def test_register_without_capacity_always_gives_a_seat() -> None:
    session = make_session(capacity=None)

    people = [make_registration(session) for _ in range(3)]

    assert [person.state for person in people] == ["confirmed"] * 3
    assert seats_of(session) == (None, 3, 0, 0)


def test_register_for_no_seats_at_all_lines_up() -> None:
    session = make_session(capacity=0)

    assert make_registration(session).is_waiting


def test_register_for_a_full_session_without_waiting_list_is_refused() -> None:
    session = make_session(capacity=1, has_waiting_list=False)
    make_registration(session)

    with pytest.raises(SessionFull):
        registering.register(session, applicant(), received_at=NOW)

    assert seats_of(session) == (1, 1, 0, 0)


def test_register_for_a_seat_freed_without_waiting_list_is_accepted() -> None:
    session = make_session(capacity=1, has_waiting_list=False)
    cancel(make_registration(session))

    assert make_registration(session).is_confirmed


def test_register_keeps_what_was_filled_in() -> None:
    session = make_session()
    who = applicant(
        "An.Peeters@Example.ORG",
        name="  An   Peeters ",
        organisation_name=" Stad Voorbeeld ",
        job_title=" Beleidsmedewerker ",
        language="fr",
        form_token="form-1",
    )

    registration = registering.register(session, who, received_at=NOW).registration

    registration.refresh_from_db()
    kept = {
        "name": "An Peeters",
        "email": "An.Peeters@example.org",
        "email_key": "an.peeters@example.org",
        "organisation_name": "Stad Voorbeeld",
        "organisation": None,
        "job_title": "Beleidsmedewerker",
        "language": "fr",
        "form_token": "form-1",
        "received_at": NOW,
        "confirmed_at": NOW,
        "cancelled_at": None,
        "is_placed_by_hand": False,
        "calendar_steps": 0,
    }
    assert {field: getattr(registration, field) for field in kept} == kept


def test_register_finds_the_organisation_in_the_directory() -> None:
    organisation = make_organisation(name="Stad Gent")
    directory.index_names(organisation)

    registration = make_registration(make_session(), organisation_name="stad  GENT")

    assert registration.organisation == organisation
    assert registration.organisation_name == "stad  GENT"


def test_register_stores_consents_with_the_words_that_were_shown() -> None:
    session = make_session()
    asked = ConsentText.objects.create(
        programme=session.programme, code="photos", text="U mag foto's van mij tonen."
    )
    ConsentText.objects.create(
        programme=session.programme, code="news", text="Hou mij op de hoogte."
    )

    registration = make_registration(session, consent_texts=[asked])
    ConsentText.objects.filter(pk=asked.pk).update(
        text="Andere woorden.", text_nl="Andere woorden."
    )

    given = Consent.objects.values_list("registration", "consent_text", "wording", "given_at")
    assert list(given) == [(registration.pk, asked.pk, "U mag foto's van mij tonen.", NOW)]


def test_register_tells_whoever_has_a_seat_and_whoever_waits_what_they_have() -> None:
    session = make_session(capacity=1)

    seated, waiting = make_registration(session), make_registration(session)

    assert keys_of(seated) == ["registered"]
    assert keys_of(waiting) == ["waiting"]


# Registering again -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again", ["jan@example.org", "JAN@example.org", "jan@EXAMPLE.ORG", "  jan@example.org\t"]
)
def test_register_again_with_the_same_address_makes_nothing_new(again: str) -> None:
    session = make_session(capacity=5)
    first = make_registration(session, email="Jan@example.org")

    outcome = registering.register(session, applicant(again), received_at=NOW)

    assert outcome.registration == first
    assert not outcome.is_own
    assert seats_of(session) == (5, 1, 0, 0)


def test_register_again_with_decomposed_letters_in_the_address_makes_nothing_new() -> None:
    session = make_session()
    first = make_registration(session, email="ren\u00e9@example.org")

    outcome = registering.register(session, applicant("rene\u0301@example.org"), received_at=NOW)

    assert outcome.registration == first


@pytest.mark.parametrize("other", ["jan+ai@example.org", "j.an@example.org", "jan@example.com"])
def test_register_with_another_address_is_another_person(other: str) -> None:
    session = make_session()
    make_registration(session, email="jan@example.org")

    make_registration(session, email=other)

    assert session.registrations.confirmed().count() == 2


def test_register_for_another_session_with_the_same_address_is_apart() -> None:
    first = make_registration(make_session(), email="jan@example.org")

    second = make_registration(make_session(), email="jan@example.org")

    assert first != second


def test_register_again_changes_nothing_of_what_was_filled_in() -> None:
    session = make_session()
    make_registration(session, email="jan@example.org", name="Jan Peeters")

    registering.register(
        session, applicant("jan@example.org", name="Iemand Anders"), received_at=NOW
    )

    assert session.registrations.get().name == "Jan Peeters"


def test_register_again_for_a_full_session_takes_no_second_place() -> None:
    session = make_session(capacity=1)
    make_registration(session, email="jan@example.org")

    outcome = registering.register(session, applicant("jan@example.org"), received_at=NOW)

    assert outcome.registration.is_confirmed
    assert seats_of(session) == (1, 1, 0, 0)


def test_register_again_while_waiting_keeps_the_place() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session, email="jan@example.org")
    make_registration(session)

    outcome = registering.register(session, applicant("jan@example.org"), received_at=NOW)

    assert outcome.registration == waiting
    assert outcome.registration.place_in_line() == 1
    assert seats_of(session) == (1, 1, 2, 0)


def test_register_again_for_a_full_session_without_line_answers_as_to_a_stranger() -> None:
    session = make_session(capacity=1, has_waiting_list=False)
    make_registration(session, email="jan@example.org")

    with pytest.raises(SessionFull):
        registering.register(session, applicant("jan@example.org"), received_at=NOW)


def test_register_with_the_same_form_sends_nothing_again_and_is_answered_as_the_owner() -> None:
    session = make_session()
    first = make_registration(session, email="jan@example.org", form_token="form-1")

    outcome = registering.register(
        session, applicant("jan@example.org", form_token="form-1"), received_at=NOW
    )

    assert (outcome.registration, outcome.is_own) == (first, True)
    assert keys_of(first) == ["registered"]


def test_register_with_the_same_form_for_what_has_become_full_is_answered_as_the_owner() -> None:
    session = make_session(capacity=1, has_waiting_list=False)
    first = make_registration(session, email="jan@example.org", form_token="form-1")

    outcome = registering.register(
        session, applicant("jan@example.org", form_token="form-1"), received_at=NOW
    )

    assert (outcome.registration, outcome.is_own) == (first, True)


def test_register_without_form_mark_is_never_taken_for_the_owner() -> None:
    session = make_session()
    make_registration(session, email="jan@example.org", form_token="")

    outcome = registering.register(
        session, applicant("jan@example.org", form_token=""), received_at=NOW
    )

    assert not outcome.is_own


# What a stranger can cause by mail ---------------------------------------------------------------


def test_register_again_sends_the_mail_again_at_most_once_an_hour(
    time_machine: TimeMachineFixture,
) -> None:
    session = make_session()
    time_machine.move_to(NOW, tick=False)
    first = make_registration(session, email="jan@example.org")

    for minutes in (1, 20, 59):
        now = NOW + timedelta(minutes=minutes)
        time_machine.move_to(now, tick=False)
        registering.register(session, applicant("jan@example.org"), received_at=now)

    assert [key.partition(":")[0] for key in keys_of(first)] == ["registered", "again"]


def test_register_again_an_hour_later_sends_the_mail_again(
    time_machine: TimeMachineFixture,
) -> None:
    session = make_session()
    time_machine.move_to(NOW, tick=False)
    first = make_registration(session, email="jan@example.org")

    for hours in (0, 1, 2):
        now = NOW + timedelta(hours=hours)
        time_machine.move_to(now, tick=False)
        registering.register(session, applicant("jan@example.org"), received_at=now)

    assert [key.partition(":")[0] for key in keys_of(first)] == ["registered"] + ["again"] * 3


def test_register_again_for_many_sessions_stops_at_the_limit_of_an_address(
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(NOW, tick=False)
    sessions = [make_session() for _ in range(MAILS_PER_ADDRESS_PER_HOUR)]
    for session in sessions:
        make_registration(session, email="jan@example.org")

    for session in sessions:
        registering.register(session, applicant("jan@example.org"), received_at=NOW)

    assert not Message.objects.filter(kind="events.again").exists()


def test_register_again_below_the_limit_of_an_address_sends_until_it_is_reached(
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(NOW, tick=False)
    sessions = [make_session() for _ in range(MAILS_PER_ADDRESS_PER_HOUR - 2)]
    for session in sessions:
        make_registration(session, email="jan@example.org")

    for session in sessions:
        registering.register(session, applicant("jan@example.org"), received_at=NOW)

    assert Message.objects.filter(kind="events.again").count() == 2


def test_limit_of_an_address_is_not_used_up_by_others(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)
    session = make_session()
    first = make_registration(session, email="jan@example.org")
    for _ in range(MAILS_PER_ADDRESS_PER_HOUR):
        make_registration(session)

    registering.register(session, applicant("jan@example.org"), received_at=NOW)

    assert len(keys_of(first)) == 2


# Cancelling --------------------------------------------------------------------------------------


def test_cancel_frees_the_seat_and_says_when_and_by_whom() -> None:
    session = make_session(capacity=2)
    registration = make_registration(session)

    assert cancel(registration, now=NOW + days(1))

    registration.refresh_from_db()
    assert registration.is_cancelled
    assert (registration.cancelled_at, registration.cancelled_by) == (NOW + days(1), "owner")
    assert seats_of(session) == (2, 0, 0, 0)
    assert keys_of(registration) == ["registered", "cancelled"]


def test_cancel_twice_frees_one_seat_and_tells_once() -> None:
    session = make_session(capacity=2)
    registration = make_registration(session)
    make_registration(session)

    assert [cancel(registration), cancel(registration, now=NOW + days(1))] == [True, False]

    registration.refresh_from_db()
    assert registration.cancelled_at == NOW
    assert seats_of(session) == (2, 1, 0, 0)
    assert keys_of(registration) == ["registered", "cancelled"]


def test_cancel_with_a_row_read_while_still_waiting_frees_the_seat() -> None:
    session = make_session(capacity=1)
    seated, waiting = make_registration(session), make_registration(session)
    read_while_waiting = Registration.objects.get(pk=waiting.pk)
    cancel(seated)

    cancel(read_while_waiting)

    assert seats_of(session) == (1, 0, 0, 0)


def test_cancel_promotes_the_first_in_line_and_tells_them() -> None:
    session = make_session(capacity=1)
    seated, first, second = (make_registration(session) for _ in range(3))

    cancel(seated, now=NOW + days(1))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.confirmed_at) == ("confirmed", NOW + days(1))
    assert not first.is_placed_by_hand
    assert keys_of(first) == ["waiting", "promoted"]
    assert (second.state, second.place_in_line()) == ("waiting", 1)
    assert seats_of(session) == (1, 1, 1, 0)


def test_cancel_of_a_place_in_line_promotes_nobody_and_moves_those_behind_up() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    first, second = make_registration(session), make_registration(session)

    cancel(first)

    second.refresh_from_db()
    assert (second.state, second.place_in_line()) == ("waiting", 1)
    assert seats_of(session) == (1, 1, 1, 0)


def test_cancel_until_promotion_ends_gives_the_seat_to_the_line() -> None:
    session = make_session(capacity=1)
    seated, first = make_registration(session), make_registration(session)

    cancel(seated, now=session.starts_at - TICK)

    first.refresh_from_db()
    assert first.is_confirmed


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({}, 0),
        ({"attendance": "on_site", "venue": "Brussel"}, 24),
        ({"attendance": "hybrid", "venue": "Brussel"}, 24),
        ({"promotion_stops_hours_before": 2}, 2),
        ({"attendance": "on_site", "venue": "Brussel", "promotion_stops_hours_before": 0}, 0),
    ],
)
def test_cancel_from_the_end_of_promotion_on_leaves_the_seat_free(
    fields: dict[str, str | int], hours: int
) -> None:
    session = make_session(capacity=1, **fields)
    seated, first = make_registration(session), make_registration(session)

    cancel(seated, now=session.starts_at - timedelta(hours=hours))

    first.refresh_from_db()
    assert first.is_waiting
    assert seats_of(session) == (1, 0, 1, 0)


def test_cancel_for_a_session_on_site_promotes_until_24_hours_before() -> None:
    session = make_session(capacity=1, attendance="on_site", venue="Brussel")
    seated, first = make_registration(session), make_registration(session)

    cancel(seated, now=session.starts_at - days(1) - TICK)

    first.refresh_from_db()
    assert first.is_confirmed


def test_cancel_with_a_session_that_is_being_cancelled_promotes_nobody() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)

    rescheduling.cancel_session(session, now=NOW)

    assert keys_of(waiting) == ["waiting", "session_cancelled"]
    assert seats_of(session) == (1, 0, 0, 0)


# Coming back -------------------------------------------------------------------------------------


def test_register_after_cancelling_is_a_new_registration_at_the_end_of_the_line() -> None:
    session = make_session(capacity=1)
    seated = make_registration(session, email="jan@example.org")
    first = make_registration(session)
    cancel(seated)

    back = make_registration(session, email="jan@example.org")

    first.refresh_from_db()
    assert (first.state, back.state) == ("confirmed", "waiting")
    assert back != seated


def test_register_after_cancelling_outranks_what_the_calendar_holds() -> None:
    session = make_session()
    steps = []
    for _ in range(3):
        registration = make_registration(session, email="jan@example.org")
        steps.append(registration.calendar_steps)
        cancel(registration)
        registration.refresh_from_db()
        steps.append(registration.calendar_steps)

    assert steps == sorted(set(steps))


def test_registration_drawn_up_before_an_earlier_one_is_cancelled_outranks_it() -> None:
    session = make_session()
    earlier = make_registration(session, email="jan@example.org")
    again = registering.drawn_up(session, applicant("jan@example.org"), NOW)

    cancel(earlier)

    earlier.refresh_from_db()
    assert again.calendar_steps > earlier.calendar_steps


def test_register_after_cancelling_in_other_letters_outranks_too() -> None:
    session = make_session()
    earlier = make_registration(session, email="jan@example.org")
    cancel(earlier)

    earlier.refresh_from_db()
    back = make_registration(session, email="JAN@Example.org")
    assert back.calendar_steps > earlier.calendar_steps


def test_register_after_cancelling_has_other_codes() -> None:
    session = make_session()
    earlier = make_registration(session, email="jan@example.org")
    cancel(earlier)

    later = make_registration(session, email="jan@example.org")

    assert later.managing_code != earlier.managing_code
    assert later.joining_code != earlier.joining_code


# Capacity ----------------------------------------------------------------------------------------


def test_set_capacity_higher_promotes_the_first_in_line_in_order() -> None:
    session = make_session(capacity=1)
    people = [make_registration(session) for _ in range(5)]

    seating.set_capacity(session, 3, now=NOW + days(1))

    for person in people:
        person.refresh_from_db()
    assert [person.state for person in people] == ["confirmed"] * 3 + ["waiting"] * 2
    assert [keys_of(person)[1:] for person in people[1:]] == [["promoted"], ["promoted"], [], []]
    assert seats_of(session) == (3, 3, 2, 0)


def test_set_capacity_to_unlimited_promotes_everybody() -> None:
    session = make_session(capacity=1)
    for _ in range(4):
        make_registration(session)

    seating.set_capacity(session, None, now=NOW)

    assert seats_of(session) == (None, 4, 0, 0)


def test_set_capacity_higher_than_the_line_leaves_seats_free() -> None:
    session = make_session(capacity=1)
    for _ in range(2):
        make_registration(session)

    seating.set_capacity(session, 10, now=NOW)

    assert seats_of(session) == (10, 2, 0, 0)


def test_set_capacity_after_promotion_ended_promotes_nobody() -> None:
    session = make_session(capacity=1)
    for _ in range(2):
        make_registration(session)

    seating.set_capacity(session, 2, now=session.starts_at)

    assert seats_of(session) == (2, 1, 1, 0)


def test_set_capacity_lower_takes_nobodys_seat() -> None:
    session = make_session(capacity=3)
    for _ in range(3):
        make_registration(session)

    seating.set_capacity(session, 1, now=NOW)

    assert session.registrations.confirmed().count() == 3
    assert seats_of(session) == (1, 3, 0, 2)


def test_set_capacity_lower_lines_up_newcomers_until_seats_are_below_it() -> None:
    session = make_session(capacity=3)
    people = [make_registration(session) for _ in range(3)]
    seating.set_capacity(session, 2, now=NOW)
    waiting = make_registration(session)

    cancel(people[0])
    after_one = waiting.state, seats_of(session)
    cancel(people[1])

    waiting.refresh_from_db()
    assert after_one == ("waiting", (2, 2, 1, 0))
    assert waiting.is_confirmed
    assert seats_of(session) == (2, 2, 0, 0)


# By hand -----------------------------------------------------------------------------------------


def test_place_gives_a_seat_beyond_the_capacity_and_records_it() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    first, second = make_registration(session), make_registration(session)

    assert seating.place(second, now=NOW + days(1))

    second.refresh_from_db()
    assert second.is_confirmed
    assert (second.is_placed_by_hand, second.confirmed_at) == (True, NOW + days(1))
    assert keys_of(second) == ["waiting", "promoted"]
    assert first.place_in_line() == 1
    assert seats_of(session) == (1, 2, 1, 1)


def test_place_twice_gives_one_seat() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)

    assert [seating.place(waiting, now=NOW) for _ in range(2)] == [True, False]

    assert seats_of(session) == (1, 2, 0, 1)


def test_place_of_somebody_who_cancelled_gives_no_seat() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)
    read_before = Registration.objects.get(pk=waiting.pk)
    cancel(waiting)

    assert not seating.place(read_before, now=NOW)

    assert seats_of(session) == (1, 1, 0, 0)


def test_cancel_after_placing_beyond_the_capacity_promotes_nobody_until_below_it() -> None:
    session = make_session(capacity=1)
    seated, first, placed = (make_registration(session) for _ in range(3))
    seating.place(placed, now=NOW)

    cancel(placed)
    after_one = seats_of(session)
    cancel(seated)

    first.refresh_from_db()
    assert after_one == (1, 1, 1, 0)
    assert first.is_confirmed
    assert seats_of(session) == (1, 1, 0, 0)


def test_place_works_after_promotion_has_ended() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)

    assert seating.place(waiting, now=session.starts_at)


# What the database refuses, whoever asks ----------------------------------------------------------


def bare_registration(session: Session, **fields: object) -> Registration:
    """A row written past every rule."""
    values = {
        "session": session,
        "state": "confirmed",
        "name": "Jan",
        "email": "jan@example.org",
        "email_key": "jan@example.org",
        "organisation_name": "Stad",
        "received_at": NOW,
        "confirmed_at": NOW,
    }
    return Registration.objects.create(**(values | fields))


def assert_refuses(name: str, error: IntegrityError) -> None:
    """By the constraint meant; SQLite names a unique index by its columns."""
    columns = {"one_live_registration_by_name": "email_key"}
    assert name in str(error) or columns.get(name, name) in str(error)


def test_database_refuses_to_oversell() -> None:
    session = make_session(capacity=1)

    with pytest.raises(IntegrityError) as error, transaction.atomic():
        SeatCount.objects.filter(session=session).update(taken=2)

    assert_refuses("seats_not_oversold", error.value)


def test_database_refuses_a_count_below_zero() -> None:
    session = make_session(capacity=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        SeatCount.objects.filter(session=session).update(waiting=-1)


def test_database_refuses_a_second_live_registration() -> None:
    session = make_session()
    bare_registration(session)

    with pytest.raises(IntegrityError) as error, transaction.atomic():
        bare_registration(session, state="waiting", confirmed_at=None)

    assert_refuses("one_live_registration_by_name", error.value)


def test_database_allows_a_live_registration_beside_cancelled_ones() -> None:
    session = make_session()
    gone = {"state": "cancelled", "cancelled_at": NOW, "cancelled_by": "owner"}

    for fields in (gone, gone, {}):
        bare_registration(session, **fields)

    assert session.registrations.live().count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "cancelled", "cancelled_at": NOW, "cancelled_by": ""},
        {"state": "cancelled", "cancelled_at": None, "cancelled_by": "owner"},
        {"state": "confirmed", "cancelled_at": NOW, "cancelled_by": ""},
        {"state": "waiting", "cancelled_at": None, "cancelled_by": "owner"},
    ],
)
def test_database_refuses_half_a_cancellation(fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        bare_registration(make_session(), **fields)

    assert_refuses("registration_cancelled_by_somebody_at_a_moment", error.value)


def test_database_refuses_a_seat_without_a_moment() -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        bare_registration(make_session(), confirmed_at=None)

    assert_refuses("registration_confirmed_at_a_moment", error.value)


def test_database_refuses_the_same_consent_twice() -> None:
    session = make_session()
    text = ConsentText.objects.create(programme=session.programme, code="news", text="Ja")
    registration = make_registration(session, consent_texts=[text])

    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(
            registration=registration, consent_text=text, wording="Ja", given_at=NOW
        )


def test_database_refuses_a_session_that_ends_at_its_start() -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        make_session(starts_at=at("14:00"), ends_at=at("14:00"))

    assert_refuses("session_ends_after_its_start", error.value)


def test_database_refuses_a_registration_period_that_ends_at_its_opening() -> None:
    session = make_session()

    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Session.objects.filter(pk=session.pk).update(
            registration_opens_at=session.registration_closes_at
        )

    assert_refuses("session_registration_opens_before_it_closes", error.value)


# What strangers may cause ------------------------------------------------------------------------


def test_newcomer_does_not_overtake_those_in_line_for_a_seat_that_stays_free() -> None:
    session = make_session(capacity=1, attendance="on_site", venue="Zaal")
    seated, waiting = make_registration(session), make_registration(session)
    late = session.starts_at - timedelta(hours=20)
    Session.objects.update(registration_closes_at=session.starts_at)
    session.refresh_from_db()
    registering.cancel(seated, now=late, by=OWNER)

    newcomer = make_registration(session, now=late)

    waiting.refresh_from_db()
    assert (waiting.state, newcomer.state) == ("waiting", "waiting")
    assert [waiting.place_in_line(), newcomer.place_in_line()] == [1, 2]


def test_one_mailbox_is_registered_a_limited_number_of_times_an_hour() -> None:
    session = make_session()
    for number in range(refusing.REGISTRATIONS_PER_MAILBOX_PER_HOUR):
        make_registration(session, email=f"victim+{number}@example.org")

    with pytest.raises(refusing.TooManyRegistrations):
        make_registration(session, email="Victim+more@example.org")

    make_registration(session, email="other@example.org")
    make_registration(session, email="victim+more@example.org", now=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("key", "mailbox"),
    [
        ("an@example.org", "an@example.org"),
        ("an+a@example.org", "an@example.org"),
        ("an+a+b@example.org", "an@example.org"),
        ("+a@example.org", "@example.org"),
        ("", ""),
    ],
)
def test_database_and_program_know_the_same_mailbox(key: str, mailbox: str) -> None:
    registration = make_registration(make_session())
    Registration.objects.filter(pk=registration.pk).update(email_key=key)

    [(known,)] = Registration.objects.values_list(Mailbox("email_key"))

    assert known == mailbox
    assert not key or "@".join(refusing.mailbox_of(key)) == mailbox


def test_address_no_calendar_can_name_is_refused_also_from_an_organiser() -> None:
    somebody = applicant('"jan p"@example.be')

    with pytest.raises(refusing.UnusableAddress):
        registering.register(make_session(), somebody, received_at=NOW, by_organiser=True)

    assert not Registration.objects.exists()
