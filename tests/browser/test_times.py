"""What a page of a session says as time goes by, and to who reads it elsewhere."""

import pytest
from playwright.sync_api import Browser, Page, expect

from events.models import SessionState
from tests import build
from tests.browser.pages import agenda

pytestmark = pytest.mark.browser


def test_timetable_left_open_marks_what_is_on_at_each_moment(page: Page, site: str) -> None:
    session = build.make_session_in(SessionState.RUNNING, slug="nu")
    agenda(session)
    page.clock.install(time=build.NOW - build.days(1) / 24 / 60)
    # The server, a minute ahead, is already at the second talk.
    page.goto(f"{site}/sessions/nu/")
    talks = page.locator(".timetable__inner > .timetable__row")

    for minutes, marked in ((0, 0), (2, 1), (61, None)):
        page.clock.run_for(minutes * 60_000)
        for number in (0, 1):
            is_on = number == marked
            expect(talks.nth(number).get_by_text("Nu bezig")).to_have_count(int(is_on))
            assert talks.nth(number).get_attribute("aria-current") == ("time" if is_on else None)
    assert page.locator(".timetable .is-now").count() == 0


@pytest.mark.parametrize(
    ("zone", "path", "told"),
    [
        ("Europe/Brussels", "/sessions/ver/", None),
        ("Europe/Paris", "/sessions/ver/", None),
        ("Europe/London", "/sessions/ver/", "Op uw klok: 13u00 – 15u30 (Britse zomertijd)"),
        ("America/New_York", "/en/sessions/ver/", "On your clock: 08:00 – 10:30 (Eastern Daylight"),
        ("Pacific/Auckland", "/fr/sessions/ver/", "vendredi 11 juin, 0 h 00 – 2 h 30 (heure"),
    ],
)
def test_reader_elsewhere_is_told_the_time_on_their_clock_as_well(
    zone: str, path: str, told: str | None, browser: Browser, site: str
) -> None:
    build.make_session(slug="ver")
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()

    page.goto(site + path)

    own = page.locator(".own-time")
    if told is None:
        expect(own).to_be_hidden()
    else:
        expect(own).to_be_visible()
        assert told in own.inner_text().replace("\u00a0", " ")
        assert "14" in page.locator(".page-lead__when").inner_text()
    context.close()
