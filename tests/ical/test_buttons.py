from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from ical.buttons import (
    google_address,
    office_address,
    outlook_address,
    ways_to_add,
    ways_to_subscribe,
    webcal_address,
)
from ical.entries import Entry
from tests.ical.build import BRUSSELS, make_entry

PAGE = "https://sessies.example.be/sessions/taal/"
BUTTONS = [google_address, outlook_address, office_address]

Button = Callable[[Entry], str]


def fields_of(address: str) -> dict[str, str]:
    return {
        field: values[0]
        for field, values in parse_qs(urlsplit(address).query, strict_parsing=True).items()
    }


def test_google_gets_utc_times_and_the_zone_to_show_them_in() -> None:
    entry = make_entry(description="Programma", location="Online", url=PAGE)

    address = google_address(entry)

    assert address.startswith("https://calendar.google.com/calendar/render?")
    assert fields_of(address) == {
        "action": "TEMPLATE",
        "text": "Taalmodellen in de dienstverlening",
        "dates": "20261210T130500Z/20261210T153000Z",
        "ctz": "Europe/Brussels",
        "location": "Online",
        "details": f"Programma\n\n{PAGE}",
    }


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("UTC")])
def test_google_gets_no_zone_for_moments_in_utc(zone: Any) -> None:
    entry = make_entry(
        starts_at=datetime(2026, 12, 10, 13, 5, tzinfo=zone),
        ends_at=datetime(2026, 12, 10, 15, 30, tzinfo=zone),
    )

    assert "ctz" not in fields_of(google_address(entry))
    assert fields_of(google_address(entry))["dates"] == "20261210T130500Z/20261210T153000Z"


@pytest.mark.parametrize(
    ("button", "form"),
    [
        (outlook_address, "https://outlook.live.com/calendar/0/deeplink/compose"),
        (office_address, "https://outlook.cloud.microsoft/calendar/deeplink/compose"),
    ],
)
def test_outlook_gets_utc_times_and_html(button: Button, form: str) -> None:
    entry = make_entry(description="Taal & <tekst>\nVragen", location="Gent", url=PAGE)

    address = button(entry)

    assert address.split("?")[0] == form
    assert fields_of(address) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": "Taalmodellen in de dienstverlening",
        "startdt": "2026-12-10T13:05:00Z",
        "enddt": "2026-12-10T15:30:00Z",
        "location": "Gent",
        "body": f"Taal &amp; &lt;tekst&gt;<br>Vragen<br><br>{PAGE}",
    }


def test_all_day_entry_ends_the_day_after_and_leaves_the_time_free() -> None:
    entry = make_entry(starts_at=date(2026, 12, 31), ends_at=date(2026, 12, 31), is_busy=False)

    google, outlook = fields_of(google_address(entry)), fields_of(outlook_address(entry))

    assert (google["dates"], google["crm"], google["trp"]) == (
        "20261231/20270101",
        "AVAILABLE",
        "false",
    )
    assert (outlook["startdt"], outlook["enddt"]) == ("2026-12-31", "2027-01-01")
    assert (outlook["allday"], outlook["freebusy"]) == ("true", "free")


@pytest.mark.parametrize("button", BUTTONS)
def test_times_in_the_night_the_clock_goes_back_are_those_of_the_instants(button: Button) -> None:
    first = make_entry(
        starts_at=datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS),
        ends_at=datetime(2026, 10, 25, 4, 0, tzinfo=BRUSSELS),
    )
    second = make_entry(
        starts_at=datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BRUSSELS), ends_at=first.ends_at
    )

    assert "0030" in button(first).replace(":", "")
    assert "0130" in button(second).replace(":", "")


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("text", ["één & twee + drie", "a=b#c", "100% zeker?", "👩‍💻", "a b"])
def test_text_arrives_as_it_was_with_no_plus_for_a_space(button: Button, text: str) -> None:
    entry = make_entry(summary=text, location=text)

    fields = fields_of(button(entry))

    assert fields.get("text", fields.get("subject")) == text
    assert fields["location"] == text
    assert "+" not in button(entry)


