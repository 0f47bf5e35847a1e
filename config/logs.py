"""Keeping secret codes and mail addresses out of the logs."""

import logging
import re

_CODE = re.compile(r"(/registrations/|/registered/)[^/\s\"']+")
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_FORMATTER = logging.Formatter()


class WithoutCodes(logging.Filter):
    """Replaces the code in a personal address, and every mail address, in lines and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        scrubbed = _scrub(message)
        if scrubbed != message:
            record.msg, record.args = scrubbed, None
        if record.exc_info:
            # A formatter takes this text instead of making it; errors quote what they choke on.
            record.exc_text = _scrub(_FORMATTER.formatException(record.exc_info))
        return True


def _scrub(text: str) -> str:
    return _MAILBOX.sub("[address]", _CODE.sub(r"\1[code]", text))
