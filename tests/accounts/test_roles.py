"""Each role may do what those below it may, for its own programme only."""

import pytest

from accounts.models import Membership, Programme, Role
from tests.build import make_administrator, make_member, make_programme, make_user

RANKED = [Role.LEAD, Role.ORGANISER, Role.HELPER, Role.VIEWER]
ROWS = {
    Role.LEAD: Programme.objects.led_by,
    Role.ORGANISER: Programme.objects.managed_by,
    Role.HELPER: Programme.objects.helped_by,
    Role.VIEWER: Programme.objects.viewed_by,
}


@pytest.mark.django_db
@pytest.mark.parametrize("held", RANKED)
def test_role_may_do_what_those_below_it_may_for_its_programme(held: Role) -> None:
    own, foreign = make_programme(), make_programme()
    user = make_member(own, held)
    below = RANKED[RANKED.index(held) :]

    assert [role for role in RANKED if user.has_role(role)] == below
    assert [role for role in RANKED if user.has_role(role, own.pk)] == below
    assert [role for role in RANKED if user.has_role(role, foreign.pk)] == []
    assert [role for role in RANKED if list(ROWS[role](user)) == [own]] == below


@pytest.mark.django_db
def test_somebody_has_in_each_programme_the_role_they_have_there() -> None:
    led, viewed = make_programme(), make_programme()
    user = make_member(led, Role.LEAD)
    Membership.objects.create(user=user, programme=viewed, role=Role.VIEWER)

    assert user.has_role(Role.LEAD, led.pk)
    assert not user.has_role(Role.HELPER, viewed.pk)
    assert list(Programme.objects.helped_by(user)) == [led]


@pytest.mark.django_db
def test_role_that_nobody_knows_may_do_nothing() -> None:
    programme = make_programme()
    user = make_member(programme, Role.VIEWER)
    Membership.objects.update(role="reader")

    assert [
        role for role in RANKED if user.has_role(role) or user.has_role(role, programme.pk)
    ] == []
    assert list(Programme.objects.viewed_by(user)) == []


@pytest.mark.django_db
def test_administrator_may_do_all_everywhere_and_who_is_barred_nothing() -> None:
    programme = make_programme()
    barred = make_member(programme, Role.LEAD, is_active=False)

    assert make_administrator().has_role(Role.LEAD, programme.pk)
    assert not barred.has_role(Role.VIEWER, programme.pk)
    assert not make_user(is_staff=True).has_role(Role.VIEWER)
