from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import agenda, shifting
from events.agenda import Slot
from events.models import AgendaItem
from events.shifting import CannotShift, Times
from moments.local import BRUSSELS
from tests.build import at
from tests.events.test_agenda import real_programme, slot

BLOCK, TALK = AgendaItem.Kind.BLOCK, AgendaItem.Kind.TALK
MINUTE = timedelta(minutes=1)
START = at("09:00")


def minutes(number: int) -> timedelta:
    return number * MINUTE


def said(times: Sequence[Times]) -> list[str]:
    """Times as "14:00-14:45", on the clocks of Brussels."""
    return [
        "-".join(moment.astimezone(BRUSSELS).strftime("%H:%M") for moment in pair) for pair in times
    ]


def shifted(slots: Sequence[Slot], times: Sequence[Times]) -> list[Slot]:
    """The agenda as it becomes."""
    return [
        replace(slot, starts_at=its.starts_at, ends_at=its.ends_at)
        for slot, its in zip(slots, times, strict=True)
    ]


def times_of(slots: Sequence[Slot]) -> list[Times]:
    return [Times(slot.starts_at, slot.ends_at) for slot in slots]


def lengths(times: Sequence[Times]) -> list[timedelta]:
    return [its.ends_at - its.starts_at for its in times]


def problems(slots: Sequence[Slot]) -> list[str]:
    """What is wrong with it, apart from where the session would end."""
    return agenda.problems(
        slots,
        starts_at=START - timedelta(days=1),
        ends_at=START + timedelta(days=2),
        zone=BRUSSELS,
    )


# Any sound agenda: items, blocks with items, at most one run of parallel tracks, with gaps --------

_lengths = st.integers(1, 12).map(lambda number: number * 5)
_gaps = st.sampled_from([0, 0, 0, 5, 10])
_sequences = st.lists(st.tuples(_gaps, _lengths), min_size=1, max_size=3)


@st.composite
def agendas(draw: st.DrawFn, *, may_be_parallel: bool = True) -> list[Slot]:
    slots: list[Slot] = []
    clock = START
    kinds = draw(st.lists(st.sampled_from(["talk", "talk", "block"]), min_size=1, max_size=5))
    if may_be_parallel and draw(st.booleans()):
        kinds.insert(draw(st.integers(0, len(kinds))), "tracks")
    for kind in kinds:
        clock += minutes(draw(_gaps))
        starts_at = clock
        if kind == "talk":
            clock += minutes(draw(_lengths))
            slots.append(Slot(f"item {len(slots)}", TALK, starts_at, clock))
        elif kind == "block":
            inside = list(_sequence(draw(_sequences), starts_at, len(slots) + 1))
            clock = inside[-1].ends_at + minutes(draw(_gaps))
            slots.append(Slot(f"block {len(slots)}", BLOCK, starts_at, clock))
            slots += inside
        else:
            for track in "AB":
                row = list(_sequence(draw(_sequences), starts_at, len(slots), track))
                slots += row
                clock = max(clock, row[-1].ends_at)
    return slots


def _sequence(
    steps: list[tuple[int, int]], clock: object, number: int, track: str = ""
) -> list[Slot]:
    found = []
    for gap, length in steps:
        starts_at = clock + minutes(gap)  # type: ignore[operator]
        clock = starts_at + minutes(length)
        found.append(
            Slot(f"item {number + len(found)}", TALK, starts_at, clock, bool(track), track)
        )
    return found


@st.composite
def agendas_and_items(draw: st.DrawFn, *, may_be_parallel: bool = True) -> tuple[list[Slot], int]:
    slots = draw(agendas(may_be_parallel=may_be_parallel))
    return slots, draw(st.integers(0, len(slots) - 1))


@given(agendas())
def test_agendas_of_these_tests_are_sound(slots: list[Slot]) -> None:
    assert problems(slots) == []


# Pushing on ---------------------------------------------------------------------------------------


def test_push_of_an_item_in_a_block_moves_its_siblings_the_block_and_what_follows() -> None:
    times = shifting.push(real_programme(), 2, minutes(10))

    assert said(times) == [
        "14:00-14:05", "14:05-15:25", "14:05-15:00", "15:00-15:25", "15:25-15:35", "15:35-15:40",
        "15:40-16:25", "16:25-16:35", "16:35-16:40",
    ]  # fmt: skip


