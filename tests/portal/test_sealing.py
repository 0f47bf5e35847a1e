"""Secrets of second factors are of no use to whoever has the database alone."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from pytest_django.fixtures import Settings

from portal.sealing import MFAAdapter
from tests.build import make_user

pytestmark = pytest.mark.django_db


def test_secrets_are_not_in_the_database() -> None:
    user = make_user()

    app = TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    recovery = RecoveryCodes.activate(user)

    assert "JBSWY3DPEHPK3PXP" not in str(app.instance.data)
    stored = str(recovery.instance.data)
    assert stored and not any(code in stored for code in recovery.get_unused_codes())
    again = RecoveryCodes(type(recovery.instance).objects.get(pk=recovery.instance.pk))
    assert again.validate_code(recovery.get_unused_codes()[0])


def test_seal_holds_when_the_key_is_renewed_and_not_without_it(settings: Settings) -> None:
    adapter = MFAAdapter()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "first", []
    sealed = adapter.encrypt("JBSWY3DPEHPK3PXP")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second", ["first"]
    assert adapter.decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        adapter.decrypt(sealed)


def test_secret_from_before_there_were_seals_still_works() -> None:
    assert MFAAdapter().decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"
