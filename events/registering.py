"""Registering, passing on, cancelling, moving to another session, putting right.

What touches seats takes the session's row in `SeatCount` before anything else (`seating.lock`).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts import directory
from accounts.codes import new_public_id
from accounts.names import address_key, normal_address
from events import answering, messages, seating, sharing
from events.models import (
    Answers,
    Consent,
    ConsentText,
    Needs,
    Registration,
    RegistrationGroup,
    SeatCount,
    Session,
    SessionState,
)
from events.refusing import (
    AlreadyRegistered,
    NotRegistered,
    RegistrationClosed,
    SessionCancelled,
    SessionFull,
    UnusableAddress,
    is_outside,
    refuse_flood,
    refuse_outside_audience,
    refuse_unless_open,
    refuse_unusable,
)
from mailing import outbox

# What an organiser may put right on a registration.
CORRECTABLE = ("name", "email", "organisation_name", "job_title", "language")
# A stranger who types somebody's address again and again causes no more mails than this to it.
MAILS_PER_ADDRESS_PER_HOUR = 5


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
    answers: Answers = field(default_factory=dict)
    # Only where the session asks for it and the person agreed that the organiser reads it.
    access: str = ""
    diet: str = ""
    # An organiser says that others may have the same address.
    shares_address: bool = False


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
    may add people outside the registration period, and whom the session is not for. Raises a
    `RegistrationRefused`.
    """
    refuse_unusable(applicant.email)
    try:
        refuse_unless_open(session, received_at, by_organiser=by_organiser)
    except RegistrationClosed:
        known = live_registration(session, applicant.email)
        if known is None or not _is_same_form(known, applicant):
            raise
        # It came in time, and comes again since its answer got lost.
        return Outcome(known, is_own=True)
    if not by_organiser:
        refuse_outside_audience(session, applicant.email)
        refuse_flood(applicant.email, received_at)
    # What can be looked up before is: in the transaction others wait for the seats of this session.
    registration = drawn_up(session, applicant, received_at)
    try:
        with transaction.atomic():
            _enter(registration, applicant)
            messages.tell_of_registration(registration, now=received_at)
            return Outcome(registration, is_own=True)
    except (IntegrityError, SessionFull, AlreadyRegistered):
        # The seat taken above is given back with the rest of that transaction.
        known = live_registration(session, applicant.email, applicant.name)
        if known is None:
            raise
        is_own = _is_same_form(known, applicant)
        if not is_own:
            send_again(known, now=received_at)
            if session.state(received_at, is_full=_is_full(session)) is SessionState.FULL:
                raise SessionFull(_("All seats are taken.")) from None
        return Outcome(known, is_own=is_own)


@transaction.atomic
def register_beside(session: Session, applicant: Applicant, *, now: datetime) -> Outcome:
    """Register somebody whose address others may have too, as an organiser may.

    Whoever is registered with that address by the same name stays so, and gets their mail again.
    Raises a `RegistrationRefused`.
    """
    refuse_unusable(applicant.email)
    refuse_unless_open(session, now, by_organiser=True)
    seating.lock(session)
    others = sharing.with_address(session, applicant.email, applicant.name)
    if others and sharing.is_named(others[0], applicant.name):
        send_again(others[0], now=now)
        return Outcome(others[0], is_own=False)
    registration = _enter_beside(others, session, applicant, now)
    messages.tell_of_registration(registration, now=now)
    return Outcome(registration, is_own=True)


