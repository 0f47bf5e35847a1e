import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from ical.entries import Entry, Person, calendar, new_uid
from tests.ical.build import ATTENDEE, BRUSSELS, ORGANISER, make_entry, make_invitation

# Every character there is, half surrogates and control characters included, and the nastiest runs.
ANY_TEXT = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=40),
        st.sampled_from(
            [
                "\r\nEND:VEVENT\r\n",
                "\nEND:VCALENDAR\nBEGIN:VEVENT",
                "\\N",
                "\\n",
                "\\",
                ";",
                ",",
                "\r\n ",
                "\x00",
                "\x85",
                "\u2028",
                "\ufeff",
                "é" * 40,
                "👩‍💻" * 20,
                " " * 80,
                "^n^'",
                "%0D%0A",
            ]
        ),
    ),
    max_size=8,
).map("".join)

# What a calendar holds as it is: no control character but line feed and tab, no blanks around it.
PLAIN_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"),
        st.sampled_from(["\n", "\t", "\\", ";", ",", ":", '"', "N", "n"]),
    ),
    max_size=300,
).map(str.strip)


def lines_of(data: bytes) -> list[str]:
    """Content lines, unfolded as RFC 5545 section 3.1 says."""
    return data.replace(b"\r\n ", b"").decode().split("\r\n")


def event_lines(entry: Entry, **how: Any) -> list[str]:
    return lines_of(calendar([entry], **how))


def only_event(data: bytes) -> icalendar.Event:
    [event] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return event


# The frame -----------------------------------------------------------------------------------


def test_calendar_writes_exactly_this_for_a_mail() -> None:
    entry = make_invitation(
        sequence=3,
        created_at=datetime(2026, 9, 1, 8, 0, tzinfo=UTC),
        description="Programma; sprekers, vragen\nTot dan",
        location="Online",
        url="https://sessies.example.be/sessions/taal/",
        categories=("Taal, tekst", "Dienstverlening"),
        language="nl-BE",
    )

    assert lines_of(calendar([entry], method="REQUEST")) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//AI4GOV//Inspiratiesessies en indiendata//NL",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:6f2b0a52-2f0e-4a51-9c0e-2d3b8a6f4e11",
        "SEQUENCE:3",
        "DTSTAMP:20261102T093000Z",
        "LAST-MODIFIED:20261102T093000Z",
        "CREATED:20260901T080000Z",
        "DTSTART:20261210T130500Z",
        "DTEND:20261210T153000Z",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "SUMMARY;LANGUAGE=nl-BE:Taalmodellen in de dienstverlening",
        "DESCRIPTION;LANGUAGE=nl-BE:Programma\\; sprekers\\, vragen\\nTot dan",
        "LOCATION;LANGUAGE=nl-BE:Online",
        "URL:https://sessies.example.be/sessions/taal/",
        "CATEGORIES;LANGUAGE=nl-BE:Taal\\, tekst,Dienstverlening",
        'ORGANIZER;CN="AI4GOV inspiratiesessies":mailto:sessies@example.be',
        'ATTENDEE;CN="An Peeters";PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:an.peeters@stad.example.be',
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_feed_carries_its_name_and_how_often_to_look_again() -> None:
    data = calendar([], name="Sessies;\nalle", language="nl", refresh=timedelta(hours=6))

    assert lines_of(data)[4:-2] == [
        "NAME;LANGUAGE=nl:Sessies\\; alle",
        "X-WR-CALNAME:Sessies\\; alle",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ]


def test_feed_carries_no_method_and_no_people_also_where_the_entry_has_them() -> None:
    data = calendar([make_invitation()])

    for absent in (b"METHOD", b"ORGANIZER", b"ATTENDEE", b"mailto"):
        assert absent not in data


@pytest.mark.parametrize("method", [None, "PUBLISH", "REQUEST", "CANCEL"])
def test_calendar_never_holds_alarms_tasks_or_time_zones(method: Any) -> None:
    data = calendar([make_invitation()], method=method)

    components = [component.name for component in icalendar.Calendar.from_ical(data).walk()]
    assert components == ["VCALENDAR", "VEVENT"]
    assert b"TZID" not in data


def test_empty_feed_is_a_whole_calendar() -> None:
    assert calendar([]).endswith(b"CALSCALE:GREGORIAN\r\nEND:VCALENDAR\r\n")


def test_calendar_is_byte_equal_for_the_same_entries_in_any_order() -> None:
    starts_at = datetime(2026, 12, 10, 14, 5, tzinfo=BRUSSELS)
    entries = [
        make_entry(uid="b", starts_at=starts_at),
        make_entry(uid="a", starts_at=starts_at),
        make_entry(uid="c", starts_at=date(2026, 12, 10), ends_at=date(2026, 12, 10)),
    ]

    assert len({calendar(order) for order in itertools.permutations(entries)}) == 1


