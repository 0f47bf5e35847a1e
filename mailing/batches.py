"""What mails that leave together look up together, so that none costs questions of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from mailing.models import Message

Found = TypeVar("Found")
LookUp = Callable[[Sequence[Message]], Mapping[int, Found]]

# So seldom that a mail says what was true a moment ago.
FRESH_SECONDS = 1.0


class Batch:
    """Some messages, and what was looked up for all of them, by the number of each."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._found: dict[LookUp[Any], Mapping[int, Any]] = {}
        self._made_at = time.monotonic()

    def find(self, message: Message, look_up: LookUp[Found]) -> Found | None:
        """What is found for one of them; asked once for all."""
        if look_up not in self._found:
            self._found[look_up] = look_up(self._messages)
        return cast("Found | None", self._found[look_up].get(message.pk))

    def holds(self, message: Message) -> bool:
        """Whether a message is one of them, and what was found still fresh."""
        is_fresh = time.monotonic() - self._made_at < FRESH_SECONDS
        return is_fresh and any(message is each for each in self._messages)


def find(message: Message, look_up: LookUp[Found]) -> Found | None:
    """What is found for a message, together with those it leaves with; alone without any."""
    batch = message.batch or Batch([message])
    return batch.find(message, look_up)
