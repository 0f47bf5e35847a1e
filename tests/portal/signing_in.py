"""Signing in as people do: an account, a code by mail."""

import re

from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from accounts.models import User
from mailing import outbox
from tests.page import CheckedClient


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
