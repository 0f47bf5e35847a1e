"""Registering against a model in memory that is too simple to be wrong."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from events import registering
from events.models import Registration, SeatCount
from events.registering import SessionFull
from mailing.models import Message
from tests.build import NOW, applicant, make_session

PEOPLE = [f"person{number}@example.org" for number in range(8)]
people = st.sampled_from(PEOPLE)
capacities = st.none() | st.integers(0, 5)


@dataclass
class Model:
    """Who has a seat and who is in line, in order."""

    capacity: int | None
    has_waiting_list: bool
    seated: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        return self.capacity is None or len(self.seated) < self.capacity

    def fill(self) -> None:
        """Seats go to the first in line as long as there are both."""
        while self.line and self.has_room:
            self.seated.append(self.line.pop(0))


class Registering(RuleBasedStateMachine):
    """Eight people who register, cancel and come back while the organiser moves seats about."""

    @initialize(capacity=capacities, has_waiting_list=st.booleans())
    def publish(self, capacity: int | None, has_waiting_list: bool) -> None:
        self.model = Model(capacity, has_waiting_list)
        self.session = make_session(capacity=capacity, has_waiting_list=has_waiting_list)

    def live(self, email: str) -> Registration | None:
        return self.session.registrations.live().filter(email=email).first()

    @rule(email=people)
    def register(self, email: str) -> None:
        model = self.model
        is_live = email in model.seated + model.line
        is_refused = not model.has_room and not model.has_waiting_list

        try:
            outcome = registering.register(self.session, applicant(email), received_at=NOW)
        except SessionFull:
            assert is_refused
            return

        assert not is_refused
        assert outcome.is_own is not is_live
        if not is_live:
            (model.seated if model.has_room else model.line).append(email)

    @rule(email=people)
    def cancel(self, email: str) -> None:
        registration = self.live(email)
        if registration is None:
            return

        assert registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)

        (self.model.seated if email in self.model.seated else self.model.line).remove(email)
        self.model.fill()

    @rule(capacity=capacities)
    def set_capacity(self, capacity: int | None) -> None:
        registering.set_capacity(self.session, capacity, now=NOW)

        self.model.capacity = capacity
        self.model.fill()

    @rule(email=people)
    def place(self, email: str) -> None:
        registration = self.live(email)
        if registration is None:
            return

        is_placed = registering.place(registration, now=NOW)

        assert is_placed is (email in self.model.line)
        if is_placed:
            self.model.line.remove(email)
            self.model.seated.append(email)

    @invariant()
    def rows_are_as_in_the_model(self) -> None:
        seated = self.session.registrations.confirmed().values_list("email", flat=True)
        line = self.session.registrations.in_line().values_list("email", flat=True)
        assert sorted(seated) == sorted(self.model.seated)
        assert list(line) == self.model.line

    @invariant()
    def counts_equal_the_rows(self) -> None:
        seats = SeatCount.objects.get(session=self.session)
        capacity, taken = self.model.capacity, len(self.model.seated)
        over = 0 if capacity is None else max(0, taken - capacity)
        assert (seats.capacity, seats.taken, seats.waiting, seats.granted_over) == (
            capacity,
            taken,
            len(self.model.line),
            over,
        )

    @invariant()
    def no_seat_is_idle_while_somebody_waits(self) -> None:
        seats = SeatCount.objects.get(session=self.session)
        assert seats.waiting == 0 or seats.is_full

    @invariant()
    def everybody_is_told_what_they_have(self) -> None:
        for registration in self.session.registrations.all():
            told = Message.objects.filter(object_id=registration.pk).exclude(kind="events.again")
            expected = {
                "confirmed": {"events.registered", "events.promoted"},
                "waiting": {"events.waiting"},
                "cancelled": {"events.cancelled"},
            }[registration.state]
            assert told.latest("pk").kind in expected


@pytest.mark.django_db
def test_registering_in_any_order_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        Registering,
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None),
    )
