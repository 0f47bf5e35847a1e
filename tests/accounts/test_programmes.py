import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from accounts.access import organises
from accounts.models import Membership, Programme, User
from events.models import AgendaItem, ConsentText, Registration, Session
from portal.models import Preparation
from procurement.models import Call
from tests.build import (
    make_administrator,
    make_agenda_item,
    make_call,
    make_deadline,
    make_organiser,
    make_programme,
    make_registration,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db


def fill(programme: Programme) -> list[object]:
    """One row of everything a programme's organisers work with."""
    session = make_session(programme=programme)
    call = make_deadline(call=make_call(programme=programme)).call
    return [
        programme,
        session,
        make_agenda_item(session),
        make_registration(session),
        ConsentText.objects.create(programme=programme, code="news", text="Ja"),
        call,
        Preparation.objects.create(session=session, call=call),
    ]


MANAGED = [Programme, Session, AgendaItem, Registration, ConsentText, Call, Preparation]


def seen_by(user: User) -> list[object]:
    return [row for model in MANAGED for row in model.objects.managed_by(user)]


def test_managed_by_gives_an_organiser_the_rows_of_their_programme_only() -> None:
    own, other = make_programme(), make_programme()
    rows = fill(own)
    fill(other)

    assert seen_by(make_organiser(own)) == rows


def test_managed_by_gives_an_organiser_of_two_programmes_each_row_once() -> None:
    first, second = make_programme(slug="a"), make_programme(slug="b")
    organiser = make_organiser(first)
    Membership.objects.create(user=organiser, programme=second)
    make_organiser(first)

    assert list(Programme.objects.managed_by(organiser)) == [first, second]


def test_managed_by_gives_somebody_without_programme_nothing() -> None:
    fill(make_programme())

    assert seen_by(make_user(is_staff=True)) == []


def test_managed_by_gives_an_administrator_everything() -> None:
    rows = [*fill(make_programme()), *fill(make_programme())]

    assert set(map(repr, seen_by(make_administrator()))) == set(map(repr, rows))


@pytest.mark.parametrize(
    ("fields", "is_member", "expected"),
    [
        ({"is_staff": True}, True, True),
        ({"is_staff": True}, False, False),
        ({"is_staff": False}, True, True),
        ({"is_staff": False}, False, False),
        ({"is_staff": True, "is_active": False}, True, False),
        ({"is_superuser": True}, False, True),
        ({"is_staff": True, "is_superuser": True}, False, True),
        ({"is_staff": True, "is_superuser": True, "is_active": False}, False, False),
    ],
)
def test_organises_asks_for_an_active_account_and_a_programme(
    fields: dict[str, bool], is_member: bool, expected: bool
) -> None:
    user = make_user(**fields)
    if is_member:
        Membership.objects.create(user=user, programme=make_programme())

    assert organises(user) is expected


def test_organises_is_not_for_strangers() -> None:
    assert not organises(AnonymousUser())


def test_database_refuses_a_second_membership_of_one_programme() -> None:
    programme = make_programme()
    organiser = make_organiser(programme)

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=organiser, programme=programme)


def test_managed_by_gives_nothing_to_a_member_in_another_role() -> None:
    programme = make_programme()
    fill(programme)
    organiser = make_organiser(programme)
    Membership.objects.update(role="reader")

    assert seen_by(organiser) == []
