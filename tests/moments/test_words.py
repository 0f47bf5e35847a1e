import locale
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from moments import words

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
LANGUAGES = ("nl", "fr", "en")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def in_each_language(say: Callable[[], str]) -> list[str]:
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append(say())
    return said


@pytest.fixture
def dutch() -> Iterator[None]:
    with translation.override("nl"):
        yield


# Days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (
            date(2021, 6, 10),
            ["donderdag 10 juni 2021", "jeudi 10 juin 2021", "Thursday 10 June 2021"],
        ),
        (
            date(2028, 2, 29),
            ["dinsdag 29 februari 2028", "mardi 29 février 2028", "Tuesday 29 February 2028"],
        ),
        (
            date(2021, 7, 1),
            ["donderdag 1 juli 2021", "jeudi 1er juillet 2021", "Thursday 1 July 2021"],
        ),
        (
            date(2021, 7, 31),
            ["zaterdag 31 juli 2021", "samedi 31 juillet 2021", "Saturday 31 July 2021"],
        ),
        (
            date(2024, 2, 29),
            ["donderdag 29 februari 2024", "jeudi 29 février 2024", "Thursday 29 February 2024"],
        ),
        (
            date(2021, 3, 21),
            ["zondag 21 maart 2021", "dimanche 21 mars 2021", "Sunday 21 March 2021"],
        ),
    ],
)
def test_weekday_date_is_said_in_each_language(day: date, said: list[str]) -> None:
    assert in_each_language(lambda: words.weekday_date(day)) == said


def test_short_date_leaves_the_weekday_out() -> None:
    assert in_each_language(lambda: words.short_date(date(2021, 7, 1))) == [
        "1 juli 2021",
        "1er juillet 2021",
        "1 July 2021",
    ]


@pytest.mark.parametrize(
    "say",
    [
        words.weekday_date,
        words.short_date,
        words.weekday_name,
        words.month_name,
        words.month_abbreviation,
    ],
)
def test_a_day_is_not_taken_from_an_instant_without_its_zone(say: Callable[[date], str]) -> None:
    with pytest.raises(TypeError):
        say(utc(2021, 6, 9, 22))


def test_calendar_leaf_has_names_in_each_language() -> None:
    day = date(2021, 7, 1)

    assert in_each_language(lambda: words.weekday_name(day)) == ["donderdag", "jeudi", "Thursday"]
    assert in_each_language(lambda: words.month_name(day)) == ["juli", "juillet", "July"]
    assert in_each_language(lambda: words.month_abbreviation(day)) == ["jul", "juil.", "Jul"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_month_abbreviations_differ(language: str) -> None:
    with translation.override(language):
        assert len({words.month_abbreviation(date(2021, month, 1)) for month in range(1, 13)}) == 12


def test_words_do_not_follow_the_locale_of_the_process(dutch: None) -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, "C")

        assert words.weekday_date(date(2021, 6, 10)) == "donderdag 10 juni 2021"
    finally:
        locale.setlocale(locale.LC_TIME, before)


# Times -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(14, 5), ["14u05", "14\u00a0h\u00a005", "14:05"]),
        (time(9), ["9u00", "9\u00a0h\u00a000", "09:00"]),
        (time(0), ["0u00", "0\u00a0h\u00a000", "00:00"]),
        (time(23, 59, 59, 999_999), ["23u59", "23\u00a0h\u00a059", "23:59"]),
        (None, ["24u00", "24\u00a0h\u00a000", "24:00"]),
    ],
)
def test_clock_is_said_in_each_language(at: time | None, said: list[str]) -> None:
    assert in_each_language(lambda: words.clock(at)) == said


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "zone", "said"),
    [
        (utc(2021, 6, 10, 12), utc(2021, 6, 10, 14, 30), BRUSSELS, "14u00 – 16u30"),
        (utc(2021, 6, 10, 20), utc(2021, 6, 10, 23), BRUSSELS, "22u00 – 1u00"),
        (utc(2021, 6, 10, 20), utc(2021, 6, 10, 22), BRUSSELS, "22u00 – 24u00"),
        (utc(2021, 6, 9, 22), utc(2021, 6, 10, 7), BRUSSELS, "0u00 – 9u00"),
        (utc(2021, 6, 9, 22), utc(2021, 6, 9, 22), BRUSSELS, "0u00 – 0u00"),
        (utc(2021, 6, 10, 12), utc(2021, 6, 10, 14, 30), NEW_YORK, "8u00 – 10u30"),
        # The clock goes forward in between.
        (utc(2021, 3, 28, 0, 30), utc(2021, 3, 28, 1, 30), BRUSSELS, "1u30 – 3u30"),
    ],
)
def test_time_range_is_in_the_zone(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, said: str, dutch: None
) -> None:
    assert words.time_range(starts_at, ends_at, zone) == said


