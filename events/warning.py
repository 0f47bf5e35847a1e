"""What organisers must know before a session starts without its mails: on pages and by mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.models import Role, User
from events import ledger
from events.announcing import seats_of
from events.messages import absolute
from events.models import Session
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from moments import words

# From then on what is owed must have been taken by a mail server.
BEFORE_START = timedelta(hours=2)


class Lack(StrEnum):
    """What is wrong."""

    LINK = "link_missing"
    MAIL = "mail_missing"


@dataclass(frozen=True)
class Warning:
    """Something wrong about the mails of a session; `number` is how many people it concerns."""

    session: Session
    lack: Lack
    number: int = 0

    @property
    def sentence(self) -> str:
        """What is wrong, in the active language."""
        if self.lack == Lack.LINK and not self.number:
            return _("The link is missing. Who registers should get it since %(moment)s.") % {
                "moment": words.moment(self.session.link_released_at, self.session.zone)
            }
        if self.lack == Lack.LINK:
            return ngettext(
                "The link is missing. It should have gone out on %(moment)s, to %(number)s person.",
                "The link is missing. It should have gone out on %(moment)s, to %(number)s people.",
                self.number,
            ) % {
                "moment": words.moment(self.session.link_released_at, self.session.zone),
                "number": self.number,
            }
        return ngettext(
            "%(number)s person has not been sent all they need for this session.",
            "%(number)s people have not been sent all they need for this session.",
            self.number,
        ) % {"number": self.number}


def warnings(sessions: Iterable[Session], now: datetime) -> list[Warning]:
    """What is wrong about the mails of these sessions, of those published and not yet over.

    Wants them with `seats` and `virtual_link`; takes two queries however many there are.
    """
    alive = [
        session
        for session in sessions
        if session.status == Session.Status.PUBLISHED and now < session.ends_at
    ]
    linkless = [session for session in alive if session.lacks_link and session.is_link_due(now)]
    soon = [
        session
        for session in alive
        if session.starts_at - BEFORE_START <= now and session not in linkless
    ]
    lacking = ledger.lacking(soon, now)
    return [
        *(Warning(session, Lack.LINK, seats_of(session).taken) for session in linkless),
        *(
            Warning(session, Lack.MAIL, len(lacking[session.pk]))
            for session in soon
            if lacking[session.pk]
        ),
    ]


def _coming(now: datetime) -> list[Session]:
    """Those whose link may be due, or that start soon."""
    return list(
        Session.objects.filter(status=Session.Status.PUBLISHED)
        .coming(now)
        .filter(starts_at__lt=now + timedelta(days=60))
        .select_related("programme", "seats", "virtual_link")
    )


def plan(now: datetime) -> None:
    """Mail what is wrong to the organisers of the session: once for each of them and each lack."""
    drafts = []
    for warning in warnings(_coming(now), now):
        session = warning.session
        for user in _organisers(session):
            drafts.append(
                outbox.Draft(
                    key=f"session:{session.pk}:{warning.lack}:{session.link_round}:{user.pk}",
                    kind=f"organisers.{warning.lack}",
                    object_id=0,
                    recipient=user.email,
                    due_at=now,
                    priority=Message.Priority.URGENT,
                    payload={"session": session.pk, "user": user.pk},
                    useful_until=session.ends_at,
                )
            )
    if drafts:
        known = set(
            Message.objects.filter(key__in=[draft.key for draft in drafts]).values_list(
                "key", flat=True
            )
        )
        outbox.put(draft for draft in drafts if draft.key not in known)


def _organisers(session: Session) -> list[User]:
    return list(
        User.objects.filter(
            is_active=True,
            memberships__programme_id=session.programme_id,
            memberships__role__in=Role.ORGANISER.or_more,
        )
        .distinct()
        .order_by("pk")
    )


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a warning, if it still holds; raises `NotWanted` where it does not."""
    user = User.objects.filter(pk=message.payload.get("user"), is_active=True).first()
    session = (
        Session.objects.select_related("programme", "seats", "virtual_link")
        .filter(pk=message.payload.get("session"))
        .first()
    )
    holding = [
        warning
        for warning in warnings([session] if session else [], now)
        if message.kind == f"organisers.{warning.lack}"
    ]
    if user is None or session is None or not holding:
        raise NotWanted(gettext_noop("What it warned of is solved."))
    with translation.override(user.language or settings.LANGUAGE_CODE):
        when = words.period(session.starts_at, session.ends_at, session.zone)
        return Letter(
            recipient=user.email,
            language=translation.get_language() or settings.LANGUAGE_CODE,
            subject=_("Please check: %(title)s") % {"title": session.title},
            heading=_("Something is missing for a session"),
            greeting=_("Hello %(name)s,") % {"name": user.name} if user.name else _("Hello,"),
            opening=[holding[0].sentence],
            facts=[(_("What"), session.title), (_("When"), when)],
            button=(
                _("See the mails of the session"),
                absolute(reverse("events:session-mail", kwargs={"slug": session.slug})),
            ),
        )
