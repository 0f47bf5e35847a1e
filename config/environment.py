"""Typed readers of the environment.

Each stops the start with one sentence naming the setting, where it is missing or makes no sense,
and remembers what it is for, so that `manage.py settings_table` can tell all of them.
"""

import secrets
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.identity import IdentityProvider

_env: Any = environ.Env()
_Value = TypeVar("_Value")

FALSE_WORDS = {"0", "false", "no", "off"}
TRUE_WORDS = {"1", "true", "yes", "on"}


# Telling what there is ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """What an operator has to know of a setting.

    `meaning` completes "it is …"; `more` follows it where there is room. `default` is how the
    table tells what holds without it; None: it has to be there.
    """

    name: str
    section: str
    meaning: str
    more: str
    default: str | None
    example: str


# All that were read, in that order.
known: dict[str, Setting] = {}
_sections = [""]


def section(title: str) -> None:
    """Say under which heading the settings read from here on belong."""
    _sections.append(title)


def tell(name: str, meaning: str, *, default: str | None, **told: str) -> Setting:
    """Remember a setting: what it is, and how its default, an example and more are told."""
    known[name] = _setting(name, meaning, default=default, **told)
    return known[name]


def _setting(
    name: str,
    meaning: str,
    *,
    default: str | None,
    shown: str | None = None,
    example: str = "",
    more: str = "",
) -> Setting:
    """`shown` tells the default where that is no text to type."""
    if shown is None and default is not None:
        shown = f"`{default}`" if default else "none"
    return Setting(name, _sections[-1], meaning, more, shown, example or default or "")


def stop(sentence: str) -> NoReturn:
    """End the program with a sentence an operator can act on, without a traceback."""
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(1)


def refuse(
    setting: Setting, *, problem: str = "cannot be understood", example: str = ""
) -> NoReturn:
    """End the program because of one setting. Its value may be a secret, and is not repeated."""
    stop(
        f"The setting {setting.name} {problem}: it is {setting.meaning}, "
        f"for example {setting.name}={example or setting.example}"
    )


# Reading -----------------------------------------------------------------------------------------


def _is_local() -> bool:
    """Whether the defaults of one's own machine hold."""
    return str(_env.str("LOCAL_MODE", default="")).strip().lower() in TRUE_WORDS


def _read(setting: Setting, reader: Callable[[str], _Value]) -> _Value:
    try:
        return reader(setting.name)
    except (ImproperlyConfigured, ValueError, KeyError):
        is_there = setting.name in _env.ENVIRON
        refuse(setting, problem="cannot be understood" if is_there else "is not set")


def text(
    name: str,
    meaning: str,
    *,
    default: str | None = None,
    local: str | None = None,
    fits: Callable[[str], bool] | None = None,
    **told: str,
) -> str:
    """The setting as text. Without a default it must be there and not be empty.

    `local` is the default in local mode, where that differs; `fits` says whether a value makes
    sense.
    """
    setting = tell(name, meaning, default=default, **told)
    if local is not None and _is_local():
        default = local
    return _text(setting, default, fits)


def _text(setting: Setting, default: str | None, fits: Callable[[str], bool] | None = None) -> str:
    value = _read(
        setting,
        _env.str if default is None else lambda name: _env.str(name, default=default),
    )
    value = str(value).strip()
    if not value and default is None:
        refuse(setting, problem="is empty")
    if fits is not None and value != default and not fits(value):
        refuse(setting)
    return value


def secret(name: str, meaning: str, *, local: Path, **told: str) -> str:
    """The setting as a secret, which is made and kept in a file in local mode."""
    setting = tell(name, meaning, default=None, **told)
    return _remembered_secret(local) if _is_local() else _text(setting, None)


def _remembered_secret(path: Path) -> str:
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


def flag(name: str, meaning: str, *, default: bool, local: bool | None = None, **told: str) -> bool:
    """The setting as yes or no."""
    tell(name, meaning, default=str(int(default)), **told)
    value = str(_env.str(name, default="")).strip().lower()
    if value not in {"", *TRUE_WORDS, *FALSE_WORDS}:
        stop(f"The setting {name} cannot be understood: it is yes or no, for example {name}=1")
    if value:
        return value in TRUE_WORDS
    return local if local is not None and _is_local() else default


