from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import html5lib
import pytest
from django import forms
from django.contrib.admin.helpers import Fieldset
from django.template.loader import render_to_string
from django.utils import translation

from moments.edges import Closing, Edge
from moments.forms import ClockField, ClosingField

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
CAIRO = ZoneInfo("Africa/Cairo")
UNCONFIRMED = "unconfirmed"


class DeadlineForm(forms.Form):
    closes = ClosingField(required=False)


class SessionForm(forms.Form):
    zone = forms.CharField()
    closes = ClosingField()

    def clean_zone(self) -> str:
        self.fields["closes"].zone = ZoneInfo(self.cleaned_data["zone"])
        return self.cleaned_data["zone"]


@pytest.fixture(autouse=True)
def dutch() -> Iterator[None]:
    with translation.override("nl"):
        yield


def entered(
    edge: str = "", day: str = "", at: str = "", certainty: str | None = None
) -> dict[str, str]:
    data = {"closes_0": edge, "closes_1": day, "closes_2": at}
    return data if certainty is None else {**data, "closes_3": certainty}


def parse(markup: str) -> Element:
    return html5lib.parseFragment(markup, namespaceHTMLElements=False)


@pytest.mark.parametrize(
    ("data", "closing"),
    [
        (
            entered("before_date", "2021-06-08"),
            Closing.from_local(Edge.BEFORE_DATE, date(2021, 6, 8), None, BRUSSELS),
        ),
        (
            entered("through_date", "2024-02-29", "  "),
            Closing.from_local(Edge.THROUGH_DATE, date(2024, 2, 29), None, BRUSSELS),
        ),
        (
            entered("on_date", "2021-10-14", certainty=UNCONFIRMED),
            Closing.from_local(
                Edge.ON_DATE, date(2021, 10, 14), None, BRUSSELS, hour_is_stated=False
            ),
        ),
        (
            entered("before_datetime", "2023-06-20", "12u00", ""),
            Closing.from_local(Edge.BEFORE_TIME, date(2023, 6, 20), time(12), BRUSSELS),
        ),
        (
            entered("at_datetime", "2019-12-13", "24:00"),
            Closing.from_local(Edge.AT_TIME, date(2019, 12, 13), None, BRUSSELS),
        ),
        (
            entered("before_datetime", "2019-12-31", "24:00"),
            Closing.from_local(Edge.BEFORE_TIME, date(2020, 1, 1), time(0), BRUSSELS),
        ),
        (
            entered("before_datetime", "2020-01-01", "0:00"),
            Closing.from_local(Edge.BEFORE_TIME, date(2020, 1, 1), time(0), BRUSSELS),
        ),
    ],
)
def test_form_gives_the_closing_that_was_entered(data: dict[str, str], closing: Closing) -> None:
    form = DeadlineForm(data)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["closes"] == closing


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("12:00", time(12)),
        ("12u00", time(12)),
        ("12U00", time(12)),
        (" 12.00 uur ", time(12)),
        ("12 uur", time(12)),
        ("12u", time(12)),
        ("12", time(12)),
        ("9:05", time(9, 5)),
        ("09u05", time(9, 5)),
        ("14 h 05", time(14, 5)),
        ("14\u00a0h\u00a005", time(14, 5)),
        ("23:59", time(23, 59)),
        ("24:00", None),
        ("24u00", None),
        ("24.00 uur", None),
        ("24 h 00", None),
    ],
)
def test_time_is_understood_as_people_write_it(typed: str, at: time | None) -> None:
    form = DeadlineForm(entered("at_datetime", "2019-12-13", typed))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["closes"].local_time == at