def test_calendar_is_byte_equal_for_the_same_instant_told_in_another_zone() -> None:
    entry = make_entry()
    same = make_entry(
        starts_at=entry.dtstart, ends_at=entry.dtend, stamp=entry.stamp.astimezone(BRUSSELS)
    )

    assert calendar([same]) == calendar([entry])


def test_calendar_takes_entries_from_a_generator() -> None:
    assert calendar(entry for entry in [make_entry()]) == calendar([make_entry()])


def test_calendar_refuses_one_identity_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        calendar([make_entry(), make_entry(summary="Dezelfde")])


@pytest.mark.parametrize("refresh", [timedelta(0), timedelta(hours=-1), timedelta(microseconds=9)])
def test_calendar_refuses_to_be_looked_at_again_at_once(refresh: timedelta) -> None:
    with pytest.raises(ValueError, match="not at once"):
        calendar([], refresh=refresh)


# Identity and change -------------------------------------------------------------------------


def test_new_uid_is_different_each_time_and_fits_in_a_line() -> None:
    uids = {new_uid() for _ in range(100)}

    assert len(uids) == 100
    assert {len(uid) for uid in uids} == {36}


@pytest.mark.parametrize("uid", ["", " ", "a\nb", "a\r\nATTENDEE:mailto:x@y", "a\x00b", "a "])
def test_entry_refuses_an_empty_or_broken_identity(uid: str) -> None:
    with pytest.raises(ValueError, match="identity"):
        make_entry(uid=uid)


def test_first_sequence_is_written_although_it_is_zero() -> None:
    assert "SEQUENCE:0" in event_lines(make_entry())


def test_entry_refuses_a_sequence_below_zero() -> None:
    with pytest.raises(ValueError, match="sequence"):
        make_entry(sequence=-1)


def test_moved_entry_keeps_its_identity_and_tells_its_new_time_and_sequence() -> None:
    before = event_lines(make_entry())
    after = event_lines(
        make_entry(
            sequence=1,
            modified_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
            stamp=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
            starts_at=datetime(2026, 12, 11, 14, 5, tzinfo=BRUSSELS),
            ends_at=datetime(2026, 12, 11, 16, 30, tzinfo=BRUSSELS),
        )
    )

    assert set(after) - set(before) == {
        "SEQUENCE:1",
        "LAST-MODIFIED:20261120T090000Z",
        "DTSTAMP:20261120T090000Z",
        "DTSTART:20261211T130500Z",
        "DTEND:20261211T153000Z",
    }


def test_download_mail_and_feed_carry_the_same_identity_sequence_and_times() -> None:
    entry = make_invitation(sequence=4)

    told = [
        {
            line
            for line in event_lines(entry, **how)
            if line.split(":")[0] in {"UID", "SEQUENCE", "DTSTART", "DTEND", "LAST-MODIFIED"}
        }
        for how in ({}, {"method": "PUBLISH"}, {"method": "REQUEST"}, {"method": "CANCEL"})
    ]

    assert len(told[0]) == 5
    assert all(each == told[0] for each in told)


def test_cancelled_entry_stays_in_the_feed_and_takes_no_time() -> None:
    lines = event_lines(make_entry(status="CANCELLED", is_busy=True))

    assert "STATUS:CANCELLED" in lines
    assert "TRANSP:TRANSPARENT" in lines


@pytest.mark.parametrize(
    ("before", "written"),
    [
        (timedelta(minutes=15), "TRIGGER:-PT15M"),
        (timedelta(hours=15), "TRIGGER:-PT15H"),
        (timedelta(days=1, minutes=1), "TRIGGER:-PT24H1M"),
        (timedelta(0), "TRIGGER:-PT0S"),
    ],
)
def test_alarm_rings_before_the_start_of_an_entry_that_is_subscribed_to(
    before: timedelta, written: str
) -> None:
    lines = event_lines(make_entry(alarm=before, summary="Taal; deel 2"))

    alarm = lines[lines.index("BEGIN:VALARM") : lines.index("END:VALARM")]
    assert alarm[1:] == ["ACTION:DISPLAY", "DESCRIPTION:Taal\\; deel 2", written]


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_alarm_goes_into_no_mail(method: Any) -> None:
    entry = make_invitation(alarm=timedelta(minutes=15))

    assert b"VALARM" not in calendar([entry], method=method)


