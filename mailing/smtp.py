"""How mails go over the line to a mail server."""

import quopri
import smtplib
from collections.abc import Sequence
from email import message_from_bytes, policy
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

# Headers stay as they are.
_AS_IT_IS = policy.compat32.clone(max_line_length=0, linesep="\r\n")


class _Line(smtplib.SMTP):
    """A line on which é goes as it is where the server takes that (RFC 6152), and else as =C3=A9.

    A server that says nothing of 8BITMIME may strip the eighth bit, or write the mail anew, by
    which its signature breaks.
    """

    def sendmail(
        self,
        from_addr: str,
        to_addrs: str | Sequence[str],
        msg: Any,
        mail_options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> Any:
        """Send a mail, given as bytes; whom the server refused, if not all of them."""
        if not msg.isascii():
            self.ehlo_or_helo_if_needed()
            if self.has_extn("8bitmime"):
                mail_options = [*mail_options, "BODY=8BITMIME"]
            else:
                msg = in_seven_bits(msg)
        return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)


class _LineOverTls(_Line, smtplib.SMTP_SSL):
    """The same, encrypted from the first word on."""


def in_seven_bits(content: bytes) -> bytes:
    """A mail with the same words, of which no byte is beyond ASCII."""
    mail = message_from_bytes(content, policy=_AS_IT_IS)
    for part in mail.walk():
        if part["Content-Transfer-Encoding"] == "8bit":
            written: Any = part.get_payload(decode=True)
            part.replace_header("Content-Transfer-Encoding", "quoted-printable")
            part.set_payload(quopri.encodestring(written))
    return mail.as_bytes()


class Backend(EmailBackend):
    """Django's; of a mail whose bytes stand ready the addresses are plain, and not read again.

    Reading them takes longer than all else that is done for such a mail on this side of the line.
    """

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """What opens a line."""
        return _LineOverTls if self.use_ssl else _Line

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails over the open line, or one opened for them; how many left."""
        contents: list[bytes | None] = [getattr(mail, "ready", None) for mail in email_messages]
        if self.connection is None or None in contents:
            return super().send_messages(email_messages)
        for mail, content in zip(email_messages, contents, strict=True):
            lines = (content or b"").replace(b"\n", b"\r\n")
            self.connection.sendmail(settings.DEFAULT_FROM_EMAIL, mail.recipients(), lines)
        return len(email_messages)
