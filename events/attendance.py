"""Taking attendance: who came and how, who did not, and who came without registering.

A mark says what became of somebody. Each change of one is written in the audit log with what stood
there before; the log also knows which request it came from, so that a request that is sent again
does nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts import auditing, directory
from accounts.auditing import Actor
from accounts.models import Action, AuditEntry
from accounts.names import matching_key
from accounts.underway import Steps
from events import registering, seating
from events.models import Presence, Registration, RegistrationQuerySet, Session
from events.organising import Result, Seen, each
from events.registering import Applicant, Outcome

# Whoever opens the meeting much earlier than this tries out the link.
COUNTS_BEFORE = timedelta(hours=1)

State, How = Presence.State, Presence.How


class NotMarked(Exception):
    """Somebody cannot be marked so; the text is a sentence for who takes attendance."""


@dataclass(frozen=True)
class Mark:
    """What is said of somebody: a `Presence.State` with, for who was there, a `Presence.How`.

    Without a state nothing is said.
    """

    state: str = ""
    how: str = ""

    def __post_init__(self) -> None:
        if bool(self.how) is not self.is_there:
            raise ValueError("How goes with who was there.")

    @property
    def is_there(self) -> bool:
        """Whether they were there."""
        return self.state in Presence.THERE


class Marked(StrEnum):
    """What came of marking somebody."""

    DONE = "done"
    # Somebody else said so already, or the same request came twice.
    SAME = "same"
    # Somebody else said something else since the page was made; it stands.
    CHANGED = "changed"


def mark_of(registration: Registration) -> Mark:
    """What is said of somebody now."""
    presence = getattr(registration, "presence", None)
    return Mark(presence.state, presence.how) if presence else Mark()


# When --------------------------------------------------------------------------------------------


def has_begun(session: Session, now: datetime) -> bool:
    """Whether it is the session's day: before that nobody can have been there."""
    day = session.starts_at.astimezone(session.zone).date()
    return now.astimezone(session.zone).date() >= day


def counts_from(session: Session) -> datetime:
    """From when on opening the meeting counts as being there; until the session ends."""
    return session.starts_at - COUNTS_BEFORE


def hows(session: Session) -> tuple[Presence.How, ...]:
    """How people can take part, the way of who is ticked at the door first."""
    return {
        Session.Attendance.ONLINE.value: (How.ONLINE,),
        Session.Attendance.ON_SITE.value: (How.ON_SITE,),
        Session.Attendance.HYBRID.value: (How.ON_SITE, How.ONLINE),
    }[session.attendance]


# Marking -----------------------------------------------------------------------------------------


@transaction.atomic
def mark(
    registration: Registration,
    wanted: Mark,
    *,
    seen: str,
    by: Actor,
    now: datetime,
    key: str = "",
) -> Marked:
    """Say what became of somebody; who waited and is there gets a seat.

    `seen` is the state on the page on which it was decided: where another one stands by now, that
    one stays. `key` names the request. Raises `NotMarked`.
    """
    if wanted.is_there:
        _seat_who_waits(registration, by, now)
    row = _locked(registration)
    before = mark_of(row)
    if before == wanted or _was_done(row, key):
        return Marked.SAME
    if seen != before.state:
        if not (before.is_there and wanted.is_there):
            return Marked.CHANGED
        # Both say so; but who was seen at the door is not only online.
        if (before.how, wanted.how) != (How.ONLINE, How.ON_SITE):
            return Marked.SAME
        wanted = Mark(before.state, wanted.how)
    _set(row, wanted, by, now, key)
    return Marked.DONE


@transaction.atomic
def take_part(registration: Registration, *, by: Actor, now: datetime) -> None:
    """Somebody opens the meeting: from shortly before the start on, they are there.

    Whatever was said of them before; only who was seen at the door stays on site.
    """
    if not counts_from(registration.session) <= now < registration.session.ends_at:
        return
    try:
        row = _locked(registration)
    except NotMarked:
        return  # cancelled at this very moment
    if not mark_of(row).is_there:
        _set(row, Mark(State.PRESENT, How.ONLINE), by, now)


def mark_all(
    session: Session, seen: Seen, wanted: Mark, *, by: Actor, now: datetime
) -> Steps[Result]:
    """Say the same of many, by number with the mark that was seen."""

    def act(row: Registration) -> bool:
        try:
            return mark(row, wanted, seen=seen[row.pk], by=by, now=now) is not Marked.CHANGED
        except NotMarked:
            return False

    return each(session, seen, act)


@transaction.atomic
def walk_in(
    session: Session, *, name: str, email: str, how: str, by: Actor, now: datetime, key: str = ""
) -> Outcome:
    """Add somebody who came without registering, and mark them; `is_own` says that they are new.

    Their organisation is the one that their address belongs to. Who turns out to be registered is
    marked present. The same request sent twice adds nobody. Raises `NotMarked` and
    `RegistrationRefused`.
    """
    organisation = directory.of_address(email)
    applicant = Applicant(
        name=name,
        email=email,
        organisation_name=organisation.name if organisation else "",
        language=session.language,
        form_token=key,
    )
    outcome = registering.register_at_the_door(session, applicant, now=now)
    row = _locked(outcome.registration)
    if _was_done(row, key):
        return outcome
    if outcome.is_own:
        _note(Action.REGISTRATION_ADDED, row, by, now)
        _set(row, Mark(State.WALK_IN, how), by, now, key)
    elif not mark_of(row).is_there:
        _set(row, Mark(State.PRESENT, how), by, now, key)
    return outcome


