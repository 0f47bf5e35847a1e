"""Planning, moving and asking at the same moment, by threads with real connections."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Barrier

import pytest

from mailing import outbox
from mailing.models import Message
from procurement import following, reminding
from procurement.changing import Edit, save_deadline
from procurement.following import Wish
from procurement.models import Change, Deadline, Follow, Follower, Reminder
from tests.build import NOW, days, make_deadline
from tests.events.racing import PATIENCE_SECONDS, at_once
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 6


@pytest.fixture
def due() -> datetime:
    """A moment at which twelve people are owed a reminder."""
    deadline = make_deadline()
    for number in range(12):
        make_follow(email=f"volger{number}@example.org", call=deadline.call)
    return deadline.closes_at - days(6)


def test_workers_that_plan_at_once_remind_everybody_once(due: datetime) -> None:
    results = at_once(*[partial(reminding.plan, due) for _worker in range(WORKERS)])

    assert results == [None] * WORKERS
    assert Reminder.objects.count() == 12
    assert Message.objects.filter(kind="procurement.reminders").count() == 12


def test_workers_that_look_before_they_write_would_remind_twice(due: datetime) -> None:
    """The control: without keys and constraints the race is lost."""
    looked = Barrier(2)

    def look_then_write() -> None:
        owed = list(Follower.objects.filter(reminders=None).order_by("pk")[:1])
        looked.wait(PATIENCE_SECONDS)
        for follower in owed:
            Message.objects.create(
                key=f"naive:{id(owed)}",
                kind="naive",
                object_id=follower.pk,
                recipient=follower.email,
                due_at=due,
            )

    at_once(look_then_write, look_then_write)

    assert Message.objects.filter(kind="naive").count() == 2


def test_mail_that_is_taken_up_while_more_is_planned_loses_no_reminder(due: datetime) -> None:
    reminding.plan(due)
    second = make_deadline()
    for follower in Follower.objects.all():
        Follow.objects.create(
            follower=follower,
            call=second.call,
            language="nl",
            asked_at=NOW - days(90),
            confirmed_at=NOW - days(90),
        )

    planned, claimed = at_once(partial(reminding.plan, due), partial(outbox.claim, due))

    assert planned is None
    taken = {message.recipient for message in claimed}
    late = Reminder.objects.filter(deadline=second)
    assert late.count() == 12
    for reminder in late.select_related("follower"):
        key = f"follower:{reminder.follower_id}:reminders:{reminder.mail_date}"
        waits = Message.objects.get(key=key).lease_until is None
        # What a worker holds is composed after this, from all the rows that are there.
        assert waits or reminder.follower.email in taken


def mover(deadline: Deadline, number: int) -> Callable[[], Change | None]:
    """An organiser who read the deadline before the others changed it."""
    own = Deadline.objects.select_related("call").get(pk=deadline.pk)
    own.closes_at += days(number)
    return partial(save_deadline, own, Edit(None, NOW, f"Reden {number}"))


def test_organisers_who_move_a_deadline_at_once_leave_a_history_without_gaps() -> None:
    deadline = make_deadline()
    first = deadline.closing

    at_once(*[mover(deadline, number) for number in range(1, 6)])

    changes = list(Change.objects.order_by("pk"))
    assert len(changes) == 5
    before = [first, *(change.new_closing for change in changes[:-1])]
    assert [change.old_closing for change in changes] == before
    stored = Deadline.objects.get()
    assert (stored.sequence, stored.closing) == (5, changes[-1].new_closing)


def test_form_sent_twice_at_once_asks_once() -> None:
    wish = Wish("volger@example.org", "nl", frozenset({7}))

    results = at_once(*[partial(following.ask, wish, now=NOW) for _click in range(4)])

    assert results == [None] * 4
    assert Follow.objects.count() == 1
    assert Message.objects.count() == 1
