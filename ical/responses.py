"""Answers that carry a calendar, with conditional GET (RFC 9110 section 13)."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import ResolverMatch
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, quote_etag
from django.utils.text import compress_string
from django.utils.translation import get_language

from ical import editions
from ical.entries import Entry, calendar

MEDIA_TYPE = "text/calendar; charset=utf-8"
# Bytes; less than this travels in one packet anyhow.
WORTH_PACKING = 1_000
# How often programs are asked to look again; Apple's does so, Google takes 8 to 24 hours.
REFRESH = timedelta(hours=4)
# Calendars of which a process remembers what it sent last: some hundred bytes each.
REMEMBERED = 2_000
# How far the clocks of two machines may be apart.
SKEW = timedelta(seconds=5)


@dataclass(frozen=True)
class Contents:
    """What a calendar holds, and until when the clock leaves it so; None where it always does."""

    entries: list[Entry] = field(default_factory=list)
    until: datetime | None = None

    def __add__(self, other: "Contents") -> "Contents":
        limits = [each for each in (self.until, other.until) if each is not None]
        return Contents([*self.entries, *other.entries], min(limits, default=None))


@dataclass(frozen=True)
class Made:
    """A calendar's bytes, and until when the clock leaves them so; None where it always does."""

    body: bytes
    until: datetime | None = None


def feed(contents: Contents, *, name: str) -> Made:
    """A calendar to subscribe to, in the active language."""
    language = get_language() or ""
    body = calendar(contents.entries, name=name, language=language, refresh=REFRESH)
    return Made(body, contents.until)


@dataclass(frozen=True)
class _Sent:
    """What is told of bytes in the headers: their digest and length, and since when they hold."""

    digest: str
    length: int
    since: datetime | None = None

    @classmethod
    def of(cls, body: bytes) -> "_Sent":
        return cls(hashlib.sha256(body).hexdigest(), len(body))

    def last_modified(self, now: datetime) -> int | None:
        """A second in the past from which on they held, for clients that send no tag.

        None until it lies so far back that no answer with other bytes, by another machine or
        within the same second, can have named it.
        """
        if self.since is None:
            return None
        second = int((self.since + SKEW).timestamp()) + 1
        return second if second <= now.timestamp() else None


@dataclass(frozen=True)
class _Known:
    """What is remembered of a calendar: the bytes of an edition, until the clock changes them."""

    sent: _Sent
    edition: int
    until: datetime | None
    # What the address names, for whoever counts which are asked for.
    match: ResolverMatch | None

    def holds(self, edition: int, now: datetime) -> bool:
        """Whether a calendar made now would be the same."""
        return self.edition == edition and (self.until is None or now < self.until)


# By address, which says all that a public calendar depends on but the database and the clock. A
# new version of the program, and other settings, are another process, which remembers nothing.
Address = tuple[str, str, str]
_known: OrderedDict[Address, _Known] = OrderedDict()
_lock = Lock()


def _address(request: HttpRequest) -> Address:
    asked = request.META
    return asked.get("HTTP_HOST", ""), request.path_info, asked.get("QUERY_STRING", "")


def unchanged(request: HttpRequest, *, now: datetime) -> HttpResponse | None:
    """304 for who names the bytes that this process sent last, and would be sent now; else None.

    To be asked before anything else is done for a request: it costs one question. Who names them
    in another way than we told, gets the same answer later.
    """
    named = request.META.get("HTTP_IF_NONE_MATCH")
    known = _known.get(_address(request)) if named and request.method in {"GET", "HEAD"} else None
    if known is None or not known.holds(editions.current(), now):
        return None
    answer = HttpResponseNotModified()
    _set_headers(answer, request, known.sent, now, is_public=True)
    if answer.headers["ETag"] != named:
        return None
    request.resolver_match = known.match
    return answer


