from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import agenda
from events.agenda import Slot
from events.models import AgendaItem, agenda_tree
from moments.local import BRUSSELS
from tests.build import at, make_agenda_item, make_session

BLOCK, TALK = AgendaItem.Kind.BLOCK, AgendaItem.Kind.TALK


def slot(start: str, end: str, kind: str = TALK, title: str = "", **fields: object) -> Slot:
    return Slot(title or f"{start}-{end}", kind, at(start), at(end), **fields)


def problems(*slots: Slot) -> list[str]:
    return agenda.problems(slots, starts_at=at("14:00"), ends_at=at("16:30"), zone=BRUSSELS)


def real_programme() -> list[Slot]:
    """The agenda of 10 June 2021."""
    return [
        slot("14:00", "14:05", "welcome"),
        slot("14:05", "15:15", BLOCK),
        slot("14:05", "14:50"),
        slot("14:50", "15:15"),
        slot("15:15", "15:25", "questions"),
        slot("15:25", "15:30", "break"),
        slot("15:30", "16:15"),
        slot("16:15", "16:25", "questions"),
        slot("16:25", "16:30", "closing"),
    ]


# Which block holds what --------------------------------------------------------------------------


def test_parents_of_the_real_programme_are_its_one_block() -> None:
    assert agenda.parents(real_programme()) == [None, None, 1, 1, *[None] * 5]


def test_parents_do_not_depend_on_the_order_of_the_items() -> None:
    backwards = real_programme()[::-1]

    assert agenda.parents(backwards) == [*[None] * 5, 7, 7, None, None]


def test_parents_take_the_shortest_block_that_holds_an_item() -> None:
    slots = [
        slot("14:00", "16:30", BLOCK),
        slot("14:05", "15:15", BLOCK),
        slot("14:05", "14:50"),
    ]

    assert agenda.parents(slots) == [None, 0, 1]


def test_parents_put_a_talk_as_long_as_its_block_in_that_block() -> None:
    assert agenda.parents([slot("14:05", "15:15"), slot("14:05", "15:15", BLOCK)]) == [1, None]


def test_parents_of_two_equal_blocks_make_no_circle() -> None:
    slots = [slot("14:05", "15:15", BLOCK), slot("14:05", "15:15", BLOCK)]

    assert agenda.parents(slots) == [None, 0]


def test_parents_leave_out_what_sticks_out_of_a_block() -> None:
    slots = [slot("14:05", "15:15", BLOCK), slot("14:50", "15:16"), slot("14:04", "14:50")]

    assert agenda.parents(slots) == [None, None, None]


def test_parents_hold_nothing_in_what_is_no_block() -> None:
    assert agenda.parents([slot("14:00", "16:30"), slot("14:05", "14:50")]) == [None, None]


def test_parents_put_items_in_the_parallel_block_of_their_track() -> None:
    parallel = {"is_parallel": True}
    slots = [
        slot("14:00", "15:00", BLOCK, track="A", **parallel),
        slot("14:00", "15:00", BLOCK, track="B", **parallel),
        slot("14:00", "14:30", track="B"),
        slot("14:00", "14:30", track="A"),
        slot("14:00", "14:30", track=""),
    ]

    assert agenda.parents(slots)[2:] == [1, 0, None]


_times = st.integers(0, 12).map(lambda number: f"{14 + number // 6}:{number % 6 * 10:02}")
_slots = st.builds(
    lambda times, kind: slot(min(times), max(times), kind),
    st.tuples(_times, _times).filter(lambda times: times[0] != times[1]),
    st.sampled_from([BLOCK, TALK]),
)


@given(st.lists(_slots, max_size=7))
def test_parents_never_run_in_circles_and_always_hold_their_items(slots: list[Slot]) -> None:
    holders = agenda.parents(slots)

    for position, holder in enumerate(holders):
        seen = {position}
        while holder is not None:
            assert slots[holder].starts_at <= slots[position].starts_at
            assert slots[position].ends_at <= slots[holder].ends_at
            assert holder not in seen
            seen.add(holder)
            holder = holders[holder]


# What is wrong -----------------------------------------------------------------------------------


def test_problems_of_the_real_programme_are_none() -> None:
    assert problems(*real_programme()) == []


def test_problems_of_an_empty_agenda_are_none() -> None:
    assert problems() == []


def test_problems_name_an_item_that_ends_at_its_start() -> None:
    found = problems(slot("14:30", "14:30", title="Vragen"), slot("15:00", "15:30"))

    assert len(found) == 1
    assert "“Vragen”" in found[0]


