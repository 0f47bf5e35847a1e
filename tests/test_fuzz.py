"""Nonsense sent to every address and every form: it may be refused, it may not break anything.

Seeded by the address, so that what it found once it finds again. The addresses are those of the
table in `tests/test_project.py`, which a test there holds complete.
"""

import random
import re
from urllib.parse import quote, urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.build import make_administrator
from tests.test_project import ROWS, facts

__all__ = ["facts"]  # the rows that the table's addresses name

NONSENSE = [
    "",
    " ",
    "\x00",
    "\u202e\u200b",
    "a" * 5_000,
    "💥" * 60,
    "²",
    "١٢",
    "-1",
    "0",
    "1e400",
    "NaN",
    "9" * 30,
    "2027-02-30",
    "9999-12-31T23:59",
    "0001-01-01",
    "25:61",
    "24:00",
    "nl",
    "on",
    "a@b",
    "a@" + "b" * 300 + ".be",
    "iemand@example.org\r\nBcc: x@example.org",
    "=HYPERLINK(1)",
    "<script>alert(1)</script>",
    "{{ 7|add:1 }} {naam.__class__} %s %(x)s",
    "../../etc/passwd",
    "' OR 1=1 --",
    '[[[{"a": ',
    "[x](javascript:alert(1))" * 50,
    "//evil.example/",
    "https://[::1",
    "xn--\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
]
# What lists and searches look at in an address.
ASKED = ("q", "page", "next", "theme", "programme", "show", "past", "format", "state", "sort")
FILES = [b"", b"PK\x03\x04" + b"\x00" * 64, b"%PDF-1.4\n%", b"\xff\xfe\x00a;b\n", b"a,b\n" * 50]
_FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\bname="([^"]+)"[^>]*')
# Which take numbers in their addresses; these get one that no database holds.
_NUMBERS = re.compile(r"\{(\w*(?:_id|id|note|deadline|amount|member|view|match|merge|number))\}")
ADDRESSES = sorted({address for _methods, address, _statuses in ROWS})


def fields_in(page: HttpResponse) -> dict[str, bool]:
    """The names of what a page's forms send, and whether each is a file."""
    if not page.get("Content-Type", "").startswith("text/html") or page.streaming:
        return {}
    found = _FIELD.finditer(page.content.decode())
    return {each[1]: 'type="file"' in each[0] for each in found}


def nonsense_for(fields: dict[str, bool], dice: random.Random) -> dict[str, object]:
    """A value for most of the fields, and for some that nobody asks for."""
    sent: dict[str, object] = {}
    for name, is_file in [*fields.items(), *((name, False) for name in ASKED)]:
        if name == "csrfmiddlewaretoken" or dice.random() < 0.1:
            continue
        if is_file:
            ending = dice.choice(["pdf", "xlsx", "csv", "png", "svg"])
            sent[name] = SimpleUploadedFile(f"a.{ending}", dice.choice(FILES))
        else:
            sent[name] = dice.choice(NONSENSE)
    return sent


def ask(client: Client, method: str, address: str, sent: dict[str, object]) -> HttpResponse:
    """Ask, and undo what came of it. The client raises what the page would have hidden."""
    with transaction.atomic():
        if method == "GET":
            texts = {name: value for name, value in sent.items() if isinstance(value, str)}
            answer = client.get(f"{address}?{urlencode(texts)}&%ff=%fe%00")
        else:
            answer = client.post(address, sent)
        transaction.set_rollback(True)
    assert answer.status_code < 500, (method, address, sent)
    return answer


@pytest.mark.parametrize("part", range(4))
def test_nonsense_breaks_nothing(part: int, facts: dict[str, object]) -> None:
    client = Client()
    client.force_login(make_administrator())
    tried = 0

    for address in ADDRESSES[part::4]:
        dice = random.Random(address)  # noqa: S311 - to be found again
        here = address.partition("?")[0].format(**facts)
        fields = fields_in(ask(client, "GET", here, nonsense_for({}, dice)))
        # Django's admin breaks on a choice that it never offered; only administrators can send one.
        if not here.startswith("/admin/"):
            ask(client, "POST", here, nonsense_for(fields, dice))
        tried += 1

    assert tried > 50


def test_number_that_no_database_holds_breaks_nothing(facts: dict[str, object]) -> None:
    client = Client()
    client.force_login(make_administrator())
    numbered = [address for address in ADDRESSES if _NUMBERS.search(address)]

    for address in numbered:
        huge = _NUMBERS.sub("9" * 25, address).partition("?")[0].format(**facts)
        for method in ("GET", "POST"):
            assert ask(client, method, huge, {}).status_code in {302, 404, 405, 409, 422}, huge

    assert len(numbered) > 20


def test_address_of_nonsense_breaks_nothing(db: None) -> None:
    client = Client()

    for word in NONSENSE:
        for start in ("/", "/sessions/", "/registrations/", "/organise/sessions/", "/fr/"):
            ask(client, "GET", f"{start}{quote(word[:300], safe='')}/", {})
