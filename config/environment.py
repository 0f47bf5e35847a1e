"""Typed readers of the environment that stop the start with one sentence naming the setting."""

import secrets
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.identity import IdentityProvider

_env: Any = environ.Env()
_Value = TypeVar("_Value")


def stop(sentence: str) -> NoReturn:
    """End the program with a sentence an operator can act on, without a traceback."""
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(1)


def _read(name: str, reader: Callable[[str], _Value], *, meaning: str, example: str) -> _Value:
    try:
        return reader(name)
    except (ImproperlyConfigured, ValueError, KeyError):
        problem = "is not set" if name not in _env.ENVIRON else "cannot be understood"
        stop(f"The setting {name} {problem}: it is {meaning}, for example {name}={example}")


def text(name: str, *, default: str | None = None, meaning: str = "", example: str = "") -> str:
    """The setting as text; without a default it must be there and not be empty."""
    if default is not None:
        return str(_env.str(name, default=default))
    value: str = _read(name, _env.str, meaning=meaning, example=example)
    if not value.strip():
        stop(f"The setting {name} is empty: it is {meaning}, for example {name}={example}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """The setting as yes or no."""
    value = str(_env.str(name, default="")).strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if value == "" else value in {"1", "true", "yes", "on"}
    stop(f"The setting {name} cannot be understood: it is yes or no, for example {name}=1")


def number(name: str, *, default: int, meaning: str) -> int:
    """The setting as a whole number."""
    value: int = _read(
        name,
        lambda setting: _env.int(setting, default=default),
        meaning=meaning,
        example=str(default),
    )
    return value


def words(name: str) -> list[str]:
    """The setting as a list, separated by commas; empty when it is not there."""
    return [word.strip() for word in _env.list(name, default=[]) if word.strip()]


def database(name: str, *, default: str | None) -> dict[str, Any]:
    """The setting as a database address; only the engines this product is tested on pass."""
    meaning, example = "the address of the database", "postgres://user:password@host:5432/name"
    if default is not None:
        _env.ENVIRON.setdefault(name, default)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an engine it does not know: refused below
        address: dict[str, Any] = _read(name, _env.db, meaning=meaning, example=example)
    if address.get("ENGINE") not in {
        "django.db.backends.postgresql",
        "django.db.backends.sqlite3",
    }:
        stop(
            f"The setting {name} cannot be understood: it is {meaning}, PostgreSQL "
            f"or SQLite, for example {name}={example}"
        )
    return address


def mail(name: str) -> dict[str, Any]:
    """The setting as the address of a mail server, as Django's EMAIL_… settings."""
    return _read(
        name,
        _env.email_url,
        meaning="the address of the mail server",
        example="smtp+tls://user:password@host:587",
    )


def is_site_address(text: str) -> bool:
    """Whether it is the address of a whole site: http or https, a host, perhaps a port, no path."""
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    has_more = parts.path or parts.query or parts.fragment or parts.username
    return is_complete and not has_more and not set(text) & set(" \t\r\n")


def is_bare_address(text: str) -> bool:
    """Whether it is one e-mail address with nothing around it."""
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and not set(text) & set(" <>,;:\"'()[]\r\n")


def identity_provider(key: str) -> IdentityProvider:
    """The provider whose settings start with OIDC_ and its key, such as OIDC_ACM_ISSUER."""
    prefix = f"OIDC_{key.upper()}_"
    issuer = text(
        f"{prefix}ISSUER", meaning="the address of the sign-in", example="https://login.example.be"
    )
    if urlsplit(issuer).scheme not in {"http", "https"} or not urlsplit(issuer).hostname:
        stop(f"The setting {prefix}ISSUER cannot be understood: it is an https address")
    return IdentityProvider(
        key=key.lower(),
        name=text(f"{prefix}NAME", default=key),
        issuer=issuer.rstrip("/"),
        client_id=text(f"{prefix}CLIENT_ID", meaning="our name at the sign-in", example="sessies"),
        client_secret=text(
            f"{prefix}CLIENT_SECRET", meaning="our password at the sign-in", example="s3cret"
        ),
        scopes=words(f"{prefix}SCOPES") or ["openid", "profile"],
        organisation_claim=text(f"{prefix}ORGANISATION_CLAIM", default="vo_orgnaam"),
        organisation_code_claim=text(f"{prefix}ORGANISATION_CODE_CLAIM", default="vo_orgcode"),
        level_claim=text(f"{prefix}LEVEL_CLAIM", default="acr"),
        minimum_level=number(
            f"{prefix}MINIMUM_LEVEL", default=0, meaning="the lowest level of assurance accepted"
        ),
    )


def remembered_secret(path: Path) -> str:
    """A random secret that is made once and then kept in a file only its owner can read."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError:
        stop(
            f"The setting VAR_DIR leads to {path.parent}, where nothing can be kept: it is a folder"
            " for the program's own files, for example VAR_DIR=/var/lib/sessies"
        )
