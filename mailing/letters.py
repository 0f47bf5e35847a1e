"""What a mail says, once, for its text and its HTML alike."""

from dataclasses import dataclass, field
from email.utils import formataddr
from functools import cache
from typing import Literal

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


class NotWanted(Exception):
    """The mail makes no sense any more; its text is the reason, for the organiser."""


@dataclass(frozen=True)
class CalendarPart:
    """A calendar that goes with a mail (RFC 6047): the bytes and the method they name."""

    content: bytes
    method: Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True)
class Letter:
    """One mail in the words of its reader: the fact first, then facts in a table, then the rest."""

    recipient: str
    language: str
    subject: str
    heading: str
    greeting: str
    opening: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    button: tuple[str, str] | None = None
    closing: list[str] = field(default_factory=list)
    foot_links: list[tuple[str, str]] = field(default_factory=list)
    contact_name: str = ""
    reply_to: str = ""
    calendar: CalendarPart | None = None


@cache
def _inliner() -> css_inline.CSSInliner:
    """Moves the styles into the elements, since many mail programs ignore a style element."""
    return css_inline.CSSInliner(
        keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False
    )


def render(letter: Letter) -> tuple[str, str]:
    """The letter as plain text and as HTML, in its own language."""
    context = {"letter": letter, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    with translation.override(letter.language):
        text = render_to_string("mail/letter.txt", context)
        html = render_to_string("mail/letter.html", context)
    return text.strip() + "\n", _inliner().inline(html)


def mail_of(letter: Letter, *, message_id: str) -> EmailMultiAlternatives:
    """The letter as a mail: text, HTML, and the calendar as last alternative and as attachment.

    Outlook shows its accept card for the alternative only, Gmail and Apple Mail want it last, and
    the attachment serves those who show neither.
    """
    text, html = render(letter)
    mail = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=text,
        from_email=formataddr((settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL)),
        to=[letter.recipient],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            "Message-ID": message_id,
            # RFC 3834: no out-of-office reply wanted.
            "Auto-Submitted": "auto-generated",
            "Content-Language": letter.language,
        },
    )
    mail.attach_alternative(html, "text/html")
    if letter.calendar is not None:
        content = letter.calendar.content
        method = letter.calendar.method
        mail.attach_alternative(content.decode(), f"text/calendar; method={method}")
        mail.attach("sessie.ics", content, "application/ics")
    return mail
