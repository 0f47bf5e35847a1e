"""Whether somebody proved who they are strongly enough to work for a programme."""

from django.conf import settings
from django.http import HttpRequest

from accounts.access import organises
from accounts.models import User

# Set on the session by a sign-in at a provider that vouched for the level asked.
LEVEL_KEY = "is_second_factor_vouched_for"


def is_needed(user: User) -> bool:
    """Whether the person may see other people's data, and so needs a second factor."""
    return settings.REQUIRE_SECOND_FACTOR and organises(user)


def is_given(request: HttpRequest) -> bool:
    """Whether this sign-in had a second factor, of ours or vouched for by the provider.

    A passkey is both factors at once (WebAuthn with user verification).
    """
    if request.session.get(LEVEL_KEY):
        return True
    records = request.session.get("account_authentication_methods") or []
    return any(record.get("method") == "mfa" for record in records)
