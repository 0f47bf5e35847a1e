from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import assume, example, given
from hypothesis import strategies as st

from moments.edges import Closing, Edge, NoSuchClosing
from moments.local import NoSuchMoment

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
APIA = ZoneInfo("Pacific/Apia")
CAIRO = ZoneInfo("Africa/Cairo")
HAVANA = ZoneInfo("America/Havana")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NBSP = "\u00a0"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def real_session() -> Closing:
    """The registration of 10 June 2021: "vóór dinsdag 8 juni 2021"."""
    return Closing.from_local(Edge.BEFORE_DATE, date(2021, 6, 8), None, BRUSSELS)


# The exclusive instant ---------------------------------------------------------------------------


def test_closing_of_the_real_session_is_at_the_end_of_monday_in_brussels() -> None:
    assert real_session().closes_at == utc(2021, 6, 7, 22)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2021-06-07T23:59:59.999+02:00", True),
        ("2021-06-07T23:59:59.999999+02:00", True),
        ("2021-06-08T00:00:00+02:00", False),
        ("2021-06-07T22:00:00+00:00", False),
        ("2021-06-08T00:30:00+02:00", False),
        ("2021-06-08T12:00:00+02:00", False),
    ],
)
def test_closing_is_open_until_the_exclusive_instant(now: str, is_open: bool) -> None:
    assert real_session().is_open(datetime.fromisoformat(now)) is is_open


def test_closing_is_not_compared_with_a_moment_without_zone() -> None:
    with pytest.raises(TypeError):
        real_session().is_open(datetime(2021, 6, 7, 12))


@pytest.mark.parametrize(
    ("edge", "day", "at", "zone", "closes_at"),
    [
        (Edge.THROUGH_DATE, date(2021, 6, 7), None, BRUSSELS, utc(2021, 6, 7, 22)),
        (Edge.ON_DATE, date(2021, 10, 14), None, BRUSSELS, utc(2021, 10, 14, 22)),
        (Edge.BEFORE_TIME, date(2023, 6, 20), time(12), BRUSSELS, utc(2023, 6, 20, 10)),
        (Edge.AT_TIME, date(2019, 12, 13), None, BRUSSELS, utc(2019, 12, 13, 23)),
        (Edge.AT_TIME, date(2019, 12, 13), time(12), BRUSSELS, utc(2019, 12, 13, 11)),
        (Edge.THROUGH_DATE, date(2024, 2, 28), None, BRUSSELS, utc(2024, 2, 28, 23)),
        (Edge.THROUGH_DATE, date(2024, 2, 29), None, BRUSSELS, utc(2024, 2, 29, 23)),
        (Edge.BEFORE_DATE, date(2024, 3, 1), None, BRUSSELS, utc(2024, 2, 29, 23)),
        (Edge.ON_DATE, date(2021, 12, 31), None, BRUSSELS, utc(2021, 12, 31, 23)),
        (Edge.BEFORE_DATE, date(2022, 1, 1), None, BRUSSELS, utc(2021, 12, 31, 23)),
        # The days on which the clock changes have 23 and 25 hours.
        (Edge.ON_DATE, date(2021, 3, 28), None, BRUSSELS, utc(2021, 3, 28, 22)),
        (Edge.ON_DATE, date(2021, 10, 31), None, BRUSSELS, utc(2021, 10, 31, 23)),
        (Edge.THROUGH_DATE, date(2021, 6, 7), None, NEW_YORK, utc(2021, 6, 8, 4)),
        (Edge.THROUGH_DATE, date(2021, 10, 3), None, LORD_HOWE, utc(2021, 10, 3, 13)),
        # The next day does not exist, or its midnight doesn't.
        (Edge.THROUGH_DATE, date(2011, 12, 29), None, APIA, utc(2011, 12, 30, 10)),
        (Edge.AT_TIME, date(2024, 4, 25), None, CAIRO, utc(2024, 4, 25, 22)),
        # The hour before midnight comes twice: both are in time.
        (Edge.THROUGH_DATE, date(2018, 2, 17), None, SAO_PAULO, utc(2018, 2, 18, 3)),
    ],
)
def test_closing_instant_follows_the_edge(
    edge: Edge, day: date, at: time | None, zone: ZoneInfo, closes_at: datetime
) -> None:
    assert Closing.from_local(edge, day, at, zone).closes_at == closes_at


