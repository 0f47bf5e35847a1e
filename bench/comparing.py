"""Two loads side by side: ours and the limit by turns, so that what disturbs one disturbs both."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from bench.load import Order, Seen, put_on, quantile

ROUNDS = 7
WARM_UPS = 10


class Failed(Exception):
    """Something that was to be measured did not work."""


@dataclass(frozen=True)
class Compared:
    """Medians over the rounds; `ratio` is the median of the ratios of each round."""

    ours: float
    limit: float
    ratio: float
    # Of all visitors of all rounds.
    our_waits: list[float]
    limit_waits: list[float]

    def wait(self, part: float) -> tuple[float, float]:
        """Below which wait this part of the visitors stays, ours and the limit's, in seconds."""
        return quantile(self.our_waits, part), quantile(self.limit_waits, part)


def rates(ours: Callable[[int], Order], limit: Callable[[int], Order]) -> Compared:
    """The rates of two loads; each is asked for the order of a round."""
    for order in (ours(-1), limit(-1)):
        warm_up(order)
    pairs = [(measured(ours(number)), measured(limit(number))) for number in range(ROUNDS)]
    return Compared(
        ours=median(ours.rate for ours, _limit in pairs),
        limit=median(limit.rate for _ours, limit in pairs),
        ratio=median(ours.rate / limit.rate for ours, limit in pairs),
        our_waits=[wait for ours, _limit in pairs for wait in ours.waits],
        limit_waits=[wait for _ours, limit in pairs for wait in limit.waits],
    )


def warm_up(order: Order) -> None:
    """Put a load on until somebody got through, and the caches of each process are filled."""
    for _attempt in range(WARM_UPS):
        if put_on(replace(order, warm_up=0.0, seconds=5.0)).waits:
            return
    raise Failed(f"{order.script}: nobody got through")


def measured(order: Order) -> Seen:
    """What a load saw that nothing went wrong in. Raises `Failed`."""
    seen = put_on(order)
    if seen.failures or not seen.waits:
        first = seen.failures[0] if seen.failures else "nobody got through"
        raise Failed(f"{order.script}: {len(seen.failures)} of {seen.number} failed: {first}")
    return seen