@transaction.atomic
def register_at_the_door(session: Session, applicant: Applicant, *, now: datetime) -> Outcome:
    """Register somebody who simply comes, with a seat beyond the capacity if need be.

    Also after the session, when the paper list is typed in. Who turns out to be registered stays
    so, and gets a seat if they were waiting. Raises a `RegistrationRefused`.
    """
    refuse_unusable(applicant.email)
    with suppress(RegistrationClosed):
        refuse_unless_open(session, now, by_organiser=True)
    seats = seating.lock(session)
    if seats.is_shut:
        raise SessionCancelled(_("This session has been cancelled."))
    known = _registration_of_form(session, applicant) or live_registration(
        session, applicant.email, applicant.name
    )
    if known is None:
        seats.taken += 1
        known = drawn_up(session, applicant, now)
        write_down(known, applicant, is_seated=True)
        messages.tell_of_registration(known, now=now)
        seating.promote(session, seats, now)
        return Outcome(known, is_own=True)
    if known.is_waiting:
        seating.seat(known, seats, now, by_hand=True)
        seating.promote(session, seats, now)
    return Outcome(known, is_own=_is_same_form(known, applicant))


def _registration_of_form(session: Session, applicant: Applicant) -> Registration | None:
    if not applicant.form_token:
        return None
    return session.registrations.live().filter(form_token=applicant.form_token).first()


def _is_same_form(registration: Registration, applicant: Applicant) -> bool:
    return bool(applicant.form_token) and registration.form_token == applicant.form_token


def _is_full(session: Session) -> bool:
    return SeatCount.objects.get(session=session).is_full


def _enter(registration: Registration, applicant: Applicant) -> None:
    is_seated = seating.take_seat_or_place_in_line(registration.session)
    write_down(registration, applicant, is_seated=is_seated)


def _enter_beside(
    others: Sequence[Registration], session: Session, applicant: Applicant, received_at: datetime
) -> Registration:
    """Beside those with the same address; to be called with the seats of the session in hand."""
    registration = drawn_up(session, applicant, received_at)
    if others:
        registration.shared_as = sharing.key_of(applicant.name)
    _enter(registration, applicant)
    return registration


def drawn_up(
    session: Session,
    applicant: Applicant,
    received_at: datetime,
    *,
    group: RegistrationGroup | None = None,
    instead_of: Registration | None = None,
) -> Registration:
    """The registration of somebody who is neither seated nor in line yet; not saved.

    A substitute stands in the line where the person before stood. Their calendar entry outranks
    the cancellation of that person: the two may be one, with two addresses and one calendar.
    """
    registration = Registration(
        session=session,
        name=" ".join(applicant.name.split()),
        email=normal_address(applicant.email),
        email_key=address_key(applicant.email),
        is_outside_audience=is_outside(session, applicant.email),
        job_title=applicant.job_title.strip(),
        language=applicant.language,
        form_token=applicant.form_token,
        received_at=received_at,
        group=group,
        substitute_for=instead_of,
        line_number=(instead_of.line_number or instead_of.pk) if instead_of else None,
    )
    registration.calendar_steps = _steps_above(registration)
    _note_organisation(registration, applicant.organisation_name)
    return registration


def write_down(registration: Registration, applicant: Applicant, *, is_seated: bool) -> None:
    """The rows of somebody whose seat or place in line has been counted."""
    _hold_organisation(registration)
    received_at = registration.received_at
    # Whoever stands above nobody is the first with this address.
    if registration.calendar_steps and not registration.shared_as:
        sharing.refuse_shared(registration)
    registration.state = Registration.State.CONFIRMED if is_seated else Registration.State.WAITING
    registration.confirmed_at = received_at if is_seated else None
    registration.save()
    if applicant.access or applicant.diet:
        Needs.objects.create(
            registration=registration,
            access=applicant.access,
            diet=applicant.diet,
            consented_at=received_at,
        )
    answering.write_down(registration, applicant.answers)
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


@transaction.atomic(savepoint=False)
def name_organisation(registration: Registration, typed: str) -> None:
    """Set the organisation that somebody typed, and the one in the directory that it means.

    Does not save. In the transaction that saves, nobody merges that organisation away.
    """
    _note_organisation(registration, typed)
    _hold_organisation(registration)


def _note_organisation(registration: Registration, typed: str) -> None:
    registration.organisation_name = typed.strip()
    registration.organisation_key = directory.key_of(typed)
    registration.organisation_id = directory.number_of(typed)


