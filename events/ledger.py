"""What mail a session owes to whom, and what became of it.

Owed follows from the registrations as they are now, not from what was put in the outbox: so what
was never put in shows as well.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events import messages
from events.messages import (
    AGAIN,
    CANCELLED,
    CHANGED,
    LINK,
    PROMOTED,
    REGISTERED,
    SESSION_CANCELLED,
    TITLES,
    WAITING,
)
from events.models import Registration, Session
from mailing.models import Message


class Fate(StrEnum):
    """What became of a mail that is owed to somebody."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    UNCERTAIN = "uncertain"


FATE_NAMES: dict[Fate, Promise] = {
    Fate.WAITING: _("waits"),
    Fate.SENT: _("sent"),
    Fate.DELIVERED: _("delivered"),
    Fate.BOUNCED: _("bounced"),
    Fate.COMPLAINED: _("marked as unwanted"),
    Fate.FAILED: _("failed"),
    Fate.WITHDRAWN: _("not needed any more"),
    Fate.UNCERTAIN: _("may have been sent"),
}
# A mail server took it; what came after is known only where the provider lets us know.
ACCEPTED = {Fate.SENT, Fate.DELIVERED, Fate.BOUNCED, Fate.COMPLAINED}
ARRIVES = {Fate.SENT, Fate.DELIVERED}
FAILING = {Fate.FAILED, Fate.BOUNCED, Fate.COMPLAINED}


def fate_of(state: str, outcome: str) -> Fate:
    """What became of a message, from its state and what was heard of it."""
    match state:
        case Message.State.WAITING:
            return Fate.WAITING
        case Message.State.SENT:
            return Fate(outcome) if outcome else Fate.SENT
        case Message.State.FAILED:
            return Fate.FAILED
        case Message.State.UNCERTAIN:
            return Fate.UNCERTAIN
        case _dropped_or_withdrawn:
            return Fate.WITHDRAWN


@dataclass(frozen=True)
class Progress:
    """How far mails are that leave together."""

    total: int
    waiting: int

    @property
    def done(self) -> int:
        """How many are no longer waited for, whatever became of them."""
        return self.total - self.waiting

    @property
    def sentence(self) -> str:
        """It, for an organiser."""
        if not self.waiting:
            return gettext("No mail waits any more.")
        facts = {"done": self.done, "total": self.total, "waiting": self.waiting}
        return gettext("%(done)s of %(total)s done, %(waiting)s still to leave.") % facts


@dataclass(frozen=True)
class Entry:
    """One mail owed to one person; without a message it was not put in the outbox yet."""

    registration: Registration
    message: Message | None

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.message is None:
            return Fate.WAITING
        return fate_of(self.message.state, self.message.outcome)


@dataclass(frozen=True)
class Line:
    """All mails of one kind that a session owes."""

    kind: str
    entries: list[Entry]

    @property
    def title(self) -> Promise | str:
        """What the mail is, for an organiser."""
        return TITLES.get(self.kind, self.kind)

    @property
    def lacking(self) -> list[Entry]:
        """Those whose mail no server took, or that came back."""
        return [entry for entry in self.entries if entry.fate not in ARRIVES]

    @property
    def failing(self) -> list[Entry]:
        """Those whose mail will not arrive unless somebody does something."""
        return [entry for entry in self.entries if entry.fate in FAILING]

    def having(self, fate: Fate) -> list[Entry]:
        """Those whose mail had this fate; sent counts all that a mail server took."""
        wanted = ACCEPTED if fate == Fate.SENT else {fate}
        return [entry for entry in self.entries if entry.fate in wanted]

    @property
    def figures(self) -> list[tuple[Fate, int]]:
        """How many had each fate, in the order of `Fate`."""
        return [(fate, len(self.having(fate))) for fate in Fate]


def lines(session: Session, now: datetime) -> list[Line]:
    """What a session owes, per kind of mail; kinds that are owed to nobody are left out."""
    return _lines_of([session], now)[session.pk]


