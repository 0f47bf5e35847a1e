"""At the door: ticking names on a phone, also while the network is gone."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, Route, expect
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events import attendance
from events.models import Registration, Session
from tests import build
from tests.browser.pages import PHONE, sign_in

pytestmark = pytest.mark.browser

NAMES = ["An Peeters", "Bo Élst", "Cem Wacht"]


@pytest.fixture
def session(site: str, time_machine: TimeMachineFixture) -> Session:
    """A session on site with three people, half an hour before it starts."""
    session = build.make_session(
        slug="deur", attendance="on_site", venue="Gent", title="Aan de deur"
    )
    for name in NAMES:
        build.make_registration(session, name=name)
    time_machine.move_to(build.at("13:30"))
    return session


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """A phone, on which a request that fails is no fault of ours."""
    context = browser.new_context(locale="nl-BE", viewport=PHONE)
    yield context.new_page()
    context.close()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def said(name: str) -> str:
    return attendance.mark_of(Registration.objects.get(name=name)).state


def test_ticks_made_offline_survive_a_closed_page_and_are_saved_once(
    phone: Page, site: str, session: Session
) -> None:
    page, context = phone, phone.context
    sign_in(page, build.make_organiser(session.programme), site)
    page.goto(f"{site}/organise/sessions/deur/attendance/")
    unsaved = page.locator("#unsaved")

    # The network goes; two are ticked, one comes without registering, and a search still works.
    context.set_offline(True)
    row(page, "An Peeters").get_by_role("button").click()
    expect(row(page, "An Peeters")).to_contain_text("nog niet bewaard")
    page.get_by_label("Zoek op naam of organisatie").fill("elst")
    page.get_by_label("Zoek op naam of organisatie").press("Enter")
    expect(row(page, "Cem Wacht")).to_be_hidden()
    row(page, "Bo Élst").get_by_role("button").click()
    page.get_by_label("Naam", exact=True).fill("Lies Laat")
    page.get_by_label("E-mailadres").fill("lies@example.org")
    page.get_by_role("button", name="Voeg toe als aanwezig").click()
    expect(unsaved).to_contain_text("Nog niet bewaard: An Peeters, Bo Élst, Lies Laat.")
    expect(unsaved).to_contain_text("Er is geen verbinding.")
    page.close()
    assert not AuditEntry.objects.filter(action=Action.REGISTRATION_MARKED).exists()

    # It comes back, and so does the helper; nothing is left on the device.
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{site}/organise/sessions/deur/attendance/")
    expect(page.locator("#told")).to_contain_text("Lies Laat is toegevoegd")
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.get_by_role("link", name="Aanwezig 3")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0

    assert {name: said(name) for name in [*NAMES, "Lies Laat"]} == {
        "An Peeters": "present", "Bo Élst": "present", "Cem Wacht": "", "Lies Laat": "walk_in",
    }  # fmt: skip
    assert AuditEntry.objects.filter(action=Action.REGISTRATION_MARKED).count() == 3


def test_tick_whose_answer_got_lost_is_not_done_again(
    phone: Page, site: str, session: Session
) -> None:
    page = phone
    sign_in(page, build.make_organiser(session.programme), site)
    page.goto(f"{site}/organise/sessions/deur/attendance/")
    lost = []

    def lose_the_answer(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            # Meanwhile a colleague undoes it on another phone.
            person = Registration.objects.get(name="An Peeters")
            attendance.mark(
                person, attendance.Mark(), seen="present", by=SYSTEM, now=build.at("13:31")
            )
            route.abort()
        else:
            route.continue_()

    page.route("**/attendance/mark/", lose_the_answer)
    row(page, "An Peeters").get_by_role("button").click()
    expect(page.locator("#told")).to_have_text("An Peeters: niet aangeduid.", timeout=15_000)

    expect(page.locator("#unsaved")).to_be_hidden()
    assert (lost, said("An Peeters")) == ([200], "")


def test_tick_waits_for_who_is_no_longer_signed_in(
    phone: Page, site: str, session: Session
) -> None:
    page = phone
    organiser = build.make_organiser(session.programme)
    sign_in(page, organiser, site)
    page.goto(f"{site}/organise/sessions/deur/attendance/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    row(page, "An Peeters").get_by_role("button").click()
    expect(page.locator("#unsaved")).to_contain_text("U bent niet meer aangemeld.")
    assert said("An Peeters") == ""

    sign_in(page, organiser, site)
    page.reload()
    expect(page.locator("#told")).to_have_text("An Peeters: aanwezig, ter plaatse.")
    assert said("An Peeters") == "present"


def test_who_signs_out_before_ticks_are_saved_is_warned_and_loses_none(
    phone: Page, site: str, session: Session
) -> None:
    page = phone
    organiser = build.make_organiser(session.programme)
    address = f"{site}/organise/sessions/deur/attendance/"
    sign_in(page, organiser, site)
    page.goto(f"{site}/accounts/logout/")
    warning = page.get_by_text("die nog niet bewaard zijn")
    expect(warning).to_be_hidden()
    page.goto(address)
    page.route("**/attendance/mark/", lambda route: route.abort())
    row(page, "An Peeters").get_by_role("button").click()
    expect(page.locator("#unsaved")).to_contain_text("An Peeters")

    page.goto(f"{site}/accounts/logout/")
    expect(warning).to_be_visible()
    page.get_by_role("button", name="Afmelden").click()
    page.wait_for_url(f"{site}/")
    page.unroute("**/attendance/mark/")
    sign_in(page, organiser, site)
    page.goto(address)

    expect(page.locator("#told")).to_have_text("An Peeters: aanwezig, ter plaatse.")
    assert said("An Peeters") == "present"
