"""Questions that hang on an answer, in a browser that runs scripts."""

import pytest
from playwright.sync_api import Page, expect

from events import answering
from tests import build

pytestmark = pytest.mark.browser


def test_question_appears_with_the_answer_after_which_it_is_asked(page: Page, site: str) -> None:
    session = build.make_session(slug="lunch")
    stays = build.make_question(session, "Blijft u lunchen?", kind="yes_no")
    fish = {"shown_if": stays, "shown_if_option": "yes", "is_required": True}
    meal = build.make_question(session, "Welke maaltijd kiest u?", "Vis", "Groenten", **fish)
    build.make_question(session, "Welke vis?", shown_if=meal, shown_if_option="option0")
    page.goto(f"{site}/sessions/lunch/")
    meals, kinds = page.get_by_role("group", name="Welke maaltijd"), page.get_by_label("Welke vis?")
    expect(meals).to_be_hidden()
    expect(kinds).to_be_hidden()

    page.get_by_label("Ja", exact=True).check()
    page.get_by_label("Vis", exact=True).check()
    expect(kinds).to_be_visible()
    kinds.fill("Zalm")
    # What hangs on a question that is asked no more is hidden with it.
    page.get_by_label("Nee", exact=True).check()
    expect(meals).to_be_hidden()
    expect(kinds).to_be_hidden()
    page.get_by_label("Uw naam").fill("Jan Peeters")
    page.get_by_label("Uw e-mailadres").fill("jan@example.org")
    page.get_by_label("Uw organisatie").fill("Stad Voorbeeld")
    page.get_by_role("button", name="Schrijf mij in").last.click()
    page.wait_for_url("**/sessions/lunch/registered/")

    registration = session.registrations.get()
    assert answering.said_by(registration) == [("Blijft u lunchen?", "nee")]
