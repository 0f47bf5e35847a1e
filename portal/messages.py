"""The mail with the way to all that is held on an address."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from accounts.names import address_key
from events.messages import absolute
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from portal import privacy

KIND = "privacy.way"
# How long the code in the mail opens what is held.
VALID = timedelta(hours=24)

# The code signs the number of the mail that carries it, not the address: so it names nobody, and
# opens nothing any more once that mail is forgotten. What is random about the mail goes with it,
# since a restored backup gives numbers again.
_SIGNER = TimestampSigner(salt="portal.messages.way", sep=".")


def tell_way(email: str, *, now: datetime) -> None:
    """Send somebody the way to what is held on their address: once an hour at most.

    Nothing goes to an address on which nothing is held; the page that asks answers alike.
    """
    if not privacy.held_on_address(email):
        return
    hour = now.strftime("%Y%m%d%H")
    known_by = salted_hmac("portal.messages.way", address_key(email), algorithm="sha256")
    outbox.put(
        [
            outbox.Draft(
                key=f"privacy:{known_by.hexdigest()[:32]}:{hour}",
                kind=KIND,
                object_id=0,
                recipient=email,
                due_at=now,
                useful_until=now + VALID,
                payload={"language": get_language()},
            )
        ]
    )


def code_of(message: Message) -> str:
    """The code that opens, for a day from now, what is held on whom a message went to."""
    return _SIGNER.sign(f"{message.pk}-{_random_part(message)}")


def address_by_code(code: str) -> str | None:
    """The address that a code proves; None when it opens nothing, or no longer does."""
    try:
        number, _dash, random_part = _SIGNER.unsign(code, max_age=VALID).partition("-")
    except BadSignature:
        return None
    message = Message.objects.filter(pk=number, kind=KIND).exclude(recipient="").first()
    if message is None or _random_part(message) != random_part:
        return None
    return message.recipient


def _random_part(message: Message) -> str:
    return message.message_id[1:17]


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a message, in the language of the page where it was asked."""
    if now - message.created_at > VALID:
        raise NotWanted(gettext_noop("It came too late to be of use."))
    language = message.payload.get("language") or settings.LANGUAGE_CODE
    with translation.override(language):
        address = absolute(reverse("portal:data", kwargs={"code": code_of(message)}))
        return Letter(
            recipient=message.recipient,
            language=language,
            subject=_("What we hold on you"),
            heading=_("What we hold on you"),
            greeting=_("Hello,"),
            opening=[
                _(
                    "Somebody, probably you, asked for all that we hold on this address. With the"
                    " button below you read it, correct it, take it along or have it erased."
                ),
                _("It works for 24 hours. Do not pass it on: who has it can erase everything."),
            ],
            button=(_("See what you hold on me"), address),
            closing=[
                _("Did you not ask for this? Then you need not do anything; nothing happens.")
            ],
        )
