"""Registering colleagues on a phone, with the keyboard, without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from events.models import Registration, RegistrationGroup, Session
from tests import build
from tests.browser.test_story import open_mail

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(browser: Browser, site: str) -> BrowserContext:
    """A phone whose browser runs no scripts."""
    context = browser.new_context(locale="nl-BE", viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def session(site: str) -> Session:
    """A session with three seats."""
    return build.make_session(capacity=3, slug="ai-in-de-praktijk", title="AI in de praktijk")


def row(page: Page, number: int, name: str, email: str) -> None:
    colleague = page.get_by_role("group", name=f"Collega {number}", exact=True)
    colleague.get_by_label("Naam").fill(name)
    colleague.get_by_label("E-mailadres").fill(email)


def test_colleagues_are_registered_without_javascript(
    phone: BrowserContext, site: str, session: Session, deliver: Callable[[], None]
) -> None:
    page = phone.new_page()
    page.goto(f"{site}/sessions/{session.slug}/")
    page.get_by_role("link", name="Schrijft u meer collega’s in?").click()
    page.get_by_label("Uw naam").fill("An Janssens")
    page.get_by_label("Uw e-mailadres").fill("an@example.org")
    page.get_by_label("Uw organisatie").fill("Stad Voorbeeld")
    row(page, 1, "Jan Peeters", "jan@example.org")
    row(page, 5, "Bo Smets", "bo@example")

    # More rows keep what was typed, and lead to the first of the new ones.
    page.get_by_role("button", name="Vijf rijen erbij").click()
    expect(page.get_by_role("group", name="Collega 10", exact=True)).to_be_visible()
    expect(page.locator("[name=name_4]")).to_have_value("Bo Smets")
    expect(page.locator("[name=name_5]")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    # What is wrong stands next to its row, and the list of errors leads there.
    page.get_by_role("button", name="Schrijf ons in").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    assert page.url.endswith("#id_email_4")
    assert not Registration.objects.exists()

    # Enter sends the form, rather than asking for rows.
    page.locator("[name=email_4]").fill("bo@example.org")
    page.locator("[name=email_4]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wij hebben uw aanvraag ontvangen")
    expect(page.locator("main")).to_contain_text("Wij mailen elk van de 3 mensen die u invulde")
    expect(page.locator("main")).to_contain_text("bo@example.org")
    assert session.registrations.confirmed().count() == 3

    # Each has their own mail, and who asked an overview.
    deliver()
    open_mail(page, site, to="bo@example.org", subject="Ingeschreven: AI in de praktijk")
    open_mail(page, site, to="an@example.org", subject="Uw groep: AI in de praktijk")


def test_form_for_colleagues_works_with_the_keyboard_alone(
    page: Page, site: str, session: Session
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/register/colleagues/")
    page.locator("[name=name]").focus()
    typed = ["An Janssens", "an@example.org", "Stad Voorbeeld", None, "Jan Peeters"]

    for text in [*typed, "jan@example.org"]:
        if text:
            page.keyboard.type(text)
        else:
            page.keyboard.press("Space")  # one does not come oneself
        page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "is_together":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registered/")

    group = RegistrationGroup.objects.get()
    assert group.is_together
    assert [each.email for each in group.registrations.all()] == ["jan@example.org"]


def test_somebody_passes_their_seat_on_from_their_mail(
    phone: BrowserContext, site: str, session: Session, deliver: Callable[[], None]
) -> None:
    old = build.make_registration(session, email="an@example.org")
    page = phone.new_page()
    page.goto(site + old.get_absolute_url())

    page.get_by_role("link", name="Laat iemand anders komen").click()
    page.get_by_label("Naam van wie komt").fill("Bo Smets")
    page.get_by_label("E-mailadres van wie komt").fill("bo@example.org")
    page.get_by_role("button", name="Geef mijn plaats door").click()

    expect(page.locator("main")).to_contain_text("Iemand anders komt in uw plaats.")
    deliver()
    open_mail(page, site, to="an@example.org", subject="Niet meer ingeschreven")
    open_mail(page, site, to="bo@example.org", subject="Ingeschreven: AI in de praktijk")
