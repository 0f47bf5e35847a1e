"""What the log says of signing in: enough to look into an attack, nothing that names anybody."""

import logging

import pytest
from django.core.cache import cache

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
