"""That the scan for secrets in `make check` finds them; and lets pass what is made up."""

import importlib.util
from pathlib import Path

import pytest
from django.conf import settings

_SPEC = importlib.util.spec_from_file_location("leaks", Path(settings.BASE_DIR) / "bin/leaks.py")
assert _SPEC is not None and _SPEC.loader is not None
leaks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(leaks)


@pytest.mark.parametrize(
    "line",
    [
        "EMAIL_URL=smtp+tls:/~/user:kX9vQ2mZ@host:587",
        'SECRET_KEY = "v8Rk2Qz0x~Yb7Lm4Tn6Pw9Hs3"',
        '"api_key": "0f8b2c7d9~e1a4b6c8d0e2f4a"',
        "AKIA~IOSFODNN7ABCDEFG",
        "-----BEGIN RSA PRIV~ATE KEY-----",
        "github: ghp~_0123456789abcdefghijABCDEFGHIJ",
    ],
)
def test_secret_is_found(line: str) -> None:
    # Cut in two above, so that the scan does not find it there.
    whole = line.replace("~", "")

    assert [number for number, _secret in leaks.secrets_in(f"first\n{whole}")] == [2]


@pytest.mark.parametrize(
    "line",
    [
        "postgres://user:password@host:5432/name",
        'form_token = "aaaaaaaaaaaaaaaaaaaaaaaaa"',
        "token = new_form_token(registration, now)",
        'SECRET_KEY = "a long enough secret for these tests"',
    ],
)
def test_what_is_made_up_is_let_pass(line: str) -> None:
    assert list(leaks.secrets_in(line)) == []
