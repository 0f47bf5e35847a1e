from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moments.edges import Closing, Edge, NoSuchClosing
from moments.local import BRUSSELS, NoSuchMoment
from procurement.phrases import Ambiguous, Unreadable, read

# The words, the day or year beside them where they lack one, and what they say, written back.
PHRASES = [
    # As they stand on the public pages of real rounds.
    ("is 14 oktober 2021", {}, "on_date", "op donderdag 14 oktober 2021"),
    ("deadline ... is 15 december 2020", {}, "on_date", "op dinsdag 15 december 2020"),
    (
        "uiterlijk om 24.00 uur",
        {"date": date(2019, 6, 14)},
        "at_datetime",
        "uiterlijk vrijdag 14 juni 2019 om 24u00",
    ),
    (
        "uiterlijk 13 december om 24.00 uur",
        {"year": 2019},
        "at_datetime",
        "uiterlijk vrijdag 13 december 2019 om 24u00",
    ),
    ("uiterlijk", {"date": date(2020, 4, 21)}, "on_date", "op dinsdag 21 april 2020"),
    (
        "tot en met",
        {"date": date(2020, 7, 17)},
        "through_date",
        "tot en met vrijdag 17 juli 2020",
    ),
    (
        "ten laatste ... 12:00 uur 's middags",
        {"date": date(2023, 6, 8)},
        "at_datetime",
        "uiterlijk donderdag 8 juni 2023 om 12u00",
    ),
    (
        "ten laatste om 12:00 uur 's middags",
        {"date": date(2023, 6, 20)},
        "at_datetime",
        "uiterlijk dinsdag 20 juni 2023 om 12u00",
    ),
    (
        "voor 1 april 2020 om 12.00 uur",
        {},
        "before_datetime",
        "vóór woensdag 1 april 2020 om 12u00",
    ),
    # The project's own.
    ("vóór dinsdag 8 juni 2021", {}, "before_date", "vóór dinsdag 8 juni 2021"),
    ("tot en met 7 juni", {"year": 2021}, "through_date", "tot en met maandag 7 juni 2021"),
    (
        "vóór 20 juni 2023 om 12:00 uur",
        {},
        "before_datetime",
        "vóór dinsdag 20 juni 2023 om 12u00",
    ),
    # Other ways to write the same.
    ("VOOR 8 JUNI 2021", {}, "before_date", "vóór dinsdag 8 juni 2021"),
    ("voo\u0301r 8 juni 2021", {}, "before_date", "vóór dinsdag 8 juni 2021"),
    ("t.e.m. 7 juni 2021", {}, "through_date", "tot en met maandag 7 juni 2021"),
    ("t/m 7 juni 2021", {}, "through_date", "tot en met maandag 7 juni 2021"),
    ("uiterlijk op 1 dec. 2017", {}, "on_date", "op vrijdag 1 december 2017"),
    ("uiterlijk 14/10/2021", {}, "on_date", "op donderdag 14 oktober 2021"),
    (
        "uiterlijk 14-10-2021 om 17u",
        {},
        "at_datetime",
        "uiterlijk donderdag 14 oktober 2021 om 17u00",
    ),
    (
        "uiterlijk 2021-10-14 17:30",
        {},
        "at_datetime",
        "uiterlijk donderdag 14 oktober 2021 om 17u30",
    ),
    (
        "tot 14 oktober 2021 om 17u05",
        {},
        "at_datetime",
        "uiterlijk donderdag 14 oktober 2021 om 17u05",
    ),
    (
        "tegen vrijdag 20 augustus 2021, 12 uur",
        {},
        "at_datetime",
        "uiterlijk vrijdag 20 augustus 2021 om 12u00",
    ),
    (
        "ten laatste 8 juni 2023 om 5 uur 's namiddags",
        {},
        "at_datetime",
        "uiterlijk donderdag 8 juni 2023 om 17u00",
    ),
    (
        "uiterlijk 8 juni 2023 om 12 uur 's nachts",
        {},
        "at_datetime",
        "uiterlijk donderdag 8 juni 2023 om 24u00",
    ),
    ("vóór 9 juni 2023 om 0.00 uur", {}, "before_datetime", "vóór donderdag 8 juni 2023 om 24u00"),
    ("vóór 8 juni 2023 om 24.00 uur", {}, "before_datetime", "vóór donderdag 8 juni 2023 om 24u00"),
    (
        "Indienen kan tot en met 29 februari 2024.",
        {},
        "through_date",
        "tot en met donderdag 29 februari 2024",
    ),
]


@pytest.mark.parametrize(("phrase", "beside", "edge", "wording"), PHRASES)
def test_phrase_is_read_and_written_back(
    phrase: str, beside: dict[str, object], edge: str, wording: str
) -> None:
    closing = read(phrase, **beside)

    assert (closing.edge, closing.wording()) == (edge, wording)


