"""Every page in every state: accessible, quiet, and within a narrow window."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Page

from accounts.models import Theme, User
from events import registering
from events.models import Registration, Session, SessionState
from events.rescheduling import When, move
from portal.models import Preparation
from tests import build
from tests.browser.conftest import COLLECT, watch

pytestmark = pytest.mark.browser

PHONE, DESKTOP, NARROWEST = (
    {"width": 390, "height": 844},
    {"width": 1280, "height": 900},
    {"width": 320, "height": 640},
)
LONG_WORD = "Gegevensbeschermingseffectbeoordelingsmethodologie"


@dataclass
class World:
    """The address of the site, and of the pages that need a code."""

    site: str
    seated: Registration
    waiting: Registration
    cancelled: Registration
    moved: Registration


def make_world(site: str) -> World:
    """A session in each state, with registrations, deadlines and themes around them."""
    programme = build.make_programme(full_name=f"Programma {LONG_WORD}")
    Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")
    for state in SessionState:
        session = build.make_session_in(
            state,
            slug=str(state).replace("_", "-"),
            programme=programme,
            title=f"{LONG_WORD} ({state})",
            summary="Wat kan, wat mag, wat werkt.",
            description="Eerst **dit**.\n\n- een\n- twee\n\n[Meer](https://example.org)",
        )
        session.themes.set(Theme.objects.all())
    session = Session.objects.get(slug="open")
    agenda(session)
    agenda(Session.objects.get(slug="running"))
    registering.set_capacity(session, 2, now=build.NOW)
    seated = build.make_registration(session, name=LONG_WORD, email=f"{'lang' * 15}@example.org")
    waiting = build.make_registration(Session.objects.get(slug="waiting-list"))
    cancelled = build.make_registration(session)
    registering.cancel(cancelled, now=build.NOW, by=Registration.CancelledBy.OWNER)
    on_site = build.make_session(
        slug="op-locatie", attendance="on_site", venue=f"{LONG_WORD} 1, 1000 Brussel", link=""
    )
    moved = build.make_registration(on_site)
    move(
        on_site,
        When(on_site.starts_at + build.days(7), on_site.ends_at + build.days(7)),
        now=build.NOW,
    )
    deadline = build.make_deadline(source_phrase="uiterlijk 24 september")
    Preparation.objects.create(session=session, call=deadline.call)
    call_command("worker", "--once")
    return World(site, seated, waiting, cancelled, moved)


def agenda(session: Session) -> None:
    """A block with two talks, in the session's own time."""
    half = (session.ends_at - session.starts_at) / 2
    block = session.agenda_items.create(
        title="Twee cases", kind="block", starts_at=session.starts_at, ends_at=session.ends_at
    )
    for start in (session.starts_at, session.starts_at + half):
        talk = session.agenda_items.create(
            title=f"Slim aankopen met {LONG_WORD}",
            parent=block,
            starts_at=start,
            ends_at=start + half,
        )
        build.make_speaker(talk, name="An Janssens", role=LONG_WORD)


def address(path: str) -> Callable[[Page, World], None]:
    """Open an address; codes of registrations are filled in."""

    def open_it(page: Page, world: World) -> None:
        codes = {
            f"{name}_{kind}": getattr(getattr(world, name), f"{kind}_code")
            for name in ("seated", "waiting", "cancelled", "moved")
            for kind in ("managing", "joining")
        }
        page.goto(world.site + path.format(**codes))

    return open_it


def send_form(slug: str, **typed: str) -> Callable[[Page, World], None]:
    """Fill in the form of a session and send it."""

    def send(page: Page, world: World) -> None:
        page.goto(f"{world.site}/sessions/{slug}/")
        for name, text in typed.items():
            page.locator(f"form[method=post] [name={name}]").fill(text)
        page.locator("form[method=post] button[type=submit]").click()
        page.wait_for_url(re.compile("/regist(er|ered)/"))

    return send


def send_too_late(page: Page, world: World) -> None:
    """Send the form of a session that is cancelled in the meantime."""
    page.goto(f"{world.site}/sessions/open/")
    for name in ("name", "organisation_name"):
        page.locator(f"form[method=post] [name={name}]").fill(LONG_WORD)
    page.locator("form[method=post] [name=email]").fill("laat@example.org")
    Session.objects.filter(slug="open").update(status=Session.Status.CANCELLED)
    page.locator("form[method=post] button[type=submit]").click()
    page.wait_for_url("**/register/")


def newest_mail(page: Page, world: World) -> None:
    """Open the newest mail."""
    page.goto(f"{world.site}/mailbox/")
    page.locator("main table a").first.click()
    page.wait_for_url(re.compile("/mailbox/.+/"))


def sign_in(page: Page, user: User, site: str) -> None:
    """Give the browser what signing in would."""
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": site}])


