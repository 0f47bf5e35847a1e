"""What organisers read of what is kept of their sessions, and until when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import auditing
from accounts.auditing import Actor
from accounts.models import Action, AuditEntry, Programme
from events.models import Session
from events.privacy import NEEDS_KEPT, kept_until
from moments import words
from moments.local import BRUSSELS
from portal.models import NightlyRun
from portal.nights import last_run, latest_night
from procurement import keeping
from procurement.models import Trajectory


@dataclass(frozen=True)
class Kept:
    """What is still held of a session, until when, and why it is still there if it should not be.

    `names`, `needs` and `mails` are numbers.
    """

    session: Session
    names: int
    needs: int
    mails: int
    until: datetime
    needs_until: datetime
    is_due_tonight: bool
    overdue: str


def kept(sessions: Iterable[Session], *, now: datetime) -> list[Kept]:
    """What is held of sessions, as `events.privacy.with_held` counted it."""
    chosen = list(sessions)
    changes = _last_changes({session.programme_id for session in chosen})
    run = last_run()
    return [_kept(session, changes, run, now) for session in chosen]


def _kept(
    session: Session,
    changes: Mapping[int | None, datetime],
    run: NightlyRun | None,
    now: datetime,
) -> Kept:
    until, needs_until = kept_until(session), session.ends_at + NEEDS_KEPT
    counts = {name: getattr(session, f"{name}_held") for name in ("names", "needs", "mails")}
    night = latest_night(now)
    # What became due by a decision of today waits for the night that follows it.
    since = max(session.changed_at, changes.get(session.programme_id, session.changed_at))
    is_late = max(until, since) <= night or bool(
        counts["needs"] and max(needs_until, session.changed_at) <= night
    )
    return Kept(
        session=session,
        until=until,
        needs_until=needs_until,
        is_due_tonight=until <= now and not is_late,
        overdue=_why(run, night, _FAILED_SESSION) if is_late else "",
        **counts,
    )


_FAILED_SESSION = gettext_lazy(
    "The last nightly run failed for this session. An administrator finds why in the log."
)
_FAILED_TRAJECTORY = gettext_lazy(
    "The last nightly run failed for this trajectory. An administrator finds why in the log."
)


def _why(run: NightlyRun | None, night: datetime, failed: Promise) -> str:
    if run is None:
        return _("The nightly run has never run: no worker is at work.")
    if run.done_at < night:
        return _("The nightly run has not ended since %(moment)s: no worker is at work.") % {
            "moment": words.moment(run.done_at, BRUSSELS)
        }
    return str(failed)


def _last_changes(programmes: set[int]) -> dict[int | None, datetime]:
    """When each programme last changed how long it keeps data."""
    changed = AuditEntry.objects.filter(
        action=Action.RETENTION_CHANGED, programme__in=programmes
    ).order_by()
    return dict(changed.values_list("programme").annotate(Max("at")))


@dataclass(frozen=True)
class KeptTrajectory:
    """A submitted trajectory that still names people: how many, until when, why it is still so."""

    trajectory: Trajectory
    number: int
    until: datetime
    overdue: str


def kept_trajectories(rows: Iterable[Trajectory], *, now: datetime) -> list[KeptTrajectory]:
    """Until when each is kept; of `procurement.keeping.with_held`."""
    run, night = last_run(), latest_night(now)
    found = []
    for row in rows:
        until = keeping.kept_until(row)
        is_late = row.warned_at is not None and until <= night
        overdue = _why(run, night, _FAILED_TRAJECTORY) if is_late else ""
        found.append(KeptTrajectory(row, len(row.members.all()), until, overdue))
    return found


@transaction.atomic
def change(
    programme: Programme, *, days: int, selection_rule: str, now: datetime, by: Actor
) -> None:
    """Keep names for another time, or on another rule; recorded where something changed."""
    _change(programme, ("retention_days", "selection_rule"), (days, selection_rule), now, by)


@transaction.atomic
def change_of_trajectories(
    programme: Programme, *, days: int, selection_rule: str, now: datetime, by: Actor
) -> None:
    """Keep trajectories to its calls for another time, or on another rule; recorded likewise."""
    fields = ("trajectory_retention_days", "trajectory_selection_rule")
    _change(programme, fields, (days, selection_rule), now, by, of_trajectories=True)


def _change(
    programme: Programme,
    fields: tuple[str, str],
    values: tuple[int, str],
    now: datetime,
    by: Actor,
    **details: Any,
) -> None:
    fresh = Programme.objects.select_for_update().get(pk=programme.pk)
    before = tuple(getattr(fresh, field) for field in fields)
    if before == values:
        return
    for field, value in zip(fields, values, strict=True):
        setattr(fresh, field, value)
    fresh.save(update_fields=fields)
    auditing.record(
        Action.RETENTION_CHANGED,
        by=by,
        now=now,
        programme=fresh,
        about=fresh,
        days=values[0],
        days_before=before[0],
        is_other_rule=before[1] != values[1],
        **details,
    )
