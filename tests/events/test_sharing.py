"""Several people with one address: only where an organiser says so, and each as a person apart."""

from collections import deque

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.auditing import SYSTEM
from accounts.models import User
from events import circulars, importing, messages, organising, privacy, registering
from events.models import Circular, Registration, SeatCount, Session
from events.refusing import AlreadyRegistered
from events.registering import Applicant
from mailing.models import Message
from portal import mine
from tests.build import NOW, days, make_organiser, make_registration, make_session, make_user
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

BOX = "info@example.org"
HEADING = "Naam;E-mailadres;Organisatie"


def person(name: str, *, shares: bool = False, email: str = BOX) -> Applicant:
    return Applicant(name=name, email=email, organisation_name="Stad", shares_address=shares)


def add(session: Session, name: str, *, shares: bool = True) -> registering.Outcome:
    return organising.add(session, person(name, shares=shares), by=SYSTEM, now=NOW)


def shared(*names: str) -> tuple[Session, list[Registration]]:
    session = make_session()
    return session, [add(session, name).registration for name in names]


def names(session: Session) -> list[str]:
    return sorted(session.registrations.live().values_list("name", flat=True))


def file_of(*people: str) -> bytes:
    return "\r\n".join([HEADING, *(f"{name};{BOX};Stad" for name in people)]).encode()


def letter(registration: Registration, kind: str = messages.REGISTERED) -> messages.Letter:
    return messages.compose(Message.objects.get(kind=kind, object_id=registration.pk), NOW)


# Who gets in -------------------------------------------------------------------------------------


def test_organiser_adds_colleagues_with_one_address_each_once() -> None:
    session, _rows = shared("An", "Bo", "Cé")

    again = [add(session, name).is_own for name in ("an", "BO", "Ce")]

    assert again == [False, False, False]
    assert names(session) == ["An", "Bo", "Cé"]
    assert SeatCount.objects.get(session=session).taken == 3


def test_who_was_renamed_is_not_added_again() -> None:
    session, (_an, bo) = shared("An", "Bo")
    Registration.objects.filter(pk=bo.pk).update(name="Robrecht")

    assert not add(session, "Bo").is_own
    assert not add(session, "Robrecht").is_own


def test_without_leave_another_name_at_an_address_is_refused_in_words() -> None:
    session, _rows = shared("An")

    with pytest.raises(AlreadyRegistered, match="An"):
        add(session, "Bo", shares=False)

    assert names(session) == ["An"]


@pytest.mark.parametrize("gone", [None, 0, 1])
@pytest.mark.parametrize("name", ["An", "Bo", "Dirk"])
def test_form_of_a_visitor_makes_nothing_new_for_a_shared_address(
    name: str, gone: int | None
) -> None:
    session, rows = shared("An", "Bo")
    if gone is not None:
        owner = Registration.CancelledBy.OWNER
        registering.cancel(rows[gone], now=NOW, by=owner)
    before = names(session)

    outcome = registering.register(session, person(name), received_at=NOW + days(1 / 24))

    assert not outcome.is_own
    assert names(session) == before


def test_who_cancelled_comes_back_when_nobody_else_has_the_address() -> None:
    session, rows = shared("An", "Bo")
    for row in rows:
        registering.cancel(row, now=NOW, by=Registration.CancelledBy.OWNER)

    assert registering.register(session, person("Bo"), received_at=NOW + days(1 / 24)).is_own


def test_door_finds_who_has_the_name() -> None:
    session, (_an, bo) = shared("An", "Bo")

    outcome = registering.register_at_the_door(session, person("bo"), now=NOW)

    assert outcome.registration == bo


# What they are told ------------------------------------------------------------------------------


def test_each_gets_a_mail_with_their_name_and_their_own_page() -> None:
    _session, rows = shared("An", "Bo")

    an, bo = [letter(row) for row in rows]

    assert an.subject.startswith("An – ")
    assert bo.subject.startswith("Bo – ")
    assert an.recipient == bo.recipient == BOX
    assert an.button != bo.button


def test_mail_to_an_address_of_ones_own_has_no_name_in_its_subject() -> None:
    session = make_session()
    row = add(session, "An", shares=True).registration

    assert "An" not in letter(row).subject.replace(session.title, "")


def test_mails_of_many_tell_who_shares_without_asking_for_each(
    django_assert_max_num_queries: object,
) -> None:
    _session, rows = shared("An", "Bo")
    kept = messages._registrations(list(Message.objects.filter(kind=messages.REGISTERED)))

    with django_assert_max_num_queries(0):  # type: ignore[operator]
        assert all(row.shares_address for row in kept.values())
    assert len(kept) == len(rows)


def test_cancelling_takes_no_colleagues_entry_out_of_the_calendar() -> None:
    _session, (an, bo) = shared("An", "Bo")
    registering.cancel(an, now=NOW, by=Registration.CancelledBy.OWNER)

    gone, kept = letter(an, messages.CANCELLED).calendar, letter(bo).calendar

    assert gone and kept
    assert uid_of(gone.content) != uid_of(kept.content)