def public_response(
    request: HttpRequest, make: Callable[[], Made], *, now: datetime, filename: str = ""
) -> HttpResponse:
    """Answer with a calendar that anybody may have; made only where the client lacks it.

    `make` depends on nothing but the address, the clock as `now`, and tables that `ical.watching`
    watches. `filename` makes it a download; without it it is a feed, which must not be an
    attachment.
    """
    edition = editions.current()  # before anything is read: see there
    address = _address(request)
    known = _known.get(address)
    if known is not None and known.holds(edition, now):
        answer = _conditional(request, known.sent, now, is_public=True)
        if answer is not None:
            return answer
    made = make()
    sent = _Sent.of(made.body)
    is_same = known is not None and known.sent.digest == sent.digest
    sent = replace(sent, since=known.sent.since if known is not None and is_same else now)
    _remember(address, _Known(sent, edition, made.until, request.resolver_match))
    return _answer(request, made.body, sent, now, is_public=True, filename=filename)


def private_response(
    request: HttpRequest, body: bytes, *, now: datetime, filename: str = ""
) -> HttpResponse:
    """Answer with a calendar behind somebody's code, which no shared cache may keep."""
    return _answer(request, body, _Sent.of(body), now, is_public=False, filename=filename)


def _remember(address: Address, known: _Known) -> None:
    with _lock:
        _known[address] = known
        _known.move_to_end(address)
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)


def _answer(
    request: HttpRequest,
    body: bytes,
    sent: _Sent,
    now: datetime,
    *,
    is_public: bool,
    filename: str,
) -> HttpResponse:
    """The calendar, packed where that is taken, unless the client has these very bytes."""
    unchanged = _conditional(request, sent, now, is_public=is_public)
    if unchanged is not None:
        return unchanged
    response = HttpResponse(content_type=MEDIA_TYPE)
    _set_headers(response, request, sent, now, is_public=is_public)
    if _is_packed(request, sent):
        body = compress_string(body)
        response["Content-Encoding"] = "gzip"
    response["Content-Length"] = str(len(body))
    disposition = content_disposition_header(bool(filename), filename)
    if disposition is not None:
        response["Content-Disposition"] = disposition
    if request.method != "HEAD":  # whose headers are those of the GET (RFC 9110 section 9.3.2)
        response.content = body
    return response


def _conditional(
    request: HttpRequest, sent: _Sent, now: datetime, *, is_public: bool
) -> HttpResponse | None:
    """The answer to who asked under a condition that does not hold: 304 or 412; else None."""
    headers = HttpResponse()
    _set_headers(headers, request, sent, now, is_public=is_public)
    answer = get_conditional_response(request, headers["ETag"], sent.last_modified(now), headers)
    return None if answer is headers else answer


def _set_headers(
    response: HttpResponse, request: HttpRequest, sent: _Sent, now: datetime, *, is_public: bool
) -> None:
    """Those that a 304 has too."""
    # Two encodings are two representations, each with its own tag (RFC 9110 section 8.8.3.3).
    tag = f"{sent.digest}-gzip" if _is_packed(request, sent) else sent.digest
    response["ETag"] = quote_etag(tag)
    last_modified = sent.last_modified(now)
    if last_modified is not None:
        response["Last-Modified"] = http_date(last_modified)
    # Django adds the latter to every page without a language in its address.
    response["Vary"] = "Accept-Encoding, Accept-Language"
    # Kept by a client, and asked after each time, which costs a 304.
    response["Cache-Control"] = f"{'public' if is_public else 'private'}, no-cache"


def _is_packed(request: HttpRequest, sent: _Sent) -> bool:
    return sent.length >= WORTH_PACKING and accepts_gzip(request)


def accepts_gzip(request: HttpRequest) -> bool:
    """Whether a client takes gzip: it names it, and not with the weight 0 (RFC 9110 12.5.3)."""
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _semicolon, weight = part.replace(" ", "").partition(";")
        if coding == "gzip":
            return not weight or weight.removeprefix("q=").strip("0.") != ""
    return False
