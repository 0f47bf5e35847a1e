from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from moments.local import (
    BRUSSELS,
    NoSuchMoment,
    UnknownZone,
    day_before,
    local_instant,
    read_zone,
    refuse_skipped_day,
    start_of_day,
    validate_zone,
    zone_label,
)

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")
CAIRO = ZoneInfo("Africa/Cairo")
HAVANA = ZoneInfo("America/Havana")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


# Wall-clock time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        (date(2021, 6, 10), time(14), BRUSSELS, utc(2021, 6, 10, 12)),
        (date(2021, 12, 10), time(14), BRUSSELS, utc(2021, 12, 10, 13)),
        (date(2024, 2, 29), time(0), BRUSSELS, utc(2024, 2, 28, 23)),
        (date(2022, 1, 1), time(0, 30), BRUSSELS, utc(2021, 12, 31, 23, 30)),
        (date(2021, 3, 28), time(1, 59, 59), BRUSSELS, utc(2021, 3, 28, 0, 59, 59)),
        (date(2021, 3, 28), time(3), BRUSSELS, utc(2021, 3, 28, 1)),
        (date(2021, 10, 31), time(1, 59, 59), BRUSSELS, utc(2021, 10, 30, 23, 59, 59)),
        (date(2021, 10, 31), time(3), BRUSSELS, utc(2021, 10, 31, 2)),
        (date(2021, 6, 10), time(9), NEW_YORK, utc(2021, 6, 10, 13)),
        (date(2021, 10, 3), time(2, 30), LORD_HOWE, utc(2021, 10, 2, 15, 30)),
    ],
)
def test_local_instant_follows_the_offset_of_that_very_moment(
    day: date, at: time, zone: ZoneInfo, instant: datetime
) -> None:
    assert local_instant(day, at, zone) == instant


def test_local_instant_is_in_utc() -> None:
    assert local_instant(date(2021, 6, 10), time(14), BRUSSELS).tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "at", "zone"),
    [
        (date(2021, 3, 28), time(2), BRUSSELS),
        (date(2021, 3, 28), time(2, 59, 59, 999_999), BRUSSELS),
        (date(2021, 3, 14), time(2, 30), NEW_YORK),
        (date(2021, 10, 3), time(2, 29), LORD_HOWE),
        (date(2024, 4, 26), time(0), CAIRO),
        (date(2011, 12, 30), time(12), APIA),
    ],
)
def test_local_instant_refuses_what_the_clock_skips(day: date, at: time, zone: ZoneInfo) -> None:
    with pytest.raises(NoSuchMoment, match="forward"), translation.override("en"):
        local_instant(day, at, zone)


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize(
    ("day", "at", "zone"),
    [
        (date(2021, 10, 31), time(2), BRUSSELS),
        (date(2021, 10, 31), time(2, 59, 59), BRUSSELS),
        (date(2021, 11, 7), time(1, 30), NEW_YORK),
        (date(2021, 4, 4), time(1, 30), LORD_HOWE),
        (date(2021, 4, 4), time(1, 59), LORD_HOWE),
        (date(2024, 11, 3), time(0), HAVANA),
    ],
)
def test_local_instant_refuses_what_the_clock_shows_twice(
    day: date, at: time, zone: ZoneInfo, fold: int
) -> None:
    with pytest.raises(NoSuchMoment, match="back"), translation.override("en"):
        local_instant(day, at.replace(fold=fold), zone)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "nl",
            (
                "Op zondag 28 maart 2021 gaat de klok vooruit: 2u30 bestaat dan niet "
                "(Brusselse tijd). Kies een ander uur."
            ),
        ),
        (
            "en",
            (
                "On Sunday 28 March 2021 the clock goes forward: 02:30 does not exist then "
                "(Brussels time). Choose another time."
            ),
        ),
    ],
)
def test_refusal_of_a_skipped_time_is_a_sentence_in_the_active_language(
    language: str, sentence: str
) -> None:
    with translation.override(language), pytest.raises(NoSuchMoment) as refusal:
        local_instant(date(2021, 3, 28), time(2, 30), BRUSSELS)

    assert str(refusal.value) == sentence


