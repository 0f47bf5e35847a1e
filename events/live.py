"""What changes on a public page with every registration, and is put in when the page is shown.

So that all the rest can be kept (`portal.keeping`). Where a page is made, marks stand in the place
of these texts; nobody can write one, since they hold a secret of this process.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language, ngettext

from events import announcing
from events.announcing import Announcement, seats_of, waiting_line
from events.forms.registering import new_form_token
from events.models import SeatCount, Session

SECRET = secrets.token_hex(16)
_SEATS = re.compile(rf"{SECRET}-(free|waiting)-(\d+)-")
_READER = re.compile(rf"{SECRET}-reader-(\w+)-")


def reader_mark(name: str) -> str:
    """Stands where each reader of a page finds a text of their own, by this name."""
    return f"{SECRET}-reader-{name}-"


FORM_TOKEN = reader_mark("form_token")
"""Stands where each reader of a form gets a token of their own."""


def free_mark(session: Session) -> str:
    """Stands where a reader finds how many seats are free."""
    return f"{SECRET}-free-{session.pk}-"


def announce(session: Session, now: datetime) -> Announcement:
    """The state of a session, with a mark where a reader finds how many people are waiting."""
    return announcing.announce(session, now, waiting=f"{SECRET}-waiting-{session.pk}-")


def _free_line(seats: SeatCount) -> str:
    return ngettext(
        "%(free)s of %(capacity)s free", "%(free)s of %(capacity)s free", seats.open
    ) % {"free": seats.open, "capacity": seats.capacity}


_LINES = {"free": _free_line, "waiting": waiting_line}

Shape = tuple[bool, bool]


def shape(seats: SeatCount) -> Shape:
    """What of the seats decides how a page looks, and not only which numbers stand in it."""
    return seats.is_full, seats.capacity is None


@dataclass(frozen=True)
class Sheet:
    """A page as it was made: its text with marks, and the shape of the seats it was made for."""

    text: str
    language: str
    shapes: Mapping[int, Shape]

    def fits(self, seats: Mapping[int, SeatCount]) -> bool:
        """Whether the page looks like this with these seats."""
        return all(shape(seats[number]) == known for number, known in self.shapes.items())

    def parts(self, seats: Mapping[int, SeatCount]) -> list[bytes]:
        """The page with these seats, in the active language, cut where its readers' texts go.

        Every second part is the name of such a text.
        """
        text = _SEATS.sub(lambda found: escape(_LINES[found[1]](seats[int(found[2])])), self.text)
        return [part.encode() for part in _READER.split(text)]


def put_together(parts: Sequence[bytes], **texts: str) -> bytes:
    """The page for one reader, with these texts of theirs; a form's token is made for each."""
    if len(parts) == 1:
        return parts[0]
    own = {"form_token": new_form_token(), **texts}
    return b"".join(
        escape(own[part.decode()]).encode() if number % 2 else part
        for number, part in enumerate(parts)
    )


class LivePage(HttpResponse):
    """A page with texts that change while the rest stays."""

    def __init__(self, text: str, sessions: Iterable[Session], *, status: int = 200) -> None:
        seats = {session.pk: seats_of(session) for session in sessions}
        shapes = {number: shape(row) for number, row in seats.items()}
        self.sheet = Sheet(text, get_language() or "", shapes)
        super().__init__(put_together(self.sheet.parts(seats)), status=status)


def sheet(request: HttpRequest, template: str, context: dict[str, Any]) -> Sheet:
    """A page that names no seats, with marks for its readers' texts."""
    return Sheet(render_to_string(template, context, request), get_language() or "", {})


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    sessions: Iterable[Session],
    *,
    status: int = 200,
) -> LivePage:
    """A page about these sessions, whose seats it may name by marks."""
    return LivePage(render_to_string(template, context, request), sessions, status=status)
