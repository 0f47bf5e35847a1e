"""The bytes of a mail as a server gets them, whichever Django hands it over."""

from django.core.mail import EmailMessage


def over_the_line(mail: EmailMessage) -> bytes:
    """With the line ends of RFC 5322, which Django 5 takes by the call and Django 6 by a policy."""
    return mail.message().as_bytes().replace(b"\n", b"\r\n")
