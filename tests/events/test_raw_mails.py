"""The mails that carry a calendar, as they go over the line, kept in `mails/` to be read.

Mail programs are choosy about order, types and encodings, and a change there shows nowhere else.
The HTML is left out: other tests look at it. After a change that is meant, renew them and look at
the difference: `RENEW_MAILS=1 make test ARGS=tests/events/test_raw_mails.py`
"""

import os
import re
from email import message_from_bytes
from email.message import Message as Part
from pathlib import Path

import pytest
from time_machine import TimeMachineFixture

from events import messages, registering, rescheduling
from events.models import Registration, Session
from events.rescheduling import When
from mailing.letters import as_bytes, mail_of
from mailing.models import Message
from tests.build import (
    LINK,
    NOW,
    days,
    make_agenda_item,
    make_programme,
    make_registration,
    make_session,
)

pytestmark = pytest.mark.django_db

MAILS = Path(__file__).parent / "mails"


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def registration() -> Registration:
    """Somebody with a seat, of whom nothing but the codes differs from run to run."""
    session = make_session(
        programme=make_programme(name="Taal & recht", full_name="Programma Taal & recht"),
        title="Éénmalig: AI, taal; en \\ recht",
        slug="taal",
        uid="00000000-0000-4000-8000-000000000001",
        summary="Wat kan, wat mag.",
        link=LINK,
    )
    make_agenda_item(session, title="Welkom 👋")
    return make_registration(session, name="Zoë Peeters", email="zoe@example.org")


def raw(registration: Registration, kind: str) -> bytes:
    message = Message.objects.get(object_id=registration.pk, kind=f"events.{kind}")
    letter = messages.compose(message, NOW)
    return as_bytes(mail_of(letter, message_id="<1@example.be>"))


def readable(mail: bytes, registration: Registration) -> str:
    """A mail with its calendars as they are under base64, and without what differs each time.

    Codes are x's, of which there are as many as they have letters: they decide about the folding.
    """
    parsed = message_from_bytes(mail)
    boundaries = [part.get_boundary() for part in parsed.walk() if part.is_multipart()]
    text = mail.decode()
    for part in parsed.walk():
        if part.get_content_type() == "text/html":
            text = text.replace(_written(part), "(left out)\r\n")
        elif _is_packed(part):
            text = text.replace(_written(part), _read(part))
    for number, boundary in enumerate(boundaries, start=1):
        text = text.replace(str(boundary), f"boundary-{number}")
    for code in (registration.managing_code, registration.joining_code, registration.ticket_code):
        letters = r"(=?\r?\n ?)?".join(map(re.escape, code))
        text = re.sub(letters, lambda found: re.sub(r"[^\s=]", "x", found[0]), text)
    # What differs between versions of Django and means nothing: where this header stands, and
    # whether parts repeat it (RFC 2045 section 4).
    version = "MIME-Version: 1.0\r\n"
    text = version + text.replace(version, "")
    return text.replace("\r\n", "\n")


def _is_packed(part: Part) -> bool:
    return part["Content-Transfer-Encoding"] == "base64"


def _written(part: Part) -> str:
    return str(part.get_payload()).replace("\r\n", "\n").replace("\n", "\r\n")


def _read(part: Part) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    is_text = part.get_content_type() in {"text/calendar", "application/ics"}
    return content.decode() if is_text else f"({len(content)} bytes)\r\n"


@pytest.mark.parametrize("kind", ["registered", "changed", "cancelled", "session_cancelled"])
def test_mail_with_a_calendar_goes_over_the_line_as_it_did(
    kind: str, registration: Registration
) -> None:
    session = registration.session
    match kind:
        case "changed":
            to = When(session.starts_at + days(1), session.ends_at + days(1))
            rescheduling.move(session, to, now=NOW)
        case "cancelled":
            registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)
        case "session_cancelled":
            Session.objects.filter(pk=session.pk).update(cancellation_reason_nl="Ziekte.")
            rescheduling.cancel_session(session, now=NOW)

    mail = readable(raw(registration, kind), registration)

    kept = MAILS / f"{kind}.eml"
    if os.environ.get("RENEW_MAILS") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(mail)
    assert mail == kept.read_text()
