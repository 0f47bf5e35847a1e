"""A real browser in front of the live server, on one's own machine's terms."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from time_machine import TimeMachineFixture

from tests import build
from tests.conftest import REQUIRE_ALL
from tests.interop.validator import complaints

# Playwright's own loop runs in the thread of the test, where Django then refuses its database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

COLLECT = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium; skips without it."""
    found = shutil.which("chromium")
    if found is None:
        what = "This is missing: Chromium (Debian: apt-get install chromium)"
        if REQUIRE_ALL:
            pytest.fail(f"REQUIRE_ALL=1, but {what[0].lower()}{what[1:]}")
        pytest.skip(what)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium: str
) -> dict[str, Any]:
    """Debian's Chromium, which speaks to nobody but us."""
    return browser_type_launch_args | {
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--lang=nl-BE",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Somebody in Flanders."""
    return browser_context_args | {"locale": "nl-BE", "timezone_id": "Europe/Brussels"}


@pytest.fixture(autouse=True)
def site(live_server: LiveServer, settings: Settings, time_machine: TimeMachineFixture) -> str:
    """The site as it runs on one's own machine, at the moment of the builders."""
    settings.SITE_URL = live_server.url
    settings.EMAIL_BACKEND = "mailing.mailbox.MailboxBackend"
    time_machine.move_to(build.NOW)
    return live_server.url


@pytest.fixture
def context(context: BrowserContext, site: str) -> BrowserContext:
    """A browser that knows where the site is and is not patient."""
    context.set_default_timeout(10_000)
    context.add_init_script(COLLECT)
    return context


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen: no error in the console, none in a script."""
    errors = watch(page)
    yield page
    assert errors == []


@pytest.fixture(scope="session")
def documents() -> Iterator[dict[str, bytes]]:
    """The pages that were looked at, as they came, by name: all are valid HTML."""
    documents: dict[str, bytes] = {}
    yield documents
    assert complaints(documents) == []


def watch(page: Page) -> list[str]:
    """The errors of a page, as they come; that an address itself answers 4xx is none."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        is_own_status = (
            message.text.startswith("Failed to load resource")
            and message.location["url"].partition("#")[0] == page.url.partition("#")[0]
        )
        if message.type == "error" and not is_own_status:
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.fixture
def deliver() -> Callable[[], None]:
    """What the worker does: deliver the mails that are due."""
    return lambda: call_command("worker", "--once")
