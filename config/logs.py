"""Keeping secret codes and mail addresses out of the logs."""

import logging
import re

_CODE = re.compile(r"(/registrations/|/registered/)[^/\s\"']+")
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class WithoutCodes(logging.Filter):
    """Replaces the code in a personal address, and every mail address, in each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        scrubbed = _MAILBOX.sub("[address]", _CODE.sub(r"\1[code]", message))
        if scrubbed != message:
            record.msg, record.args = scrubbed, None
        return True