@pytest.mark.parametrize("button", BUTTONS)
def test_long_text_is_cut_between_words_and_keeps_the_page(button: Button) -> None:
    entry = make_entry(description="prioriteit één\n" * 300, url=PAGE)

    address = button(entry)

    assert 1_400 < len(address) <= 1_500
    fields = fields_of(address)
    text = fields.get("details", fields.get("body", "")).replace("<br>", "\n")
    description, page = text.split("\n\n")
    assert page == PAGE
    assert description.endswith(("prioriteit …", "één …"))


@pytest.mark.parametrize("button", BUTTONS)
def test_page_is_told_once_where_the_description_already_holds_it(button: Button) -> None:
    entry = make_entry(description=f"Alles staat op {PAGE}", url=PAGE)

    assert button(entry).count("sessions/taal") == 1


@pytest.mark.parametrize("button", BUTTONS)
def test_page_stays_where_the_cut_falls_before_its_mention(button: Button) -> None:
    entry = make_entry(description="woord " * 400 + PAGE, url=PAGE)

    assert button(entry).count(PAGE) == 1


@pytest.mark.parametrize("button", BUTTONS)
def test_title_that_leaves_no_room_is_kept_whole_and_the_text_dropped(button: Button) -> None:
    entry = make_entry(summary="語" * 200, description="lang " * 100, url=PAGE)

    fields = fields_of(button(entry))

    assert fields.get("text", fields.get("subject")) == "語" * 200
    assert not {"details", "body"} & set(fields)


@pytest.mark.parametrize("button", BUTTONS)
@given(
    description=st.text(st.characters(exclude_categories=()), max_size=2_000),
    url=st.sampled_from(["", PAGE]),
)
def test_address_stays_short_ascii_and_readable_for_any_text(
    button: Button, description: str, url: str
) -> None:
    address = button(make_entry(description=description, url=url))

    assert len(address) <= 1_500
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    fields_of(address)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_webcal_address_is_the_same_feed(scheme: str) -> None:
    assert (
        webcal_address(f"{scheme}://sessies.example.be:8443/sessions/calendar.ics?theme=taal&q=a")
        == "webcal://sessies.example.be:8443/sessions/calendar.ics?theme=taal&q=a"
    )


@pytest.mark.parametrize("address", ["/sessions/calendar.ics", "webcal://a.be/", "", "https:///a"])
def test_webcal_address_refuses_what_is_no_web_address(address: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        webcal_address(address)


# Ways into each sort of calendar -----------------------------------------------------------------


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_each_way_has_a_name_an_address_and_one_sentence(language: str) -> None:
    with translation.override(language):
        ways = [
            *ways_to_subscribe("https://example.be/calendar.ics", name="Sessies"),
            *ways_to_add(make_entry(), file_address="/sessions/taal/calendar.ics"),
        ]

    assert all(way.name and way.address and way.sentence.endswith(".") for way in ways)
    assert len({way.sentence for way in ways}) == len(ways)


def test_subscription_carries_an_address_with_parameters_whole() -> None:
    feed = "https://example.be/calendar.ics?theme=taal&kind=a b&q=é"

    ways = {way.name: way.address for way in ways_to_subscribe(feed, name="Sessies & meer\n")}

    microsoft = parse_qs(urlsplit(ways["Microsoft 365"]).query)
    assert microsoft == {"url": [feed], "name": ["Sessies & meer"]}
    assert parse_qs(urlsplit(ways["Outlook.com"]).query) == microsoft
    google = parse_qs(urlsplit(ways["Google"]).query)
    assert google == {"cid": [feed.replace("https", "webcal")]}


def test_entry_is_added_with_its_zone_told() -> None:
    ways = {way.name: way.address for way in ways_to_add(make_entry(), file_address="/x.ics")}

    assert parse_qs(urlsplit(ways["Google"]).query)["ctz"] == ["Europe/Brussels"]
    for name in ("Microsoft 365", "Outlook.com"):
        assert parse_qs(urlsplit(ways[name]).query)["startdt"] == ["2026-12-10T13:05:00Z"]
