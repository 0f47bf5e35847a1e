"""How long trajectories are kept: their people are warned, then what names anybody goes."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import auditing, documents
from accounts.auditing import SYSTEM
from accounts.models import Action, Programme, User
from accounts.models.programme import TRAJECTORY_RETENTION_DAYS
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from moments.local import BRUSSELS
from moments.words import weekday_date
from procurement import trajectories
from procurement.messages import absolute
from procurement.models import Trajectory, TrajectoryMember, TrajectoryQuerySet

logger = logging.getLogger("procurement")

EXPIRING = "trajectories.expiring"
# So long before it goes its people are told; nothing goes without that.
WARNED_AHEAD = timedelta(days=30)


def kept_until(trajectory: Trajectory) -> datetime:
    """Until when it is kept, if nobody works on it any more.

    Counted from the last time somebody did or from the deadline it aims at, whichever is later. Of
    a trajectory with `call__programme` and `deadline`.
    """
    call, deadline = trajectory.call, trajectory.deadline
    days = call.programme.trajectory_retention_days if call else TRAJECTORY_RETENTION_DAYS
    since = max(trajectory.used_at, deadline.closes_at) if deadline else trajectory.used_at
    until = since + timedelta(days=days)
    if trajectory.warned_at is None:
        return until
    return max(until, trajectory.warned_at + WARNED_AHEAD)


def _due(moment: datetime) -> Iterator[TrajectoryQuerySet]:
    """Those whose time is over at a moment, by the time of the programme of their call."""
    named = Trajectory.objects.named()
    for programme in Programme.objects.order_by("pk"):
        since = moment - timedelta(days=programme.trajectory_retention_days)
        yield named.filter(call__programme=programme).untouched_since(since)
    without = named.filter(call=None)
    yield without.untouched_since(moment - timedelta(days=TRAJECTORY_RETENTION_DAYS))


# Warning -----------------------------------------------------------------------------------------


def plan(now: datetime) -> None:
    """Warn the people of each trajectory that goes within thirty days.

    Where its deadline or its programme's time was moved since, the warning no longer counts.
    """
    due: set[int] = set()
    for rows in _due(now + WARNED_AHEAD):
        due.update(rows.values_list("pk", flat=True))
    warned = set(Trajectory.objects.warned().values_list("pk", flat=True))
    for number in sorted(due - warned):
        _warn(number, now)
    for number in warned - due:
        Trajectory.objects.filter(pk=number).update(warned_at=None)


@transaction.atomic
def _warn(number: int, now: datetime) -> None:
    row = Trajectory.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None or row.warned_at is not None:
        return  # another worker was first
    row.warned_at = now
    row.save(update_fields=["warned_at"])
    outbox.put(
        outbox.Draft(
            key=f"trajectory:{row.pk}:expiring:{member.pk}:{now:%Y%m%d}",
            kind=EXPIRING,
            object_id=member.pk,
            recipient=member.email,
            due_at=now,
        )
        for member in row.members.all()
    )


def compose(message: Message, now: datetime) -> Letter:
    """The letter that warns a member. Raises `NotWanted` where somebody kept it meanwhile."""
    members = TrajectoryMember.objects.select_related(
        "trajectory__call__programme", "trajectory__deadline"
    )
    member = members.filter(pk=message.object_id).first()
    if member is None or member.trajectory.warned_at is None:
        raise NotWanted(gettext_noop("Somebody works on the trajectory again, or it is gone."))
    row = member.trajectory
    account = User.objects.filter(email__iexact=member.email).first()
    language = account.language if account else "nl"
    with translation.override(language):
        until = weekday_date(kept_until(row).astimezone(BRUSSELS).date())
        last_used = weekday_date(row.used_at.astimezone(BRUSSELS).date())
        facts = [(_("Organisation"), row.organisation_name)]
        if row.call is not None:
            facts.append((_("Call"), row.call.title))
        return Letter(
            recipient=member.email,
            language=language,
            subject=_("Your trajectory will be deleted on %(day)s: %(title)s")
            % {"day": until, "title": row.title},
            heading=_("Do you still need this trajectory?"),
            greeting=_("Hello,"),
            opening=[
                _("Nobody has worked on “%(title)s” since %(day)s.")
                % {"title": row.title, "day": last_used},
                _(
                    "On %(day)s we forget who worked on it, with its texts, notes, documents and "
                    "answers."
                )
                % {"day": until},
            ],
            facts=facts,
            organiser=row.call.programme.name_in_full if row.call else "",
            colour=row.call.programme.colour if row.call else "",
            button=(_("Look at it, and keep it"), absolute(row.get_absolute_url())),
            closing=[_("Do you not need it any more? Then you need not do anything.")],
        )


# Forgetting --------------------------------------------------------------------------------------


def expire(now: datetime) -> int:
    """Forget the trajectories whose people were warned long enough ago; how many failed.

    One that was submitted stays as a count: its title, organisation, call and stage. One that
    fails holds up no other, and is tried again the next night.
    """
    failed = 0
    for rows in _due(now):
        warned = rows.filter(warned_at__lte=now - WARNED_AHEAD)
        for number in list(warned.values_list("pk", flat=True)):
            try:
                _expire(number, now)
            except (OperationalError, InterfaceError):
                raise  # the database is away
            except Exception:
                logger.exception("Trajectory %s could not be forgotten", number)
                failed += 1
    return failed


@transaction.atomic
def _expire(number: int, now: datetime) -> None:
    rows = Trajectory.objects.select_for_update(of=("self",))
    row = rows.select_related("call__programme", "deadline").filter(pk=number).first()
    if row is None or row.warned_at is None or kept_until(row) > now:
        return  # somebody was faster
    auditing.record(
        Action.DATA_EXPIRED,
        by=SYSTEM,
        now=now,
        programme=row.call.programme if row.call else None,
        trajectories=1,
    )
    if row.is_submitted:
        _anonymise(row, now)
    else:
        trajectories.delete(row)


def _anonymise(row: Trajectory, now: datetime) -> None:
    documents.forget(attachment.file for attachment in row.attachments.all())
    for rows in (row.attachments, row.notes, row.charter_answers, row.done_steps, row.members):
        rows.all().delete()
    row.problem, row.anonymised_at = "", now
    row.save(update_fields=["problem", "anonymised_at"])


# Overview ----------------------------------------------------------------------------------------


def with_held(user: User) -> TrajectoryQuerySet:
    """What was submitted to the calls one organises and still names people.

    Of what is not submitted nobody but its own people knows.
    """
    return (
        Trajectory.objects.submitted_to(user)
        .named()
        .select_related("call__programme", "deadline")
        .prefetch_related("members")
        .order_by("submitted_at", "pk")
    )
