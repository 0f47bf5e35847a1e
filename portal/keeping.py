"""Public pages, kept in this process and shown again while they would be made the same.

A view says with `accounts.access.same_for_all` that its page may be kept. It is made once in an
edition, which ends with any change of a row that a page reads (`ical.editions`), and once between
two moments at which time alone changes pages (`portal.edges`). Before it is shown again, one
question to the database tells which edition holds and how the seats of its sessions stand: the
numbers that follow from these are put in each time, and a page that looks another way with them is
made anew.

Whoever signed in, has a message waiting or a form to protect sends a cookie that says so, and gets
pages that are made for them.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.translation import override

from events.live import LivePage, put_together
from events.models import SeatCount
from ical import editions, responses
from portal.edges import next_edge
from portal.message_cookie import OwnCookieStorage

# How many bytes of pages one process keeps; above that the oldest go.
ROOM = 8_000_000
# Who sends one of these may see something else than others.
PERSONAL_COOKIES = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    OwnCookieStorage.cookie_name,
)
# As `ical.editions.current`, in words that cost the least.
_EDITION = "SELECT coalesce(sum(token), 0) AS edition FROM ical_editionstep"
_SEATS = ("session_id", "capacity", "taken", "waiting", "held_up")
_EDITION_AND_SEATS = (
    "SELECT edition, session_id, capacity, taken, waiting, held_up FROM"
    " (SELECT coalesce(sum(token), 0) AS edition FROM ical_editionstep) AS steps"
    " LEFT JOIN events_seatcount ON session_id IN ({}) ORDER BY session_id"
)

# What a value of a view counts for, in bytes: a page in parts, or a row with its texts.
VALUE_SIZE = 20_000

Address = tuple[object, ...]
Value = TypeVar("Value")
Rows = list[tuple[Any, ...]]


def _asked(question: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(question)
        rows: Rows = cursor.fetchall()
        return rows


def _edition() -> int:
    """The edition that holds; 0 where nothing may be kept.

    What is read in an open transaction may be undone.
    """
    return 0 if connection.in_atomic_block else editions.current()


# What is kept ------------------------------------------------------------------------------------


class Kept:
    """Something made in an edition; it holds as long as that, or until `ends_at` if it has one."""

    def __init__(self, edition: int, size: int, ends_at: datetime | None = None) -> None:
        self.edition = edition
        self.size = size
        self.ends_at = ends_at


class Shelf:
    """What this process keeps: things of one edition."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._things: dict[Address, Kept] = {}
        self._size = 0
        self._edition = 0
        # Between these two nothing changes by itself.
        self._begins_at = self._ends_at = timezone.now()

    def find(self, address: Address, now: datetime) -> Kept | None:
        """What is kept under an address and holds at a moment, as far as time decides."""
        if not self._begins_at <= now < self._ends_at:
            return None
        kept = self._things.get(address)
        is_over = kept is not None and kept.ends_at is not None and kept.ends_at <= now
        return None if is_over else kept

    def put(self, address: Address, kept: Kept, now: datetime) -> None:
        """Keep what was asked for at a moment, before it was made."""
        if not kept.edition:
            return
        with self._lock:
            if kept.edition != self._edition or not self._begins_at <= now < self._ends_at:
                self._things, self._size = {}, 0
                self._edition = kept.edition
                self._begins_at, self._ends_at = now, next_edge(now)
            while self._things and self._size + kept.size > ROOM:
                self._size -= self._things.pop(next(iter(self._things))).size
            self._things[address] = kept
            self._size += kept.size


SHELF = Shelf()


# Pages -------------------------------------------------------------------------------------------


