"""What a visitor goes through, from reading the page of a session to taking part."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from time_machine import TimeMachineFixture

from accounts import directory
from events.models import Registration, Session, SessionState
from tests import build
from tests.browser.keys import press, type_in
from tests.interop.readers import read_with_vobject

pytestmark = pytest.mark.browser

Deliver = Callable[[], None]


@pytest.fixture
def session(site: str) -> Session:
    """A session with one seat."""
    session = build.make_session(
        capacity=1, link=build.LINK, slug="ai-in-de-praktijk", title="AI in de praktijk"
    )
    block = build.make_agenda_item(session, "14:05", "15:15", title="Twee cases", kind="block")
    talk = build.make_agenda_item(session, "14:05", "14:50", title="Slim aankopen", parent=block)
    build.make_speaker(talk, name="An Janssens")
    return session


def fill_in(page: Page, *, email: str, name: str = "Jan Peeters") -> None:
    page.get_by_label("Uw naam").fill(name)
    page.get_by_label("Uw e-mailadres").fill(email)
    page.get_by_label("Uw organisatie").fill("Stad Voorbeeld")


def register(page: Page, site: str, session: Session, *, email: str) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    fill_in(page, email=email)
    page.locator("form[method=post] button[type=submit]").click()
    page.wait_for_url(f"**/sessions/{session.slug}/registered/")


def open_mail(page: Page, site: str, *, to: str, subject: str) -> None:
    """Open the newest mail to somebody in the mailbox."""
    page.goto(f"{site}/mailbox/")
    row = page.get_by_role("row").filter(has_text=to).filter(has_text=subject)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(subject)


def test_visitor_registers_and_takes_part(
    page: Page,
    site: str,
    session: Session,
    deliver: Deliver,
    time_machine: TimeMachineFixture,
    tmp_path: Path,
) -> None:
    # One reads the page and registers.
    page.goto(f"{site}/sessions/{session.slug}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("AI in de praktijk")
    expect(page.locator("main")).to_contain_text("donderdag 10 juni 2027, 14u00 – 16u30")
    expect(page.locator("main")).to_contain_text("Slim aankopen")
    expect(page.locator("main")).to_contain_text("An Janssens")
    register(page, site, session, email="eerste@example.org")
    expect(page.locator("main")).to_contain_text("eerste@example.org")

    # The mail leads to their registration, whose calendar file another program reads.
    deliver()
    open_mail(page, site, to="eerste@example.org", subject="Ingeschreven: AI in de praktijk")
    mail = page.frame_locator("iframe")
    manage = mail.get_by_role("link", name="Bekijk uw inschrijving").get_attribute("href")
    assert manage is not None
    assert manage.startswith(f"{site}/registrations/")
    page.goto(manage)
    expect(page.locator("main")).to_contain_text("eerste@example.org")
    with page.expect_download() as download:
        page.locator("a[href$='calendar.ics']").click()
    path = tmp_path / "sessie.ics"
    download.value.save_as(path)
    [entry] = read_with_vobject(path.read_bytes())
    assert (entry["summary"], entry["start"], entry["end"], entry["status"]) == (
        "AI in de praktijk",
        "2027-06-10T12:00:00Z",
        "2027-06-10T14:30:00Z",
        "CONFIRMED",
    )
    assert f"{site}/registrations/" in entry["url"]
    assert build.LINK not in path.read_text()

    # Another one comes on the waiting list.
    register(page, site, session, email="tweede@example.org")
    expect(page.locator("main")).to_contain_text("tweede@example.org")
    deliver()
    open_mail(page, site, to="tweede@example.org", subject="Op de wachtlijst")

    # The first cancels; the second is told at once that they have the seat.
    page.goto(manage)
    page.locator("a[href$='/cancel/']").click()
    assert Registration.objects.get(email="eerste@example.org").is_confirmed
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(manage)
    deliver()
    open_mail(page, site, to="eerste@example.org", subject="Niet meer ingeschreven")
    open_mail(page, site, to="tweede@example.org", subject="U hebt een plaats")

    # Before the release nobody sees the link; the day before at nine it comes by mail.
    second = Registration.objects.get(email="tweede@example.org")
    page.goto(f"{site}{second.get_join_url()}")
    expect(page.locator("main")).to_contain_text("woensdag 9 juni 2027 om 9u00")
    assert build.LINK not in page.content()
    time_machine.move_to(datetime(2027, 6, 9, 7, 0, tzinfo=UTC))
    deliver()
    open_mail(page, site, to="tweede@example.org", subject="Uw link")
    assert build.LINK not in page.content()
    join = page.frame_locator("iframe").get_by_role("link").filter(has_text="sessie").first
    address = join.get_attribute("href")
    assert address is not None
    page.goto(address)
    expect(page.get_by_role("button", name="Neem deel")).to_be_visible()
    expect(page.locator("main code")).to_have_text(build.LINK)

    page.goto(f"{site}/mailbox/")
    expect(page.get_by_role("row").filter(has_text="Uw link")).to_have_count(1)


def test_errors_are_read_first_and_keep_what_was_typed(
    page: Page, site: str, session: Session
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    fill_in(page, email="geen adres")

    page.locator("form[method=post] button[type=submit]").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Uw naam")).to_have_value("Jan Peeters")
    expect(page.get_by_label("Uw e-mailadres")).to_have_value("geen adres")
    summary.get_by_role("link").click()
    expect(page.get_by_label("Uw e-mailadres")).to_be_focused()


def test_form_sent_after_the_deadline_says_so_and_shows_what_was_typed(
    page: Page, site: str, session: Session, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(session.registration_closes_at - timedelta(minutes=2))
    page.goto(f"{site}/sessions/{session.slug}/")
    fill_in(page, email="telaat@example.org")
    time_machine.move_to(session.registration_closes_at + timedelta(minutes=1))

    page.locator("form[method=post] button[type=submit]").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("main")).to_contain_text("telaat@example.org")
    expect(page.locator("main")).to_contain_text("Jan Peeters")
    expect(page.locator("form[method=post]")).to_have_count(0)
    assert not Registration.objects.exists()


def test_double_click_registers_once(page: Page, site: str, session: Session) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    fill_in(page, email="dubbel@example.org")

    page.locator("form[method=post] button[type=submit]").dblclick(no_wait_after=True)

    page.wait_for_url("**/registered/")
    assert Registration.objects.get().email == "dubbel@example.org"


def test_keyboard_alone_finds_a_session_registers_mends_a_mistake_and_cancels(
    page: Page, site: str, session: Session
) -> None:
    page.goto(f"{site}/")
    page.keyboard.press("Tab")
    expect(page.locator("a[href='#main']")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="AI in de praktijk", exact=True).first)
    page.wait_for_url(f"**/sessions/{session.slug}/")
    type_in(page, "Uw naam", "Jan Peeters")
    type_in(page, "Uw e-mailadres", "geen adres")
    type_in(page, "Uw organisatie", "Stad Voorbeeld")
    # Enter in a field sends the form, as in every form.
    page.keyboard.press("Enter")

    # The mistake is read first, and leads to its field.
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    press(page, summary.get_by_role("link"))
    expect(page.get_by_label("Uw e-mailadres")).to_be_focused()
    type_in(page, "Uw e-mailadres", "toetsen@example.org")
    press(page, page.get_by_role("button", name="Schrijf mij in"), "Space")
    page.wait_for_url("**/registered/")
    registration = Registration.objects.get()
    assert (registration.name, registration.is_confirmed) == ("Jan Peeters", True)

    # The mail leads to one's own page.
    page.goto(site + registration.get_absolute_url())
    press(page, page.locator("a[href$='/cancel/']"))
    page.wait_for_url("**/cancel/")
    press(page, page.locator("main form button[type=submit]"))
    page.wait_for_url(site + registration.get_absolute_url())
    registration.refresh_from_db()
    assert registration.cancelled_by == Registration.CancelledBy.OWNER


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
def test_visitor_without_javascript_registers(
    language: str, browser: Browser, site: str, session: Session
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}{language}/sessions/{session.slug}/")

    page.locator("[name=name]").fill("Jan Peeters")
    page.locator("[name=email]").fill("zonder@example.org")
    page.locator("[name=organisation_name]").fill("Stad Voorbeeld")
    page.locator("form[method=post] button[type=submit]").click()

    assert page.url == f"{site}{language}/sessions/{session.slug}/registered/"
    assert Registration.objects.get().language == (language.strip("/") or "nl")
    page.context.close()


@pytest.fixture
def city(site: str) -> str:
    """An organisation in the directory."""
    organisation = build.make_organisation(name="Stad Brugge")
    organisation.domains.create(domain="brugge.be")
    directory.index_names(organisation)
    return "Stad Brugge"


def test_organisation_is_suggested_while_typing(
    page: Page, site: str, session: Session, city: str
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")

    page.get_by_label("Uw organisatie").press_sequentially("brug")

    options = page.locator("datalist option")
    expect(options).to_have_count(1)
    assert options.first.get_attribute("value") == city


def test_organisation_is_filled_in_by_the_domain_of_the_address(
    page: Page, site: str, session: Session, city: str
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_label("Uw e-mailadres").fill("jan.peeters@mail.brugge.be")
    page.keyboard.press("Tab")

    expect(page.get_by_label("Uw organisatie")).to_have_value(city)
    assert [url for url in asked if re.search("jan|peeters", url)] == []


def test_organisation_that_was_typed_is_not_replaced(
    page: Page, site: str, session: Session, city: str
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    page.get_by_label("Uw organisatie").fill("OCMW Brugge")

    with page.expect_response(re.compile("suggestions")):
        page.get_by_label("Uw organisatie").press_sequentially(" ")
    page.get_by_label("Uw e-mailadres").fill("jan@brugge.be")
    page.keyboard.press("Tab")

    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Uw organisatie")).to_have_value("OCMW Brugge ")


def test_state_of_a_session_changes_for_whoever_looks_again(
    page: Page, site: str, session: Session, time_machine: TimeMachineFixture
) -> None:
    page.goto(f"{site}/sessions/{session.slug}/")
    expect(page.locator("form[method=post]")).to_have_count(1)

    time_machine.move_to(session.registration_closes_at)
    page.reload()

    expect(page.locator("form[method=post]")).to_have_count(0)
    assert session.state(session.registration_closes_at, is_full=False) is SessionState.CLOSED
    assert session.registration_closes_at == datetime.combine(
        date(2027, 6, 7), datetime.min.time(), UTC
    ).replace(hour=22)
