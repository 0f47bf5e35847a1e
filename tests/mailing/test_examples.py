"""Every kind of mail of every app, in every language."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from html import unescape

import html5lib
import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from events import messages
from mailing import examples, letters
from mailing.letters import as_bytes, mail_of, render
from mailing.models import Message
from portal import sign_in
from procurement.models import Call
from tests.build import NOW
from tests.page import CheckedClient

pytestmark = [pytest.mark.django_db, pytest.mark.once]

XHTML = "{http://www.w3.org/1999/xhtml}"
# What organisers write stands as they wrote it.
WRITTEN = {"circulars.message", "trials.circular"}
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What differs between the words of two languages, and is no name.
TELLING = {
    "nl": r"\b(u|de|het|een|uw)\b",
    "fr": r"\b(vous|le|la|les|un|une|votre|vos)\b",
    "en": r"\b(you|the|a|your)\b",
}


def test_every_kind_has_an_example() -> None:
    shown = {examples.kind_of(name) for name in examples.names()}

    assert {kind.partition(".")[0] for kind in shown} == set(settings.OUTBOX_COMPOSERS)
    assert set(messages.KINDS) - shown == set()


@pytest.mark.time_machine(NOW, tick=False)
@pytest.mark.parametrize("name", examples.names())
def test_every_mail_says_the_same_in_text_and_in_html_with_its_links(name: str) -> None:
    subjects = set()
    for language in LANGUAGES:
        letter = examples.letter(name, language, NOW)
        text, html = render(letter)
        page = html5lib.HTMLParser(strict=False)
        root = page.parse(html)
        read = unescape("".join(root.find(f"{XHTML}body").itertext()))
        linked = {a.get("href") for a in root.iter(f"{XHTML}a")}
        wanted = [address for _label, address in letter.foot_links]
        wanted += [letter.button[1]] if letter.button else []
        wanted += [fact[2] for fact in letter.facts if len(fact) == 3]

        assert page.errors == []
        assert (letter.language, root.get("lang")) == (language, language)
        assert letter.subject.strip()
        assert len(letter.subject.splitlines()) == 1
        assert [address for address in wanted if address not in linked] == []
        assert [address for address in wanted if address not in text.splitlines()] == []
        assert letter.button or any(letter.opening)
        for paragraph in [letter.greeting, *letter.opening, *letter.closing]:
            # Of what an organiser wrote, lists and links read another way in text.
            said = paragraph if isinstance(paragraph, str) else paragraph.text.split("\n")[0]
            assert " ".join(said.split()) in " ".join(read.split())
            assert said in text
        for said in (text, read):
            assert re.search(TELLING[language], said, re.IGNORECASE)
            assert not re.search(r"%\(|\{\w|None|\bTrue\b|\n\n\n\n", said)
        assert "\n\n\n" not in text
        subjects.add(letter.subject)
    # The name of a call may be the same in each language, and so may a code.
    assert len(subjects) > 1


@pytest.mark.time_machine(NOW, tick=False)
@pytest.mark.parametrize("name", examples.names())
def test_every_mail_says_that_it_is_automatic_and_who_answers(name: str) -> None:
    letter = examples.letter(name, "nl", NOW)

    content = mail_of(letter, message_id="<1@example.org>").message().as_bytes()
    mail = message_from_bytes(content, policy=policy.default)

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Message-ID"] == "<1@example.org>"
    is_about_something = examples.kind_of(name).partition(".")[0] in {"events", "groups"}
    if is_about_something and examples.kind_of(name) != messages.LINKS:
        assert mail["Reply-To"] == "ann.janssens@example.org"
    if name.startswith(("procurement.reminders", "procurement.changed")):
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Unsubscribe"].startswith("<http")


def as_arrives(mail: EmailMultiAlternatives) -> tuple[list[bytes], bytes]:
    """The headers, in any order, and what follows them, with the same mark between its parts."""
    content = as_bytes(mail)
    boundaries = re.findall(rb'boundary="([^"]+)"', content)
    for number, boundary in enumerate(boundaries):
        content = content.replace(boundary, b"boundary %d" % number)
    head, _blank, body = content.partition(b"\r\n\r\n")
    return sorted(re.split(rb"\r\n(?=\S)", head)), body


READERS = [
    ("Dag Zoë,", "zoë", "https://example.be/registrations/another/"),
    ("Dag O'Brien & <b>co</b>\xa0{naam},", "o'brien+1", "https://example.be/?a=1&b=%22\"'<"),
    ("", "a" * 62, "https://example.be/" + 900 * "a"),
]


@pytest.mark.time_machine(NOW, tick=False)
@pytest.mark.parametrize("name", examples.names())
def test_mail_that_is_like_the_one_before_arrives_as_if_it_were_the_first(name: str) -> None:
    for language in LANGUAGES:
        first = examples.letter(name, language, NOW)
        letters = [
            replace(
                first,
                greeting=greeting,
                recipient=f"{local}@example.org",
                stop_url=first.stop_url and url,
                button=first.button and (first.button[0], url),
                foot_links=[(label, f"{url}{label}") for label, _url in first.foot_links],
                facts=[(*fact[:2], url) if len(fact) == 3 else fact for fact in first.facts],
            )
            for greeting, local, url in READERS
        ]
        for letter in [first, *letters, first]:
            mail = mail_of(letter, message_id="<1@example.org>")
            arrives = as_arrives(mail)
            mail.ready = None

            assert arrives == as_arrives(mail)
            assert (mail.body, mail.alternatives[0][0]) == render(letter)


@pytest.mark.time_machine(NOW, tick=False)
def test_thousands_of_like_mails_are_rendered_once() -> None:
    letter = examples.letter(messages.LINK, "nl", NOW)
    before = letters._frame.cache_info().misses

    made = [
        mail_of(replace(letter, recipient=f"{each}@example.org"), message_id=f"<{each}@x>").ready
        for each in range(3)
    ]

    assert letters._frame.cache_info().misses <= before + 1
    assert [content.count(b"@example.org\nReply") for content in made if content] == [1, 1, 1]
    assert len(set(made)) == 3


@pytest.mark.time_machine(NOW, tick=False)
@pytest.mark.parametrize("name", sorted(set(examples.names()) - WRITTEN))
def test_french_marks_stand_apart_without_breaking(name: str) -> None:
    letter = examples.letter(name, "fr", NOW)
    mail = mail_of(letter, message_id="<voorbeeld@example.org>")
    said = re.sub(r"https?://\S+", "", f"{mail.subject}\n{mail.body}")

    assert (
        re.findall(r".*[^\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][:;?!](?![^ \n]).*", said)
        == []
    )
    assert re.findall(r".*[“”\"].*", said) == []


@pytest.mark.time_machine(NOW, tick=False)
def test_nothing_made_for_an_example_is_kept() -> None:
    for name in examples.names():
        examples.letter(name, "nl", NOW)

    assert (Message.objects.count(), Call.objects.count()) == (0, 0)


# The page ----------------------------------------------------------------------------------------


def test_page_lists_every_mail_in_every_language() -> None:
    page = CheckedClient().get("/mails/")

    assert page.status_code == 200
    for name in examples.names():
        for language in LANGUAGES:
            assert f"/mails/{name}/{language}/" in page.content.decode()


def test_page_of_one_mail_frames_its_html_and_shows_its_text() -> None:
    name = f"{sign_in.KIND}-code"

    page = CheckedClient().get(f"/mails/{name}/fr/")
    html = Client().get(f"/mails/{name}/fr/html/")

    assert f'src="/mails/{name}/fr/html/"' in page.content.decode()
    assert "AB2C-3DE4" in page.content.decode()
    assert "AB2C-3DE4" in html.content.decode()
    policy = html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "address", ["/mails/guessed/nl/", "/mails/events.link/de/", "/mails/x/nl/html/"]
)
def test_page_of_no_mail_is_not_there(address: str) -> None:
    assert CheckedClient().get(address).status_code == 404


@pytest.mark.parametrize("hour", [0, 4, 8, 12, 23])
def test_mail_after_the_release_promises_no_link_at_any_hour_it_is_shown(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=30)

    letter = examples.letter("events.registered-after-release", "en", now)

    assert "we mail you the link" not in render(letter)[0]
