"""Every way to sign in, as people go it in a browser."""

import email.policy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import oidc_provider_mock
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.identity import IdentityProvider
from accounts.models import Affiliation, User
from tests import build
from tests.browser.conftest import COLLECT, watch

pytestmark = pytest.mark.browser

ReadCode = Callable[[], str]


@pytest.fixture(autouse=True)
def _fresh_limits(site: str) -> None:
    """No test inherits another's attempts."""
    cache.clear()


@pytest.fixture
def read_code(deliver: Callable[[], None], settings: Settings) -> ReadCode:
    """What the newest mail says to fill in."""

    def read() -> str:
        deliver()
        newest = max(Path(settings.MAILBOX_DIR).glob("*.eml"))
        mail = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", body.get_content(), re.MULTILINE)
        assert found, body.get_content()
        return found[1]

    return read


@pytest.fixture
def user(site: str) -> User:
    return with_address(build.make_user(email="els@stad.example.org", name="Els Verstraete"))


def with_address(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.set_unusable_password()
    user.save()
    return user


def sign_in_by_code(page: Page, site: str, user: User, read_code: ReadCode) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Stuur mij een code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vul de code in")
    page.get_by_label("Code").fill(read_code())
    page.get_by_role("button", name="Ga verder").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Afmelden").click()
    page.wait_for_url(f"{site}/")


def is_signed_in(page: Page, site: str) -> bool:
    page.goto(f"{site}/me/")
    return page.url == f"{site}/me/"


def no_violations(page: Page) -> bool:
    return bool(page.evaluate("window.violations.length === 0"))


def test_code_from_the_mail_signs_in(
    page: Page, site: str, user: User, read_code: ReadCode
) -> None:
    sign_in_by_code(page, site, user, read_code)

    expect(page.get_by_role("heading", level=1)).to_have_text("Dag Els Verstraete")
    assert no_violations(page)
    sign_out(page, site)
    assert not is_signed_in(page, site)


def test_wrong_code_says_so_and_a_new_one_works(
    page: Page, site: str, user: User, read_code: ReadCode
) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Stuur mij een code").click()
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Ga verder").click()

    expect(page.get_by_role("alert")).to_contain_text("De code klopt niet")
    page.get_by_label("Code").fill(read_code())
    page.get_by_role("button", name="Ga verder").click()

    page.wait_for_url(f"{site}/me/")


# Second factor -----------------------------------------------------------------------------------


def app_code(secret: str) -> str:
    """What the app would show at this moment."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_organiser_sets_up_an_app_before_anything_else_and_signs_in_with_it(
    page: Page,
    site: str,
    read_code: ReadCode,
    settings: Settings,
    time_machine: TimeMachineFixture,
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    organiser = with_address(build.make_organiser(build.make_programme(), email="o@example.org"))
    sign_in_by_code(page, site, organiser, read_code)

    # Whatever they want to do, this comes first.
    page.goto(f"{site}/admin/events/session/add/")
    assert page.url == f"{site}/accounts/2fa/"
    page.get_by_role("link", name="Stel in").click()
    secret = page.get_by_label("Kunt u niet scannen?").input_value()
    page.get_by_label("Code uit de app").fill(app_code(secret))
    page.get_by_role("button", name="Stel in").click()
    expect(page.get_by_label("Codes die u nog kunt gebruiken")).to_be_visible()
    assert no_violations(page)
    sign_out(page, site)

    # From now on the code by mail is half of it. An app's code works once, so another moment.
    time_machine.shift(60)
    sign_in_by_code(page, site, organiser, read_code)
    assert page.url.startswith(f"{site}/accounts/2fa/authenticate/")
    page.goto(f"{site}/admin/")
    assert not page.url.startswith(f"{site}/admin/events")
    page.goto(f"{site}/accounts/2fa/authenticate/")
    page.get_by_label("Code").fill(app_code(secret))
    page.get_by_role("button", name="Meld aan").click()
    page.wait_for_url(f"{site}/me/")
    page.goto(f"{site}/admin/events/session/add/")
    assert page.url == f"{site}/admin/events/session/add/"


def give_authenticator(page: Page) -> None:
    """A phone or computer that makes passkeys and says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_passkey_is_made_and_signs_in_alone(
    page: Page, site: str, read_code: ReadCode, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    organiser = with_address(build.make_organiser(build.make_programme(), email="o@example.org"))
    give_authenticator(page)
    sign_in_by_code(page, site, organiser, read_code)
    page.goto(f"{site}/accounts/2fa/webauthn/add/")
    page.get_by_label("Naam").fill("Telefoon van het werk")
    page.get_by_label("Zonder code aanmelden").check()
    page.get_by_role("button", name="Voeg toe").click()
    page.wait_for_url(re.compile("/accounts/2fa/(recovery-codes|webauthn)/$"))
    page.goto(f"{site}/accounts/2fa/webauthn/")
    expect(page.locator("main")).to_contain_text("Telefoon van het werk")
    assert no_violations(page)
    sign_out(page, site)

    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Aanmelden met een passkey").click()
    page.wait_for_url(f"{site}/me/")

    # A passkey is two factors at once: the administration opens.
    page.goto(f"{site}/admin/events/session/add/")
    assert page.url == f"{site}/admin/events/session/add/"


# OpenID Connect ----------------------------------------------------------------------------------


@pytest.fixture
def provider(site: str, settings: Settings) -> Iterator[IdentityProvider]:
    """A real OpenID Provider that says what ACM/IDM says: no e-mail address, an organisation."""
    claims = {
        "given_name": "Els",
        "family_name": "Verstraete",
        "vo_id": "0f2c",
        "vo_doelgroepcode": "GID",
        "vo_orgcode": "OVO001234",
        "vo_orgnaam": "Departement Voorbeeld",
    }
    user = oidc_provider_mock.User(sub="els", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        provider = IdentityProvider(
            key="acm",
            name="ACM/IDM",
            issuer=f"http://localhost:{server.server_port}",
            client_id="sessies",
            client_secret="s3cret",
            scopes=["openid", "profile"],
            organisation_claim="vo_orgnaam",
            organisation_code_claim="vo_orgcode",
            level_claim="acr",
            minimum_level=0,
        )
        settings.OIDC_PROVIDERS = [provider]
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [provider.as_app()]}
        }
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        settings.CONTENT_SECURITY_POLICY = {
            "DIRECTIVES": directives
            | {"form-action": [*directives["form-action"], provider.origin]}
        }
        yield provider


def through_provider(page: Page, site: str, provider: IdentityProvider) -> None:
    """Choose the organisation's sign-in, and say there who one is."""
    # The provider's page asks for styles elsewhere, where there is no way to here.
    page.route(
        lambda url: "//localhost:" not in url,
        lambda route: route.fulfill(content_type="text/css", body=""),
    )
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("link", name="ACM/IDM").click()
    if page.url.startswith(site):
        page.get_by_role("button", name="Ga verder").click()
    page.wait_for_url(f"{provider.issuer}/**")
    page.locator("input[name=sub]").fill("els")
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url(f"{site}/**")


def test_first_sign_in_at_ones_organisation_asks_the_address_and_the_next_goes_straight_in(
    page: Page, site: str, provider: IdentityProvider, read_code: ReadCode
) -> None:
    through_provider(page, site, provider)
    expect(page.locator("main")).to_contain_text("U bent aangemeld via ACM/IDM")
    page.get_by_label("E-mail").fill("els@stad.example.org")
    page.get_by_role("button", name="Maak een account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vul de code in")
    page.get_by_label("Code").fill(read_code())
    page.get_by_role("button", name="Ga verder").click()
    page.wait_for_url(f"{site}/me/")
    expect(page.locator("main")).to_contain_text("Departement Voorbeeld")
    assert no_violations(page)
    sign_out(page, site)

    through_provider(page, site, provider)

    page.wait_for_url(f"{site}/me/")
    assert User.objects.get().name == "Els Verstraete"
    assert Affiliation.objects.get().code == "OVO001234"


# Where one is signed in --------------------------------------------------------------------------


def test_browser_that_is_signed_out_from_another_is_out(
    page: Page, browser: Browser, site: str, user: User, read_code: ReadCode
) -> None:
    lost = browser.new_context(locale="nl-BE")
    lost.add_init_script(COLLECT)
    other = lost.new_page()
    errors = watch(other)
    sign_in_by_code(other, site, user, read_code)
    cache.clear()  # one mail a while goes to an address; this is another day
    sign_in_by_code(page, site, user, read_code)

    page.goto(f"{site}/accounts/sessions/")
    expect(page.locator("main li")).to_have_count(2)
    page.get_by_role("button", name="Meld mij overal anders af").click()

    expect(page.get_by_role("status")).to_contain_text("U bent op alle andere plaatsen afgemeld")
    expect(page.locator("main li")).to_have_count(1)
    assert is_signed_in(page, site)
    assert not is_signed_in(other, site)
    assert errors == []
    lost.close()