def test_closing_before_a_day_equals_closing_through_the_day_before() -> None:
    through = Closing.from_local(Edge.THROUGH_DATE, date(2021, 6, 7), None, BRUSSELS)

    assert through.closes_at == real_session().closes_at


def test_closing_keeps_its_instant_in_utc() -> None:
    summer = timezone(timedelta(hours=2))
    stored = Closing(Edge.BEFORE_DATE, datetime(2021, 6, 8, tzinfo=summer), BRUSSELS)

    assert stored.closes_at.tzinfo is UTC
    assert stored == real_session()


def test_closing_refuses_an_instant_without_zone() -> None:
    with pytest.raises(ValueError, match="closes_at"):
        Closing(Edge.BEFORE_DATE, datetime(2021, 6, 8), BRUSSELS)


# What does not go together -----------------------------------------------------------------------


@pytest.mark.parametrize("edge", [Edge.BEFORE_DATE, Edge.THROUGH_DATE, Edge.ON_DATE])
@pytest.mark.parametrize("at", [time(0), time(12)])
def test_day_edge_refuses_an_hour(edge: Edge, at: time | None) -> None:
    with pytest.raises(NoSuchClosing):
        Closing.from_local(edge, date(2021, 6, 8), at, BRUSSELS)


def test_edge_before_an_hour_needs_the_hour() -> None:
    with translation.override("nl"), pytest.raises(NoSuchClosing) as refusal:
        Closing.from_local(Edge.BEFORE_TIME, date(2021, 6, 8), None, BRUSSELS)

    assert str(refusal.value) == "Vul het uur in, bijvoorbeeld 12u00."


def test_closing_at_the_first_instant_of_a_day_is_asked_as_24_hours_of_the_day_before() -> None:
    with translation.override("nl"), pytest.raises(NoSuchClosing) as refusal:
        Closing.from_local(Edge.AT_TIME, date(2019, 12, 14), time(0), BRUSSELS)

    assert str(refusal.value) == "De dag begint dan pas. Schrijf 24u00 van de dag ervoor."


def test_closing_at_the_first_instant_of_a_day_without_midnight_is_refused_too() -> None:
    with pytest.raises(NoSuchClosing):
        Closing.from_local(Edge.AT_TIME, date(2024, 4, 26), time(1), CAIRO)


@pytest.mark.parametrize(("edge", "at"), [(Edge.BEFORE_TIME, time(12)), (Edge.AT_TIME, None)])
def test_an_hour_is_not_both_given_and_still_to_be_confirmed(edge: Edge, at: time | None) -> None:
    with pytest.raises(NoSuchClosing):
        Closing.from_local(edge, date(2021, 6, 8), at, BRUSSELS, hour_is_stated=False)


@pytest.mark.parametrize("day", [date.min, date.max, date(202, 6, 8), date(2201, 6, 8)])
@pytest.mark.parametrize("zone", [BRUSSELS, NEW_YORK, APIA])
def test_closing_refuses_a_year_that_cannot_be_right(day: date, zone: ZoneInfo) -> None:
    with pytest.raises(NoSuchClosing):
        Closing.from_local(Edge.THROUGH_DATE, day, None, zone)


@pytest.mark.parametrize("edge", [Edge.BEFORE_TIME, Edge.AT_TIME])
@pytest.mark.parametrize(
    ("day", "at", "zone"),
    [
        (date(2021, 3, 28), time(2, 30), BRUSSELS),
        (date(2021, 10, 31), time(2, 30), BRUSSELS),
        (date(2021, 10, 3), time(2, 15), LORD_HOWE),
        (date(2011, 12, 30), time(12), APIA),
    ],
)
def test_closing_refuses_an_hour_the_clock_skips_or_repeats(
    edge: Edge, day: date, at: time | None, zone: ZoneInfo
) -> None:
    with pytest.raises(NoSuchMoment):
        Closing.from_local(edge, day, at, zone)


