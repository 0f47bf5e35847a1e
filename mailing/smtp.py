"""How mails go over the line to a mail server."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class Backend(EmailBackend):
    """Django's; of a mail whose bytes stand ready the addresses are plain, and not read again.

    Reading them takes longer than all else that is done for such a mail on this side of the line.
    """

    def _send(self, mail: EmailMessage) -> bool:
        ready: bytes | None = getattr(mail, "ready", None)
        if ready is None:
            return bool(super()._send(mail))
        self.connection.sendmail(
            settings.DEFAULT_FROM_EMAIL, mail.recipients(), ready.replace(b"\n", b"\r\n")
        )
        return True