def uid_of(calendar: bytes) -> bytes:
    return next(line for line in calendar.splitlines() if line.startswith(b"UID:"))


def test_links_sent_again_name_each_of_them() -> None:
    session, rows = shared("An", "Bo")
    messages.tell_links(BOX, now=NOW)

    found = letter(rows[0], messages.LINKS)

    assert found.greeting == "Beste,"
    assert [fact[1] for fact in found.facts] == [f"An – {session.title}", f"Bo – {session.title}"]


def test_message_of_the_organiser_reaches_each_of_them() -> None:
    session, rows = shared("An", "Bo")
    circular = Circular(session=session, created_at=NOW, changed_at=NOW)

    assert circulars.reach(circular, NOW).people == rows


def test_personal_calendar_holds_an_entry_for_each(user: User) -> None:
    shared("An", "Bo")

    content = mine.personal_feed(user, now=NOW)

    assert content.count(b"BEGIN:VEVENT") == 2


@pytest.fixture
def user() -> User:
    made = make_user(email=BOX)
    made.emailaddress_set.create(email=BOX, verified=True, primary=True)
    return made


# Changing and forgetting -------------------------------------------------------------------------


def test_they_move_to_another_session_one_by_one() -> None:
    session, rows = shared("An", "Bo")
    other = make_session()

    for row in rows:
        organising.move_to(row, other, by=SYSTEM, now=NOW)

    assert (names(session), names(other)) == ([], ["An", "Bo"])


def test_one_of_them_is_erased_and_the_others_stay() -> None:
    session, (_an, bo) = shared("An", "Bo")

    privacy.erase_registration(bo, now=NOW, by=SYSTEM)

    assert names(session) == ["An"]
    assert Registration.objects.get(pk=bo.pk).shared_as == ""


@pytest.mark.parametrize("is_allowed", [True, False])
def test_address_is_corrected_to_a_shared_one_only_with_leave(is_allowed: bool) -> None:
    session, _rows = shared("An", "Bo")
    row = make_registration(session, name="Dirk", email="dirk@example.org")
    details = person("Dirk", shares=is_allowed)

    if is_allowed:
        organising.correct(row, details, by=SYSTEM, now=NOW)
    else:
        with pytest.raises(AlreadyRegistered):
            organising.correct(row, details, by=SYSTEM, now=NOW)

    row.refresh_from_db()
    assert (row.email == BOX) is is_allowed


def test_who_gets_an_address_of_their_own_shares_no_longer() -> None:
    _session, (_an, bo) = shared("An", "Bo")

    organising.correct(bo, person("Bo", email="bo@example.org"), by=SYSTEM, now=NOW)

    bo.refresh_from_db()
    assert bo.shared_as == ""


# Importing ---------------------------------------------------------------------------------------


def test_file_with_one_address_for_several_names_asks_whether_they_share_it() -> None:
    lines = importing.read(file_of("An", "Bo"), make_session())

    assert [bool(line.problems) for line in lines] == [False, True]


def test_file_of_people_who_share_is_imported_once_however_often_it_is_sent() -> None:
    session = make_session()
    added = []
    for _ in range(2):
        lines = importing.read(file_of("An", "Bo", "Cé"), session, shares_address=True)
        assert not any(line.problems for line in lines)
        added.append(registered(session, lines))

    assert added == [3, 0]
    assert names(session) == ["An", "Bo", "Cé"]


def registered(session: Session, lines: list[importing.Line]) -> int:
    before = session.registrations.count()
    deque(importing.register_all(session, lines, by=SYSTEM, now=NOW), maxlen=0)
    return session.registrations.count() - before


def test_person_who_stands_there_twice_is_wrong_also_where_people_share() -> None:
    lines = importing.read(file_of("An", "an"), make_session(), shares_address=True)

    assert [bool(line.problems) for line in lines] == [False, True]


def test_preview_says_under_which_other_name_an_address_is_registered() -> None:
    session, _rows = shared("An")

    (line,) = importing.read(file_of("Bo"), session)

    assert (line.is_known, line.known_as, line.has_other_name) == (True, "An", True)


# Pages -------------------------------------------------------------------------------------------


def test_adding_by_hand_asks_only_when_the_address_is_taken(client: CheckedClient) -> None:
    session = make_session(starts_at=timezone.now() + days(9))
    client.force_login(make_organiser(session.programme))
    make_registration(session, name="An", email=BOX)
    page = reverse("events:add-attendee", args=[session.slug])
    typed = {"name": "Bo", "email": BOX, "organisation_name": "Stad", "language": "nl"}

    first = client.get(page).content.decode()
    refused = client.post(page, typed)
    added = client.post(page, typed | {"shares_address": "on"})

    assert "shares_address" not in first
    assert refused.status_code == 422
    assert 'name="shares_address"' in refused.content.decode()
    assert added.status_code == 302
    assert names(session) == ["An", "Bo"]
