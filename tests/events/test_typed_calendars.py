"""Whatever an organiser can type about a session comes back from its calendar as it was typed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts.models import Programme
from events import calendars
from events.editing import PageForm
from events.models import Session
from ical.appointments import read
from ical.entries import calendar
from ical.texts import clean
from moments.local import BRUSSELS, NoSuchMoment, local_instant
from tests.build import NOW
from tests.interop.readers import read_with_icalendar, read_with_vobject

# What a browser can send: no half surrogates. Calendars leave out the byte order mark, since some
# readers drop it, and in texts of several lines what controls a terminal (RFC 5545 section 3.3.11).
TYPED = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00\ufeff"),
        st.sampled_from("\\;,:\"'\n\r\tnN<>&éß👩"),
    ),
    max_size=150,
)
MINUTES = st.integers(min_value=0, max_value=24 * 60 - 1)


def cleaned(field: str, typed: str) -> str:
    """What the form of a session makes of what was typed; what it refuses is not looked at."""
    try:
        value: str = PageForm.base_fields[field].clean(typed)
        Session._meta.get_field(field).run_validators(value)
    except ValidationError:
        assume(False)
    return value


def instant(day: date, minute: int) -> datetime:
    try:
        at = (datetime.min + timedelta(minutes=minute)).time()
        return local_instant(day, at, BRUSSELS)
    except NoSuchMoment:
        assume(False)
        raise


@settings(max_examples=60, deadline=None)
@given(
    title=TYPED.filter(str.strip),
    summary=TYPED,
    venue=TYPED,
    day=st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)),
    minute=MINUTES,
    length=st.integers(min_value=1, max_value=3 * 24 * 60),
)
def test_what_was_typed_comes_back_equal(
    title: str, summary: str, venue: str, day: date, minute: int, length: int
) -> None:
    starts_at = instant(day, minute)
    texts: dict[str, Any] = {
        f"{name}_nl": cleaned(f"{name}_nl", typed)
        for name, typed in (("title", title), ("summary", summary), ("venue", venue))
    }
    session = Session(
        **texts,
        programme=Programme(name="Programma"),
        slug="sessie",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=length),
        registration_closes_at=starts_at,
        changed_at=NOW,
        created_at=NOW,
    )

    content = calendar([calendars.entry(session, [])])

    (ours,) = read(content, zone=BRUSSELS)
    assert (ours.starts_at, ours.ends_at) == (session.starts_at, session.ends_at)
    for found in (*read_with_icalendar(content), *read_with_vobject(content), vars(ours)):
        assert found.get("summary", found.get("title")) == texts["title_nl"]
        assert not texts["venue_nl"] or found["location"] == texts["venue_nl"]
        assert clean(texts["summary_nl"]) in found["description"]
