"""Somebody else comes instead: the seat, the place in line, and what each of them learns."""

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from accounts.models import Action, AuditEntry
from events import groups, messages, refusing, registering, rescheduling, seating
from events.models import Needs, Registration, SeatCount, Session
from events.refusing import RegistrationClosed, TooManyRegistrations, UnusableAddress
from mailing.letters import Letter
from mailing.models import Message
from tests.build import LINK, NOW, applicant, at, days, make_registration, make_session
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

TICK = timedelta.resolution
OWNER = Registration.CancelledBy.OWNER
FORM = {"name": "Bo Smets", "email": "bo@example.org", "job_title": "", "language": "nl"}


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def seats_of(session: Session) -> tuple[int, int]:
    """Taken, waiting."""
    seats = SeatCount.objects.get(session=session)
    return seats.taken, seats.waiting


def letter(registration: Registration, kind: str) -> Letter:
    message = Message.objects.get(object_id=registration.pk, kind=f"events.{kind}")
    return messages.compose(message, NOW)


def address(registration: Registration) -> str:
    return f"/registrations/{registration.managing_code}/substitute/"


# The seat and the line ---------------------------------------------------------------------------


def test_substitute_takes_the_seat_and_nobody_moves_up_in_between() -> None:
    session = make_session(capacity=1)
    old, waiting = make_registration(session), make_registration(session)

    assert registering.substitute(old, applicant("bo@example.org", name="Bo"), now=NOW)

    old.refresh_from_db()
    waiting.refresh_from_db()
    new = session.registrations.get(email="bo@example.org")
    assert (old.state, old.cancelled_by) == ("cancelled", "substitute")
    assert (new.state, new.confirmed_at, new.substitute_for) == ("confirmed", NOW, old)
    assert waiting.is_waiting
    assert seats_of(session) == (1, 1)


def test_substitute_of_somebody_waiting_stands_where_they_stood() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    line = [make_registration(session) for _ in range(3)]

    registering.substitute(line[1], applicant("bo@example.org"), now=NOW)
    bo = session.registrations.get(email="bo@example.org")
    registering.substitute(bo, applicant("cis@example.org"), now=NOW)

    cis = session.registrations.get(email="cis@example.org")
    assert list(session.registrations.in_line()) == [line[0], cis, line[2]]
    assert [each.place_in_line() for each in (line[0], cis, line[2])] == [1, 2, 3]
    assert seats_of(session) == (1, 3)


def test_substitute_stays_in_the_group() -> None:
    session = make_session(capacity=1)
    group = groups.register(
        session,
        [applicant(), applicant()],
        requested_by=groups.Requester("An", "an@example.org"),
        is_together=True,
        received_at=NOW,
    )

    registering.substitute(group.registrations.first(), applicant("bo@example.org"), now=NOW)
    seating.set_capacity(session, 2, now=NOW)

    bo = session.registrations.get(email="bo@example.org")
    assert (bo.group, bo.state) == (group, "confirmed")
    assert seats_of(session) == (2, 0)


def test_substitute_who_has_a_seat_keeps_it_and_the_other_seat_goes_to_the_first_in_line() -> None:
    session = make_session(capacity=2)
    old, known, waiting = (make_registration(session) for _ in range(3))

    assert registering.substitute(old, applicant(known.email), now=NOW)

    for each in (old, known, waiting):
        each.refresh_from_db()
    assert [each.state for each in (old, known, waiting)] == ["cancelled", "confirmed", "confirmed"]
    assert (old.cancelled_by, known.substitute_for) == ("substitute", None)
    assert Message.objects.filter(object_id=known.pk, kind="events.again").exists()
    assert seats_of(session) == (2, 0)


def test_substitute_who_waited_gets_the_seat() -> None:
    session = make_session(capacity=1)
    old, first, known = (make_registration(session) for _ in range(3))

    registering.substitute(old, applicant(known.email), now=NOW)

    for each in (first, known):
        each.refresh_from_db()
    assert (first.state, known.state) == ("waiting", "confirmed")
    assert seats_of(session) == (1, 1)


