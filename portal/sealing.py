"""Secrets of second factors, sealed with SECRET_KEY: a copy of the database opens nothing."""

import base64
from functools import cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# What a sealed text begins with (the version of Fernet, in base64), and no secret of allauth does.
_MARK = "gAAAA"


@cache
def _seals(*keys: str) -> MultiFernet:
    """Seals with the first key, opens with any."""
    made = [
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"portal.sealing").derive(key.encode())
        for key in keys
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Keeps the secrets of apps and recovery codes sealed."""

    def encrypt(self, text: str) -> str:
        """Seal with the present key."""
        seals = _seals(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return seals.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what the present key sealed, or a former one; what was never sealed is as it was.

        Raises InvalidToken where the key is gone: a factor that nobody can check opens nothing.
        """
        if not encrypted_text.startswith(_MARK):
            return encrypted_text
        seals = _seals(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return seals.decrypt(encrypted_text.encode()).decode()