def number(name: str, meaning: str, *, default: int, at_least: int = 0, **told: str) -> int:
    """The setting as a whole number."""
    setting = tell(name, meaning, default=str(default), **told)
    value: int = _read(setting, lambda name: _env.int(name, default=default))
    if value < at_least:
        refuse(setting)
    return value


def words(name: str, meaning: str, *, default: str = "", **told: str) -> list[str]:
    """The setting as a list, separated by commas."""
    return _split(_text(tell(name, meaning, default=default, **told), default), ",")


def phrases(name: str, meaning: str, **told: str) -> list[str]:
    """The setting as a list of phrases, separated by semicolons."""
    return _split(_text(tell(name, meaning, default="", **told), ""), ";")


def _split(value: str, separator: str) -> list[str]:
    return [part.strip() for part in value.split(separator) if part.strip()]


def networks(name: str, meaning: str, **told: str) -> list[IPv4Network | IPv6Network]:
    """The setting as a list of networks, separated by commas."""
    setting = tell(name, meaning, default="", **told)
    parts = _split(_text(setting, ""), ",")
    return _read(setting, lambda _name: [ip_network(part) for part in parts])


def day(name: str, meaning: str, *, default: date, **told: str) -> date:
    """The setting as a calendar day, written as in 2027-06-10."""
    setting = tell(name, meaning, default=default.isoformat(), **told)
    return _read(
        setting, lambda name: date.fromisoformat(_env.str(name, default=default.isoformat()))
    )


def contact(
    name: str,
    meaning: str,
    *,
    default: str | None = None,
    local: str | None = None,
    **told: str,
) -> str:
    """The setting as where somebody is reached: one bare mail address, or an https address."""
    return text(
        name,
        f"{meaning}, a mail address or an https address",
        default=default,
        local=local,
        fits=lambda value: is_bare_address(value) or is_web_address(value),
        **told,
    )


def database(name: str, meaning: str, *, local: str, **told: str) -> dict[str, Any]:
    """The setting as a database address; only the engines this product is tested on pass."""
    setting = tell(name, meaning, default=None, **told)
    if _is_local():
        _env.ENVIRON.setdefault(name, local)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an engine it does not know: refused below
        address: dict[str, Any] = _read(setting, _env.db)
    if address.get("ENGINE") not in {
        "django.db.backends.postgresql",
        "django.db.backends.sqlite3",
    }:
        refuse(setting)
    return address


def object_store(name: str, meaning: str, **told: str) -> dict[str, Any]:
    """The setting as the address of a bucket, as options of `config.storages`; empty: none."""
    setting = tell(name, meaning, default="", **told)
    address = _text(setting, "")
    if not address:
        return {}
    try:
        parts = urlsplit(address)
        schemes = {"s3": "https", "s3+http": "http"}
        endpoint = f"{schemes[parts.scheme]}://{parts.netloc.rpartition('@')[2]}"
        region = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))).get("region")
    except (ValueError, KeyError):
        refuse(setting)
    bucket = parts.path.strip("/")
    if not (parts.hostname and parts.username and parts.password and bucket) or "/" in bucket:
        refuse(setting)
    return {
        "access_key": unquote(parts.username),
        "secret_key": unquote(parts.password),
        "endpoint_url": endpoint,
        "bucket_name": bucket,
        "region_name": region,
    }


def needs_package(name: str, package: str, *, extra: str) -> None:
    """End the program where a setting was given that needs a package that is not there."""
    if find_spec(package) is None:
        stop(f"The setting {name} needs the extra {extra}: pip install 'ai4gov-sessions[{extra}]'")


def mail_server(name: str) -> dict[str, Any]:
    """A setting that was told already, as the address of a mail server: Django's EMAIL_…."""
    address: dict[str, Any] = _read(known[name], _env.email_url)
    return address


