"""Registering, cancelling, moving up the waiting list: every rule about seats.

Every function here that touches seats first takes the session's row in `SeatCount`, so that all of
them stand in one queue per session and nobody waits for two rows in different orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts import directory
from accounts.models import Organisation
from accounts.names import address_key, normal_address
from events import messages
from events.models import (
    Consent,
    ConsentText,
    Registration,
    SeatCount,
    Session,
    SessionState,
)
from ical.entries import Person
from mailing import outbox

# A stranger who types somebody's address again and again causes no more mails than this to it…
MAILS_PER_ADDRESS_PER_HOUR = 5
# … nor, with another plus tag each time, more registrations than this in one mailbox.
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


class SessionCancelled(RegistrationRefused):
    """The session does not take place."""


@dataclass(frozen=True)
class Applicant:
    """What somebody filled in."""

    name: str
    email: str
    organisation_name: str
    job_title: str = ""
    language: str = "nl"
    form_token: str = ""
    consent_texts: Sequence[ConsentText] = field(default_factory=tuple)


@dataclass(frozen=True)
class Outcome:
    """What became of a request to register.

    `is_own` says that the one asking is the one who registered, just now or by sending the same
    form twice: only then may the screen speak of the registration itself.
    """

    registration: Registration
    is_own: bool


def register(
    session: Session, applicant: Applicant, *, received_at: datetime, by_organiser: bool = False
) -> Outcome:
    """Register somebody, give them a seat or a place in line, and put their mail in the outbox.

    `received_at` is the instant that counts for the deadline: when the complete request arrived.
    Asking again changes nothing and sends the mail again, a limited number of times. An organiser
    may add people outside the registration period. Raises a `RegistrationRefused`.
    """
    refuse_unusable(applicant.email)
    try:
        refuse_unless_open(session, received_at, by_organiser=by_organiser)
    except RegistrationClosed:
        known = _live_registration(session, applicant.email)
        if known is None or not _is_same_form(known, applicant):
            raise
        # It came in time, and comes again since its answer got lost.
        return Outcome(known, is_own=True)
    if not by_organiser:
        _refuse_flood(applicant.email, received_at)
    try:
        with transaction.atomic():
            registration = _enter(session, applicant, received_at)
            messages.tell_of_registration(registration, now=received_at)
            return Outcome(registration, is_own=True)
    except (IntegrityError, SessionFull):
        # The seat taken above is given back with the rest of that transaction.
        known = _live_registration(session, applicant.email)
        if known is None:
            raise
        is_own = _is_same_form(known, applicant)
        if not is_own:
            send_again(known, now=received_at)
            if session.state(received_at, is_full=_is_full(session)) is SessionState.FULL:
                raise SessionFull(_("All seats are taken.")) from None
        return Outcome(known, is_own=is_own)


def refuse_unusable(email: str) -> None:
    """Refuse an address that no calendar can name, such as one with quotes."""
    try:
        Person(normal_address(email))
    except ValueError:
        raise UnusableAddress(
            _("Fill in an e-mail address such as name@organisation.be.")
        ) from None


def _refuse_flood(email: str, received_at: datetime) -> None:
    """Refuse when one mailbox, whatever its plus tags, was registered very often lately.

    Not per network: a ministry comes from one address, in the last ten minutes above all.
    """
    local, _at, domain = address_key(email).partition("@")
    mailbox = local.partition("+")[0]
    is_same = Q(email_key=f"{mailbox}@{domain}") | Q(
        email_key__startswith=f"{mailbox}+", email_key__endswith=f"@{domain}"
    )
    lately = Registration.objects.filter(
        is_same, received_at__gt=received_at - timedelta(hours=1), received_at__lte=received_at
    )
    if lately.count() >= REGISTRATIONS_PER_MAILBOX_PER_HOUR:
        raise TooManyRegistrations(
            _("Too much was registered with this mailbox. Try again in an hour.")
        )


def _is_same_form(registration: Registration, applicant: Applicant) -> bool:
    return bool(applicant.form_token) and registration.form_token == applicant.form_token


def _is_full(session: Session) -> bool:
    return SeatCount.objects.get(session=session).is_full


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


def _enter(session: Session, applicant: Applicant, received_at: datetime) -> Registration:
    is_seated = _take_seat_or_place_in_line(session)
    registration = Registration.objects.create(
        session=session,
        state=Registration.State.CONFIRMED if is_seated else Registration.State.WAITING,
        name=" ".join(applicant.name.split()),
        email=normal_address(applicant.email),
        email_key=address_key(applicant.email),
        organisation_name=applicant.organisation_name.strip(),
        organisation=_organisation_of(applicant),
        job_title=applicant.job_title.strip(),
        language=applicant.language,
        form_token=applicant.form_token,
        received_at=received_at,
        confirmed_at=received_at if is_seated else None,
        calendar_steps=_steps_so_far(session, applicant.email),
    )
    Consent.objects.bulk_create(
        [
            Consent(
                registration=registration,
                consent_text=consent_text,
                wording=consent_text.text,
                given_at=received_at,
            )
            for consent_text in applicant.consent_texts
        ]
    )
    return registration


def _take_seat_or_place_in_line(session: Session) -> bool:
    """Count a newcomer in: True with a seat, False in line.

    Each try is one conditional statement, so that no two people can be given the last seat, and a
    seat freed between the two statements is found by the next round instead of staying empty.
    Raises `SessionFull` and `SessionCancelled`.
    """
    row = SeatCount.objects.filter(session=session, is_shut=False)
    # A seat that stays free while people wait is not for whoever happens to come by.
    has_room = Q(capacity=None) | Q(taken__lt=F("capacity"), waiting=0)
    while True:
        if row.filter(has_room).update(taken=F("taken") + 1):
            return True
        if session.has_waiting_list:
            if row.exclude(has_room).update(waiting=F("waiting") + 1):
                return False
        elif row.exclude(has_room).exists():
            raise SessionFull(_("All seats are taken."))
        if SeatCount.objects.filter(session=session, is_shut=True).exists():
            raise SessionCancelled(_("This session has been cancelled."))
        SeatCount.objects.get_or_create(session=session)


def _organisation_of(applicant: Applicant) -> Organisation | None:
    return directory.find(applicant.organisation_name)


def _live_registration(session: Session, email: str) -> Registration | None:
    return session.registrations.live().filter(email_key=address_key(email)).first()


def _steps_so_far(session: Session, email: str) -> int:
    """Where the calendar entry of somebody who comes back stands: above their cancellation."""
    earlier = session.registrations.filter(email_key=address_key(email)).order_by("pk").last()
    return earlier.calendar_steps + 1 if earlier else 0


def send_again(registration: Registration, *, now: datetime) -> None:
    """Send the mail of a known registration once more: at most once an hour, within a limit."""
    lately = outbox.put_lately(registration.email, since=now - timedelta(hours=1))
    if lately < MAILS_PER_ADDRESS_PER_HOUR:
        messages.tell_again(registration, now=now)


@transaction.atomic
def cancel(registration: Registration, *, now: datetime, by: Registration.CancelledBy) -> bool:
    """Cancel a registration; a seat it had goes to the first in line. False if it already was."""
    seats = _lock_seats(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if fresh.is_cancelled:
        return False
    was_confirmed = fresh.is_confirmed
    fresh.state = Registration.State.CANCELLED
    fresh.cancelled_at = now
    fresh.cancelled_by = by
    fresh.calendar_steps += 1
    fresh.save(update_fields=["state", "cancelled_at", "cancelled_by", "calendar_steps"])
    if was_confirmed:
        seats.taken -= 1
    else:
        seats.waiting -= 1
    _promote(registration.session, seats, now)
    messages.tell_of_cancellation(fresh, now=now)
    return True


@transaction.atomic
def set_capacity(session: Session, capacity: int | None, *, now: datetime) -> None:
    """Set the number of seats (None: unlimited); added seats go to the first in line at once.

    Fewer seats than are taken is allowed: nobody loses theirs.
    """
    seats = _lock_seats(session)
    seats.capacity = capacity
    _promote(session, seats, now)


@transaction.atomic
def fill(session: Session, *, now: datetime) -> None:
    """Give free seats to the first in line, where a later start leaves time for it again."""
    _promote(session, _lock_seats(session), now)


@transaction.atomic
def place(registration: Registration, *, now: datetime) -> bool:
    """Give somebody on the waiting list a seat by hand, beyond the capacity if need be.

    Recorded on the registration. False if they were not waiting any more.
    """
    seats = _lock_seats(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if not fresh.is_waiting:
        return False
    _seat(fresh, seats, now, by_hand=True)
    _write(seats)
    return True


@transaction.atomic
def shut(session: Session) -> None:
    """Give no seats any more: the session is cancelled, whoever is just registering is too late."""
    seats = _lock_seats(session)
    seats.is_shut = True
    _write(seats)


def _lock_seats(session: Session) -> SeatCount:
    """The session's seats, held until the end of the transaction."""
    SeatCount.objects.get_or_create(session=session)
    return SeatCount.objects.select_for_update().get(session=session)


def _promote(session: Session, seats: SeatCount, now: datetime) -> None:
    """Give free seats to the first in line, as long as that still helps them; write the count."""
    if session.status == Session.Status.PUBLISHED and now < session.promotion_ends_at:
        waiting = session.registrations.in_line().select_for_update(of=("self",))
        number = seats.waiting if seats.free is None else min(seats.free, seats.waiting)
        for registration in waiting[:number]:
            _seat(registration, seats, now, by_hand=False)
    _write(seats)


def _seat(registration: Registration, seats: SeatCount, now: datetime, *, by_hand: bool) -> None:
    registration.state = Registration.State.CONFIRMED
    registration.confirmed_at = now
    registration.is_placed_by_hand = by_hand
    registration.save(update_fields=["state", "confirmed_at", "is_placed_by_hand"])
    seats.taken += 1
    seats.waiting -= 1
    messages.tell_of_promotion(registration, now=now)


def _write(seats: SeatCount) -> None:
    """Write the count back, with what the taken seats go beyond the capacity."""
    if seats.capacity is not None:
        seats.granted_over = max(0, seats.taken - seats.capacity)
    else:
        seats.granted_over = 0
    seats.save()