def _seat_who_waits(registration: Registration, by: Actor, now: datetime) -> None:
    """Before the registration's own row is held: seats come first, as everywhere."""
    if registration.is_waiting and seating.place(registration, now=now):
        _note(Action.REGISTRATION_PLACED, registration, by, now)


def _locked(registration: Registration) -> Registration:
    """The registration, held; what is said of somebody is read after that.

    In the same query it could be older than the lock: PostgreSQL looks again at the row it waited
    for, not at those joined to it.
    """
    row = (
        Registration.objects.select_for_update(of=("self",))
        .select_related("session__programme")
        .get(pk=registration.pk)
    )
    if row.is_anonymous:
        raise NotMarked(_("This registration is anonymous by now."))
    if row.is_cancelled:
        raise NotMarked(_("This registration was cancelled. Add the person at the door instead."))
    if row.is_waiting:
        raise NotMarked(_("Who is on the waiting list was not expected."))
    return row


def _was_done(registration: Registration, key: str) -> bool:
    """Whether this request was carried out before; somebody may have said otherwise since."""
    return bool(key) and AuditEntry.objects.about(registration).filter(details__key=key).exists()


def _set(registration: Registration, mark: Mark, by: Actor, now: datetime, key: str = "") -> None:
    """Change what is said of somebody whose row is held, and write it down."""
    if mark.is_there and not has_begun(registration.session, now):
        raise NotMarked(_("Nobody can be present before the day of the session."))
    before = mark_of(registration)
    if mark.state:
        Presence.objects.update_or_create(
            registration=registration,
            defaults={"state": mark.state, "how": mark.how, "marked_at": now},
        )
    else:
        Presence.objects.filter(registration=registration).delete()
    _note(
        Action.REGISTRATION_MARKED,
        registration,
        by,
        now,
        before=[before.state, before.how],
        after=[mark.state, mark.how],
        **({"key": key} if key else {}),
    )


def _note(
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


# Counting ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """How many of those with a seat; `expected` are those who registered beforehand."""

    expected: int = 0
    there: int = 0
    walk_ins: int = 0
    on_site: int = 0
    online: int = 0
    absent: int = 0
    excused: int = 0

    @property
    def everybody(self) -> int:
        """All who have a seat."""
        return self.expected + self.walk_ins

    @property
    def away(self) -> int:
        """Those who were not there, and of whom that was said."""
        return self.absent + self.excused

    @property
    def open(self) -> int:
        """Those of whom nobody said anything yet."""
        return self.everybody - self.there - self.away


def counts(session: Session) -> Counts:
    """How many came, and how; those made anonymous count on."""
    rows = session.registrations.confirmed().order_by()
    found: dict[tuple[str, str], int] = {
        (state or "", how or ""): number
        for state, how, number in rows.values_list("presence__state", "presence__how").annotate(
            Count("pk")
        )
    }

    def number(*states: str, how: str = "") -> int:
        return sum(n for (s, h), n in found.items() if s in states and (not how or h == how))

    there = Presence.THERE
    walk_ins = number(State.WALK_IN)
    return Counts(
        expected=sum(found.values()) - walk_ins,
        there=number(*there),
        walk_ins=walk_ins,
        on_site=number(*there, how=How.ON_SITE),
        online=number(*there, how=How.ONLINE),
        absent=number(State.ABSENT),
        excused=number(State.EXCUSED),
    )


# Finding -----------------------------------------------------------------------------------------


class Show(StrEnum):
    """Which people the list at the door shows."""

    OPEN = "open"
    THERE = "there"
    AWAY = "away"
    ALL = "all"


def numbers(session: Session, *, text: str = "", show: Show = Show.OPEN) -> list[int]:
    """The numbers of the people to show, by name.

    A search looks through all of them, those who wait for a seat too, and forgives accents:
    nobody types those on a phone at the door.
    """
    rows = session.registrations.named().live().order_by()
    words = matching_key(text).split()
    if not words:
        rows = _shown(rows.confirmed(), show)
    found = []
    for number, name, *rest in rows.values_list("pk", "name", "organisation_name", "email"):
        haystack = matching_key(" ".join([name, *rest])) if words else ""
        if all(word in haystack for word in words):
            found.append((matching_key(name), number))
    return [number for _name, number in sorted(found)]


def _shown(rows: RegistrationQuerySet, show: Show) -> RegistrationQuerySet:
    match show:
        case Show.OPEN:
            return rows.filter(presence=None)
        case Show.THERE:
            return rows.there()
        case Show.AWAY:
            return rows.filter(presence__state__in=(State.ABSENT, State.EXCUSED))
        case _all:
            return rows
