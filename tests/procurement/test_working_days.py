from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.working_days import is_working_day, working_days_before

days = st.dates(date(2015, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 1, 1), "New Year"),
        (date(2027, 3, 29), "Easter Monday"),
        (date(2028, 5, 1), "Labour Day"),
        (date(2027, 5, 6), "Ascension Day"),
        (date(2027, 5, 17), "Whit Monday"),
        (date(2027, 7, 21), "national holiday"),
        (date(2028, 8, 15), "Assumption"),
        (date(2027, 11, 1), "All Saints"),
        (date(2027, 11, 11), "Armistice Day"),
        (date(2028, 12, 25), "Christmas"),
        (date(2027, 5, 8), "a Saturday"),
        (date(2027, 5, 9), "a Sunday"),
    ],
)
def test_nobody_works_on(day: date, name: str) -> None:
    assert not is_working_day(day), name


@pytest.mark.parametrize(
    "day",
    [date(2027, 5, 7), date(2027, 7, 9), date(2027, 11, 2), date(2027, 12, 24)],
    ids=["bridge day", "around 11 July", "All Souls", "Christmas Eve"],
)
def test_people_work_on(day: date) -> None:
    assert is_working_day(day)


@pytest.mark.parametrize(
    ("day", "number", "latest"),
    [
        (date(2027, 5, 12), 1, date(2027, 5, 11)),
        (date(2027, 5, 10), 1, date(2027, 5, 7)),
        # Ascension Day, the Thursday of the week before, is skipped.
        (date(2027, 5, 10), 2, date(2027, 5, 5)),
        (date(2023, 6, 8), 5, date(2023, 6, 1)),
        # Whit Monday 29 May 2023, and a weekend on each side of the week.
        (date(2023, 6, 5), 5, date(2023, 5, 26)),
        (date(2027, 1, 4), 1, date(2026, 12, 31)),
        # Counted from a Sunday as from the Monday.
        (date(2027, 5, 16), 1, date(2027, 5, 14)),
    ],
)
def test_latest_day_leaves_so_many_working_days(day: date, number: int, latest: date) -> None:
    assert working_days_before(day, number) == latest


@given(day=days, number=st.integers(1, 40))
def test_latest_day_is_a_working_day_with_so_many_from_it_on(day: date, number: int) -> None:
    latest = working_days_before(day, number)

    between = [latest + timedelta(days=step) for step in range((day - latest).days)]
    assert is_working_day(latest)
    assert sum(map(is_working_day, between)) == number


@pytest.mark.parametrize("number", [0, -1])
def test_less_than_one_day_ahead_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="ahead"):
        working_days_before(date(2027, 5, 10), number)
