"""What is held on somebody anywhere: reading it, erasing it, what expires, what must stay gone."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

import accounts.privacy
import events.privacy
import mailing.privacy
import procurement.privacy
from accounts import auditing, erasures
from accounts.auditing import SYSTEM, Actor
from accounts.models import Action, User, erasure_marks
from accounts.names import address_key
from accounts.privacy import Held, accounts_of, instant, merge, refuse_unless_erasable
from events import materials
from portal import mine
from portal.models import PersonalCalendar
from portal.sign_in import purge_unverified
from procurement import attaching, keeping

logger = logging.getLogger("portal")


# Reading -----------------------------------------------------------------------------------------


def held(emails: Iterable[str], users: Iterable[User]) -> Held:
    """What is held on addresses and on accounts, as a person can read it."""
    found: Held = {}
    for user in users:
        merge(found, accounts.privacy.account(user))
        merge(found, _calendar_held(user))
    for email in emails:
        merge(found, accounts.privacy.held(email))
        merge(found, events.privacy.held(email))
        merge(found, procurement.privacy.held(email))
        merge(found, mailing.privacy.held(email))
    return found


def held_on_address(email: str) -> Held:
    """What is held on an address, and on the accounts that sign in with it."""
    return held([email], accounts_of(email).order_by("pk"))


def held_on_user(user: User) -> Held:
    """What is held on somebody signed in: their account, and all on addresses they proved."""
    return held(mine.addresses(user), [user])


def _calendar_held(user: User) -> Held:
    calendar = PersonalCalendar.objects.filter(user=user).first()
    if calendar is None:
        return {}
    fetched = instant(calendar.fetched_at) if calendar.fetched_at else _("never")
    return {_("Your calendar"): [{_("Last fetched"): fetched}]}


# Erasing -----------------------------------------------------------------------------------------


@transaction.atomic
def erase_address(email: str, *, now: datetime, by: Actor) -> None:
    """Erase all that is held on an address, and the accounts that sign in with it.

    Raises `CannotErase`, with nothing erased, where others count on such an account.
    """
    for user in accounts_of(email):
        refuse_unless_erasable(user)
    _erase(email, now=now, by=by)
    erasures.remember(erasure_marks(email), now=now)


@transaction.atomic
def erase_user(user: User, *, now: datetime, by: Actor) -> None:
    """Erase somebody's account, and all that is held on the addresses they proved.

    Raises `CannotErase`, with nothing erased, where others count on the account.
    """
    refuse_unless_erasable(user)
    own = {address_key(email) for email in mine.addresses(user)}
    for email in sorted(own):
        erase_address(email, now=now, by=by)
    if User.objects.filter(pk=user.pk).exists():
        # They proved no address, so no mark may reach for what others registered with theirs.
        auditing.record(Action.DATA_ERASED, by=by, now=now, accounts=1)
        accounts.privacy.erase_account(user)


def _erase(email: str, *, now: datetime, by: Actor, before: datetime | None = None) -> int:
    """Erase everywhere; how many rows of all kinds."""
    numbers: dict[str, Any] = {
        "registrations": events.privacy.erase(email, now=now, by=by, before=before),
        "follows": procurement.privacy.erase(email, before=before),
        "mails": mailing.privacy.erase(email, now=now, before=before),
        "invitations": accounts.privacy.erase_invitations(email, before=before),
    }
    # Last: the log still names who asked for it.
    numbers["accounts"] = accounts.privacy.erase(email, before=before)
    # Each registration has an entry of its own, which its programme's leads read.
    others = {name: number for name, number in numbers.items() if name != "registrations"}
    if any(others.values()):
        auditing.record(Action.DATA_ERASED, by=by, now=now, **others)
    return int(sum(numbers.values()))


# Expiring ----------------------------------------------------------------------------------------


def expire(now: datetime) -> int:
    """Forget all that is kept for a time only; how many sessions, trajectories or steps failed.

    In batches, each a transaction: harmless when repeated, and when it is killed at any point. A
    step that fails holds up no other.
    """
    steps = (
        replay,
        purge_unverified,
        events.privacy.forget_orphans,
        procurement.privacy.forget_orphans,
        attaching.forget_orphans,
        materials.forget_orphans,
        mailing.privacy.expire,
        accounts.privacy.expire,
    )
    failed = events.privacy.expire(now) + keeping.expire(now)
    return failed + sum(_fails(step, now) for step in steps)


def _fails(step: Callable[[datetime], int], now: datetime) -> bool:
    try:
        step(now)
    except (OperationalError, InterfaceError):
        raise  # the database is away
    except Exception:
        logger.exception("A step of the night failed: %s.%s", step.__module__, step.__name__)
        return True
    return False


def replay(now: datetime) -> int:
    """Erase again what was erased and is back, as after restoring a backup; how many rows.

    What came after the erasure stays: somebody may register again.
    """
    erased = erasures.known()
    if not erased:
        return 0
    number = events.privacy.erase_again(erased, now=now)
    for email in _addresses():
        moment = erasures.latest(erasure_marks(email), erased)
        if moment is not None:
            with transaction.atomic():
                number += _erase(email, now=now, by=SYSTEM, before=moment)
    if number:
        logger.warning("%s rows that had been erased were back, and were erased again.", number)
    return number


def _addresses() -> list[str]:
    """Every address held anywhere, in the form in which they are compared."""
    sources = (accounts.privacy, events.privacy, procurement.privacy, mailing.privacy)
    return sorted({address_key(email) for source in sources for email in source.addresses()})
