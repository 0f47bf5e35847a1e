"""What registrations hold on somebody: reading, erasing, expiring."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events import groups, messages, privacy, registering
from events.groups import Requester
from events.models import Consent, Needs, Registration, RegistrationGroup, SeatCount, Session
from events.models.registration import PERSONAL
from mailing import outbox
from mailing.letters import NotWanted
from mailing.models import Message
from tests import build
from tests.build import NOW, days, make_registration, make_session
from tests.events.racing import at_once

pytestmark = pytest.mark.django_db

EMAIL = "Zeger.Zonderling@geheim.example"
END = build.at("16:30")


def make_full_registration(session: Session, email: str = EMAIL) -> Registration:
    """A registration with everything that can be told in one."""
    text = session.programme.consent_texts.create(
        code=f"code-{session.programme.consent_texts.count()}", text="Nodig mij uit."
    )
    registration = make_registration(
        session,
        email=email,
        name="Zeger Zonderling",
        organisation_name="Zonderlingen vzw",
        job_title="Zandzeefster",
        form_token="form-1",
        consent_texts=[text],
    )
    group = RegistrationGroup.objects.create(
        session=session, requested_by="Zeger Zonderling", received_at=NOW
    )
    Registration.objects.filter(pk=registration.pk).update(
        group=group, organisation_key="zonderlingen vzw"
    )
    Needs.objects.create(registration=registration, access="Zetel", consented_at=NOW)
    registration.refresh_from_db()
    return registration


def erase(registration: Registration, now: datetime = NOW) -> Registration:
    privacy.erase_registration(registration, now=now, by=SYSTEM)
    return Registration.objects.get(pk=registration.pk)


# Reading -----------------------------------------------------------------------------------------


def test_held_says_all_that_was_filled_in() -> None:
    make_full_registration(make_session())

    [entry] = privacy.held(EMAIL.lower())["Inschrijvingen"]

    said = " ".join(entry.values())
    for told in ("Zeger Zonderling", EMAIL.partition("@")[0], "Zonderlingen vzw", "Zandzeefster"):
        assert told in said
    assert {"Zetel", "Nodig mij uit."} <= set(entry.values())


def test_held_on_one_registration_names_no_other() -> None:
    one, other = make_session(title="Eerste"), make_session(title="Tweede")
    registration = make_full_registration(one)
    make_full_registration(other)

    held = privacy.held_on(registration)

    assert "Tweede" not in str(held)
    assert [len(entries) for entries in held.values()] == [1, 1]


def test_held_on_nobody_is_empty() -> None:
    make_full_registration(make_session())

    assert privacy.held("other@geheim.example") == {}
    assert privacy.held("") == {}


# Erasing -----------------------------------------------------------------------------------------


def test_erased_registration_holds_nothing_of_the_person_and_stays_as_a_count() -> None:
    session = make_session()
    before = make_full_registration(session)
    organisation = build.make_organisation()
    Registration.objects.filter(pk=before.pk).update(organisation=organisation)

    after = erase(before)

    assert {getattr(after, field) for field in PERSONAL} == {""}
    assert after.public_id != before.public_id
    assert after.anonymised_at == NOW
    assert (after.received_at, after.confirmed_at, after.language, after.organisation) == (
        before.received_at,
        before.confirmed_at,
        before.language,
        organisation,
    )
    assert not Consent.objects.exists()
    assert not Needs.objects.exists()
    assert RegistrationGroup.objects.get().requested_by == ""
    assert str(after) == f"anoniem – {session}"


def test_codes_of_an_erased_registration_open_nothing() -> None:
    before = make_registration(make_session())

    after = erase(before)

    for registration in (before, after):
        assert Registration.objects.by_managing_code(registration.managing_code) is None
        assert Registration.objects.by_joining_code(registration.joining_code) is None


def test_erasing_a_coming_registration_gives_its_seat_to_the_first_in_line() -> None:
    session = make_session(capacity=1)
    first, second = make_registration(session), make_registration(session)

    after = erase(first)

    second.refresh_from_db()
    seats = SeatCount.objects.get(session=session)
    assert (after.state, second.state) == ("cancelled", "confirmed")
    assert (seats.taken, seats.waiting) == (1, 0)


def test_erasing_a_past_registration_leaves_state_and_counts_as_they_were() -> None:
    session = make_session(capacity=1)
    seated, waiting = make_registration(session), make_registration(session)

    states = [erase(row, now=END).state for row in (seated, waiting)]

    seats = SeatCount.objects.get(session=session)
    assert states == ["confirmed", "waiting"]
    assert (seats.taken, seats.waiting) == (1, 1)


def test_many_anonymous_registrations_fit_in_one_session() -> None:
    session = make_session()
    for _each in range(3):
        erase(make_registration(session), now=END)

    assert session.registrations.filter(email_key="").count() == 3


def test_person_who_was_erased_can_register_again() -> None:
    session = make_session(capacity=2)
    erase(make_registration(session, email=EMAIL))

    again = make_registration(session, email=EMAIL)

    assert again.is_confirmed
    assert [row.pk for row in Registration.objects.of_addresses([EMAIL])] == [again.pk]


def test_nothing_is_mailed_to_who_was_erased() -> None:
    session = make_session(link=build.LINK)
    registration = make_registration(session, email=EMAIL)
    erase(registration)

    messages.plan(session.link_released_at)
    messages.tell_of_change(session, messages.Change.TIME, now=NOW)
    outbox.deliver(outbox.claim(NOW), clock=lambda: NOW, is_stopping=lambda: False)

    assert mail.outbox == []
    assert set(Message.objects.values_list("recipient", "state")) == {("", "withdrawn")}


def test_message_in_the_hands_of_a_worker_is_not_sent_and_its_result_not_written() -> None:
    registration = make_registration(make_session(), email=EMAIL)
    claimed = outbox.claim(timezone.now())
    erase(registration)

    outbox.deliver(claimed, clock=lambda: NOW, is_stopping=lambda: False)

    assert mail.outbox == []
    assert {(row.recipient, row.state) for row in Message.objects.all()} == {("", "withdrawn")}


def test_letter_to_an_anonymous_registration_is_not_wanted() -> None:
    registration = make_registration(make_session())
    message = Message.objects.get()
    erase(registration)

    with pytest.raises(NotWanted):
        messages.compose(message, NOW)


def test_constraint_refuses_a_name_on_an_anonymous_registration() -> None:
    registration = erase(make_registration(make_session()))

    for field in PERSONAL:
        refused = pytest.raises(IntegrityError, match="registration_anonymous_names_nobody")
        with refused, transaction.atomic():
            Registration.objects.filter(pk=registration.pk).update(**{field: "x"})


def test_substitutes_no_longer_lead_to_each_other() -> None:
    session = make_session()
    first, second, third = (make_registration(session) for _each in range(3))
    Registration.objects.filter(pk=second.pk).update(substitute_for=first, line_number=first.pk)
    Registration.objects.filter(pk=third.pk).update(substitute_for=second)

    erase(second)

    assert set(Registration.objects.values_list("substitute_for", flat=True)) == {None}
    assert Registration.objects.get(pk=second.pk).line_number is None


def test_history_of_the_administration_about_the_registration_loses_its_words() -> None:
    registration = make_registration(make_session(), email=EMAIL)
    about = {"user": build.make_administrator(), "action_flag": CHANGE}
    of_it = ContentType.objects.get_for_model(Registration)
    LogEntry.objects.create(
        content_type=of_it, object_id=registration.pk, object_repr="Zeger – sessie", **about
    )
    LogEntry.objects.create(content_type=of_it, object_id=999_999, object_repr="An", **about)

    erase(registration)

    assert {row.object_repr for row in LogEntry.objects.all()} == {"", "An"}


def test_history_of_a_registration_that_was_deleted_loses_its_words_at_night() -> None:
    kept, gone = make_registration(make_session()), make_registration(make_session())
    for registration in (kept, gone):
        LogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(Registration),
            object_id=registration.pk,
            object_repr=registration.email,
            user=build.make_administrator(),
            action_flag=CHANGE,
        )
    Registration.objects.filter(pk=gone.pk).delete()

    privacy.forget_orphans(NOW)

    assert {row.object_repr for row in LogEntry.objects.all()} == {"", kept.email}


def test_erasing_an_address_leaves_the_others_and_what_came_later() -> None:
    session, other_session = make_session(), make_session()
    make_registration(session, email=EMAIL)
    later = make_registration(other_session, email=EMAIL, now=NOW + days(1))
    other = make_registration(session)

    number = privacy.erase(EMAIL, now=NOW + days(2), by=SYSTEM, before=NOW)

    assert number == 1
    named = Registration.objects.named().values_list("pk", flat=True)
    assert set(named) == {later.pk, other.pk}


def test_erasure_is_recorded_without_words_about_the_person() -> None:
    session = make_session()
    registration = make_registration(session, email=EMAIL)

    erase(registration)

    entry = AuditEntry.objects.get(action=Action.DATA_ERASED)
    assert (entry.object_id, entry.session_id) == (registration.pk, session.pk)
    assert entry.details == {"registrations": 1}


@pytest.mark.django_db(transaction=True)
def test_two_erasures_and_a_cancellation_at_once_free_one_seat() -> None:
    session = make_session(capacity=1)
    first, second = make_registration(session, email=EMAIL), make_registration(session)

    def job(act: Callable[..., object], **facts: object) -> Callable[[], object]:
        own = Registration.objects.select_related("session__programme").get(pk=first.pk)
        return partial(act, own, now=NOW, **facts)

    results = at_once(
        job(privacy.erase_registration, by=SYSTEM),
        job(privacy.erase_registration, by=SYSTEM),
        job(registering.cancel, by=Registration.CancelledBy.OWNER),
    )

    assert [result for result in results if isinstance(result, Exception)] == []
    seats = SeatCount.objects.get(session=session)
    second.refresh_from_db()
    assert (seats.taken, seats.waiting, second.state) == (1, 0, "confirmed")
    assert Registration.objects.get(pk=first.pk).is_anonymous


# Expiring ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_gone"),
    [
        (END + timedelta(days=90) - timedelta(microseconds=1), False),
        (END + timedelta(days=90), True),
    ],
)
def test_names_go_when_the_time_of_the_programme_is_over(moment: datetime, is_gone: bool) -> None:
    registration = make_registration(make_session())

    privacy.expire(moment)

    registration.refresh_from_db()
    assert registration.is_anonymous is is_gone


@pytest.mark.parametrize(
    ("moment", "is_gone"),
    [
        (END + timedelta(days=30) - timedelta(microseconds=1), False),
        (END + timedelta(days=30), True),
    ],
)
def test_needs_go_thirty_days_after_the_session(moment: datetime, is_gone: bool) -> None:
    registration = make_full_registration(make_session())

    privacy.expire(moment)

    registration.refresh_from_db()
    assert Needs.objects.exists() is not is_gone
    assert not registration.is_anonymous


def test_each_programme_has_its_own_time() -> None:
    short = build.make_programme(retention_days=1)
    one = make_registration(make_session(programme=short))
    other = make_registration(make_session())

    privacy.expire(END + timedelta(days=1))

    rows = Registration.objects.in_bulk()
    assert (rows[one.pk].is_anonymous, rows[other.pk].is_anonymous) == (True, False)


def test_expiring_counts_per_session_and_leaves_nothing_for_a_second_time() -> None:
    session = make_session(capacity=1)
    for _each in range(3):
        make_registration(session)
    moment = END + timedelta(days=90)

    assert privacy.expire(moment) == 0
    assert privacy.expire(moment) == 0

    entry = AuditEntry.objects.get(action=Action.DATA_EXPIRED)
    assert entry.details == {"registrations": 3, "needs": 0, "mails": 3}
    assert (entry.actor, entry.session_id, entry.programme) == (
        "system",
        session.pk,
        session.programme,
    )
    seats = SeatCount.objects.get(session=session)
    assert (seats.taken, seats.waiting) == (1, 2)
    assert set(Message.objects.values_list("recipient", flat=True)) == {""}


def test_expiring_works_in_batches_each_with_its_own_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(privacy, "BATCH_SIZE", 2)
    session = make_session()
    for _each in range(5):
        make_registration(session)

    privacy.expire(END + timedelta(days=90))

    entries = AuditEntry.objects.filter(action=Action.DATA_EXPIRED).order_by("pk")
    assert [entry.details["registrations"] for entry in entries] == [2, 2, 1]
    assert not Registration.objects.named().exists()


def test_session_that_fails_holds_up_no_other_and_is_done_the_next_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck, other = make_registration(make_session()), make_registration(make_session())
    moment = END + timedelta(days=90)

    def refuse(execute: Callable[..., object], sql: str, params: object, *rest: object) -> object:
        is_anonymising = sql.startswith('UPDATE "events_registration" ') and "anonymised_at" in sql
        if is_anonymising and stuck.pk in tuple(params or ()):
            raise IntegrityError("stuck")
        return execute(sql, params, *rest)

    with connection.execute_wrapper(refuse):
        assert privacy.expire(moment) == 1

    rows = Registration.objects.in_bulk()
    assert (rows[stuck.pk].is_anonymous, rows[other.pk].is_anonymous) == (False, True)
    assert f"session {stuck.session_id}" in caplog.text
    assert privacy.expire(moment) == 0
    assert not Registration.objects.named().exists()


class Killed(BaseException):
    """The power fails."""


def test_expiring_can_be_killed_at_any_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "BATCH_SIZE", 2)
    session = make_session()
    moment, registered, statement, is_killed = END + timedelta(days=90), 0, 0, True
    while is_killed:
        Registration.objects.bulk_create(
            Registration(
                session=session,
                state="confirmed",
                confirmed_at=NOW,
                received_at=NOW,
                name="Zeger",
                email_key=str(number),
            )
            for number in range(3)
        )
        messages.tell_of_change(session, messages.Change.TIME, now=NOW)
        registered += 3
        executed = count()

        def kill(execute: Callable[..., object], *call: object) -> object:
            if next(executed) == statement:  # noqa: B023 - used within the round
                raise Killed
            return execute(*call)

        with connection.execute_wrapper(kill):
            try:
                privacy.expire(moment)
                is_killed = False
            except Killed:
                statement += 1
        privacy.expire(moment)

        entries = AuditEntry.objects.filter(action=Action.DATA_EXPIRED)
        assert sum(entry.details["registrations"] for entry in entries) == registered
        assert not Registration.objects.named().exists()
        assert not Message.objects.exclude(recipient="").exists()
    assert statement > 20


def test_expiring_costs_the_same_however_many_are_in_a_batch() -> None:
    counts, programme = [], build.make_programme()
    for number in (3, 30):
        session = make_session(programme=programme)
        for _each in range(number):
            make_registration(session)

        with CaptureQueriesContext(connection) as executed:
            privacy.expire(END + timedelta(days=90))

        counts.append(len(executed))
    assert counts[0] == counts[1]


def test_mail_about_a_registration_that_was_deleted_forgets_whom_it_went_to() -> None:
    registration = make_registration(make_session())
    kept = make_registration(make_session(), email=EMAIL)
    Registration.objects.filter(pk=registration.pk).delete()

    assert privacy.forget_orphans(NOW) == 1

    assert set(Message.objects.values_list("recipient", flat=True)) == {"", kept.email}


def register_colleagues(session: Session) -> RegistrationGroup:
    """Somebody who registers two colleagues and does not come along."""
    return groups.register(
        session,
        [build.applicant(), build.applicant()],
        requested_by=Requester(name="Zeger Zonderling", email="zeger@example.org", language="nl"),
        is_together=False,
        received_at=NOW,
    )


def test_who_registered_colleagues_and_stays_away_is_erased_too() -> None:
    group = register_colleagues(build.make_session())
    other = register_colleagues(build.make_session())
    RegistrationGroup.objects.filter(pk=other.pk).update(received_at=NOW + days(2))

    privacy.erase("ZEGER@example.org", now=NOW, by=SYSTEM, before=NOW + days(1))

    group.refresh_from_db()
    other.refresh_from_db()
    assert (group.requested_by, other.requested_by) == ("", "Zeger Zonderling")
    assert group.registrations.named().count() == 2


def test_who_registered_colleagues_is_forgotten_with_the_session() -> None:
    group = register_colleagues(build.make_session())

    privacy.expire(group.session.ends_at + days(90))

    group.refresh_from_db()
    assert group.requested_by == ""
    overview = Message.objects.get(kind="groups.overview")
    assert (overview.recipient, overview.payload) == ("", {})


@pytest.mark.parametrize(("who", "stays"), [("colleague", True), ("requester", False)])
def test_name_of_who_registered_a_group_goes_with_them_and_not_with_a_colleague(
    who: str, stays: bool
) -> None:
    people = [build.applicant(form_token="mark"), build.applicant()]
    group = groups.register(
        build.make_session(),
        people,
        requested_by=Requester(name="Zeger Zonderling", email="zeger@example.org", language="nl"),
        is_together=False,
        received_at=NOW,
        form_token="mark",
    )
    requester, colleague = group.registrations.order_by("pk")

    erase(requester if who == "requester" else colleague)

    group.refresh_from_db()
    assert group.requested_by == ("Zeger Zonderling" if stays else "")


def test_name_of_who_registered_a_group_goes_when_nobody_of_it_is_left() -> None:
    group = register_colleagues(build.make_session())

    for registration in group.registrations.all():
        erase(registration)

    group.refresh_from_db()
    assert group.requested_by == ""


def test_who_registered_colleagues_without_coming_along_reads_that() -> None:
    group = register_colleagues(build.make_session())
    register_colleagues(build.make_session())
    RegistrationGroup.objects.exclude(pk=group.pk).update(requested_by="")

    [[told]] = privacy.held("ZEGER@example.org").values()

    assert list(told.values())[:2] == [group.session.title, "Zeger Zonderling"]
    assert privacy.held("ander@example.org") == {}