def test_substitute_who_waits_too_keeps_their_own_place() -> None:
    session = make_session(capacity=1)
    _seated, old, known = (make_registration(session) for _ in range(3))

    registering.substitute(old, applicant(known.email), now=NOW)

    assert list(session.registrations.in_line()) == [known]
    assert seats_of(session) == (1, 1)


def test_somebody_who_passed_their_place_on_can_come_back() -> None:
    session = make_session()
    old = make_registration(session, email="an@example.org")
    registering.substitute(old, applicant("bo@example.org"), now=NOW)

    again = make_registration(session, email="an@example.org")

    assert again.is_confirmed
    assert again.calendar_steps > old.calendar_steps


# Until when --------------------------------------------------------------------------------------


def test_substitute_after_the_deadline_until_the_start() -> None:
    session = make_session()
    late, too_late = make_registration(session), make_registration(session)

    assert registering.substitute(late, applicant(), now=session.starts_at - TICK)
    with pytest.raises(RegistrationClosed):
        registering.substitute(too_late, applicant(), now=session.starts_at)

    too_late.refresh_from_db()
    assert too_late.is_confirmed


def test_substitute_for_who_cancelled_changes_nothing() -> None:
    session = make_session()
    old = make_registration(session)
    read_before = Registration.objects.get(pk=old.pk)
    registering.cancel(old, now=NOW, by=OWNER)

    assert not registering.substitute(read_before, applicant("bo@example.org"), now=NOW)

    assert not session.registrations.live().exists()


def test_substitute_twice_makes_one() -> None:
    session = make_session()
    old = make_registration(session)

    done = [registering.substitute(old, applicant("bo@example.org"), now=NOW) for _ in range(2)]

    assert done == [True, False]
    assert session.registrations.live().count() == 1


def test_substitute_for_a_cancelled_session_changes_nothing() -> None:
    session = make_session()
    old = make_registration(session)
    rescheduling.cancel_session(session, now=NOW)

    assert not registering.substitute(old, applicant("bo@example.org"), now=NOW)


@pytest.mark.parametrize("email", ["jan@example.org", "JAN@Example.ORG"])
def test_substitute_by_ones_own_address_is_refused(email: str) -> None:
    old = make_registration(make_session(), email="jan@example.org")

    with pytest.raises(UnusableAddress):
        registering.substitute(old, applicant(email), now=NOW)

    old.refresh_from_db()
    assert old.is_confirmed


def test_substitute_does_not_flood_one_mailbox() -> None:
    session = make_session()
    old = make_registration(session)
    for number in range(refusing.REGISTRATIONS_PER_MAILBOX_PER_HOUR):
        make_registration(session, email=f"victim+{number}@example.org")

    with pytest.raises(TooManyRegistrations):
        registering.substitute(old, applicant("victim+more@example.org"), now=NOW)


# Mails and calendars -----------------------------------------------------------------------------


def test_both_are_told_and_the_calendars_follow() -> None:
    session = make_session(link=LINK)
    old = make_registration(session, name="Jan Peeters")
    registering.substitute(old, applicant("bo@example.org"), now=NOW)
    new = session.registrations.get(email="bo@example.org")

    to_old, to_new = letter(old, "cancelled"), letter(new, "registered")

    assert "Iemand anders komt in uw plaats" in to_old.opening[0]
    assert "bo@example.org" not in str(to_old)
    assert "Jan Peeters kan niet komen" in to_new.opening[0]
    assert (to_old.calendar.method, to_new.calendar.method) == ("CANCEL", "REQUEST")


def test_calendar_entry_of_the_substitute_outranks_the_cancellation() -> None:
    """One person with two addresses may have both mails in one calendar."""
    session = make_session()
    old = make_registration(session)
    registering.substitute(old, applicant("bo@example.org"), now=NOW)
    new = session.registrations.get(email="bo@example.org")

    steps = [
        Calendar.from_ical(letter(each, kind).calendar.content).walk("VEVENT")[0]["SEQUENCE"]
        for each, kind in ((old, "cancelled"), (new, "registered"))
    ]

    assert steps[1] > steps[0]


