"""Following calls by e-mail: asking, confirming, choosing, stopping."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Theme
from accounts.names import address_key
from mailing import outbox
from procurement import messages
from procurement.models import OFFSETS, Call, Follow, Follower

# One address causes no more mails an hour than this, whoever types it.
MAILS_PER_ADDRESS_PER_HOUR = 5


@dataclass(frozen=True)
class Wish:
    """What somebody asks to follow: a call, a theme, or, without either, everything.

    `offsets` are the days before a deadline at which they want a reminder.
    """

    email: str
    language: str
    offsets: frozenset[int]
    call: Call | None = None
    theme: Theme | None = None


@transaction.atomic
def ask(wish: Wish, *, now: datetime) -> None:
    """Ask the owner of an address to confirm; nothing is followed before they do.

    Asking again mails again, once an hour for each thing and within a limit for the address.
    What somebody follows already is not changed by it: anybody may have typed the address.
    """
    key = address_key(wish.email)
    lately = outbox.put_lately(wish.email, since=now - timedelta(hours=1))
    if lately >= MAILS_PER_ADDRESS_PER_HOUR:
        return
    follower, _is_new = Follower.objects.get_or_create(
        email_key=key, defaults={"email": wish.email, "language": wish.language}
    )
    follow, is_new = Follow.objects.get_or_create(
        follower=follower,
        call=wish.call,
        theme=wish.theme,
        defaults={"language": wish.language, "asked_at": now, **_flags(wish.offsets)},
    )
    if not is_new and follow.confirmed_at is None:
        follow.language, follow.asked_at = wish.language, now
        set_offsets(follow, wish.offsets)
    messages.ask_to_confirm(follow, now=now)


@transaction.atomic
def confirm(follow: Follow, *, now: datetime) -> None:
    """Follow from now on, in the language it was asked in; harmless when repeated."""
    if follow.confirmed_at is not None:
        return
    follow.confirmed_at = now
    follow.save(update_fields=["confirmed_at"])
    Follower.objects.filter(pk=follow.follower_id).update(language=follow.language)


def choose_offsets(follow: Follow, offsets: frozenset[int]) -> None:
    """Choose when reminders come; without any only changes are mailed."""
    set_offsets(follow, offsets)


def set_offsets(follow: Follow, offsets: frozenset[int]) -> None:
    """Keep the days before a deadline at which somebody wants a reminder."""
    for name, value in _flags(offsets).items():
        setattr(follow, name, value)
    follow.save()


@transaction.atomic
def unfollow(follow: Follow) -> None:
    """Stop following one thing; who follows nothing any more is forgotten."""
    follower = follow.follower
    follow.delete()
    if not follower.follows.exists():
        follower.delete()


def stop(follower: Follower) -> None:
    """Stop following everything, and forget the address."""
    follower.delete()


def forget_unconfirmed(now: datetime) -> int:
    """Forget who never confirmed; how many addresses were forgotten."""
    Follow.objects.unconfirmed_since(now).delete()
    gone, _rows = Follower.objects.filter(follows=None).delete()
    return gone


def _flags(offsets: frozenset[int]) -> dict[str, bool]:
    return {f"days_{days}": days in offsets for days in OFFSETS}
