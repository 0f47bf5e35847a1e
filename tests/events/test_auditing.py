"""What is written down of work in the administration and of what registrants do themselves."""

import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, Programme, Role, User
from events.models import Registration, Session
from mailing.models import Message
from tests import build
from tests.events.test_admin import act, add, change, send

pytestmark = pytest.mark.django_db

SESSIONS = "/admin/events/session/"
REGISTRATIONS = "/admin/events/registration/"
Line = tuple[str, int | None, dict[str, Any]]


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def organiser(programme: Programme) -> User:
    return build.make_organiser(programme)


@pytest.fixture
def desk(organiser: User) -> Client:
    """The browser of an organiser."""
    client = Client(REMOTE_ADDR="10.1.2.3")
    client.force_login(organiser)
    return client


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(build.make_administrator())
    return client


def lines() -> list[Line]:
    """What the log holds, the first act first: the act, about which row, with what beside it."""
    return [(row.action, row.object_id, row.details) for row in AuditEntry.objects.order_by("pk")]


# Looks -------------------------------------------------------------------------------------------


def test_list_of_registrations_is_written_down_once_with_how_many_it_showed(
    desk: Client, organiser: User, programme: Programme
) -> None:
    session = build.make_session(programme=programme)
    for _number in range(3):
        build.make_registration(session)
    build.make_registration(build.make_session())  # another programme's

    desk.get(REGISTRATIONS)

    [row] = AuditEntry.objects.all()
    assert (row.action, row.details) == (Action.REGISTRATIONS_SEEN, {"people": 3})
    assert (row.user, row.network_address, row.at) == (organiser, "10.1.2.3", build.NOW)
    assert (row.programme, row.session_id) == (programme, session.pk)


def test_list_of_several_sessions_names_none_of_them(desk: Client, programme: Programme) -> None:
    for _number in range(2):
        build.make_registration(build.make_session(programme=programme))

    desk.get(REGISTRATIONS)

    assert AuditEntry.objects.get().session_id is None


def test_list_over_two_programmes_is_written_down_for_the_lead_of_each(
    administrator: Client,
) -> None:
    first, second = build.make_session(), build.make_session()
    build.make_registration(first)
    build.make_registration(second)
    build.make_registration(second)

    administrator.get(REGISTRATIONS)

    noted = {row.programme: row.details["people"] for row in AuditEntry.objects.all()}
    assert noted == {first.programme: 1, second.programme: 2}


def test_list_that_shows_nobody_is_no_look(desk: Client, programme: Programme) -> None:
    build.make_registration(build.make_session(programme=programme))

    desk.get(REGISTRATIONS, {"q": "niemand"})
    desk.get(REGISTRATIONS, {"state__exact": "waiting"})

    assert lines() == []


@pytest.mark.parametrize("page", ["change", "history"])
def test_page_of_a_registration_is_written_down(
    page: str, desk: Client, programme: Programme
) -> None:
    registration = build.make_registration(build.make_session(programme=programme))

    assert desk.get(f"{REGISTRATIONS}{registration.pk}/{page}/").status_code == 200

    assert lines() == [(Action.REGISTRATION_SEEN, registration.pk, {})]


def test_page_that_was_refused_is_no_look(desk: Client) -> None:
    foreign = build.make_registration(build.make_session())

    for page in ("change", "history", "delete"):
        assert desk.get(f"{REGISTRATIONS}{foreign.pk}/{page}/").status_code != 200
    Client().get(f"{REGISTRATIONS}{foreign.pk}/change/")

    assert lines() == []


def test_looks_at_users_and_mails_are_written_down(administrator: Client) -> None:
    person = build.make_user()
    build.make_registration(build.make_session())
    message = Message.objects.get()

    administrator.get("/admin/accounts/user/")
    administrator.get(f"/admin/accounts/user/{person.pk}/change/")
    administrator.get("/admin/mailing/message/")
    administrator.get(f"/admin/mailing/message/{message.pk}/change/")

    assert lines() == [
        (Action.USERS_SEEN, None, {"people": 2}),
        (Action.USER_SEEN, person.pk, {}),
        (Action.MESSAGES_SEEN, None, {"people": 1}),
        (Action.MESSAGES_SEEN, message.pk, {"people": 1}),
    ]


# Registrations -----------------------------------------------------------------------------------