class KeptPage(Kept):
    """A page as it was made, with what tells whether it still holds."""

    def __init__(self, response: HttpResponse, edition: int, match: ResolverMatch | None) -> None:
        super().__init__(edition, len(response.content))
        self._match = match
        self._headers = dict(response.items())
        self._sheet = response.sheet if isinstance(response, LivePage) else None
        # What the database told last, and the page with that.
        self._known: tuple[Rows, list[bytes]] = ([(edition,)], [response.content])
        self._question = _EDITION
        if self._sheet and self._sheet.shapes:
            self._question = _EDITION_AND_SEATS.format(", ".join(map(str, self._sheet.shapes)))
            self._known = ([], [])

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """The page for this reader; None where it has to be made anew."""
        rows = _asked(self._question)
        if rows[0][0] != self.edition:
            return None
        known, parts = self._known
        if rows != known:
            if self._sheet is None or not self._sheet.fits(seats := self._seats(rows)):
                return None
            with override(self._sheet.language):
                parts = self._sheet.parts(seats)
            self._known = rows, parts
        # For whoever counts by it which pages are asked for.
        request.resolver_match = self._match
        response = HttpResponse(put_together(parts), headers=self._headers)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    def _seats(self, rows: Rows) -> dict[int, SeatCount]:
        """The seats by their sessions; where none were ever set, there is no limit."""
        shapes = self._sheet.shapes if self._sheet else {}
        seats = {number: SeatCount(session_id=number) for number in shapes}
        for _name, number, *counts in rows:
            if number is not None:
                seats[number] = SeatCount(**dict(zip(_SEATS, (number, *counts), strict=True)))
        return seats


class KeptPages:
    """Middleware that shows what is kept, and keeps what may be; of calendars only their tags."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with what is kept, or have the page made."""
        now = timezone.now()
        unchanged = responses.unchanged(request, now=now)
        if unchanged is not None:
            return unchanged
        if request.method != "GET" or connection.in_atomic_block or not is_for_anyone(request):
            return self._get_response(request)
        address = _address(request)
        kept = SHELF.find(address, now)
        answer = kept.answer(request) if isinstance(kept, KeptPage) else None
        if answer is not None:
            return answer
        response = self._get_response(request)
        edition = getattr(request, "edition", 0)
        if edition and _may_be_kept(response):
            SHELF.put(address, KeptPage(response, edition, request.resolver_match), now)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_rest: Any) -> None:
        """Before a page is made that may be kept, ask for its edition."""
        is_same = getattr(view, "is_same_for_all", False)
        if is_same and request.method == "GET" and is_for_anyone(request):
            request.edition = _edition()  # type: ignore[attr-defined]


def is_for_anyone(request: HttpRequest) -> bool:
    """Whether nothing tells who asks."""
    if "HTTP_AUTHORIZATION" in request.META:
        return False
    if "HTTP_COOKIE" not in request.META:
        return True
    return not any(name in request.COOKIES for name in PERSONAL_COOKIES)


def _address(request: HttpRequest) -> Address:
    """All of a request that a page may follow from."""
    asked = request.META
    return (
        request.scheme,
        asked.get("HTTP_HOST"),
        request.path_info,
        asked.get("QUERY_STRING"),
    )


def _may_be_kept(response: HttpResponse) -> bool:
    is_private = "no-store" in response.get("Cache-Control", "")
    return response.status_code == 200 and not response.cookies and not is_private


# What views keep themselves ----------------------------------------------------------------------


class KeptValue(Kept, Generic[Value]):
    """What a view made of rows that an edition watches."""

    def __init__(self, value: Value, edition: int, ends_at: datetime | None) -> None:
        super().__init__(edition, VALUE_SIZE, ends_at)
        self.value = value


def kept(
    address: Address,
    now: datetime,
    make: Callable[[], Value],
    *,
    ends_at: Callable[[Value], datetime | None] = lambda _value: None,
) -> Value:
    """What is kept under an address, or is made now; not to be changed by who gets it.

    `ends_at` says until when it holds, where its edition does not end before.
    """
    edition = _edition()
    found = SHELF.find(address, now)
    if isinstance(found, KeptValue) and found.edition == edition:
        value: Value = found.value
        return value
    value = make()
    SHELF.put(address, KeptValue(value, edition, ends_at(value)), now)
    return value
