"""Workers that take up messages at the same moment, over connections of their own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction

from mailing import outbox
from mailing.models import Message
from mailing.outbox import LEASE
from tests.build import NOW
from tests.mailing.build import make_messages

pytestmark = pytest.mark.django_db(transaction=True)

Claim = Callable[[], list[Message]]


def on_a_connection_of_its_own(claim: Claim) -> list[int]:
    try:
        return [message.pk for message in claim()]
    finally:
        connections.close_all()


def claim_side_by_side(*claims: Claim) -> list[list[int]]:
    with ThreadPoolExecutor(len(claims)) as threads:
        begun = [threads.submit(on_a_connection_of_its_own, claim) for claim in claims]
        return [each.result(60) for each in begun]


def test_two_claims_of_which_one_is_not_yet_committed_share_nothing() -> None:
    messages = make_messages(6)
    first_has_claimed, first_may_commit = Event(), Event()

    def first() -> list[Message]:
        with transaction.atomic():
            claimed = outbox.claim(NOW, size=3)
            first_has_claimed.set()
            assert first_may_commit.wait(30)
        return claimed

    def second() -> list[Message]:
        assert first_has_claimed.wait(30)
        if connection.vendor == "sqlite":
            first_may_commit.set()  # here the second stands in line behind the first
        claimed = outbox.claim(NOW, size=3)
        first_may_commit.set()
        return claimed

    taken = claim_side_by_side(first, second)

    everything = [message.pk for message in messages]
    assert taken == [everything[:3], everything[3:]]


def test_many_claimers_in_a_rush_share_nothing_and_leave_nothing() -> None:
    messages = make_messages(60)
    start = Barrier(4)

    def claim_all() -> list[Message]:
        start.wait(30)
        mine: list[Message] = []
        while claimed := outbox.claim(NOW, size=4):
            mine += claimed
        return mine

    taken = claim_side_by_side(*[claim_all] * 4)

    assert Counter(pk for each in taken for pk in each) == Counter(
        message.pk for message in messages
    )


def test_many_claimers_in_a_rush_take_over_each_orphan_once() -> None:
    messages = make_messages(40)
    outbox.claim(NOW, size=40)
    start = Barrier(4)

    def claim_all() -> list[Message]:
        start.wait(30)
        mine: list[Message] = []
        while claimed := outbox.claim(NOW + LEASE, size=4):
            mine += claimed
        return mine

    taken = claim_side_by_side(*[claim_all] * 4)

    assert Counter(pk for each in taken for pk in each) == Counter(
        message.pk for message in messages
    )
    assert set(Message.objects.values_list("lease_number", flat=True)) == {2}


def test_looking_and_taking_apart_would_share_messages() -> None:
    """The control: without a lock between the two, the races above do find what is shared."""
    messages = make_messages(6)
    both_have_looked = Barrier(2)

    def look_then_take() -> list[Message]:
        due = list(Message.objects.due(NOW)[:6])
        both_have_looked.wait(30)
        Message.objects.filter(pk__in=[message.pk for message in due]).update(
            lease_until=NOW + LEASE
        )
        return due

    taken = claim_side_by_side(look_then_take, look_then_take)

    assert taken == [[message.pk for message in messages]] * 2
