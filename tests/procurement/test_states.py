from datetime import timedelta

import pytest

from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.announcing import announce
from procurement.models import CLOSING_SOON, Call, CallState, Deadline
from tests.build import NOW, days, make_call, make_deadline

pytestmark = pytest.mark.django_db

TICK = timedelta.resolution


def closing_in(length: timedelta) -> Closing:
    return Closing(Edge.AT_TIME, NOW + length, BRUSSELS)


def state_of(call: Call) -> str:
    return Call.objects.with_state(NOW).get(pk=call.pk).state


@pytest.mark.parametrize(
    ("length", "state"),
    [
        (CLOSING_SOON + TICK, CallState.OPEN),
        (CLOSING_SOON, CallState.CLOSING_SOON),
        (TICK, CallState.CLOSING_SOON),
        (timedelta(0), CallState.CLOSED),
        (-TICK, CallState.CLOSED),
    ],
)
def test_state_changes_at_the_very_instant(length: timedelta, state: CallState) -> None:
    assert state_of(make_deadline(closing=closing_in(length)).call) == state


@pytest.mark.parametrize(
    ("opens_in", "state"),
    [
        (TICK, CallState.FORTHCOMING),
        (timedelta(0), CallState.OPEN),
        (-TICK, CallState.OPEN),
    ],
)
def test_call_is_open_from_the_instant_it_opens(opens_in: timedelta, state: CallState) -> None:
    call = make_deadline(closing=closing_in(days(30)), opens_at=NOW + opens_in).call

    assert state_of(call) == state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, CallState.ANNOUNCED),
        ({"kind": Call.Kind.ANNOUNCED}, CallState.ANNOUNCED),
        ({"kind": Call.Kind.CONTINUOUS}, CallState.OPEN),
        ({"kind": Call.Kind.AWARDED}, CallState.RESULTS),
        ({"status": Call.Status.DRAFT}, CallState.DRAFT),
        ({"status": Call.Status.SUSPENDED}, CallState.SUSPENDED),
        ({"status": Call.Status.CANCELLED, "kind": Call.Kind.AWARDED}, CallState.CANCELLED),
    ],
)
def test_state_without_a_date_follows_from_what_the_organiser_decided(
    fields: dict[str, str], state: CallState
) -> None:
    assert state_of(make_call(**fields)) == state


def test_state_of_many_deadlines_is_that_of_the_next_one() -> None:
    call = make_call()
    make_deadline(call=call, closing=closing_in(days(-30)))
    make_deadline(call=call, closing=closing_in(days(300)))
    following = make_deadline(call=call, closing=closing_in(days(3)))

    found = Call.objects.with_state(NOW).get(pk=call.pk)

    assert (found.state, found.next_id) == (CallState.CLOSING_SOON, following.pk)


def test_decision_to_come_keeps_a_call_closed_and_one_taken_shows_results() -> None:
    call = make_call()
    make_deadline(call=call, closing=closing_in(days(-30)))
    decision = make_deadline(
        call=call, kind=Deadline.Kind.DECISION, closing=closing_in(timedelta(minutes=1))
    )
    before = state_of(call)
    Deadline.objects.filter(pk=decision.pk).update(closes_at=NOW)

    assert (before, state_of(call)) == (CallState.CLOSED, CallState.RESULTS)


def test_decision_of_an_earlier_round_shows_no_results_of_a_later_one() -> None:
    call = make_call()
    make_deadline(call=call, kind=Deadline.Kind.DECISION, closing=closing_in(days(-100)))
    make_deadline(call=call, closing=closing_in(days(-30)))

    assert state_of(call) == CallState.CLOSED


def test_cancelled_deadline_counts_for_nothing() -> None:
    call = make_deadline(closing=closing_in(days(3)), cancelled_at=NOW).call

    assert state_of(call) == CallState.ANNOUNCED


def test_list_has_the_next_first_then_the_undated_then_the_past() -> None:
    past = make_deadline(closing=closing_in(days(-1))).call
    long_past = make_deadline(closing=closing_in(days(-100))).call
    cancelled = make_deadline(closing=closing_in(days(1))).call
    Call.objects.filter(pk=cancelled.pk).update(status=Call.Status.CANCELLED)
    undated = make_call()
    always = make_deadline(
        call=make_call(kind=Call.Kind.CONTINUOUS), closing=closing_in(days(-5))
    ).call
    paused = make_deadline(
        call=make_call(status=Call.Status.SUSPENDED), closing=closing_in(days(-6))
    ).call
    awarded = make_deadline(
        call=make_call(kind=Call.Kind.AWARDED), closing=closing_in(days(5))
    ).call
    make_deadline(call=awarded, closing=closing_in(days(-50)))
    later = make_deadline(closing=closing_in(days(90))).call
    sooner = make_deadline(closing=closing_in(days(2))).call

    numbers = Call.objects.public().in_order(NOW).values_list("pk", flat=True)
    listed = Call.objects.in_full(numbers, NOW)

    assert listed == [
        sooner, later, undated, always, paused, past, awarded, long_past, cancelled
    ]  # fmt: skip
    assert [call.rank for call in listed] == [0, 0, 1, 1, 1, 2, 2, 2, 2]


def test_draft_is_not_public() -> None:
    draft = make_call(status=Call.Status.DRAFT)
    make_deadline(call=draft)

    assert not Call.objects.public().exists()
    assert not Deadline.objects.public().exists()
    assert not Deadline.objects.coming(NOW).exists()


@pytest.mark.parametrize("status", [Call.Status.SUSPENDED, Call.Status.CANCELLED])
def test_deadline_of_a_call_that_stopped_no_longer_holds_but_stays_known(status: str) -> None:
    deadline = make_deadline(call=make_call(status=status))

    assert not Deadline.objects.coming(NOW).exists()
    assert list(Deadline.objects.public()) == [deadline]


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.DRAFT])
def test_every_state_has_a_word_and_a_sentence(state: CallState) -> None:
    call = make_call()
    call.state = state

    said = announce(call, None)

    assert said.word
    assert said.sentence.endswith(".")
