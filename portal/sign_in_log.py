"""Who signs in, who fails to, and whose second factor changes: lines in the log, by number only."""

import logging
from typing import Any

from allauth.account.signals import (
    email_verification_code_rejected,
    login_code_rejected,
    user_logged_in,
    user_logged_out,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.auditing import network_address
from accounts.models import User

logger = logging.getLogger("sign_in")


def _note(level: int, sentence: str, request: HttpRequest | None, user: User) -> None:
    where = network_address(request) if request is not None else None
    logger.log(level, "Account %s %s, from %s", user.pk, sentence, where or "nowhere known")


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_sent: Any) -> None:
    """Somebody signed in, and by which means."""
    steps = request.session.get("account_authentication_methods", [])
    means = [str(step.get("type") or step.get("method")) for step in steps]
    _note(logging.INFO, f"signed in ({', '.join(means) or 'no step'})", request, user)


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: User | None, **_sent: Any) -> None:
    """Somebody signed out."""
    if user is not None:
        _note(logging.INFO, "signed out", request, user)


@receiver(login_code_rejected)
@receiver(email_verification_code_rejected)
def note_wrong_code(
    request: HttpRequest, user: User, last_attempt: bool = False, **_sent: Any
) -> None:
    """A code from a mail was wrong."""
    ending = ", for the last time" if last_attempt else ""
    _note(logging.WARNING, f"gave a wrong code{ending}", request, user)


def note_code_without_account(request: HttpRequest) -> None:
    """A code was tried where no code is right, for an address without an account."""
    where = network_address(request) or "nowhere known"
    logger.warning("A code was tried for an address without an account, from %s", where)


@receiver(authentication_failed)
def note_wrong_factor(
    request: HttpRequest | None, user: User, authenticator: Authenticator | None, **_sent: Any
) -> None:
    """A second factor was wrong."""
    kind = authenticator.type if authenticator is not None else "second factor"
    _note(logging.WARNING, f"failed with {kind}", request, user)


@receiver(authenticator_added)
def note_added(request: HttpRequest, user: User, authenticator: Any, **_sent: Any) -> None:
    """A second factor was set up."""
    _note(logging.WARNING, f"added {authenticator.type}", request, user)


@receiver(authenticator_removed)
def note_removed(request: HttpRequest, user: User, authenticator: Any, **_sent: Any) -> None:
    """A second factor was taken away."""
    _note(logging.WARNING, f"removed {authenticator.type}", request, user)


@receiver(authenticator_reset)
def note_reset(request: HttpRequest, user: User, authenticator: Any, **_sent: Any) -> None:
    """A second factor was made anew."""
    _note(logging.WARNING, f"renewed {authenticator.type}", request, user)
