"""What somebody goes through who does not want to miss a deadline."""

import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from procurement.models import Deadline, Follow
from tests import build
from tests.browser.keys import press, type_in
from tests.browser.pages import sign_in
from tests.browser.test_story import open_mail
from tests.interop.readers import read_with_vobject

pytestmark = pytest.mark.browser

Deliver = Callable[[], None]
ADDRESS = "volger@example.org"


@pytest.fixture
def deadline(site: str) -> Deadline:
    """A call with one deadline, in autumn."""
    return build.make_deadline(call=build.make_call(slug="ai-oproep", title="AI bij besturen"))


def entry(site: str) -> dict[str, object]:
    """The deadline as a subscribed calendar gets it."""
    with urllib.request.urlopen(f"{site}/deadlines/calendar.ics") as answer:  # noqa: S310
        [found] = read_with_vobject(answer.read())
    return found


def test_follower_hears_of_a_moved_deadline_and_stops(
    page: Page, site: str, deadline: Deadline, deliver: Deliver
) -> None:
    # One finds the call in the list and asks to follow it, with the keyboard alone.
    page.goto(f"{site}/deadlines/")
    press(page, page.get_by_role("link", name="AI bij besturen").first)
    expect(page.locator("main")).to_contain_text("U bent hier")
    press(page, page.get_by_role("link", name="Volg per e-mail"))
    page.wait_for_url("**/follow/**")
    type_in(page, "Uw e-mailadres", ADDRESS)
    press(page, page.get_by_label("14 dagen vooraf"), "Space")
    press(page, page.get_by_role("button", name="Volgen"))
    expect(page.get_by_role("status")).to_contain_text(ADDRESS)

    # The mail asks to confirm; only the button on its page does it.
    deliver()
    open_mail(page, site, to=ADDRESS, subject="Bevestig dat u dit volgt: AI bij besturen")
    confirm = page.frame_locator("iframe").get_by_role("link", name="Bevestigen")
    address = confirm.get_attribute("href")
    assert address is not None
    page.goto(address)
    assert Follow.objects.get().confirmed_at is None
    page.get_by_role("button", name="Ja, mail mij").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("AI bij besturen")
    assert Follow.objects.get().offsets == [30, 7, 1]
    before = entry(site)

    # The organiser moves the deadline in the workspace, and reads at once what that means.
    desk = page.context.new_page()
    sign_in(desk, build.make_organiser(deadline.call.programme), site)
    desk.goto(f"{site}/organise/calls/ai-oproep/deadlines/")
    desk.get_by_role("link", name="Indiendatum").click()
    reading = desk.locator(".closing [role=status]")
    expect(reading).to_contain_text("uiterlijk vrijdag 24 september 2027 om 24u00, open tot en met")
    desk.get_by_label("Datum", exact=True).fill("2027-10-01")
    expect(reading).to_contain_text("open tot en met vrijdag 1 oktober 2027, 23u59")
    desk.get_by_label("Waarom de datum verandert").fill("Veel vragen kwamen laat.")
    desk.get_by_role("button", name="Bewaar").click()
    expect(desk.locator("main")).to_contain_text("1 volger krijgt een mail.")
    desk.close()
    page.context.clear_cookies()

    # The follower is told, and the calendar follows.
    deliver()
    open_mail(page, site, to=ADDRESS, subject="Indiendatum verlengd: AI bij besturen")
    mail = page.frame_locator("iframe")
    expect(mail.locator("body")).to_contain_text("verlengd van vrijdag 24 september 2027 om 24u00")
    expect(mail.locator("body")).to_contain_text("Veel vragen kwamen laat.")
    stop = mail.get_by_role("link", name="Deze mails stopzetten").get_attribute("href")
    assert stop is not None
    after = entry(site)
    assert (before["start"], after["start"]) == ("2027-09-24", "2027-10-01")
    assert after["uid"] == before["uid"]
    page.goto(f"{site}/deadlines/ai-oproep/")
    expect(page.locator("main")).to_contain_text("erlengd van vrijdag 24 september 2027")

    # Enough: looking changes nothing, the button does.
    page.goto(stop)
    assert Follow.objects.exists()
    page.get_by_role("button", name="Zet alle mails stop").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("geen mails over indiendata meer")
    assert not Follow.objects.exists()
