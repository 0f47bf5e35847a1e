import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import tracing
from accounts.access import Access
from config.logs import Json, WithoutCodes, scrub

CODE = "9fK2-x_Z:1a2B3c"


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    """A logger that writes as the console does, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithoutCodes())
    handler.setFormatter(logging.Formatter("{levelname} {message}", style="{"))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, stream


@pytest.mark.parametrize(
    "path",
    [
        f"/registrations/{CODE}/",
        f"/fr/registrations/{CODE}/join/",
        f"/registrations/{CODE}",
        f"http://localhost:8000/en/registrations/{CODE}/calendar.ics?x=1",
        f"/sessions/a/registered/{CODE}/",
        f"/en/registrations/{CODE}/privacy/erase/",
        f"/fr/privacy/data/{CODE}/data.json",
        f"/calendars/{CODE}",
    ],
)
def test_log_holds_no_code_of_a_personal_address(
    path: str, written: tuple[logging.Logger, io.StringIO]
) -> None:
    logger, stream = written

    logger.warning("Not Found: %s", path)

    assert CODE not in stream.getvalue()
    assert path.partition("?")[0].replace(CODE, "[code]") in stream.getvalue()


def codes(resolver: URLResolver, path: str = "") -> Iterator[str]:
    """The addresses of which the code is the right to open them, with a code in them."""
    for entry in resolver.url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from codes(entry, here)
        elif getattr(entry.callback, "access", None) is Access.TOKEN_HOLDER:
            assert isinstance(entry, URLPattern)
            yield "/" + here.removeprefix("^/").replace("<str:code>", CODE)


def test_every_address_that_holds_a_code_is_known_here() -> None:
    found = list(codes(get_resolver()))

    assert len(found) > 15
    assert [address for address in found if CODE in scrub(f"Not Found: {address}")] == []


def test_log_holds_nothing_that_somebody_searched_for(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written

    logger.error("Error handling request %s %s", "GET", "/organise/sessions/1/?q=Peeters&sort=name")

    assert stream.getvalue().endswith("GET /organise/sessions/1/?[parameters]\n")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgres://user:hunter2@host:5432/name", "postgres://[password]@host:5432/name"),
        ("smtp+tls://u:p%40q@mail.example.be:587", "smtp+tls://[password]@mail.example.be:587"),
        (
            'violates check constraint "x"\nDETAIL:  Failing row contains (1, An Peeters).',
            'violates check constraint "x"\nDETAIL: [row]',
        ),
        ("https://sessies.example.be/sessions/", "https://sessies.example.be/sessions/"),
    ],
)
def test_log_holds_no_password_and_no_row(text: str, left: str) -> None:
    assert scrub(text) == left


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("an.peeters@stad.example.be", "[address]"),
        ("o'neill+ai@example.org", "o'[address]"),
        ("UPPER_case@EXAMPLE.ORG", "[address]"),
        ("a@b.co", "[address]"),
    ],
)
def test_log_holds_no_mail_address(
    address: str, left: str, written: tuple[logging.Logger, io.StringIO]
) -> None:
    logger, stream = written

    logger.warning("Refused: {'%s': (550, b'no')}", address)

    assert stream.getvalue() == f"WARNING Refused: {{'{left}': (550, b'no')}}\n"


def fail() -> None:
    raise ValueError(f"an@example.org at /registrations/{CODE}/")


def test_log_holds_no_address_or_code_in_a_traceback(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written
    try:
        fail()
    except ValueError:
        logger.exception("Message %s could not be composed", "registration:1:link")

    said = stream.getvalue()

    assert (CODE in said, "an@example.org" in said) == (False, False)
    assert "Traceback (most recent call last)" in said
    assert "Message registration:1:link could not be composed" in said
    assert "ValueError: [address] at /registrations/[code]/" in said


def test_log_keeps_what_is_no_secret(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written

    logger.warning("Message %s is tried again in %s", "registration:42:link", "0:01:00")

    assert stream.getvalue() == ("WARNING Message registration:42:link is tried again in 0:01:00\n")


def test_log_of_something_that_is_no_text_is_written(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written

    logger.warning({"to": "an@example.org"})

    assert stream.getvalue() == "WARNING {'to': '[address]'}\n"


# As JSON -----------------------------------------------------------------------------------------


@contextmanager
def written_as_json() -> Iterator[tuple[logging.Logger, list[dict[str, Any]]]]:
    """A logger that writes JSON, and on leaving what its lines say."""
    stream, lines = io.StringIO(), []
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithoutCodes())
    handler.setFormatter(Json())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    yield logger, lines
    lines.extend(json.loads(line) for line in stream.getvalue().splitlines())


def test_json_line_says_what_when_and_for_which_request() -> None:
    with written_as_json() as (logger, lines), tracing.traced("abcdefgh-1"):
        logger.info(
            "GET events:register 200 in 12 ms",
            extra={"method": "GET", "route": "events:register", "status": 200, "milliseconds": 12},
        )

    [line] = lines
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "test",
        "message": "GET events:register 200 in 12 ms",
        "request_id": "abcdefgh-1",
        "method": "GET",
        "route": "events:register",
        "status": 200,
        "milliseconds": 12,
    }


def test_json_line_is_one_line_and_holds_no_address_or_code_wherever_it_stood() -> None:
    with written_as_json() as (logger, lines):
        try:
            fail()
        except ValueError:
            logger.exception("Two\nlines for %s", "an@example.org", stack_info=True)

    [line] = lines
    assert line["message"] == "Two\nlines for [address]"
    assert "ValueError: [address] at /registrations/[code]/" in line["exception"]
    assert "Stack (most recent call last)" in line["stack"]
    assert line["request_id"] == "-"
    assert "request" not in line


def test_web_servers_own_lines_pass_here_too() -> None:
    # It names the whole address of a request that it could not finish.
    told = settings.LOGGING["loggers"]["gunicorn.error"]

    assert told == {"handlers": ["console"], "propagate": False}
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["without_codes"]