def test_alarm_of_a_cancelled_entry_does_not_ring() -> None:
    assert b"VALARM" not in calendar([make_entry(alarm=timedelta(0), status="CANCELLED")])


def test_entry_refuses_an_alarm_after_the_start() -> None:
    with pytest.raises(ValueError, match="before the start"):
        make_entry(alarm=timedelta(minutes=-1))


def test_rich_calendar_tells_the_description_as_html_beside_the_text() -> None:
    entry = make_entry(description="Zie https://example.be/a,b; tot dan\n\nAn")

    plain, rich = (event_lines(entry, is_rich=is_rich) for is_rich in (False, True))

    assert [each for each in rich if each not in plain] == [
        (
            "X-ALT-DESC;FMTTYPE=text/html:<html><body>"
            '<p>Zie <a href="https://example.be/a\\,b">https://example.be/a\\,b</a>\\; tot dan</p>'
            "<p>An</p></body></html>"
        )
    ]


def test_rich_calendar_has_no_html_of_nothing() -> None:
    assert b"X-ALT-DESC" not in calendar([make_entry()], is_rich=True)


def test_tentative_entry_that_takes_no_time_says_both() -> None:
    lines = event_lines(make_entry(status="TENTATIVE", is_busy=False))

    assert "STATUS:TENTATIVE" in lines
    assert "TRANSP:TRANSPARENT" in lines


# Time ----------------------------------------------------------------------------------------


def times_of(entry: Entry) -> tuple[str, str]:
    lines = event_lines(entry)
    [start] = [line for line in lines if line.startswith("DTSTART")]
    [end] = [line for line in lines if line.startswith("DTEND")]
    return start, end


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "written"),
    [
        pytest.param(
            datetime(2026, 3, 29, 1, 30, tzinfo=BRUSSELS),
            datetime(2026, 3, 29, 3, 30, tzinfo=BRUSSELS),
            ("DTSTART:20260329T003000Z", "DTEND:20260329T013000Z"),
            id="the night that is an hour short",
        ),
        pytest.param(
            datetime(2026, 10, 25, 1, 30, tzinfo=BRUSSELS),
            datetime(2026, 10, 25, 3, 30, tzinfo=BRUSSELS),
            ("DTSTART:20261024T233000Z", "DTEND:20261025T023000Z"),
            id="the night that is an hour long",
        ),
        pytest.param(
            datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS),
            datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=BRUSSELS),
            ("DTSTART:20261025T003000Z", "DTEND:20261025T011500Z"),
            id="from the first to the second time the hour passes",
        ),
        pytest.param(
            datetime(2026, 12, 10, 22, 0, tzinfo=BRUSSELS),
            datetime(2026, 12, 11, 0, 0, tzinfo=BRUSSELS),
            ("DTSTART:20261210T210000Z", "DTEND:20261210T230000Z"),
            id="until midnight",
        ),
        pytest.param(
            datetime(2026, 12, 31, 23, 30, tzinfo=BRUSSELS),
            datetime(2027, 1, 1, 1, 30, tzinfo=BRUSSELS),
            ("DTSTART:20261231T223000Z", "DTEND:20270101T003000Z"),
            id="over the turn of the year",
        ),
        pytest.param(
            date(2026, 12, 31),
            date(2026, 12, 31),
            ("DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101"),
            id="the last day of the year",
        ),
        pytest.param(
            date(2028, 2, 28),
            date(2028, 2, 29),
            ("DTSTART;VALUE=DATE:20280228", "DTEND;VALUE=DATE:20280301"),
            id="two days, through a leap day",
        ),
        pytest.param(
            date(2026, 3, 29),
            date(2026, 3, 29),
            ("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330"),
            id="a day of 23 hours",
        ),
    ],
)
def test_times_are_written_in_utc_and_days_end_the_day_after(
    starts_at: Any, ends_at: Any, written: tuple[str, str]
) -> None:
    assert times_of(make_entry(starts_at=starts_at, ends_at=ends_at)) == written


