"""How mails go over the line to a mail server."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class Backend(EmailBackend):
    """Django's; of a mail whose bytes stand ready the addresses are plain, and not read again.

    Reading them takes longer than all else that is done for such a mail on this side of the line.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails over the open line, or one opened for them; how many left."""
        contents: list[bytes | None] = [getattr(mail, "ready", None) for mail in email_messages]
        if self.connection is None or None in contents:
            return super().send_messages(email_messages)
        for mail, content in zip(email_messages, contents, strict=True):
            lines = (content or b"").replace(b"\n", b"\r\n")
            self.connection.sendmail(settings.DEFAULT_FROM_EMAIL, mail.recipients(), lines)
        return len(email_messages)
