"""One message to many, sent by clicks and workers at the same moment, over real connections.

What is asserted holds for every order in which they may come.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from accounts.auditing import SYSTEM
from events import circulars, registering
from events.circulars import CannotSend
from events.models import Circular, Registration, Session
from mailing import outbox
from mailing.models import Message
from tests.build import NOW, days, make_registration, make_session
from tests.events.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12


@pytest.fixture
def session() -> Session:
    session = make_session()
    for _each in range(PEOPLE):
        make_registration(session)
    Message.objects.all().delete()
    return session


def make_circular(session: Session, **fields: object) -> Circular:
    values = {"subject_nl": "Dag", "text_nl": "Dag", "parameters": "state=confirmed"}
    circular = Circular(session=session, **(values | fields))
    circulars.save(circular, by=SYSTEM, now=NOW)
    return circular


def click(circular: Circular) -> Callable[[], int]:
    """Somebody's click on send, with a row read for it alone, as a page does."""
    own = Circular.objects.get(pk=circular.pk)
    return partial(circulars.send, own, by=SYSTEM, now=NOW)


def recipients() -> Counter[str]:
    return Counter(Message.objects.values_list("recipient", flat=True))


def test_many_clicks_at_once_send_it_once(session: Session) -> None:
    circular = make_circular(session)

    results = at_once(*[click(circular) for _each in range(6)])

    assert Counter(map(type, results)) == {int: 1, CannotSend: 5}
    assert list(recipients().values()) == [1] * PEOPLE


def test_many_workers_at_once_send_what_is_due_once_and_deliver_it_once(session: Session) -> None:
    circular = make_circular(session)
    circulars.plan_for(circular, NOW + days(1), by=SYSTEM, now=NOW)
    due = NOW + days(1)

    def work() -> int:
        outbox.plan(due)
        claimed = outbox.claim(due, size=5)
        return outbox.deliver(claimed, clock=lambda: due, is_stopping=lambda: False)

    results = [result for _round in range(3) for result in at_once(*[work] * 4)]

    assert [result for result in results if not isinstance(result, int)] == []
    assert list(recipients().values()) == [1] * PEOPLE
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert sum(results) == PEOPLE


def test_a_click_and_a_withdrawal_at_once_leave_all_or_nothing(session: Session) -> None:
    circular = make_circular(session)
    circulars.plan_for(circular, NOW + days(1), by=SYSTEM, now=NOW)
    own = Circular.objects.get(pk=circular.pk)

    results = at_once(
        partial(circulars.plan, NOW + days(1)),
        partial(circulars.withdraw, own, by=SYSTEM, now=NOW + days(1)),
    )

    circular.refresh_from_db()
    states = Counter(Message.objects.values_list("state", flat=True))
    # Taken back before it left, or after: then its messages were, all of them.
    assert results[1] in {0, PEOPLE}
    expected = {"draft": {}, "withdrawn": {"withdrawn": PEOPLE}}
    assert states == expected[circular.state]


def test_who_cancels_while_it_leaves_gets_no_mail_after_the_cancellation(session: Session) -> None:
    circular = make_circular(session)
    row = Registration.objects.select_related("session").first()
    assert row is not None
    owner = Registration.CancelledBy.OWNER

    at_once(click(circular), partial(registering.cancel, row, now=NOW, by=owner))
    outbox.deliver(outbox.claim(NOW, size=99), clock=lambda: NOW, is_stopping=lambda: False)

    told = circulars.messages_of(circular).filter(object_id=row.pk)
    assert set(told.values_list("state", flat=True)) <= {"dropped"}
    assert circulars.messages_of(circular).filter(state="sent").count() == PEOPLE - 1


# Negative control --------------------------------------------------------------------------------


@pytest.mark.postgres
def test_without_holding_the_circular_two_clicks_both_think_that_they_sent_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race above is real: only the row that is held makes the second click see the first.

    Even so nobody gets it twice: the keys of the messages are the second lock.
    """

    def read(circular: Circular) -> Circular:
        return Circular.objects.select_related("session__programme").get(pk=circular.pk)

    monkeypatch.setattr(circulars, "held", read)
    circular = make_circular(session)

    both = 0
    for _attempt in range(20):
        Circular.objects.update(state="draft", sent_at=None)
        Message.objects.all().delete()
        results = at_once(click(circular), click(circular))
        both += [type(result) for result in results] == [int, int]
        assert list(recipients().values()) == [1] * PEOPLE

    assert both


@pytest.mark.postgres
def test_without_keys_and_without_holding_people_would_get_it_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(circular: Circular) -> Circular:
        return Circular.objects.select_related("session__programme").get(pk=circular.pk)

    monkeypatch.setattr(circulars, "held", read)
    monkeypatch.setattr(circulars, "_stem", lambda circular: f"circular:{id(circular)}:")
    circular = make_circular(session)

    worst = 0
    for _attempt in range(20):
        Circular.objects.update(state="draft", sent_at=None)
        Message.objects.all().delete()
        at_once(click(circular), click(circular))
        worst = max(worst, *recipients().values())

    assert worst == 2
