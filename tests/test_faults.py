"""Faults and hostile requests that are nobody's own: too much, a full disk, a false way back."""

import errno
import io
import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.utils.translation import gettext
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.models import User
from config.limits import LARGEST_BODY_BYTES
from events.models import Registration, SeatCount, Session
from mailing.models import Message
from tests.build import NOW, make_organiser, make_registration, make_session, make_user
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient
from tests.portal.signing_in import code_in_last_mail, deliver, make_account
from tests.processes import database_url

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


# Gone in the middle ------------------------------------------------------------------------------


def failing_at(statement: int, fail: Callable[[], object]) -> Callable[..., object]:
    """Lets so many statements through; before the next one it happens."""
    executed = count()

    def execute(run: Callable[..., object], *call: object) -> object:
        if next(executed) == statement:
            fail()
        return run(*call)

    return execute


def out_of_reach() -> None:
    raise OperationalError("server closed the connection unexpectedly")


def end_the_connection() -> None:
    """As a restart of PostgreSQL does, in the middle of whatever goes on."""
    assert connection.connection is not None
    number = connection.connection.info.backend_pid
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [number])


def send_and_send_again(session: Session, fail: Callable[[], object], *, step: int) -> int:
    """How many statements it took; what each failure leaves is looked at before it is sent anew."""
    statement = 0
    while True:
        form = FORM | {"email": f"jan{statement}@example.org", "form_token": f"form-{statement}"}
        before = Registration.objects.count()
        with connection.execute_wrapper(failing_at(statement, fail)):
            first = Client(raise_request_exception=False).post(address_of(session), form)
        connection.close()  # as Django does with a broken one before the next request
        seats = SeatCount.objects.get(session=session)
        if first.status_code == 302:
            assert seats.taken == before + 1
            return statement
        assert (first.status_code, first.headers["Retry-After"]) == (503, "10")
        assert Registration.objects.count() == Message.objects.count() == seats.taken == before

        again = Client().post(address_of(session), form)

        assert again.status_code == 302
        assert Registration.objects.count() == Message.objects.count() == before + 1
        statement += step


@pytest.mark.django_db(transaction=True)
def test_registration_whose_database_is_gone_at_any_statement_is_whole_when_sent_again(
    session: Session,
) -> None:
    SeatCount.objects.update(capacity=None)

    statements = send_and_send_again(session, out_of_reach, step=1)

    assert statements >= 6


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_restart_of_the_database_leaves_nothing_half_written(session: Session) -> None:
    SeatCount.objects.update(capacity=None)

    statements = send_and_send_again(session, end_the_connection, step=2)

    assert statements >= 6


# Just in time ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["visitor", "signed in", "organiser"])
def test_waiting_for_the_database_costs_nobody_the_deadline(
    who: str, session: Session, time_machine: TimeMachineFixture
) -> None:
    browser = Client()
    if who != "visitor":
        member = make_organiser(session.programme)
        browser.force_login(member if who == "organiser" else make_user())
    arrives_at = session.registration_closes_at - timedelta(milliseconds=1)
    time_machine.move_to(arrives_at, tick=False)

    def wait(run: Callable[..., object], *call: object) -> object:
        time_machine.move_to(session.registration_closes_at + timedelta(seconds=9), tick=False)
        return run(*call)

    with connection.execute_wrapper(wait):
        answer = browser.post(address_of(session), FORM)

    assert answer.status_code == 302
    assert Registration.objects.get().received_at == arrives_at


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


# No longer signed in -----------------------------------------------------------------------------

OWN_FORM = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
TEXT = 'Regel één\r\n<script>alert(1)</script> "twee" & meer'


@pytest.fixture
def organiser(session: Session) -> User:
    """Who works on the session."""
    return make_organiser(session.programme)


def fields_on(page: HttpResponse) -> dict[str, Any]:
    """What the form of the page would send."""
    return next(fields for form in forms_on(page) if "summary_nl" in (fields := sent_by(form)))


