"""What organisers do to registrations: moving, correcting, and many at once."""

from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from accounts.auditing import Actor
from accounts.models import Action, AuditEntry
from accounts.underway import finished
from events import messages, organising, registering
from events.models import Consent, ConsentText, Needs, Registration, SeatCount, Session
from events.refusing import (
    AlreadyRegistered,
    NotRegistered,
    RegistrationClosed,
    SessionCancelled,
    SessionFull,
    UnusableAddress,
)
from mailing.models import Message
from tests.build import NOW, anonymise, applicant, make_registration, make_session, make_user
from tests.events.racing import PATIENCE_SECONDS, at_once

pytestmark = pytest.mark.django_db


def actor() -> Actor:
    return Actor("user", make_user(), "10.1.2.3")


def seen(*rows: Registration) -> dict[int, str]:
    """What an organiser sees of them now."""
    return {row.pk: row.state for row in rows}


def counts(session: Session) -> tuple[int, int]:
    row = SeatCount.objects.get(session=session)
    live = session.registrations.live()
    assert row.taken == live.filter(state="confirmed").count()
    assert row.waiting == live.filter(state="waiting").count()
    return row.taken, row.waiting


def kinds(row: Registration) -> list[str]:
    mails = Message.objects.filter(object_id=row.pk).order_by("pk")
    return [mail.kind.partition(".")[2] for mail in mails]


def acts(row: Registration) -> list[str]:
    return list(AuditEntry.objects.filter(object_id=row.pk).values_list("action", flat=True))


def refreshed(*rows: Registration) -> list[str]:
    return [Registration.objects.get(pk=row.pk).state for row in rows]


# Many at once ------------------------------------------------------------------------------------


def test_cancel_gives_no_seat_to_somebody_who_is_cancelled_next() -> None:
    session = make_session(capacity=1)
    first, second, third = [make_registration(session) for _ in range(3)]

    result = finished(organising.cancel(session, seen(first, second), by=actor(), now=NOW))

    assert {row.pk for row in result.done} == {first.pk, second.pk}
    assert refreshed(first, second, third) == ["cancelled", "cancelled", "confirmed"]
    assert "promoted" not in kinds(second)
    assert counts(session) == (1, 0)


def test_cancel_twice_cancels_once() -> None:
    session = make_session(capacity=2)
    rows = [make_registration(session) for _ in range(2)]
    chosen, who = seen(*rows), actor()
    finished(organising.cancel(session, chosen, by=who, now=NOW))

    again = finished(organising.cancel(session, chosen, by=who, now=NOW))

    assert (again.done, again.skipped) == ([], rows)
    assert [acts(row) for row in rows] == [[Action.REGISTRATION_CANCELLED]] * 2
    assert [kinds(row) for row in rows] == [["registered", "cancelled"]] * 2


def test_cancel_leaves_alone_who_got_a_seat_meanwhile() -> None:
    session = make_session(capacity=1)
    first, second = [make_registration(session) for _ in range(2)]
    chosen = seen(second)
    registering.cancel(first, now=NOW, by=Registration.CancelledBy.OWNER)

    result = finished(organising.cancel(session, chosen, by=actor(), now=NOW))

    assert result.skipped == [second]
    assert refreshed(second) == ["confirmed"]
    assert acts(second) == []


def test_place_seats_beyond_the_capacity_and_skips_who_left() -> None:
    session = make_session(capacity=0)
    stays, left = [make_registration(session) for _ in range(2)]
    chosen = seen(stays, left)
    registering.cancel(left, now=NOW, by=Registration.CancelledBy.OWNER)

    result = finished(organising.place(session, chosen, by=actor(), now=NOW))

    assert (result.done, result.skipped) == ([stays], [left])
    assert refreshed(stays, left) == ["confirmed", "cancelled"]
    assert counts(session) == (1, 0)


def test_send_again_sends_one_mail_an_hour() -> None:
    session = make_session()
    row = make_registration(session)

    for _ in range(3):
        finished(organising.send_again(session, seen(row), by=actor(), now=NOW))

    assert kinds(row) == ["registered", "again"]


