"""Inviting somebody to the team of a programme: the rule with its mail, in one transaction."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import invitations
from accounts.auditing import Actor
from accounts.models import Invitation, Programme, Role
from events.messages import absolute
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from moments import words
from moments.local import BRUSSELS

KIND = "team.invitation"


@transaction.atomic
def invite(
    programme: Programme, email: str, role: Role, *, language: str, by: Actor, now: datetime
) -> Invitation:
    """Invite somebody, by mail. Raises `TeamRefused` or `NotTheirs`."""
    invitation = invitations.invite(programme, email, role, language=language, by=by, now=now)
    _tell(invitation, now)
    return invitation


@transaction.atomic
def invite_again(invitation: Invitation, *, by: Actor, now: datetime) -> None:
    """Mail an invitation once more; it holds from now on. Raises `TeamRefused` or `NotTheirs`."""
    _tell(invitations.invite_again(invitation, by=by, now=now), now)


def _tell(invitation: Invitation, now: datetime) -> None:
    outbox.put(
        [
            outbox.Draft(
                key=f"invitation:{invitation.pk}:{invitation.sendings}",
                kind=KIND,
                # About no row that stays: to whom it went is forgotten after 30 days.
                object_id=0,
                recipient=invitation.email,
                due_at=now,
                useful_until=invitation.expires_at,
                payload={"invitation": invitation.pk},
            )
        ]
    )


def compose(message: Message, now: datetime) -> Letter:
    """The letter of an invitation; raises `NotWanted` once there is nothing to accept."""
    invitation = (
        Invitation.objects.select_related("programme", "invited_by")
        .filter(pk=message.payload["invitation"])
        .first()
    )
    if invitation is None or not invitation.holds(now):
        raise NotWanted(gettext_noop("The invitation does not hold any more."))
    programme = invitation.programme
    with translation.override(invitation.language):
        role = Role(invitation.role)
        name = invitation.invited_by.name if invitation.invited_by else ""
        facts = {"name": name, "programme": programme.name}
        return Letter(
            recipient=invitation.email,
            language=invitation.language,
            subject=_("Invitation to the team of %(programme)s") % facts,
            heading=_("You are invited to the team of %(programme)s") % facts,
            greeting=_("Hello,"),
            opening=[
                (
                    _("%(name)s asks you to work with them for %(programme)s.")
                    if name
                    else _("The team of %(programme)s asks you to work with them.")
                )
                % facts,
                _(
                    "Accept on the page below, signed in with this e-mail address. You need no"
                    " password: you get a code by e-mail. Afterwards we ask for a second proof of"
                    " who you are, such as a passkey."
                ),
            ],
            facts=[
                (_("Programme"), programme.name_in_full),
                (_("Role"), role.label.capitalize()),
                (_("What it means"), role.meaning[0].upper() + role.meaning[1:]),
                (_("Accept before"), words.moment(invitation.expires_at, BRUSSELS)),
            ],
            button=(_("See the invitation"), absolute(invitation.get_absolute_url())),
            closing=[
                _("Did you not expect this? Then you need not do anything; nothing happens."),
            ],
            contact_name=programme.contact_name,
            reply_to=programme.contact_email,
            organiser=programme.name_in_full,
            colour=programme.colour,
        )
