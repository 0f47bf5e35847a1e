"""What the people of a trajectory do with it: make, share, move on, submit, take back, delete.

Seen by its owner and the colleagues named, not by everybody with an address of the organisation: a
mail domain says where somebody has a mailbox, and at a city that is thousands of people.
"""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import directory, documents
from accounts.models import User
from accounts.names import PUBLIC_PROVIDERS, address_key, domain_of
from procurement.models import (
    BEFORE_SUBMITTING,
    Stage,
    Trajectory,
    TrajectoryMember,
    TrajectoryQuerySet,
)

MOST_MEMBERS = 30


class CannotChange(Exception):
    """A trajectory cannot become that; the text is a sentence for its people."""


def proved_addresses(user: User) -> list[str]:
    """The e-mail addresses the person has proved to be theirs, the one they use first."""
    proved = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return list(proved.values_list("email", flat=True))


def of_user(user: User) -> TrajectoryQuerySet:
    """The trajectories of which one of the person's proved addresses is a member."""
    return Trajectory.objects.of_addresses(proved_addresses(user))


def member_of(trajectory: Trajectory, user: User) -> TrajectoryMember | None:
    """As which member the person works on it; None for somebody else."""
    keys = [address_key(email) for email in proved_addresses(user)]
    return trajectory.members.filter(email_key__in=keys).order_by("-is_owner", "pk").first()


@transaction.atomic
def make(trajectory: Trajectory, *, email: str, name: str, now: datetime) -> None:
    """Save a new trajectory with its owner; the directory says which organisation it is of."""
    trajectory.made_at = trajectory.used_at = now
    trajectory.organisation = directory.of_address(email)
    trajectory.save()
    trajectory.members.create(
        email=email, email_key=address_key(email), name=name, is_owner=True, added_at=now
    )


def note_use(trajectory: Trajectory, *, now: datetime) -> None:
    """Note that one of its people works on it: it is kept from now on, and who was warned may
    forget that."""
    trajectory.used_at, trajectory.warned_at = now, None
    Trajectory.objects.filter(pk=trajectory.pk).update(used_at=now, warned_at=None)


# People ------------------------------------------------------------------------------------------


def is_of_same_organisation(email: str, other: str) -> bool:
    """Whether two addresses belong to one organisation, by the directory or else by their domain.

    Anybody can have an address at a public provider: it is of no organisation.
    """
    domains = (domain_of(email), domain_of(other))
    if set(domains) & PUBLIC_PROVIDERS:
        return False
    found = directory.at_domains(domains)
    first, second = (found[domain] for domain in domains)
    if first is None or second is None:
        return domains[0] == domains[1]
    return first == second


@transaction.atomic
def invite(trajectory: Trajectory, *, email: str, name: str, now: datetime) -> TrajectoryMember:
    """Name a colleague; harmless when repeated. Raises CannotChange for another organisation's."""
    Trajectory.objects.select_for_update(of=("self",)).get(pk=trajectory.pk)
    owner = trajectory.members.get(is_owner=True)
    if not is_of_same_organisation(owner.email, email):
        raise CannotChange(
            _("Name colleagues of your own organisation, with their address at work.")
        )
    if trajectory.members.count() >= MOST_MEMBERS:
        raise CannotChange(_("That is too many people for one trajectory."))
    member, _is_new = trajectory.members.get_or_create(
        email_key=address_key(email), defaults={"email": email, "name": name, "added_at": now}
    )
    return member


@transaction.atomic
def leave(member: TrajectoryMember) -> None:
    """Take somebody off; the owner's place goes to who was named first, else all of it goes."""
    trajectory = Trajectory.objects.select_for_update(of=("self",)).get(pk=member.trajectory_id)
    was_owner = member.is_owner
    member.delete()
    heir = trajectory.members.order_by("added_at", "pk").first()
    if heir is None:
        delete(trajectory)
    elif was_owner:
        heir.is_owner = True
        heir.save(update_fields=["is_owner"])


@transaction.atomic
def hand_over(member: TrajectoryMember) -> None:
    """Make a colleague the owner; who was it stays on as a colleague."""
    trajectory = Trajectory.objects.select_for_update(of=("self",)).get(pk=member.trajectory_id)
    trajectory.members.filter(is_owner=True).update(is_owner=False)
    trajectory.members.filter(pk=member.pk).update(is_owner=True)


@transaction.atomic
def delete(trajectory: Trajectory) -> None:
    """Delete a trajectory with its notes, answers and documents, their files too."""
    documents.forget(attachment.file for attachment in trajectory.attachments.all())
    trajectory.delete()


# Stage -------------------------------------------------------------------------------------------


def next_stages(trajectory: Trajectory) -> list[Stage]:
    """The stages it can be set to by hand; submitting and taking back are acts of their own."""
    if trajectory.is_submitted:
        return [stage for stage in Stage if stage not in BEFORE_SUBMITTING]
    return list(BEFORE_SUBMITTING)


@transaction.atomic
def set_stage(trajectory: Trajectory, stage: Stage) -> None:
    """Say how far it is. Raises CannotChange for what is an act of its own."""
    stored = Trajectory.objects.select_for_update(of=("self",)).get(pk=trajectory.pk)
    if stage not in next_stages(stored):
        raise CannotChange(_("Submit it, or take it back, with the button for that."))
    stored.stage = stage
    stored.save(update_fields=["stage"])


@transaction.atomic
def submit(trajectory: Trajectory, *, now: datetime) -> None:
    """Say that it was submitted: from now on the organisers of its call see it.

    Harmless when repeated. Raises CannotChange where no call is aimed at.
    """
    stored = Trajectory.objects.select_for_update(of=("self",)).get(pk=trajectory.pk)
    if stored.call_id is None:
        raise CannotChange(_("Choose first for which call it is."))
    if not stored.is_submitted:
        stored.stage, stored.submitted_at = Stage.SUBMITTED, now
        stored.save(update_fields=["stage", "submitted_at"])


@transaction.atomic
def take_back(trajectory: Trajectory) -> None:
    """Make it a proposal again, which the organisers no longer see. Harmless when repeated."""
    stored = Trajectory.objects.select_for_update(of=("self",)).get(pk=trajectory.pk)
    if stored.is_submitted:
        stored.stage, stored.submitted_at = Stage.PROPOSAL, None
        stored.save(update_fields=["stage", "submitted_at"])


def set_done(trajectory: Trajectory, code: str, *, is_done: bool, now: datetime) -> None:
    """Tick a step of the to-do list off, or take the tick away; harmless when repeated."""
    if is_done:
        trajectory.done_steps.get_or_create(code=code, defaults={"done_at": now})
    else:
        trajectory.done_steps.filter(code=code).delete()


def forget(members: Iterable[TrajectoryMember]) -> int:
    """Take these people off every trajectory; how many places they had."""
    number = 0
    for member in members:
        leave(member)
        number += 1
    return number