def test_acting_on_somebody_of_another_session_does_nothing() -> None:
    session, other = make_session(), make_session()
    stranger = make_registration(other)

    result = finished(organising.cancel(session, seen(stranger), by=actor(), now=NOW))

    assert (result.done, result.skipped) == ([], [])
    assert refreshed(stranger) == ["confirmed"]


def test_anonymous_row_is_left_alone() -> None:
    session = make_session()
    row = make_registration(session)
    anonymise(row)

    result = finished(organising.cancel(session, seen(row), by=actor(), now=NOW))

    assert result.done == []
    assert refreshed(row) == ["confirmed"]


# Moving ------------------------------------------------------------------------------------------


def test_move_gives_a_seat_there_and_frees_the_one_here() -> None:
    here = make_session(capacity=1)
    there = make_session(capacity=1, programme=here.programme)
    moved, next_in_line = make_registration(here), make_registration(here)

    new = organising.move_to(moved, there, by=actor(), now=NOW)

    assert refreshed(moved, next_in_line, new) == ["cancelled", "confirmed", "confirmed"]
    assert (counts(here), counts(there)) == ((1, 0), (1, 0))
    assert (new.name, new.email, new.session_id) == (moved.name, moved.email, there.pk)
    assert new.managing_code != moved.managing_code
    assert kinds(moved) == ["registered", "cancelled"]
    assert kinds(new) == ["registered"]
    assert acts(moved) == [Action.REGISTRATION_CANCELLED]
    assert acts(new) == [Action.REGISTRATION_ADDED]


def test_move_to_a_full_session_gives_a_place_in_line() -> None:
    here, there = make_session(), make_session(capacity=0)
    moved = make_registration(here)

    new = organising.move_to(moved, there, by=actor(), now=NOW)

    assert new.is_waiting
    assert kinds(new) == ["waiting"]


def test_mail_about_a_move_names_the_new_session_and_cancels_the_old_entry() -> None:
    here, there = make_session(title="De oude"), make_session(title="De nieuwe")
    moved = make_registration(here)
    organising.move_to(moved, there, by=actor(), now=NOW)
    mail = Message.objects.get(object_id=moved.pk, kind=messages.CANCELLED)

    letter = messages.compose(mail, NOW)

    assert letter.subject == "Verplaatst naar een andere sessie: De oude"
    assert "De nieuwe" in " ".join(letter.opening)
    assert letter.calendar is not None
    assert letter.calendar.method == "CANCEL"


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"capacity": 0, "has_waiting_list": False}, SessionFull),
        ({"status": Session.Status.CANCELLED}, SessionCancelled),
        ({"starts_at": NOW - timedelta(hours=2), "ends_at": NOW}, RegistrationClosed),
    ],
)
def test_refused_move_changes_nothing(facts: dict[str, Any], refusal: type[Exception]) -> None:
    here, there = make_session(capacity=1), make_session(**facts)
    moved, behind = make_registration(here), make_registration(here)

    with pytest.raises(refusal):
        organising.move_to(moved, there, by=actor(), now=NOW)

    assert refreshed(moved, behind) == ["confirmed", "waiting"]
    assert (counts(here), there.registrations.count()) == ((1, 1), 0)
    assert AuditEntry.objects.count() == 0
    assert kinds(moved) == ["registered"]


def test_move_is_refused_for_who_is_there_already() -> None:
    here, there = make_session(), make_session()
    moved = make_registration(here, email="an@example.org")
    make_registration(there, email="AN@example.org")

    with pytest.raises(AlreadyRegistered):
        organising.move_to(moved, there, by=actor(), now=NOW)

    assert refreshed(moved) == ["confirmed"]


def test_move_to_the_same_session_is_refused() -> None:
    here = make_session()
    moved = make_registration(here)

    with pytest.raises(AlreadyRegistered):
        organising.move_to(moved, here, by=actor(), now=NOW)

    assert refreshed(moved) == ["confirmed"]


def test_move_of_a_cancelled_registration_is_refused() -> None:
    here, there = make_session(), make_session()
    moved = make_registration(here)
    registering.cancel(moved, now=NOW, by=Registration.CancelledBy.OWNER)

    with pytest.raises(NotRegistered):
        organising.move_to(moved, there, by=actor(), now=NOW)

    assert there.registrations.count() == 0