def test_refusal_of_a_repeated_time_is_a_sentence_in_the_active_language() -> None:
    with translation.override("nl"), pytest.raises(NoSuchMoment) as refusal:
        local_instant(date(2021, 10, 31), time(2, 30), BRUSSELS)

    assert str(refusal.value) == (
        "Op zondag 31 oktober 2021 gaat de klok terug: 2u30 komt dan twee keer voor "
        "(Brusselse tijd). Kies een ander uur."
    )


# The start of a day ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2021, 6, 8), BRUSSELS, utc(2021, 6, 7, 22)),
        (date(2021, 3, 28), BRUSSELS, utc(2021, 3, 27, 23)),
        (date(2021, 3, 29), BRUSSELS, utc(2021, 3, 28, 22)),
        (date(2021, 11, 1), BRUSSELS, utc(2021, 10, 31, 23)),
        (date(2024, 2, 29), NEW_YORK, utc(2024, 2, 29, 5)),
        # Midnight is skipped: 0:00 becomes 1:00.
        (date(2024, 4, 26), CAIRO, utc(2024, 4, 25, 22)),
        # Midnight comes twice: 1:00 becomes 0:00 of the same day.
        (date(2024, 11, 3), HAVANA, utc(2024, 11, 3, 4)),
        # The hour before midnight comes twice: 0:00 becomes 23:00 of the day before.
        (date(2018, 2, 18), SAO_PAULO, utc(2018, 2, 18, 3)),
        # The whole of 30 December is skipped.
        (date(2011, 12, 30), APIA, utc(2011, 12, 30, 10)),
        (date(2011, 12, 31), APIA, utc(2011, 12, 30, 10)),
    ],
)
def test_start_of_day_is_its_first_instant(day: date, zone: ZoneInfo, instant: datetime) -> None:
    assert start_of_day(day, zone) == instant


zones = st.sampled_from(
    [BRUSSELS, NEW_YORK, LORD_HOWE, APIA, CAIRO, HAVANA, SAO_PAULO, ZoneInfo("UTC")]
)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(days, zones)
def test_start_of_day_lies_between_two_days(day: date, zone: ZoneInfo) -> None:
    start = start_of_day(day, zone)

    assert start.astimezone(zone).date() >= day
    assert (start - timedelta.resolution).astimezone(zone).date() < day


@given(days, st.times(), zones)
def test_local_instant_shows_what_was_asked_or_is_refused(
    day: date, at: time, zone: ZoneInfo
) -> None:
    try:
        instant = local_instant(day, at, zone)
    except NoSuchMoment:
        return

    assert instant.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, at)


def test_refuse_skipped_day_refuses_only_that_day() -> None:
    refuse_skipped_day(date(2011, 12, 29), APIA)
    refuse_skipped_day(date(2011, 12, 31), APIA)
    refuse_skipped_day(date(2011, 12, 30), BRUSSELS)

    with pytest.raises(NoSuchMoment):
        refuse_skipped_day(date(2011, 12, 30), APIA)


# The day before ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "zone", "days", "at", "expected"),
    [
        # The session of the programme: Thursday 10 June, 14u00; link on Wednesday.
        (utc(2021, 6, 10, 12), BRUSSELS, 1, time(9), utc(2021, 6, 9, 7)),
        # The clock goes forward in the night between: 23 hours before, still 9:00.
        (utc(2021, 3, 28, 7), BRUSSELS, 1, time(9), utc(2021, 3, 27, 8)),
        # The clock goes back in the night between: 25 hours before, still 9:00.
        (utc(2021, 10, 31, 8), BRUSSELS, 1, time(9), utc(2021, 10, 30, 7)),
        # Just after local midnight, which is still the day before in UTC.
        (utc(2021, 6, 9, 22, 30), BRUSSELS, 1, time(9), utc(2021, 6, 9, 7)),
        (utc(2024, 3, 1, 9), BRUSSELS, 1, time(9), utc(2024, 2, 29, 8)),
        (utc(2022, 1, 1, 9), BRUSSELS, 1, time(9), utc(2021, 12, 31, 8)),
        (utc(2021, 6, 10, 12), BRUSSELS, 7, time(9), utc(2021, 6, 3, 7)),
        (utc(2021, 6, 10, 12), BRUSSELS, 0, time(9), utc(2021, 6, 10, 7)),
        # 9:00 there is the evening before in UTC.
        (utc(2021, 6, 10, 0), LORD_HOWE, 1, time(9), utc(2021, 6, 8, 22, 30)),
    ],
)
def test_day_before_is_a_calendar_day(
    instant: datetime, zone: ZoneInfo, days: int, at: time, expected: datetime
) -> None:
    assert day_before(instant, zone, days=days, at=at) == expected


