"""The codes in addresses: a random part, signed with SECRET_KEY for one purpose.

So a copy of the database alone opens nothing, and no code can be turned into one for another
purpose.
"""

import secrets

from django.core.signing import BadSignature, Signer


def new_public_id() -> str:
    """The random part: 96 bits, so that nobody guesses one or counts how many there are."""
    return secrets.token_urlsafe(12)


def read_code(signer: Signer, code: str) -> str | None:
    """The random part in a code, if we made the code for the purpose of this signer."""
    try:
        return signer.unsign(code)
    except BadSignature:
        return None
