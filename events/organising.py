"""What organisers do to registrations, one or many: by the rules of `registering`, written down.

Every function takes whom it is about with the state in which the organiser saw them. Who has
another state meanwhile is left alone and named, so that doing it twice does it once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts import auditing
from accounts.auditing import Actor
from accounts.models import Action
from accounts.underway import Steps
from events import registering, seating, sharing
from events.models import Registration, Session
from events.registering import Applicant, Outcome

Seen = Mapping[int, str]


@dataclass(frozen=True)
class Result:
    """What came of it: with whom it was done, and who was left alone since they had changed."""

    done: list[Registration] = field(default_factory=list)
    skipped: list[Registration] = field(default_factory=list)


def cancel(session: Session, seen: Seen, *, by: Actor, now: datetime) -> Steps[Result]:
    """Cancel registrations; seats go to the first in line who is not among them."""

    def act(row: Registration) -> bool:
        organiser = Registration.CancelledBy.ORGANISER
        is_done = registering.cancel(row, now=now, by=organiser, seen=seen[row.pk])
        if is_done:
            _record(Action.REGISTRATION_CANCELLED, row, by, now)
        return is_done

    return each(session, seen, act)


def place(session: Session, seen: Seen, *, by: Actor, now: datetime) -> Steps[Result]:
    """Give people on the waiting list a seat, beyond the capacity if need be."""

    def act(row: Registration) -> bool:
        is_done = row.state == seen[row.pk] and seating.place(row, now=now)
        if is_done:
            _record(Action.REGISTRATION_PLACED, row, by, now)
        return is_done

    return each(session, seen, act)


def send_again(session: Session, seen: Seen, *, by: Actor, now: datetime) -> Steps[Result]:
    """Send people the mail with their links again, as seldom as anybody may have it."""

    def act(row: Registration) -> bool:
        is_same = row.state == seen[row.pk] and not row.is_cancelled
        if is_same:
            registering.send_again(row, now=now)
        return is_same

    return each(session, seen, act)


def each(session: Session, seen: Seen, act: Callable[[Registration], bool]) -> Steps[Result]:
    """Do it with each of them in a transaction of its own, so that nobody waits for all of them.

    Goes one by one; closed halfway, what was done stays done.

    Those who wait come first: else somebody whose turn is still to come would be given the seat of
    the one before.
    """
    result = Result()
    rows = session.registrations.filter(pk__in=seen, anonymised_at=None).order_by("-state", "pk")
    for number, row in enumerate(rows, start=1):
        with transaction.atomic():
            is_done = act(row)
        (result.done if is_done else result.skipped).append(row)
        yield number
    return result


def move_to(
    registration: Registration, session: Session, *, by: Actor, now: datetime
) -> Registration:
    """Register somebody for another session instead; the new registration."""
    with transaction.atomic():
        moved = registering.move_to(registration, session, now=now)
        _record(Action.REGISTRATION_CANCELLED, registration, by, now, moved_to=moved.pk)
        _record(Action.REGISTRATION_ADDED, moved, by, now, moved_from=registration.pk)
    return moved


def add(session: Session, applicant: Applicant, *, by: Actor, now: datetime) -> Outcome:
    """Register somebody on their behalf, also outside the registration period.

    Raises `sharing.AddressTaken` where somebody with another name has their address, unless the
    organiser said that they share it.
    """
    with transaction.atomic():
        if applicant.shares_address:
            outcome = registering.register_beside(session, applicant, now=now)
        else:
            sharing.refuse_taken(session, applicant.email, applicant.name)
            outcome = registering.register(session, applicant, received_at=now, by_organiser=True)
        if outcome.is_own:
            _record(Action.REGISTRATION_ADDED, outcome.registration, by, now)
    return outcome


def correct(registration: Registration, details: Applicant, *, by: Actor, now: datetime) -> bool:
    """Put right what somebody filled in; whether anything changed."""
    with transaction.atomic():
        changed = registering.correct(registration, details, now=now)
        if changed:
            _record(Action.REGISTRATION_CHANGED, registration, by, now, fields=changed)
    return bool(changed)


def _record(
    action: Action, registration: Registration, by: Actor, now: datetime, **details: object
) -> None:
    auditing.record(
        action,
        by=by,
        now=now,
        programme=registration.session.programme,
        about=registration,
        session_id=registration.session_id,
        **details,
    )