def is_site_address(text: str) -> bool:
    """Whether it is the address of a whole site: http or https, a host, perhaps a port, no path."""
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    has_more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return is_complete and not has_more and not set(text) & set(" \t\r\n")


def is_web_address(text: str) -> bool:
    """Whether it is the https address of a page."""
    try:
        parts = urlsplit(text)
        is_complete = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_complete and text.isprintable() and not set(text) & set(" <>\"'")


def is_error_service(text: str) -> bool:
    """Whether it is where a Sentry-compatible service takes reports: a key, a host, a number."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_complete = bool(parts.username and parts.hostname and parts.path.strip("/"))
    return parts.scheme in {"http", "https"} and is_complete


def is_redis_address(text: str) -> bool:
    """Whether it is where a Redis server is reached."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_bare_address(text: str) -> bool:
    """Whether it is one e-mail address with nothing around it."""
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and not set(text) & set(" <>,;:\"'()[]\r\n")


# Signing in elsewhere ----------------------------------------------------------------------------

# Of each provider: what the setting is, how it is told.
_OF_A_PROVIDER: dict[str, tuple[str, dict[str, Any]]] = {
    "ISSUER": (
        "the https address of the sign-in",
        {"default": None, "shown": "required for each", "example": "https://login.example.be"},
    ),
    "CLIENT_ID": (
        "our name at the sign-in",
        {"default": None, "shown": "required for each", "example": "sessies"},
    ),
    "CLIENT_SECRET": (
        "our password at the sign-in",
        {"default": None, "shown": "required for each", "example": "s3cret"},
    ),
    "NAME": ("the words on its button", {"default": "", "shown": "its key"}),
    "SCOPES": (
        "what we ask for, separated by commas",
        {"default": "openid,profile", "more": "A scope not agreed upon refuses everybody."},
    ),
    "ORGANISATION_CLAIM": ("the claim that names the organisation", {"default": "vo_orgnaam"}),
    "ORGANISATION_CODE_CLAIM": (
        "the claim with the organisation's code",
        {"default": "vo_orgcode"},
    ),
    "LEVEL_CLAIM": ("the claim with the level of assurance", {"default": "acr"}),
    "MINIMUM_LEVEL": (
        "the lowest level of assurance let in",
        {
            "default": "0",
            "more": "It counts as a second factor; `0` asks none.",
        },
    ),
}


def identity_providers(name: str, meaning: str, **told: str) -> list[IdentityProvider]:
    """The providers that a setting lists, each with settings of its own: OIDC_ACM_ISSUER …"""
    keys = words(name, meaning, **told)
    for part, (its_meaning, its_told) in _OF_A_PROVIDER.items():
        tell(f"OIDC_ACM_{part}", its_meaning, **its_told)
    return [_identity_provider(key) for key in keys]


def _identity_provider(key: str) -> IdentityProvider:
    of = {
        part: _setting(f"OIDC_{key.upper()}_{part}", meaning, **told)
        for part, (meaning, told) in _OF_A_PROVIDER.items()
    }
    read = {part: _text(of[part], told["default"]) for part, (_, told) in _OF_A_PROVIDER.items()}
    if urlsplit(read["ISSUER"]).scheme not in {"http", "https"}:
        refuse(of["ISSUER"])
    if not urlsplit(read["ISSUER"]).hostname:
        refuse(of["ISSUER"])
    if not read["MINIMUM_LEVEL"].isdecimal():
        refuse(of["MINIMUM_LEVEL"])
    return IdentityProvider(
        key=key.lower(),
        name=read["NAME"] or key,
        issuer=read["ISSUER"].rstrip("/"),
        client_id=read["CLIENT_ID"],
        client_secret=read["CLIENT_SECRET"],
        scopes=_split(read["SCOPES"], ",") or ["openid", "profile"],
        organisation_claim=read["ORGANISATION_CLAIM"],
        organisation_code_claim=read["ORGANISATION_CODE_CLAIM"],
        level_claim=read["LEVEL_CLAIM"],
        minimum_level=int(read["MINIMUM_LEVEL"]),
    )
