"""What a mail says, once, for its text and its HTML alike."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email import policy
from email.encoders import encode_base64
from email.header import Header
from email.mime.image import MIMEImage
from email.utils import formataddr, formatdate
from functools import cache, lru_cache
from typing import Any, ClassVar, Literal

import css_inline
import django
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts import colours
from mailing.written import Written

Paragraph = str | Written
# A label and what there is to know, and where that leads to somewhere, the address.
Fact = tuple[str, str] | tuple[str, str, str]

PREHEADER_LENGTH = 150
_LONGEST_LINE = 998  # RFC 5321 section 4.5.3.1.6
# By day and in the dark, as in static/css/site.css.
OUR_COLOURS = "#0055cc", "#8ab8ff"


class NotWanted(Exception):
    """The mail makes no sense any more; its text is the reason, for the organiser."""


@dataclass(frozen=True)
class CalendarPart:
    """A calendar that goes with a mail (RFC 6047): the bytes and the method they name.

    PUBLISH is a file only: of a part with that method Outlook shows the raw lines.
    """

    content: bytes
    method: Literal["PUBLISH", "REQUEST", "CANCEL"]
    filename: str = "sessie.ics"


@dataclass(frozen=True)
class Picture:
    """A picture (PNG) that goes with a mail; who does not see it reads its words."""

    content: bytes
    words: str
    # By this the HTML finds it among what is attached (RFC 2392).
    content_id: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Letter:
    """One mail in the words of its reader: the fact first, then facts in a table, then the rest.

    A paragraph is a sentence of ours, or something that an organiser wrote.
    """

    recipient: str
    language: str
    subject: str
    heading: str
    greeting: str
    opening: Sequence[Paragraph]
    facts: Sequence[Fact] = ()
    button: tuple[str, str] | None = None
    closing: Sequence[Paragraph] = ()
    foot_links: Sequence[tuple[str, str]] = ()
    contact_name: str = ""
    reply_to: str = ""
    picture: Picture | None = None
    calendar: CalendarPart | None = None
    # Where mails like this one are stopped, with a POST and nothing else (RFC 8058).
    stop_url: str = ""
    # What a mailbox shows beside the subject; without it the first that the letter says.
    preheader: str = ""
    # Who organises what the letter is about, and in which colour ("#0055cc"); else it is ours.
    organiser: str = ""
    colour: str = ""


@cache
def _inliner() -> css_inline.CSSInliner:
    """Moves the styles into the elements, since many mail programs ignore a style element."""
    return css_inline.CSSInliner(
        keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False
    )


def render(letter: Letter) -> tuple[str, str]:
    """The letter as plain text and as HTML, in its own language."""
    return _render(letter, settings.SITE_NAME)


def _render(letter: Letter, site_name: str) -> tuple[str, str]:
    by_day, by_night = colours.accents(letter.colour) if letter.colour else OUR_COLOURS
    context = {
        "letter": letter,
        "preheader": _preheader(letter),
        "site_name": site_name,
        "accent": by_day,
        "accent_in_the_dark": by_night,
    }
    with translation.override(letter.language):
        text = render_to_string("mail/letter.txt", context)
        html = render_to_string("mail/letter.html", context)
    return text.strip() + "\n", _inliner().inline(html)


class Mail(EmailMultiAlternatives):
    """A mail that writes its calendar in base64.

    As it is, or quoted-printable, a server on the way may write its line ends anew; Outlook then
    finds no invitation.
    """

    # Its bytes, where they could be taken from those of mails like it.
    ready: bytes | None = None

    def message(self, **how: Any) -> Any:
        """The mail as it goes over the line."""
        if django.VERSION >= (6,):
            # Django 5 writes text as it is up to this length of its lines.
            given = how.get("policy", policy.default)
            how["policy"] = given.clone(max_line_length=_LONGEST_LINE)
        built: Any = super().message(**how)
        # Headers stay on one line: a long address would be moved to the next and leave the first
        # one empty, which not every program reads. What has to be encoded is folded here.
        built.policy = built.policy.clone(max_line_length=0)
        said = str(self.subject)
        charset = None if said.isascii() else "utf-8"
        # Of 76 characters at most (RFC 2047 section 2).
        subject = Header(said, charset, maxlinelen=75, header_name="Subject")
        # Past `replace_header`, which from Django 6 on takes no text that is folded already.
        built._headers = [
            (name, subject.encode() if name.lower() == "subject" else value)
            for name, value in built._headers
        ]
        for part in built.walk():
            if part.get_content_type() == "text/calendar":
                # From Django 6 on texts have lost their line ends (RFC 5545 section 3.1) here.
                content = re.sub(rb"\r?\n", b"\r\n", part.get_payload(decode=True))
                del part["Content-Transfer-Encoding"]
                part.set_payload(content)
                encode_base64(part)
        return built


def as_bytes(mail: EmailMessage) -> bytes:
    """A mail as a server gets it: its lines end as RFC 5322 has it."""
    content: bytes = getattr(mail, "ready", None) or mail.message().as_bytes()
    return content.replace(b"\n", b"\r\n")


def _preheader(letter: Letter) -> str:
    """What a mailbox shows beside the subject, at most."""
    said = letter.preheader or next(iter(letter.opening), "")
    text = said.text if isinstance(said, Written) else said
    return on_one_line(text)[:PREHEADER_LENGTH]


def on_one_line(text: str) -> str:
    """The text on one line; the spaces that French sets before its marks stay as they are."""
    return re.sub(r"[^\S\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+", " ", text).strip()


def mail_of(letter: Letter, *, message_id: str, is_plain: bool = False) -> EmailMultiAlternatives:
    """The letter as a mail: text, HTML, and the calendar as last alternative and as attachment.

    Outlook shows its accept card for the alternative only, Gmail and Apple Mail want it last, and
    the attachment serves those who show neither. `is_plain` is for services that know no more than
    text, HTML and attachments: no picture, and the calendar as attachment alone.
    """
    if is_plain:
        letter = replace(letter, picture=None)
    shape, own = _taken_apart(letter)
    text, html = (part.filled(own) for part in _alike(shape, settings.SITE_NAME))
    mail = _mail_of(letter, text, html, message_id=message_id)
    if letter.picture is not None:
        picture = MIMEImage(letter.picture.content, "png")
        picture.add_header("Content-ID", f"<{Picture.content_id}>")
        picture.add_header("Content-Disposition", "inline", filename="code.png")
        mail.attach(picture)
    if letter.calendar is not None:
        _add_calendar(mail, letter.calendar, is_shown=not is_plain)
    if letter.picture is None and letter.calendar is None:
        mail.ready = _ready(shape, own, mail, message_id=message_id)
    return mail


def _mail_of(letter: Letter, text: str, html: str, *, message_id: str) -> Mail:
    mail = Mail(
        subject=on_one_line(letter.subject),
        body=text,
        from_email=formataddr((settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL)),
        to=[letter.recipient],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            "Date": formatdate(),
            "Message-ID": message_id,
            # RFC 3834: no out-of-office reply wanted.
            "Auto-Submitted": "auto-generated",
            # The same for Exchange, which asks for its own name; bounces are still wanted.
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "Content-Language": letter.language,
            **_stopping(letter),
        },
    )
    mail.attach_alternative(html, "text/html")
    return mail


def _add_calendar(mail: Mail, part: CalendarPart, *, is_shown: bool) -> None:
    typed = f"text/calendar; method={part.method}"
    if part.method == "PUBLISH":
        mail.attach(part.filename, part.content, "application/ics")
    elif is_shown:
        mail.attach_alternative(part.content.decode(), typed)
        mail.attach(part.filename, part.content, "application/ics")
    else:
        # Alone, it is told as what it is: some programs offer to take over what names its method.
        mail.attach(part.filename, part.content, typed)


def _stopping(letter: Letter) -> dict[str, str]:
    """The headers from which mail programs make a button to stop these mails (RFC 8058)."""
    if not letter.stop_url:
        return {}
    return {
        "List-Unsubscribe": f"<{letter.stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


# Letters that are alike --------------------------------------------------------------------------

# Thousands of letters differ in their reader's name and addresses only. Those are taken out, so
# that what is alike is rendered and encoded once, and put back into the result.

# What reads the same in text, in HTML and in an attribute there.
_PLAIN = re.compile(r"[^&<>\"\x00-\x1f\x7f\xa0]+")
# What stands in a header as it is.
_HEADER = re.compile(r"[\w.+'&/=-]+@[\w.-]+|<[\w.-]+@[\w.-]+>", re.ASCII)
_SECRET = secrets.token_hex(8)
_OWN_RECIPIENT, _OWN_ID, _OWN_DATE = (
    f"{name}-{_SECRET}@example.org" for name in ("to", "id", "date")
)
# What stands where something was taken out; no one can type it.
_MARKS = re.compile(rf"(own-{_SECRET}-[0-9]+-|(?:to|id|date)-{_SECRET}@example\.org)")


def _taken_apart(letter: Letter) -> tuple[Letter, dict[str, str]]:
    """The letter with marks where its reader's own words stood, and those words by their marks."""
    own: dict[str, str] = {}

    def taken_out(value: str) -> str:
        if not _PLAIN.fullmatch(value):
            return value
        mark = f"own-{_SECRET}-{len(own)}-"
        own[mark] = value
        return mark

    def without_address(pair: tuple[str, str]) -> tuple[str, str]:
        return pair[0], taken_out(pair[1])

    def fact_without_address(fact: Fact) -> Fact:
        return (fact[0], fact[1], taken_out(fact[2])) if len(fact) == 3 else fact

    shape = replace(
        letter,
        recipient="",
        greeting=taken_out(letter.greeting),
        opening=tuple(letter.opening),
        facts=tuple(map(fact_without_address, letter.facts)),
        button=without_address(letter.button) if letter.button else None,
        closing=tuple(letter.closing),
        foot_links=tuple(map(without_address, letter.foot_links)),
        picture=letter.picture and replace(letter.picture, content=b""),
        calendar=None,
        stop_url=taken_out(letter.stop_url),
    )
    return shape, own


