import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from ical.appointments import (
    LARGEST_FILE_BYTES,
    MOST_APPOINTMENTS,
    Appointment,
    UnusableCalendar,
    read,
)
from ical.entries import calendar
from tests.ical.build import BRUSSELS, make_entry

NEW_YORK = ZoneInfo("America/New_York")


def file(*lines: str, before: str = "") -> bytes:
    """A calendar file with one event of these lines, and perhaps something before it."""
    inside = "\r\n".join(lines)
    text = f"BEGIN:VCALENDAR\r\n{before}BEGIN:VEVENT\r\n{inside}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return text.encode()


def only(content: bytes) -> Appointment:
    (found,) = read(content, zone=BRUSSELS)
    return found


def utc(*figures: int) -> datetime:
    return datetime(*figures, tzinfo=UTC)  # type: ignore[arg-type,misc]


# Texts -------------------------------------------------------------------------------------------


def test_entry_of_ours_comes_back_as_it_was() -> None:
    entry = make_entry(
        summary='Een; twee, drie: \\ en "vier"',
        description="Programma:\n14u05 – 14u50, C:\\Nieuw\\nota's\n\n" + "é" * 200,
        location="Zaal \\n, Gent; 👩‍💻",
    )

    found = only(calendar([entry]))

    assert (found.title, found.description, found.location) == (
        entry.summary,
        entry.description,
        entry.location,
    )
    assert (found.starts_at, found.ends_at) == (entry.starts_at, entry.ends_at)


def test_lines_that_are_folded_within_a_letter_and_end_in_any_way_are_one() -> None:
    whole = file("SUMMARY:é", "DTSTART:20270610T120000Z", "LOCATION:Gent")
    cut = whole.replace("é".encode(), "é".encode()[:1] + b"\n " + "é".encode()[1:])

    assert only(cut).title == "é"
    assert only(whole.replace(b"\r\n", b"\r")).location == "Gent"
    assert only(b"\xef\xbb\xbf" + whole).location == "Gent"


def test_html_in_a_description_is_read_as_text_with_its_addresses() -> None:
    written = (
        "<html-blob><p>Beste<br>collega</p><ul><li>een</li><li>twee &amp; drie</li></ul>"
        '<style>p {color: red}</style><a href="https://example.be/x">Meer</a></html-blob>'
    )

    found = only(file(f"DESCRIPTION:{written}"))

    assert found.description == (
        "Beste\ncollega\n\n- een\n- twee & drieMeer (https://example.be/x)"
    )


def test_text_with_angle_brackets_is_no_html() -> None:
    text = "Neem deel <https://example.be> als a < b > c"

    assert only(file(f"DESCRIPTION:{text}")).description == text


# Times -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "start", "end", "zone"),
    [
        (
            ["DTSTART:20270610T120000Z", "DTEND:20270610T140000Z"],
            utc(2027, 6, 10, 12), utc(2027, 6, 10, 14), BRUSSELS,
        ),
        (
            ["DTSTART;TZID=America/New_York:20270610T090000", "DURATION:PT1H30M"],
            utc(2027, 6, 10, 13), utc(2027, 6, 10, 14, 30), NEW_YORK,
        ),
        (
            ['DTSTART;TZID="Romance Standard Time":20270610T140000', "DTEND:20270610T140000Z"],
            utc(2027, 6, 10, 12), utc(2027, 6, 10, 14), ZoneInfo("Europe/Paris"),
        ),
        (
            ["DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Brussels:20270110T140000"],
            utc(2027, 1, 10, 13), None, BRUSSELS,
        ),
        # Over the night that is an hour short: days by the clock, hours as they pass.
        (
            ["DTSTART;TZID=Europe/Brussels:20270327T140000", "DURATION:P1D"],
            utc(2027, 3, 27, 13), utc(2027, 3, 28, 12), BRUSSELS,
        ),
        (
            ["DTSTART;TZID=Europe/Brussels:20270327T140000", "DURATION:PT24H"],
            utc(2027, 3, 27, 13), utc(2027, 3, 28, 13), BRUSSELS,
        ),
        # An hour that the clocks skip.
        (
            ["DTSTART;TZID=Europe/Brussels:20270328T023000"],
            utc(2027, 3, 28, 1, 30), None, BRUSSELS,
        ),
        (["DTSTART;VALUE=DATE:20271213"], date(2027, 12, 13), date(2027, 12, 13), BRUSSELS),
        (
            ["DTSTART;VALUE=DATE:20271231", "DTEND;VALUE=DATE:20280102"],
            date(2027, 12, 31), date(2028, 1, 1), BRUSSELS,
        ),
        (
            ["DTSTART:20270610T120000Z", "DTEND:20270610T120000Z"],
            utc(2027, 6, 10, 12), None, BRUSSELS,
        ),
        (["DTSTART:20270230T120000Z"], None, None, BRUSSELS),
        (["DTSTART:99990610T120000Z"], None, None, BRUSSELS),
        (["DTSTART:morgen"], None, None, BRUSSELS),
        (["SUMMARY:x"], None, None, BRUSSELS),
    ],
)  # fmt: skip
def test_times_are_read_in_their_zone(
    lines: list[str], start: object, end: object, zone: ZoneInfo
) -> None:
    found = only(file(*lines))

    assert (found.starts_at, found.ends_at, found.zone) == (start, end, zone)
    assert (found.unknown_zone, found.is_floating) == ("", False)


