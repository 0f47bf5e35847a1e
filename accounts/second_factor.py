"""Whether somebody proved who they are strongly enough to work for a programme."""

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.http import HttpRequest

from accounts.access import organises

# Set on the session by a sign-in at a provider that vouched for the level asked.
LEVEL_KEY = "is_second_factor_vouched_for"


def is_missing(request: HttpRequest) -> bool:
    """Whether somebody who works for a programme still has to give a second factor.

    Given means: one of ours in this sign-in, or one vouched for by the provider. A passkey is both
    factors at once (WebAuthn with user verification).
    """
    if not settings.REQUIRE_SECOND_FACTOR or not organises(request.user):
        return False
    if request.session.get(LEVEL_KEY):
        return False
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return not any(record.get("method") == "mfa" for record in records)
