"""What an organiser goes through to write to attendees."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from events.models import Session
from mailing.models import Message
from tests import build
from tests.browser.pages import PHONE, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def session(site: str) -> Session:
    """A session with two people who have a seat and one who waits."""
    session = build.make_session(capacity=2, slug="ai-in-de-praktijk", link=build.LINK)
    build.make_registration(session, name="An Peeters")
    build.make_registration(session, name="Zoé Dubois", language="fr")
    build.make_registration(session, name="Wout Wacht")
    Message.objects.all().delete()
    return session


def test_organiser_writes_to_those_with_a_seat_and_sees_it_arrive_without_scripts(
    browser: Browser, site: str, session: Session
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="nl-BE", viewport=PHONE)
    page = context.new_page()
    sign_in(page, build.make_organiser(session.programme), site)

    # From the list of those with a seat to a message to them.
    page.goto(f"{site}/organise/sessions/{session.slug}/attendees/?state=confirmed")
    page.get_by_label("De hele lijst: 2 personen").check()
    page.get_by_role("button", name="Schrijf hun een bericht").click()
    expect(page.get_by_label("iedereen met een plaats", exact=True)).to_be_checked()
    page.get_by_label("Onderwerp, in het Nederlands").fill("Breng uw laptop mee")
    page.get_by_label("Tekst, in het Nederlands").fill("Beste {naam},\nneem deel: {deelnamelink}")
    page.get_by_role("button", name="Bewaar en bekijk het resultaat").click()

    # As one of them reads it, then sent after a second gesture.
    mail = page.frame_locator("iframe")
    said = mail.get_by_role("paragraph")
    expect(said.filter(has_text="Beste An Peeters,")).to_be_visible()
    expect(mail.get_by_role("link", name="/registrations/…/join/")).to_be_visible()
    page.get_by_role("link", name="Français", exact=True).click()
    page.wait_for_url("**language=fr*")
    expect(said.filter(has_text="en néerlandais uniquement")).to_be_visible()
    # By keyboard: the page is still scrolling to the mail.
    page.get_by_role("button", name="Verstuur of plan het bericht").press("Enter")
    page.wait_for_url("**/send/")
    expect(page.get_by_role("alert").first).to_contain_text("Vink dit aan")
    page.get_by_label("Ja, verstuur het naar 2 personen").check()
    page.get_by_role("button", name="Verstuur of plan het bericht").press("Enter")
    told = page.get_by_role("status").filter(has_text="Het bericht gaat naar 2 personen.")
    expect(told).to_be_visible()

    # It arrives, and what became of it stands with the message and with the person.
    call_command("worker", "--once")
    page.reload()
    expect(page.get_by_role("link", name=re.compile("^2 verzonden"))).to_be_visible()
    page.get_by_role("link", name="An Peeters").click()
    expect(page.locator("main")).to_contain_text("Breng uw laptop mee")
    page.goto(f"{site}/mailbox/")
    expect(page.get_by_role("link", name="Breng uw laptop mee")).to_have_count(2)
    context.close()
