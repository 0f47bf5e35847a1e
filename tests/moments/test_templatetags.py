from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation

from moments.edges import Closing, Edge

BRUSSELS = ZoneInfo("Europe/Brussels")
STARTS_AT = datetime(2021, 6, 9, 22, 5, tzinfo=UTC)
ENDS_AT = datetime(2021, 6, 10, 14, 30, tzinfo=UTC)


def render(source: str, language: str = "nl", **values: object) -> str:
    with translation.override(language):
        return Template("{% load moments %}" + source).render(Context(values))


@pytest.mark.parametrize("zone", [BRUSSELS, "Europe/Brussels"])
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ starts_at|clock:zone }}", "0u05"),
        ("{{ starts_at|weekday_date:zone }}", "donderdag 10 juni 2021"),
        ("{{ starts_at|short_date:zone }}", "10 juni 2021"),
        ("{{ starts_at|weekday_name:zone }}", "donderdag"),
        ("{{ starts_at|month_name:zone }}", "juni"),
        ("{{ starts_at|month_abbreviation:zone }}", "jun"),
        ("{{ starts_at|moment:zone }}", "donderdag 10 juni 2021 om 0u05"),
        ("{{ starts_at|iso:zone }}", "2021-06-10T00:05:00+02:00"),
        ("{% with day=starts_at|local_date:zone %}{{ day.day }}{% endwith %}", "10"),
        ("{% time_range starts_at ends_at zone %}", "0u05\u00a0–\u00a016u30"),
        ("{% clock_sample %}", "5u44"),
        ("{% period starts_at ends_at zone %}", "donderdag 10 juni 2021, 0u05\u00a0–\u00a016u30"),
        ("{{ zone|zone_label }}", "Brusselse tijd"),
        ("{% days_left ends_at starts_at zone %}", "vandaag"),
    ],
)
def test_filters_say_an_instant_in_its_zone(source: str, text: str, zone: ZoneInfo | str) -> None:
    assert render(source, starts_at=STARTS_AT, ends_at=ENDS_AT, zone=zone) == text


def test_filters_say_the_zone_that_is_asked_for_not_that_of_the_site() -> None:
    text = render("{{ at|moment:'America/New_York' }}", at=STARTS_AT)

    assert text == "woensdag 9 juni 2021 om 18u05"


def test_line_of_a_period_over_midnight_ends_after_its_dash() -> None:
    values = {"starts_at": ENDS_AT, "ends_at": ENDS_AT + timedelta(hours=10), "zone": BRUSSELS}

    text = render("{% period starts_at ends_at zone %}", **values)

    first, second = "donderdag 10 juni 2021, 16u30", "vrijdag 11 juni 2021, 2u30"
    assert text == f"{first}\u00a0– {second}"


def test_filters_follow_the_active_language() -> None:
    source = "{% period starts_at ends_at zone %}"
    values = {"starts_at": STARTS_AT, "ends_at": ENDS_AT, "zone": BRUSSELS}

    assert render(source, "en", **values) == "Thursday 10 June 2021, 00:05\u00a0–\u00a016:30"
    assert render(source, "fr", **values) == (
        "jeudi 10 juin 2021, 0\u00a0h\u00a005\u00a0–\u00a016\u00a0h\u00a030"
    )


@pytest.mark.parametrize("missing", [{}, {"at": None}, {"at": ""}])
@pytest.mark.parametrize(
    "source",
    [
        "{{ at|clock:zone }}",
        "{{ at|weekday_date:zone }}",
        "{{ at|weekday_date }}",
        "{{ at|moment:zone }}",
        "{{ at|iso:zone }}",
        "{{ at|local_date:zone }}",
        "{{ at|duration }}",
        "{{ at|duration_until:now }}",
        "{{ at|days_left:now }}",
        "{{ at|zone_label }}",
    ],
)
def test_filters_leave_out_what_is_not_there(source: str, missing: dict[str, object]) -> None:
    assert render(source, now=STARTS_AT, zone=BRUSSELS, **missing) == ""


def test_duration_until_an_end_that_is_not_known_is_left_out() -> None:
    assert render("{{ now|duration_until:at }}", now=STARTS_AT, at=None) == ""


def test_day_filter_takes_a_day_without_zone() -> None:
    assert render("{{ day|weekday_date }}", day=date(2021, 6, 10)) == "donderdag 10 juni 2021"


def test_day_filter_refuses_an_instant_without_zone() -> None:
    with pytest.raises(TypeError):
        render("{{ at|weekday_date }}", at=STARTS_AT)


def test_iso_gives_the_offset_of_that_moment() -> None:
    winter = datetime(2021, 12, 31, 23, 0, 0, 999, tzinfo=UTC)

    assert render("{{ at|iso:zone }}", at=winter, zone=BRUSSELS) == "2022-01-01T00:00:00+01:00"


def test_duration_until_counts_real_time_over_a_clock_change() -> None:
    starts_at = datetime(2021, 3, 28, 1, 30, tzinfo=BRUSSELS)
    ends_at = datetime(2021, 3, 28, 3, 30, tzinfo=BRUSSELS)

    assert render("{{ a|duration_until:b }}", a=starts_at, b=ends_at) == "1 u"


def test_duration_filter_says_no_time_at_all() -> None:
    assert render("{{ length|duration }}", length=timedelta(0)) == "0 min"


def test_days_left_of_a_closing_is_counted_in_its_own_zone() -> None:
    now = datetime(2021, 6, 7, 2, tzinfo=UTC)
    closes_at = datetime(2021, 6, 7, 22, tzinfo=UTC)
    brussels = Closing(Edge.BEFORE_DATE, closes_at, BRUSSELS)
    new_york = Closing(Edge.BEFORE_TIME, closes_at, ZoneInfo("America/New_York"))

    assert render("{{ closing|days_left:now }}", closing=brussels, now=now) == "vandaag"
    assert render("{{ closing|days_left:now }}", closing=new_york, now=now) == "morgen"
    assert render("{{ closing|days_left:now }}", closing=closes_at, now=now) == "vandaag"
