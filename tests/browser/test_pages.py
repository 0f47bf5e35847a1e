"""Every page in every state: accessible, quiet, and within a narrow window."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, Response, ViewportSize

from events.models import Session
from tests import build
from tests.browser.conftest import COLLECT, watch
from tests.browser.pages import LONG_WORD, PAGES, PHONE, World, make_world, sign_in

pytestmark = pytest.mark.browser

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
PREFIXES = ["", "/fr", "/en"]
Look = tuple[ViewportSize, Literal["light", "dark"]]
LOOKS: list[Look] = [
    (PHONE, "light"),
    (PHONE, "dark"),
    (DESKTOP, "light"),
    (DESKTOP, "dark"),
]
# Without this, each state is seen with each look, in one language; which one differs from state to
# state.
EVERY_COMBINATION = os.environ.get("EVERY_COMBINATION") == "1"
# Where to keep a picture of each state in each look, for who wants to see them; else none is made.
PICTURES = os.environ.get("PICTURES")
# In the dark only colours differ; the rest was looked at by day.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
AXE = """rules => axe.run({
    resultTypes: ["violations"], preload: false, ...(rules && { runOnly: rules }),
}).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))
"""


def violations(page: Page, rules: list[str] | None = None) -> list[Any]:
    """What axe finds in a page that has its script: the rule, and where."""
    found: list[Any] = page.evaluate(AXE, rules)
    return found


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[sqlite3.Connection, list[World]]]:
    """Where the world is kept once it is made: making it takes longer than looking at a page."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    yield database, []
    database.close()


@pytest.fixture
def begin(kept: tuple[sqlite3.Connection, list[World]], site: str) -> Callable[[], World]:
    """Make the world as it was, whatever was done to it."""
    database, worlds = kept

    def begin() -> World:
        if connection.vendor != "sqlite":
            call_command("flush", verbosity=0, interactive=False)
            return make_world(site)
        connection.ensure_connection()
        if not worlds:
            worlds.append(make_world(site))
            connection.connection.backup(database)
        database.backup(connection.connection)
        return worlds[0]

    return begin


def is_document(response: Response, page: Page) -> bool:
    """Whether that is what a page itself was made of."""
    return response.request.is_navigation_request() and response.frame == page.main_frame


class Looker:
    """A browser that notes what goes wrong in it, and keeps the pages as they came."""

    def __init__(self, name: str, page: Page, site: str) -> None:
        self.name = name.replace("/", " ")
        self.page = page
        self.errors = watch(page)
        self.foreign: list[str] = []
        self.came: list[Response] = []
        own = (site, "data:")
        page.on(
            "request",
            lambda request: request.url.startswith(own) or self.foreign.append(request.url),
        )
        page.on("response", lambda answer: is_document(answer, page) and self.came.append(answer))

    def look(self, visit: Callable[[Page, World], None], world: World) -> list[Any]:
        """What is wrong with a page, first in the narrowest window, then with each look."""
        page = self.page
        page.set_viewport_size(NARROWEST)
        page.emulate_media(color_scheme="light")

        visit(page, world)

        page.evaluate("document.fonts.ready.then(() => true)")
        width = page.evaluate("document.documentElement.scrollWidth")
        found: list[Any] = [] if width == NARROWEST["width"] else [f"{width} wide"]
        page.evaluate(AXE_SCRIPT)
        for size, scheme in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            rules = OF_COLOUR if scheme == "dark" and not EVERY_COMBINATION else None
            found += [(size["width"], scheme, *each) for each in violations(page, rules)]
            if PICTURES:
                name = f"{self.name}{world.prefix.replace('/', ' ')} {size['width']} {scheme}.png"
                page.screenshot(path=Path(PICTURES) / name, full_page=True, animations="disabled")
        found += self.errors + self.foreign + page.evaluate("window.violations")
        self.errors.clear()
        self.foreign.clear()
        return found


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_quiet_and_fits_a_narrow_window(
    name: str,
    browser: Browser,
    site: str,
    begin: Callable[[], World],
    documents: dict[str, bytes],
) -> None:
    context = browser.new_context(locale="nl-BE", viewport=NARROWEST, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    context.add_init_script(COLLECT)
    looker = Looker(name, context.new_page(), site)
    turn = list(PAGES).index(name) % len(PREFIXES)
    wrong = {}
    for prefix in PREFIXES if EVERY_COMBINATION else PREFIXES[turn : turn + 1]:
        context.clear_cookies()
        found = looker.look(PAGES[name], replace(begin(), prefix=prefix))
        documents[f"{name} {prefix}"] = looker.came[-1].body()
        if found:
            wrong[prefix] = found
    context.close()
    assert wrong == {}


def test_page_of_the_link_is_accessible_and_quiet(page: Page, site: str) -> None:
    session = build.make_session(link=f"{build.LINK}/{LONG_WORD * 3}", capacity=1)
    session.virtual_link.instructions = f"Code 1234\n\n{LONG_WORD}"
    session.virtual_link.save()
    registration = build.make_registration(session)
    Session.objects.filter(pk=session.pk).update(link_days_before=60)

    page.set_viewport_size(NARROWEST)
    page.goto(f"{site}{registration.get_join_url()}")

    assert build.LINK in page.content()
    assert page.evaluate("window.violations") == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROWEST["width"]
    page.evaluate(AXE_SCRIPT)
    page.set_viewport_size(PHONE)
    assert violations(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/events/session/",
        "/admin/events/session/add/",
        "/admin/events/session/{id}/change/",
        "/admin/events/registration/",
    ],
)
def test_administration_works_within_the_content_security_policy(
    path: str, page: Page, site: str
) -> None:
    session = build.make_session()
    build.make_agenda_item(session)
    organiser = build.make_organiser(session.programme)
    sign_in(page, organiser, site)

    page.goto(site + path.format(id=session.pk))

    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.violations") == []
    page.context.close()