@pytest.mark.parametrize(("start", "end"), [("13:59", "14:30"), ("16:00", "16:31")])
def test_problems_name_an_item_outside_the_session_with_both_times(start: str, end: str) -> None:
    found = problems(slot(start, end, title="Vragen"))

    assert len(found) == 1
    assert "“Vragen”" in found[0]
    assert f"{start.replace(':', 'u')} – {end.replace(':', 'u')}" in found[0]
    assert "14u00 – 16u30" in found[0]


def test_problems_name_an_item_on_another_day() -> None:
    other_day = Slot("Vragen", TALK, at("14:00", date(2027, 6, 11)), at("15:00", date(2027, 6, 11)))

    assert len(problems(other_day)) == 1


def test_problems_name_both_items_that_overlap() -> None:
    found = problems(slot("14:30", "15:00", title="Tweede"), slot("14:00", "14:31", title="Eerste"))

    assert len(found) == 1
    assert found[0].index("“Tweede”") < found[0].index("“Eerste”")


def test_problems_do_not_see_items_that_touch_as_overlap() -> None:
    assert problems(slot("14:00", "14:30"), slot("14:30", "15:00")) == []


def test_problems_do_not_see_gaps_as_wrong() -> None:
    assert problems(slot("14:00", "14:30"), slot("15:00", "15:30")) == []


def test_problems_name_overlap_within_a_block() -> None:
    found = problems(
        slot("14:00", "15:30", BLOCK),
        slot("14:00", "14:45", title="Eerste"),
        slot("14:30", "15:00", title="Tweede"),
    )

    assert len(found) == 1


def test_problems_name_an_item_that_is_half_in_a_block() -> None:
    assert len(problems(slot("14:00", "15:00", BLOCK), slot("14:30", "15:30"))) == 1


def test_problems_name_two_items_at_the_same_time() -> None:
    assert len(problems(slot("14:00", "15:00", title="A"), slot("14:00", "15:00", title="B"))) == 1


def test_problems_allow_parallel_items_to_overlap() -> None:
    slots = [
        slot("14:00", "15:00", is_parallel=True, track="A"),
        slot("14:00", "15:00", is_parallel=True, track="B"),
    ]

    assert problems(*slots) == []


def test_problems_name_overlap_within_one_parallel_block() -> None:
    slots = [
        slot("14:00", "15:00", BLOCK, is_parallel=True, track="A"),
        slot("14:00", "15:00", BLOCK, is_parallel=True, track="B"),
        slot("14:00", "14:40", track="A"),
        slot("14:30", "15:00", track="A"),
        slot("14:00", "15:00", track="B"),
    ]

    assert len(problems(*slots)) == 1


# Nesting what is saved ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_nest_puts_items_in_blocks_and_takes_them_out_again() -> None:
    session = make_session()
    block = make_agenda_item(session, "14:05", "15:15", kind=BLOCK)
    inside = make_agenda_item(session, "14:05", "14:50")
    outside = make_agenda_item(session, "15:15", "15:25", parent=block)

    agenda.nest(session)

    for item in (block, inside, outside):
        item.refresh_from_db()
    assert (block.parent, inside.parent, outside.parent) == (None, block, None)


@pytest.mark.django_db
def test_nest_leaves_other_sessions_alone() -> None:
    session, other = make_session(), make_session()
    make_agenda_item(session, "14:00", "16:30", kind=BLOCK)
    item = make_agenda_item(other, "14:05", "14:50")

    agenda.nest(session)

    item.refresh_from_db()
    assert item.parent is None


@pytest.mark.django_db
def test_tree_shows_a_block_before_what_it_holds_and_marks_what_goes_on() -> None:
    session = make_session()
    talk = make_agenda_item(session, "14:05", "14:50")
    block = make_agenda_item(session, "14:05", "15:15", kind=BLOCK)
    welcome = make_agenda_item(session, "14:00", "14:05", kind="welcome")
    agenda.nest(session)

    nodes = agenda_tree(list(session.agenda_items.in_order()), at("14:05"))

    assert [(node.item, node.is_now) for node in nodes] == [(welcome, False), (block, True)]
    assert [(node.item, node.is_now) for node in nodes[1].children] == [(talk, True)]


@pytest.mark.django_db
def test_tree_shows_the_rows_of_any_session_without_losing_one() -> None:
    session = make_session()
    items = [make_agenda_item(session, "14:00", "14:30") for _ in range(3)]

    nodes = agenda_tree(list(session.agenda_items.in_order()), at("14:30"))

    assert [(node.item, node.is_now) for node in nodes] == [(item, False) for item in items]