def test_needs_go_along_as_far_as_the_new_session_asks_for_them() -> None:
    here = make_session()
    there = make_session(asks_access_needs=True)
    moved = make_registration(here)
    Needs.objects.create(registration=moved, access="Tolk", diet="Noten", consented_at=NOW)

    new = organising.move_to(moved, there, by=actor(), now=NOW)

    needs = Needs.objects.get(registration=new)
    assert (needs.access, needs.diet, needs.consented_at) == ("Tolk", "", NOW)


def test_consents_go_along_within_the_programme_only() -> None:
    here = make_session()
    text = ConsentText.objects.create(programme=here.programme, code="news", text="Nodig mij uit.")
    moved = make_registration(here, consent_texts=[text])
    same, other = make_session(programme=here.programme), make_session()

    within = organising.move_to(moved, same, by=actor(), now=NOW)
    outside = organising.move_to(within, other, by=actor(), now=NOW)

    assert Consent.objects.filter(registration=within).count() == 1
    assert Consent.objects.filter(registration=outside).count() == 0


# Adding and correcting ---------------------------------------------------------------------------


def test_add_after_the_deadline_is_written_down() -> None:
    session = make_session()
    late = session.registration_closes_at + timedelta(hours=1)

    outcome = organising.add(session, applicant(), by=actor(), now=late)

    assert outcome.registration.is_confirmed
    assert acts(outcome.registration) == [Action.REGISTRATION_ADDED]


def test_add_of_somebody_known_adds_nobody() -> None:
    session = make_session()
    known = make_registration(session, email="an@example.org")

    outcome = organising.add(session, applicant("an@example.org"), by=actor(), now=NOW)

    assert (outcome.registration, outcome.is_own) == (known, False)
    assert acts(known) == []


def test_correct_says_which_fields_changed_and_not_what_they_hold() -> None:
    row = make_registration(make_session(), email="an@example.org", name="An Peters")
    details = applicant("an@example.org", name="An Peeters", organisation_name="Stad Gent")

    assert organising.correct(row, details, by=actor(), now=NOW)

    row.refresh_from_db()
    assert (row.name, row.organisation_name) == ("An Peeters", "Stad Gent")
    assert row.organisation_key == "stad gent"
    entry = AuditEntry.objects.get()
    assert entry.details == {"fields": ["name", "organisation_name"]}
    assert kinds(row) == ["registered"]


def test_correct_without_a_change_writes_nothing_down() -> None:
    row = make_registration(make_session(), email="an@example.org")

    assert not organising.correct(row, applicant("an@example.org"), by=actor(), now=NOW)

    assert AuditEntry.objects.count() == 0


def test_another_address_gets_new_codes_and_the_old_ones_open_nothing() -> None:
    row = make_registration(make_session(), email="wrong@example.org")
    before = (row.managing_code, row.joining_code)

    organising.correct(row, applicant("right@example.org"), by=actor(), now=NOW)

    row.refresh_from_db()
    assert (row.email, row.email_key) == ("right@example.org", "right@example.org")
    assert Registration.objects.by_managing_code(before[0]) is None
    assert Registration.objects.by_joining_code(before[1]) is None
    mail = Message.objects.get(object_id=row.pk, kind=messages.AGAIN)
    assert mail.recipient == "right@example.org"
    assert row.managing_code in str(messages.compose(mail, NOW))


def test_another_address_is_told_also_within_the_hour_of_an_earlier_mail() -> None:
    session = make_session()
    row = make_registration(session, email="wrong@example.org")
    finished(organising.send_again(session, seen(row), by=actor(), now=NOW))

    organising.correct(row, applicant("right@example.org"), by=actor(), now=NOW)

    assert kinds(row) == ["registered", "again", "again"]


