"""The number that ties together what one request, and the mails it caused, leave in the log."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")
_USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current() -> str:
    """The number of the request at hand, also while a mail that it caused leaves; else empty."""
    return _current.get()


def number_of(given: str) -> str:
    """The number that whoever passed the request on gave it, where it is one; else a new one."""
    return given if _USABLE.fullmatch(given) else secrets.token_hex(16)


@contextmanager
def traced(number: str) -> Iterator[str]:
    """Have everything inside belong to a request."""
    token = _current.set(number)
    try:
        yield number
    finally:
        _current.reset(token)