@pytest.mark.parametrize("edge", [Edge.BEFORE_DATE, Edge.THROUGH_DATE, Edge.ON_DATE, Edge.AT_TIME])
def test_closing_refuses_a_day_the_zone_never_had(edge: Edge) -> None:
    with translation.override("nl"), pytest.raises(NoSuchMoment) as refusal:
        Closing.from_local(edge, date(2011, 12, 30), None, APIA)

    assert str(refusal.value) == (
        "Er is daar geen vrijdag 30 december 2011 (tijd in Apia). Kies een andere dag."
    )


# Back to what the organiser entered --------------------------------------------------------------


@given(
    edge=st.sampled_from(Edge),
    day=st.dates(date(1990, 1, 1), date(2090, 12, 31)),
    at=st.none() | st.times() | st.builds(time, st.integers(0, 3), st.sampled_from([0, 15, 30])),
    zone=st.sampled_from([BRUSSELS, NEW_YORK, LORD_HOWE, APIA, CAIRO, HAVANA, SAO_PAULO]),
)
@example(Edge.BEFORE_DATE, date(2024, 4, 26), None, CAIRO)
@example(Edge.THROUGH_DATE, date(2024, 4, 25), None, CAIRO)
@example(Edge.BEFORE_TIME, date(2024, 4, 26), time(1), CAIRO)
@example(Edge.AT_TIME, date(2024, 4, 25), None, CAIRO)
@example(Edge.BEFORE_DATE, date(2011, 12, 31), None, APIA)
@example(Edge.ON_DATE, date(2011, 12, 29), None, APIA)
@example(Edge.AT_TIME, date(2011, 12, 29), None, APIA)
@example(Edge.BEFORE_DATE, date(2024, 11, 3), None, HAVANA)
@example(Edge.AT_TIME, date(2018, 2, 17), None, SAO_PAULO)
@example(Edge.BEFORE_TIME, date(2021, 6, 8), time(0), BRUSSELS)
@example(Edge.AT_TIME, date(2021, 10, 31), None, BRUSSELS)
@example(Edge.AT_TIME, date(2021, 6, 8), time(23, 59, 59, 999_999), BRUSSELS)
def test_closing_gives_back_exactly_what_was_entered(
    edge: Edge, day: date, at: time | None, zone: ZoneInfo
) -> None:
    assume(at is None or edge.has_hour)
    try:
        entered = Closing.from_local(edge, day, at, zone)
    except (NoSuchClosing, NoSuchMoment):
        return

    stored = Closing(edge, entered.closes_at, zone)

    assert (stored.local_date, stored.local_time) == (day, at)


@given(
    edge=st.sampled_from([Edge.BEFORE_DATE, Edge.THROUGH_DATE, Edge.ON_DATE, Edge.AT_TIME]),
    day=st.dates(date(1990, 1, 1), date(2090, 12, 31)),
    zone=st.sampled_from([BRUSSELS, NEW_YORK, LORD_HOWE, APIA, CAIRO, HAVANA, SAO_PAULO]),
)
def test_closing_lasts_to_the_end_of_its_last_day(edge: Edge, day: date, zone: ZoneInfo) -> None:
    assume((zone, day) != (APIA, date(2011, 12, 30)))
    closing = Closing.from_local(edge, day, None, zone)

    before = (closing.closes_at - timedelta.resolution).astimezone(zone)

    assert closing.ends_day
    assert before.date() == closing.last_day
    assert before.time() == time.max
    assert closing.closes_at.astimezone(zone).date() > closing.last_day
    assert (closing.last_day < day) is (edge == Edge.BEFORE_DATE)


@pytest.mark.parametrize(
    ("edge", "day", "at", "last_day"),
    [
        (Edge.BEFORE_DATE, date(2021, 6, 8), None, date(2021, 6, 7)),
        (Edge.THROUGH_DATE, date(2021, 6, 7), None, date(2021, 6, 7)),
        (Edge.ON_DATE, date(2021, 10, 14), None, date(2021, 10, 14)),
        (Edge.BEFORE_TIME, date(2023, 6, 20), time(12), date(2023, 6, 20)),
        (Edge.BEFORE_TIME, date(2023, 6, 20), time(0), date(2023, 6, 19)),
        (Edge.AT_TIME, date(2019, 12, 13), None, date(2019, 12, 13)),
        (Edge.AT_TIME, date(2019, 12, 31), None, date(2019, 12, 31)),
        (Edge.BEFORE_DATE, date(2024, 3, 1), None, date(2024, 2, 29)),
    ],
)
def test_last_day_is_the_day_24_hours_belongs_to(
    edge: Edge, day: date, at: time | None, last_day: date
) -> None:
    assert Closing.from_local(edge, day, at, BRUSSELS).last_day == last_day


