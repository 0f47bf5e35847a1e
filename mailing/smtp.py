"""How mails go over the line to a mail server."""

import quopri
import re
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

# Answers of servers (RFC 5321 section 4.2.3).
OK, FORWARDED, GO_ON, HANGS_UP = 250, 251, 354, 421

Hear = Callable[[], None]

# Headers stay as they are.
_AS_IT_IS = policy.compat32.clone(max_line_length=0, linesep="\r\n")


class Line(smtplib.SMTP):
    """A line to a server, used as well as the server allows.

    é goes as it is where the server takes that (RFC 6152), and else as =C3=A9: one that says
    nothing of 8BITMIME may strip the eighth bit, or write the mail anew, by which its signature
    breaks. Where it takes commands together (RFC 2920), their answers are waited for once.
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
        self.ehlo_or_helo_if_needed()
        if not msg.isascii():
            if self.has_extn("8bitmime"):
                mail_options = [*mail_options, "BODY=8BITMIME"]
            else:
                msg = in_seven_bits(msg)
        return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)

    def hand_over(self, sender: str, recipient: str, content: bytes) -> Hear:
        """Send a mail to one address; calling what it returns tells whether the server took it.

        That has to be called before anything else is sent over this line. Both raise what
        `sendmail` raises. A server that takes one command at a time has been heard already.
        """
        self.ehlo_or_helo_if_needed()
        is_ascii = content.isascii()
        if not self.has_extn("pipelining") or not (is_ascii or self.has_extn("8bitmime")):
            self.sendmail(sender, [recipient], content)
            return _nothing_more
        size = f" SIZE={len(content)}" if self.has_extn("size") else ""
        body = "" if is_ascii else " BODY=8BITMIME"
        commands = [f"MAIL FROM:<{sender}>{size}{body}", f"RCPT TO:<{recipient}>", "DATA"]
        if any(re.search(r"[\r\n]", command) for command in commands):
            raise ValueError("An address holds a line break.")
        self.send("".join(f"{command}\r\n" for command in commands))
        answers = [self._answer()]
        while len(answers) < len(commands) and answers[-1][0] != HANGS_UP:
            answers.append(self._answer())
        refusal = _refusal(answers, sender, recipient)
        if refusal is not None:
            if answers[-1][0] == GO_ON:
                # It waits for a mail to nobody, which ends at once (RFC 2920 section 3.1).
                self.send(".\r\n")
                self._answer()
            raise self._begin_anew(refusal)
        # A dot that begins a line is doubled (RFC 5321 section 4.5.2).
        self.send(content.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        return self._hear

    def _hear(self) -> None:
        code, text = self._answer()
        if code != OK:
            raise self._begin_anew(smtplib.SMTPDataError(code, text))

    def _answer(self) -> tuple[int, bytes]:
        code, text = self.getreply()
        if code == HANGS_UP:
            self.close()
        return code, text

    def _begin_anew(self, refusal: smtplib.SMTPException) -> smtplib.SMTPException:
        """The refusal, with the line ready for the next mail if it is still there."""
        with suppress(smtplib.SMTPServerDisconnected):
            self.rset()
        return refusal


def _refusal(
    answers: Sequence[tuple[int, bytes]], sender: str, recipient: str
) -> smtplib.SMTPException | None:
    """What the first of the answers to sender, recipient and DATA that is no yes means."""
    steps: list[tuple[set[int], Callable[[int, bytes], smtplib.SMTPException]]] = [
        ({OK}, lambda code, text: smtplib.SMTPSenderRefused(code, text, sender)),
        ({OK, FORWARDED}, lambda *said: smtplib.SMTPRecipientsRefused({recipient: said})),
        ({GO_ON}, smtplib.SMTPDataError),
    ]
    for (code, text), (yes, error) in zip(answers, steps, strict=False):
        if code not in yes:
            return error(code, text)
    return None


def _nothing_more() -> None:
    """The server has said already that it took the mail."""


class _LineOverTls(Line, smtplib.SMTP_SSL):
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
        return _LineOverTls if self.use_ssl else Line

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails over the open line, or one opened for them; how many left."""
        if self.connection is None or not all(getattr(each, "ready", 0) for each in email_messages):
            return super().send_messages(email_messages)
        for mail in email_messages:
            self.hand_over(mail)()
        return len(email_messages)

    def hand_over(self, mail: EmailMessage) -> Hear:
        """Send a mail over the open line; calling what it returns tells whether it was taken.

        That has to be called before the next one is sent. Both raise what sending raises.
        """
        content: bytes | None = getattr(mail, "ready", None)
        if content is None or not isinstance(self.connection, Line):
            self.send_messages([mail])
            return _nothing_more
        [recipient] = mail.recipients()
        lines = content.replace(b"\n", b"\r\n")
        return self.connection.hand_over(settings.DEFAULT_FROM_EMAIL, recipient, lines)
