"""Names and addresses as people type them: what is refused, and how two are compared."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´"), "'")


def validate_one_line(value: str) -> None:
    """Refuse line ends and other control characters: they would break mail headers and calendars.

    Raises ValidationError. Any letter of any script passes.
    """
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise ValidationError(_("Put this on one line, without special control characters."))


def is_storable(text: str) -> bool:
    """Whether a row can hold it at all; PostgreSQL refuses NUL even in a question."""
    return "\x00" not in text


def has_web_address(text: str) -> bool:
    """Whether a text holds a web address, as a name does that somebody wants us to mail around."""
    return re.search(r"://|\bwww\.", text, re.IGNORECASE) is not None


def matching_key(name: str) -> str:
    """The form in which names are compared: no case, accents, apostrophe forms or double spaces."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


def normal_address(email: str) -> str:
    """An e-mail address as it is kept: local part as typed, domain in lower case (RFC 5321 2.4)."""
    local, _at, domain = unicodedata.normalize("NFC", email.strip()).rpartition("@")
    return f"{local}@{domain.lower()}"


def address_key(email: str) -> str:
    """The form in which e-mail addresses are compared; a plus tag makes a different address."""
    return normal_address(email).lower()
