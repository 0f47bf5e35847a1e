"""What stands in the way of registering: the sentences of refusal, and when each is spoken."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from accounts import directory
from accounts.names import address_key, domain_of, normal_address
from events.models import Mailbox, Registration, Session, SessionState
from ical.entries import Person

# With another plus tag each time, no more registrations than this in one mailbox.
REGISTRATIONS_PER_MAILBOX_PER_HOUR = 20


class RegistrationRefused(Exception):
    """Registering is not possible; the text is a sentence for the visitor."""


class NotYetOpen(RegistrationRefused):
    """The registrations have not opened."""


class RegistrationClosed(RegistrationRefused):
    """The deadline is past, or the session is."""


class SessionFull(RegistrationRefused):
    """There is no seat, and no waiting list."""


class UnusableAddress(RegistrationRefused):
    """No invitation can name this e-mail address."""


class TooManyRegistrations(RegistrationRefused):
    """One mailbox was registered very often in a short time, under addresses that differ."""


class OutsideAudience(RegistrationRefused):
    """The session is for public bodies, and the address is of none that we know."""


class SessionCancelled(RegistrationRefused):
    """The session does not take place."""


class AlreadyRegistered(RegistrationRefused):
    """Another live registration of the session has this address; only organisers are told so."""


class NotRegistered(RegistrationRefused):
    """The registration was cancelled, or is anonymous."""


class SomeRefused(RegistrationRefused):
    """Some of a group cannot be registered, so nobody was.

    `sentences` says why, by their number in the order in which they were typed, from 0.
    """

    def __init__(self, sentences: dict[int, str]) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = sentences


def refuse_unusable(email: str) -> None:
    """Refuse an address that no calendar can name, such as one with quotes."""
    try:
        Person(normal_address(email))
    except ValueError:
        raise UnusableAddress(
            _("Fill in an e-mail address such as name@organisation.be.")
        ) from None


def refuse_outside_audience(session: Session, email: str) -> None:
    """Refuse an address of no known public body where the session is limited to those.

    It depends on the address and the directory only, never on who is registered.
    """
    if session.audience_rule != Session.AudienceRule.LIMITED or directory.of_address(email):
        return
    refusal = _("This session is for public bodies, and we do not know this address as one.")
    contact = session.contact[1]
    if contact:
        advice = _("Use your work address, or ask %(contact)s.") % {"contact": contact}
    else:
        advice = _("Use your work address.")
    raise OutsideAudience(f"{refusal} {advice}")


def is_outside(session: Session, email: str) -> bool:
    """Whether the session is not open to anyone, and the address is of no public body."""
    is_open = session.audience_rule == Session.AudienceRule.OPEN
    return not is_open and directory.of_address(email) is None


@transaction.atomic
def mark_outside_audience(session: Session) -> None:
    """Mark anew whose address is of no known public body, where the session asks for that.

    Called when the organiser chooses to have them marked; any other choice leaves what was marked.
    """
    if session.audience_rule != Session.AudienceRule.FLAGGED:
        return
    rows = session.registrations.filter(anonymised_at=None)
    domains = {number: domain_of(email) for number, email in rows.values_list("pk", "email_key")}
    owners = directory.at_domains(domains.values())
    outside = [number for number, domain in domains.items() if owners[domain] is None]
    rows.update(is_outside_audience=False)
    rows.filter(pk__in=outside).update(is_outside_audience=True)


def refuse_unless_open(
    session: Session, received_at: datetime, *, by_organiser: bool = False
) -> None:
    """Refuse outside the registration period, with the sentence that says why."""
    state = session.state(received_at, is_full=False)
    if state is SessionState.CANCELLED:
        raise SessionCancelled(_("This session has been cancelled."))
    if state is SessionState.PAST:
        raise RegistrationClosed(_("This session is over."))
    if state is SessionState.DRAFT:
        raise NotYetOpen(_("This session has not been published yet."))
    if by_organiser:
        return
    if state is SessionState.NOT_YET_OPEN:
        raise NotYetOpen(_("Registration has not opened yet."))
    if not state.takes_registrations:
        raise RegistrationClosed(
            _("Registration is closed: you could register %(closing)s.")
            % {"closing": session.closing.reading()}
        )


def refuse_flood(email: str, received_at: datetime, *, besides: int = 0) -> None:
    """Refuse when one mailbox, whatever its plus tags, was registered very often lately.

    `besides` are those before it on the same form. Not per network: a ministry comes from one
    address, in the last ten minutes above all.
    """
    lately = Registration.objects.filter(
        Exact(Mailbox("email_key"), "@".join(mailbox_of(email))),
        received_at__gt=received_at - timedelta(hours=1),
        received_at__lte=received_at,
    ).order_by()
    # Counting costs more than looking at so few.
    number = len(lately.values_list("pk")[:REGISTRATIONS_PER_MAILBOX_PER_HOUR])
    if number + besides >= REGISTRATIONS_PER_MAILBOX_PER_HOUR:
        raise TooManyRegistrations(
            _("Too much was registered with this mailbox. Try again in an hour.")
        )


def mailbox_of(email: str) -> tuple[str, str]:
    """The parts of the mailbox an address belongs to: what stands before any plus tag, its domain.

    In the form in which addresses are compared.
    """
    local, _at, domain = address_key(email).partition("@")
    return local.partition("+")[0], domain
