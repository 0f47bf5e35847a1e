"""Working days in Belgium: Monday to Friday without the ten public holidays."""

from datetime import date, timedelta

from moments.holidays import is_legal_holiday

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Whether people work on it; a bridge day is one."""
    return day.weekday() < _SATURDAY and not is_legal_holiday(day)


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
