"""What the pages of one session in the workspace share."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts import auditing
from accounts.models import Action, Role, User
from events.announcing import announce
from events.models import Registration, Session, SessionQuerySet


def managed_session(request: HttpRequest, slug: str) -> Session:
    """A session of the organiser's own programmes; another one does not exist for them (404)."""
    return _one(Session.objects.managed_by(cast(User, request.user)), slug)


def helped_session(request: HttpRequest, slug: str) -> Session:
    """A session of which somebody may see who comes; another one does not exist for them (404)."""
    return _one(Session.objects.helped_by(cast(User, request.user)), slug)


def viewed_session(request: HttpRequest, slug: str) -> Session:
    """A session of a programme somebody works for; another one does not exist for them (404)."""
    return _one(Session.objects.viewed_by(cast(User, request.user)), slug)


def led_session(request: HttpRequest, slug: str) -> Session:
    """A session of a programme somebody leads; another one does not exist for them (404)."""
    return _one(Session.objects.led_by(cast(User, request.user)), slug)


def _one(sessions: SessionQuerySet, slug: str) -> Session:
    return get_object_or_404(sessions.for_pages(), slug=slug)


def manages(request: HttpRequest, session: Session) -> bool:
    """Whether somebody may do more with a session than look."""
    return cast(User, request.user).has_role(Role.ORGANISER, session.programme_id)


def takes_attendance(request: HttpRequest, session: Session) -> bool:
    """Whether somebody takes attendance at a session, and so may see who comes."""
    user = request.user
    return isinstance(user, User) and user.has_role(Role.HELPER, session.programme_id)


def session_frame(session: Session, now: datetime, *, tab: str) -> dict[str, Any]:
    """What `organise/session.html` shows around a page; `tab` names the one that is open."""
    return {"session": session, "announcement": announce(session, now), "tab": tab}


def undo_link(session: Session) -> SafeString:
    """The way back from the latest change: the version before it, which asks before it returns."""
    before = session.versions.order_by("-number").values_list("number", flat=True)[1:2]
    if not before:
        return SafeString()
    address = reverse("events:version", kwargs={"slug": session.slug, "number": before[0]})
    return format_html('<a href="{}">{}</a>', address, _("Undo"))


def note(
    request: HttpRequest,
    action: Action,
    session: Session,
    *,
    now: datetime,
    registration: Registration | None = None,
    **details: Any,
) -> None:
    """Write down whom a page shows: people of the session, or one registration."""
    auditing.record(
        action,
        by=auditing.actor_of(request),
        now=now,
        programme=session.programme,
        about=registration or session,
        session_id=session.pk,
        **details,
    )