def test_somebody_added_is_written_down_once(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    add(desk, session)
    add(desk, session)

    added = AuditEntry.objects.filter(action=Action.REGISTRATION_ADDED)
    assert [row.object_id for row in added] == [Registration.objects.get().pk]


def test_change_of_a_registration_names_the_fields_and_not_what_they_hold(
    desk: Client, programme: Programme
) -> None:
    registration = build.make_registration(build.make_session(programme=programme))
    address = f"{REGISTRATIONS}{registration.pk}/change/"

    send(desk, address, name="Zeger Zonderling")
    send(desk, address)

    changed = AuditEntry.objects.filter(action=Action.REGISTRATION_CHANGED)
    assert [row.details for row in changed] == [{"fields": ["name"]}]


@pytest.mark.parametrize(
    ("action", "expected", "index"),
    [
        ("cancel_chosen", Action.REGISTRATION_CANCELLED, 0),
        ("place_chosen", Action.REGISTRATION_PLACED, 1),
    ],
)
def test_chosen_registrations_are_written_down_each_and_only_once(
    action: str, expected: Action, index: int, desk: Client, programme: Programme
) -> None:
    session = build.make_session(programme=programme, capacity=1)
    people = [build.make_registration(session), build.make_registration(session)]

    act(desk, action, people[index])
    act(desk, action, people[index])

    assert lines() == [(expected, people[index].pk, {})]


def test_deleted_registration_stays_in_the_log(administrator: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)
    gone = build.make_registration(session)
    client = Client()
    client.post(f"{gone.get_absolute_url()}cancel/")

    administrator.post(f"{REGISTRATIONS}{gone.pk}/delete/", {"post": "yes"})

    row = AuditEntry.objects.get(action=Action.REGISTRATION_DELETED)
    assert not Registration.objects.exists()
    assert (row.object_id, row.session_id, row.programme) == (gone.pk, session.pk, programme)


def test_owner_who_cancels_is_written_down_without_a_name(
    client: Client, programme: Programme
) -> None:
    registration = build.make_registration(build.make_session(programme=programme))

    for _time in range(2):
        client.post(f"{registration.get_absolute_url()}cancel/", REMOTE_ADDR="10.9.9.9")

    [row] = AuditEntry.objects.all()
    assert (row.action, row.object_id) == (Action.REGISTRATION_CANCELLED, registration.pk)
    assert (row.actor, row.user, row.network_address) == ("owner", None, "10.9.9.9")
    assert row.programme == programme


def test_cancellation_that_cannot_be_written_down_does_not_happen(client: Client) -> None:
    registration = build.make_registration(build.make_session())

    def fail_to_note(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "accounts_auditentry"'):
            raise OperationalError("disk full")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail_to_note), pytest.raises(OperationalError):
        client.post(f"{registration.get_absolute_url()}cancel/")

    registration.refresh_from_db()
    assert registration.is_confirmed


# Sessions ----------------------------------------------------------------------------------------


def test_work_on_a_session_is_written_down(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme, status=Session.Status.DRAFT)
    address = f"{SESSIONS}{session.pk}/change/"

    change(desk, session)
    change(desk, session, title_nl="Nog geheim onderwerp", virtual_link=build.LINK)
    change(desk, session, status="published")
    change(desk, session, status="draft")
    change(desk, session, status="published")
    send(desk, address, status="cancelled", cancellation_reason_nl="Ziek")

    assert lines() == [
        (Action.SESSION_CHANGED, session.pk, {"fields": ["title_nl", "link"]}),
        (Action.SESSION_PUBLISHED, session.pk, {"fields": ["status"]}),
        (Action.SESSION_UNPUBLISHED, session.pk, {"fields": ["status"]}),
        (Action.SESSION_PUBLISHED, session.pk, {"fields": ["status"]}),
        (Action.SESSION_CANCELLED, session.pk, {"fields": ["status", "cancellation_reason_nl"]}),
    ]
    assert {row.session_id for row in AuditEntry.objects.all()} == {session.pk}


def test_change_that_was_refused_is_not_written_down(desk: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    change(desk, session, title_nl="")

    assert lines() == []


def test_deleted_session_stays_in_the_log(administrator: Client, programme: Programme) -> None:
    session = build.make_session(programme=programme)

    administrator.post(f"{SESSIONS}{session.pk}/delete/", {"post": "yes"})

    assert not Session.objects.exists()
    assert lines() == [(Action.SESSION_DELETED, session.pk, {})]


# People ------------------------------------------------------------------------------------------

USERS = "/admin/accounts/user/"


def test_administration_shows_roles_and_changes_none(
    administrator: Client, programme: Programme
) -> None:
    person = build.make_member(programme, Role.LEAD)
    address = f"{USERS}{person.pk}/change/"
    sent = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(person.memberships.get().pk),
        "memberships-0-user": str(person.pk),
        "memberships-0-programme": str(programme.pk),
        "memberships-0-role": "viewer",
        "memberships-0-DELETE": "on",
    }

    assert programme.name in administrator.get(address).content.decode()
    send(administrator, address, **sent)

    assert person.memberships.get().role == Role.LEAD


def test_rights_given_and_taken_away_are_written_down(administrator: Client) -> None:
    person = build.make_user(name="Zeger")
    address = f"{USERS}{person.pk}/change/"

    send(administrator, address, is_superuser="on", name="Zonderling")
    send(administrator, address, is_superuser="false")

    changed = AuditEntry.objects.filter(action=Action.USER_CHANGED).order_by("pk")
    assert [row.details for row in changed] == [
        {"fields": ["name", "is_superuser"], "given": ["is_superuser"], "taken": []},
        {"fields": ["is_superuser"], "given": [], "taken": ["is_superuser"]},
    ]


def test_deleted_user_loses_their_roles_in_the_log_too(
    administrator: Client, programme: Programme
) -> None:
    person = build.make_lead(programme)

    administrator.post(
        USERS,
        {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"},
    )

    assert not User.objects.filter(pk=person.pk).exists()
    gone = AuditEntry.objects.get(action=Action.MEMBER_REMOVED)
    assert (gone.details["role"], gone.programme_id) == ("lead", programme.pk)
    assert AuditEntry.objects.filter(action=Action.USER_DELETED, object_id=person.pk).exists()


def test_other_retention_is_written_down_with_both_numbers(
    administrator: Client, programme: Programme
) -> None:
    send(administrator, f"/admin/accounts/programme/{programme.pk}/change/", retention_days="30")

    row = AuditEntry.objects.get(action=Action.RETENTION_CHANGED)
    assert row.programme == programme
    assert row.details == {"fields": ["retention_days"], "days": 30, "days_before": 90}


# Nothing of anybody ------------------------------------------------------------------------------


def test_no_entry_holds_a_word_about_anybody(
    desk: Client, administrator: Client, client: Client, programme: Programme
) -> None:
    words = ["Zeger", "Zonderling", "geheim.example", "Geheimhouder", "Stad Stilte", "secret-room"]
    who: dict[str, Any] = {
        "name": "Zeger Zonderling",
        "email": "zeger@geheim.example",
        "organisation_name": "Stad Stilte",
        "job_title": "Geheimhouder",
    }
    session = build.make_session(programme=programme, capacity=1, link=build.LINK)
    waiting = build.make_session(programme=programme, capacity=0)
    add(desk, session, **who)
    registration = Registration.objects.get()
    in_line = build.make_registration(waiting, **who)
    person = build.make_user(name="Zeger Zonderling", email="zeger@geheim.example")

    desk.get(REGISTRATIONS, {"q": "Zonderling"})
    desk.get(f"{REGISTRATIONS}{registration.pk}/change/")
    send(desk, f"{REGISTRATIONS}{registration.pk}/change/", name="Zeger Z. Zonderling")
    act(desk, "place_chosen", in_line)
    act(desk, "cancel_chosen", in_line)
    client.post(f"{registration.get_absolute_url()}cancel/")
    administrator.post(f"{REGISTRATIONS}{registration.pk}/delete/", {"post": "yes"})
    change(desk, session, title_nl="Zonderling", contact_email="zeger@geheim.example")
    administrator.get("/admin/accounts/user/", {"q": "Zonderling"})
    send(administrator, f"{USERS}{person.pk}/change/", name="Zonderling")
    administrator.post(f"{USERS}{person.pk}/delete/", {"post": "yes"})
    administrator.get("/admin/mailing/message/", {"q": "zeger@geheim.example"})

    rows = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert len(AuditEntry.objects.values("action").distinct()) >= 11
    assert [word for word in words if word.lower() in rows.lower()] == []
