"""Messages to deliver, and the letters they become."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

from django.db import OperationalError

from mailing import outbox
from mailing.letters import CalendarPart, Letter, NotWanted
from mailing.models import Message, Provider
from mailing.outbox import Draft
from tests.build import NOW

COMPOSERS = {"note": "tests.mailing.build.compose"}

_number = count(1)


class TroublingText(Exception):
    """What the composer of `note.broken` raises."""


def make_letter(**fields: object) -> Letter:
    """A letter as short as can be."""
    plain = {
        "recipient": "an@example.org",
        "language": "nl",
        "subject": "Ingeschreven: Taalmodellen",
        "heading": "U bent ingeschreven",
        "greeting": "Dag An,",
        "opening": ["Uw plaats is bevestigd."],
    }
    return Letter(**(plain | fields))


def make_calendar_part(content: bytes) -> CalendarPart:
    """A calendar to send along."""
    return CalendarPart(content, "REQUEST")


def compose(message: Message, _now: datetime) -> Letter:
    """The letter of a `note`; of `note.broken` none, of `note.unwanted` not any more."""
    if message.kind == "note.broken":
        raise TroublingText(message.key)
    if message.kind == "note.unwanted":
        raise NotWanted("The session is over.")
    return make_letter(recipient=message.recipient, subject=f"Over {message.key}")


def make_message(recipient: str = "", **fields: object) -> Message:
    """A message in the outbox, due at `NOW`."""
    number = next(_number)
    plain = {
        "key": f"note:{number}",
        "kind": "note",
        "object_id": number,
        "recipient": recipient or f"person{number}@example.org",
        "due_at": NOW,
    }
    draft = Draft(**(plain | fields))
    outbox.put([draft])
    return Message.objects.get(key=draft.key)


def make_messages(number: int) -> list[Message]:
    """Messages of equal priority, in the order in which they leave."""
    return [make_message() for _each in range(number)]


def deliver_due(now: datetime = NOW, *, stop_after: int | None = None) -> int:
    """One round of a worker whose clock stands still; how many left."""
    asked: Iterator[int] = count()

    def is_stopping() -> bool:
        return stop_after is not None and next(asked) >= stop_after

    return outbox.deliver(outbox.claim(now), clock=standing(now), is_stopping=is_stopping)


def standing(now: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: now


def deliver_until_done(now: datetime, *, rounds: int) -> datetime:
    """Rounds of a worker, each when the next message is due; when the last one was."""
    for _round in range(rounds):
        waiting = Message.objects.filter(state=Message.State.WAITING).order_by("due_at").first()
        if waiting is None:
            break
        now = max([now, waiting.due_at, *rests_until()])
        deliver_due(now)
    return now


def rests_until() -> list[datetime]:
    """Until when providers are left alone."""
    return [row.rests_until for row in Provider.objects.exclude(rests_until=None)]


def facts(message: Message) -> tuple[str, int, str]:
    """State, attempts and reason, as they stand in the database."""
    message.refresh_from_db()
    return message.state, message.attempts, message.reason


def minutes(number: float) -> timedelta:
    """A length of time in minutes."""
    return timedelta(minutes=number)


def compose_to_new_address(_message: Message, _now: datetime) -> Letter:
    """A letter to somebody who corrected their address after the message was put in."""
    return make_letter(recipient="new@example.org")


def plan_badly(_now: datetime) -> None:
    """A planner with a fault."""
    raise TroublingText


def plan_one(now: datetime) -> None:
    """A planner to whom one mail is due."""
    outbox.put([Draft("planned", "note", 1, "planned@example.org", now)])


def plan_without_database(_now: datetime) -> None:
    """A planner that finds the database away."""
    raise OperationalError
