"""Mails kept in a folder and read in the browser, on one's own machine."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts.names import address_key
from mailing.letters import as_bytes

_MOMENT = "%Y%m%dT%H%M%S%f"


class MailboxBackend(BaseEmailBackend):
    """Writes each mail, byte for byte as a server would get it, to a file of its own."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails; how many."""
        folder = _folder()
        for mail in email_messages:
            moment = datetime.now(UTC).strftime(_MOMENT)
            path = folder / f"{moment}-{uuid.uuid4().hex[:8]}.eml"
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(as_bytes(mail))
            unfinished.rename(path)
        return len(email_messages)


def _folder() -> Path:
    folder = Path(settings.MAILBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def names(limit: int) -> list[str]:
    """The names of the kept mails, newest first."""
    return sorted((path.stem for path in _folder().glob("*.eml")), reverse=True)[:limit]


def source(name: str) -> bytes | None:
    """One kept mail as it was sent, or None."""
    path = _folder() / f"{name}.eml"
    if not name.replace("-", "").isalnum() or not path.is_file():
        return None
    return path.read_bytes()


def read(name: str) -> ParsedMail | None:
    """One kept mail as its receiver's program would read it, or None."""
    content = source(name)
    return None if content is None else message_from_bytes(content, policy=policy.default)


def erase(email: str, *, before: datetime | None = None) -> None:
    """Delete the kept mails in which an address stands; `before` leaves what came later."""
    key = address_key(email)
    for path in _folder().glob("*.eml") if Path(settings.MAILBOX_DIR).is_dir() else ():
        kept_at = datetime.strptime(path.stem.partition("-")[0], _MOMENT).replace(tzinfo=UTC)
        if (before is None or kept_at <= before) and key in _said(path).lower():
            path.unlink(missing_ok=True)


def _said(path: Path) -> str:
    """All that a kept mail says, headers and text, decoded."""
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    headers = [str(value) for value in mail.values()]
    return "\n".join([*headers, *(str(part.get_content()) for part in parts)])
