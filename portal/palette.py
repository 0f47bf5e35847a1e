"""What who works for a programme finds by words in the workspace: its pages, and their own rows.

Of each only what the person's role lets them see, by the querysets that the pages themselves start
from; nothing about people who come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.borrowing import borrowed, texts_of
from accounts.models import Role, User
from accounts.names import is_storable
from accounts.searching import Texts, containing, plain, words_of
from events.choosing import named
from events.models import Session
from moments import words
from procurement.choosing import NAMED
from procurement.models import Call, Trajectory

# How many of each kind; who looks for another types more.
SHOWN = 6
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Entry:
    """Somewhere to go: what it is called, in which language if not the page's, and what it is."""

    title: str
    url: str
    detail: str = ""
    language: str = ""


@dataclass(frozen=True)
class Group:
    """Entries of one kind."""

    title: str
    entries: list[Entry]


def _anybody(_user: User) -> bool:
    return True


def _organiser(user: User) -> bool:
    return user.is_organiser


def _lead(user: User) -> bool:
    return user.is_lead


def _administrator(user: User) -> bool:
    return user.is_superuser


# The pages of the workspace and what one begins there, with whom they are for.
_PAGES: tuple[tuple[Any, str, Callable[[User], bool]], ...] = (
    (_("Overview"), "portal:organise", _anybody),
    (_("New session"), "events:new-session", _organiser),
    (_("Session from a calendar file (.ics)"), "events:read-appointments", _organiser),
    (_("New call"), "procurement:new-call", _organiser),
    (_("Calls"), "procurement:organise-calls", _organiser),
    (_("Submitted trajectories"), "procurement:submitted", _organiser),
    (_("Figures"), "events:figures-over-sessions", _anybody),
    (_("Team"), "portal:team", _organiser),
    (_("Audit log"), "portal:audit", _lead),
    (_("What is kept"), "portal:retention", _organiser),
    (_("Organisations"), "accounts:organisations", _administrator),
    (_("New organisation"), "accounts:new-organisation", _administrator),
    (_("Typed names"), "events:names", _administrator),
    (_("Suppressed addresses"), "mailing:addresses", _administrator),
    (_("Manual"), "portal:manual", _anybody),
    (_("My page"), "portal:me", _anybody),
)


def look_for(text: str, user: User, now: datetime) -> list[Group]:
    """What a text finds, by kind; of no text the pages and the sessions that come next.

    In as many queries for many rows as for one.
    """
    if not is_storable(text):
        return []
    groups = [
        Group(str(pgettext_lazy("palette", "Go to")), _pages(text, user)),
        Group(str(_("Sessions")), _sessions(text, user, now)),
        Group(str(_("Calls")), _calls(text, user)),
        Group(str(_("Trajectories")), _trajectories(text, user)),
    ]
    return [group for group in groups if group.entries]


def _pages(text: str, user: User) -> list[Entry]:
    sought = words_of(text) if text else []
    if text and not sought:
        return []
    return [
        Entry(str(title), reverse(name))
        for title, name, is_for in _PAGES
        if is_for(user) and all(word in plain(str(title)) for word in sought)
    ]


def _sessions(text: str, user: User, now: datetime) -> list[Entry]:
    own = Session.objects.viewed_by(user)
    # Of what was found the latest first: most is sought while it is being worked on.
    rows = named(own, text) if text else own.coming(now)
    return [
        Entry(
            session.title,
            _page_of(session, user),
            f"{words.weekday_date(session.starts_at.astimezone(session.zone).date())}"
            f" · {session.programme} · {session.get_status_display()}",
            borrowed(texts_of(session, "title")),
        )
        for session in rows.select_related("programme")[:SHOWN]
    ]


def _page_of(session: Session, user: User) -> str:
    """Where one works on a session: what their role in its programme opens first."""
    if user.has_role(Role.ORGANISER, session.programme_id):
        name = "events:edit-session"
    elif user.has_role(Role.HELPER, session.programme_id):
        name = "events:attendees"
    else:
        name = "events:agenda"
    return reverse(name, kwargs={"slug": session.slug})


def _calls(text: str, user: User) -> list[Entry]:
    if not text:
        return []
    rows = Call.objects.managed_by(user).filter(*containing(text, NAMED))
    return [
        Entry(
            call.title,
            reverse("procurement:organise-call", kwargs={"slug": call.slug}),
            f"{call.programme} · {call.get_status_display()}",
            borrowed(texts_of(call, "title")),
        )
        for call in rows.select_related("programme").order_by("-pk")[:SHOWN]
    ]


def _trajectories(text: str, user: User) -> list[Entry]:
    """Those that were submitted: what somebody still prepares is theirs alone."""
    if not text:
        return []
    rows = Trajectory.objects.submitted_to(user).filter(*containing(text, Texts(["title"])))
    return [
        Entry(
            row.title,
            reverse("procurement:submitted-trajectory", kwargs={"public_id": row.public_id}),
            str(row.get_stage_display()),
        )
        for row in rows.order_by("-submitted_at", "-pk")[:SHOWN]
    ]
