"""The main pages for who reads them magnified, widely spaced, or in colours of their own."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.pages import PAGES, make_world

pytestmark = pytest.mark.browser

# A window of 1280 by 1024 at 400 % (WCAG 2.2, 1.4.10).
MAGNIFIED = {"width": 320, "height": 256}
# What the reader may set (WCAG 2.2, 1.4.12).
SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
# What is cut off, sticks out of the window, or gets the focus without a mark, or under something.
# Tables scroll in a region of their own; what only reading software reads is cut on purpose.
FAULTS = """() => {
  const faults = [];
  const tell = (fault, element) => faults.push(`${fault}: ${element.outerHTML.slice(0, 160)}`);
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
    !element.closest(".visually-hidden, .skip-link, .tool__words, [role=region][tabindex]");
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the window");
  for (const element of document.querySelectorAll("body *")) {
    if (!isShown(element) || element.matches("input")) continue;
    const style = getComputedStyle(element);
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    if (hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1 ||
        hides(style.overflowY) && element.scrollHeight > element.clientHeight + 1)
      tell("cut off", element);
    if (element.getBoundingClientRect().right > innerWidth + 1) tell("sticks out", element);
  }
  const isMarked = (element) => [null, "::after"].some((part) => {
    const style = getComputedStyle(element, part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  let stops = 0;
  for (const element of document.querySelectorAll(
      "a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (element.disabled || element.tabIndex < 0) continue;
    element.focus({ focusVisible: true });
    if (document.activeElement !== element) continue;
    stops += 1;
    if (!isMarked(element)) tell("no mark of the focus", element);
    const box = element.getClientRects()[0];
    const isSeen = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]].some(([x, y]) => {
      const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
      return hit && (element.contains(hit) || hit.matches("label") && hit.contains(element));
    });
    if (!isSeen) tell("focus out of sight", element);
  }
  if (stops < 8) faults.push(`only ${stops} stops of the focus`);
  return faults;
}"""


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "sessions",
        "form with errors",
        "registered",
        "manage",
        "deadlines",
        "call",
        "first steps",
        "attendees narrowed",
        "agenda to work on",
        "messages",
        "at the door",
    ],
)
def test_page_is_read_magnified_widely_spaced_and_in_own_colours(
    name: str, browser: Browser, site: str
) -> None:
    # Without the content security policy, which keeps out the spacing.
    context = browser.new_context(
        bypass_csp=True,
        locale="nl-BE",
        viewport=MAGNIFIED,
        reduced_motion="reduce",
        forced_colors="active",
    )
    page = context.new_page()
    PAGES[name](page, make_world(site))
    found: dict[str, Any] = {"magnified": page.evaluate(FAULTS)}

    small = Axe().run(page, options={"runOnly": ["target-size"]}).response["violations"]
    found["small targets"] = [node["html"] for each in small for node in each["nodes"]]
    page.add_style_tag(content=SPACING)
    found["widely spaced, magnified"] = page.evaluate(FAULTS)
    page.set_viewport_size({"width": 1280, "height": 1024})
    found["widely spaced"] = page.evaluate(FAULTS)

    context.close()
    assert {how: faults for how, faults in found.items() if faults} == {}
