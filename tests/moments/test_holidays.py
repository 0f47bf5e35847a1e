"""The days on which the Flemish government is closed."""

from datetime import date, timedelta

import holidays
import pytest
from django.utils import translation

from moments.holidays import easter, holiday_name, is_legal_holiday


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        # Dates of Easter as the Church publishes them; the earliest and latest there can be.
        (1818, date(1818, 3, 22)),
        (1943, date(1943, 4, 25)),
        (2000, date(2000, 4, 23)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
        (2285, date(2285, 3, 22)),
    ],
)
def test_easter_is_on_its_day(year: int, sunday: date) -> None:
    assert easter(year) == sunday


def test_easter_is_a_sunday_between_its_bounds_in_every_year() -> None:
    for year in range(1583, 4000):
        assert easter(year).weekday() == 6
        assert date(year, 3, 22) <= easter(year) <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 1, 1), "nieuwjaar"),
        (date(2027, 3, 29), "paasmaandag"),
        (date(2027, 5, 6), "Hemelvaart"),
        (date(2027, 5, 17), "pinkstermaandag"),
        (date(2027, 7, 11), "feestdag van de Vlaamse Gemeenschap"),
        (date(2027, 11, 11), "Wapenstilstand"),
        (date(2027, 6, 10), ""),
        (date(2027, 3, 30), ""),
    ],
)
def test_holiday_is_named(day: date, name: str) -> None:
    with translation.override("nl"):
        assert holiday_name(day) == name


def test_year_has_its_holidays_each_once() -> None:
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]

    names = [name for day in days if (name := holiday_name(day))]

    assert len(names) == len(set(names)) == 15


def test_legal_holidays_are_those_that_others_know() -> None:
    for year in range(1980, 2101):
        # They count two Sundays as well.
        known = {day for day in holidays.country_holidays("BE", years=year) if day.weekday() < 6}
        days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]

        ours = {day for day in days if day.year == year and is_legal_holiday(day)}

        assert {day for day in ours if day.weekday() < 6} == known
        assert all(map(holiday_name, ours))
