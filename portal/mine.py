"""What belongs to one signed-in person."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.codes import new_public_id
from accounts.models import User
from events import calendars
from events.choosing import KEPT_IN_FEEDS
from events.models import Registration, RegistrationQuerySet
from ical.entries import Entry
from ical.responses import Contents, feed
from portal.models import PersonalCalendar
from procurement.calendars import entry as deadline_entry
from procurement.models import (
    Call,
    Deadline,
    DeadlineQuerySet,
    Follow,
    Follower,
    FollowQuerySet,
)


def addresses(user: User) -> list[str]:
    """The e-mail addresses the person has proved to be theirs."""
    return list(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )


def registrations(user: User) -> RegistrationQuerySet:
    """Every registration made with one of their addresses, with or without signing in."""
    mine: RegistrationQuerySet = (
        Registration.objects.of_addresses(addresses(user))
        .select_related("session", "session__programme", "session__seats", "presence")
        .order_by("session__starts_at", "pk")
    )
    return mine


def follows(user: User) -> FollowQuerySet:
    """What their addresses follow by e-mail, with or without signing in."""
    mine: FollowQuerySet = (
        Follow.objects.confirmed()
        .filter(follower__in=Follower.objects.of_addresses(addresses(user)))
        .select_related("follower", "call", "theme")
    )
    return mine


def followed_deadlines(user: User, *, now: datetime) -> DeadlineQuerySet:
    """The deadlines of the calls they follow, by a call, a theme or everything, a month back."""
    calls = Call.objects.public().followed_by(follows(user))
    return (
        Deadline.objects.in_feeds(now)
        .filter(call__in=calls, closes_at__gt=now - KEPT_IN_FEEDS)
        .for_pages()
        .with_changes()
    )


def calendar_of(user: User) -> PersonalCalendar:
    """The person's calendar, made when it is first asked for."""
    mine, _is_new = PersonalCalendar.objects.get_or_create(user=user)
    return mine


@transaction.atomic
def renew_calendar(user: User) -> None:
    """Give the calendar another address; whoever had the old one gets nothing any more."""
    mine = calendar_of(user)
    mine.public_id = new_public_id()
    mine.fetched_at = None
    mine.save(update_fields=["public_id", "fetched_at"])


def personal_feed(user: User, *, now: datetime) -> bytes:
    """Their sessions and the deadlines they follow, from a month back.

    Cancelled ones stay in sight, struck through.
    """
    entries = [entry for _row, entry in [*_own_sessions(user, now), *_own_deadlines(user, now)]]
    return feed(Contents(entries), name=_("My sessions")).body


def _own_sessions(user: User, now: datetime) -> list[tuple[Registration, Entry]]:
    kept = registrations(user).filter(
        confirmed_at__isnull=False, session__ends_at__gt=now - KEPT_IN_FEEDS
    )
    latest = list(_latest_of_each_session(kept))
    agendas = calendars.parts_of([registration.session for registration in latest])
    return [
        (
            registration,
            calendars.registrant_entry(
                registration,
                agendas[registration.session_id],
                stamp=calendars.last_change(registration),
            ),
        )
        for registration in latest
    ]


def _own_deadlines(user: User, now: datetime) -> list[tuple[Deadline, Entry]]:
    return [(deadline, deadline_entry(deadline)) for deadline in followed_deadlines(user, now=now)]


def _latest_of_each_session(found: Iterable[Registration]) -> Iterable[Registration]:
    """One registration a session: a live one before a cancelled one, then the latest.

    Of several people with one address each has theirs.
    """
    best: dict[tuple[int, str], Registration] = {}
    for registration in found:
        own = (registration.session_id, registration.shared_as)
        known = best.get(own)
        if known is None or known.is_cancelled or not registration.is_cancelled:
            best[own] = registration
    return best.values()


# What changed ------------------------------------------------------------------------------------


class Difference(TextChoices):
    """What became of an entry since a calendar was fetched."""

    NEW = "new", pgettext_lazy("calendar entry", "new")
    CHANGED = "changed", pgettext_lazy("calendar entry", "changed")
    CANCELLED = "cancelled", pgettext_lazy("calendar entry", "cancelled")


def changes_since(user: User, moment: datetime, *, now: datetime) -> list[tuple[Difference, Entry]]:
    """What somebody's calendar says otherwise than at a moment, in order of time.

    Whose calendar was not fetched since then, does not have it yet.
    """
    followed = follows(user).filter(confirmed_at__lte=moment)
    known = set(Call.objects.followed_by(followed).values_list("pk", flat=True))
    sessions = [
        (entry, registration.confirmed_at is not None and registration.confirmed_at > moment)
        for registration, entry in _own_sessions(user, now)
    ]
    deadlines = [
        (entry, deadline.call_id not in known or _is_added(deadline, since=moment))
        for deadline, entry in _own_deadlines(user, now)
    ]
    changed = [
        (_difference(entry, is_new=is_new), entry)
        for entry, is_new in [*sessions, *deadlines]
        if is_new or entry.modified_at > moment
    ]
    return sorted(changed, key=lambda each: str(each[1].dtstart))


def _is_added(deadline: Deadline, *, since: datetime) -> bool:
    """Whether it was not there: its date was set since, and never moved."""
    return deadline.sequence == 0 and deadline.dated_at > since


def _difference(entry: Entry, *, is_new: bool) -> Difference:
    if entry.status == "CANCELLED":
        return Difference.CANCELLED
    return Difference.NEW if is_new else Difference.CHANGED