# In words ----------------------------------------------------------------------------------------


def said(closing: Closing) -> dict[str, list[str]]:
    sentences = {}
    for language in ("nl", "fr", "en"):
        with translation.override(language):
            sentences[language] = [closing.wording(), closing.reading()]
    return sentences


@pytest.mark.parametrize(
    ("edge", "day", "at", "sentences"),
    [
        (
            Edge.BEFORE_DATE,
            date(2021, 6, 8),
            None,
            {
                "nl": [
                    "vóór dinsdag 8 juni 2021",
                    "tot en met maandag 7 juni 2021, 23u59 (Brusselse tijd)",
                ],
                "fr": [
                    "avant le mardi 8 juin 2021",
                    f"jusqu’au lundi 7 juin 2021 inclus, 23{NBSP}h{NBSP}59 (heure de Bruxelles)",
                ],
                "en": [
                    "before Tuesday 8 June 2021",
                    "up to and including Monday 7 June 2021, 23:59 (Brussels time)",
                ],
            },
        ),
        (
            Edge.THROUGH_DATE,
            date(2021, 6, 7),
            None,
            {
                "nl": [
                    "tot en met maandag 7 juni 2021",
                    "tot en met maandag 7 juni 2021, 23u59 (Brusselse tijd)",
                ],
                "fr": [
                    "jusqu’au lundi 7 juin 2021 inclus",
                    f"jusqu’au lundi 7 juin 2021 inclus, 23{NBSP}h{NBSP}59 (heure de Bruxelles)",
                ],
                "en": [
                    "up to and including Monday 7 June 2021",
                    "up to and including Monday 7 June 2021, 23:59 (Brussels time)",
                ],
            },
        ),
        (
            Edge.ON_DATE,
            date(2021, 7, 1),
            None,
            {
                "nl": [
                    "op donderdag 1 juli 2021",
                    "tot en met donderdag 1 juli 2021, 23u59 (Brusselse tijd)",
                ],
                "fr": [
                    "le jeudi 1er juillet 2021",
                    (
                        f"jusqu’au jeudi 1er juillet 2021 inclus, 23{NBSP}h{NBSP}59 "
                        "(heure de Bruxelles)"
                    ),
                ],
                "en": [
                    "on Thursday 1 July 2021",
                    "up to and including Thursday 1 July 2021, 23:59 (Brussels time)",
                ],
            },
        ),
        (
            Edge.BEFORE_TIME,
            date(2023, 6, 20),
            time(12),
            {
                "nl": [
                    "vóór dinsdag 20 juni 2023 om 12u00",
                    "tot dinsdag 20 juni 2023, 12u00 (Brusselse tijd)",
                ],
                "fr": [
                    f"avant le mardi 20 juin 2023 à 12{NBSP}h{NBSP}00",
                    f"jusqu’au mardi 20 juin 2023, 12{NBSP}h{NBSP}00 (heure de Bruxelles)",
                ],
                "en": [
                    "before Tuesday 20 June 2023 at 12:00",
                    "until Tuesday 20 June 2023, 12:00 (Brussels time)",
                ],
            },
        ),
        (
            Edge.AT_TIME,
            date(2019, 12, 13),
            None,
            {
                "nl": [
                    "uiterlijk vrijdag 13 december 2019 om 24u00",
                    "tot en met vrijdag 13 december 2019, 23u59 (Brusselse tijd)",
                ],
                "fr": [
                    f"au plus tard le vendredi 13 décembre 2019 à 24{NBSP}h{NBSP}00",
                    (
                        f"jusqu’au vendredi 13 décembre 2019 inclus, 23{NBSP}h{NBSP}59 "
                        "(heure de Bruxelles)"
                    ),
                ],
                "en": [
                    "by Friday 13 December 2019 at 24:00",
                    "up to and including Friday 13 December 2019, 23:59 (Brussels time)",
                ],
            },
        ),
        (
            # Midnight at the start of a day is said as the end of the day before.
            Edge.BEFORE_TIME,
            date(2022, 1, 1),
            time(0),
            {
                "nl": [
                    "vóór vrijdag 31 december 2021 om 24u00",
                    "tot en met vrijdag 31 december 2021, 23u59 (Brusselse tijd)",
                ],
                "fr": [
                    f"avant le vendredi 31 décembre 2021 à 24{NBSP}h{NBSP}00",
                    (
                        f"jusqu’au vendredi 31 décembre 2021 inclus, 23{NBSP}h{NBSP}59 "
                        "(heure de Bruxelles)"
                    ),
                ],
                "en": [
                    "before Friday 31 December 2021 at 24:00",
                    "up to and including Friday 31 December 2021, 23:59 (Brussels time)",
                ],
            },
        ),
    ],
)
def test_closing_is_said_in_each_language(
    edge: Edge, day: date, at: time | None, sentences: dict[str, list[str]]
) -> None:
    assert said(Closing.from_local(edge, day, at, BRUSSELS)) == sentences