def test_link_is_owed_to_the_substitute_also_when_it_went_out_before() -> None:
    session = make_session(link=LINK)
    old = make_registration(session)
    released = at("09:00") - days(1)
    messages.plan(released)

    registering.substitute(old, applicant("bo@example.org"), now=released)
    messages.plan(released)

    new = session.registrations.get(email="bo@example.org")
    assert Message.objects.filter(object_id=new.pk, kind="events.link").count() == 1


@pytest.mark.parametrize("seat", [True, False])
def test_who_leaves_sees_the_same_whether_the_other_was_registered(
    seat: bool, client: CheckedClient
) -> None:
    seen = []
    for is_known in (True, False):
        session = make_session(capacity=None if seat else 0, title="Sessie")
        old = make_registration(session, email="an@example.org")
        if is_known:
            make_registration(session, email="bo@example.org")

        client.post(address(old), FORM)

        page = client.get(f"/registrations/{old.managing_code}/").content.decode()
        old.refresh_from_db()
        said = letter(old, "cancelled")
        seen.append(
            (
                page.replace(old.managing_code, "…").replace(session.slug, "…"),
                said.opening,
                said.subject,
            )
        )
        Message.objects.all().delete()
        Registration.objects.all().delete()

    assert seen[0] == seen[1]


def test_what_somebody_needed_goes_with_them() -> None:
    session = make_session(asks_access_needs=True)
    for leave in ("cancel", "substitute"):
        old = make_registration(session, access="Ondertitels")

        if leave == "cancel":
            registering.cancel(old, now=NOW, by=OWNER)
        else:
            registering.substitute(old, applicant(), now=NOW)

    assert not Needs.objects.exists()


# The page ----------------------------------------------------------------------------------------


def test_page_passes_the_place_on_only_by_post_and_writes_it_down(client: CheckedClient) -> None:
    registration = make_registration(make_session(), organisation_name="Stad Gent")

    client.get(address(registration))
    is_still_there = Registration.objects.get(pk=registration.pk).is_confirmed
    answer = client.post(address(registration), FORM, follow=True)

    new = Registration.objects.get(email="bo@example.org")
    entry = AuditEntry.objects.get(action=Action.REGISTRATION_SUBSTITUTED)
    assert is_still_there
    assert (new.organisation_name, new.name) == ("Stad Gent", "Bo Smets")
    assert (entry.actor, entry.object_id) == ("owner", registration.pk)
    assert "Bo Smets komt in uw plaats" in answer.content.decode()
    assert "bo@example.org" not in str(entry.details)


def test_page_sent_twice_makes_one_and_is_written_down_once(client: CheckedClient) -> None:
    registration = make_registration(make_session())

    answers = [client.post(address(registration), FORM).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Registration.objects.live().count() == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Bo\nSmets"),
        ("name", "B" * 151),
        ("email", ""),
        ("email", "bo"),
        ("email", '"bo s"@example.org'),
        ("job_title", "x" * 151),
        ("language", "xx"),
    ],
)
def test_page_with_an_error_keeps_what_was_typed(
    field: str, value: str, client: CheckedClient
) -> None:
    registration = make_registration(make_session())

    answer = client.post(address(registration), FORM | {field: value})

    assert answer.status_code == 422
    if field != "name":
        assert 'value="Bo Smets"' in answer.content.decode()
    assert Registration.objects.live().count() == 1


def test_page_refuses_ones_own_address_next_to_the_field(client: CheckedClient) -> None:
    registration = make_registration(make_session(), email="bo@example.org")

    answer = client.post(address(registration), FORM)

    assert answer.status_code == 422
    assert "Met dit adres bent u zelf ingeschreven." in answer.content.decode()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_page_from_the_start_on_leads_to_the_registration(
    method: str, client: CheckedClient, time_machine: Any
) -> None:
    registration = make_registration(make_session())
    time_machine.move_to(registration.session.starts_at, tick=False)

    answer = getattr(client, method)(address(registration), FORM)

    assert (answer.status_code, answer["Location"]) == (302, registration.get_absolute_url())
    assert Registration.objects.live().count() == 1
