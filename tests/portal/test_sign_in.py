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
from events import registering
from mailing import outbox
from mailing.models import Message
from portal.mine import calendar_of, personal_feed
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

    client.post("/accounts/login/", {"login": "els@stad.example.org"})
    deliver()

    assert not re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", "".join(str(m.body) for m in mail.outbox))
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
    assert set(asked["scope"][0].split()) == {"openid", "profile"}


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


# What is one's own -------------------------------------------------------------------------------


def test_page_of_ones_own_offers_the_way_in_from_the_release_on(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session(link=build.LINK)
    registration = build.make_registration(session, email="els@stad.example.org")
    time_machine.move_to(session.link_released_at)
    client.force_login(make_account())

    page = client.get("/me/").content.decode()

    assert registration.get_join_url() in page
    assert build.LINK not in page


def test_language_of_ones_mails_is_kept(client: CheckedClient) -> None:
    user = make_account()
    client.force_login(user)

    client.post("/me/language/", {"language": "fr"})
    client.post("/me/language/", {"language": "xx"})

    user.refresh_from_db()
    assert user.language == "fr"


def test_personal_calendar_holds_ones_sessions_and_nobody_elses() -> None:
    session, other = build.make_session(link=build.LINK), build.make_session()
    mine_there = build.make_registration(session, email="els@stad.example.org")
    build.make_registration(other, email="other@stad.example.org")
    calendar = calendar_of(make_account())

    body = CheckedClient().get(calendar.get_absolute_url()).content.decode()

    unfolded = body.replace("\r\n ", "")
    assert session.uid in unfolded
    assert mine_there.get_join_url() in unfolded
    assert other.uid not in unfolded
    assert build.LINK not in unfolded


def test_personal_calendar_strikes_through_what_one_cancelled() -> None:
    registration = build.make_registration(build.make_session(), email="els@stad.example.org")
    registering.cancel(registration, now=build.NOW, by=registration.CancelledBy.OWNER)

    feed = personal_feed(_with_calendar(), now=build.NOW)

    assert b"STATUS:CANCELLED" in feed


def _with_calendar() -> User:
    user = make_account()
    calendar_of(user)
    return user


def test_renewed_calendar_is_empty_at_its_old_address(client: CheckedClient) -> None:
    user = make_account()
    client.force_login(user)
    old = calendar_of(user).get_absolute_url()

    client.post("/me/calendar/")

    new = calendar_of(user).get_absolute_url()
    assert [client.get(address).status_code for address in (old, new)] == [404, 200]


def test_page_says_when_the_calendar_was_last_fetched(client: CheckedClient) -> None:
    user = make_account()
    client.force_login(user)
    before = client.get("/me/").content.decode()

    client.get(calendar_of(user).get_absolute_url())

    assert "10 mei 2027" not in before
    assert "maandag 10 mei 2027 om 10u00" in client.get("/me/").content.decode()


def test_lost_links_come_by_mail_for_whoever_is_registered(client: CheckedClient) -> None:
    registration = build.make_registration(build.make_session(), email="els@stad.example.org")
    deliver()

    client.post("/registrations/", {"email": "Els@Stad.example.org"})
    deliver()

    assert registration.get_absolute_url() in mail.outbox[-1].body


def test_asking_for_links_answers_alike_for_every_address(client: CheckedClient) -> None:
    build.make_registration(build.make_session(), email="known@stad.example.org")

    pages = [
        client.post("/registrations/", {"email": email}).content.decode().replace(email, "X")
        for email in ("known@stad.example.org", "nobody@stad.example.org")
    ]

    assert pages[0] == pages[1]
    assert Message.objects.filter(kind="events.links").count() == 1


def test_asking_for_links_again_sends_no_second_mail_within_the_hour(
    client: CheckedClient,
) -> None:
    build.make_registration(build.make_session(), email="els@stad.example.org")

    for _time in range(3):
        client.post("/registrations/", {"email": "els@stad.example.org"})

    assert Message.objects.filter(kind="events.links").count() == 1