def test_push_back_lets_the_later_ones_start_earlier() -> None:
    times = shifting.push(real_programme(), 6, minutes(-5))

    assert said(times)[5:] == ["15:25-15:30", "15:30-16:10", "16:10-16:20", "16:20-16:25"]


def test_push_of_a_block_leaves_what_it_holds_and_moves_what_follows() -> None:
    times = shifting.push(real_programme(), 1, minutes(5))

    assert said(times)[:5] == [
        "14:00-14:05", "14:05-15:20", "14:05-14:50", "14:50-15:15", "15:20-15:30",
    ]  # fmt: skip


def test_push_keeps_gaps() -> None:
    slots = [slot("14:00", "14:30"), slot("14:45", "15:00"), slot("15:10", "15:20")]

    times = shifting.push(slots, 0, minutes(5))

    assert said(times) == ["14:00-14:35", "14:50-15:05", "15:15-15:25"]


def test_push_beside_a_longer_track_moves_its_own_track_only() -> None:
    slots = [
        slot("14:00", "14:20", is_parallel=True, track="A"),
        slot("14:20", "14:40", is_parallel=True, track="A"),
        slot("14:00", "14:30", is_parallel=True, track="B"),
        slot("14:30", "15:00", is_parallel=True, track="B"),
        slot("15:00", "15:10"),
    ]

    times = shifting.push(slots, 0, minutes(10))

    assert said(times) == [
        "14:00-14:30", "14:30-14:50", "14:00-14:30", "14:30-15:00", "15:00-15:10",
    ]  # fmt: skip


def test_push_of_the_longest_track_moves_what_follows_all_tracks() -> None:
    slots = [
        slot("14:00", "14:50", is_parallel=True, track="A"),
        slot("14:00", "14:45", is_parallel=True, track="B"),
        slot("15:00", "15:10"),
    ]

    times = shifting.push(slots, 1, minutes(10))

    assert said(times) == ["14:00-14:50", "14:00-14:55", "15:05-15:15"]


def test_push_in_a_parallel_block_leaves_the_block_beside_it() -> None:
    slots = [
        slot("14:00", "15:00", BLOCK, is_parallel=True, track="A"),
        slot("14:00", "14:30", track="A"),
        slot("14:30", "15:00", track="A"),
        slot("14:00", "15:00", BLOCK, is_parallel=True, track="B"),
        slot("14:30", "15:00", track="B"),
        slot("15:00", "15:10"),
    ]

    times = shifting.push(slots, 1, minutes(5))

    assert said(times) == [
        "14:00-15:05", "14:00-14:35", "14:35-15:05", "14:00-15:00", "14:30-15:00", "15:05-15:15",
    ]  # fmt: skip


@pytest.mark.parametrize("by", [-5, -6, -60])
def test_push_refuses_to_leave_nothing_of_an_item(by: int) -> None:
    with pytest.raises(CannotShift, match="item"):
        shifting.push([slot("14:00", "14:05", title="item")], 0, minutes(by))


def test_push_refuses_to_cut_off_what_a_block_holds() -> None:
    with pytest.raises(CannotShift):
        shifting.push(real_programme(), 1, minutes(-1))


@given(agendas_and_items(), st.integers(1, 60))
def test_push_on_never_makes_a_problem_and_changes_no_order(
    chosen: tuple[list[Slot], int], by: int
) -> None:
    slots, position = chosen

    after = shifted(slots, shifting.push(slots, position, minutes(by)))

    assert problems(after) == []
    assert agenda.parents(after) == agenda.parents(slots)
    for one, earlier in enumerate(slots):
        for other, later in enumerate(slots):
            if earlier.ends_at <= later.starts_at and earlier.track == later.track:
                assert after[one].ends_at <= after[other].starts_at


@given(agendas_and_items(), st.integers(1, 60))
def test_push_on_lengthens_the_item_and_what_holds_it_and_nothing_else(
    chosen: tuple[list[Slot], int], by: int
) -> None:
    slots, position = chosen
    holders = agenda.parents(slots)
    around = {position}
    while (holder := holders[position]) is not None:
        around.add(holder)
        position = holder

    times = shifting.push(slots, chosen[1], minutes(by))

    grown = [
        after - before
        for after, before in zip(lengths(times), lengths(times_of(slots)), strict=True)
    ]
    assert grown[chosen[1]] == minutes(by)
    assert {number for number, growth in enumerate(grown) if growth} <= around


