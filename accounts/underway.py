"""Long work of which a page tells how far it is, and which can be stopped.

The work goes step by step: a generator that yields how much is done and returns what came of it. A
plain form has it run to its end and gets the answer. The script static/js/underway.js asks for the
steps as well, as lines of JSON while they are done. Where it hangs up, the work is closed at its
next step: what it holds in a transaction is undone.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import IO, TypeVar, cast

from django.contrib import messages
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import translation

Result = TypeVar("Result")
Steps = Generator[int, None, Result]

KIND = "application/x-ndjson"


def finished(work: Steps[Result]) -> Result:
    """What comes of the work, done to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def answer(request: HttpRequest, work: Steps[HttpResponseBase], *, total: int) -> HttpResponseBase:
    """The answer of the work, or, where the script asks, its steps out of so many and then that.

    The answer is another page to go to, or a file.
    """
    if request.headers.get("Accept") != KIND:
        return finished(work)
    response = StreamingHttpResponse(_told(request, work, total), content_type=KIND)
    # A proxy that gathers an answer before it passes it on would tell everything at the end.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _told(request: HttpRequest, work: Steps[HttpResponseBase], total: int) -> Iterator[bytes]:
    """A line for each step, then one about the answer; a file follows its line as it is."""
    # The steps are asked for after the view has ended, whatever language is active then.
    language = translation.get_language()
    yield _line(done=0, total=total)
    with closing(work):
        while True:
            with translation.override(language):
                try:
                    done = next(work)
                except StopIteration as end:
                    response: HttpResponseBase = end.value
                    break
            yield _line(done=done, total=total)
    if isinstance(response, HttpResponseRedirect):
        # The cookie that carries what a page tells after an action can no longer be set.
        said = [str(message) for message in messages.get_messages(request)]
        yield _line(said=said, url=response.url)
        return
    file = cast(FileResponse, response)
    with closing(cast(IO[bytes], file.file_to_stream)):
        yield _line(file=file.headers["Content-Disposition"], kind=file.headers["Content-Type"])
        yield from cast(Iterable[bytes], file)


def _line(**facts: object) -> bytes:
    return json.dumps(facts).encode() + b"\n"
