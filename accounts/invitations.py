"""Who works for a programme: inviting, accepting, another role, taking a role away.

Each locks the programme first: two at a time never leave it without a lead, and whoever lost the
right meanwhile is refused, also in the middle of what they do.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.auditing import Actor, record
from accounts.models import Action, Invitation, Membership, Programme, Role, User
from accounts.names import address_key, normal_address
from accounts.privacy import accounts_of

VALID = timedelta(days=14)
# A programme mails strangers no more than this.
MOST_OPEN = 50
MOST_SENDINGS = 5
BETWEEN_SENDINGS = timedelta(hours=1)


class TeamRefused(Exception):
    """It cannot be done; the text is a sentence for who tried."""


class NotTheirs(Exception):
    """Whoever acts does not lead the programme, or no longer; for them there is nothing here."""


def _lock(programme_id: int, by: Actor) -> Programme:
    """The programme, with its team held still; raises `NotTheirs`."""
    if by.user is None:
        raise NotTheirs
    locked = Programme.objects.select_for_update().get(pk=programme_id)
    # Asked again now: the role may have gone since the page was opened.
    if not User.objects.get(pk=by.user.pk).has_role(Role.LEAD, programme_id):
        raise NotTheirs
    return locked


# Inviting ----------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    programme: Programme, email: str, role: Role, *, language: str, by: Actor, now: datetime
) -> Invitation:
    """Ask somebody to work for a programme. Raises `TeamRefused` or `NotTheirs`."""
    programme = _lock(programme.pk, by)
    if programme.memberships.filter(user__in=accounts_of(email)).exists():
        raise TeamRefused(_("Whoever has this address works for the programme already."))
    if programme.invitations.to_address(email).exists():
        raise TeamRefused(
            _("This address was invited already. Send it again or withdraw it, in the list.")
        )
    if programme.invitations.count() >= MOST_OPEN:
        raise TeamRefused(_("Many invitations are open already. Withdraw some of them first."))
    invitation = Invitation.objects.create(
        programme=programme,
        email=normal_address(email),
        email_key=address_key(email),
        role=role,
        language=language,
        invited_by=by.user,
        invited_at=now,
        sent_at=now,
        expires_at=now + VALID,
    )
    _note(Action.MEMBER_INVITED, invitation, by=by, now=now)
    return invitation


@transaction.atomic
def invite_again(invitation: Invitation, *, by: Actor, now: datetime) -> Invitation:
    """Let an invitation hold anew and be mailed once more, a few times and not at once.

    Raises `TeamRefused` or `NotTheirs`; `Invitation.DoesNotExist` once it is no longer there.
    """
    _lock(invitation.programme_id, by)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if now < invitation.sent_at + BETWEEN_SENDINGS:
        raise TeamRefused(_("It was sent less than an hour ago. Wait a while."))
    if invitation.sendings >= MOST_SENDINGS:
        raise TeamRefused(
            _("It was sent five times. Withdraw it and check the address before you invite again.")
        )
    invitation.sendings += 1
    invitation.sent_at = now
    invitation.expires_at = now + VALID
    invitation.save(update_fields=["sendings", "sent_at", "expires_at"])
    _note(Action.MEMBER_INVITED, invitation, by=by, now=now)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: Actor, now: datetime) -> None:
    """Take an invitation back: its link opens nothing any more. Raises `NotTheirs`."""
    _lock(invitation.programme_id, by)
    gone, _per_model = Invitation.objects.filter(pk=invitation.pk).delete()
    if gone:
        _note(Action.INVITATION_WITHDRAWN, invitation, by=by, now=now)


@transaction.atomic
def accept(
    invitation: Invitation, user: User, *, proved: Iterable[str], by: Actor, now: datetime
) -> Membership | None:
    """Give somebody the role they were invited to; `proved` are the addresses shown to be theirs.

    None where there is nothing to accept: not for them, expired, withdrawn, or accepted before.
    Who has a role already keeps it if it may do more.
    """
    Programme.objects.select_for_update().get(pk=invitation.programme_id)
    found = Invitation.objects.filter(pk=invitation.pk).first()
    keys = {address_key(email) for email in proved}
    if found is None or not found.holds(now) or found.email_key not in keys:
        return None
    role = Role(found.role)
    membership, is_new = Membership.objects.get_or_create(
        user=user, programme_id=found.programme_id, defaults={"role": role}
    )
    if not is_new and membership.role not in role.or_more:
        _note_role(Action.MEMBER_REMOVED, membership, by=by, now=now)
        membership.role = role
        membership.save(update_fields=["role"])
        is_new = True
    if is_new:
        _note_role(Action.MEMBER_ADDED, membership, by=by, now=now)
    found.delete()
    return membership


# Roles -------------------------------------------------------------------------------------------


@transaction.atomic
def change_role(membership: Membership, role: Role, *, by: Actor, now: datetime) -> Membership:
    """Give a member another role. Raises `TeamRefused` for the last lead, or `NotTheirs`.

    `Membership.DoesNotExist` once they are no member any more.
    """
    _lock(membership.programme_id, by)
    membership = Membership.objects.select_related("user", "programme").get(pk=membership.pk)
    if membership.role == role:
        return membership
    _refuse_to_lose(membership)
    _note_role(Action.MEMBER_REMOVED, membership, by=by, now=now)
    membership.role = role
    membership.save(update_fields=["role"])
    _note_role(Action.MEMBER_ADDED, membership, by=by, now=now)
    return membership


@transaction.atomic
def remove(membership: Membership, *, by: Actor, now: datetime) -> None:
    """Take somebody's role away; their next request finds it gone. Raises as `change_role`."""
    _lock(membership.programme_id, by)
    membership = Membership.objects.select_related("user", "programme").get(pk=membership.pk)
    _refuse_to_lose(membership)
    _note_role(Action.MEMBER_REMOVED, membership, by=by, now=now)
    membership.delete()


def _refuse_to_lose(membership: Membership) -> None:
    if membership.role == Role.LEAD and is_last_lead(membership):
        raise TeamRefused(
            _("%(name)s is the only lead. Make somebody else lead first.")
            % {"name": membership.user}
        )


def is_last_lead(membership: Membership) -> bool:
    """Whether nobody else who can sign in leads the programme."""
    leads = Membership.objects.filter(
        programme_id=membership.programme_id, role=Role.LEAD, user__is_active=True
    )
    return not leads.exclude(pk=membership.pk).exists()


def _note(action: Action, invitation: Invitation, *, by: Actor, now: datetime) -> None:
    record(
        action,
        by=by,
        now=now,
        programme=invitation.programme,
        about=invitation,
        role=invitation.role,
    )


def _note_role(action: Action, membership: Membership, *, by: Actor, now: datetime) -> None:
    record(
        action,
        by=by,
        now=now,
        programme=membership.programme,
        about=membership.user,
        role=membership.role,
    )
