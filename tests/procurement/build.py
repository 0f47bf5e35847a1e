"""People who follow calls, and trajectories to them."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import Theme, User
from accounts.names import address_key
from mailing import outbox
from procurement import trajectories
from procurement.models import OFFSETS, Call, Deadline, Follow, Follower, Trajectory
from tests.build import NOW, days, make_user

LONG_AGO = NOW - days(100)


def make_follow(
    *,
    email: str = "volger@example.org",
    call: Call | None = None,
    theme: Theme | None = None,
    offsets: tuple[int, ...] = OFFSETS,
    language: str = "nl",
    confirmed_at: datetime | None = LONG_AGO,
) -> Follow:
    """Somebody who confirmed, long ago, that they follow a call, a theme or everything."""
    follower, _is_new = Follower.objects.get_or_create(
        email_key=address_key(email), defaults={"email": email, "language": language}
    )
    flags: dict[str, Any] = {f"days_{days}": days in offsets for days in OFFSETS}
    return Follow.objects.create(
        follower=follower,
        call=call,
        theme=theme,
        language=language,
        asked_at=LONG_AGO,
        confirmed_at=confirmed_at,
        **flags,
    )


def deliver(now: datetime) -> int:
    """One round of a worker whose clock stands still: plan, then deliver what is due."""
    outbox.plan(now)
    return outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False)


def make_signed_up(email: str, **fields: Any) -> User:
    """Somebody with an account who has proved their address."""
    user = make_user(email=email, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_trajectory(*, owner: str = "els@stad.example.org", **fields: Any) -> Trajectory:
    """A trajectory of somebody at this address, aiming at nothing yet."""
    trajectory = Trajectory(
        **{"title": "Slimme vergunningen", "organisation_name": "Stad Voorbeeld", **fields}
    )
    trajectories.make(trajectory, email=owner, name="Els Verstraete", now=NOW)
    return trajectory


def make_submitted(deadline: Deadline, **fields: Any) -> Trajectory:
    """A trajectory that was submitted for a deadline."""
    trajectory = make_trajectory(call=deadline.call, deadline=deadline, **fields)
    trajectories.submit(trajectory, now=NOW)
    trajectory.refresh_from_db()
    return trajectory