def test_times_are_written_to_the_second() -> None:
    entry = make_entry(
        starts_at=datetime(2026, 12, 10, 13, 5, 7, 999_999, tzinfo=UTC),
        stamp=datetime(2026, 11, 2, 9, 30, 1, 500_000, tzinfo=UTC),
    )

    assert times_of(entry)[0] == "DTSTART:20261210T130507Z"
    assert "DTSTAMP:20261102T093001Z" in event_lines(entry)


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        pytest.param(
            datetime(2026, 12, 10, 14, tzinfo=UTC),
            datetime(2026, 12, 10, 13, tzinfo=UTC),
            id="backwards",
        ),
        pytest.param(
            datetime(2026, 12, 10, 14, tzinfo=UTC),
            datetime(2026, 12, 10, 14, 0, 0, 900_000, tzinfo=UTC),
            id="within one second, so without an end once written",
        ),
        pytest.param(
            datetime(2026, 12, 10, 14, tzinfo=UTC),
            datetime(2026, 12, 10, 15, tzinfo=BRUSSELS),
            id="the same instant in two zones",
        ),
        pytest.param(
            datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=BRUSSELS),
            datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS),
            id="later on the clock that went back in between",
        ),
        pytest.param(date(2026, 12, 10), date(2026, 12, 9), id="days backwards"),
    ],
)
def test_entry_refuses_an_end_that_is_not_after_the_start(starts_at: Any, ends_at: Any) -> None:
    with pytest.raises(ValueError, match="after its start"):
        make_entry(starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize("moment", ["starts_at", "ends_at", "stamp", "modified_at", "created_at"])
def test_entry_refuses_a_moment_without_a_zone(moment: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        make_entry(**{moment: datetime(2026, 12, 10, 15, 0)})


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (date(2026, 12, 10), datetime(2026, 12, 10, 14, tzinfo=UTC)),
        (datetime(2026, 12, 10, 14, tzinfo=UTC), date(2026, 12, 10)),
    ],
)
def test_entry_refuses_a_day_with_a_moment(starts_at: Any, ends_at: Any) -> None:
    with pytest.raises(ValueError, match="not one of each"):
        make_entry(starts_at=starts_at, ends_at=ends_at)


def test_entry_refuses_the_last_day_of_all_since_none_follows() -> None:
    with pytest.raises(ValueError, match="there is none"):
        make_entry(starts_at=date(2026, 1, 1), ends_at=date.max)


# Texts and lines -----------------------------------------------------------------------------


