"""Which mail server or service an address in the settings means."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from config import environment

MEANING = "the address of the mail server or service"
EXAMPLE = "smtp+tls://user:password@host:587"
TIMEOUT_SECONDS = 20
# Ours for mail servers; the others, such as that of the local mailbox, stay what they are.
BACKENDS = {"django.core.mail.backends.smtp.EmailBackend": "mailing.smtp.Backend"}


@dataclass(frozen=True)
class Service:
    """A mail service with a programming interface: its part of anymail, and what an address gives.

    `parts` says which part of the address is which of the backend's options.
    """

    backend: str
    parts: dict[str, str]
    example: str
    has_webhook: bool = True
    package: str = ""


SERVICES = {
    "brevo": Service(
        "anymail.backends.brevo.EmailBackend", {"username": "api_key"}, "brevo://key@"
    ),
    "mailjet": Service(
        "anymail.backends.mailjet.EmailBackend",
        {"username": "api_key", "password": "secret_key"},
        "mailjet://key:secret@",
    ),
    "postmark": Service(
        "anymail.backends.postmark.EmailBackend", {"username": "server_token"}, "postmark://token@"
    ),
    "scaleway": Service(
        "anymail.backends.scaleway.EmailBackend",
        {"username": "secret_key", "hostname": "project_id"},
        "scaleway://secret@project",
        has_webhook=False,
    ),
    "ses": Service(
        "anymail.backends.amazon_ses.EmailBackend",
        {
            "username": "aws_access_key_id",
            "password": "aws_secret_access_key",
            "hostname": "region_name",
        },
        "ses://key:secret@eu-west-1",
        package="boto3",
    ),
}


@dataclass(frozen=True)
class MailProvider:
    """One provider: its name for people, how Django connects to it, what it tells us through."""

    name: str
    options: dict[str, Any]
    webhook: str = ""
    django: dict[str, Any] = field(default_factory=dict)


def read(setting: str, address: str) -> MailProvider:
    """The provider at the address that a setting gave; stops the start when it is none."""
    scheme = address.partition(":")[0].lower()
    if scheme in SERVICES:
        return _service(setting, scheme, address)
    django = environment.mail_server(setting)
    django["EMAIL_BACKEND"] = BACKENDS.get(django["EMAIL_BACKEND"], django["EMAIL_BACKEND"])
    options = {
        "backend": django["EMAIL_BACKEND"],
        "host": django.get("EMAIL_HOST") or "localhost",
        "port": django.get("EMAIL_PORT") or 25,
        "username": django.get("EMAIL_HOST_USER") or "",
        "password": django.get("EMAIL_HOST_PASSWORD") or "",
        "use_tls": django.get("EMAIL_USE_TLS", False),
        "use_ssl": django.get("EMAIL_USE_SSL", False),
        "timeout": TIMEOUT_SECONDS,
    }
    return MailProvider(f"{options['host']}:{options['port']}", options, django=django)


def _service(setting: str, name: str, address: str) -> MailProvider:
    service = SERVICES[name]
    try:
        parts = urlsplit(address)
        # Read as it was typed: a project's number is not a host, whose case would not matter.
        given = {
            option: unquote(_part(parts, part) or "") for part, option in service.parts.items()
        }
    except ValueError:
        given = {}
    if not given or not all(given.values()):
        environment.refuse(environment.known[setting], example=service.example)
    if service.package and find_spec(service.package) is None:
        environment.stop(
            f"The setting {setting} names {name}, which needs the package {service.package}: "
            f"install it with pip install {service.package}"
        )
    options: dict[str, Any] = {"client_params": given} if name == "ses" else given
    more = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return MailProvider(
        name=name,
        options={"backend": service.backend, **options, **more},
        webhook=name if service.has_webhook else "",
        django={"EMAIL_BACKEND": service.backend},
    )


def _part(parts: SplitResult, name: str) -> str | None:
    if name == "hostname":
        return parts.netloc.rpartition("@")[2]
    value: str | None = getattr(parts, name)
    return value
