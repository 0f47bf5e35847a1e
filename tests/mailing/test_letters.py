"""Mails as their receivers' programs read them: with Python's parser, after a mail server."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

import html5lib
import icalendar
import pytest
import vobject
from django.core import mail as django_mail
from django.utils import translation
from django.utils.translation import gettext
from pytest_django.fixtures import Settings

from events import messages, registering, seating
from events.models import Registration, Session
from mailing import outbox
from mailing.letters import Letter, mail_of, render
from mailing.models import Message
from tests.build import LINK, NOW, at, make_agenda_item, make_registration, make_session
from tests.mailing.build import make_calendar_part, make_letter
from tests.mailing.smtp_double import SmtpDouble

XHTML = "{http://www.w3.org/1999/xhtml}"
MESSAGE_ID = "<0123456789abcdef@example.be>"
CALENDAR = b"BEGIN:VCALENDAR\r\nSUMMARY:" + "Café".encode() + b"\r\nEND:VCALENDAR\r\n"
ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-z]+);")


@pytest.fixture
def delivered(smtp: SmtpDouble, settings: Settings) -> Callable[[Letter], EmailMessage]:
    """Sends a letter to a real server and gives the mail as it is read there."""

    def deliver(letter: Letter) -> EmailMessage:
        sender = django_mail.get_connection()
        sender.send_messages([mail_of(letter, message_id=MESSAGE_ID)])
        return smtp.accepted[-1].mail

    return deliver


def shape(part: EmailMessage) -> object:
    """The tree of content types."""
    if part.is_multipart():
        return part.get_content_type(), [shape(each) for each in part.iter_parts()]
    return part.get_content_type()


def parts(mail: EmailMessage, content_type: str) -> list[EmailMessage]:
    return [part for part in mail.walk() if part.get_content_type() == content_type]


def text_of(mail: EmailMessage) -> str:
    """The text, its line ends as programs show them."""
    return parts(mail, "text/plain")[0].get_content().replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    return parts(mail, "text/html")[0].get_content()


def calendar_of(mail: EmailMessage, content_type: str = "text/calendar") -> bytes:
    return parts(mail, content_type)[0].get_payload(decode=True)


# The mail around a letter ------------------------------------------------------------------------


def test_mail_without_calendar_is_text_and_html(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    assert shape(delivered(make_letter())) == (
        "multipart/alternative",
        ["text/plain", "text/html"],
    )


def test_mail_with_calendar_has_it_as_last_alternative_and_as_attachment(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    mail = delivered(make_letter(calendar=make_calendar_part(b"BEGIN:VCALENDAR\r\n")))

    assert shape(mail) == (
        "multipart/mixed",
        [
            ("multipart/alternative", ["text/plain", "text/html", "text/calendar"]),
            "application/ics",
        ],
    )


def test_calendar_alternative_shows_no_attachment_and_names_its_method(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    mail = delivered(make_letter(calendar=make_calendar_part(b"BEGIN:VCALENDAR\r\n")))

    (part,) = parts(mail, "text/calendar")

    assert (part["Content-Disposition"], part.get_filename()) == (None, None)
    assert dict(part["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}


def test_calendar_attachment_has_a_name(delivered: Callable[[Letter], EmailMessage]) -> None:
    mail = delivered(make_letter(calendar=make_calendar_part(b"BEGIN:VCALENDAR\r\n")))

    (part,) = mail.iter_attachments()

    assert part["Content-Disposition"].content_disposition == "attachment"
    assert (part.get_content_type(), part.get_filename()) == ("application/ics", "sessie.ics")


@pytest.mark.parametrize(
    "content",
    [
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"SUMMARY:" + "é".encode() * 33 + b"\r\n " + "\u20ac😀".encode() * 9 + b"\r\n",
        b".\r\n..\r\nFrom me\r\n.END\r\n",
        b"DESCRIPTION:two spaces  \r\n  folded= and =3D\t\r\n",
    ],
    ids=["plain", "folded letters", "dots and From", "spaces and equals signs"],
)
@pytest.mark.parametrize("content_type", ["text/calendar", "application/ics"])
def test_calendar_arrives_byte_for_byte(
    content_type: str, content: bytes, delivered: Callable[[Letter], EmailMessage]
) -> None:
    mail = delivered(make_letter(calendar=make_calendar_part(content)))

    assert calendar_of(mail, content_type) == content


def test_no_line_of_a_mail_is_longer_than_smtp_allows(
    smtp: SmtpDouble, delivered: Callable[[Letter], EmailMessage]
) -> None:
    delivered(make_letter(opening=["woord " * 400, "é" * 1200], subject="Onderwerp " * 60))

    lines = smtp.accepted[-1].content.split(b"\r\n")

    assert max(len(line) for line in lines) <= 998  # RFC 5322 section 2.1.1
    assert not any(b"\n" in line or b"\r" in line for line in lines)


@pytest.mark.parametrize("has_calendar", [False, True], ids=["ready", "built"])
def test_letters_with_accents_go_as_they_are_to_a_server_that_takes_them(
    has_calendar: bool, smtp: SmtpDouble, delivered: Callable[[Letter], EmailMessage]
) -> None:
    calendar = make_calendar_part(b"BEGIN:VCALENDAR\r\n") if has_calendar else None

    delivered(make_letter(opening=["Café"], calendar=calendar))

    assert "Café".encode() in smtp.accepted[0].content
    assert "BODY=8BITMIME" in smtp.accepted[0].options


@pytest.mark.parametrize("has_calendar", [False, True], ids=["ready", "built"])
@pytest.mark.parametrize("greeting", ["250 old.example.org", "502 What?"], ids=["EHLO", "HELO"])
def test_server_that_does_not_take_accents_gets_them_in_ascii(
    greeting: str,
    has_calendar: bool,
    smtp: SmtpDouble,
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    smtp.at("EHLO", "", greeting)
    calendar = make_calendar_part(CALENDAR) if has_calendar else None

    mail = delivered(make_letter(subject="Café " * 40, opening=["Café = 1  "], calendar=calendar))

    assert smtp.accepted[0].content.isascii()
    assert smtp.accepted[0].options == []
    assert "Café = 1  \n" in text_of(mail)
    assert "Café = 1" in html_of(mail)
    assert mail["Subject"] == ("Café " * 40).strip()
    if has_calendar:
        assert calendar_of(mail) == calendar_of(mail, "application/ics") == CALENDAR


def test_mail_without_accents_says_nothing_of_eight_bits(
    smtp: SmtpDouble, delivered: Callable[[Letter], EmailMessage]
) -> None:
    delivered(make_letter())

    assert not any("BODY" in option for option in smtp.accepted[0].options)


def test_amazon_gets_a_mail_that_stands_ready_in_ascii_too() -> None:
    options = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    sender = django_mail.get_connection(
        "anymail.backends.amazon_ses.EmailBackend",
        client_params=options | {"region_name": "eu-west-1"},
    )
    mail = mail_of(make_letter(opening=["Café"]), message_id=MESSAGE_ID)
    assert mail.ready

    content = sender.build_message_payload(mail, {}).generate_raw_message()

    assert content.isascii()
    assert "Café" in text_of(message_from_bytes(content, policy=policy.default))


def test_long_text_arrives_whole(delivered: Callable[[Letter], EmailMessage]) -> None:
    paragraph = "é" * 1200

    assert paragraph in text_of(delivered(make_letter(opening=[paragraph])))


def test_mail_that_can_be_stopped_at_one_click_says_where(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    address = "https://example.org/follow/" + "a" * 60 + "/stop/"

    mail = delivered(make_letter(stop_url=address))

    assert mail["List-Unsubscribe"].strip() == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mail_that_belongs_to_something_asked_for_cannot_be_stopped(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    mail = delivered(make_letter())

    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)


def test_mail_says_who_made_it_and_in_which_language(
    delivered: Callable[[Letter], EmailMessage], settings: Settings
) -> None:
    mail = delivered(make_letter(language="fr", reply_to="contact@example.org"))

    headers = ["To", "Reply-To", "Message-ID", "Auto-Submitted", "Content-Language"]
    assert [mail[name] for name in headers] == [
        "an@example.org",
        "contact@example.org",
        MESSAGE_ID,
        "auto-generated",
        "fr",
    ]
    assert parseaddr(mail["From"])[1] == settings.DEFAULT_FROM_EMAIL


@pytest.mark.parametrize(
    "name", ["Sessies", 'Sessies, "AI" & meer', "Sessions d’été", "会 " * 30 + "é", "a@b.example"]
)
def test_mail_comes_from_the_site_by_name_whatever_the_name(
    name: str, delivered: Callable[[Letter], EmailMessage], settings: Settings
) -> None:
    settings.SITE_NAME = name

    (sender,) = delivered(make_letter())["From"].addresses

    assert (sender.display_name.strip(), sender.addr_spec) == (
        name.strip(),
        settings.DEFAULT_FROM_EMAIL,
    )


def test_mail_without_contact_has_no_reply_to(
    delivered: Callable[[Letter], EmailMessage],
) -> None:
    assert delivered(make_letter(reply_to=""))["Reply-To"] is None


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Ingeschreven: a\r\nBcc: spy@example.org", "Ingeschreven: a Bcc: spy@example.org"),
        ("Ingeschreven:\n\n  a\tb ", "Ingeschreven: a b"),
        ("Ingeschreven: a\u2028b\x0bc\x85d", "Ingeschreven: a b c d"),
        ("Ingeschreven: 🎉 “Été” – " + "é" * 200, "Ingeschreven: 🎉 “Été” – " + "é" * 200),
    ],
    ids=["header injection", "blank lines", "other line ends", "long and not English"],
)
def test_subject_is_one_line(
    subject: str, said: str, delivered: Callable[[Letter], EmailMessage]
) -> None:
    mail = delivered(make_letter(subject=subject))

    assert (mail["Subject"].strip(), mail["Bcc"]) == (said, None)


def test_header_has_words_on_its_first_line_whatever_its_length() -> None:
    subject = "Geüpdatet: " + "Artificiële intelligentie voor uw dienst, " * 4
    letter = make_letter(subject=subject, stop_url="https://example.be/" + "a" * 200)

    content = mail_of(letter, message_id=MESSAGE_ID).message().as_bytes().replace(b"\n", b"\r\n")

    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line for line in lines if line.endswith((b": ", b":"))] == []
    assert [line for line in lines if b"=?" in line and len(line) > 76] == []
    read = message_from_bytes(content, policy=policy.default)
    assert (read["Subject"], read["List-Unsubscribe"]) == (
        subject.strip(),
        f"<{letter.stop_url}>",
    )


@pytest.mark.parametrize(
    "recipient", ["o'neill+sessie@example.org", "jan@münchen.example", "a" * 64 + "@example.org"]
)
def test_mail_reaches_unusual_addresses(
    recipient: str, smtp: SmtpDouble, delivered: Callable[[Letter], EmailMessage]
) -> None:
    delivered(make_letter(recipient=recipient))

    assert smtp.recipients == [recipient.replace("münchen", "xn--mnchen-3ya")]


# Text and HTML -----------------------------------------------------------------------------------


def test_text_is_laid_out_in_blocks(settings: Settings) -> None:
    settings.SITE_NAME = "Sessies"

    text, _html = render(
        make_letter(
            facts=[("Wat", "Taalmodellen"), ("Waar", "Online")],
            button=("Uw inschrijving bekijken", "http://localhost:8000/a/"),
            closing=["Kunt u niet komen?"],
            foot_links=[("De pagina van de sessie", "http://localhost:8000/b/")],
            contact_name="Ann Contact",
            reply_to="ann@example.org",
        )
    )

    assert text == (
        "U BENT INGESCHREVEN\n"
        "\n"
        "Dag An,\n"
        "\n"
        "Uw plaats is bevestigd.\n"
        "\n"
        "Wat: Taalmodellen\n"
        "Waar: Online\n"
        "\n"
        "Uw inschrijving bekijken:\n"
        "http://localhost:8000/a/\n"
        "\n"
        "Kunt u niet komen?\n"
        "\n"
        "--\n"
        "De pagina van de sessie:\n"
        "http://localhost:8000/b/\n"
        "Vragen? Ann Contact, ann@example.org\n"
        "Sessies\n"
    )


@pytest.mark.parametrize(
    "left_out",
    [
        {"facts": []},
        {"facts": [], "button": None},
        {"button": None, "closing": []},
        {"closing": [], "foot_links": []},
        {"reply_to": ""},
    ],
)
def test_text_has_no_blank_noise_where_something_is_left_out(
    left_out: dict[str, object], settings: Settings
) -> None:
    settings.SITE_NAME = "Sessies"
    whole = {
        "facts": [("Wat", "Taalmodellen")],
        "button": ("Bekijken", "http://localhost:8000/a/"),
        "closing": ["Kunt u niet komen?"],
        "foot_links": [("De pagina", "http://localhost:8000/b/")],
        "reply_to": "ann@example.org",
    }

    text, _html = render(make_letter(**(whole | left_out)))

    assert "\n\n\n" not in text
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert text.endswith("\nSessies\n")


HOSTILE = """<script>alert("1")</script> {{ letter }} {% now %} & 'O’Neill', "x" %s {0} 😀"""


@pytest.mark.parametrize(
    "place", ["heading", "greeting", "opening", "fact", "button", "closing", "foot", "contact"]
)
def test_text_and_html_say_literally_what_somebody_typed(place: str) -> None:
    fields: dict[str, object] = {
        "heading": {"heading": HOSTILE},
        "greeting": {"greeting": HOSTILE},
        "opening": {"opening": [HOSTILE]},
        "fact": {"facts": [("Wat", HOSTILE)]},
        "button": {"button": (HOSTILE, "http://localhost:8000/")},
        "closing": {"closing": [HOSTILE]},
        "foot": {"foot_links": [(HOSTILE, "http://localhost:8000/")]},
        "contact": {"contact_name": HOSTILE, "reply_to": "ann@example.org"},
    }[place]

    text, html = render(make_letter(**fields))

    assert (HOSTILE.upper() if place == "heading" else HOSTILE) in text
    page = html5lib.parse(html)
    assert HOSTILE in "".join(page.find(f"{XHTML}body").itertext())
    assert list(page.iter(f"{XHTML}script")) == []


def test_html_title_says_literally_what_the_subject_says() -> None:
    _text, html = render(make_letter(subject=HOSTILE))

    assert html5lib.parse(html).find(f".//{XHTML}title").text == HOSTILE


def test_html_carries_its_styles_in_its_elements() -> None:
    _text, html = render(make_letter(button=("Bekijken", "http://localhost:8000/")))

    page = html5lib.parse(html)

    for element, wanted in (("h1", "font-size"), ("p", "margin"), ("a", "color")):
        assert all(wanted in each.get("style", "") for each in page.iter(f"{XHTML}{element}"))


def test_html_keeps_its_dark_styles() -> None:
    _text, html = render(make_letter())

    assert "@media (prefers-color-scheme: dark)" in html


# Every letter ------------------------------------------------------------------------------------

Owing = Callable[[Session, str], Registration]


def _register(session: Session, language: str) -> Registration:
    return make_registration(session, name=NAMES[language], language=language)


def _register_beyond_the_seats(session: Session, language: str) -> Registration:
    seating.set_capacity(session, 1, now=NOW)
    make_registration(session)
    return _register(session, language)


def _move_up(session: Session, language: str) -> Registration:
    registration = _register_beyond_the_seats(session, language)
    seating.set_capacity(session, 2, now=NOW)
    return registration


def _register_twice(session: Session, language: str) -> Registration:
    registration = _register(session, language)
    registering.send_again(registration, now=NOW)
    return registration


def _cancel(session: Session, language: str, by: str = "owner") -> Registration:
    registration = _register(session, language)
    registering.cancel(registration, now=NOW, by=Registration.CancelledBy(by))
    return registration


def _cancel_by_organiser(session: Session, language: str) -> Registration:
    return _cancel(session, language, "organiser")


def _cancel_session(session: Session, language: str) -> Registration:
    return _cancel(session, language, "session")


def _change(session: Session, language: str) -> Registration:
    registration = _register(session, language)
    Session.objects.filter(pk=session.pk).update(sequence=1, moved_from=at("10:00"))
    session.refresh_from_db()
    messages.tell_of_change(session, messages.Change.TIME, now=NOW)
    return registration


def _release(session: Session, language: str) -> Registration:
    registration = _register(session, language)
    messages.plan(session.link_released_at)
    return registration


LETTERS: list[tuple[str, Owing, str | None]] = [
    (messages.REGISTERED, _register, "REQUEST"),
    (messages.WAITING, _register_beyond_the_seats, None),
    (messages.PROMOTED, _move_up, "REQUEST"),
    (messages.AGAIN, _register_twice, "REQUEST"),
    (messages.CANCELLED, _cancel, "CANCEL"),
    (messages.CANCELLED, _cancel_by_organiser, "CANCEL"),
    (messages.SESSION_CANCELLED, _cancel_session, "CANCEL"),
    (messages.CHANGED, _change, "REQUEST"),
    (messages.LINK, _release, None),
]
NAMES = {
    "nl": 'Jan "de Snelle" O\'Neill, jr. <jan@example.org>',
    "fr": "Zoë Ångström-Müller; l’été & 🎉\\n",
    "en": "José;José:José^" + "é" * 130,
}
each_letter = pytest.mark.parametrize(
    ("kind", "owe", "method"), LETTERS, ids=[owe.__name__.strip("_") for _k, owe, _m in LETTERS]
)
in_each_language = pytest.mark.parametrize("language", ["nl", "fr", "en"])


def deliver_mail_of(kind: str, owe: Owing, language: str, smtp: SmtpDouble) -> EmailMessage:
    """The one mail of a kind that what happened owes to somebody."""
    session = make_session(
        link=LINK,
        title="Taal & teken: “modellen”, <b>'beeld'</b> en meer",
        summary="Een sessie; met komma's, en\nregels \\ en meer.",
    )
    make_agenda_item(session, title="Ontvangst: koffie, thee; water")
    registration = owe(session, language)
    message = Message.objects.get(kind=kind, object_id=registration.pk)
    outbox.deliver(
        [held for held in outbox.claim(message.due_at) if held.pk == message.pk],
        clock=lambda: message.due_at,
        is_stopping=lambda: False,
    )
    message.refresh_from_db()
    assert (message.state, message.reason) == ("sent", "")
    return smtp.accepted[-1].mail


@pytest.fixture
def real_composers(smtp: SmtpDouble, settings: Settings) -> None:
    """The composers of the apps, not those of the tests."""
    settings.OUTBOX_COMPOSERS = {"events": "events.messages.compose"}


pytestmark = pytest.mark.django_db


@each_letter
@in_each_language
def test_letter_is_whole_in_every_language(
    kind: str,
    owe: Owing,
    method: str | None,
    language: str,
    smtp: SmtpDouble,
    real_composers: None,
) -> None:
    mail = deliver_mail_of(kind, owe, language, smtp)
    text, html, name = text_of(mail), html_of(mail), NAMES[language]

    assert mail["Content-Language"] == language
    assert "Taal & teken: “modellen”, <b>'beeld'</b> en meer" in mail["Subject"]
    check_text(text, name)
    check_html(html, name, language)
    check_calendar(mail, method, name)


def check_text(text: str, name: str) -> None:
    assert name in text
    assert ENTITY.findall(text) == []
    assert "\n\n\n" not in text
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert "%(" not in text
    assert "None" not in text


def check_html(html: str, name: str, language: str) -> None:
    parser = html5lib.HTMLParser(strict=False)
    page = parser.parse(html)
    assert parser.errors == []
    assert page.get("lang") == language
    assert name in "".join(page.find(f"{XHTML}body").itertext())
    for forbidden in ("script", "img", "link", "iframe", "form", "object", "base"):
        assert list(page.iter(f"{XHTML}{forbidden}")) == []
    assert [e for e in page.iter() if any(key in e.keys() for key in ("src", "background"))] == []  # noqa: SIM118
    assert "url(" not in html
    assert "@import" not in html
    assert len(html.encode()) < 102_000  # Gmail cuts what is longer
    links = [a.get("href") for a in page.iter(f"{XHTML}a")]
    assert [
        link for link in links if not link.startswith(("http://localhost:8000/", "mailto:"))
    ] == []


def check_calendar(mail: EmailMessage, method: str | None, name: str) -> None:
    if method is None:
        assert parts(mail, "text/calendar") + parts(mail, "application/ics") == []
        return
    (part,) = parts(mail, "text/calendar")
    content = calendar_of(mail)
    assert content == calendar_of(mail, "application/ics")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert part["Content-Type"].params["method"] == method
    ours, theirs = icalendar.Calendar.from_ical(content), vobject.readOne(content.decode())
    assert (ours["METHOD"], theirs.method.value) == (method, method)
    (event,) = ours.walk("VEVENT")
    assert event["ATTENDEE"].email == mail["To"]
    assert event["UID"] == theirs.vevent.uid.value
    assert event["SUMMARY"] == theirs.vevent.summary.value
    assert event["STATUS"] == ("CONFIRMED" if method == "REQUEST" else "CANCELLED")


@in_each_language
def test_letter_is_in_its_readers_language_whatever_the_workers(
    language: str, smtp: SmtpDouble, real_composers: None
) -> None:
    translation.activate("en" if language == "nl" else "nl")

    mail = deliver_mail_of(messages.REGISTERED, _register, language, smtp)

    heading = html5lib.parse(html_of(mail)).find(f".//{XHTML}h1").text
    with translation.override(language):
        assert heading == gettext("You are registered")


def test_secret_link_is_in_no_mail(smtp: SmtpDouble, real_composers: None) -> None:
    """Mails are passed on: what they carry is the personal address, not the meeting's."""
    deliver_mail_of(messages.LINK, _release, "nl", smtp)

    assert LINK.encode() not in b"".join(each.content for each in smtp.accepted)


def test_mail_after_the_session_is_dropped(smtp: SmtpDouble, real_composers: None) -> None:
    session = make_session()
    make_registration(session)
    after = session.ends_at

    outbox.deliver(outbox.claim(after), clock=lambda: after, is_stopping=lambda: False)

    message = Message.objects.get()
    assert (message.state, message.reason) == ("dropped", "The session is over.")
    assert smtp.accepted == []