@pytest.mark.parametrize(
    ("instant", "zone", "at", "expected"),
    [
        (utc(2021, 3, 29, 8), BRUSSELS, time(2, 30), utc(2021, 3, 28, 1)),
        (utc(2021, 3, 29, 8), BRUSSELS, time(2, 0), utc(2021, 3, 28, 1)),
        (utc(2021, 3, 29, 8), BRUSSELS, time(2, 59, 59, 999_999), utc(2021, 3, 28, 1)),
        (utc(2021, 10, 4, 0), LORD_HOWE, time(2, 10), utc(2021, 10, 2, 15, 30)),
        (utc(2011, 12, 31, 0), APIA, time(9), utc(2011, 12, 30, 10)),
    ],
)
def test_day_before_at_a_skipped_time_is_when_the_gap_ends(
    instant: datetime, zone: ZoneInfo, at: time, expected: datetime
) -> None:
    assert day_before(instant, zone, at=at) == expected


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize(
    ("instant", "zone", "at", "expected"),
    [
        (utc(2021, 11, 1, 8), BRUSSELS, time(2, 30), utc(2021, 10, 31, 0, 30)),
        (utc(2021, 11, 8, 15), NEW_YORK, time(1, 30), utc(2021, 11, 7, 5, 30)),
        (utc(2021, 4, 5, 0), LORD_HOWE, time(1, 45), utc(2021, 4, 3, 14, 45)),
    ],
)
def test_day_before_at_a_repeated_time_is_the_first(
    instant: datetime, zone: ZoneInfo, at: time, expected: datetime, fold: int
) -> None:
    assert day_before(instant, zone, at=at.replace(fold=fold)) == expected


# Zones -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "nl", "fr", "en"),
    [
        ("Europe/Brussels", "Brusselse tijd", "heure de Bruxelles", "Brussels time"),
        ("America/New_York", "tijd in New York", "heure de New York", "New York time"),
        ("Europe/Athens", "tijd in Athens", "heure d’Athens", "Athens time"),
        (
            "America/Argentina/Buenos_Aires",
            "tijd in Buenos Aires",
            "heure de Buenos Aires",
            "Buenos Aires time",
        ),
        ("UTC", "UTC", "UTC", "UTC"),
        ("Etc/UTC", "UTC", "UTC", "UTC"),
        ("Etc/GMT+5", "UTC-05:00", "UTC-05:00", "UTC-05:00"),
        ("CET", "CET", "CET", "CET"),
    ],
)
def test_zone_label_names_the_city_in_each_language(key: str, nl: str, fr: str, en: str) -> None:
    labels = []
    for language in ("nl", "fr", "en"):
        with translation.override(language):
            labels.append(zone_label(ZoneInfo(key)))

    assert labels == [nl, fr, en]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "Europe",
        "Europe/Brussel",
        "europe/brussels",
        " Europe/Brussels",
        "Europe/Brussels/",
        "../Europe/Brussels",
        "posix/Europe/Brussels",
        "right/Europe/Brussels",
        "localtime",
        "Factory",
        "CEST",
        "+02:00",
        "Europe/Brussels\0",
        "x" * 5_000,
    ],
)
def test_read_zone_refuses_what_is_no_zone(key: str) -> None:
    with translation.override("nl"), pytest.raises(UnknownZone, match="bestaat niet"):
        read_zone(key)


def test_read_zone_gives_the_zone() -> None:
    assert read_zone("Europe/Brussels") is BRUSSELS


def test_validate_zone_passes_a_zone() -> None:
    validate_zone("America/New_York")


def test_validate_zone_refuses_with_the_sentence() -> None:
    with translation.override("nl"), pytest.raises(ValidationError) as refusal:
        validate_zone("Brussel")

    assert refusal.value.messages == [
        "De tijdzone “Brussel” bestaat niet. Kies er een zoals Europe/Brussels."
    ]
