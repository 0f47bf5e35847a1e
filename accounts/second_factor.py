"""Whether somebody proved who they are strongly enough to work for a programme."""

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User

# Set on the session by a sign-in at a provider that vouched for the level asked.
LEVEL_KEY = "is_second_factor_vouched_for"


def is_missing(request: HttpRequest) -> bool:
    """Whether somebody who works for a programme still has to give a second factor.

    Given means: one of ours in this sign-in, or one vouched for by the provider. A passkey is both
    factors at once (WebAuthn with user verification).
    """
    is_needed = isinstance(request.user, User) and request.user.is_member
    if not settings.REQUIRE_SECOND_FACTOR or not is_needed:
        return False
    if request.session.get(LEVEL_KEY):
        return False
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return not any(record.get("method") == "mfa" for record in records)


def ask(request: HttpRequest, *, then: str) -> HttpResponseRedirect:
    """Lead somebody to give their second factor, and on to an address; to set one up if need be."""
    if is_mfa_enabled(request.user):
        return redirect(reverse("mfa_reauthenticate") + "?" + urlencode({"next": then}))
    messages.warning(
        request,
        _(
            "Whoever works for a programme needs a second way to prove who they are. Set one"
            " up here first."
        ),
    )
    return redirect("mfa_index")
