"""An organisation's project from an idea to the board of who organises the call."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from procurement.models import Deadline, Trajectory
from tests import build
from tests.browser.conftest import COLLECT
from tests.procurement.build import make_signed_up

pytestmark = pytest.mark.browser

OWNER = "els@stad.example.org"


@pytest.fixture
def deadline(site: str) -> Deadline:
    """A call with one deadline, in autumn."""
    return build.make_deadline(call=build.make_call(slug="ai-oproep", title="AI bij besturen"))


def sign_in(page: Page, site: str, cookie: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])


def cookie_of(user: object) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def test_idea_becomes_a_trajectory_that_the_organisers_see_once_submitted(
    page: Page, browser: Browser, site: str, deadline: Deadline
) -> None:
    owner = make_signed_up(OWNER, name="Els Verstraete")
    organiser = build.make_organiser(deadline.call.programme)

    # An idea, aimed at the deadline: the steps stand there with their days.
    sign_in(page, site, cookie_of(owner))
    page.goto(f"{site}/me/")
    page.get_by_role("link", name="Begin een traject").click()
    page.get_by_label("Titel").fill("Slimme vergunningen")
    page.get_by_label("Probleem").fill("Dossiers blijven te lang liggen.")
    page.get_by_role("textbox", name="Organisatie").fill("Stad Voorbeeld")
    page.get_by_label("Voor welke oproep").select_option(f"deadline:{deadline.uid}")
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Slimme vergunningen")
    expect(page.locator("main")).to_contain_text("tegen woensdag 22 september 2027")
    page.get_by_role("button", name=re.compile("Gedaan.*Schrijf de behoefte op")).click()
    expect(page.locator(".to-do--done")).to_have_count(1)

    # A colleague, a document, an answer to the charter.
    page.get_by_label("E-mailadres van uw collega").fill("jan@stad.example.org")
    page.get_by_role("button", name="Noem een collega").click()
    expect(page.get_by_role("status")).to_contain_text("jan@stad.example.org")
    page.get_by_label("Document", exact=True).set_input_files(
        {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    )
    page.get_by_role("button", name="Voeg toe").click()
    expect(page.get_by_role("link", name="plan.pdf")).to_be_visible()
    page.get_by_role("link", name="Beantwoord de vragen").click()
    page.get_by_label("Hoever staat het?").first.select_option("yes")
    page.get_by_label("Antwoord").first.fill("Aan het loket, elke werkdag.")
    page.get_by_role("button", name="Bewaar de antwoorden").click()
    expect(page.locator("main")).to_contain_text("1 van de 8 vragen")

    # Nobody else knows of it, until it is submitted.
    context = browser.new_context(locale="nl-BE")
    context.add_init_script(COLLECT)
    theirs = context.new_page()
    sign_in(theirs, site, cookie_of(organiser))
    theirs.goto(f"{site}/organise/trajectories/")
    expect(theirs.locator("main")).to_contain_text("nog niets ingediend")
    page.get_by_role("link", name="Markeer als ingediend").click()
    page.get_by_role("button", name="Het is ingediend").click()
    expect(page.get_by_role("status")).to_contain_text("De organisatoren van de oproep zien het")
    theirs.reload()
    theirs.get_by_role("link", name="Slimme vergunningen").click()
    expect(theirs.locator("main")).to_contain_text("Aan het loket, elke werkdag.")
    expect(theirs.locator("main")).to_contain_text(OWNER)
    expect(theirs.locator("main")).not_to_contain_text("plan.pdf")
    assert theirs.evaluate("window.violations.length") == 0
    context.close()
    assert page.evaluate("window.violations.length") == 0
    assert Trajectory.objects.get().is_submitted
