"""What an organiser goes through with the attendees of a session."""

import io
import re
from itertools import count
from threading import Event
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from events import organising
from events.models import Registration, Session
from tests import build
from tests.browser.keys import press, type_in
from tests.browser.pages import PHONE, sign_in
from tests.events.racing import PATIENCE_SECONDS

pytestmark = pytest.mark.browser


@pytest.fixture
def session(site: str) -> Session:
    """A session with two seats, three people, and an organiser."""
    session = build.make_session(capacity=2, slug="ai-in-de-praktijk", title="AI in de praktijk")
    for name in ["An Peeters", "Jan De Smet", "Wout Wacht"]:
        build.make_registration(session, name=name)
    return session


def test_organiser_narrows_the_list_and_cancels_without_scripts(
    browser: Browser, site: str, session: Session
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="nl-BE", viewport=PHONE)
    page = context.new_page()
    sign_in(page, build.make_organiser(session.programme), site)

    # From the workspace to the list, and to those with a seat.
    page.goto(f"{site}/organise/")
    page.get_by_role("link", name="Deelnemers").click()
    page.locator("summary").first.click()
    page.get_by_label("Toestand: ingeschreven", exact=True).check()
    page.get_by_role("button", name="Toon deze lijst").click()
    expect(page).to_have_url(f"{site}/organise/sessions/{session.slug}/attendees/?state=confirmed")
    expect(page.get_by_role("rowheader")).to_have_count(2)

    # Nobody chosen: no buttons that act; one chosen: a page that asks, and then says what it did.
    cancel = page.get_by_role("button", name="Inschrijvingen annuleren")
    expect(cancel).to_be_hidden()
    page.get_by_label("Kies An Peeters").check()
    cancel.click()
    expect(page.locator("main")).to_contain_text("Het gaat over 1 persoon:")
    page.get_by_label("Ja, annuleer 1 inschrijving").check()
    page.get_by_role("button", name="Annuleer deze inschrijvingen").click()
    expect(page.get_by_role("status")).to_contain_text("1 inschrijving is geannuleerd.")
    context.close()

    states = dict(Registration.objects.values_list("name", "state"))
    assert states == {
        "An Peeters": "cancelled", "Jan De Smet": "confirmed", "Wout Wacht": "confirmed",
    }  # fmt: skip


def test_organiser_keeps_a_view_and_downloads_it(page: Page, site: str, session: Session) -> None:
    sign_in(page, build.make_organiser(session.programme), site)
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/?state=waiting")

    page.get_by_text("Bewaar deze weergave").first.click()
    page.get_by_label("Naam van de weergave").fill("Wie wacht")
    page.get_by_role("button", name="Bewaar deze weergave").click()
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/")
    page.get_by_role("link", name="Wie wacht").click()
    page.get_by_label("De hele lijst: 1 persoon").check()
    page.get_by_role("button", name="Exporteren").click()
    page.get_by_label("Waarvoor hebt u deze lijst nodig?").fill("Naamkaartjes")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    sheet = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    assert download.value.suggested_filename == f"{session.slug}-2027-05-10.xlsx"
    assert [row[0].value for row in sheet.rows] == ["Naam", "Wout Wacht"]


def test_keyboard_alone_narrows_the_list_registers_somebody_and_acts_on_who_is_chosen(
    page: Page, site: str, session: Session
) -> None:
    sign_in(page, build.make_organiser(session.programme), site)
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/")

    press(page, page.locator("summary").first)
    press(page, page.get_by_label("Toestand: op de wachtlijst", exact=True), "Space")
    press(page, page.get_by_role("button", name="Toon deze lijst"))
    page.wait_for_url("**/attendees/?state=waiting")
    expect(page.get_by_role("rowheader")).to_have_text(["Wout Wacht"])

    press(page, page.get_by_role("link", name="Iemand toevoegen"))
    page.wait_for_url("**/attendees/add/**")
    type_in(page, "Naam", "Nieuw Gezicht")
    type_in(page, "E-mailadres", "nieuw@example.org")
    type_in(page, "Organisatie", "Stad Voorbeeld")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Nieuw Gezicht")
    assert Registration.objects.filter(name="Nieuw Gezicht").exists()

    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/?state=waiting")
    press(page, page.get_by_label("Kies Wout Wacht"), "Space")
    press(page, page.get_by_role("button", name="Een plaats geven"))
    expect(page.get_by_role("heading", level=2)).to_have_text("Een plaats geven")
    expect(page.locator("main")).to_contain_text("Wout Wacht")


