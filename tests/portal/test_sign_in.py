"""Signing in: by a code in a mail, with a second factor, with an organisation's own sign-in."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
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
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.identity import IdentityProvider
from accounts.models import Affiliation, Membership, User
from events import registering
from mailing.models import Message
from portal import sign_in as sign_in_rules
from portal.mine import calendar_of, personal_feed
from tests import build
from tests.page import CheckedClient
from tests.portal.signing_in import code_in_last_mail, deliver, make_account, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(time_machine: TimeMachineFixture) -> None:
    """No test inherits another's attempts; the default session lies ahead."""
    time_machine.move_to(build.NOW)
    cache.clear()


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


@pytest.mark.django_db(transaction=True)  # what is recorded is so once it is committed
@override_settings(REQUIRE_SECOND_FACTOR=True)
def test_organiser_who_has_just_set_up_an_app_gets_in(client: CheckedClient) -> None:
    organiser = build.make_organiser(build.make_programme(), email="org@example.org")
    organiser.set_unusable_password()
    organiser.save()
    client.force_login(organiser)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret

    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    before = client.get("/admin/").status_code
    client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})

    assert (wrong.status_code, before) == (200, 302)
    assert client.get("/admin/").status_code == 200


@override_settings(REQUIRE_SECOND_FACTOR=True)
@pytest.mark.parametrize("what", ["webauthn/add/", "recovery-codes/generate/", "totp/deactivate/"])
def test_second_factor_that_is_there_is_asked_before_another_is_set_up(
    what: str, client: CheckedClient
) -> None:
    organiser = build.make_organiser(build.make_programme(), email="org@example.org")
    TOTP.activate(organiser, generate_totp_secret())
    organiser.set_unusable_password()
    organiser.save()
    client.force_login(organiser)

    answer = client.post(f"/accounts/2fa/{what}", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/2fa/reauthenticate/")
    assert client.get("/admin/").status_code == 302


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


def back_from(leave: Any, sub: str = "els") -> tuple[str, dict[str, str]]:
    """Where the provider sends somebody back to, and with what."""
    answer = requests.post(leave.url, data={"sub": sub}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return back.path, {name: values[0] for name, values in parse_qs(back.query).items()}


def test_answer_of_the_provider_to_somebody_else_signs_nobody_in(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    """Who is lured to an address with the attacker's answer would work in the attacker's name."""
    path, theirs = back_from(CheckedClient().post("/accounts/oidc/acm/login/"))
    _path, mine = back_from(client.post("/accounts/oidc/acm/login/"), sub="weak")

    for answer in (
        theirs,
        theirs | {"state": mine["state"]},
        theirs | {"state": "guessed"},
        {"code": theirs["code"]},
    ):
        client.get(path, answer, follow=True)
        assert client.get("/accounts/3rdparty/signup/").status_code == 302
        assert client.get("/me/").status_code == 302
    assert not User.objects.exists()


def test_answer_of_the_provider_counts_once(
    client: CheckedClient, provider: IdentityProvider
) -> None:
    path, answer = back_from(client.post("/accounts/oidc/acm/login/"))
    client.get(path, answer)
    other = CheckedClient()

    again = [client.get(path, answer), other.get(path, answer)]

    assert all("/signup/" not in page.headers.get("Location", "") for page in again)


@pytest.mark.parametrize("nonce", [None, "", "another"])
def test_id_token_made_for_another_visit_is_refused(
    client: CheckedClient,
    provider: IdentityProvider,
    nonce: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    decode = OpenIDConnectOAuth2Adapter._decode_id_token

    def decoded(self: Any, *token: Any) -> dict[str, Any]:
        told = decode(self, *token)
        asked.append(told["nonce"])
        return told | {"nonce": nonce}

    monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "_decode_id_token", decoded)

    through_provider(client, "els")

    assert len(asked[0]) == 32
    assert client.get("/accounts/3rdparty/signup/").status_code == 302
    assert not User.objects.exists()


def test_nonce_is_another_each_time(client: CheckedClient, provider: IdentityProvider) -> None:
    asked = [
        parse_qs(urlsplit(client.post("/accounts/oidc/acm/login/").url).query)["nonce"][0]
        for _time in range(2)
    ]

    assert asked[0] != asked[1]


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


def test_operator_ends_the_sign_ins_of_one_account_or_of_all() -> None:
    theirs, other = Client(), Client()
    for browser, email in [(theirs, "els@stad.example.org"), (other, "jan@stad.example.org")]:
        browser.force_login(make_account(email))
        assert browser.get("/me/").status_code == 200

    call_command("end_sign_ins", "--account", "Els@Stad.example.org")
    after_one = [browser.get("/me/").status_code for browser in (theirs, other)]
    call_command("end_sign_ins", "--all")

    assert after_one == [302, 200]
    assert other.get("/me/").status_code == 302
    with pytest.raises(CommandError, match="Nobody"):
        call_command("end_sign_ins", "--account", "niemand@stad.example.org")


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


@pytest.mark.parametrize("address", ["/", "/sessions/", "/me/", "/organise/", "/accounts/2fa/"])
def test_every_page_leads_to_signing_out(client: CheckedClient, address: str) -> None:
    assert 'href="/accounts/logout/"' not in client.get("/sessions/").content.decode()
    client.force_login(build.make_organiser(build.make_programme()))

    page = client.get(address).content.decode()

    assert 'href="/accounts/logout/"' in page.partition("<footer")[2]


# Whether an address is known ----------------------------------------------------------------------


ASKING = {
    "login by code": ("/accounts/login/", "login"),
    "login by code, its own page": ("/accounts/login/code/", "email"),
    "sign-up": ("/accounts/signup/", "email"),
    "links": ("/registrations/", "email"),
}


@dataclass
class Answer:
    """What somebody who asks with an address can see of the answer, and what it cost us."""

    statuses: list[int]
    places: list[str]
    headers: list[set[str]]
    cookies: set[str]
    body: str
    queries: list[str]


def ask(way: str, email: str) -> Answer:
    """Ask with an address, in a browser of one's own, and follow where that leads."""
    client = CheckedClient()
    address, field = ASKING[way]
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        first = client.post(address, {field: email})
    queries = [shape(query["sql"]) for query in captured]  # the next request forgets them
    last = client.get(first.url) if first.status_code == 302 else first
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", last.content.decode())
    return Answer(
        statuses=[first.status_code, last.status_code],
        places=[answer.headers.get("Location", "") for answer in (first, last)],
        headers=[set(answer.headers) for answer in (first, last)],
        cookies=set(client.cookies),
        body=body.replace(email, "…"),
        queries=queries,
    )


def shape(sql: str) -> str:
    """What a statement does, and to which table."""
    verb = sql.split(maxsplit=1)[0].replace("DECLARE", "SELECT")  # PostgreSQL, row by row
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', sql)
    return f"{verb} {table[1] if table else ''}".strip()


@pytest.mark.parametrize("way", ASKING)
@pytest.mark.parametrize("known_as", ["account", "unverified", "inactive", "registered"])
def test_known_and_unknown_addresses_get_one_answer(way: str, known_as: str) -> None:
    known, unknown = "known@stad.example.org", "other@stad.example.org"
    if known_as == "registered":
        build.make_registration(build.make_session(), email=known)
    else:
        user = make_account(known, is_active=known_as != "inactive")
        EmailAddress.objects.filter(user=user).update(verified=known_as != "unverified")

    ours, theirs = ask(way, known), ask(way, unknown)

    assert replace(ours, queries=[]) == replace(theirs, queries=[])


# What the one answer costs beyond the other. Of a known address there is an account or a mail with
# links more, of an unknown one a second look; asking for an account makes it where there is none.
APART = {
    "login by code": {"SELECT accounts_user": 1},
    "login by code, its own page": {"SELECT accounts_user": 1},
    "sign-up": {
        "SELECT account_emailaddress": 4,
        "SELECT accounts_user": 1,
        "INSERT accounts_user": 1,
        "INSERT account_emailaddress": 1,
    },
    "links": {"INSERT mailing_message": 1},
}


@pytest.mark.parametrize("way", ASKING)
def test_answer_costs_about_the_same_for_known_and_unknown_addresses(way: str) -> None:
    known = "known@stad.example.org"
    build.make_registration(build.make_session(), email=known)
    make_account(known)

    ours = Counter(ask(way, known).queries)
    cache.clear()  # counts of attempts begin anew
    theirs = Counter(ask(way, "other@stad.example.org").queries)

    assert ours
    assert (ours - theirs) + (theirs - ours) == Counter(APART[way])


def test_too_many_attempts_get_a_page_that_says_to_wait(client: CheckedClient) -> None:
    answers = [client.post("/accounts/signup/", {"email": f"{n}@example.org"}) for n in range(40)]

    assert {answer.status_code for answer in answers} == {302, 429}
    assert "Wacht even" in answers[-1].content.decode()


# Accounts nobody came back to ---------------------------------------------------------------------


def ask_for_account(email: str, *, days_ago: float) -> User:
    """An account as somebody asks for it, at a moment."""
    CheckedClient().post("/accounts/signup/", {"email": email})
    User.objects.filter(email=email).update(joined_at=build.NOW - build.days(days_ago))
    return User.objects.get(email=email)


def test_account_nobody_confirmed_is_erased_after_a_week() -> None:
    ask_for_account("just@example.org", days_ago=7)
    ask_for_account("not-yet@example.org", days_ago=7 - 1 / 86_400)

    erased = sign_in_rules.purge_unverified(build.NOW)

    assert erased == 1
    assert list(User.objects.values_list("email", flat=True)) == ["not-yet@example.org"]
    assert not EmailAddress.objects.filter(email="just@example.org").exists()


def test_account_that_somebody_uses_or_was_given_is_kept(client: CheckedClient) -> None:
    programme = build.make_programme()
    signed_in = ask_for_account("signed-in@example.org", days_ago=30)
    User.objects.filter(pk=signed_in.pk).update(last_login=build.NOW - build.days(29))
    member = ask_for_account("member@example.org", days_ago=30)
    Membership.objects.create(user=member, programme=programme)
    verified = ask_for_account("verified@example.org", days_ago=30)
    EmailAddress.objects.filter(user=verified).update(verified=True)
    build.make_administrator()
    build.make_user(email="made-by-administrator@example.org")
    User.objects.update(joined_at=build.NOW - build.days(30))
    before = set(User.objects.values_list("email", flat=True))

    erased = sign_in_rules.purge_unverified(build.NOW)

    assert erased == 0
    assert set(User.objects.values_list("email", flat=True)) == before
    assert len(before) == 5


def test_erased_address_can_ask_again(client: CheckedClient) -> None:
    ask_for_account("els@stad.example.org", days_ago=8)
    sign_in_rules.purge_unverified(build.NOW)
    cache.clear()  # a week later nobody counts the attempts of then

    client.post("/accounts/signup/", {"email": "els@stad.example.org"})
    deliver()
    client.post("/accounts/confirm-email/", {"code": code_in_last_mail()})

    assert client.get("/me/").status_code == 200
