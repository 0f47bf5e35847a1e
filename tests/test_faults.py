"""Faults and hostile requests that are nobody's own: too much, a full disk, a false way back."""

import errno
import io
import logging
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from config.limits import LARGEST_BODY_BYTES
from events.models import Registration, Session
from mailing.models import Message
from tests.build import NOW, make_registration, make_session
from tests.portal.signing_in import code_in_last_mail, deliver, make_account

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]

FORM = {
    "name": "Jan Peeters",
    "email": "jan@example.org",
    "organisation_name": "Stad Voorbeeld",
    "language": "nl",
}


@pytest.fixture
def session() -> Session:
    """A session that people register for."""
    return make_session(capacity=1)


def address_of(session: Session) -> str:
    return f"/sessions/{session.slug}/register/"


# Too much ----------------------------------------------------------------------------------------


def test_ten_thousand_fields_are_refused_in_words(session: Session) -> None:
    many = {f"field{number}": "x" for number in range(10_000)}

    answer = Client().post(address_of(session), FORM | many)

    assert answer.status_code == 400
    assert "<h1" in answer.content.decode()
    assert not Registration.objects.exists()


class Untouched(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_size: int | None) -> bytes:
        raise AssertionError("It was read.")


def test_two_gigabytes_are_refused_before_a_byte_is_read(session: Session) -> None:
    answer = Client().generic(
        "POST",
        address_of(session),
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(2_000_000_000), "wsgi.input": Untouched()},
    )

    assert LARGEST_BODY_BYTES < 2_000_000_000
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "x", "9" * 400, "1e9", ""])
def test_length_that_is_none_breaks_nothing(session: Session, length: str) -> None:
    answer = Client().generic("POST", address_of(session), b"a=b", CONTENT_LENGTH=length)

    assert answer.status_code in {400, 413, 422}


# The way back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "next_page",
    [
        "//evil.example/",
        "https://evil.example/",
        "\\\\evil.example/",
        "/\\evil.example/",
        "///evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/%2F/evil.example/../..//evil.example",
        "\t//evil.example",
    ],
)
def test_signing_in_leads_to_our_own_pages_only(next_page: str) -> None:
    cache.clear()
    make_account("els@stad.example.org")
    client = Client()

    client.post("/accounts/login/", {"login": "els@stad.example.org", "next": next_page})
    deliver()
    answer = client.post(
        "/accounts/login/code/confirm/", {"code": code_in_last_mail(), "next": next_page}
    )

    location = answer.headers["Location"]
    assert answer.status_code == 302
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


# Full --------------------------------------------------------------------------------------------


class FullDisk(io.StringIO):
    """Where nothing can be written any more."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def _log_is_full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    [console] = [each for each in logging.getLogger("django").handlers if each.name == "console"]
    before = console.setStream(FullDisk())
    # What production does: the failure of a log is told on stderr, which is full as well.
    monkeypatch.setattr("sys.stderr", FullDisk())
    yield
    monkeypatch.undo()
    console.setStream(before)


@pytest.mark.usefixtures("_log_is_full")
def test_log_that_cannot_be_written_costs_nobody_their_seat(session: Session) -> None:
    logging.getLogger("django").warning("to a disk that is full")

    answer = Client().post(address_of(session), FORM)

    assert answer.status_code == 302
    assert Registration.objects.get().is_confirmed
    assert Message.objects.count() == 1


# The same again ----------------------------------------------------------------------------------


def test_form_of_a_stale_page_is_taken_without_cookie_or_token(session: Session) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = "stale"
    browser.cookies["sessionid"] = "expired"

    answer = browser.post(address_of(session), FORM | {"csrfmiddlewaretoken": "older"})

    assert answer.status_code == 302
    assert Registration.objects.count() == 1


def test_back_after_cancelling_says_what_is_and_how_to_go_on(session: Session) -> None:
    registration = make_registration(session)
    code, browser = registration.managing_code, Client()
    browser.post(f"/registrations/{code}/cancel/")

    again = [
        browser.post(f"/registrations/{code}/cancel/", follow=True),
        browser.get(f"/registrations/{code}/cancel/", follow=True),
    ]

    assert [page.status_code for page in again] == [200, 200]
    assert all(session.get_absolute_url() in page.content.decode() for page in again)
