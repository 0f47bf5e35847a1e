from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Programme
from events.models import Session
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal.models import Preparation
from portal.preparing import next_deadline, sessions_for
from procurement.models import Call, Deadline
from tests.build import NOW, days, make_deadline, make_programme, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def session(programme: Programme) -> Session:
    return make_session(programme=programme)


@pytest.fixture
def make_call() -> Callable[..., Call]:
    def make(programme: Programme, *sessions: Session, **fields: bool) -> Call:
        number = Call.objects.count()
        call = Call.objects.create(
            slug=f"call-{number}",
            title=f"Oproep {number}",
            programme=programme,
            status=Call.Status.PUBLISHED,
            **fields,
        )
        for session in sessions:
            Preparation.objects.create(session=session, call=call)
        return call

    return make


def deadline_in(call: Call, number: float) -> Deadline:
    """A deadline so many days from now."""
    return make_deadline(call=call, closing=Closing(Edge.AT_TIME, NOW + days(number), BRUSSELS))


# The deadline a session leads to -----------------------------------------------------------------


def test_next_deadline_is_the_next_one_of_the_calls_a_session_prepares_for(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    first, second = make_call(make_programme(), session), make_call(programme, session)
    deadline_in(first, 30)
    nearest = deadline_in(second, 20)
    deadline_in(second, 40)
    deadline_in(second, -1)

    assert next_deadline(session, NOW) == nearest


def test_next_deadline_of_its_own_call_comes_before_a_nearer_one_of_its_programme(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    deadline_in(make_call(programme), 5)
    own = deadline_in(make_call(make_programme(), session), 60)

    assert next_deadline(session, NOW) == own


def test_next_deadline_falls_back_on_the_next_one_of_its_programme(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    deadline_in(make_call(programme, session), -1)
    other = make_call(programme)
    deadline_in(other, 60)
    nearest = deadline_in(other, 30)

    assert next_deadline(session, NOW) == nearest


def test_next_deadline_falls_back_on_the_latest_past_one_of_its_calls(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    call = make_call(programme, session)
    deadline_in(call, -30)
    latest = deadline_in(call, -1)
    deadline_in(make_call(programme), -0.5)

    assert next_deadline(session, NOW) == latest


def test_next_deadline_that_closes_now_is_past(
    session: Session, make_call: Callable[..., Call]
) -> None:
    call = make_call(make_programme(), session)
    deadline_in(call, 0)
    coming = deadline_in(call, 1)

    assert next_deadline(session, NOW) == coming


def test_next_deadline_is_none_where_only_others_have_one(
    session: Session, make_call: Callable[..., Call]
) -> None:
    other = make_programme()
    deadline_in(make_call(other, make_session(programme=other)), 5)
    deadline_in(make_call(session.programme, make_session()), -5)

    assert next_deadline(session, NOW) is None


def test_next_deadline_of_a_call_that_several_sessions_prepare_for_is_the_same(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    others = [make_session(programme=programme) for _ in range(3)]
    deadline = deadline_in(make_call(programme, *others, session), 30)

    assert {next_deadline(one, NOW) for one in (session, *others)} == {deadline}


def test_next_deadline_of_another_sessions_call_is_only_one_of_the_programme(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    """A nearer one that another session prepares for does not outrank the session's own."""
    deadline_in(make_call(programme, make_session(programme=programme)), 5)
    own = deadline_in(make_call(programme, session), 60)

    assert next_deadline(session, NOW) == own


def test_next_deadline_of_the_programme_keeps_examples_and_real_ones_apart(
    programme: Programme, session: Session, make_call: Callable[..., Call]
) -> None:
    example = make_session(programme=programme, is_example=True)
    of_example = deadline_in(make_call(programme, is_example=True), 5)
    real = deadline_in(make_call(programme), 60)

    assert next_deadline(session, NOW) == real
    assert next_deadline(example, NOW) == of_example


def test_next_deadline_asks_one_question(
    session: Session,
    make_call: Callable[..., Call],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        deadline_in(make_call(session.programme, session), 5)

    with django_assert_num_queries(1):
        found = next_deadline(session, NOW)
        assert found is not None
        _ = (found.call.title, found.call.programme.name)


# The sessions of a call --------------------------------------------------------------------------


def test_sessions_for_a_call_are_those_that_prepare_for_it_the_first_one_first(
    programme: Programme, make_call: Callable[..., Call]
) -> None:
    later, sooner = (
        make_session(
            programme=programme, starts_at=NOW + days(number), ends_at=NOW + days(number + 1)
        )
        for number in (40, 30)
    )
    call = make_call(programme, later, sooner)
    make_call(programme, make_session(programme=programme))

    assert sessions_for(call) == [sooner, later]


def test_sessions_for_a_call_leave_drafts_out_and_keep_cancelled_ones(
    programme: Programme, make_call: Callable[..., Call]
) -> None:
    draft, cancelled = (
        make_session(programme=programme, status=status) for status in ("draft", "cancelled")
    )

    assert sessions_for(make_call(programme, draft, cancelled)) == [cancelled]


def test_database_refuses_the_same_preparation_twice(
    session: Session, make_call: Callable[..., Call]
) -> None:
    call = make_call(session.programme, session)

    with pytest.raises(IntegrityError), transaction.atomic():
        Preparation.objects.create(session=session, call=call)
