"""The state of a session in a word and a sentence that says why."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import SeatCount, Session, SessionState
from moments import words


@dataclass(frozen=True)
class Announcement:
    """What a page says of a session's state; `tone` is success, warning, error or neutral."""

    state: SessionState
    word: str
    sentence: str
    tone: str

    @property
    def is_quiet(self) -> bool:
        """Whether it stands back among others: nobody can come to it any more."""
        return self.state in (SessionState.PAST, SessionState.CANCELLED)

    @property
    def invitation(self) -> str:
        """What somebody can do: the words on the button that leads to the form, and above it."""
        if self.state is SessionState.WAITING_LIST:
            return _("Join the waiting list")
        return _("Register")


def announce(session: Session, now: datetime, *, waiting: str = "") -> Announcement:
    """The state of a session at a moment, in the active language.

    `waiting` stands for the sentence that says how many people are waiting.
    """
    seats = seats_of(session)
    state = session.state(now, is_full=seats.is_full)
    word, sentence, tone = _words(session, state, waiting or waiting_line(seats))
    return Announcement(state, word, sentence, tone)


def seats_of(session: Session) -> SeatCount:
    """The session's seats; a session whose seats were never set has no limit."""
    return getattr(session, "seats", None) or SeatCount(session=session)


def _words(session: Session, state: SessionState, waiting: str) -> tuple[str, str, str]:
    closing = {"closing": session.closing.reading()}
    closed = _("Registration is closed: you could register %(closing)s.") % closing
    match state:
        case SessionState.DRAFT:
            return _("Draft"), _("Only organisers see this session."), "neutral"
        case SessionState.CANCELLED:
            reason = session.cancellation_reason
            sentence = _("This session will not take place.")
            return _("Cancelled"), f"{sentence} {reason}".strip(), "error"
        case SessionState.PAST:
            return _("Past"), _("This session is over."), "neutral"
        case SessionState.RUNNING:
            return _("Going on now"), closed, "neutral"
        case SessionState.CLOSED:
            return _("Registration closed"), closed, "neutral"
        case SessionState.NOT_YET_OPEN:
            assert session.registration_opens_at is not None  # noqa: S101 - what the state means
            opens = words.moment(session.registration_opens_at, session.zone)
            sentence = _("Registration opens on %(moment)s.") % {"moment": opens}
            return _("Not yet open"), sentence, "neutral"
        case SessionState.FULL:
            return _("Full"), _("All seats are taken and there is no waiting list."), "error"
        case SessionState.WAITING_LIST:
            sentence = _(
                "All seats are taken; if you register now, you join the waiting list. %(line)s"
            )
            return _("Waiting list"), sentence % {"line": waiting}, "warning"
        case SessionState.OPEN:
            sentence = _("You can register %(closing)s.") % closing
            return _("Registration open"), sentence, "success"


def waiting_line(seats: SeatCount) -> str:
    """How many people are waiting, in a sentence."""
    if not seats.waiting:
        return _("Nobody is waiting yet.")
    return ngettext(
        "%(number)s person is waiting.", "%(number)s people are waiting.", seats.waiting
    ) % {"number": seats.waiting}