@pytest.mark.parametrize(
    ("instant", "zone", "said"),
    [
        (
            utc(2021, 6, 9, 7),
            BRUSSELS,
            [
                "woensdag 9 juni 2021 om 9u00",
                "mercredi 9 juin 2021 à 9\u00a0h\u00a000",
                "Wednesday 9 June 2021 at 09:00",
            ],
        ),
        (
            utc(2021, 12, 31, 23, 5),
            BRUSSELS,
            [
                "zaterdag 1 januari 2022 om 0u05",
                "samedi 1er janvier 2022 à 0\u00a0h\u00a005",
                "Saturday 1 January 2022 at 00:05",
            ],
        ),
        (
            utc(2021, 12, 31, 23, 5),
            NEW_YORK,
            [
                "vrijdag 31 december 2021 om 18u05",
                "vendredi 31 décembre 2021 à 18\u00a0h\u00a005",
                "Friday 31 December 2021 at 18:05",
            ],
        ),
    ],
)
def test_moment_has_the_day_and_time_of_its_zone(
    instant: datetime, zone: ZoneInfo, said: list[str]
) -> None:
    assert in_each_language(lambda: words.moment(instant, zone)) == said


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "said"),
    [
        (utc(2021, 6, 10, 12), utc(2021, 6, 10, 14, 30), "donderdag 10 juni 2021, 14u00 – 16u30"),
        (
            utc(2021, 6, 10, 20),
            utc(2021, 6, 10, 23),
            "donderdag 10 juni 2021, 22u00 – vrijdag 11 juni 2021, 1u00",
        ),
        (utc(2021, 6, 10, 20), utc(2021, 6, 10, 22), "donderdag 10 juni 2021, 22u00 – 24u00"),
        (utc(2021, 6, 9, 22), utc(2021, 6, 10, 22), "donderdag 10 juni 2021, 0u00 – 24u00"),
        (
            utc(2021, 6, 10, 7),
            utc(2021, 6, 11, 22),
            "donderdag 10 juni 2021, 9u00 – vrijdag 11 juni 2021, 24u00",
        ),
        (
            utc(2021, 12, 31, 21),
            utc(2022, 1, 1, 0),
            "vrijdag 31 december 2021, 22u00 – zaterdag 1 januari 2022, 1u00",
        ),
        (utc(2021, 6, 9, 22), utc(2021, 6, 9, 22), "donderdag 10 juni 2021, 0u00 – 0u00"),
    ],
)
def test_period_names_both_days_only_where_they_differ(
    starts_at: datetime, ends_at: datetime, said: str, dutch: None
) -> None:
    assert words.period(starts_at, ends_at, BRUSSELS) == said


# Lengths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=45), ["45 min", "45 min", "45 min"]),
        (timedelta(minutes=70), ["1 u 10 min", "1 h 10 min", "1 h 10 min"]),
        (timedelta(hours=2), ["2 u", "2 h", "2 h"]),
        (timedelta(0), ["0 min", "0 min", "0 min"]),
        (timedelta(minutes=59, seconds=59), ["59 min", "59 min", "59 min"]),
        (timedelta(days=1, hours=2), ["26 u", "26 h", "26 h"]),
    ],
)
def test_duration_is_said_in_each_language(length: timedelta, said: list[str]) -> None:
    assert in_each_language(lambda: words.duration(length)) == said


def test_duration_refuses_a_negative_length() -> None:
    with pytest.raises(ValueError, match="negative"):
        words.duration(timedelta(seconds=-1))


