"""A call as lists show it: its state and its next deadline or, without one, its latest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from moments.edges import Closing
from procurement.announcing import Announcement, Fact, announce, money_facts
from procurement.models import Call, Deadline


@dataclass(frozen=True)
class Card:
    """A call in a list."""

    call: Call
    rank: int
    closing: Closing | None
    announcement: Announcement
    facts: list[Fact]

    @property
    def day(self) -> date | None:
        """The last day of that deadline."""
        return self.closing.last_day if self.closing else None


def cards_of(calls: Sequence[Call]) -> list[Card]:
    """Calls that come with their state; one query for all their deadlines."""
    numbers = [number for call in calls for number in (call.next_id, call.latest_id) if number]
    deadlines = Deadline.objects.in_bulk(numbers)
    cards = []
    for call in calls:
        following = deadlines.get(call.next_id or 0)
        shown = following or deadlines.get(call.latest_id or 0)
        cards.append(
            Card(
                call,
                call.rank,
                shown.closing if shown else None,
                announce(call, following),
                money_facts(call, is_short=True),
            )
        )
    return cards