class Pattern:
    """A text with marks in it, taken apart once so that many can be made of it."""

    def __init__(self, text: str) -> None:
        self._parts = _MARKS.split(text)

    def filled(self, words: Mapping[str, str]) -> str:
        """The text with these words where their marks stood."""
        parts = self._parts.copy()
        parts[1::2] = [words[mark] for mark in parts[1::2]]
        return "".join(parts)


@lru_cache(maxsize=32)
def _alike(shape: Letter, site_name: str) -> tuple[Pattern, Pattern]:
    text, html = _render(shape, site_name)
    return Pattern(text), Pattern(html)


def _ready(shape: Letter, own: Mapping[str, str], mail: Mail, *, message_id: str) -> bytes | None:
    """The mail in bytes; None for one that would have to be encoded in another way."""
    to = mail.to[0]
    is_plain = _HEADER.fullmatch(to) and _HEADER.fullmatch(message_id)
    if not is_plain or not mail.extra_headers.get("List-Unsubscribe", "").isascii():
        return None
    frame = _frame(shape, settings.SITE_NAME, str(mail.from_email))
    if frame is None or (frame.is_ascii and not all(map(str.isascii, own.values()))):
        return None
    date = mail.extra_headers["Date"]
    filled = frame.pattern.filled({**own, _OWN_RECIPIENT: to, _OWN_ID: message_id, _OWN_DATE: date})
    content = filled.encode()
    return content if max(map(len, content.split(b"\n"))) <= _LONGEST_LINE else None


@dataclass(frozen=True)
class Frame:
    """All of a mail but what is its reader's own."""

    pattern: Pattern
    is_ascii: bool


@lru_cache(maxsize=32)
def _frame(shape: Letter, site_name: str, from_email: str) -> Frame | None:
    """The frame of mails that are alike; None where what is their readers' own would be encoded."""
    text, html = _render(shape, site_name)
    mail = _mail_of(replace(shape, recipient=_OWN_RECIPIENT), text, html, message_id=_OWN_ID)
    built = mail.message()
    # Past the checks of Django 6, for which this is no date.
    built._headers = [
        (name, _OWN_DATE if name == "Date" else value) for name, value in built._headers
    ]
    is_as_it_is = all(
        part["Content-Transfer-Encoding"] in {"7bit", "8bit"} for part in built.get_payload()
    )
    if not is_as_it_is:
        return None
    content = built.as_bytes().decode()
    return Frame(Pattern(content), is_ascii="Encoding: 7bit" in content)
