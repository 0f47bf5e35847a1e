"""Changing what the public knows of a call: what was, what is, who changed it, when and why."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import undoing
from accounts.models import User
from procurement import messages
from procurement.models import Call, Change, Deadline, facts_of

# What stands beside a call in tables of its own, and belongs to what one reads about it.
_RELATED = ("amounts", "cofinancing", "eligibilities", "documents", "themes", "organisers")
_NOT_READ = {"id", "slug", "status", "changed_at", "is_example", "checked_date"}


class IsKnown(Exception):
    """The public knows it: it is cancelled, not taken away; the text is for the organiser."""


class ReasonMissing(Exception):
    """A known date changes without a reason; the text is a sentence for the organiser."""


@dataclass(frozen=True)
class Edit:
    """Who changes something, when, and why; `by` is None for the program itself."""

    by: User | None
    now: datetime
    reason: str = ""


def is_known(call: Call) -> bool:
    """Whether the public knows the call as it is stored: what changes then is history."""
    return Call.objects.public().filter(pk=call.pk).exists()


def hold(call: Call) -> None:
    """Hold a call until the end of the transaction: who changes it comes one after the other."""
    Call.objects.select_for_update(of=("self",)).get(pk=call.pk)


# Deadlines ---------------------------------------------------------------------------------------


@transaction.atomic
def save_deadline(deadline: Deadline, edit: Edit) -> Change | None:
    """Save a deadline; the change of what the public knew, or None where it knew nothing else.

    A date in the past may be set right like any other. Raises ReasonMissing where a known date
    changes without a reason.
    """
    before = Deadline.objects.select_for_update(of=("self",)).filter(pk=deadline.pk).first()
    is_public = is_known(deadline.call)
    if before is None:
        deadline.dated_at = edit.now
        deadline.save()
        return _note_date(Change.What.ADDED, None, deadline, edit) if is_public else None
    is_moved = deadline.closes_at != before.closes_at
    is_turned = (deadline.cancelled_at is None) != (before.cancelled_at is None)
    deadline.sequence = before.sequence + (is_moved or is_turned)
    if not (is_moved or is_turned):
        deadline.calendar_steps = before.calendar_steps + (_as_shown(deadline) != _as_shown(before))
    if is_moved:
        deadline.dated_at = edit.now
    what = _what_changed(before, deadline, is_turned=is_turned)
    if is_public and what is not None and not edit.reason:
        raise ReasonMissing(_("Say why the date changes: followers read it."))
    deadline.save()
    if what is None or not is_public:
        return None
    return _note_date(what, before, deadline, edit)


def remove_deadline(deadline: Deadline, *, now: datetime) -> str:
    """Take away a date of a draft; what puts it back.

    Raises IsKnown where people may have it in their calendar.
    """
    if is_known(deadline.call):
        raise IsKnown(_("People know this date: cancel it, so that their calendars show it."))
    return undoing.take_away(deadline, now=now)


@transaction.atomic
def put_deadline_back(call: Call, packed: str, *, now: datetime) -> None:
    """Put back a date that was taken away a moment ago. Raises `CannotUndo`."""
    hold(call)
    deadline = undoing.unpacked(Deadline, packed, now=now, call_id=call.pk)
    if is_known(call):
        raise undoing.CannotUndo(
            _("The call was published meanwhile. Add the date anew, so that followers hear of it.")
        )
    undoing.put_back(deadline)


def _as_shown(deadline: Deadline) -> tuple[object, ...]:
    """What of it a calendar shows as time and status."""
    closing = deadline.closing
    return closing.last_day, closing.ends_day, deadline.is_confirmed


def _what_changed(before: Deadline, after: Deadline, *, is_turned: bool) -> Change.What | None:
    if is_turned:
        return Change.What.REINSTATED if after.cancelled_at is None else Change.What.CANCELLED
    return Change.What.MOVED if facts_of(after) != facts_of(before) else None


def _note_date(what: Change.What, before: Deadline | None, after: Deadline, edit: Edit) -> Change:
    return Change.objects.create(
        call=after.call,
        deadline=after,
        what=what,
        old=facts_of(before or after),
        new=facts_of(after),
        changed_by=edit.by,
        changed_at=edit.now,
        reason=edit.reason,
    )


# Calls -------------------------------------------------------------------------------------------


@transaction.atomic
def note_status(call: Call, old: str, edit: Edit) -> Change | None:
    """Note that a saved call's status is no longer `old`; its deadlines' entries follow.

    None where the public sees no difference.
    """
    if old == call.status:
        return None
    if Call.Status.CANCELLED in {old, call.status}:
        call.deadlines.update(sequence=F("sequence") + 1, changed_at=edit.now)
    elif Call.Status.SUSPENDED in {old, call.status}:
        # Less certain, or certain again; the dates themselves stay, so nobody is reminded anew.
        call.deadlines.update(calendar_steps=F("calendar_steps") + 1, changed_at=edit.now)
    return Change.objects.create(
        call=call,
        what=Change.What.STATUS,
        old={"status": old},
        new={"status": call.status},
        changed_by=edit.by,
        changed_at=edit.now,
        reason=edit.reason,
    )


def snapshot(call: Call) -> dict[str, str]:
    """What one reads about a call, by the names of its fields and related rows, as stored now."""
    stored = Call.objects.filter(pk=call.pk).first()
    if stored is None:
        return {}
    names = {field.name for field in Call._meta.concrete_fields}
    facts = {
        field.name: _as_text(field.value_from_object(stored))
        for field in Call._meta.concrete_fields
        # A translated field has a column per language, which say it in full.
        if field.name not in _NOT_READ and f"{field.name}_nl" not in names
    }
    for name in _RELATED:
        rows = getattr(stored, name).order_by("pk")
        facts[name] = "; ".join(_row_text(row) for row in rows)
    return facts


def note_details(call: Call, before: dict[str, str], edit: Edit) -> Change | None:
    """Note what is no longer as in `before`, a snapshot; None where nothing changed or is known."""
    after = snapshot(call)
    if not before or call.is_draft:
        return None
    changed = [name for name in after if after[name] != before.get(name, "")]
    if not changed:
        return None
    return Change.objects.create(
        call=call,
        what=Change.What.DETAILS,
        old={name: before.get(name, "") for name in changed},
        new={name: after[name] for name in changed},
        changed_by=edit.by,
        changed_at=edit.now,
        reason=edit.reason,
    )


@contextmanager
def noting_details(call: Call, edit: Edit) -> Iterator[None]:
    """Note what changes about a call within the block; all of it happens, or nothing."""
    with transaction.atomic():
        hold(call)
        before = snapshot(call)
        yield
        note_details(call, before, edit)


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _row_text(row: models.Model) -> str:
    """A related row in full, so that any change of it shows."""
    own = [
        _as_text(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if not field.primary_key and not field.is_relation
    ]
    return " | ".join([str(row), *own])


def tell_followers(call: Call, changes: Iterable[Change | None], *, now: datetime) -> int:
    """Tell those who follow the call, once for all of these; how many people are told.

    Texts and amounts are history only; a date that was set right afterwards concerns nobody.
    """
    news = [
        change
        for change in changes
        if change is not None and change.what != Change.What.DETAILS and not change.is_correction
    ]
    return messages.tell_of_changes(call, news, now=now) if news else 0
