"""Settings as an operator gives them: each wrong one ends the start with a sentence naming it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.processes import bare_environment

pytestmark = pytest.mark.once

PRODUCTION = {
    "SECRET_KEY": "x" * 60,
    "SITE_URL": "https://sessies.example.be",
    "DATABASE_URL": "postgres://user:password@127.0.0.1:1/name",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.be:587",
    "DEFAULT_FROM_EMAIL": "sessies@example.be",
    "CONTROLLER_NAME": "Departement Voorbeeld",
    "DATA_PROTECTION_CONTACT": "dpo@example.be",
    "SECURITY_CONTACT": "security@example.be",
}
SHOW = """
import json, sys
from django.conf import settings
json.dump({name: getattr(settings, name) for name in sys.argv[1:]}, sys.stdout, default=str)
"""


def start(
    code: str, *arguments: str, without: str = "", **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run a bit of code under the settings of production, one of them changed or left out."""
    given = {name: value for name, value in (PRODUCTION | changed).items() if name != without}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=bare_environment(DJANGO_SETTINGS_MODULE="config.settings", **given),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def read(*names: str, **changed: str) -> list[object]:
    """What settings became."""
    ran = start(SHOW, *names, **changed)
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(ran.stdout)
    return [shown[name] for name in names]


def test_settings_of_production_start() -> None:
    assert read("LOCAL_MODE", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS") == [
        False,
        "mail.example.be",
        587,
        True,
    ]


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_missing_setting_stops_the_start_with_a_sentence(name: str) -> None:
    ran = start(SHOW, "DEBUG", without=name)

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"The setting {name} is not set: it is ")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "   "),
        ("SITE_URL", ""),
        ("SITE_URL", "sessies.example.be"),
        ("SITE_URL", "ftp://sessies.example.be"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://sessies.example.be/path"),
        ("SITE_URL", "https://sessies.example.be:port"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "user@host/name"),
        ("DATABASE_URL", "postgres://user@host:port/name"),
        ("EMAIL_URL", ""),
        ("EMAIL_URL", "mail.example.be"),
        ("EMAIL_URL", "http://mail.example.be"),
        ("EMAIL_URL", "smtp://mail.example.be:port"),
        ("EMAIL_URL", "brevo://"),
        ("EMAIL_URL", "brevo://@"),
        ("EMAIL_URL", "mailjet://key@"),
        ("EMAIL_URL", "scaleway://secret@"),
        ("EMAIL_URL", "ses://key:secret@"),
        ("EMAIL_URL", "brevo://[key@"),
        ("EMAIL_URL_2", "mail.example.be"),
        ("EMAIL_URL_2", "mailjet://key@"),
        ("MAIL_RATE_PER_MINUTE", "many"),
        ("MAIL_RATE_PER_MINUTE", "-1"),
        ("MAIL_WEBHOOK_SECRET", "secret"),
        ("MAIL_WEBHOOK_SECRET", ":secret"),
        ("DEFAULT_FROM_EMAIL", ""),
        ("DEFAULT_FROM_EMAIL", "sessies"),
        ("DEFAULT_FROM_EMAIL", "Sessies <sessies@example.be>"),
        ("DEFAULT_FROM_EMAIL", "a@example.be, b@example.be"),
        ("LOCAL_MODE", "perhaps"),
        ("BEHIND_PROXY", "2"),
        ("CONTROLLER_NAME", " "),
        ("DATA_PROTECTION_CONTACT", ""),
        ("DATA_PROTECTION_CONTACT", "the officer"),
        ("SECURITY_CONTACT", "http://example.be/security"),
        ("SECURITY_CONTACT", "mailto:security@example.be"),
        ("SECURITY_CONTACT", "https://example.be/\nContact: https://evil.example"),
        ("ACCESSIBILITY_CONTACT", "Els <els@example.be>"),
        ("SUPERVISORY_AUTHORITY_CONTACT", "https://"),
        ("ACCESSIBILITY_ASSESSED_ON", "21/11/2026"),
        ("ACCESSIBILITY_ASSESSED_ON", "2026-02-30"),
        ("RETENTION_DAYS_DEFAULT", "ninety"),
        ("RETENTION_DAYS_DEFAULT", "0"),
    ],
)
def test_wrong_setting_stops_the_start_with_a_sentence(name: str, value: str) -> None:
    ran = start(SHOW, "DEBUG", **{name: value})

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"The setting {name} ")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("address", "name", "options"),
    [
        ("brevo://k%2Fey@", "brevo", {"api_key": "k/ey"}),
        ("mailjet://key:se%3Acret@", "mailjet", {"api_key": "key", "secret_key": "se:cret"}),
        (
            "postmark://t@?message_stream=x",
            "postmark",
            {"server_token": "t", "message_stream": "x"},
        ),
        (
            "scaleway://s@Project-1?region=nl-ams",
            "scaleway",
            {"secret_key": "s", "project_id": "Project-1", "region": "nl-ams"},
        ),
    ],
)
def test_one_setting_chooses_a_mail_service(
    address: str, name: str, options: dict[str, str]
) -> None:
    backend, providers = read("EMAIL_BACKEND", "MAIL_PROVIDERS", EMAIL_URL=address)

    assert backend == f"anymail.backends.{name}.EmailBackend"
    assert providers == {name: {"backend": backend, **options}}