def test_form_of_who_is_signed_out_waits_for_them_and_loses_nothing(
    session: Session, organiser: User
) -> None:
    browser = CheckedClient()
    browser.force_login(organiser)
    address = f"/organise/sessions/{session.slug}/page/"
    typed = fields_on(browser.get(address)) | {"summary_nl": TEXT}
    browser.cookies.pop(settings.SESSION_COOKIE_NAME)

    waiting = browser.post(
        address, typed, headers=OWN_FORM | {"referer": f"http://testserver{address}"}
    )
    browser.force_login(organiser)
    kept = fields_on(waiting)
    answer = browser.post(address, kept, headers=OWN_FORM)

    assert waiting.status_code == 403
    assert f'href="/accounts/login/?next={address}"' in waiting.content.decode()
    assert waiting.headers["Cache-Control"] == "no-store, private"
    assert "<script>alert" not in waiting.content.decode()
    assert answer.status_code == 302
    session.refresh_from_db()
    assert session.summary.splitlines() == TEXT.splitlines()


def test_every_value_of_a_field_is_sent_again_and_the_button_too(organiser: User) -> None:
    typed = {"theme": ["1", "2"], "step": "back", "tell": "yes", "empty": ""}

    page = Client().post("/organise/sessions/new/", typed, headers=OWN_FORM)

    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    assert [pair for pair in hidden if pair[0] != "csrfmiddlewaretoken"] == [
        ("theme", "1"), ("theme", "2"), ("step", "back"), ("tell", "yes"), ("empty", ""),
    ]  # fmt: skip


def test_page_of_who_is_signed_out_says_that_a_file_has_to_be_chosen_again(
    session: Session,
) -> None:
    sent = {"file": io.BytesIO(b"naam;e-mail\n")}

    page = Client().post(
        f"/organise/sessions/{session.slug}/attendees/import/", sent, headers=OWN_FORM
    )

    assert page.status_code == 403
    assert gettext(
        "Only the file you have to choose again: go back to the form for that once you are"
        " signed in."
    ) in unescape(page.content.decode())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"},
    ],
)
def test_form_of_another_site_is_never_offered_to_be_sent_again(
    session: Session, organiser: User, headers: dict[str, str]
) -> None:
    address = f"/organise/sessions/{session.slug}/page/"
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(organiser)

    signed_out = Client().post(address, {"summary_nl": "evil"}, headers=headers)
    forged = browser.post(address, {"summary_nl": "evil"}, headers=headers)

    assert (signed_out.status_code, forged.status_code) == (302, 403)
    assert "evil" not in signed_out.content.decode() + forged.content.decode()
    assert gettext("You may not do this") in forged.content.decode()


def test_form_from_before_signing_in_again_is_offered_with_a_new_token(
    session: Session, organiser: User
) -> None:
    browser = CheckedClient(enforce_csrf_checks=True)
    browser.force_login(organiser)
    address = f"/organise/sessions/{session.slug}/page/"
    typed = fields_on(browser.get(address)) | {"summary_nl": TEXT}
    browser.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32  # as signing in changes it

    refused = browser.post(address, typed, headers=OWN_FORM)
    answer = browser.post(address, fields_on(refused), headers=OWN_FORM)

    assert refused.status_code == 403
    assert answer.status_code == 302
    session.refresh_from_db()
    assert session.summary.splitlines() == TEXT.splitlines()


def test_second_factor_that_is_missing_keeps_what_was_typed(
    session: Session, organiser: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    browser = Client()
    browser.force_login(organiser)

    page = browser.post(
        f"/organise/sessions/{session.slug}/page/", {"summary_nl": TEXT}, headers=OWN_FORM
    )

    assert page.status_code == 403
    assert 'href="/accounts/2fa/' in page.content.decode()
    assert "twee" in page.content.decode()


def test_form_in_the_administration_is_kept_too(session: Session, organiser: User) -> None:
    address = f"/admin/events/session/{session.pk}/change/"

    page = Client().post(address, {"summary_nl": TEXT}, headers=OWN_FORM)

    assert page.status_code == 403
    assert f"next={address}" in page.content.decode()
    assert "twee" in page.content.decode()


def test_signing_in_leads_back_to_the_page_and_not_to_where_its_form_went(
    session: Session, organiser: User
) -> None:
    page = f"/organise/sessions/{session.slug}/agenda/?day=1"
    button = f"/organise/sessions/{session.slug}/cancel/"

    def led_to(referer: str) -> str:
        answer = Client().post(button, headers={"referer": referer})
        return str(answer.headers["Location"])

    assert led_to(f"http://testserver{page}").endswith(
        f"?next=/organise/sessions/{session.slug}/agenda/%3Fday%3D1"
    )
    assert led_to("http://evil.example//evil.example/").endswith(f"?next={button}")
