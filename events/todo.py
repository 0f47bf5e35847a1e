"""What an organiser has to do, and how their sessions stand: rules that take `now`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import ledger, messages
from events.announcing import Announcement, announce, seats_of
from events.ledger import Fate
from events.models import Circular, Registration, SeatCount, Session, SessionState
from events.warning import Lack, Warning, warnings
from mailing.models import Message
from moments import words

LINK_MISSING_DAYS = 7
DRAFT_DAYS = 30
CLOSES_SOON_DAYS = 7
LINK_GOES_OUT_DAYS = 2


class Stage(StrEnum):
    """Where a session stands for whoever organises it."""

    RUNNING = "running"
    LINK = "link"
    CLOSES_SOON = "closes_soon"
    FULL = "full"
    OPEN = "open"
    CLOSED = "closed"
    DRAFT = "draft"
    PAST = "past"
    CANCELLED = "cancelled"


STAGE_NAMES: dict[Stage, Promise] = {
    Stage.RUNNING: gettext_lazy("Going on now"),
    Stage.LINK: gettext_lazy("The link goes out, or has just gone out"),
    Stage.CLOSES_SOON: gettext_lazy("Registration closes soon"),
    Stage.FULL: gettext_lazy("Full"),
    Stage.OPEN: gettext_lazy("Open, or still to open"),
    Stage.CLOSED: gettext_lazy("Registration closed"),
    Stage.DRAFT: gettext_lazy("Drafts"),
    Stage.PAST: gettext_lazy("Past"),
    Stage.CANCELLED: gettext_lazy("Cancelled"),
}


@dataclass(frozen=True)
class Mails:
    """Of a session: mails that are still to leave, mails that left, people a mail did not reach."""

    owed: int = 0
    sent: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Task:
    """Something to do: a sentence, where it is done, and until when."""

    session: Session
    sentence: str
    address: str
    before: datetime
    is_late: bool = False


@dataclass(frozen=True)
class Row:
    """A session as the overview shows it."""

    session: Session
    announcement: Announcement
    stage: Stage
    seats: SeatCount
    mails: Mails
    tasks: list[Task] = field(default_factory=list)


def overview(sessions: Iterable[Session], now: datetime) -> list[Row]:
    """Sessions with how they stand; in as many queries, however many there are.

    Wants them with `programme`, `seats` and `virtual_link`.
    """
    sessions = list(sessions)
    mails = _mails_of(sessions, now)
    stopped = _stopped_circulars(sessions)
    warned = {one.session.pk: one for one in warnings(sessions, now)}
    return [
        Row(
            session,
            announcement := announce(session, now),
            stage_of(session, announcement.state, now),
            seats_of(session),
            mails[session.pk],
            [
                *tasks(session, now, mails=mails[session.pk], warning=warned.get(session.pk)),
                *stopped[session.pk],
            ],
        )
        for session in sessions
    ]


def stage_of(session: Session, state: SessionState, now: datetime) -> Stage:
    """Where a session stands; of several things that hold, what asks for attention first."""
    fixed = {
        SessionState.DRAFT: Stage.DRAFT,
        SessionState.CANCELLED: Stage.CANCELLED,
        SessionState.PAST: Stage.PAST,
    }
    if state in fixed:
        return fixed[state]
    if now >= session.starts_at:
        return Stage.RUNNING
    if session.has_link and now >= session.link_released_at - timedelta(days=LINK_GOES_OUT_DAYS):
        return Stage.LINK
    if state in {SessionState.FULL, SessionState.WAITING_LIST}:
        return Stage.FULL
    if state is SessionState.CLOSED:
        return Stage.CLOSED
    closes_in = session.registration_closes_at - now
    if state is SessionState.OPEN and closes_in <= timedelta(days=CLOSES_SOON_DAYS):
        return Stage.CLOSES_SOON
    return Stage.OPEN


# To do -------------------------------------------------------------------------------------------


def tasks(
    session: Session, now: datetime, *, mails: Mails, warning: Warning | None = None
) -> list[Task]:
    """What there is to do for one session now, the most pressing first."""
    if now >= session.ends_at or session.is_cancelled:
        return []
    if session.status == Session.Status.DRAFT:
        return _of_a_draft(session, now)
    if warning is not None:
        return [_warned(session, warning)]
    return [*_about_the_link(session, now), *_about_mails(session, mails)]


def _warned(session: Session, warning: Warning) -> Task:
    """What organisers are also mailed about."""
    if warning.lack == Lack.LINK:
        address, before = f"{_page(session)}#id_virtual_link", session.link_released_at
    else:
        address, before = _mail_page(session), session.starts_at
    return Task(session, warning.sentence, address, before, is_late=True)


def _of_a_draft(session: Session, now: datetime) -> list[Task]:
    if session.starts_at <= now:
        sentence = _("This draft should have started already. Give it another day.")
        return [Task(session, sentence, _page(session), session.starts_at, is_late=True)]
    if session.starts_at - now > timedelta(days=DRAFT_DAYS):
        return []
    left = words.days_left(session.starts_at, now, session.zone)
    sentence = _("Still a draft, and it starts soon (%(left)s).") % {"left": left}
    address = reverse("events:publish", args=[session.slug])
    return [Task(session, sentence, address, session.starts_at)]


def _about_the_link(session: Session, now: datetime) -> list[Task]:
    released_at = session.link_released_at
    if not session.lacks_link or released_at - now > timedelta(days=LINK_MISSING_DAYS):
        return []
    sentence = _("The link is still missing. It goes out on %(moment)s (%(left)s).") % {
        "moment": words.moment(released_at, session.zone),
        "left": words.days_left(released_at, now, session.zone),
    }
    return [Task(session, sentence, f"{_page(session)}#id_virtual_link", released_at)]


def _about_mails(session: Session, mails: Mails) -> list[Task]:
    if not mails.failed:
        return []
    sentence = ngettext(
        "A mail did not reach %(number)s person. Check the address.",
        "Mails did not reach %(number)s people. Check the addresses.",
        mails.failed,
    ) % {"number": mails.failed}
    return [Task(session, sentence, _mail_page(session), session.starts_at)]


def _stopped_circulars(sessions: list[Session]) -> dict[int, list[Task]]:
    """Messages to attendees that were planned and could not leave, of each session."""
    by_number = {session.pk: session for session in sessions}
    found: dict[int, list[Task]] = {number: [] for number in by_number}
    stopped = Circular.objects.filter(session__in=sessions).exclude(stopped_reason="")
    for circular in stopped.order_by("pk"):
        session = by_number[circular.session_id]
        sentence = _("The message “%(subject)s” was planned and did not leave. %(reason)s") % {
            "subject": circular.shown_subject,
            "reason": _(circular.stopped_reason),
        }
        address = reverse("events:circular", args=[session.slug, circular.pk])
        found[session.pk].append(
            Task(session, sentence, address, circular.changed_at, is_late=True)
        )
    return found


def _mail_page(session: Session) -> str:
    return f"{reverse('events:session-mail', args=[session.slug])}?fate={Fate.FAILED}#people"


def _page(session: Session) -> str:
    return reverse("events:edit-session", args=[session.slug])


# Counting ----------------------------------------------------------------------------------------


def _mails_of(sessions: list[Session], now: datetime) -> dict[int, Mails]:
    """The mails of each session; a link mail is owed from its release on."""
    session_of = Registration.objects.filter(pk=OuterRef("object_id")).values("session")
    about_these = Registration.objects.filter(session__in=sessions).values("pk")
    counted = (
        Message.objects.filter(kind__in=messages.KINDS, object_id__in=about_these)
        .annotate(session=Subquery(session_of))
        .values("session")
        .annotate(
            waiting=Count("pk", filter=Q(state=Message.State.WAITING)),
            sent=Count("pk", filter=Q(state=Message.State.SENT)),
        )
        .values_list("session", "waiting", "sent")
    )
    released = [
        session for session in sessions if session.is_link_due(now) and now < session.ends_at
    ]
    links = dict(
        messages.owed_links()
        .filter(session__in=released)
        .order_by()
        .values("session")
        .annotate(number=Count("pk"))
        .values_list("session", "number")
    )
    failing = ledger.failing(sessions, now)
    mails = {
        session.pk: Mails(links.get(session.pk, 0), 0, len(failing.get(session.pk, ())))
        for session in sessions
    }
    for number, waiting, sent in counted:
        before = mails[number]
        mails[number] = Mails(before.owed + waiting, sent, before.failed)
    return mails