@pytest.mark.parametrize(
    "typed",
    [
        "24:01",
        "24:30",
        "25:00",
        "12:60",
        "12:5",
        "1200",
        "-1:00",
        "12:00:00",
        "12:00 pm",
        "noen",
        ":30",
        "u",
        "12:00 2021",
        "१२:००",
        "12:00\n13:00",
    ],
)
def test_time_that_cannot_be_understood_is_refused(typed: str) -> None:
    form = DeadlineForm(entered("at_datetime", "2019-12-13", typed))

    assert form.errors == {
        "closes": ["Schrijf het uur als 12u00, of als 24u00 voor het einde van de dag."]
    }


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (entered("", "2021-06-08"), ["Kies hoe het afsluit."]),
        (entered("before_date"), ["Vul de datum in."]),
        (entered("", "", "12u00"), ["Kies hoe het afsluit.", "Vul de datum in."]),
        (entered("at_datetime", "2021-06-08"), ["Vul het uur in, bijvoorbeeld 12u00."]),
        (entered("before_datetime", "2021-06-08"), ["Vul het uur in, bijvoorbeeld 12u00."]),
        *(
            (
                entered(edge, "2021-06-08", at),
                ["Laat het uur weg, of kies “vóór een uur” of “uiterlijk op een uur”."],
            )
            for edge in ("before_date", "through_date", "on_date")
            for at in ("12u00", "24u00", "0u00")
        ),
        (
            entered("at_datetime", "2021-06-08", "0u00"),
            ["De dag begint dan pas. Schrijf 24u00 van de dag ervoor."],
        ),
        *(
            (
                entered(edge, "2021-06-08", at, UNCONFIRMED),
                ["Is het uur nog te bevestigen, kies dan een dag zonder uur."],
            )
            for edge in ("before_datetime", "at_datetime")
            for at in ("12u00", "24u00")
        ),
        (
            entered("before_datetime", "2021-03-28", "2u30"),
            [
                (
                    "Op zondag 28 maart 2021 gaat de klok vooruit: 2u30 bestaat dan niet "
                    "(Brusselse tijd). Kies een ander uur."
                )
            ],
        ),
        (entered("through_date", "9999-12-31"), ["Het jaar 9999 kan niet kloppen."]),
        (entered("at_datetime", "9999-12-31", "24:00"), ["Het jaar 9999 kan niet kloppen."]),
        (entered("before_date", "0001-01-01"), ["Het jaar 1 kan niet kloppen."]),
    ],
)
def test_form_says_what_is_missing_or_does_not_fit(
    data: dict[str, str], sentences: list[str]
) -> None:
    assert DeadlineForm(data).errors == {"closes": sentences}


@pytest.mark.parametrize("day", ["08/06/2021", "2021-02-29", "2021-13-01", "morgen"])
def test_date_other_than_the_browser_sends_is_refused(day: str) -> None:
    assert "closes" in DeadlineForm(entered("before_date", day)).errors


def test_edge_that_is_not_offered_is_refused() -> None:
    assert "closes" in DeadlineForm(entered("until_date", "2021-06-08")).errors


@pytest.mark.parametrize("data", [{}, entered(), entered(certainty="")])
def test_nothing_entered_is_no_closing_where_none_is_required(data: dict[str, str]) -> None:
    form = DeadlineForm(data)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["closes"] is None


def test_nothing_entered_is_refused_where_a_closing_is_required() -> None:
    assert "closes" in SessionForm({"zone": "Europe/Brussels", **entered()}).errors


def test_zone_comes_from_the_field_before_and_does_not_stick() -> None:
    data = entered("before_datetime", "2021-06-08", "17u00")

    american = SessionForm({"zone": "America/New_York", **data})
    assert american.is_valid(), american.errors
    assert american.cleaned_data["closes"].closes_at == datetime(2021, 6, 8, 21, tzinfo=UTC)

    plain = DeadlineForm(data)
    assert plain.is_valid(), plain.errors
    assert plain.cleaned_data["closes"].zone == BRUSSELS


def test_end_of_a_day_whose_next_midnight_is_skipped_can_be_entered() -> None:
    field = ClosingField(zone=CAIRO)

    closing = field.clean(["before_datetime", "2024-04-25", "24:00", ""])

    assert closing.closes_at == datetime(2024, 4, 25, 22, tzinfo=UTC)


# Back on the page --------------------------------------------------------------------------------


def every_closing() -> list[Closing]:
    return [
        Closing.from_local(Edge.BEFORE_DATE, date(2021, 6, 8), None, BRUSSELS),
        Closing.from_local(Edge.THROUGH_DATE, date(2021, 6, 7), None, BRUSSELS),
        Closing.from_local(Edge.ON_DATE, date(2021, 10, 14), None, BRUSSELS, hour_is_stated=False),
        Closing.from_local(Edge.BEFORE_TIME, date(2023, 6, 20), time(9, 5), BRUSSELS),
        Closing.from_local(Edge.BEFORE_TIME, date(2023, 6, 20), time(0), BRUSSELS),
        Closing.from_local(Edge.AT_TIME, date(2019, 12, 13), None, BRUSSELS),
        Closing.from_local(Edge.AT_TIME, date(2019, 12, 31), time(23, 30), BRUSSELS),
    ]


def shown(closing: Closing, language: str = "nl") -> dict[str, str]:
    """What the browser would send back unchanged."""
    with translation.override(language):
        page = parse(str(DeadlineForm(initial={"closes": closing})["closes"]))
    values = {box.get("name"): box.get("value") for box in page.iter("input")}
    for select in page.iter("select"):
        chosen = [option for option in select.iter("option") if option.get("selected") is not None]
        values[select.get("name")] = chosen[0].get("value") if chosen else ""
    return {name: value or "" for name, value in values.items()}


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("closing", every_closing())
def test_closing_sent_back_as_it_was_shown_is_the_same(closing: Closing, language: str) -> None:
    data = shown(closing, language)

    with translation.override(language):
        form = DeadlineForm(data, initial={"closes": closing})

        assert form.is_valid(), form.errors
        assert form.cleaned_data["closes"] == closing
        assert not form.has_changed()