def test_reading_tells_that_the_hour_is_still_to_be_confirmed() -> None:
    closing = Closing.from_local(
        Edge.ON_DATE, date(2021, 10, 14), None, BRUSSELS, hour_is_stated=False
    )

    assert said(closing) == {
        "nl": [
            "op donderdag 14 oktober 2021",
            "tot en met donderdag 14 oktober 2021, uur nog te bevestigen (Brusselse tijd)",
        ],
        "fr": [
            "le jeudi 14 octobre 2021",
            "jusqu’au jeudi 14 octobre 2021 inclus, heure à confirmer (heure de Bruxelles)",
        ],
        "en": [
            "on Thursday 14 October 2021",
            (
                "up to and including Thursday 14 October 2021, time still to be confirmed "
                "(Brussels time)"
            ),
        ],
    }


def test_reading_names_another_zone() -> None:
    closing = Closing.from_local(Edge.BEFORE_TIME, date(2021, 6, 8), time(17), NEW_YORK)

    assert said(closing)["nl"] == [
        "vóór dinsdag 8 juni 2021 om 17u00",
        "tot dinsdag 8 juni 2021, 17u00 (tijd in New York)",
    ]


@given(
    edge=st.sampled_from(Edge),
    closes_at=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from([BRUSSELS, NEW_YORK, APIA, CAIRO]),
)
@example(Edge.AT_TIME, utc(2021, 6, 7, 22), BRUSSELS)
@example(Edge.BEFORE_TIME, utc(2021, 6, 7, 22), BRUSSELS)
def test_no_stored_closing_is_said_as_midnight_of_the_next_day(
    edge: Edge, closes_at: datetime, zone: ZoneInfo
) -> None:
    stored = Closing(edge, closes_at.replace(minute=0, second=0, microsecond=0), zone)

    with translation.override("en"):
        assert "00:00" not in stored.wording()
        assert "00:00" not in stored.reading()


# Edges to choose from ----------------------------------------------------------------------------


def test_edges_are_offered_with_an_example_in_dutch() -> None:
    with translation.override("nl"):
        assert [str(label) for _, label in Edge.choices] == [
            "Vóór een dag (“vóór 8 juni”: open tot en met 7 juni)",
            "Tot en met een dag (“tot en met 7 juni”)",
            "Op een dag (“op 14 oktober”: open tot het einde van die dag)",
            "Vóór een uur (“vóór 20 juni om 12u00”)",
            "Uiterlijk op een uur (“uiterlijk 13 december om 24u00”)",
        ]


def test_closing_cannot_be_changed_but_replaced() -> None:
    closing = real_session()

    with pytest.raises(AttributeError):
        closing.zone = NEW_YORK

    assert replace(closing, edge=Edge.AT_TIME).local_date == date(2021, 6, 7)
