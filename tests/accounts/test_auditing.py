"""The audit log: who is written down, from where, and that nobody changes it afterwards."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts.auditing import SYSTEM, Actor, actor_of, record
from accounts.models import Action, AuditEntry, Programme, User
from tests import build

pytestmark = pytest.mark.django_db


def entry(**fields: object) -> AuditEntry:
    values: dict[str, object] = {"by": SYSTEM, "now": build.NOW}
    return record(Action.REGISTRATIONS_SEEN, **(values | fields))


# Kept as it was ----------------------------------------------------------------------------------


def test_entry_cannot_be_changed_through_a_queryset() -> None:
    row = entry(people=3)

    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        AuditEntry.objects.filter(pk=row.pk).update(action=Action.SESSION_ADDED)

    assert AuditEntry.objects.get().action == Action.REGISTRATIONS_SEEN


@pytest.mark.parametrize(
    "assignment",
    ["user_id = NULL", "at = at", "details = '{}'", "network_address = NULL", "id = 9"],
)
def test_entry_cannot_be_changed_in_the_database(assignment: str) -> None:
    entry(people=3)

    with (
        pytest.raises(DatabaseError, match="not changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE accounts_auditentry SET {assignment}")  # noqa: S608

    assert AuditEntry.objects.get().details == {"people": 3}


def test_entry_cannot_be_saved_again() -> None:
    row = entry()
    row.action = Action.SESSION_ADDED

    with pytest.raises(TypeError):
        row.save()


@pytest.mark.postgres
def test_entry_cannot_be_deleted_until_it_is_two_years_old() -> None:
    kept = entry(now=timezone.now() - timedelta(days=729))
    old = entry(now=timezone.now() - timedelta(days=732))

    AuditEntry.objects.filter(pk=old.pk).delete()
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        AuditEntry.objects.filter(pk=kept.pk).delete()

    assert list(AuditEntry.objects.all()) == [kept]


def test_act_that_is_undone_leaves_no_entry() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        entry()
        _ = 1 / 0

    assert not AuditEntry.objects.exists()


def test_entry_outlives_the_user_and_the_programme() -> None:
    user, programme = build.make_user(name="Ann Peeters"), build.make_programme()
    row = entry(by=Actor(AuditEntry.Actor.USER, user, "10.1.2.3"), programme=programme)
    numbers = (user.pk, programme.pk)

    user.delete()
    programme.delete()

    row = AuditEntry.objects.for_pages().get(pk=row.pk)
    assert (row.user_id, row.programme_id) == numbers
    assert row.who == "een vroegere gebruiker"
    assert row.programme is None


# Who, and from where -----------------------------------------------------------------------------


def request_from(address: str, user: User | None = None, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)
    request.user = user or AnonymousUser()
    return request


def test_actor_is_the_user_the_owner_or_a_visitor() -> None:
    user = build.make_user()

    actors = [
        actor_of(request_from("10.1.2.3", user)),
        actor_of(request_from("10.1.2.3", user), is_owner=True),
        actor_of(request_from("10.1.2.3")),
    ]

    assert actors == [
        Actor(AuditEntry.Actor.USER, user, "10.1.2.3"),
        Actor(AuditEntry.Actor.OWNER, None, "10.1.2.3"),
        Actor(AuditEntry.Actor.VISITOR, None, "10.1.2.3"),
    ]


@pytest.mark.parametrize(
    ("proxies", "connected", "forwarded", "expected"),
    [
        (0, "10.1.2.3", "", "10.1.2.3"),
        (0, "10.1.2.3", "6.6.6.6", "10.1.2.3"),
        (1, "127.0.0.1", "10.1.2.3", "10.1.2.3"),
        (1, "127.0.0.1", "6.6.6.6, 10.1.2.3", "10.1.2.3"),
        (1, "127.0.0.1", "<script>, 10.1.2.3", "10.1.2.3"),
        (1, "127.0.0.1", "6.6.6.6,2a02:a03f::7", "2a02:a03f::7"),
        (1, "127.0.0.1", "10.1.2.3:50123", "10.1.2.3"),
        (1, "127.0.0.1", "", "127.0.0.1"),
        (1, "", "10.1.2.3", "10.1.2.3"),
        (1, "127.0.0.1", "unknown", None),
        (1, "127.0.0.1", "10.1.2.3,", "127.0.0.1"),
        (0, "", "10.1.2.3", None),
    ],
)
def test_network_address_is_believed_from_the_proxy_alone(
    proxies: int, connected: str, forwarded: str, expected: str | None, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}

    actor = actor_of(request_from(connected, **headers))

    assert actor.network_address == expected


@pytest.mark.parametrize("header", ["forwarded", "x-real-ip", "x-client-ip", "client-ip", "via"])
def test_network_address_is_taken_from_no_other_header(header: str, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    actor = actor_of(request_from("127.0.0.1", **{header: "6.6.6.6"}))

    assert actor.network_address == "127.0.0.1"


# Who reads ---------------------------------------------------------------------------------------


def test_entries_are_read_by_the_lead_of_their_programme_and_the_administrator() -> None:
    programme, other = build.make_programme(), build.make_programme()
    own, foreign, general = entry(programme=programme), entry(programme=other), entry()

    def read_by(user: User) -> set[AuditEntry]:
        return set(AuditEntry.objects.led_by(user))

    assert read_by(build.make_lead(programme)) == {own}
    assert read_by(build.make_organiser(programme)) == set()
    assert read_by(build.make_user()) == set()
    assert read_by(build.make_administrator()) == {own, foreign, general}


def test_entries_of_a_session_and_about_a_row() -> None:
    session = build.make_session()
    registration = build.make_registration(session)
    of_session = entry(session_id=session.pk)
    about = entry(session_id=session.pk, about=registration)
    same_number: Programme = build.make_programme(pk=registration.pk + 1000)
    entry(about=same_number)

    assert set(AuditEntry.objects.of_session(session.pk)) == {of_session, about}
    assert list(AuditEntry.objects.about(registration)) == [about]
