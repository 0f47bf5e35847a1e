"""What other programs understand of our calendars: the same as we meant, every one of them.

Reading back with the library that wrote it proves little: it knows zones by itself and forgives
itself. Thunderbird reads with ical.js, Evolution and KOrganizer with libical.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ical.entries import Entry, Person, calendar
from tests.ical.build import make_entry, make_invitation
from tests.interop.cases import AWKWARD_TEXTS, PERIODS
from tests.interop.readers import (
    READERS,
    Facts,
    complaints_of_libical,
    read_with_ical_js,
)

pytestmark = [pytest.mark.interop, pytest.mark.once]

Read = Callable[[bytes], list[Facts]]

every_reader = pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__[10:])

every_period = pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)


def changed(entry: Entry, **facts: Any) -> Entry:
    """The entry a day later, with something that matters told anew."""
    later = entry.stamp + timedelta(days=1)
    return replace(entry, sequence=entry.sequence + 1, stamp=later, modified_at=later, **facts)


@every_reader
def test_reader_finds_all_that_an_invitation_tells(read: Read) -> None:
    entry = make_invitation(
        sequence=3,
        summary="Éénmalig: taal, tekst; en meer",
        description="Programma:\n14u05 – 14u50, Jan\n\nTot dan",
        location="Havenlaan 88, 1000 Brussel",
        url="https://sessies.example.be/één;a,b?x=%20",
        categories=("Taal, tekst", "AI; wet"),
        attendee=Person("o'neil+sessie@example.be", "O’Neil, Zoë: 'team' ^n"),
        language="nl-BE",
    )

    assert read(calendar([entry], method="REQUEST")) == [
        {
            "uid": entry.uid,
            "sequence": 3,
            "start": "2026-12-10T13:05:00Z",
            "end": "2026-12-10T15:30:00Z",
            "summary": "Éénmalig: taal, tekst; en meer",
            "description": "Programma:\n14u05 – 14u50, Jan\n\nTot dan",
            "location": "Havenlaan 88, 1000 Brussel",
            "url": "https://sessies.example.be/%C3%A9%C3%A9n;a,b?x=%20",
            "status": "CONFIRMED",
            "transparency": "OPAQUE",
            "categories": ["Taal, tekst", "AI; wet"],
            "organiser": {"email": "sessies@example.be", "name": "AI4GOV inspiratiesessies"},
            "attendee": {"email": "o'neil+sessie@example.be", "name": "O’Neil, Zoë: 'team' ^n"},
            "method": "REQUEST",
        }
    ]


def told(read: Read, data: bytes) -> tuple[Any, ...]:
    [facts] = read(data)
    return tuple(facts[name] for name in ("uid", "sequence", "method", "status", "start", "end"))


@every_reader
@every_period
def test_reader_follows_an_invitation_that_is_sent_then_moved_then_cancelled(
    read: Read, period: Any
) -> None:
    starts_at, ends_at, (start, end) = period
    sent = make_invitation()
    moved = changed(sent, starts_at=starts_at, ends_at=ends_at)
    cancelled = changed(moved, status="CANCELLED")

    assert told(read, calendar([sent], method="REQUEST")) == (
        *(sent.uid, 0, "REQUEST", "CONFIRMED"),
        *("2026-12-10T13:05:00Z", "2026-12-10T15:30:00Z"),
    )
    assert told(read, calendar([moved], method="REQUEST")) == (
        *(sent.uid, 1, "REQUEST", "CONFIRMED"),
        *(start, end),
    )
    assert told(read, calendar([cancelled], method="CANCEL")) == (
        *(sent.uid, 2, "CANCEL", "CANCELLED"),
        *(start, end),
    )


@every_reader
@every_period
def test_reader_follows_a_feed_whose_entry_moves_and_is_cancelled(read: Read, period: Any) -> None:
    starts_at, ends_at, (start, end) = period
    moved = changed(make_invitation(), starts_at=starts_at, ends_at=ends_at)
    cancelled = changed(moved, status="CANCELLED")

    assert told(read, calendar([moved])) == (moved.uid, 1, "", "CONFIRMED", start, end)
    assert told(read, calendar([cancelled])) == (moved.uid, 2, "", "CANCELLED", start, end)
    [facts] = read(calendar([cancelled]))
    assert (facts["transparency"], facts["organiser"], facts["attendee"]) == (
        "TRANSPARENT",
        None,
        None,
    )


@every_reader
def test_reader_finds_every_entry_of_a_feed_in_order_of_time(read: Read) -> None:
    entries = [
        make_entry(uid=name, starts_at=starts_at, ends_at=ends_at)
        for name, (starts_at, ends_at, _) in PERIODS.items()
    ]

    facts = read(calendar(entries, name="Sessies", language="nl", refresh=timedelta(hours=1)))

    assert {each["uid"]: (each["start"], each["end"]) for each in facts} == {
        name: written for name, (_, _, written) in PERIODS.items()
    }
    assert [each["start"] for each in facts] == sorted(each["start"] for each in facts)


@every_reader
def test_reader_finds_nothing_in_an_empty_feed(read: Read) -> None:
    assert read(calendar([], name="Sessies")) == []


@every_reader
def test_reader_finds_awkward_texts_as_they_were_written(read: Read) -> None:
    entries = [
        make_entry(
            uid=f"{number:04}",
            # A title is typed in one line; what came in otherwise is written in one.
            summary="Titel " + text.replace("\n", "\r\n"),
            description=text,
            location="Zaal " + text.split("\n")[0],
        )
        for number, text in enumerate(AWKWARD_TEXTS)
    ]

    facts = read(calendar(entries))

    titles = ["Titel " + text.replace("\n", " ") for text in AWKWARD_TEXTS]
    assert [each["summary"] for each in facts] == titles
    assert [each["description"] for each in facts] == AWKWARD_TEXTS
    assert [each["location"] for each in facts] == [entry.location for entry in entries]


@every_reader
def test_reader_unfolds_lines_that_are_cut_at_any_place(read: Read) -> None:
    texts = [
        "x" * length + awkward
        for length in range(1, 75)
        for awkward in ("é👩‍💻" * 15, "\\;,\n" * 15 + "z", " \t" * 30 + "z")
    ]
    entries = [make_entry(uid=f"{n:04}", description=text) for n, text in enumerate(texts)]

    assert [each["description"] for each in read(calendar(entries))] == texts


@every_reader
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(
            st.one_of(
                st.characters(
                    exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"
                ),
                st.sampled_from('\n\t\\;,:"Nn'),
            )
        ).map(str.strip),
        min_size=20,
        max_size=40,
    )
)
def test_reader_finds_any_text_as_it_was_written(read: Read, texts: list[str]) -> None:
    entries = [make_entry(uid=f"{n:04}", description=text) for n, text in enumerate(texts)]

    assert [each["description"] for each in read(calendar(entries))] == texts


# What libical holds against it ---------------------------------------------------------------


@pytest.mark.parametrize("method", [None, "PUBLISH", "REQUEST", "CANCEL"])
@every_period
def test_libical_has_no_complaint(period: Any, method: Any) -> None:
    starts_at, ends_at, _ = period
    entry = make_invitation(
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=datetime(2026, 9, 1, 8, 0, tzinfo=UTC),
        description="\n".join(AWKWARD_TEXTS),
        location="Gent",
        url="https://sessies.example.be/sessions/taal/",
        categories=("Taal, tekst", "Dienstverlening"),
        status="TENTATIVE",
        language="nl-BE",
    )

    data = calendar(
        [entry], name="Sessies", language="nl", method=method, refresh=timedelta(hours=1)
    )

    assert complaints_of_libical(data) == []


def test_libical_has_no_complaint_about_an_empty_feed() -> None:
    assert complaints_of_libical(calendar([])) == []


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (b"ORGANIZER;", b"X-ORGANIZER;", "ORGANIZER"),
        (b"ATTENDEE;", b"X-ATTENDEE;", "ATTENDEE"),
        (b"METHOD:REQUEST", b"METHOD:PUBLISH", "ATTENDEE"),
        (b"UID:", b"X-UID:", "UID"),
        (b"DTSTART:", b"DTSTART:x", "DTSTART"),
    ],
)
def test_libical_does_complain_when_a_rule_is_broken(
    right: bytes, wrong: bytes, complaint: str
) -> None:
    data = calendar([make_invitation()], method="REQUEST")

    complaints = complaints_of_libical(data.replace(right, wrong))

    assert complaint in " ".join(complaints)


# A reader that is missing --------------------------------------------------------------------


def test_missing_reader_skips_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE_ALL", raising=False)

    with pytest.raises(pytest.skip.Exception, match="nodejs"):
        read_with_ical_js(b"")


def test_missing_reader_fails_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("REQUIRE_ALL", "1")

    with pytest.raises(pytest.fail.Exception, match="nodejs"):
        read_with_ical_js(b"")
