"""Registering against a model in memory that is too simple to be wrong."""

from dataclasses import dataclass, field
from itertools import count
from math import inf

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

from events import groups, registering, seating
from events.groups import Requester
from events.models import Registration, RegistrationGroup, SeatCount
from events.refusing import SessionFull
from mailing.models import Message
from tests.build import NOW, applicant, make_session

PEOPLE = [f"person{number}@example.org" for number in range(8)]
people = st.sampled_from(PEOPLE)
capacities = st.none() | st.integers(0, 5)


@dataclass
class Model:
    """Who has a seat and who is in line, in order.

    `groups` says of each who waits with others, and not without them, in which group.
    """

    capacity: int | None
    has_waiting_list: bool
    seated: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> float:
        return inf if self.capacity is None else max(0, self.capacity - len(self.seated))

    def party(self, email: str) -> list[str]:
        """Who moves up with somebody in line, themselves included."""
        group = self.groups.get(email)
        return [other for other in self.line if other == email or self.groups.get(other) == group]

    def fits(self, email: str) -> bool:
        """Whether somebody in line, with all who come with them, could have seats."""
        alone = self.groups.get(email) is None
        return (1 if alone else len(self.party(email))) <= self.free

    def fill(self) -> None:
        """Seats go to the first in line who fit, as long as there are both."""
        while True:
            first = next((email for email in self.line if self.fits(email)), None)
            if first is None:
                return
            moving = [first] if self.groups.get(first) is None else self.party(first)
            for email in moving:
                self.line.remove(email)
                self.seated.append(email)

    def leave(self, email: str) -> None:
        """Somebody is no longer seated or in line."""
        (self.seated if email in self.seated else self.line).remove(email)
        self.groups.pop(email, None)


class Registering(RuleBasedStateMachine):
    """Eight people who register, alone or together, cancel, pass on and come back.

    Meanwhile the organiser moves seats about.
    """

    @initialize(capacity=capacities, has_waiting_list=st.booleans())
    def publish(self, capacity: int | None, has_waiting_list: bool) -> None:
        # One example must not use up what strangers may cause in another.
        Registration.objects.all().delete()
        Message.objects.all().delete()
        self.model = Model(capacity, has_waiting_list)
        self.session = make_session(capacity=capacity, has_waiting_list=has_waiting_list)
        self.asked = count()
        self.given_by_somebody: set[str] = set()

    def live(self, email: str) -> Registration | None:
        return self.session.registrations.live().filter(email=email).first()

    @rule(email=people)
    def register(self, email: str) -> None:
        model = self.model
        is_live = email in model.seated + model.line
        is_refused = not model.free and not model.has_waiting_list

        try:
            outcome = registering.register(self.session, applicant(email), received_at=NOW)
        except SessionFull:
            assert is_refused
            return

        assert not is_refused
        assert outcome.is_own is not is_live
        if not is_live:
            (model.seated if model.free else model.line).append(email)

    @rule(emails=st.lists(people, min_size=1, max_size=4, unique=True), is_together=st.booleans())
    def register_group(self, emails: list[str], is_together: bool) -> None:
        model = self.model
        is_refused = len(emails) > model.free and not model.has_waiting_list

        try:
            group = groups.register(
                self.session,
                [applicant(email) for email in emails],
                requested_by=Requester("An", f"asks{next(self.asked)}@example.org"),
                is_together=is_together,
                received_at=NOW,
            )
        except SessionFull:
            assert is_refused
            return

        assert not is_refused
        new = [email for email in emails if email not in model.seated + model.line]
        assert group.registrations.count() == len(new)
        if is_together and len(new) > model.free:
            model.groups |= dict.fromkeys(new, group.pk)
        for email in new:
            has_seat = model.free and email not in model.groups
            (model.seated if has_seat else model.line).append(email)

    @rule(email=people, other=people)
    def substitute(self, email: str, other: str) -> None:
        registration = self.live(email)
        if registration is None or email == other:
            return
        model = self.model

        assert registering.substitute(registration, applicant(other), now=NOW)

        if other in model.seated + model.line:
            if email in model.seated and other in model.line:
                self.given_by_somebody.add(other)
                model.leave(other)
                model.seated.append(other)
            model.leave(email)
        else:
            if email in self.given_by_somebody:
                self.given_by_somebody.add(other)
            mine = model.seated if email in model.seated else model.line
            mine[mine.index(email)] = other
            if email in model.groups:
                model.groups[other] = model.groups.pop(email)
        model.fill()

    @rule(email=people)
    def cancel(self, email: str) -> None:
        registration = self.live(email)
        if registration is None:
            return

        assert registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)

        self.model.leave(email)
        self.model.fill()

    @rule(capacity=capacities)
    def set_capacity(self, capacity: int | None) -> None:
        seating.set_capacity(self.session, capacity, now=NOW)

        self.model.capacity = capacity
        self.model.fill()

    @rule(email=people)
    def place(self, email: str) -> None:
        registration = self.live(email)
        if registration is None:
            return

        is_placed = seating.place(registration, now=NOW)

        assert is_placed is (email in self.model.line)
        if is_placed:
            self.given_by_somebody.add(email)
            self.model.leave(email)
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
    def no_seat_is_idle_while_somebody_waits_who_fits(self) -> None:
        assert not any(self.model.fits(email) for email in self.model.line)
        seats = SeatCount.objects.get(session=self.session)
        assert seats.is_full is not bool(self.model.free)

    @invariant()
    def nobody_who_comes_together_has_moved_up_without_the_others(self) -> None:
        for group in RegistrationGroup.objects.filter(is_together=True):
            members = group.registrations.live().exclude(email__in=self.given_by_somebody)
            assert members.values("state").distinct().count() <= 1

    @invariant()
    def everybody_is_told_what_they_have(self) -> None:
        for registration in self.session.registrations.all():
            told = Message.objects.filter(
                object_id=registration.pk, kind__startswith="events."
            ).exclude(kind="events.again")
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
        settings=settings(max_examples=20, stateful_step_count=20, deadline=None),
    )