def test_a_second_provider_may_be_of_the_same_sort() -> None:
    [providers] = read("MAIL_PROVIDERS", EMAIL_URL="brevo://a@", EMAIL_URL_2="brevo://b@")

    assert [(name, each["api_key"]) for name, each in providers.items()] == [
        ("brevo", "a"),
        ("brevo (2)", "b"),
    ]


def test_wrong_setting_does_not_show_the_password_in_it() -> None:
    ran = start(SHOW, "DEBUG", DATABASE_URL="mysql://user:hunter2@host/name")

    assert ran.returncode == 1
    assert "hunter2" not in ran.stderr + ran.stdout


def test_passwords_with_special_letters_arrive_as_they_are() -> None:
    shown = read(
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD",
        "DATABASES",
        EMAIL_URL="smtp+ssl://apikey:a%2Bb%2Fc%40d%23e@mail.example.be:465",
        DATABASE_URL="postgres://user:a%2Bb%2Fc%40d%23e@host:5432/name",
    )

    assert shown[:2] == ["apikey", "a+b/c@d#e"]
    assert shown[2]["default"]["PASSWORD"] == "a+b/c@d#e"


def test_statements_read_who_does_what_as_phrases() -> None:
    shown = read(
        "PROCESSORS",
        "PROCESSORS_OUTSIDE_EEA",
        "ACCESSIBILITY_CONTACT",
        PROCESSORS="Example Hosting (servers, België); Example Mail (mails, Ierland);",
    )

    assert shown == [
        ["Example Hosting (servers, België)", "Example Mail (mails, Ierland)"],
        [],
        "sessies@example.be",
    ]


def test_mailbox_has_no_address_outside_local_mode() -> None:
    paths = ["/mailbox/", "/fr/mailbox/", "/mailbox/20270510T080000000000-00000000/source/", "/"]
    code = """
import sys, django
django.setup()
from django.urls import Resolver404, resolve
for path in sys.argv[1:]:
    try:
        print(resolve(path).view_name)
    except Resolver404:
        print("404")
"""
    ran = start(code, *paths)

    assert ran.stdout.split() == ["404", "404", "404", "portal:home"], ran.stderr


def test_secret_of_local_mode_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"

    first = read("SECRET_KEY", LOCAL_MODE="1", VAR_DIR=str(var_dir))
    second = read("SECRET_KEY", LOCAL_MODE="1", VAR_DIR=str(var_dir))

    assert first == second
    assert len(first[0]) >= 50
    assert (var_dir / "secret_key").stat().st_mode & 0o777 == 0o600


def test_secret_of_local_mode_differs_from_folder_to_folder(tmp_path: Path) -> None:
    keys = [
        read("SECRET_KEY", LOCAL_MODE="1", VAR_DIR=str(tmp_path / name))[0] for name in ("a", "b")
    ]

    assert keys[0] != keys[1]


def test_folder_where_nothing_can_be_kept_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ran = start(SHOW, "DEBUG", LOCAL_MODE="1", VAR_DIR=str(tmp_path / "file"))

    assert ran.returncode == 1
    assert ran.stderr.startswith("The setting VAR_DIR ")
    assert len(ran.stderr.splitlines()) == 1
