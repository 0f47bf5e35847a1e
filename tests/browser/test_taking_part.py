"""Into the meeting, in a browser that keeps to our own policy."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from time_machine import TimeMachineFixture

from events.models import Presence
from tests import build

pytestmark = pytest.mark.browser


class Meeting(BaseHTTPRequestHandler):
    """A meeting that, as they do, leads on to another host, where the room itself is."""

    def do_GET(self) -> None:
        """Lead on, or show the room."""
        if self.path == "/meeting":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/room")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        referer = self.headers.get("Referer", "niets")
        self.wfile.write(f"<!doctype html><title>De zaal, van {referer}</title>".encode())

    def log_message(self, *_parts: object) -> None:
        """Say nothing."""


@pytest.fixture
def meeting() -> Iterator[str]:
    """The address of a meeting elsewhere."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Meeting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/meeting"
    server.shutdown()
    server.server_close()


def test_button_leads_through_to_wherever_the_meeting_is(
    page: Page, site: str, meeting: str, time_machine: TimeMachineFixture
) -> None:
    registration = build.make_registration(build.make_session(link=meeting))
    time_machine.move_to(registration.session.starts_at)

    page.goto(site + registration.get_join_url())
    assert not Presence.objects.exists()
    page.get_by_role("button", name="Neem deel").click()

    # And learns nothing of the address it came from, which holds a code.
    expect(page).to_have_title("De zaal, van niets")
    assert Presence.objects.get().how == "online"
    page.context.close()
