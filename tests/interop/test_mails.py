"""Every kind of mail, read back by a program that shares nothing with the one that wrote it."""

from base64 import b64decode
from typing import Any

import pytest
from django.conf import settings

from mailing import examples
from mailing.letters import Letter, as_bytes, mail_of, on_one_line, render
from tests.build import NOW
from tests.interop.readers import read_with_postal_mime

pytestmark = [pytest.mark.interop, pytest.mark.django_db, pytest.mark.once]

LANGUAGES = [code for code, _name in settings.LANGUAGES]
MESSAGE_ID = "<0123456789abcdef@example.be>"


def expected(letter: Letter) -> dict[str, Any]:
    """What a letter is to its receiver; `headers` are those that other programs act on."""
    text, html = render(letter)
    stop = {"list-unsubscribe": f"<{letter.stop_url}>"} if letter.stop_url else {}
    one_click = {"list-unsubscribe-post": "List-Unsubscribe=One-Click"} if stop else {}
    return {
        "subject": on_one_line(letter.subject),
        "message_id": MESSAGE_ID,
        "from": [settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL],
        "to": [letter.recipient],
        "reply_to": [letter.reply_to] if letter.reply_to else [],
        "headers": {"auto-submitted": "auto-generated", **stop, **one_click},
        "text": text.strip(),
        "html": html.strip(),
    }


def lines(content: bytes) -> list[bytes]:
    """Of a calendar as text that program makes the line ends its own."""
    return content.splitlines()


@pytest.mark.time_machine(NOW, tick=False)
def test_every_mail_is_read_back_as_it_was_meant() -> None:
    letters = [
        (name, language, examples.letter(name, language, NOW))
        for name in examples.names()
        for language in LANGUAGES
    ]
    mails = [
        as_bytes(mail_of(letter, message_id=MESSAGE_ID)) for _name, _language, letter in letters
    ]

    for (name, language, letter), found in zip(letters, read_with_postal_mime(mails), strict=True):
        wanted = expected(letter)
        acted_on = {
            key: value
            for key, value in found["headers"].items()
            if key in {"auto-submitted", "list-unsubscribe", "list-unsubscribe-post"}
        }
        read = {key: found[key] for key in wanted} | {
            "headers": acted_on,
            "text": found["text"].strip(),
            "html": found["html"].strip(),
        }
        attached = [
            lines(b64decode(content))
            for kind, _method, content in found["attachments"]
            if not kind.startswith("image/")
        ]

        assert read == wanted, (name, language)
        if letter.calendar is None:
            assert attached == []
        else:
            assert attached
            assert all(each == lines(letter.calendar.content) for each in attached), name