@given(summary=ANY_TEXT, description=ANY_TEXT, category=ANY_TEXT, name=ANY_TEXT)
def test_any_text_stays_one_calendar_of_short_whole_lines(
    summary: str, description: str, category: str, name: str
) -> None:
    entry = make_invitation(
        summary=summary,
        description=description,
        location=summary,
        categories=(category, "Tweede"),
        attendee=Person("an@example.be", name),
    )

    data = calendar([entry], method="REQUEST", name=name)

    assert data.endswith(b"\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # a character cut in two would not decode
        assert b"\r" not in line
        assert b"\n" not in line
        assert not any(byte < 32 and byte != 9 for byte in line)
    assert [line for line in lines_of(data) if line.startswith(("BEGIN", "END"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert sum(line.startswith("ATTENDEE") for line in lines_of(data)) == 1


@given(PLAIN_TEXT)
@example("C:\\Nieuw\\n;,\\\\N")
@example("\\" * 90)
@example("END:VEVENT\nEND:VCALENDAR")
@example("é" * 75)
def test_description_reads_back_equal_in_two_libraries(text: str) -> None:
    data = calendar([make_entry(description=text)])

    assert str(only_event(data).get("description", "")) == text
    assert vobject.readOne(data.decode()).vevent.getChildValue("description", "") == text


@given(PLAIN_TEXT)
def test_title_and_place_read_back_equal_on_one_line(text: str) -> None:
    data = calendar([make_entry(summary=text, location=text)])

    expected = text.replace("\n", " ")
    event = only_event(data)
    assert (str(event.get("summary", "")), str(event.get("location", ""))) == (expected, expected)
    vevent = vobject.readOne(data.decode()).vevent
    assert vevent.getChildValue("summary", "") == vevent.getChildValue("location", "") == expected


@pytest.mark.parametrize("length", range(60, 80))
def test_long_line_is_folded_between_characters_wherever_it_gets_too_long(length: int) -> None:
    text = "a" * length + "é👩‍💻" * 20

    data = calendar([make_entry(description=text)])

    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert f"DESCRIPTION:{text}" in lines_of(data)


def test_absent_texts_leave_no_empty_property() -> None:
    lines = event_lines(make_entry(description=" \n", location="", url="", categories=("", "\x00")))

    for name in ("DESCRIPTION", "LOCATION", "URL", "CATEGORIES", "CREATED"):
        assert not any(line.startswith(name) for line in lines)


@pytest.mark.parametrize("language", ["nl", "nl-BE", "zh-Hant-TW"])
def test_language_tags_the_texts(language: str) -> None:
    assert f"LOCATION;LANGUAGE={language}:Gent" in event_lines(
        make_entry(location="Gent", language=language)
    )


@pytest.mark.parametrize("language", ["nl_BE", "nl:X", "n", "nl-", "nl\nX", "nl;X=1"])
def test_entry_refuses_what_is_no_language_tag(language: str) -> None:
    with pytest.raises(ValueError, match="language tag"):
        make_entry(language=language)


@pytest.mark.parametrize(
    "url",
    [
        "sessions/taal/",
        "//example.be/",
        "https://",
        "javascript:alert(1)",
        "https://example.be/\r\nATTENDEE:mailto:x@y",
        "https://example.be/a b",
        "https://example.be/\x00",
        "https://example.be/\u2028",
    ],
)
def test_entry_refuses_what_is_no_web_address(url: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        make_entry(url=url)


def test_accents_in_an_address_are_percent_encoded_and_commas_are_not_escaped() -> None:
    lines = event_lines(make_entry(url="https://example.be/één;a,b?x=%20"))

    assert "URL:https://example.be/%C3%A9%C3%A9n;a,b?x=%20" in lines


# People and methods --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "",
        "an",
        "an@",
        "@example.be",
        "An <an@example.be>",
        "an@example.be\r\nATTENDEE:mailto:x@y",
        "an@example.be\n",
        "an@example.be,bob@example.be",
        "an@example.be;bob",
        "an@exa mple.be",
        "an@b@example.be",
        "mailto:an@example.be",
        '"an"@example.be',
        "an@example.be\x00",
        "an@example.be\u2028",
    ],
)
def test_person_refuses_what_is_not_one_bare_mailbox(email: str) -> None:
    with pytest.raises(ValueError, match="bare e-mail address"):
        Person(email)


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("o'neil+sessie@example.be", "mailto:o'neil+sessie@example.be"),
        ("a=b&c@example.be", "mailto:a=b&c@example.be"),
        ("100%/ja?@example.be", "mailto:100%25%2Fja%3F@example.be"),
        ("andré@example.be", "mailto:andr%C3%A9@example.be"),
    ],
)
def test_address_is_written_as_a_mailto_address(email: str, written: str) -> None:
    data = calendar([make_invitation(attendee=Person(email))], method="REQUEST")

    assert f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:{written}" in lines_of(data)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Peeters, An: (team; noord)", "Peeters, An: (team; noord)"),
        ('An "de baas" Peeters', "An 'de baas' Peeters"),
        ("An\r\nBCC: x\tPeeters", "An BCC: x Peeters"),
        ("Zoë D’Hondt", "Zoë D’Hondt"),
        ("\x00\x1f", ""),
    ],
)
def test_name_of_a_person_reads_back_without_what_a_parameter_cannot_hold(
    name: str, read: str
) -> None:
    data = calendar([make_invitation(attendee=Person("an@example.be", name))], method="REQUEST")

    assert only_event(data)["attendee"].params.get("CN", "") == read
    vevent = vobject.readOne(data.decode()).vevent
    assert vevent.attendee.params.get("CN", [""]) == [read]
    assert vevent.attendee.value == "mailto:an@example.be"


def test_published_file_names_the_organiser_but_nobody_who_attends() -> None:
    lines = event_lines(make_invitation(), method="PUBLISH")

    assert "METHOD:PUBLISH" in lines
    assert any(line.startswith("ORGANIZER") for line in lines)
    assert not any(line.startswith("ATTENDEE") for line in lines)


def test_published_file_may_hold_many_entries_and_cancelled_ones() -> None:
    entries = [
        make_entry(uid="a", organiser=ORGANISER),
        make_entry(uid="b", organiser=ORGANISER, status="CANCELLED"),
    ]

    assert calendar(entries, method="PUBLISH").count(b"BEGIN:VEVENT") == 2


@pytest.mark.parametrize("status", ["CONFIRMED", "TENTATIVE", "CANCELLED"])
def test_cancel_says_cancelled_whatever_the_entry_says(status: Any) -> None:
    lines = event_lines(make_invitation(status=status), method="CANCEL")

    assert [line for line in lines if line.startswith(("METHOD", "STATUS", "TRANSP"))] == [
        "METHOD:CANCEL",
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
    ]


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_method_without_organiser_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match="organiser"):
        calendar([make_entry(attendee=ATTENDEE)], method=method)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_mail_without_attendee_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match="attendee"):
        calendar([make_entry(organiser=ORGANISER)], method=method)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_mail_about_two_entries_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match="one entry, not 2"):
        calendar([make_invitation(uid="a"), make_invitation(uid="b")], method=method)


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_method_about_nothing_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match="one entry, not 0"):
        calendar([], method=method)


def test_request_for_a_cancelled_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="CANCEL"):
        calendar([make_invitation(status="CANCELLED")], method="REQUEST")
