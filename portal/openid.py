"""The nonce of OpenID Connect, which django-allauth leaves out (OpenID Connect Core 3.1.2.1)."""

import secrets
from typing import Any

from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse


class NonceProvider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """Asks with a nonce, and remembers it with the rest of what a visit asked."""

    # Where allauth finds its addresses: else it takes those of this package for them.
    package = "allauth.socialaccount.providers.openid_connect"

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """Lead to the provider."""
        nonce = secrets.token_urlsafe(24)
        asked = kwargs.pop("auth_params", None) or self.get_auth_params()
        answer: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params={**asked, "nonce": nonce}, nonce=nonce,
            **kwargs,
        )  # fmt: skip
        return answer


def is_answer_to_ours(sociallogin: SocialLogin) -> bool:
    """Whether the id token was made for what this very visit asked."""
    token = sociallogin.account.extra_data.get("id_token") or {}
    asked = str(sociallogin.state.get("nonce") or "")
    return bool(asked) and secrets.compare_digest(asked, str(token.get("nonce") or ""))
