"""Working with the keyboard alone, as somebody does without a mouse."""

from playwright.sync_api import Locator, Page

# What is wrong with what has the focus: it must be marked (WCAG 2.2, 2.4.7), and in sight (2.4.11).
FAULT = """() => {
  const element = document.activeElement;
  if (element === document.body) return "";
  const isMarked = [null, "::after"].some((part) => {
    const style = getComputedStyle(element, part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 ||
      style.boxShadow !== "none";
  });
  const box = element.getClientRects()[0];
  const isSeen = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8]].some(([x, y]) => {
    const hit = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    return hit && (element.contains(hit) || hit.matches("label") && hit.contains(element));
  });
  const what = (isMarked ? "" : "no mark") + (isSeen ? "" : " out of sight");
  return what && `${what}: ${element.outerHTML.slice(0, 200)}`;
}"""


def tab_to(page: Page, target: Locator, *, back: bool = False) -> None:
    """Press Tab (or Shift+Tab) until something has the focus, which is seen at every stop."""
    # What is where would otherwise depend on how far the page has scrolled by then.
    page.emulate_media(reduced_motion="reduce")
    for _press in range(150):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
        fault = page.evaluate(FAULT)
        assert not fault, fault
    raise AssertionError(f"Tab never reaches {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Tab to something and press a key there."""
    tab_to(page, target)
    page.keyboard.press(key)


def type_in(page: Page, label: str, text: str) -> None:
    """Tab to the field of this label and type over what it holds."""
    type_at(page, page.get_by_label(label, exact=True), text)


def type_at(page: Page, field: Locator, text: str) -> None:
    """Tab to a field and type over what it holds."""
    tab_to(page, field)
    if field.get_attribute("type") != "date":
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.insert_text(text)
        return
    year, month, day = text.split("-")
    # A browser takes a date in the order of the machine's own language.
    for order in (f"{day}{month}{year}", f"{month}{day}{year}"):
        page.keyboard.type(order)
        if field.input_value() == text:
            return
        page.keyboard.press("Tab")
        for _part in range(3):
            page.keyboard.press("Shift+Tab")
    raise AssertionError(f"{text} cannot be typed into {field}")
