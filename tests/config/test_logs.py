import io
import logging

import pytest

from config.logs import WithoutCodes

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
    ],
)
def test_log_holds_no_code_of_a_personal_address(
    path: str, written: tuple[logging.Logger, io.StringIO]
) -> None:
    logger, stream = written

    logger.warning("Not Found: %s", path)

    assert CODE not in stream.getvalue()
    assert path.replace(CODE, "[code]") in stream.getvalue()


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
