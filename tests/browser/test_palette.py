"""The palette of the workspace, by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import build
from tests.browser.pages import sign_in

pytestmark = pytest.mark.browser


def test_keyboard_leads_to_a_session_and_back_to_where_one_was(page: Page, site: str) -> None:
    programme = build.make_programme()
    for number in (1, 2):
        build.make_session(programme=programme, slug=f"energie-{number}", title=f"Énergie {number}")
    sign_in(page, build.make_organiser(programme), site)
    page.goto(f"{site}/organise/")
    before = page.get_by_role("button", name="Ga naar…")
    before.focus()

    page.keyboard.press("k")
    field = page.get_by_role("combobox", name="Zoek of ga naar")
    expect(field).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    # Before anything is typed: the pages of the workspace, of which the first one is chosen.
    expect(page.get_by_role("option", name="Overzicht")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(before).to_be_focused()

    page.keyboard.press("Control+k")
    # What comes for a part of the word is shown too, and would be replaced under the arrows.
    with page.expect_response(re.compile("[?&]q=energie(&|$)")):
        page.keyboard.type("energie")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(2)
    first, second = (options.nth(number).get_attribute("id") or "" for number in (0, 1))
    active = "aria-activedescendant"
    expect(field).to_have_attribute(active, first)
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute(active, second)
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute(active, first)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Énergie 1")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/organise/sessions/energie-1/"))

    page.keyboard.press("Control+k")
    page.keyboard.type("zwembad")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Er is niets gevonden.")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert page.evaluate("window.violations") == []
