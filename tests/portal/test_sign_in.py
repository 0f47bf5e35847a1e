"""Signing in: by a code in a mail, with a second factor, with an organisation's own sign-in."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.identity import IdentityProvider
from accounts.models import Affiliation, User
from mailing import outbox
from mailing.models import Message
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(time_machine: TimeMachineFixture) -> None:
    """No test inherits another's attempts; the default session lies ahead."""
    time_machine.move_to(build.NOW)
    cache.clear()


def deliver() -> None:
    """Send what waits, as the worker does."""
    outbox.deliver(outbox.claim(timezone.now()), clock=timezone.now, is_stopping=lambda: False)


def make_account(email: str = "els@stad.example.org", **fields: object) -> User:
    user = User.objects.create_user(email, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def code_in_last_mail() -> str:
    """The code in the latest mail that has one."""
    bodies = [str(sent.body) for sent in reversed(mail.outbox)]
    found = [re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", body, re.MULTILINE) for body in bodies]
    return next(code[1] for code in found if code)


def sign_in(client: CheckedClient, email: str) -> None:
    client.post("/accounts/login/", {"login": email})
    deliver()
    client.post("/accounts/login/code/confirm/", {"code": code_in_last_mail()})


def test_code_from_the_mail_signs_in(client: CheckedClient) -> None:
    make_account()

    sign_in(client, "els@stad.example.org")

    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize("typed", ["ELS@STAD.EXAMPLE.ORG", " els@stad.example.org "])
def test_code_comes_however_the_address_is_typed(client: CheckedClient, typed: str) -> None:
    make_account()

    sign_in(client, typed)

    assert client.get("/me/").status_code == 200


def test_person_who_may_no_longer_sign_in_gets_no_further(client: CheckedClient) -> None:
    make_account(is_active=False)

    sign_in(client, "els@stad.example.org")

    assert client.get("/me/").status_code == 302


def test_wrong_code_does_not_sign_in(client: CheckedClient) -> None:
    make_account()
    client.post("/accounts/login/", {"login": "els@stad.example.org"})

    client.post("/accounts/login/code/confirm/", {"code": "AAAA-BBBB"})

    assert client.get("/me/").status_code == 302


def test_mail_with_a_code_keeps_nothing_of_it_once_sent(client: CheckedClient) -> None:
    make_account()
    client.post("/accounts/login/", {"login": "els@stad.example.org"})
    before = Message.objects.get()

    deliver()

    assert before.payload["subject"]
    assert Message.objects.get().payload == {}


def test_known_and_unknown_addresses_get_the_same_answer(client: CheckedClient) -> None:
    make_account("known@stad.example.org")

    known = client.post("/accounts/login/", {"login": "known@stad.example.org"})
    unknown = CheckedClient().post("/accounts/login/", {"login": "other@stad.example.org"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Message.objects.count() == 2


def test_new_account_needs_its_address_confirmed(client: CheckedClient) -> None:
    client.post("/accounts/signup/", {"email": "nieuw@stad.example.org"})
    before = client.get("/me/").status_code
    deliver()

    client.post("/accounts/confirm-email/", {"code": code_in_last_mail()})

    assert before == 302
    assert client.get("/me/").status_code == 200


def test_confirmed_address_gathers_what_was_registered_without_an_account(
    client: CheckedClient,
) -> None:
    session = build.make_session()
    build.make_registration(session, email="Els@Stad.example.org")
    build.make_registration(session, email="other@stad.example.org", name="Iemand Anders")
    make_account()

    sign_in(client, "els@stad.example.org")
    page = client.get("/me/").content.decode()

    assert session.title in page
    assert "Iemand Anders" not in page


def test_unconfirmed_address_gathers_nothing(client: CheckedClient) -> None:
    session = build.make_session()
    build.make_registration(session, email="victim@stad.example.org")
    user = make_account()
    EmailAddress.objects.create(user=user, email="victim@stad.example.org", verified=False)
    client.force_login(user)

    page = client.get("/me/").content.decode()

    assert session.title not in page


# Second factor -----------------------------------------------------------------------------------


def totp_code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@override_settings(REQUIRE_SECOND_FACTOR=True)
def test_organiser_without_second_factor_is_sent_to_set_one_up(client: CheckedClient) -> None:
    organiser = build.make_organiser(build.make_programme())
    client.force_login(organiser)

    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"


@override_settings(REQUIRE_SECOND_FACTOR=True)
def test_organiser_with_an_app_code_gets_in(client: CheckedClient) -> None:
    organiser = build.make_organiser(build.make_programme(), email="org@example.org")
    EmailAddress.objects.create(
        user=organiser, email="org@example.org", verified=True, primary=True
    )
    secret = generate_totp_secret()
    TOTP.activate(organiser, secret)

    sign_in(client, "org@example.org")
    halfway = client.get("/admin/", follow=True).redirect_chain[-1][0]
    client.post("/accounts/2fa/authenticate/", {"code": totp_code(secret)})

    assert halfway == "/accounts/2fa/authenticate/"
    assert client.get("/admin/").status_code == 200


@override_settings(REQUIRE_SECOND_FACTOR=True)
def test_administrator_too_needs_a_second_factor(client: CheckedClient) -> None:
    client.force_login(build.make_administrator())

    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"


def test_admin_does_not_exist_for_people_without_a_programme(client: CheckedClient) -> None:
    client.force_login(make_account())

    assert client.get("/admin/", follow=True).status_code == 404


# OpenID Connect ----------------------------------------------------------------------------------


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """A real OpenID Provider with ACM/IDM-like claims, and the settings that name it."""
    claims = {
        "given_name": "Els",
        "family_name": "Verstraete",
        "vo_orgcode": "OVO001234",
        "vo_orgnaam": "Departement Voorbeeld",
        "acr": "400",
    }
    users = [
        oidc_provider_mock.User(sub="els", claims=claims),
        oidc_provider_mock.User(sub="weak", claims=claims | {"acr": "200"}),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as server:
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
            minimum_level=400,
        )
        with override_settings(
            OIDC_PROVIDERS=[provider],
            SOCIALACCOUNT_PROVIDERS={
                "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [provider.as_app()]}
            },
        ):
            yield provider


def through_provider(client: CheckedClient, sub: str) -> object:
    """Go to the provider, say who one is there, and come back."""
    leave = client.post("/accounts/oidc/acm/login/")
    answer = requests.post(leave.url, data={"sub": sub}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return client.get(f"{back.path}?{back.query}", follow=True)


def test_provider_is_asked_with_pkce_and_the_scopes_set(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    asked = parse_qs(urlsplit(client.post("/accounts/oidc/acm/login/").url).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile"]


def test_first_sign_in_at_the_provider_asks_for_the_address_and_confirms_it(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    through_provider(client, "els")

    client.post("/accounts/3rdparty/signup/", {"email": "els@stad.example.org"})
    deliver()
    client.post("/accounts/confirm-email/", {"code": code_in_last_mail()})

    assert client.get("/me/").status_code == 200
    assert User.objects.get().name == "Els Verstraete"


def test_provider_names_the_organisation_with_its_code(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    through_provider(client, "els")
    client.post("/accounts/3rdparty/signup/", {"email": "els@stad.example.org"})

    affiliation = Affiliation.objects.get()

    assert (affiliation.provider, affiliation.code) == ("acm", "OVO001234")
    assert affiliation.name == "Departement Voorbeeld"


def test_too_low_a_level_of_assurance_is_refused(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    through_provider(client, "weak")

    assert client.get("/accounts/3rdparty/signup/", follow=True).redirect_chain
    assert not User.objects.exists()


def test_address_of_an_existing_account_is_not_taken_over_by_the_provider(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    victim = make_account("els@stad.example.org")
    through_provider(client, "els")

    client.post("/accounts/3rdparty/signup/", {"email": "els@stad.example.org"})
    deliver()

    assert client.get("/me/").status_code == 302
    assert "http://localhost:8000/accounts/login/" in mail.outbox[-1].body
    assert not Affiliation.objects.filter(user=victim).exists()
