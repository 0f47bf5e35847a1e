"""What belongs to one signed-in person."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from events import calendars
from events.models import Registration, RegistrationQuerySet
from events.models.registration import new_public_id
from ical.entries import calendar
from portal.models import PersonalCalendar


def addresses(user: User) -> list[str]:
    """The e-mail addresses the person has proved to be theirs."""
    return list(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )


def registrations(user: User) -> RegistrationQuerySet:
    """Every registration made with one of their addresses, with or without signing in."""
    mine: RegistrationQuerySet = (
        Registration.objects.of_addresses(addresses(user))
        .select_related("session", "session__programme", "session__seats")
        .order_by("session__starts_at", "pk")
    )
    return mine


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
    """Their sessions, from a month back: cancelled ones stay in sight, struck through."""
    kept = registrations(user).filter(
        confirmed_at__isnull=False, session__ends_at__gt=now - timedelta(days=30)
    )
    return calendar(
        [
            calendars.registrant_entry(registration, stamp=registration.session.changed_at)
            for registration in _latest_of_each_session(kept)
        ],
        name=_("My sessions"),
        refresh=calendars.REFRESH,
    )


def _latest_of_each_session(found: Iterable[Registration]) -> Iterable[Registration]:
    """One registration a session: a live one before a cancelled one, then the latest."""
    best: dict[int, Registration] = {}
    for registration in found:
        known = best.get(registration.session_id)
        if known is None or known.is_cancelled or not registration.is_cancelled:
            best[registration.session_id] = registration
    return best.values()
