"""What a visitor reads when the program failed."""

import errno
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

# How long programs wait before they ask again.
RETRY_SECONDS = 10
# No room, no disk, or an object store that does not answer, which gives no number.
_OF_STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, None}


def failed(_request: HttpRequest) -> HttpResponse:
    """Say that it passes, where database or disk are away; else that the fault is ours."""
    error = sys.exc_info()[1]
    if _passes(error):
        answer = HttpResponse(render_to_string("503.html"), status=503)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    return HttpResponse(render_to_string("500.html"), status=500)


def _passes(error: BaseException | None) -> bool:
    """Whether it failed by something that comes back by itself."""
    if isinstance(error, OSError):
        return error.errno in _OF_STORAGE
    return isinstance(error, OperationalError | InterfaceError)
