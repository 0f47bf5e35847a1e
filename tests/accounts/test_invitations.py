"""Inviting, accepting and taking away: by leads only, once only, and never without a lead left."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from accounts import invitations, privacy
from accounts.auditing import Actor
from accounts.invitations import (
    BETWEEN_SENDINGS,
    MOST_OPEN,
    MOST_SENDINGS,
    VALID,
    NotTheirs,
    TeamRefused,
)
from accounts.models import AuditEntry, Invitation, Membership, Programme, Role, User
from tests.build import (
    NOW,
    make_administrator,
    make_lead,
    make_member,
    make_organiser,
    make_programme,
    make_user,
)
from tests.events.racing import at_once

EMAIL = "els@stad.example.org"
LATER = NOW + BETWEEN_SENDINGS


def acting(user: User) -> Actor:
    return Actor(AuditEntry.Actor.USER, user)


def invite(programme: Programme, lead: User, email: str = EMAIL, **fields: Any) -> Invitation:
    values = {"role": Role.HELPER, "language": "nl", "now": NOW} | fields
    return invitations.invite(programme, email, by=acting(lead), **values)


def accept(invitation: Invitation, user: User, **fields: Any) -> Membership | None:
    values = {"proved": [user.email], "by": acting(user), "now": NOW} | fields
    return invitations.accept(invitation, user, **values)


def roles(programme: Programme) -> dict[str, str]:
    return dict(programme.memberships.values_list("user__email", "role"))


def log(programme: Programme) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(programme=programme).order_by("pk")
    return [(row.action, row.details["role"]) for row in rows]


@pytest.fixture
def programme(db: None) -> Programme:
    return make_programme()


@pytest.fixture
def lead(programme: Programme) -> User:
    return make_lead(programme)


# Inviting ----------------------------------------------------------------------------------------


def test_invited_person_gets_the_role_when_they_accept_with_that_address(
    programme: Programme, lead: User
) -> None:
    invitation = invite(programme, lead, "Els@STAD.example.org")
    els = make_user(email=EMAIL)

    accept(invitation, els)

    assert roles(programme) == {lead.email: "lead", EMAIL: "helper"}
    assert not els.is_staff
    assert not Invitation.objects.exists()
    assert log(programme) == [("member.invited", "helper"), ("member.added", "helper")]


@pytest.mark.parametrize("proved", [[], ["ander@stad.example.org"]])
def test_invitation_is_nothing_to_who_did_not_prove_its_address(
    proved: list[str], programme: Programme, lead: User
) -> None:
    invitation = invite(programme, lead)

    given = accept(invitation, make_user(email=EMAIL), proved=proved)

    assert given is None
    assert roles(programme) == {lead.email: "lead"}


def test_invitation_holds_for_two_weeks_and_not_an_instant_longer(
    programme: Programme, lead: User
) -> None:
    invitation, els = invite(programme, lead), make_user(email=EMAIL)

    assert accept(invitation, els, now=NOW + VALID) is None
    assert accept(invitation, els, now=NOW + VALID - timedelta(microseconds=1)) is not None


def test_withdrawn_invitation_cannot_be_accepted(programme: Programme, lead: User) -> None:
    invitation = invite(programme, lead)

    invitations.withdraw(invitation, by=acting(lead), now=NOW)
    invitations.withdraw(invitation, by=acting(lead), now=NOW)

    assert accept(invitation, make_user(email=EMAIL)) is None
    assert log(programme) == [("member.invited", "helper"), ("invitation.withdrawn", "helper")]


def test_member_and_invited_address_are_not_invited_again(programme: Programme, lead: User) -> None:
    invite(programme, lead)

    with pytest.raises(TeamRefused, match="al uitgenodigd"):
        invite(programme, lead, EMAIL.upper())
    with pytest.raises(TeamRefused, match="werkt al"):
        invite(programme, lead, lead.email.upper())
    assert Invitation.objects.count() == 1


def test_number_of_open_invitations_has_an_end(programme: Programme, lead: User) -> None:
    for number in range(MOST_OPEN):
        invite(programme, lead, f"{number}@example.org")

    with pytest.raises(TeamRefused):
        invite(programme, lead)


def test_invitation_is_sent_again_not_at_once_and_not_for_ever(
    programme: Programme, lead: User
) -> None:
    invitation = invite(programme, lead)
    again = partial(invitations.invite_again, invitation, by=acting(lead))

    with pytest.raises(TeamRefused):
        again(now=LATER - timedelta(microseconds=1))
    for number in range(1, MOST_SENDINGS):
        sent = again(now=NOW + number * BETWEEN_SENDINGS)
    with pytest.raises(TeamRefused):
        again(now=NOW + timedelta(days=20))

    assert sent.sendings == MOST_SENDINGS
    assert sent.expires_at == NOW + (MOST_SENDINGS - 1) * BETWEEN_SENDINGS + VALID


def test_invitation_that_nobody_accepted_is_forgotten_thirty_days_after_it_expired(
    programme: Programme, lead: User
) -> None:
    invite(programme, lead)
    last = NOW + VALID + timedelta(days=30)

    privacy.expire(last)
    assert Invitation.objects.exists()
    privacy.expire(last + timedelta(seconds=1))
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("held", "becomes"), [("organiser", "organiser"), ("viewer", "helper")])
def test_member_who_accepts_keeps_the_role_that_may_do_more(
    held: str, becomes: str, programme: Programme, lead: User
) -> None:
    invitation = invite(programme, lead)
    els = make_member(programme, Role(held), email=EMAIL)

    accept(invitation, els)

    assert roles(programme)[EMAIL] == becomes


# Who may -----------------------------------------------------------------------------------------


def acts(programme: Programme, lead: User) -> list[Callable[[Actor], object]]:
    """Everything that only who leads the programme may do."""
    invitation = invite(programme, lead)
    member = make_member(programme, Role.VIEWER).memberships.get()
    return [
        lambda by: invitations.invite(
            programme, "x@example.org", Role.LEAD, language="nl", by=by, now=NOW
        ),
        lambda by: invitations.invite_again(invitation, by=by, now=LATER),
        lambda by: invitations.withdraw(invitation, by=by, now=NOW),
        lambda by: invitations.change_role(member, Role.LEAD, by=by, now=NOW),
        lambda by: invitations.remove(member, by=by, now=NOW),
    ]


@pytest.mark.parametrize(
    "who",
    [
        lambda programme: make_organiser(programme),
        lambda programme: make_member(programme, Role.HELPER),
        lambda programme: make_lead(make_programme()),
        lambda programme: make_lead(programme, is_active=False),
    ],
    ids=["organiser", "helper", "lead of another programme", "lead who may not sign in"],
)
def test_who_does_not_lead_the_programme_changes_nothing_about_its_team(
    who: Callable[[Programme], User], programme: Programme, lead: User
) -> None:
    actor = acting(who(programme))
    tried = acts(programme, lead)
    before = roles(programme), list(Invitation.objects.values())

    for act in tried:
        with pytest.raises(NotTheirs):
            act(actor)

    assert (roles(programme), list(Invitation.objects.values())) == before


def test_lead_whose_role_went_after_the_page_was_opened_is_refused(
    programme: Programme, lead: User
) -> None:
    other = make_lead(programme)
    assert other.has_role(Role.LEAD, programme.pk)  # as the page they opened asked
    tried = acts(programme, lead)

    invitations.remove(other.memberships.get(), by=acting(lead), now=NOW)

    for act in tried:
        with pytest.raises(NotTheirs):
            act(acting(other))


def test_administrator_decides_on_every_team(programme: Programme, lead: User) -> None:
    for act in acts(programme, lead):
        act(acting(make_administrator()))


# The last lead -----------------------------------------------------------------------------------


def test_last_lead_stays_lead(programme: Programme, lead: User) -> None:
    make_lead(programme, is_active=False)
    last = Membership.objects.get(user=lead)
    boss = acting(make_administrator())

    for act in (
        lambda: invitations.remove(last, by=boss, now=NOW),
        lambda: invitations.change_role(last, Role.ORGANISER, by=boss, now=NOW),
    ):
        with pytest.raises(TeamRefused):
            act()

    assert roles(programme)[lead.email] == "lead"


def test_lead_hands_over_and_leaves(programme: Programme, lead: User) -> None:
    organiser = make_organiser(programme)

    invitations.change_role(organiser.memberships.get(), Role.LEAD, by=acting(lead), now=NOW)
    invitations.remove(lead.memberships.get(), by=acting(lead), now=NOW)

    assert roles(programme) == {organiser.email: "lead"}
    assert log(programme) == [
        ("member.removed", "organiser"),
        ("member.added", "lead"),
        ("member.removed", "lead"),
    ]


# Races -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_invitation_accepted_twice_at_once_gives_one_role() -> None:
    programme = make_programme()
    invitation = invite(programme, make_lead(programme))
    els = make_user(email=EMAIL)

    results = at_once(*[partial(accept, invitation, els) for _ in range(6)])

    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(result is not None for result in results) == 1
    assert Membership.objects.filter(user=els).count() == 1
    assert log(programme).count(("member.added", "helper")) == 1


@pytest.mark.django_db(transaction=True)
def test_invitation_accepted_while_it_is_withdrawn_is_one_or_the_other() -> None:
    programme = make_programme()
    lead = make_lead(programme)
    invitation, els = invite(programme, lead), make_user(email=EMAIL)

    results = at_once(
        partial(accept, invitation, els),
        partial(invitations.withdraw, invitation, by=acting(lead), now=NOW),
    )

    is_member = Membership.objects.filter(user=els).exists()
    assert is_member is (results[0] is not None)
    assert (("invitation.withdrawn", "helper") in log(programme)) is not is_member


def leads_remove_each_other(monkeypatch: pytest.MonkeyPatch) -> tuple[Programme, list[Any]]:
    """Two leads who remove each other, both having seen that the other is there, if they can."""
    programme = make_programme()
    both = [make_lead(programme), make_lead(programme)]
    met = Barrier(2)
    look = invitations.is_last_lead

    def look_together(membership: Membership) -> bool:
        found = look(membership)
        with suppress(BrokenBarrierError):  # where the other one waits for the lock
            met.wait(1)
        return found

    monkeypatch.setattr(invitations, "is_last_lead", look_together)
    jobs = [
        partial(invitations.remove, other.memberships.get(), by=acting(one), now=NOW)
        for one, other in (both, both[::-1])
    ]
    return programme, at_once(*jobs)


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_remove_each_other_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    programme, results = leads_remove_each_other(monkeypatch)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotTheirs"]
    assert list(roles(programme).values()) == ["lead"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_leads_would_leave_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        invitations, "_lock", lambda programme_id, by: Programme.objects.get(pk=programme_id)
    )

    programme, _results = leads_remove_each_other(monkeypatch)

    assert roles(programme) == {}