@pytest.mark.parametrize(
    ("phrase", "closes_at"),
    [
        ("vóór dinsdag 8 juni 2021", datetime(2021, 6, 7, 22, tzinfo=UTC)),
        ("tot en met 7 juni 2021", datetime(2021, 6, 7, 22, tzinfo=UTC)),
        ("uiterlijk 13 december 2019 om 24.00 uur", datetime(2019, 12, 13, 23, tzinfo=UTC)),
        ("voor 1 april 2020 om 12.00 uur", datetime(2020, 4, 1, 10, tzinfo=UTC)),
        ("is 14 oktober 2021", datetime(2021, 10, 14, 22, tzinfo=UTC)),
    ],
)
def test_phrase_stands_for_an_exclusive_instant(phrase: str, closes_at: datetime) -> None:
    assert read(phrase).closes_at == closes_at


@pytest.mark.parametrize(
    ("phrase", "is_stated"),
    [
        ("is 14 oktober 2021", False),
        ("uiterlijk 14 oktober 2021", False),
        ("tot en met 14 oktober 2021", True),
        ("vóór 14 oktober 2021", True),
        ("uiterlijk 14 oktober 2021 om 17 uur", True),
    ],
)
def test_day_that_closes_at_an_hour_nobody_stated_says_so(phrase: str, is_stated: bool) -> None:
    assert read(phrase).hour_is_stated is is_stated


@pytest.mark.parametrize(
    ("phrase", "readings"),
    [
        (
            "tot vrijdag 1 december 2017",
            ["vóór vrijdag 1 december 2017", "tot en met vrijdag 1 december 2017"],
        ),
        (
            "tegen woensdag 14 april 2021",
            ["vóór woensdag 14 april 2021", "tot en met woensdag 14 april 2021"],
        ),
        (
            "uiterlijk 14 december 2027 om 0u00",
            ["uiterlijk maandag 13 december 2027 om 24u00",
             "uiterlijk dinsdag 14 december 2027 om 24u00"],
        ),
        (
            "uiterlijk 14 december 2027 om 5 uur",
            ["uiterlijk dinsdag 14 december 2027 om 5u00",
             "uiterlijk dinsdag 14 december 2027 om 17u00"],
        ),
        ("uiterlijk 14 december 2027 om middernacht", []),
    ],
)  # fmt: skip
def test_phrase_with_two_meanings_is_not_guessed(phrase: str, readings: list[str]) -> None:
    with pytest.raises(Ambiguous) as refusal:
        read(phrase)

    assert [reading.wording() for reading in refusal.value.readings] == readings
    moments = [reading.closes_at for reading in refusal.value.readings]
    assert moments == sorted(set(moments))


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "vóór de zomer",
        "uiterlijk 31 juni 2021",
        "uiterlijk 29 februari 2027",
        "uiterlijk 14 oktober",
        "uiterlijk om 12 uur",
        "14 oktober 2021",
        "vóór maandag 8 juni 2021",
        "uiterlijk 8 juni 2021 om 25 uur",
        "uiterlijk 8 juni 2021 om 12.75 uur",
        # The clocks skip this hour.
        "uiterlijk 28 maart 2027 om 02:30",
        "uiterlijk 8 juni 1021",
        "uiterlijk \x00 8 juno 2021",
    ],
)
def test_phrase_that_says_no_deadline_is_refused_with_a_sentence(phrase: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(phrase)

    assert str(refusal.value)


def test_phrase_that_contradicts_the_day_beside_it_is_refused() -> None:
    with pytest.raises(Unreadable):
        read("uiterlijk 14 oktober 2021", date=date(2021, 10, 15))


def test_phrase_is_read_in_the_zone_it_is_meant_in() -> None:
    closing = read("uiterlijk 14 oktober 2027 om 17u", zone=ZoneInfo("America/New_York"))

    assert closing.closes_at == datetime(2027, 10, 14, 21, tzinfo=UTC)


@given(
    edge=st.sampled_from(Edge),
    day=st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    clock=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
)
@example(edge=Edge.AT_TIME, day=date(2027, 12, 13), clock=time.min)
@example(edge=Edge.BEFORE_TIME, day=date(2027, 3, 28), clock=time.min)
def test_what_we_write_ourselves_reads_back(edge: Edge, day: date, clock: time) -> None:
    try:
        closing = Closing.from_local(edge, day, clock if edge.has_hour else None, BRUSSELS)
    except (NoSuchClosing, NoSuchMoment):
        return

    again = read(closing.wording())

    assert replace(again, hour_is_stated=True) == closing


@given(st.text(max_size=60))
@example("tot 1 december 2017 tot 2 december 2018")
@example("9" * 60)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        closing = read(text, date=date(2027, 5, 10))
    except (Ambiguous, Unreadable):
        return

    assert abs(closing.closes_at.date() - date(2027, 5, 10)) < timedelta(days=2)
