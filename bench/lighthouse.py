"""The pages that matter most, as Lighthouse finds them on a slow phone."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.test import Client

from accounts.models import User
from bench import filling, scores
from bench.figures import Figure, at_least
from bench.serving import OURS, serve

BOUNDS = {"performance": 0.95, "accessibility": 1, "best-practices": 1, "seo": 1}


def measure(_folder: Path) -> Iterator[Figure]:
    """Home, a session, the deadlines and a list of 100 attendees, each in four respects."""
    absent = scores.absent()
    if absent is not None:
        raise RuntimeError(f"This is missing: {absent}")
    session = filling.session(capacity=1_000)
    filling.registrations(session, 100)
    filling.sessions(40)
    # To a browser on this machine, without a proxy that speaks https; and who may sign in comes in.
    os.environ |= {"SITE_URL": "http://localhost", "BEHIND_PROXY": "no"}
    os.environ["REQUIRE_SECOND_FACTOR"] = "no"
    client = Client()
    client.force_login(User.objects.create(email="beheer@example.be", is_superuser=True))
    cookie = {"Cookie": f"sessionid={client.session.session_key}"}
    with serve(OURS) as server:
        site = f"http://localhost:{server.port}"
        attendees = f"{site}/organise/sessions/{session.slug}/attendees/"
        pages = [
            scores.Page("home", f"{site}/"),
            scores.Page("page of a session", f"{site}{session.get_absolute_url()}"),
            scores.Page("list of deadlines", f"{site}/deadlines/"),
            scores.Page("attendee list", attendees, cookie),
        ]
        for given in scores.ask(pages, list(BOUNDS)):
            yield from _figures(given)


def _figures(given: scores.Scores) -> Iterator[Figure]:
    for category, bound in BOUNDS.items():
        failed = "; ".join(given.failed[category])
        yield at_least(
            f"{given.name}, {category}",
            ours=str(given.scores[category]) + (f" ({failed})" if failed else ""),
            limit="100",
            ratio=given.scores[category] / 100,
            bound=bound,
        )
