"""The ticket of somebody who comes on site: a code to show at the door.

The code is the address of the ticket. Whoever takes attendance and opens it sees the person;
anybody else sees the ticket, which says nothing of whose it is: it also stands on badges.
"""

import io
from urllib.parse import urljoin

import segno
from django.conf import settings
from django.utils import translation

from events.models import Registration, Session

# One in seven of the squares may be soiled or folded.
_CORRECTION = "m"


def has_tickets(session: Session) -> bool:
    """Whether people come to a door."""
    return session.attendance != Session.Attendance.ONLINE


def address(registration: Registration) -> str:
    """What the code says: the address of the ticket, in the language that needs no prefix."""
    with translation.override(settings.LANGUAGE_CODE):
        return urljoin(settings.SITE_URL, registration.get_ticket_url())


def as_svg(registration: Registration, *, is_inline: bool = True) -> str:
    """The code as a drawing; inline without a size, which the page gives it."""
    code = segno.make_qr(address(registration), error=_CORRECTION)
    if is_inline:
        drawn: str = code.svg_inline(light="#fff", omitsize=True, svgclass=None, lineclass=None)
        return drawn
    file = io.BytesIO()
    code.save(file, kind="svg", light="#fff", xmldecl=False, svgclass=None, lineclass=None)
    return file.getvalue().decode()


def as_png(registration: Registration, *, scale: int = 5) -> bytes:
    """The code as a picture, for mails; each of its squares `scale` pixels wide."""
    file = io.BytesIO()
    segno.make_qr(address(registration), error=_CORRECTION).save(file, kind="png", scale=scale)
    return file.getvalue()
