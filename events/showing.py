"""Mails about a registration as an organiser may see them, and by whose eyes.

The codes in them are their reader's alone: who has one can cancel, or take part as that person.
"""

import copy
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Case, When
from django.utils.safestring import SafeString

from events import messages
from events.models import Registration, Session
from mailing.letters import Fact, Letter, Paragraph
from mailing.models import Message
from mailing.written import Written


def blotted(letter: Letter, registration: Registration) -> Letter:
    """A letter with its reader's codes blotted out, without the picture and calendar of one."""
    codes = (registration.managing_code, registration.joining_code, registration.ticket_code)

    def hidden(text: str) -> str:
        for code in codes:
            text = text.replace(code, "…")
        return text

    def said(paragraph: Paragraph) -> Paragraph:
        if isinstance(paragraph, Written):
            html = SafeString(hidden(paragraph.html))
            return replace(paragraph, html=html, text=hidden(paragraph.text))
        return hidden(paragraph)

    def known(fact: Fact) -> Fact:
        if len(fact) == 3:
            label, value, address = fact
            return label, hidden(value), hidden(address)
        return fact[0], hidden(fact[1])

    return replace(
        letter,
        subject=hidden(letter.subject),
        opening=[said(paragraph) for paragraph in letter.opening],
        facts=[known(fact) for fact in letter.facts],
        button=letter.button and (letter.button[0], hidden(letter.button[1])),
        closing=[said(paragraph) for paragraph in letter.closing],
        foot_links=[(label, hidden(address)) for label, address in letter.foot_links],
        picture=None,
        calendar=None,
    )


def in_language(registration: Registration, session: Session, language: str) -> Registration:
    """A registration as if its owner read another language, to be shown and never saved."""
    reader = copy.copy(registration)
    reader.session, reader.language = session, language
    return reader


def example_reader(session: Session, language: str) -> Registration:
    """Somebody made up, for a session for which nobody has registered; never saved."""
    return Registration(
        session=session,
        state=Registration.State.CONFIRMED,
        name="Jan Peeters",
        email="jan.peeters@example.org",
        organisation_name="Voorbeeld",
        language=language,
        received_at=session.created_at,
        confirmed_at=session.created_at,
    )


def fitting_reader(session: Session, kind: str, language: str) -> Registration:
    """One of those registered, as if they got a mail of a kind in a language; else an example.

    Somebody whom such a mail is for and who reads that language goes before the others.
    """
    best = Case(
        When(language=language, state=_STATE_OF[kind], then=0), When(language=language, then=1),
        When(state=_STATE_OF[kind], then=2), default=3,
    )  # fmt: skip
    found = session.registrations.named().order_by(best, "pk").first()
    return in_language(found, session, language) if found else example_reader(session, language)


def letter_of_kind(registration: Registration, kind: str, now: datetime) -> Letter:
    """What a mail of a kind says to somebody, as if what causes it had just happened to them."""
    reader = copy.copy(registration)
    session = reader.session
    reader.state = _STATE_OF[kind]
    reader.confirmed_at = reader.confirmed_at or now
    if reader.is_cancelled:
        by_session = kind == messages.SESSION_CANCELLED
        by = Registration.CancelledBy.SESSION if by_session else Registration.CancelledBy.ORGANISER
        reader.cancelled_by, reader.cancelled_at = by, now
    week = timedelta(days=7)
    was = {
        "starts_at": (session.starts_at - week).isoformat(),
        "ends_at": (session.ends_at - week).isoformat(),
    }
    ending = {messages.LINK: session.link_round, messages.CHANGED: session.sequence}.get(kind, "")
    message = Message(
        key=f"registration:{reader.pk}:{kind}:{ending}",
        kind=kind,
        object_id=reader.pk or 0,
        payload=messages.as_told(session) | was if kind == messages.CHANGED else {},
    )
    return messages.write(reader, message, now)


_STATE_OF = {
    messages.REGISTERED: Registration.State.CONFIRMED,
    messages.WAITING: Registration.State.WAITING,
    messages.PROMOTED: Registration.State.CONFIRMED,
    messages.LINK: Registration.State.CONFIRMED,
    messages.CHANGED: Registration.State.CONFIRMED,
    messages.CANCELLED: Registration.State.CANCELLED,
    messages.SESSION_CANCELLED: Registration.State.CANCELLED,
}