def _lines_of(
    sessions: Sequence[Session], now: datetime, *, only: Collection[int] | None = None
) -> dict[int, list[Line]]:
    """The same for several sessions, in two queries; `only` for some of the registrations."""
    rows = Registration.objects.named().filter(session__in=sessions).order_by("name", "pk")
    if only is not None:
        rows = rows.filter(pk__in=only)
    registrations = list(rows)
    by_number = {session.pk: session for session in sessions}
    session_of = {row.pk: by_number[row.session_id] for row in registrations}
    latest: dict[tuple[int, str], Message] = {}
    for message in messages.about(rows.order_by().values("pk")).order_by("pk"):
        session = session_of.get(message.object_id)
        if session is not None and _is_of_now(message, session):
            latest[message.object_id, message.kind] = message
    entries: dict[tuple[int, str], list[Entry]] = defaultdict(list)
    for row in registrations:
        for kind, answering in _ANSWERING.items():
            there = [latest[row.pk, each] for each in answering if (row.pk, each) in latest]
            last = max(there, key=lambda each: each.pk, default=None)
            if _is_owed(kind, row, session_of[row.pk], now, last):
                entries[row.session_id, kind].append(Entry(row, last))
    return {
        number: [Line(kind, entries[number, kind]) for kind in _ANSWERING if entries[number, kind]]
        for number in by_number
    }


# Which mails tell what each kind owes: who moved up heard then that they have a seat.
_ANSWERING = {
    REGISTERED: (REGISTERED, PROMOTED, AGAIN),
    WAITING: (WAITING, AGAIN),
    CHANGED: (CHANGED,),
    LINK: (LINK,),
    CANCELLED: (CANCELLED,),
    SESSION_CANCELLED: (SESSION_CANCELLED,),
}


def _is_of_now(message: Message, session: Session) -> bool:
    """Whether it tells of the session as it is: links and changes are told anew after a move."""
    if message.kind == LINK:
        return message.key.endswith(f":{session.link_round}")
    if message.kind == CHANGED:
        return message.key.endswith(f":{session.sequence}")
    return True


def _is_owed(
    kind: str, row: Registration, session: Session, now: datetime, message: Message | None
) -> bool:
    by_session = row.cancelled_by == Registration.CancelledBy.SESSION
    return {
        REGISTERED: row.is_confirmed,
        WAITING: row.is_waiting,
        # An organiser may move a session without telling: owed is what they had told.
        CHANGED: not row.is_cancelled and message is not None,
        LINK: row.is_confirmed and session.is_link_due(now),
        CANCELLED: row.is_cancelled and not by_session and message is not None,
        SESSION_CANCELLED: row.is_cancelled and by_session,
    }[kind]


def lacking(sessions: Sequence[Session], now: datetime) -> dict[int, set[int]]:
    """Per session the registrations whose seat, link or change was not told: nobody took it."""
    if not sessions:
        return {}
    return {
        number: {
            entry.registration.pk
            for line in found
            if line.kind in {REGISTERED, CHANGED, LINK}
            for entry in line.lacking
        }
        for number, found in _lines_of(sessions, now).items()
    }


def failing(sessions: Sequence[Session], now: datetime) -> dict[int, set[int]]:
    """Per session the registrations of which a mail that is still owed failed or came back.

    A mail that told the same later, for one to an address put right, answers for it.
    """
    about_these = Registration.objects.named().filter(session__in=sessions).values("pk")
    failed = Q(state=Message.State.FAILED) | Q(outcome__in=[Fate.BOUNCED, Fate.COMPLAINED])
    troubled = set(messages.about(about_these).filter(failed).values_list("object_id", flat=True))
    if not troubled:
        return {}
    return {
        number: {entry.registration.pk for line in found for entry in line.failing}
        for number, found in _lines_of(sessions, now, only=troubled).items()
    }