@pytest.mark.parametrize("taken", ["an@example.org", "AN@Example.org"])
def test_address_of_somebody_else_is_refused(taken: str) -> None:
    session = make_session()
    make_registration(session, email="an@example.org")
    row = make_registration(session, email="jan@example.org", name="Jan")

    with pytest.raises(AlreadyRegistered):
        organising.correct(row, applicant(taken, name="Iemand"), by=actor(), now=NOW)

    row.refresh_from_db()
    assert (row.email, row.name) == ("jan@example.org", "Jan")


def test_address_that_no_invitation_can_name_is_refused() -> None:
    row = make_registration(make_session(), email="an@example.org")

    with pytest.raises(UnusableAddress):
        organising.correct(row, applicant('"a b"@example.org'), by=actor(), now=NOW)


# Races -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_organisers_cancelling_the_same_people_cancel_each_once() -> None:
    session = make_session(capacity=4)
    rows = [make_registration(session) for _ in range(8)]
    chosen, who = seen(*rows[2:6]), actor()

    def cancel() -> int:
        own = Session.objects.get(pk=session.pk)
        return len(finished(organising.cancel(own, chosen, by=who, now=NOW)).done)

    done = at_once(*[cancel] * 3)

    assert sum(done) == 4
    assert counts(session) == (4, 0)
    assert [acts(row) for row in rows[2:6]] == [[Action.REGISTRATION_CANCELLED]] * 4
    assert [kinds(row).count("cancelled") for row in rows[2:6]] == [1] * 4


@pytest.mark.django_db(transaction=True)
def test_placing_and_cancelling_the_same_people_at_once_keeps_the_counts() -> None:
    session = make_session(capacity=0)
    rows = [make_registration(session) for _ in range(6)]
    chosen, who = seen(*rows), actor()

    def act(do: Any) -> Any:
        return finished(do(Session.objects.get(pk=session.pk), chosen, by=who, now=NOW))

    results = at_once(partial(act, organising.place), partial(act, organising.cancel))

    placed, cancelled = (len(result.done) for result in results)
    assert placed + cancelled == 6
    assert counts(session) == (placed, 0)
    assert all(len(acts(row)) == 1 for row in rows)


@pytest.mark.django_db(transaction=True)
def test_people_moved_in_opposite_directions_at_once_all_arrive() -> None:
    one, other = make_session(capacity=5), make_session(capacity=5)
    from_one = [make_registration(one) for _ in range(4)]
    from_other = [make_registration(other) for _ in range(4)]
    who = actor()

    def move(row: Registration, session: Session) -> Registration:
        own = Registration.objects.select_related("session").get(pk=row.pk)
        return organising.move_to(own, Session.objects.get(pk=session.pk), by=who, now=NOW)

    results = at_once(
        *[partial(move, row, other) for row in from_one],
        *[partial(move, row, one) for row in from_other],
    )

    assert {type(result) for result in results} == {Registration}
    assert sum(counts(one)) == sum(counts(other)) == 4


@pytest.mark.django_db(transaction=True)
def test_one_person_moved_many_times_at_once_arrives_once() -> None:
    here, there = make_session(), make_session(capacity=3)
    row, who = make_registration(here), actor()

    def move() -> Registration:
        own = Registration.objects.select_related("session").get(pk=row.pk)
        return organising.move_to(own, Session.objects.get(pk=there.pk), by=who, now=NOW)

    results = at_once(*[move] * 4)

    assert [type(result) for result in results].count(Registration) == 1
    assert counts(there) == (1, 0)
    assert counts(here) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_rig_writes_down_twice_when_the_look_is_apart_from_the_act() -> None:
    """The negative control: looking first and acting later does it once too often."""
    session = make_session()
    row, who = make_registration(session), actor()
    all_have_looked = Barrier(2)

    def look_then_act() -> None:
        is_live = not Registration.objects.get(pk=row.pk).is_cancelled
        all_have_looked.wait(PATIENCE_SECONDS)
        if is_live:
            with transaction.atomic():
                own = Registration.objects.select_related("session").get(pk=row.pk)
                registering.cancel(own, now=NOW, by=Registration.CancelledBy.ORGANISER)
                organising._record(Action.REGISTRATION_CANCELLED, own, who, NOW)

    at_once(*[look_then_act] * 2)

    assert acts(row) == [Action.REGISTRATION_CANCELLED] * 2
