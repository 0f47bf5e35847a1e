"""An outbox that delivers to a mail server of the test."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.mailing import build
from tests.mailing.smtp_double import SmtpDouble


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpDouble]:
    """A mail server, to which the outbox delivers notes."""
    with SmtpDouble() as double:
        settings.EMAIL_BACKEND = "mailing.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", double.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 10
        settings.OUTBOX_COMPOSERS = build.COMPOSERS
        yield double


@pytest.fixture(params=[True, False], ids=["together", "one by one"])
def either_smtp(smtp: SmtpDouble, request: pytest.FixtureRequest) -> SmtpDouble:
    """Once a mail server that takes commands together, once one that does not."""
    smtp.takes_together = request.param
    return smtp
