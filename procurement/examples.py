"""Every mail about calls with example data, caused by the acts that cause it in real life."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Programme, User
from mailing.examples import Examples
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import changing, following, keeping, messages, reminding, trajectories
from procurement.changing import Edit
from procurement.following import Wish
from procurement.models import OFFSETS, Call, Deadline, Follow, Trajectory


def _call(now: datetime, *, title: str = "", days_ahead: int = 25) -> Deadline:
    """A published call, with a deadline for submissions that was known for long."""
    mark = secrets.token_hex(4)
    fields: dict[str, Any] = {
        "programme": Programme.objects.create(slug=f"voorbeeld-{mark}", name="PIO"),
        "slug": f"voorbeeld-{mark}",
        "status": Call.Status.PUBLISHED,
        "title_nl": title or "Innovatieve overheidsopdrachten",
        "title_fr": title or "Marchés publics innovants",
        "title_en": title or "Innovative public procurement",
        "contact_name": "Ann Janssens",
        "contact_email": "ann.janssens@example.org",
    }
    day = (now + timedelta(days=days_ahead)).astimezone(BRUSSELS).date()
    closing = Closing.from_local(Edge.AT_TIME, day, None, BRUSSELS)
    return Deadline.objects.create(
        call=Call.objects.create(**fields),
        edge=closing.edge,
        closes_at=closing.closes_at,
        dated_at=now - timedelta(days=100),
        intake_working_days=5,
    )


def _wish(language: str, call: Call | None) -> Wish:
    email = f"volger-{secrets.token_hex(4)}@example.org"
    return Wish(email, language, frozenset(OFFSETS), call=call)


def _asked(language: str, now: datetime, call: Call | None) -> Follow:
    wish = _wish(language, call)
    following.ask(wish, now=now - timedelta(days=90))
    return Follow.objects.get(follower__email=wish.email)


def _followed(language: str, now: datetime, call: Call | None) -> Follow:
    follow = _asked(language, now, call)
    following.confirm(follow, now=now - timedelta(days=90))
    return follow


def _told(follow: Follow, kind: str) -> Message:
    recipient = follow.follower.email
    return Message.objects.filter(kind=kind, recipient=recipient).latest("pk")


def _confirm(language: str, now: datetime) -> Message:
    return _told(_asked(language, now, _call(now).call), messages.CONFIRM)


def _confirmed_already(language: str, now: datetime) -> Message:
    return _told(_followed(language, now, _call(now).call), messages.CONFIRM)


def _changed(language: str, now: datetime) -> Message:
    deadline = _call(now)
    follow = _followed(language, now, deadline.call)
    deadline.closes_at += timedelta(days=14)
    change = changing.save_deadline(deadline, Edit(None, now, "De sjablonen zijn vernieuwd."))
    changing.tell_followers(deadline.call, [change], now=now)
    return _told(follow, messages.CHANGED)


def _reminded(language: str, now: datetime) -> Message:
    deadline = _call(now)
    follow = _followed(language, now, deadline.call)
    reminding.plan(reminding.due_at(deadline, 7))
    return _told(follow, messages.REMINDERS)


def _reminded_of_several(language: str, now: datetime) -> Message:
    first, second = _call(now), _call(now, title="AI4GOV", days_ahead=25)
    follow = _followed(language, now, None)
    reminding.plan(max(reminding.due_at(deadline, 7) for deadline in (first, second)))
    return _told(follow, messages.REMINDERS)


def _expiring(language: str, now: datetime) -> Message:
    deadline = _call(now, days_ahead=-400)
    email = f"els-{secrets.token_hex(4)}@example.org"
    User.objects.create(email=email, language=language)
    row = Trajectory(
        title="Slimme vergunningen",
        organisation_name="Stad Voorbeeld",
        call=deadline.call,
        deadline=deadline,
    )
    trajectories.make(row, email=email, name="Els Peeters", now=now - timedelta(days=400))
    keeping.plan(now)
    return Message.objects.get(kind=keeping.EXPIRING, recipient=email)


EXAMPLES: Examples = {
    messages.CONFIRM: _confirm,
    f"{messages.CONFIRM}-already": _confirmed_already,
    f"{messages.CHANGED}-date": _changed,
    messages.REMINDERS: _reminded,
    f"{messages.REMINDERS}-several": _reminded_of_several,
    keeping.EXPIRING: _expiring,
}
