"""Colleagues registered in one go: their seats, their place in line, and who learns what."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.auditing import SYSTEM
from events import groups, messages, privacy, refusing, registering, seating
from events.groups import Requester
from events.models import Registration, RegistrationGroup, SeatCount, Session
from events.refusing import (
    RegistrationClosed,
    SessionCancelled,
    SessionFull,
    SomeRefused,
    TooManyRegistrations,
)
from events.registering import Applicant
from mailing.letters import Letter, render
from mailing.models import Message
from tests.build import NOW, applicant, days, make_registration, make_session

pytestmark = pytest.mark.django_db

AN = Requester("An Janssens", "an@example.org")
OWNER = Registration.CancelledBy.OWNER


def register_group(
    session: Session, people: int | list[Applicant] = 3, **options: object
) -> RegistrationGroup:
    """A group of so many strangers, or of these."""
    applicants = [applicant() for _ in range(people)] if isinstance(people, int) else people
    values = {
        "requested_by": AN,
        "is_together": False,
        "received_at": NOW,
    }
    return groups.register(session, applicants, **(values | options))


def states(group: RegistrationGroup) -> list[str]:
    return list(group.registrations.order_by("pk").values_list("state", flat=True))


def seats_of(session: Session) -> tuple[int | None, int, int, int]:
    """Capacity, taken, waiting, held up."""
    seats = SeatCount.objects.get(session=session)
    return seats.capacity, seats.taken, seats.waiting, seats.held_up


def letter(registration: Registration, kind: str) -> Letter:
    message = Message.objects.get(object_id=registration.pk, kind=f"events.{kind}")
    return messages.compose(message, NOW)


def overview(group: RegistrationGroup) -> Letter:
    return messages.compose_overview(
        Message.objects.get(object_id=group.pk, kind="groups.overview"), NOW
    )


# Seats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "is_together", "expected"),
    [
        (None, False, ["confirmed"] * 3),
        (3, False, ["confirmed"] * 3),
        (3, True, ["confirmed"] * 3),
        (2, False, ["confirmed", "confirmed", "waiting"]),
        (2, True, ["waiting"] * 3),
        (0, False, ["waiting"] * 3),
        (0, True, ["waiting"] * 3),
        (None, True, ["confirmed"] * 3),
    ],
)
def test_group_gets_the_seats_there_are_in_the_order_typed_or_all_of_them_wait(
    capacity: int | None, is_together: bool, expected: list[str]
) -> None:
    session = make_session(capacity=capacity)

    group = register_group(session, is_together=is_together)

    assert states(group) == expected
    taken = expected.count("confirmed")
    held_up = 3 if is_together and capacity == 2 else 0
    assert seats_of(session) == (capacity, taken, 3 - taken, held_up)


def test_group_does_not_overtake_those_in_line() -> None:
    session = make_session(capacity=1, attendance="on_site", venue="Zaal")
    seated, waiting = make_registration(session), make_registration(session)
    late = session.starts_at - timedelta(hours=20)
    Session.objects.update(registration_closes_at=session.starts_at)
    session.refresh_from_db()
    registering.cancel(seated, now=late, by=OWNER)

    group = register_group(session, 1, received_at=late)

    waiting.refresh_from_db()
    assert (waiting.state, states(group)) == ("waiting", ["waiting"])


def test_newcomer_takes_the_seats_that_are_too_few_for_the_group_in_line() -> None:
    session = make_session(capacity=2)
    group = register_group(session, 3, is_together=True)

    newcomers = [make_registration(session) for _ in range(3)]

    assert states(group) == ["waiting"] * 3
    assert [each.state for each in newcomers] == ["confirmed", "confirmed", "waiting"]
    assert [each.place_in_line() for each in newcomers[2:]] == [4]


def test_page_offers_the_seats_that_are_too_few_for_the_group_in_line() -> None:
    session = make_session(capacity=2)
    register_group(session, 3, is_together=True)

    seats = SeatCount.objects.get(session=session)

    assert (seats.is_full, seats.open) == (False, 2)


def test_group_moves_up_only_when_there_is_a_seat_for_each() -> None:
    session = make_session(capacity=3)
    seated = [make_registration(session) for _ in range(3)]
    group = register_group(session, 3, is_together=True)

    seen = []
    for person in seated:
        registering.cancel(person, now=NOW, by=OWNER)
        seen.append(states(group))

    assert seen == [["waiting"] * 3, ["waiting"] * 3, ["confirmed"] * 3]
    assert seats_of(session) == (3, 3, 0, 0)


def test_those_behind_who_fit_go_before_a_group_that_does_not() -> None:
    session = make_session(capacity=2)
    seated = [make_registration(session) for _ in range(2)]
    group = register_group(session, 3, is_together=True)
    single, pair = make_registration(session), register_group(session, 2, is_together=True)

    registering.cancel(seated[0], now=NOW, by=OWNER)

    single.refresh_from_db()
    assert (single.state, states(group), states(pair)) == (
        "confirmed",
        ["waiting"] * 3,
        ["waiting"] * 2,
    )
    assert group.registrations.order_by("pk")[0].place_in_line() == 1


def test_group_that_was_passed_is_first_as_soon_as_it_fits() -> None:
    session = make_session(capacity=2)
    for _ in range(2):
        make_registration(session)
    group = register_group(session, 3, is_together=True)
    behind = [make_registration(session) for _ in range(4)]

    seating.set_capacity(session, 5, now=NOW)

    assert states(group) == ["confirmed"] * 3
    assert not session.registrations.confirmed().filter(pk__in=[each.pk for each in behind])


def test_group_gets_smaller_when_one_of_it_cancels() -> None:
    session = make_session(capacity=2)
    group = register_group(session, 3, is_together=True)

    registering.cancel(group.registrations.order_by("pk")[1], now=NOW, by=OWNER)

    assert states(group) == ["confirmed", "cancelled", "confirmed"]
    assert seats_of(session) == (2, 2, 0, 0)


def test_one_of_a_group_placed_by_hand_leaves_the_others_together() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    group = register_group(session, 3, is_together=True)
    one, *others = group.registrations.order_by("pk")

    assert seating.place(one, now=NOW)
    seating.set_capacity(session, 3, now=NOW)

    one.refresh_from_db()
    assert one.is_placed_by_hand
    assert states(group) == ["confirmed", "waiting", "waiting"]
    seating.set_capacity(session, 4, now=NOW)
    assert states(group) == ["confirmed"] * 3
    assert not any(each.is_placed_by_hand for each in others)


def test_group_waits_on_when_promotion_has_ended() -> None:
    session = make_session(capacity=1)
    seated = make_registration(session)
    group = register_group(session, 1, is_together=True)

    registering.cancel(seated, now=session.starts_at, by=OWNER)

    assert states(group) == ["waiting"]


def test_place_gives_nobody_in_line_the_way_past_a_single_who_waits() -> None:
    session = make_session(capacity=2, attendance="on_site", venue="Zaal")
    seated = make_registration(session)
    group = register_group(session, 3, is_together=True)
    late = session.promotion_ends_at
    Session.objects.update(registration_closes_at=session.starts_at)
    session.refresh_from_db()
    make_registration(session, now=late)
    single = make_registration(session, now=late)
    registering.cancel(seated, now=late, by=OWNER)

    seating.place(group.registrations.order_by("pk")[0], now=late)
    newcomer = make_registration(session, now=late)

    assert (single.state, newcomer.state) == ("waiting", "waiting")


# Without a waiting list --------------------------------------------------------------------------


@pytest.mark.parametrize("is_together", [False, True])
def test_group_larger_than_the_seats_left_is_refused_as_a_whole(is_together: bool) -> None:
    session = make_session(capacity=2, has_waiting_list=False)

    with pytest.raises(SessionFull) as refusal:
        register_group(session, 3, is_together=is_together)

    assert "2" in str(refusal.value)
    assert not RegistrationGroup.objects.exists()
    assert not Message.objects.exists()
    assert seats_of(session) == (2, 0, 0, 0)


def test_group_as_large_as_the_seats_left_is_accepted() -> None:
    session = make_session(capacity=3, has_waiting_list=False)

    assert states(register_group(session, 3)) == ["confirmed"] * 3


def test_room_is_counted_alike_for_who_is_registered_already() -> None:
    session = make_session(capacity=3, has_waiting_list=False)
    known = make_registration(session)

    with pytest.raises(SessionFull):
        register_group(session, [applicant(known.email), applicant(), applicant()])

    assert session.registrations.count() == 1


# Refusals ----------------------------------------------------------------------------------------


def test_one_unusable_address_refuses_the_whole_form_and_says_which() -> None:
    session = make_session()

    with pytest.raises(SomeRefused) as refusal:
        register_group(session, [applicant(), applicant('"jan p"@example.be'), applicant()])

    assert list(refusal.value.sentences) == [1]
    assert not session.registrations.exists()


def test_address_that_stands_in_the_form_twice_is_refused_where_it_stands_again() -> None:
    session = make_session()

    with pytest.raises(SomeRefused) as refusal:
        register_group(session, [applicant("jan@example.org"), applicant("JAN@Example.org")])

    assert list(refusal.value.sentences) == [1]
    assert not session.registrations.exists()


def test_group_does_not_flood_one_mailbox_by_plus_tags() -> None:
    session = make_session()
    limit = refusing.REGISTRATIONS_PER_MAILBOX_PER_HOUR
    people = [applicant(f"victim+{number}@example.org") for number in range(limit + 2)]

    with pytest.raises(SomeRefused) as refusal:
        register_group(session, people)

    assert list(refusal.value.sentences) == [limit, limit + 1]
    assert states(register_group(session, people[:limit])) == ["confirmed"] * limit


def test_requester_registers_a_limited_number_of_groups_an_hour_whatever_the_plus_tag() -> None:
    session = make_session()
    for number in range(groups.GROUPS_PER_MAILBOX_PER_HOUR):
        register_group(session, 1, requested_by=Requester("An", f"an+{number}@example.org"))

    with pytest.raises(TooManyRegistrations):
        register_group(session, 1, requested_by=Requester("An", "AN@example.org"))

    register_group(session, 1, requested_by=Requester("Bo", "bo@example.org"))
    register_group(session, 1, received_at=NOW + timedelta(hours=1))


def test_group_after_the_deadline_is_refused() -> None:
    session = make_session()

    with pytest.raises(RegistrationClosed):
        register_group(session, received_at=session.registration_closes_at)


def test_group_for_a_session_cancelled_meanwhile_is_refused() -> None:
    session = make_session()
    seating.shut(session)

    with pytest.raises(SessionCancelled):
        register_group(session)

    assert not RegistrationGroup.objects.exists()


# The same form, and who was registered before ----------------------------------------------------


def test_same_form_twice_makes_nothing_new_also_after_the_deadline() -> None:
    session = make_session()
    people = [applicant(), applicant()]
    first = register_group(session, people, form_token="form-1")
    mails = Message.objects.count()

    again = [
        register_group(session, people, form_token="form-1", received_at=moment)
        for moment in (NOW, session.registration_closes_at)
    ]

    assert again == [first, first]
    assert (session.registrations.count(), Message.objects.count()) == (2, mails)


def test_form_without_mark_is_never_taken_for_the_same() -> None:
    session = make_session()

    assert register_group(session, 1) != register_group(session, 1)


def test_database_refuses_a_second_group_of_one_form() -> None:
    group = register_group(make_session(), form_token="form-1")

    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationGroup.objects.create(
            session=group.session, form_token="form-1", received_at=NOW
        )


def test_who_was_registered_stays_as_they_are_and_gets_their_own_link_again() -> None:
    session = make_session(capacity=2)
    known = make_registration(session, email="jan@example.org", name="Jan")

    group = register_group(session, [applicant("JAN@example.org", name="Piet"), applicant()])

    known.refresh_from_db()
    assert (known.name, known.group, known.state) == ("Jan", None, "confirmed")
    assert Message.objects.filter(object_id=known.pk, kind="events.again").count() == 1
    assert states(group) == ["confirmed"]
    assert seats_of(session) == (2, 2, 0, 0)


def test_overview_tells_alike_whether_somebody_was_registered() -> None:
    session = make_session()
    known = make_registration(session, email="jan@example.org")

    letters = [
        overview(register_group(session, [applicant(email, name="Jan"), applicant("x@y.be")]))
        for email in (known.email, "nieuw@example.org")
    ]

    said = [str(each).replace("nieuw@example.org", known.email) for each in letters]
    assert said[0] == said[1]


# Mails -------------------------------------------------------------------------------------------


def test_colleague_is_told_who_registered_them_and_what_they_can_do() -> None:
    group = register_group(make_session(), 1)

    said = letter(group.registrations.get(), "registered")

    assert "An Janssens schreef u in" in said.opening[0]
    assert "annuleren" in said.closing[0]
    assert "wissen" in said.closing[0]


def test_who_registers_themselves_too_is_not_told_so() -> None:
    own = applicant("an@example.org", name="An Janssens", form_token="form-1")
    group = register_group(make_session(), [own, applicant()], form_token="form-1")

    said = letter(group.registrations.get(email="an@example.org"), "registered")

    assert not any("schreef u in" in each for each in said.opening)


def test_name_that_is_an_advertisement_is_not_mailed_around() -> None:
    spam = Requester("Win nu op https://evil.example", "an@example.org")
    group = register_group(make_session(), [applicant(name="www.evil.example")], requested_by=spam)

    colleague, _html = render(letter(group.registrations.get(), "registered"))
    requester, _html = render(overview(group))
    said = colleague + requester

    assert "evil" not in said
    assert "Een collega schreef u in" in said


def test_waiting_together_is_explained() -> None:
    session = make_session(capacity=1)
    group = register_group(session, 2, is_together=True)

    said = letter(group.registrations.first(), "waiting")

    assert any("samen met uw collega" in each for each in said.opening)
    assert not any("Alle plaatsen" in each for each in said.opening)


def test_overview_names_what_was_typed_and_carries_no_code() -> None:
    session = make_session()
    people = [applicant("jan@example.org", name="Jan"), applicant("bo@example.org", name="Bo")]
    group = register_group(session, people, is_together=True)

    said = overview(group)

    assert said.recipient == "an@example.org"
    assert ("Jan", "jan@example.org") in said.facts
    assert ("Bo", "bo@example.org") in said.facts
    for registration in group.registrations.all():
        assert registration.public_id not in str(said)


def test_overview_that_waits_forgets_a_colleague_who_was_erased() -> None:
    session = make_session()
    people = [applicant("an@example.org", name="An"), applicant("Bo@example.org", name="Bo")]
    register_group(session, people)

    privacy.erase("bo@EXAMPLE.org", now=NOW, by=SYSTEM)

    waiting = Message.objects.get(kind="groups.overview")
    assert waiting.payload["people"] == [["An", "an@example.org"]]
    assert waiting.useful_until == session.ends_at


def test_overview_is_in_the_language_of_who_asked() -> None:
    asked = Requester("An", "an@example.org", language="fr")
    group = register_group(make_session(), 1, requested_by=asked)

    assert overview(group).language == "fr"


def test_needs_are_asked_of_the_person_and_not_of_who_registers_them() -> None:
    session = make_session(asks_access_needs=True)
    group = register_group(session, 1)

    said = letter(group.registrations.get(), "registered")

    assert any("wat u nodig hebt" in each for each in said.closing)


def test_moving_up_tells_each_of_the_group_once() -> None:
    session = make_session(capacity=0)
    group = register_group(session, 3, is_together=True)

    seating.set_capacity(session, 3, now=NOW + days(1))

    told = Message.objects.filter(kind="events.promoted").values_list("object_id", flat=True)
    assert sorted(told) == sorted(group.registrations.values_list("pk", flat=True))