def test_closing_is_shown_as_it_is_said() -> None:
    ends_year = Closing.from_local(Edge.AT_TIME, date(2019, 12, 31), None, BRUSSELS)

    assert shown(ends_year) == {
        "closes_0": "at_datetime",
        "closes_1": "2019-12-31",
        "closes_2": "24u00",
        "closes_3": "",
    }


def test_closing_is_shown_in_its_own_zone() -> None:
    closing = Closing.from_local(Edge.BEFORE_TIME, date(2021, 6, 8), time(23, 30), NEW_YORK)

    assert (shown(closing)["closes_1"], shown(closing)["closes_2"]) == ("2021-06-08", "23u30")


@pytest.mark.parametrize(
    "data",
    [
        entered("at_datetime", "2019-12-13", "23u59"),
        entered("at_datetime", "2019-12-14", "24u00"),
        entered("before_datetime", "2019-12-13", "24u00"),
        entered("on_date", "2019-12-13", certainty=UNCONFIRMED),
    ],
)
def test_another_closing_counts_as_a_change(data: dict[str, str]) -> None:
    initial = Closing.from_local(Edge.AT_TIME, date(2019, 12, 13), None, BRUSSELS)

    assert DeadlineForm(data, initial={"closes": initial}).has_changed()


def test_refused_form_shows_again_what_was_typed() -> None:
    page = parse(str(DeadlineForm(entered("at_datetime", "2021-06-08", "<25u00>"))["closes"]))

    values = {box.get("name"): box.get("value") for box in page.iter("input")}
    assert values == {"closes_1": "2021-06-08", "closes_2": "<25u00>"}


def test_disabled_field_keeps_the_closing_it_has() -> None:
    class LockedForm(forms.Form):
        closes = ClosingField(disabled=True)

    for closing in every_closing():
        form = LockedForm(entered("before_date", "2030-01-01"), initial={"closes": closing})

        assert form.is_valid(), form.errors
        assert form.cleaned_data["closes"] == closing


def test_every_box_has_a_label_of_its_own() -> None:
    page = parse(str(SessionForm()["closes"]))

    boxes = [*page.iter("select"), *page.iter("input")]
    assert {box.get("name"): box.get("aria-label") for box in boxes} == {
        "closes_0": "Hoe het afsluit",
        "closes_1": "Datum",
        "closes_2": "Uur, bijvoorbeeld 12u00 of 24u00",
        "closes_3": "Of het uur vaststaat",
    }


def test_field_that_does_not_ask_for_certainty_neither_shows_nor_takes_it() -> None:
    class CertainForm(forms.Form):
        closes = ClosingField(asks_certainty=False)

    closing = Closing.from_local(Edge.ON_DATE, date(2021, 10, 14), None, BRUSSELS)
    data = entered("on_date", "2021-10-14", certainty=UNCONFIRMED)
    form = CertainForm(data, initial={"closes": closing})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["closes"] == closing
    assert not form.has_changed()
    assert [box.get("name") for box in parse(str(form["closes"])).iter("select")] == ["closes_0"]


def test_only_edge_and_date_are_always_required() -> None:
    page = parse(str(SessionForm()["closes"]))

    required = {box.get("name") for box in page.iter() if box.get("required") is not None}
    assert required == {"closes_0", "closes_1"}


def test_date_box_is_the_browsers_and_time_box_takes_24_hours() -> None:
    page = parse(str(SessionForm()["closes"]))

    assert {box.get("name"): box.get("type") for box in page.iter("input")} == {
        "closes_1": "date",
        "closes_2": "text",
    }


def test_field_renders_in_the_fieldset_of_djangos_admin() -> None:
    form = DeadlineForm(entered("at_datetime", "2019-12-13", "25u00"))
    form.full_clean()

    page = parse(
        render_to_string(
            "admin/includes/fieldset.html", {"fieldset": Fieldset(form, fields=("closes",))}
        )
    )

    names = [box.get("name") for box in page.iter() if box.tag in {"input", "select"}]
    assert names == ["closes_0", "closes_1", "closes_2", "closes_3"]
    assert "Schrijf het uur als 12u00" in "".join(page.itertext())


# A time of day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "shown"), [("nl", "9u05"), ("fr", "9\xa0h\xa005"), ("en", "09:05")]
)
def test_time_of_day_is_shown_in_the_language_and_read_back(language: str, shown: str) -> None:
    field = ClockField()

    with translation.override(language):
        box = field.get_bound_field(forms.Form(initial={"at": time(9, 5)}), "at").as_widget()

    assert parse(box).find("input").get("value") == shown
    assert field.clean(shown) == time(9, 5)


@pytest.mark.parametrize("typed", ["24:00", "24u00", "9:60", "-1:00", "straks", "9:5", "25u"])
def test_what_no_clock_shows_is_no_time_of_day(typed: str) -> None:
    with pytest.raises(forms.ValidationError, match="Schrijf het uur als"):
        ClockField().clean(typed)
