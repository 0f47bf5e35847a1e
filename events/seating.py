"""Seats and the waiting list: taking, freeing, moving up, by hand.

Every function here first takes the session's row in `SeatCount`, or is handed it, so that all of
them stand in one queue per session and nobody waits for two rows in different orders.
"""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from events import messages
from events.models import Registration, SeatCount, Session
from events.refusing import SessionCancelled, SessionFull


@transaction.atomic
def set_capacity(session: Session, capacity: int | None, *, now: datetime) -> None:
    """Set the number of seats (None: unlimited); added seats go to the first in line at once.

    Fewer seats than are taken is allowed: nobody loses theirs.
    """
    seats = lock(session)
    seats.capacity = capacity
    promote(session, seats, now)


@transaction.atomic
def fill(session: Session, *, now: datetime) -> None:
    """Give free seats to the first in line, where a later start leaves time for it again."""
    promote(session, lock(session), now)


@transaction.atomic
def place(registration: Registration, *, now: datetime) -> bool:
    """Give somebody on the waiting list a seat by hand, beyond the capacity if need be.

    Also one of a group that comes together; the others wait on. Recorded on the registration.
    False if they were not waiting any more.
    """
    seats = lock(registration.session)
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if not fresh.is_waiting:
        return False
    seat(fresh, seats, now, by_hand=True)
    promote(registration.session, seats, now)
    return True


@transaction.atomic
def shut(session: Session) -> None:
    """Give no seats any more: the session is cancelled, whoever is just registering is too late."""
    seats = lock(session)
    seats.is_shut = True
    _write(seats)


@transaction.atomic
def reopen(session: Session) -> None:
    """Give seats again: a session that was taken back to draft is published anew."""
    seats = lock(session)
    seats.is_shut = False
    _write(seats)


def lock(session: Session) -> SeatCount:
    """The session's seats, held until the end of the transaction."""
    SeatCount.objects.get_or_create(session=session)
    return SeatCount.objects.select_for_update().get(session=session)


# In words that cost the least: everybody who registers stands in a queue here.
_OPEN = "session_id = %s AND NOT is_shut"
# A seat that stays free while people wait is not for whoever happens to come by, unless they all
# wait for more seats than there are.
_HAS_ROOM = "(capacity IS NULL OR (taken < capacity AND waiting = held_up))"
_TAKE = f"UPDATE events_seatcount SET taken = taken + 1 WHERE {_OPEN} AND {_HAS_ROOM}"  # noqa: S608
_WAIT = f"UPDATE events_seatcount SET waiting = waiting + 1 WHERE {_OPEN} AND NOT {_HAS_ROOM}"  # noqa: S608
_IS_FULL = f"SELECT 1 FROM events_seatcount WHERE {_OPEN} AND NOT {_HAS_ROOM}"  # noqa: S608


def take_seat_or_place_in_line(session: Session) -> bool:
    """Count a newcomer in: True with a seat, False in line.

    Each try is one conditional statement, so that no two people can be given the last seat, and a
    seat freed between the two statements is found by the next round instead of staying empty.
    Raises `SessionFull` and `SessionCancelled`.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_TAKE, [session.pk])
            if cursor.rowcount:
                return True
            if session.has_waiting_list:
                cursor.execute(_WAIT, [session.pk])
                if cursor.rowcount:
                    return False
            else:
                cursor.execute(_IS_FULL, [session.pk])
                if cursor.fetchone():
                    raise SessionFull(_("All seats are taken."))
            if SeatCount.objects.filter(session=session, is_shut=True).exists():
                raise SessionCancelled(_("This session has been cancelled."))
            SeatCount.objects.get_or_create(session=session)


def give_back(seats: SeatCount, *, was_confirmed: bool) -> None:
    if was_confirmed:
        seats.taken -= 1
    else:
        seats.waiting -= 1


def promote(session: Session, seats: SeatCount, now: datetime) -> None:
    """Give free seats to the first in line, as long as that still helps them; write the count.

    A group that comes together waits until there is a seat for each of them. It keeps its place,
    and whoever fits goes before it: no seat stays empty for a group.
    """
    helps = session.status == Session.Status.PUBLISHED and now < session.promotion_ends_at
    held_up = 0
    for party in _parties(session) if seats.waiting and seats.free != 0 else []:
        if seats.free is not None and len(party) > seats.free:
            held_up += len(party)
        elif helps:
            for registration in session.registrations.filter(pk__in=party).order_by("pk"):
                seat(registration, seats, now, by_hand=False)
    seats.held_up = held_up if seats.free else 0
    _write(seats)


def _parties(session: Session) -> list[list[int]]:
    """The waiting list as it moves up: one person, or a group that comes together, by number.

    A group stands where the first of it stands. Who holds the seats need not lock these rows.
    """
    parties: dict[tuple[str, int], list[int]] = {}
    line = session.registrations.in_line().values_list("pk", "group", "group__is_together")
    for pk, group, is_together in line:
        party = ("group", group) if is_together and group else ("person", pk)
        parties.setdefault(party, []).append(pk)
    return list(parties.values())


def seat(registration: Registration, seats: SeatCount, now: datetime, *, by_hand: bool) -> None:
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