def _hold_organisation(registration: Registration) -> None:
    registration.organisation_id = directory.held(
        registration.organisation_name, registration.organisation_id
    )


def live_registration(session: Session, email: str, name: str = "") -> Registration | None:
    """Who is registered with an address; where several share it, who has that name or was first."""
    return next(iter(sharing.with_address(session, email, name)), None)


def _steps_above(registration: Registration) -> int:
    """Where the calendar entry of somebody who comes back stands: above any cancellation.

    Also above that of a registration which is live yet, and cancelled before this one is saved.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(calendar_steps) FROM events_registration"
            " WHERE session_id = %s AND email_key = %s",
            [registration.session_id, registration.email_key],
        )
        (highest,) = cursor.fetchone()
    earlier = [] if highest is None else [highest + 2]
    if registration.substitute_for is not None:
        earlier.append(registration.substitute_for.calendar_steps + 1)
    return max(earlier, default=0)


def send_again(registration: Registration, *, now: datetime) -> None:
    """Send the mail of a known registration once more: at most once an hour, within a limit."""
    lately = outbox.put_lately(registration.email, since=now - timedelta(hours=1))
    if lately < MAILS_PER_ADDRESS_PER_HOUR:
        messages.tell_again(registration, now=now)


@transaction.atomic
def substitute(registration: Registration, applicant: Applicant, *, now: datetime) -> bool:
    """Let somebody else come instead, with the seat or the place in line, until the start.

    No seat becomes free in between. Somebody who is registered already stays so; where they waited
    and the other had a seat, they get that seat, and else what the other had is given back. Either
    way the one who leaves sees the same. False if there was nothing to pass on any more. Raises
    a `RegistrationRefused`.
    """
    refuse_unusable(applicant.email)
    refuse_outside_audience(registration.session, applicant.email)
    seats = seating.lock(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if fresh.is_cancelled:
        return False
    session = fresh.session
    if not fresh.can_be_passed_on(now):
        raise RegistrationClosed(_("Somebody else can come instead until the session starts."))
    if address_key(applicant.email) == fresh.email_key:
        raise UnusableAddress(_("You are registered with this address yourself."))
    refuse_flood(applicant.email, now)
    known = live_registration(session, applicant.email)
    was_confirmed = fresh.is_confirmed
    _mark_cancelled(fresh, now, by=Registration.CancelledBy.SUBSTITUTE)
    messages.tell_of_cancellation(fresh, now=now)
    if known is None:
        newcomer = drawn_up(session, applicant, now, group=fresh.group, instead_of=fresh)
        write_down(newcomer, applicant, is_seated=was_confirmed)
        messages.tell_of_registration(newcomer, now=now)
        return True
    seating.give_back(seats, was_confirmed=was_confirmed)
    if was_confirmed and known.is_waiting:
        seating.seat(known, seats, now, by_hand=False)
    else:
        send_again(known, now=now)
    seating.promote(session, seats, now)
    return True


@transaction.atomic
def cancel(
    registration: Registration,
    *,
    now: datetime,
    by: Registration.CancelledBy,
    seen: str = "",
    moved_to: Registration | None = None,
) -> bool:
    """Cancel a registration; a seat it had goes to the first in line. False if it already was.

    `seen` is the state in which somebody decided it: in another one nothing happens. The mail names
    the session of `moved_to`, where there is one.
    """
    seats = seating.lock(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if fresh.is_cancelled or (seen and fresh.state != seen):
        return False
    seating.give_back(seats, was_confirmed=fresh.is_confirmed)
    _mark_cancelled(fresh, now, by=by)
    seating.promote(registration.session, seats, now)
    messages.tell_of_cancellation(fresh, now=now, moved_to=moved_to)
    return True


def _mark_cancelled(
    registration: Registration, now: datetime, *, by: Registration.CancelledBy
) -> None:
    """Cancelled from here on; what they need to take part nobody needs to know any more."""
    registration.state = Registration.State.CANCELLED
    registration.cancelled_at = now
    registration.cancelled_by = by
    registration.calendar_steps += 1
    registration.save(update_fields=["state", "cancelled_at", "cancelled_by", "calendar_steps"])
    Needs.objects.filter(registration=registration).delete()


@transaction.atomic
def move_to(registration: Registration, session: Session, *, now: datetime) -> Registration:
    """Register somebody for another session instead, as an organiser may; the new registration.

    What was free in the old session goes to the first in line there; in the new one they get a seat
    or a place in line. Consents go along within the programme, needs and answers as far as the new
    session asks for them. Raises a `RegistrationRefused`, and then nothing has changed.
    """
    refuse_unless_open(session, now, by_organiser=True)
    # Two people moved in opposite directions take the rows of both sessions in the same order.
    for either in sorted([registration.session, session], key=lambda one: one.pk):
        seating.lock(either)
    fresh = Registration.objects.select_related("session").get(pk=registration.pk)
    if fresh.is_cancelled or fresh.anonymised_at is not None:
        raise NotRegistered(_("This registration was cancelled meanwhile."))
    others = sharing.with_address(session, fresh.email, fresh.name)
    is_there = others and (not fresh.shares_address or sharing.is_named(others[0], fresh.name))
    if is_there:
        raise AlreadyRegistered(_("This person is registered for that session already."))
    applicant = _applicant_of(fresh, session)
    moved = _enter_beside(others, session, applicant, now)
    _carry_needs(fresh, moved)
    cancel(fresh, now=now, by=Registration.CancelledBy.ORGANISER, moved_to=moved)
    messages.tell_of_registration(moved, now=now)
    return moved


def _applicant_of(registration: Registration, session: Session) -> Applicant:
    """What somebody filled in for one session, to be used for another."""
    agreed = ConsentText.objects.filter(
        consents__registration=registration, programme=session.programme_id
    )
    return Applicant(
        name=registration.name,
        email=registration.email,
        organisation_name=registration.organisation_name,
        job_title=registration.job_title,
        language=registration.language,
        consent_texts=list(agreed),
        answers=answering.carried_to(session, registration),
    )


def _carry_needs(registration: Registration, moved: Registration) -> None:
    needs = Needs.objects.filter(registration=registration).first()
    if needs is None:
        return
    access = needs.access if moved.session.asks_access_needs else ""
    diet = needs.diet if moved.session.asks_diet else ""
    if access or diet:
        Needs.objects.create(
            registration=moved, access=access, diet=diet, consented_at=needs.consented_at
        )


@transaction.atomic
def correct(registration: Registration, details: Applicant, *, now: datetime) -> list[str]:
    """Put right what somebody filled in, as an organiser may; the names of the fields that changed.

    Another address is told the codes, which are new ones: whoever got the mails at the wrong
    address can no longer use those. Raises `UnusableAddress` and `AlreadyRegistered`.
    """
    refuse_unusable(details.email)
    seating.lock(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    before = {name: getattr(fresh, name) for name in CORRECTABLE}
    fresh.name = " ".join(details.name.split())
    fresh.email = normal_address(details.email)
    fresh.email_key = address_key(details.email)
    fresh.job_title = details.job_title.strip()
    fresh.language = details.language
    if details.organisation_name.strip() != fresh.organisation_name:
        name_organisation(fresh, details.organisation_name)
    changed = [name for name, value in before.items() if getattr(fresh, name) != value]
    if "email" in changed:
        fresh.public_id = new_public_id()
        fresh.calendar_steps += 1
    if fresh.email_key != address_key(before["email"]) and not fresh.is_cancelled:
        sharing.move_in(fresh, is_allowed=details.shares_address)
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError:
        raise AlreadyRegistered(
            _("Somebody else is registered for this session with that address.")
        ) from None
    if answering.change(fresh, details.answers):
        changed.append("answers")
    if "email" in changed and not fresh.is_cancelled:
        messages.tell_at_new_address(fresh, now=now)
    return changed