def test_list_on_paper_keeps_a_row_each_and_drops_what_is_clicked(
    page: Page, site: str, session: Session
) -> None:
    sign_in(page, build.make_organiser(session.programme), site)
    page.set_viewport_size({"width": 680, "height": 900})
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/")
    row = page.get_by_role("row").filter(has_text="An Peeters")
    assert row.bounding_box()["height"] > 100, "on a narrow screen a person is a card"

    page.emulate_media(media="print")

    assert row.bounding_box()["height"] < 60
    expect(page.get_by_role("columnheader", name="Naam")).to_be_visible()
    for clicked in (".chosen-bar", ".tabs", ".site-navigation", ".workspace__navigation"):
        expect(page.locator(clicked)).to_be_hidden()


def test_import_tells_how_far_it_is_and_stopping_it_registers_nobody(
    page: Page, site: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(page, build.make_organiser(session.programme), site)
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/import/")
    people = "".join(f"Gast {n};gast{n}@example.org;Stad Gent\n" for n in range(60))
    file = b"Naam;E-mail;Organisatie\n" + people.encode()
    page.get_by_label("Bestand").set_input_files(
        FilePayload(name="gasten.csv", mimeType="text/csv", buffer=file)
    )
    page.get_by_role("button", name="Lees het bestand").click()
    # The third person waits until it was stopped, as they would in a longer list.
    stopped, add, begun = Event(), organising.add, count(1)

    def slowly(*args: Any, **kwargs: Any) -> Any:
        if next(begun) == 3:
            stopped.wait(PATIENCE_SECONDS)
        return add(*args, **kwargs)

    monkeypatch.setattr(organising, "add", slowly)
    page.route("**/check/", lambda route: (stopped.set(), route.continue_()))

    page.get_by_role("button", name="Schrijf 60 personen in").click()
    bar = page.get_by_role("progressbar", name="Hoever het staat")
    expect(bar).to_have_js_property("value", 2)
    expect(page.get_by_role("status")).to_have_text(re.compile("^Bezig"))
    expect(page.get_by_role("button", name="Schrijf 60")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop", exact=True).click()

    told = page.get_by_role("status").filter(has_text="niemand is ingeschreven")
    expect(told).to_be_visible()
    assert next(begun) < 60, "the rest was not looked at any more"
    assert not Registration.objects.filter(name__startswith="Gast").exists()


def test_form_on_its_way_says_so_and_can_be_sent_again_once_it_broke_off(
    page: Page, site: str, session: Session
) -> None:
    page.goto(f"{site}/registrations/")
    page.get_by_label("E-mailadres").fill("an@example.org")
    held: list[Route] = []
    page.route("**/registrations/", lambda route: held.append(route))
    page.route("**/busy", lambda route: route.fulfill(status=204))
    button = page.locator("main form [type=submit]")
    before = button.bounding_box()
    # While a page is on its way nobody looks at this one, so it tells by itself.
    button.evaluate(
        """(button) => new MutationObserver(() => button.ariaBusy && fetch("/busy"))
        .observe(button, { attributeFilter: ["aria-busy"] })"""
    )

    def press() -> Route:
        with page.expect_request("**/busy"):
            button.evaluate("button => button.click()")
        return held.pop()

    press().fulfill(status=204)
    expect(button).to_have_attribute("aria-busy", "true")
    assert button.bounding_box() == before, "nothing moves"
    again = press()
    with page.expect_navigation():
        again.continue_()
    page.unroute_all()
    page.go_back()

    expect(button).to_be_visible()
    expect(button).not_to_have_attribute("aria-busy", "true")
