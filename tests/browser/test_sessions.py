"""An organiser makes a session and publishes it: with the keyboard alone, and without scripts."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Programme, User
from events.models import SeatCount, Session, SessionState
from tests import build
from tests.browser.conftest import COLLECT, watch
from tests.browser.keys import press, type_at, type_in
from tests.events.test_pasting import REAL

pytestmark = [pytest.mark.browser]


@pytest.fixture
def programme(site: str) -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def organiser(programme: Programme) -> User:
    return build.make_organiser(programme, name="An Claes")


def sign_in(context: BrowserContext, site: str, user: User) -> None:
    """As whoever signed in; signing in itself is tried elsewhere."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


@pytest.fixture
def desk(page: Page, context: BrowserContext, site: str, organiser: User) -> Page:
    """The organiser's wide screen."""
    sign_in(context, site, organiser)
    page.set_viewport_size({"width": 1280, "height": 900})
    # What is where would otherwise depend on how far the page has scrolled by then.
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture
def phone(browser: Browser, site: str, organiser: User) -> Iterator[Page]:
    """The organiser's phone, which runs no scripts."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 800}, locale="nl-BE"
    )
    context.set_default_timeout(10_000)
    sign_in(context, site, organiser)
    yield context.new_page()
    context.close()


def test_keyboard_alone_leads_from_a_pasted_programme_to_published(desk: Page, site: str) -> None:
    desk.goto(f"{site}/organise/")
    press(desk, desk.get_by_role("link", name="Nieuwe sessie"))
    desk.wait_for_url(f"{site}/organise/sessions/new/")
    type_in(desk, "Titel", "AI in de praktijk")
    for selector, text in [
        ("#id_summary_nl", "Wat werkt."),
        ("#id_day", "2027-06-10"),
        ("#id_starts", "14u00"),
        ("#id_ends", "16:30"),
        ("#id_virtual_link", build.LINK),
    ]:
        type_at(desk, desk.locator(selector), text)
    press(desk, desk.locator("#id_registration_closing_0"), "ArrowDown")
    type_at(desk, desk.locator("#id_registration_closing_1"), "2027-06-08")
    type_at(desk, desk.locator("#id_capacity"), "40")
    type_at(desk, desk.locator("#id_agenda_text"), REAL)
    press(desk, desk.get_by_role("button", name="Bewaar als concept"))

    expect(desk.locator("main")).to_contain_text("Elke regel is begrepen: 9 agendapunten.")
    press(desk, desk.get_by_role("button", name="Bewaar als programma"))
    desk.wait_for_url(f"{site}/organise/sessions/ai-in-de-praktijk/publish/")
    press(desk, desk.get_by_role("button", name="Publiceer de sessie"))

    expect(desk.get_by_role("heading", level=2)).to_have_text("Publiceren")
    session = Session.objects.get()
    assert (session.status, session.starts_at) == ("published", build.at("14:00"))
    assert session.registration_closes_at == build.at("00:00") - timedelta(days=2)
    assert (session.agenda_items.count(), SeatCount.objects.get().capacity) == (9, 40)


def test_pasted_programme_leads_to_open_registration(
    desk: Page, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.goto(f"{site}/organise/")
    started_at = time.monotonic()
    desk.get_by_role("link", name="Nieuwe sessie").click()
    for selector, typed in [
        ("#id_title_nl", "Artificiële intelligentie: AI4GOV"),
        ("#id_starts", "14u00"),
        ("#id_ends", "16u30"),
        ("#id_virtual_link", build.LINK),
    ]:
        desk.locator(selector).click()
        desk.keyboard.type(typed)
    # A browser takes a date in the order of the machine's own language.
    desk.locator("#id_day").fill("2027-06-10")
    desk.locator("#id_agenda_text").click()
    desk.keyboard.insert_text(REAL)
    desk.get_by_role("button", name="Bewaar als concept").click()
    expect(desk.locator("main")).to_contain_text("Elke regel is begrepen: 9 agendapunten.")
    desk.get_by_role("button", name="Bewaar als programma").click()
    expect(desk.get_by_role("heading", level=2)).to_have_text("Klaar om te publiceren?")
    desk.get_by_role("button", name="Publiceer de sessie").click()
    desk.get_by_role("link", name="Bekijk de publieke pagina").click()
    expect(desk.get_by_role("button", name="Schrijf mij in")).to_be_visible()
    seconds = time.monotonic() - started_at

    with capsys.disabled():
        print(f" from programme to open registration: {seconds:.1f} s")  # noqa: T201 - to be seen
    session = Session.objects.get()
    assert session.state(build.NOW, is_full=False) is SessionState.OPEN
    assert session.registration_closes_at == build.at("00:00")
    assert session.agenda_items.count() == 9
    titles = desk.locator(".timetable__title").all_inner_texts()
    assert [title.strip() for title in titles][-1] == "Conclusies"


def test_phone_without_scripts_makes_publishes_and_moves_a_session(
    phone: Page, site: str, programme: Programme
) -> None:
    phone.goto(f"{site}/organise/sessions/new/")
    phone.get_by_label("Titel", exact=True).fill("AI onderweg")
    phone.locator("#id_day").fill("2027-06-10")
    phone.locator("#id_starts").fill("14:00")
    phone.locator("#id_ends").fill("13:00")
    phone.locator("#id_registration_closing_0").select_option("before_date")
    phone.locator("#id_registration_closing_1").fill("2027-06-08")
    phone.get_by_role("button", name="Bewaar als concept").click()
    expect(phone.get_by_role("alert").first).to_contain_text("Een sessie eindigt na")
    phone.locator("#id_ends").fill("16:30")
    phone.get_by_role("button", name="Bewaar als concept").click()
    phone.get_by_role("button", name="Publiceer de sessie").click()
    expect(phone.get_by_role("heading", level=2)).to_have_text("Publiceren")
    session = Session.objects.get()
    build.make_registration(session)

    phone.goto(f"{site}/organise/sessions/{session.slug}/page/")
    phone.locator("#id_day").fill("2027-06-17")
    phone.get_by_role("button", name="Bewaar de wijzigingen").click()
    expect(phone.get_by_role("heading", level=2)).to_have_text("Bericht sturen aan wie inschreef?")
    phone.get_by_role("button", name="Bewaar en stuur 1 persoon bericht").click()

    expect(phone.get_by_role("status")).to_contain_text("De wijzigingen zijn bewaard")
    session.refresh_from_db()
    assert session.starts_at == build.at("14:00") + timedelta(days=7)


def test_pages_of_a_session_have_no_accessibility_fault_and_fit_a_small_screen(
    desk: Page, site: str, programme: Programme
) -> None:
    session = build.make_session(
        programme=programme, title="Aanbestedingsreglementeringsdeskundigenbijeenkomst " * 3
    )
    build.make_registration(session)
    base = f"{site}/organise/sessions/{session.slug}"
    addresses = [
        f"{site}/organise/",
        f"{site}/organise/sessions/new/",
        *[f"{base}/{tab}/" for tab in ("page", "publish", "cancel", "clone", "history", "preview")],
    ]
    for address in addresses:
        desk.set_viewport_size({"width": 1280, "height": 900})
        desk.goto(address)
        result = Axe().run(desk, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert result.violations_count == 0, f"{address}: {result.generate_report()}"
        desk.set_viewport_size({"width": 320, "height": 700})
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert desk.evaluate("window.violations.length === 0"), address


def test_two_organisers_see_each_others_change_and_choose(
    desk: Page, browser: Browser, site: str, programme: Programme
) -> None:
    session = build.make_session(programme=programme, title_nl="Oud")
    other_context = browser.new_context(locale="nl-BE")
    other_context.add_init_script(COLLECT)
    sign_in(other_context, site, build.make_organiser(programme, name="Bo Maes"))
    other = other_context.new_page()
    errors = watch(other)
    address = f"{site}/organise/sessions/{session.slug}/page/"
    for each in (desk, other):
        each.goto(address)
    other.locator("#id_title_nl").fill("Van Bo")
    other.get_by_role("button", name="Bewaar de wijzigingen").click()
    expect(other.get_by_role("status").filter(has_text="bewaard")).to_be_visible()

    desk.locator("#id_title_nl").fill("Van An")
    desk.get_by_role("button", name="Bewaar de wijzigingen").click()
    expect(desk.get_by_role("heading", level=2)).to_contain_text("Iemand anders heeft")
    desk.locator("#theirs-title_nl").check()
    desk.get_by_role("button", name="Bewaar met deze keuzes").click()

    expect(desk.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    session.refresh_from_db()
    assert (session.title, errors) == ("Van Bo", [])
    other_context.close()


def test_form_of_who_was_signed_out_meanwhile_waits_for_them(
    desk: Page, site: str, programme: Programme, organiser: User
) -> None:
    session = build.make_session(programme=programme, title_nl="Oud")
    desk.goto(f"{site}/organise/sessions/{session.slug}/page/")
    desk.locator("#id_title_nl").fill("Lang aan gewerkt")
    desk.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    desk.get_by_role("button", name="Bewaar de wijzigingen").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Nog niet verzonden")
    found = Axe().run(desk).response["violations"]

    # They sign in beside it, which also makes what the form carries worthless.
    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="Meld u aan, in een nieuw tabblad").click()
    beside = opened.value
    beside.wait_for_url("**/accounts/login/**")
    desk.context.clear_cookies()
    beside.goto(f"{site}/accounts/login/")
    sign_in(desk.context, site, organiser)
    beside.close()
    for _time in range(2):
        desk.get_by_role("button", name="Verzend opnieuw").click()

    expect(desk.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    session.refresh_from_db()
    assert (session.title, found) == ("Lang aan gewerkt", [])
