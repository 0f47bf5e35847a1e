"""What the visitors of the load do, request by request."""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

HEAD = (
    "Host: sessies.example.be\r\n"
    # What the proxy in front of it would add.
    "X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n"
    "Accept: text/html\r\nAccept-Encoding: gzip\r\nAccept-Language: nl\r\nUser-Agent: bench\r\n"
)
_TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty where there is none."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _colon, value = line.decode("latin-1").partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return ""


class Refused(Exception):
    """An answer was not what the visitor needs to go on."""


Script = Generator[bytes, Answer, None]
"""One thing a visitor does: yields requests, is sent their answers, ends when it is done."""


def _get(path: str, **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\n{HEAD}{more}\r\n".encode()


def _post(path: str, values: dict[str, str], **headers: str) -> bytes:
    body = urlencode(values).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\n{HEAD}{more}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise Refused(f"{answer.status} instead of {status}: {answer.body[:200]!r}")


def look(number: int, *, path: str, cookie: str = "", etag: str = "") -> Script:
    """Look at one page; with `etag`, ask whether it changed and hear that it did not."""
    headers = {"Cookie": cookie} if cookie else {}
    if etag:
        headers["If_None_Match"] = etag
    request = _get(path, **headers)
    status = 304 if etag else 200
    _expect((yield request), status)


def register(number: int, *, path: str, prefix: str) -> Script:
    """Open the page of a session, send its form, follow to the confirmation.

    `prefix` makes the addresses of this load differ from those of another.
    """
    page = yield _get(path)
    _expect(page, 200)
    found = _TOKEN.search(page.body)
    sent = yield _post(
        f"{path}register/",
        {
            "name": f"An Peeters {number}",
            "email": f"{prefix}.{number}@example.org",
            "organisation_name": "Departement EWI",
            "job_title": "Projectleider",
            "language": "nl",
            "form_token": found[1].decode() if found else "",
        },
    )
    _expect(sent, 302)
    cookie = sent.header("Set-Cookie").partition(";")[0]
    confirmed = yield _get(urlsplit(sent.header("Location")).path, Cookie=cookie)
    _expect(confirmed, 200)
    if path.encode() not in confirmed.body:
        raise Refused("the confirmation does not lead back to the page")


def come_late(number: int, *, path: str, prefix: str) -> Script:
    """Send the form of a session whose deadline has passed, and hear that it is too late."""
    values = {
        "name": f"An Peeters {number}",
        "email": f"{prefix}.{number}@example.org",
        "organisation_name": "Departement EWI",
        "language": "nl",
    }
    _expect((yield _post(f"{path}register/", values)), 409)


SCRIPTS: dict[str, Callable[..., Script]] = {
    "look": look,
    "register": register,
    "come_late": come_late,
}
"""By the names under which the load is asked for them; each takes the visitor's number first."""


def begin(name: str, number: int, values: dict[str, Any]) -> Script:
    """The script of one visitor."""
    return SCRIPTS[name](number, **values)