# The registration of the programme's session closes before 8 June, 0:00 in Brussels.
CLOSES_AT = utc(2021, 6, 7, 22)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (utc(2021, 5, 15, 10), ["nog 23 dagen", "encore 23 jours", "23 days left"]),
        # The same UTC day, but already the next day in Brussels.
        (utc(2021, 5, 15, 22), ["nog 22 dagen", "encore 22 jours", "22 days left"]),
        (utc(2021, 6, 5, 21, 59), ["nog 2 dagen", "encore 2 jours", "2 days left"]),
        (utc(2021, 6, 5, 22), ["morgen", "demain", "tomorrow"]),
        (utc(2021, 6, 6, 22), ["vandaag", "aujourd’hui", "today"]),
        (utc(2021, 6, 7, 21, 59, 59), ["vandaag", "aujourd’hui", "today"]),
        (CLOSES_AT, ["voorbij", "terminé", "over"]),
        (utc(2022, 1, 1), ["voorbij", "terminé", "over"]),
    ],
)
def test_days_left_counts_local_days_up_to_the_last_open_one(
    now: datetime, said: list[str]
) -> None:
    assert in_each_language(lambda: words.days_left(CLOSES_AT, now, BRUSSELS)) == said


def test_days_left_is_counted_in_the_zone_of_the_closing(dutch: None) -> None:
    now = utc(2021, 6, 7, 2)

    assert words.days_left(CLOSES_AT, now, BRUSSELS) == "vandaag"
    assert words.days_left(CLOSES_AT, now, NEW_YORK) == "morgen"


@pytest.mark.parametrize(
    ("closes_at", "now", "zone", "said"),
    [
        # 23 and 25 hours, one calendar day.
        (utc(2021, 3, 28, 10), utc(2021, 3, 27, 11), BRUSSELS, "morgen"),
        (utc(2021, 10, 31, 11), utc(2021, 10, 30, 10), BRUSSELS, "morgen"),
        # Less than a minute over midnight.
        (utc(2021, 6, 9, 22, 0, 1), utc(2021, 6, 9, 21, 59, 59), BRUSSELS, "morgen"),
        (utc(2024, 3, 1, 11), utc(2024, 2, 28, 11), BRUSSELS, "nog 2 dagen"),
        (utc(2011, 12, 31, 0), utc(2011, 12, 30, 9), APIA, "nog 2 dagen"),
    ],
)
def test_days_left_does_not_count_hours(
    closes_at: datetime, now: datetime, zone: ZoneInfo, said: str, dutch: None
) -> None:
    assert words.days_left(closes_at, now, zone) == said


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_days_left_is_over_only_from_the_closing_on(closes_at: datetime, lead: timedelta) -> None:
    with translation.override("en"):
        assert words.days_left(closes_at, closes_at + lead, BRUSSELS) == "over"
        assert (
            words.days_left(closes_at, closes_at - lead - timedelta.resolution, BRUSSELS) != "over"
        )


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2027-06-08T22:00", "nog 2 dagen"),
        ("2027-06-09T23:59", "morgen"),
        ("2027-06-10T00:00", "over 14 u"),
        ("2027-06-10T11:45", "over 2 u 15 min"),
        ("2027-06-10T13:59", "over 1 min"),
        ("2027-06-10T14:00", "nu"),
        ("2027-06-11T14:00", "nu"),
    ],
)
def test_time_until_is_said_in_hours_on_the_day_itself_and_in_days_before(
    now: str, said: str
) -> None:
    start = datetime(2027, 6, 10, 14, 0, tzinfo=BRUSSELS)

    assert (
        words.time_until(start, datetime.fromisoformat(now).replace(tzinfo=BRUSSELS), BRUSSELS)
        == said
    )


def test_time_until_is_rounded_up_to_the_minute() -> None:
    start = datetime(2027, 6, 10, 14, 0, tzinfo=BRUSSELS)

    assert words.time_until(start, start - timedelta(seconds=1), BRUSSELS) == "over 1 min"
    assert words.time_until(start, start - timedelta(seconds=61), BRUSSELS) == "over 2 min"
