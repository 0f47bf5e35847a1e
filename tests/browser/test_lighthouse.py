"""What Lighthouse says of the pages that matter most; of their speed `make lighthouse` tells."""

import pytest
from playwright.sync_api import Page

from bench import scores
from tests import build
from tests.browser.pages import make_world, sign_in
from tests.interop.readers import missing

pytestmark = pytest.mark.browser

CATEGORIES = ["accessibility", "best-practices", "seo"]


def test_lighthouse_finds_nothing_to_mend(page: Page, site: str) -> None:
    absent = scores.absent()
    if absent is not None:
        missing(absent)
    session = make_world(site).seated.session
    sign_in(page, build.make_organiser(session.programme), site)
    [cookie] = page.context.cookies()
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    attendees = f"{site}/organise/sessions/{session.slug}/attendees/"

    found = scores.ask(
        [
            scores.Page("home", f"{site}/"),
            scores.Page("session", f"{site}/sessions/{session.slug}/"),
            scores.Page("deadlines", f"{site}/deadlines/"),
            scores.Page("attendees", attendees, headers),
        ],
        CATEGORIES,
    )

    wrong = {(each.name, which): each.failed[which] for each in found for which in CATEGORIES}
    assert {key: audits for key, audits in wrong.items() if audits} == {}
    assert {each.scores[which] for each in found for which in CATEGORIES} == {100}
