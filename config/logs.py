"""What a log line looks like, and keeping secret codes and mail addresses out of it."""

import json
import logging
import re
from datetime import UTC, datetime

from accounts import tracing

_CODE = re.compile(
    r"(/(?:registrations|registered|privacy/data|calendars|follow|invitations|speakers)/)[^/\s\"']+"
)
# Addresses of lists hold what somebody searched for: a name, as often as not.
_QUERY = re.compile(r"(/[^\s?\"']*\?)[^\s\"']+")
_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# PostgreSQL repeats the row that it refuses.
_ROW = re.compile(r"(DETAIL: ).*")
_FORMATTER = logging.Formatter()

# What `portal.observing` tells of a request, beside its line.
_FIELDS = ("method", "route", "status", "milliseconds")


class WithoutCodes(logging.Filter):
    """Replaces the code in a personal address, and every mail address, in lines and tracebacks.

    Notes the number of the request that the line belongs to.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        scrubbed = scrub(message)
        if scrubbed != message:
            record.msg, record.args = scrubbed, None
        if record.exc_info:
            # A formatter takes this text instead of making it; errors quote what they choke on.
            record.exc_text = scrub(_FORMATTER.formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = scrub(record.stack_info)
        record.request_id = tracing.current() or _number_of(record) or "-"
        return True


def _number_of(record: logging.LogRecord) -> str:
    """The number of the request that Django says a line is about, once it has been answered."""
    sent = getattr(getattr(record, "request", None), "META", {})
    return str(sent.get("HTTP_X_REQUEST_ID", ""))


class Json(logging.Formatter):
    """A line as JSON, for programs that collect logs; to use behind `WithoutCodes`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_text:
            line["exception"] = record.exc_text
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, ensure_ascii=False)


def scrub(text: str) -> str:
    """A text without codes, passwords, searches, mail addresses and rows of the database."""
    for pattern, instead in (
        (_CODE, r"\1[code]"),
        (_QUERY, r"\1[parameters]"),
        (_PASSWORD, r"\1[password]@"),
        (_MAILBOX, "[address]"),
        (_ROW, r"\1[row]"),
    ):
        text = pattern.sub(instead, text)
    return text
