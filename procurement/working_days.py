"""Working days in Belgium: Monday to Friday without the ten public holidays."""

from datetime import date, timedelta

from holidays import country_holidays

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
# Filled in year by year, as years are asked for.
_HOLIDAYS = country_holidays("BE")


def is_working_day(day: date) -> bool:
    """Whether people work on it; a bridge day is one."""
    return day.weekday() < _SATURDAY and day not in _HOLIDAYS


def working_days_before(day: date, number: int) -> date:
    """The latest day that leaves so many working days, itself counted, before `day`.

    One working day before a Monday is the Friday. Raises ValueError for a number below 1.
    """
    if number < 1:
        raise ValueError("Fewer than one working day ahead is not ahead.")
    while number:
        day -= _ONE_DAY
        number -= is_working_day(day)
    return day
