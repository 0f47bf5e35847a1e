"""Answers that carry a calendar, with conditional GET (RFC 9110 section 13)."""

import hashlib
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, quote_etag

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar_response(
    request: HttpRequest,
    body: bytes,
    *,
    last_modified: datetime | None = None,
    filename: str = "",
    is_public: bool = False,
    max_age: timedelta = timedelta(0),
) -> HttpResponse:
    """Answer GET or HEAD with a calendar, or with 304 when the client has these very bytes.

    `filename` makes it a download; without it it is a feed, which must not be an attachment.
    `is_public` lets a shared cache keep it: only for what every visitor may see, never for an
    address with a personal code. `max_age` is how long it may be used without asking again;
    zero is "ask each time", which costs a 304.

    `last_modified` is an aware moment that moves with *every* change, also when an entry leaves:
    a client that sends no ETag trusts it. Without such a moment, leave it out.

    Raises ValueError for a naive `last_modified`.
    """
    if last_modified is not None and last_modified.utcoffset() is None:
        raise ValueError(f"A moment without a zone is no moment: {last_modified}")
    changed_at = None if last_modified is None else int(last_modified.timestamp())

    response = HttpResponse(body, content_type=MEDIA_TYPE)
    response["Content-Length"] = str(len(body))
    response["ETag"] = etag = quote_etag(hashlib.sha256(body).hexdigest())
    if changed_at is not None:
        response["Last-Modified"] = http_date(changed_at)
    seconds = int(max_age.total_seconds())
    response["Cache-Control"] = ", ".join(
        ["public" if is_public else "private", f"max-age={seconds}" if seconds > 0 else "no-cache"]
    )
    disposition = content_disposition_header(bool(filename), filename)
    if disposition is not None:
        response["Content-Disposition"] = disposition
    if request.method == "HEAD":
        # The headers stay those of the GET (RFC 9110 section 9.3.2).
        response.content = b""
    return get_conditional_response(request, etag, changed_at, response) or response