def test_hours_without_a_zone_are_those_of_the_reader_and_it_is_told() -> None:
    floating = "DTSTART:20270610T140000"

    here = only(file(floating))
    there = only(file(floating, before="X-WR-TIMEZONE:America/New_York\r\n"))

    assert (here.starts_at, here.is_floating) == (utc(2027, 6, 10, 12), True)
    assert (there.starts_at, there.is_floating) == (utc(2027, 6, 10, 18), False)


def zone_of_its_own(standard: str, daylight: str) -> str:
    rules = "".join(
        f"BEGIN:{name}\r\nTZOFFSETTO:{offset}\r\nRRULE:FREQ=SECONDLY\r\nEND:{name}\r\n"
        for name, offset in (("STANDARD", standard), ("DAYLIGHT", daylight))
    )
    return f"BEGIN:VTIMEZONE\r\nTZID:Onze tijd\r\n{rules}END:VTIMEZONE\r\n"


@pytest.mark.parametrize(
    ("before", "unknown"),
    [
        ("", "Onze tijd"),
        (zone_of_its_own("+0100", "+0200"), ""),
        (zone_of_its_own("-0500", "-0400"), "Onze tijd"),
    ],
)
def test_zone_that_nobody_knows_is_told_unless_its_clocks_are_ours(
    before: str, unknown: str
) -> None:
    found = only(file("DTSTART;TZID=Onze tijd:20270610T140000", before=before))

    assert (found.starts_at, found.unknown_zone) == (utc(2027, 6, 10, 12), unknown)


def test_what_repeats_or_was_cancelled_is_told() -> None:
    once = "DTSTART:20270610T120000Z"

    assert not only(file(once)).repeats
    assert only(file(once, "RRULE:FREQ=WEEKLY;COUNT=10")).repeats
    assert only(file(once, "RECURRENCE-ID:20270610T120000Z")).repeats
    assert not only(file(once, "STATUS:CONFIRMED")).is_cancelled
    assert only(file(once, "STATUS:CANCELLED")).is_cancelled
    assert only(file(once, before="METHOD:CANCEL\r\n")).is_cancelled


def test_several_appointments_come_in_order_of_time() -> None:
    first = make_entry(uid="a", summary="Eerst")
    second = make_entry(
        uid="b",
        summary="Daarna",
        starts_at=first.starts_at + timedelta(days=1),
        ends_at=first.ends_at + timedelta(days=1),
    )
    two_calendars = calendar([second]) + calendar([first])

    assert [each.title for each in read(two_calendars, zone=BRUSSELS)] == ["Eerst", "Daarna"]


# What is refused ---------------------------------------------------------------------------------


def refusal(content: bytes) -> str:
    with translation.override("en"), pytest.raises(UnusableCalendar) as refused:
        read(content, zone=BRUSSELS)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x" * (LARGEST_FILE_BYTES + 1), "too large"),
        (file("SUMMARY:x").replace(b"x", b"\xe9"), "UTF-8"),
        (file("SUMMARY:x").decode().encode("utf-16"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
        (b"", "not a whole calendar file"),
        (b"From: an@example.org\r\n\r\nHallo", "not a whole calendar file"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "not a whole calendar file"),
        (file("SUMMARY:x")[:-20], "not a whole calendar file"),
        (file("END:VCALENDAR"), "not a whole calendar file"),
        (b"END:VCALENDAR\r\n", "not a whole calendar file"),
        (b"BEGIN:VCALENDAR\r\n" * 20_000, "not a whole calendar file"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nEND:VTODO\r\nEND:VCALENDAR", "no appointment"),
        (
            calendar(make_entry(uid=str(n)) for n in range(MOST_APPOINTMENTS + 1)),
            f"{MOST_APPOINTMENTS + 1} appointments",
        ),
    ],
)
def test_file_that_is_no_calendar_of_use_is_refused_in_a_sentence(
    content: bytes, sentence: str
) -> None:
    assert sentence in refusal(content)


@pytest.mark.parametrize(
    "hostile",
    [
        "DESCRIPTION:" + "<a <!-- <![CDATA[" * 29_000,
        "DESCRIPTION:" + "\\" * 480_000,
        "DESCRIPTION" + ";X=1" * 120_000 + ":x",
        "DESCRIPTION" + ';X="a,b"' * 60_000,
        ":" * 480_000,
        "\r\n ".join(["SUMMARY:x"] + ["y"] * 120_000),
        "DTSTART;TZID=" + "a/" * 240_000 + ":20270610T140000",
        "DTSTART:" + "2" * 480_000,
    ],
    ids=range(8),
)
def test_no_file_within_the_limit_takes_long(hostile: str) -> None:
    began_at = time.process_time()

    read(file(hostile), zone=BRUSSELS)

    assert time.process_time() - began_at < 2
