"""The same pages while the platform grows: 10 and 100 times as much of everything."""

from collections.abc import Iterator
from pathlib import Path

from bench import filling
from bench.comparing import rates
from bench.figures import Figure, at_most
from bench.pages import CONNECTIONS, keep_same_bytes, looking
from bench.serving import BARE, OURS, serve

SESSIONS, CALLS, REGISTRANTS = 20, 20, 20
STEPS = (10, 100)


def measure(folder: Path) -> Iterator[Figure]:
    """Each page against the bare view, which does not grow: how much of its rate is lost."""
    shown = filling.session(capacity=100_000)
    filling.bare()
    paths = {
        "page of a session": shown.get_absolute_url(),
        "list of sessions": "/sessions/",
        "list of deadlines": "/deadlines/",
    }
    at_first: dict[str, float] = {}
    so_far = 0
    for times in (1, *STEPS):
        filling.sessions(SESSIONS * (times - so_far), registrants=REGISTRANTS)
        filling.calls(CALLS * (times - so_far), deadlines=3)
        filling.settle()
        so_far = times
        with serve(OURS) as ours, serve(BARE) as bare:
            for work, path in paths.items():
                name = keep_same_bytes(folder, ours, path)
                compared = rates(
                    looking(ours, path, CONNECTIONS), looking(bare, f"/page/{name}", CONNECTIONS)
                )
                if times == 1:
                    at_first[work] = compared.ratio
                    continue
                yield at_most(
                    f"{work}, {times} × the data",
                    ours=f"{compared.ours:,.0f}/s",
                    limit="the same page at first",
                    ratio=at_first[work] / compared.ratio,
                    bound=1.2,
                )
