"""What the log says of signing in: enough to look into an attack, nothing that names anybody."""

import logging
import re

import pytest
from django.core.cache import cache
from django.utils.translation import gettext

from tests.page import CheckedClient
from tests.portal.signing_in import code_in_last_mail, deliver, make_account

pytestmark = pytest.mark.django_db


def test_signing_in_and_failing_to_are_in_the_log_without_a_name(
    client: CheckedClient, caplog: pytest.LogCaptureFixture
) -> None:
    cache.clear()
    user = make_account("els@stad.example.org")
    caplog.set_level(logging.INFO, logger="sign_in")

    client.post("/accounts/login/", {"login": user.email})
    deliver()
    code = code_in_last_mail()
    client.post("/accounts/login/code/confirm/", {"code": "AAAA-BBBB"})
    client.post("/accounts/login/code/confirm/", {"code": code})
    client.post("/accounts/logout/")

    said = [
        (each.levelname, each.getMessage()) for each in caplog.records if each.name == "sign_in"
    ]
    assert said == [
        ("WARNING", f"Account {user.pk} gave a wrong code, from 127.0.0.1"),
        ("INFO", f"Account {user.pk} signed in (code), from 127.0.0.1"),
        ("INFO", f"Account {user.pk} signed out, from 127.0.0.1"),
    ]
    assert user.email not in caplog.text and code not in caplog.text


@pytest.mark.parametrize(
    ("asked_at", "field", "tried_at", "known"),
    [
        ("/accounts/login/", "login", "/accounts/login/code/confirm/", False),
        ("/accounts/signup/", "email", "/accounts/confirm-email/", True),
    ],
    ids=["no account", "somebody else's account"],
)
def test_code_tried_where_none_is_right_is_in_the_log_and_nowhere_on_the_page(
    asked_at: str, field: str, tried_at: str, known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    cache.clear()
    make_account("els@stad.example.org")
    emails = ["els@stad.example.org", "niemand@stad.example.org"]
    pages = []
    caplog.set_level(logging.INFO, logger="sign_in")

    for email in emails:
        browser = CheckedClient()
        browser.post(asked_at, {field: email})
        page = browser.post(tried_at, {"code": "AAAA-BBBB"}).content.decode()
        pages.append(re.sub(r'"csrfmiddlewaretoken" value="\w+"', "", page).replace(email, "…"))

    said = [each.getMessage() for each in caplog.records if each.name == "sign_in"]
    without = "A code was tried for an address without an account, from 127.0.0.1"
    assert said.count(without) == 1
    assert sorted(said)[1].startswith("Account ") and "gave a wrong code" in sorted(said)[1]
    assert (said[0] == without) is known
    assert pages[0] == pages[1]
    assert gettext("Incorrect code.") in pages[0]
    assert not any(email in caplog.text for email in emails)
