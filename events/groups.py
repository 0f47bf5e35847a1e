"""Registering colleagues in one go, each with a registration of their own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.names import address_key, normal_address
from events import messages, registering, seating
from events.models import RegistrationGroup, SeatCount, Session
from events.refusing import (
    RegistrationRefused,
    SessionCancelled,
    SessionFull,
    SomeRefused,
    TooManyRegistrations,
    mailbox_of,
    refuse_flood,
    refuse_outside_audience,
    refuse_unless_open,
    refuse_unusable,
)
from events.registering import Applicant

# The overview of a group goes to an address that nobody has proved to be theirs.
GROUPS_PER_MAILBOX_PER_HOUR = 5


@dataclass(frozen=True)
class Requester:
    """Who registers colleagues, whether they come too or not."""

    name: str
    email: str
    language: str = "nl"


def register(
    session: Session,
    applicants: Sequence[Applicant],
    *,
    requested_by: Requester,
    is_together: bool,
    received_at: datetime,
    form_token: str = "",
) -> RegistrationGroup:
    """Register colleagues in one go: as many as there are seats for have one, in their order.

    With `is_together` all of them have a seat, or all wait until there is one for each. Who was
    registered already stays as they are and gets their own link again; whether there is room is
    decided by all who were typed, so that nobody learns who that was. The same form sent twice
    makes nothing new. Either everybody is entered or nobody: raises a `RegistrationRefused`,
    `SomeRefused` where it is about some of them.
    """
    known = _group_of_form(session, form_token)
    if known is not None:
        return known
    _refuse_some(session, applicants, received_at)
    refuse_unless_open(session, received_at)
    _refuse_many_groups(requested_by.email, received_at)
    with transaction.atomic():
        seats = seating.lock(session)
        known = _group_of_form(session, form_token)
        if known is not None:
            return known  # it was before us in the queue
        if seats.is_shut:
            raise SessionCancelled(_("This session has been cancelled."))
        _refuse_without_room(session, seats, len(applicants))
        group = RegistrationGroup.objects.create(
            session=session,
            requested_by=" ".join(requested_by.name.split()),
            is_together=is_together,
            form_token=form_token,
            received_at=received_at,
        )
        _enter_group(group, applicants, seats, received_at)
        people = [(applicant.name, normal_address(applicant.email)) for applicant in applicants]
        messages.tell_of_group(
            group,
            people,
            recipient=normal_address(requested_by.email),
            language=requested_by.language,
            now=received_at,
        )
        return group


def _group_of_form(session: Session, form_token: str) -> RegistrationGroup | None:
    if not form_token:
        return None
    return session.groups.filter(form_token=form_token).first()


def _refuse_some(session: Session, applicants: Sequence[Applicant], received_at: datetime) -> None:
    sentences: dict[int, str] = {}
    seen: set[str] = set()
    mailboxes: Counter[tuple[str, str]] = Counter()
    for number, applicant in enumerate(applicants):
        try:
            refuse_unusable(applicant.email)
            refuse_outside_audience(session, applicant.email)
            refuse_flood(
                applicant.email, received_at, besides=mailboxes[mailbox_of(applicant.email)]
            )
        except RegistrationRefused as refusal:
            sentences[number] = str(refusal)
        if address_key(applicant.email) in seen:
            sentences[number] = _("This address stands in the form twice.")
        seen.add(address_key(applicant.email))
        mailboxes[mailbox_of(applicant.email)] += 1
    if sentences:
        raise SomeRefused(sentences)


def _refuse_many_groups(email: str, received_at: datetime) -> None:
    lately = messages.overviews_since(received_at - timedelta(hours=1), *mailbox_of(email))
    if lately >= GROUPS_PER_MAILBOX_PER_HOUR:
        raise TooManyRegistrations(
            _("Too many groups were registered with this mailbox. Try again in an hour.")
        )


def _refuse_without_room(session: Session, seats: SeatCount, number: int) -> None:
    """Without a waiting list there is a seat for each of a group, or the group is refused."""
    if session.has_waiting_list or seats.free is None or number <= seats.open:
        return
    if not seats.open:
        raise SessionFull(_("All seats are taken."))
    raise SessionFull(
        ngettext(
            "Only %(number)s seat is left, for fewer people than you filled in. Nobody has been"
            " registered.",
            "Only %(number)s seats are left, for fewer people than you filled in. Nobody has been"
            " registered.",
            seats.open,
        )
        % {"number": seats.open}
    )


def _enter_group(
    group: RegistrationGroup,
    applicants: Sequence[Applicant],
    seats: SeatCount,
    received_at: datetime,
) -> None:
    session = group.session
    keys = [address_key(applicant.email) for applicant in applicants]
    known = {row.email_key: row for row in session.registrations.live().filter(email_key__in=keys)}
    newcomers = [applicant for applicant in applicants if address_key(applicant.email) not in known]
    room = len(newcomers) if seats.free is None else min(seats.open, len(newcomers))
    if group.is_together and room < len(newcomers):
        room = 0
    seats.taken += room
    seats.waiting += len(newcomers) - room
    for number, applicant in enumerate(newcomers):
        registration = registering.drawn_up(session, applicant, received_at, group=group)
        registering.write_down(registration, applicant, is_seated=number < room)
        messages.tell_of_registration(registration, now=received_at)
    for registration in known.values():
        registering.send_again(registration, now=received_at)
    seating.promote(session, seats, received_at)