def signed_in(path: str) -> Callable[[Page, World], None]:
    """Open an address as the owner of the first registration, with an account."""

    def open_it(page: Page, world: World) -> None:
        user = build.make_user(email=world.seated.email, name=LONG_WORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        sign_in(page, user, world.site)
        page.goto(world.site + path)

    return open_it


GOOD = {"name": "Jan Peeters", "email": "jan@example.org", "organisation_name": "Stad Voorbeeld"}
PAGES = {
    "home": address("/"),
    "home in French": address("/fr/"),
    "home in English": address("/en/"),
    "sessions": address("/sessions/"),
    "sessions of a theme": address("/sessions/?theme=ethiek"),
    "sessions past": address("/sessions/?period=past"),
    "sessions none found": address("/sessions/?q=niets"),
    **{
        f"session {state}": address(f"/sessions/{str(state).replace('_', '-')}/")
        for state in SessionState
        if state is not SessionState.DRAFT
    },
    "session in French": address("/fr/sessions/open/"),
    "session on site and moved": address("/sessions/op-locatie/"),
    "form with errors": send_form("open", name="Jan"),
    "form refused": send_too_late,
    "registered": send_form("open", **GOOD),
    "registered in line": send_form("waiting-list", **GOOD),
    "registered unknown": address("/sessions/open/registered/"),
    "manage": address("/registrations/{seated_managing}/"),
    "manage waiting": address("/registrations/{waiting_managing}/"),
    "manage cancelled": address("/registrations/{cancelled_managing}/"),
    "manage on site": address("/registrations/{moved_managing}/"),
    "cancel": address("/registrations/{seated_managing}/cancel/"),
    "join before the release": address("/registrations/{seated_joining}/join/"),
    "join waiting": address("/registrations/{waiting_joining}/join/"),
    "join cancelled": address("/registrations/{cancelled_joining}/join/"),
    "join on site": address("/registrations/{moved_joining}/join/"),
    "deadlines": address("/deadlines/"),
    "not found": address("/bestaat-niet/"),
    "find registration": address("/registrations/"),
    "sign in": address("/accounts/login/"),
    "make an account": address("/accounts/signup/"),
    "my page": signed_in("/me/"),
    "my addresses": signed_in("/accounts/email/"),
    "my second factors": signed_in("/accounts/2fa/"),
    "my app": signed_in("/accounts/2fa/totp/activate/"),
    "where I am signed in": signed_in("/accounts/sessions/"),
    "sign out": signed_in("/accounts/logout/"),
    "mailbox": address("/mailbox/"),
    "mail": newest_mail,
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(name: str, browser: Browser, site: str) -> None:
    # Without the content security policy, which keeps out what looks into the page.
    context = browser.new_context(bypass_csp=True, locale="nl-BE", viewport=PHONE)
    page = context.new_page()
    PAGES[name](page, make_world(site))

    found = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        found += Axe().run(page).response["violations"]

    context.close()
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_fits_a_narrow_window(name: str, browser: Browser, site: str) -> None:
    context = browser.new_context(locale="nl-BE", viewport=NARROWEST)
    context.add_init_script(COLLECT)
    page = context.new_page()
    errors, foreign = watch(page), []
    page.on(
        "request",
        lambda request: request.url.startswith((site, "data:")) or foreign.append(request.url),
    )

    PAGES[name](page, make_world(site))
    page.wait_for_load_state("networkidle")

    width = page.evaluate("document.documentElement.scrollWidth")
    seen = (errors, page.evaluate("window.violations"), foreign, width)
    context.close()
    assert seen == ([], [], [], NARROWEST["width"])


def test_page_of_the_link_is_accessible_and_quiet(page: Page, browser: Browser, site: str) -> None:
    session = build.make_session(link=f"{build.LINK}/{LONG_WORD * 3}", capacity=1)
    session.virtual_link.instructions = f"Code 1234\n\n{LONG_WORD}"
    session.virtual_link.save()
    registration = build.make_registration(session)
    Session.objects.filter(pk=session.pk).update(link_days_before=60)
    context = browser.new_context(bypass_csp=True, locale="nl-BE", viewport=PHONE)
    bypassing = context.new_page()

    page.set_viewport_size(NARROWEST)
    for each in (page, bypassing):
        each.goto(f"{site}{registration.get_join_url()}")

    assert build.LINK in page.content()
    assert page.evaluate("window.violations") == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROWEST["width"]
    violations = Axe().run(bypassing).response["violations"]
    context.close()
    assert [each["id"] for each in violations] == []


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/events/session/",
        "/admin/events/session/add/",
        "/admin/events/session/{id}/change/",
        "/admin/events/registration/",
    ],
)
def test_administration_works_within_the_content_security_policy(
    path: str, page: Page, site: str
) -> None:
    session = build.make_session()
    build.make_agenda_item(session)
    organiser = build.make_organiser(session.programme)
    sign_in(page, organiser, site)

    page.goto(site + path.format(id=session.pk))

    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.violations") == []
    page.context.close()