@given(agendas_and_items(may_be_parallel=False), st.integers(1, 60))
def test_push_on_and_back_is_as_before(chosen: tuple[list[Slot], int], by: int) -> None:
    slots, position = chosen

    after = shifted(slots, shifting.push(slots, position, minutes(by)))

    assert shifting.push(after, position, minutes(-by)) == times_of(slots)


# Trading places -----------------------------------------------------------------------------------


def test_swap_moves_a_block_with_what_it_holds() -> None:
    times = shifting.swap(real_programme(), 1, 1)

    assert said(times)[:5] == [
        "14:00-14:05", "14:15-15:25", "14:15-15:00", "15:00-15:25", "14:05-14:15",
    ]  # fmt: skip


def test_swap_stays_within_the_block() -> None:
    times = shifting.swap(real_programme(), 3, -1)

    assert said(times)[1:4] == ["14:05-15:15", "14:30-15:15", "14:05-14:30"]


@pytest.mark.parametrize(("position", "step"), [(0, -1), (8, 1), (2, -1), (3, 1)])
def test_swap_refuses_the_first_and_the_last_of_a_block(position: int, step: int) -> None:
    with pytest.raises(CannotShift):
        shifting.swap(real_programme(), position, step)


@given(agendas_and_items(), st.sampled_from([-1, 1]))
def test_swap_is_its_own_inverse(chosen: tuple[list[Slot], int], step: int) -> None:
    slots, position = chosen
    try:
        times = shifting.swap(slots, position, step)
    except CannotShift:
        return
    after = shifted(slots, times)

    assert shifting.swap(after, position, -step) == times_of(slots)
    assert lengths(times) == lengths(times_of(slots))
    assert problems(after) == []
    assert agenda.parents(after) == agenda.parents(slots)


@given(agendas_and_items(), st.data())
def test_place_gets_there_and_loses_no_minute(
    chosen: tuple[list[Slot], int], data: st.DataObject
) -> None:
    slots, position = chosen
    holders = agenda.parents(slots)
    siblings = [
        other
        for other, holder in enumerate(holders)
        if holder == holders[position] and other != position and not slots[other].is_parallel
    ]
    before = data.draw(st.sampled_from([None, *siblings]))
    try:
        times = shifting.place(slots, position, before=before)
    except CannotShift:
        assert slots[position].is_parallel
        return
    after = shifted(slots, times)

    assert lengths(times) == lengths(times_of(slots))
    assert problems(after) == []
    assert agenda.parents(after) == holders
    if before is not None:
        between = [
            other
            for other in siblings
            if after[position].starts_at < after[other].starts_at < after[before].starts_at
        ]
        assert after[position].ends_at <= after[before].starts_at
        assert between == []


def test_place_refuses_another_block() -> None:
    with pytest.raises(CannotShift):
        shifting.place(real_programme(), 2, before=0)


# Into a block and out of it -----------------------------------------------------------------------


def test_go_into_the_block_before_lets_it_grow() -> None:
    times = shifting.go_into(real_programme(), 4, -1)

    assert said(times)[1] == "14:05-15:25"
    assert agenda.parents(shifted(real_programme(), times))[4] == 1


def test_go_out_puts_the_middle_one_after_the_block() -> None:
    slots = [
        slot("14:00", "15:00", BLOCK),
        slot("14:00", "14:10"),
        slot("14:10", "14:40"),
        slot("14:40", "15:00"),
    ]

    times = shifting.go_out(slots, 2)

    assert said(times) == ["14:00-14:30", "14:00-14:10", "14:30-15:00", "14:10-14:30"]


@pytest.mark.parametrize("position", [0, 1])
def test_go_out_refuses_what_is_alone_or_in_no_block(position: int) -> None:
    with pytest.raises(CannotShift):
        shifting.go_out([slot("14:00", "15:00", BLOCK), slot("14:00", "14:30")], position)


