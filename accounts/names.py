"""Names and addresses as people type them: what is refused, and how two are compared."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.utils.translation import gettext_lazy as _

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´"), "'")
_BETWEEN_WORDS = re.compile(r"[-‐‑‒–—−/'\",;]+")
_ARTICLES = {"de", "het", "t", "la", "le", "les", "l", "the"}
_WRITTEN_OUT = {"dep": "departement", "dept": "departement", "dpt": "departement"} | dict.fromkeys(
    ("en", "et", "and", "+"), "&"
)

# Where anybody can have a mailbox: such an address says nothing about an organisation.
PUBLIC_PROVIDERS = frozenset(
    [
        "gmail.com", "googlemail.com", "outlook.com", "outlook.be", "outlook.fr", "hotmail.com",
        "hotmail.be", "hotmail.fr", "hotmail.nl", "live.com", "live.be", "live.fr", "live.nl",
        "msn.com", "yahoo.com", "yahoo.fr", "yahoo.nl", "ymail.com", "icloud.com", "me.com",
        "mac.com", "proton.me", "protonmail.com", "pm.me", "gmx.com", "gmx.net", "gmx.de",
        "gmx.fr", "aol.com", "mail.com", "zoho.com", "tutanota.com", "tuta.io", "fastmail.com",
        "hey.com", "laposte.net", "orange.fr", "free.fr", "ziggo.nl", "kpnmail.nl", "web.de",
        "telenet.be", "pandora.be", "skynet.be", "belgacom.net", "proximus.be", "scarlet.be",
        "voo.be", "brutele.be", "mobistar.be", "orange.be", "edpnet.be", "base.be",
    ]
)  # fmt: skip
# Below these names registries hand out domains to anybody who asks.
_REGISTRIES = frozenset(["ac.be", "co.uk", "org.uk", "eu.com", "com.be", "co.be"])


def validate_one_line(value: str) -> None:
    """Refuse line ends and other control characters: they would break mail headers and calendars.

    Raises ValidationError. Any letter of any script passes.
    """
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise ValidationError(_("Put this on one line, without special control characters."))


def one_line(text: str) -> str:
    """What somebody looks for, as far as a page can show it: 200 characters, none that control."""
    return "".join(c for c in text[:200] if unicodedata.category(c) not in {"Cc", "Zl", "Zp"})


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


def loose_key(name: str) -> str:
    """A form of `matching_key` in which more spellings of one name are the same.

    "Gent, stad" is "Stad Gent", "Dep. EWI" is "Departement EWI", "R.S.Z." is "RSZ"; hyphens are
    spaces, "en", "et", "and" and "+" are "&", and an article at the start does not count. Words
    are never left out or put in another order otherwise: those can be other bodies.
    """
    key = matching_key(name)
    first, comma, last = key.partition(",")
    if comma and "," not in last:
        key = f"{last} {first}"
    words = _BETWEEN_WORDS.sub(" ", key.replace(".", "")).replace("&", " & ").split()
    if len(words) > 1:
        words = [_WRITTEN_OUT.get(word, word) for word in words]
    # "De X" is left alone: what remains could be somebody's abbreviation.
    while words and words[0] in _ARTICLES and len(" ".join(words[1:])) > 2:
        del words[0]
    return " ".join(words)


def domain_of(email: str) -> str:
    """The part of an e-mail address after the @, in lower case."""
    return email.strip().rpartition("@")[2].lower()


def validate_mail_domain(value: str) -> None:
    """Refuse what is no domain, or one under which anybody can have an address."""
    DomainNameValidator(accept_idna=False, message=_("Fill in a domain such as organisation.be."))(
        value
    )
    labels = value.lower().split(".")
    above = {".".join(labels[start:]) for start in range(len(labels))}
    if len(labels) < 2 or not labels[-1] or value.lower() in _REGISTRIES:
        raise ValidationError(_("Fill in a domain such as organisation.be."))
    if above & PUBLIC_PROVIDERS:
        raise ValidationError(
            _("Anybody can have an address at %(domain)s: it says nothing of an organisation."),
            params={"domain": value},
        )


def normal_address(email: str) -> str:
    """An e-mail address as it is kept: local part as typed, domain in lower case (RFC 5321 2.4)."""
    local, _at, domain = unicodedata.normalize("NFC", email.strip()).rpartition("@")
    return f"{local}@{domain.lower()}"


def address_key(email: str) -> str:
    """The form in which e-mail addresses are compared; a plus tag makes a different address."""
    return normal_address(email).lower()
