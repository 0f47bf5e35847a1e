"""Privacy, accessibility, cookies, reporting a vulnerability: what we say is what is so."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from time_machine import TimeMachineFixture

from portal.processing import processings
from portal.views.statements import expiry
from tests import build
from tests.page import CheckedClient
from tests.portal.signing_in import code_in_last_mail, deliver, make_account

pytestmark = pytest.mark.django_db

STATEMENTS = ["/privacy/", "/privacy/register/", "/accessibility/", "/cookies/", "/security/"]


@pytest.fixture(autouse=True)
def _fresh(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW)
    cache.clear()


def text_of(client: CheckedClient, address: str) -> str:
    """What a page says, without its tags."""
    answer = client.get(address)
    assert answer.status_code == 200
    [main] = re.findall(r"<main.*</main>", answer.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.mark.parametrize("prefix", ["", "/fr", "/en"])
@pytest.mark.parametrize("address", STATEMENTS)
def test_statement_is_a_sound_page_in_each_language(
    prefix: str, address: str, client: CheckedClient
) -> None:
    page = client.get(prefix + address).content.decode()

    assert f'<html lang="{prefix.strip("/") or "nl"}">' in page
    headings = re.findall(r'<h2 id="([^"]+)">', page)
    listed = re.findall(r'<li><a href="#([^"]+)">', page)
    assert len(headings) > 2
    assert headings == listed


@pytest.mark.parametrize("address", STATEMENTS)
def test_statement_leaves_no_sentence_in_english(address: str, client: CheckedClient) -> None:
    english = set(re.findall(r"[A-Z][^.:]{60,}[.:]", text_of(client, f"/en{address}")))

    for prefix in ("", "/fr"):
        assert [text for text in english if text in text_of(client, prefix + address)] == []


def test_statements_are_linked_from_every_page(client: CheckedClient) -> None:
    [footer] = re.findall(r"<footer.*</footer>", client.get("/fr/").content.decode(), re.DOTALL)

    for address in ("privacy", "accessibility", "cookies", "security"):
        assert f'href="/fr/{address}/"' in footer


def test_form_leads_to_what_is_done_with_what_is_filled_in(client: CheckedClient) -> None:
    session = build.make_session()

    page = client.get(f"/en/sessions/{session.slug}/").content.decode()

    [form] = re.findall(r'<form class="form" .*?</form>', page, re.DOTALL)
    assert 'href="/en/privacy/"' in form


def test_privacy_statement_names_who_answers_for_the_data(
    client: CheckedClient, settings: Settings
) -> None:
    settings.CONTROLLER_NAME = "Departement <Q&A>"
    settings.DATA_PROTECTION_CONTACT = "https://example.be/dpo"
    settings.SUPERVISORY_AUTHORITY = "Gegevensbeschermingsautoriteit"
    settings.RETENTION_DAYS_DEFAULT = 45

    page = client.get("/privacy/").content.decode()
    text = text_of(client, "/privacy/")

    assert "Departement <Q&A> beslist waarom" in text
    assert '<a class="address" href="https://example.be/dpo">' in page
    assert "Gegevensbeschermingsautoriteit" in text
    assert "45 dagen na de sessie" in text


@pytest.mark.parametrize("address", ["/privacy/", "/privacy/register/"])
def test_data_leaves_the_economic_area_only_where_the_settings_say_so(
    address: str, client: CheckedClient, settings: Settings
) -> None:
    settings.PROCESSORS = ["Eigen Hosting (servers, België)"]
    before = text_of(client, address)
    settings.PROCESSORS_OUTSIDE_EEA = ["Far Mail Inc. (mails, VS; modelcontract)"]

    after = text_of(client, address)

    stays = {
        "/privacy/": "verlaten de Europese Economische Ruimte niet",
        "/privacy/register/": "Niets.",
    }
    assert stays[address] in before
    assert "Eigen Hosting" in before
    assert stays[address] not in after
    assert after.count("Far Mail Inc.") == 2


def test_statement_claims_no_assessment_by_others_unless_there_was_one(
    client: CheckedClient, settings: Settings
) -> None:
    own = text_of(client, "/accessibility/")
    settings.ACCESSIBILITY_ASSESSOR = "AnySurfer"

    by_another = text_of(client, "/accessibility/")

    assert "21 november 2026, na een beoordeling door de makers zelf" in own
    assert "Geen onafhankelijke deskundige" in own
    assert "na een beoordeling door AnySurfer" in by_another
    assert "Geen onafhankelijke deskundige" not in by_another
    for page in (own, by_another):
        assert "voldoet gedeeltelijk" in page
        assert "Vlaamse Ombudsdienst" in page


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_register_says_everything_of_each_activity(language: str) -> None:
    with translation.override(language):
        found = processings(retention_days=1)

    assert len({each.code for each in found}) == len(found)
    assert [name for each in found for name, text in vars(each).items() if not text] == []


# Cookies -----------------------------------------------------------------------------------------


def test_cookies_page_names_exactly_the_cookies_that_are_set(client: CheckedClient) -> None:
    seen: set[str] = set()

    def note() -> None:
        seen.update(client.cookies)

    session = build.make_session()
    for address in ("/", "/fr/sessions/", f"/sessions/{session.slug}/", "/privacy/"):
        client.get(address)
    assert set(client.cookies) == set()

    answers = {
        "name": "Jan",
        "email": "jan@example.org",
        "organisation_name": "S",
        "language": "nl",
    }
    client.post(f"/sessions/{session.slug}/register/", answers)
    note()
    make_account()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "els@stad.example.org"})
    deliver()
    client.post("/accounts/login/code/confirm/", {"code": code_in_last_mail()})
    note()
    for address in ("/me/", "/accounts/email/", "/accounts/2fa/", "/accounts/sessions/"):
        client.get(address)
        note()
    client.post("/me/language/", {"language": "fr"})
    note()
    client.force_login(build.make_organiser(session.programme))
    client.get("/admin/events/session/add/")
    client.post("/accounts/logout/")
    note()

    page = CheckedClient().get("/cookies/").content.decode()
    assert set(re.findall(r"<dt><code>([^<]+)</code>", page)) == seen
    assert len(seen) == 4


def test_cookies_stay_as_long_as_the_page_says(client: CheckedClient) -> None:
    session = build.make_session()
    answers = {
        "name": "Jan",
        "email": "jan@example.org",
        "organisation_name": "S",
        "language": "nl",
    }
    client.post(f"/sessions/{session.slug}/register/", answers)
    make_account()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "els@stad.example.org"})
    deliver()
    client.post("/accounts/login/code/confirm/", {"code": code_in_last_mail()})

    stay = {name: cookie["max-age"] for name, cookie in client.cookies.items()}

    assert stay["receipt"] == 3600
    assert timedelta(seconds=stay["csrftoken"]) == timedelta(weeks=52)
    assert stay["sessionid"] == ""


# security.txt ------------------------------------------------------------------------------------


def fields_of(client: CheckedClient) -> dict[str, str]:
    """The fields of security.txt, read as RFC 9116 section 4 writes them."""
    answer = client.get("/.well-known/security.txt")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode("ascii").splitlines(keepends=True)
    assert all(re.fullmatch(r"[A-Za-z-]+: \S.*\r?\n", line) for line in lines), lines
    pairs = [line.strip().split(": ", 1) for line in lines]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    "now", ["2027-05-10 08:00", "2027-12-31 23:59:59", "2028-02-29 12:00", "2028-06-30 23:30"]
)
def test_security_txt_holds_for_some_months(
    now: str, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    time_machine.move_to(instant, tick=False)

    fields = fields_of(client)

    expires = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=90) < expires - instant < timedelta(days=366)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_security_txt_is_always_to_expire_between_half_a_year_and_a_year_from_now(
    now: datetime,
) -> None:
    assert timedelta(days=180) < expiry(now) - now < timedelta(days=366)


def test_security_txt_says_where_to_write_and_what_to_expect(
    client: CheckedClient, settings: Settings
) -> None:
    settings.SITE_URL = "https://sessies.example.be"
    settings.SECURITY_CONTACT = "security@example.be"

    by_mail = fields_of(client)
    settings.SECURITY_CONTACT = "https://example.be/melden"
    by_form = fields_of(client)

    assert by_mail["Contact"] == "mailto:security@example.be"
    assert by_form["Contact"] == "https://example.be/melden"
    assert by_mail["Canonical"] == "https://sessies.example.be/.well-known/security.txt"
    assert by_mail["Policy"] == "https://sessies.example.be/security/"
    assert by_mail["Preferred-Languages"] == "nl, fr, en"


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_security_txt_is_the_same_for_every_reader(language: str, client: CheckedClient) -> None:
    header = {"accept-language": language}

    bodies = {
        client.get("/.well-known/security.txt", headers=header).content,
        CheckedClient().get("/.well-known/security.txt").content,
    }

    assert len(bodies) == 1


def test_security_txt_is_found_at_its_older_address_too(client: CheckedClient) -> None:
    answer = client.get("/security.txt")

    assert (answer.status_code, answer.url) == (301, "/.well-known/security.txt")
    assert client.get("/fr/.well-known/security.txt").status_code == 404
