"""Providers of identity outside our own house."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class IdentityProvider:
    """An OpenID Provider people may sign in with, and what its claims mean.

    `minimum_level` is the lowest value of `level_claim` that counts as a second factor; 0 where
    the provider gives no level.
    """

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: list[str]
    organisation_claim: str
    organisation_code_claim: str
    level_claim: str
    minimum_level: int

    @property
    def origin(self) -> str:
        """Scheme and host, for the content security policy."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def as_app(self) -> dict[str, Any]:
        """The provider as django-allauth wants it."""
        return {
            "provider_id": self.key,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": {"server_url": self.issuer, "scope": self.scopes},
        }