@given(agendas_and_items(), st.sampled_from([-1, 1]))
def test_go_into_a_block_and_out_again_puts_it_where_it_was(
    chosen: tuple[list[Slot], int], step: int
) -> None:
    slots, position = chosen
    try:
        inside = shifted(slots, shifting.go_into(slots, position, step))
    except CannotShift:
        return
    outside = shifted(inside, shifting.go_out(inside, position))

    assert problems(inside) == problems(outside) == []
    assert agenda.parents(inside)[position] is not None
    assert agenda.parents(outside) == agenda.parents(slots)
    unchanged = [other for other, its in enumerate(slots) if its.kind != BLOCK]
    assert [times_of(outside)[other] for other in unchanged] == [
        times_of(slots)[other] for other in unchanged
    ]


@given(agendas())
def test_moves_say_what_is_refused(slots: list[Slot]) -> None:
    rules = [
        lambda position: shifting.swap(slots, position, -1),
        lambda position: shifting.swap(slots, position, 1),
        lambda position: shifting.go_into(slots, position, -1),
        lambda position: shifting.go_into(slots, position, 1),
        lambda position: shifting.go_out(slots, position),
    ]

    for position, moves in enumerate(shifting.moves(slots)):
        for rule, is_possible in zip(rules, moves, strict=True):
            if is_possible:
                rule(position)
            else:
                with pytest.raises(CannotShift):
                    rule(position)


# Making room, closing up --------------------------------------------------------------------------


def test_make_room_moves_the_later_ones_only_as_far_as_needed() -> None:
    slots = [slot("14:00", "14:30"), slot("14:40", "15:00"), slot("15:00", "15:10")]

    times = shifting.make_room(slots, slot("14:30", "14:45"), holder=None)

    assert said(times) == ["14:00-14:30", "14:45-15:05", "15:05-15:15"]


def test_make_room_at_the_end_of_a_block_lets_it_grow_and_moves_what_follows() -> None:
    times = shifting.make_room(real_programme(), slot("15:15", "15:25"), holder=1)

    assert said(times)[1:5] == ["14:05-15:25", "14:05-14:50", "14:50-15:15", "15:25-15:35"]


def test_make_room_for_a_parallel_item_moves_nothing() -> None:
    new = slot("14:00", "15:00", is_parallel=True)

    assert shifting.make_room(real_programme(), new, holder=None) == times_of(real_programme())


@given(agendas_and_items(may_be_parallel=False), _lengths)
def test_make_room_after_an_item_makes_an_agenda_without_problems(
    chosen: tuple[list[Slot], int], length: int
) -> None:
    slots, position = chosen
    starts_at = slots[position].ends_at
    new = Slot("new", TALK, starts_at, starts_at + minutes(length))

    holder = agenda.parents(slots)[position]
    after = [*shifted(slots, shifting.make_room(slots, new, holder=holder)), new]

    assert problems(after) == []
    assert agenda.parents(after) == [*agenda.parents(slots), holder]


def test_close_moves_the_later_ones_up_and_shrinks_the_block() -> None:
    times = shifting.close(real_programme(), 2)

    assert said(times)[1:5] == ["14:05-14:30", "14:05-14:50", "14:05-14:30", "14:30-14:40"]


def test_close_leaves_a_block_that_becomes_empty_its_time() -> None:
    slots = [slot("14:00", "15:00", BLOCK), slot("14:00", "15:00"), slot("15:00", "15:10")]

    assert shifting.close(slots, 1) == times_of(slots)


@given(agendas_and_items())
def test_close_and_delete_leaves_no_problem(chosen: tuple[list[Slot], int]) -> None:
    slots, position = chosen
    inside = {other for other, holder in enumerate(agenda.parents(slots)) if holder == position}
    after = shifted(slots, shifting.close(slots, position))
    left = [its for other, its in enumerate(after) if other not in {position, *inside}]

    assert problems(left) == []


# Other times for an item --------------------------------------------------------------------------


def test_retime_takes_along_what_a_block_holds() -> None:
    to = Times(at("14:10"), at("15:20"))

    times = shifting.retime(real_programme(), 1, to, is_pushing=True)

    assert said(times)[:5] == [
        "14:00-14:05", "14:10-15:20", "14:10-14:55", "14:55-15:20", "15:20-15:30",
    ]  # fmt: skip


def test_retime_without_pushing_moves_no_other() -> None:
    to = Times(at("14:00"), at("14:20"))

    times = shifting.retime(real_programme(), 0, to, is_pushing=False)

    assert said(times)[0] == "14:00-14:20"
    assert times[1:] == times_of(real_programme())[1:]
