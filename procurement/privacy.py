"""What is held about who follows calls or works on trajectories: reading it, and erasing it."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

import mailing.privacy
from accounts.names import address_key
from accounts.privacy import Held, instant
from mailing.models import Message
from procurement.keeping import EXPIRING, kept_until
from procurement.messages import CHANGED, CONFIRM, REMINDERS, offsets_in_words
from procurement.models import Follow, Follower, TrajectoryMember
from procurement.trajectories import forget


def addresses() -> Iterator[str]:
    """Every address held here."""
    yield from Follower.objects.order_by("pk").values_list("email", flat=True).iterator()
    yield from TrajectoryMember.objects.order_by("pk").values_list("email", flat=True).iterator()


def held(email: str) -> Held:
    """What an address follows and was reminded of, and the trajectories it works on."""
    follows = Follow.objects.filter(follower__email_key=address_key(email)).select_related(
        "follower", "call", "theme"
    )
    followed = [
        {
            _("E-mail address"): follow.follower.email,
            _("Subject"): follow.subject,
            _("Language of our e-mails"): follow.get_language_display(),
            _("Reminders"): offsets_in_words(follow.offsets),
            _("Asked at"): instant(follow.asked_at),
            _("Confirmed at"): instant(follow.confirmed_at) if follow.confirmed_at else "",
        }
        for follow in follows
    ]
    reminded = [
        {
            _("Deadline"): str(reminder.deadline),
            _("Days before"): str(reminder.days_before),
            _("Date"): reminder.mail_date.isoformat(),
        }
        for follower in Follower.objects.of_addresses([email])
        for reminder in follower.reminders.select_related("deadline__call").order_by("pk")
    ]
    found = {
        _("What you follow"): followed,
        _("Reminders sent to you"): reminded,
        _("Trajectories you work on"): _trajectories(email),
    }
    return {title: entries for title, entries in found.items() if entries}


def _trajectories(email: str) -> list[dict[str, str]]:
    members = TrajectoryMember.objects.filter(email_key=address_key(email))
    return [
        {
            _("E-mail address"): member.email,
            _("Name"): member.name,
            _("Title"): member.trajectory.title,
            _("Role"): _("owner") if member.is_owner else _("colleague"),
            _("Since"): instant(member.added_at),
            pgettext("data", "Kept until"): instant(kept_until(member.trajectory)),
            _("Notes you wrote"): "\n".join(note.text for note in member.notes.all()),
            _("Documents you attached"): ", ".join(str(row) for row in member.attachments.all()),
        }
        for member in members.select_related(
            "trajectory__call__programme", "trajectory__deadline"
        ).order_by("pk")
    ]


@transaction.atomic
def erase(email: str, *, before: datetime | None = None) -> int:
    """Forget an address with all that it follows, and take it off its trajectories; how many.

    A trajectory goes with its last member; until then it is its organisation's, notes included, and
    says no more who wrote them. `before` leaves what came after that moment.
    """
    members = TrajectoryMember.objects.filter(email_key=address_key(email))
    if before is not None:
        members = members.filter(added_at__lte=before)
    left = forget(list(members.order_by("pk")))
    followers = Follower.objects.of_addresses([email])
    asked = Follow.objects.filter(follower__in=followers)
    if before is not None:
        asked = asked.filter(asked_at__lte=before)
    number, _per_model = asked.delete()
    Follower.objects.filter(Q(pk__in=followers), follows=None).delete()
    return number + left


def forget_orphans(now: datetime) -> int:
    """Forget to whom mails went of who follows nothing and works on nothing any more; how many."""
    follows = Follow.objects.filter(pk=OuterRef("object_id"))
    followers = Follower.objects.filter(pk=OuterRef("object_id"))
    members = TrajectoryMember.objects.filter(pk=OuterRef("object_id"))
    orphans = Message.objects.filter(
        Q(~Exists(follows), kind=CONFIRM)
        | Q(~Exists(followers), kind__in=(CHANGED, REMINDERS))
        | Q(~Exists(members), kind=EXPIRING)
    )
    return mailing.privacy.forget(orphans, now=now)
