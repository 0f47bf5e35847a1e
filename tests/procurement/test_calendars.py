from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from ical.entries import calendar
from ical.responses import feed
from mailing.letters import mail_of
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import messages
from procurement.calendars import Shape, contents, entry
from procurement.changing import Edit, note_status, save_deadline, tell_followers
from procurement.models import Call, Deadline
from procurement.reminding import due_at, plan
from tests.build import NOW, days, make_call, make_deadline
from tests.interop.readers import read_with_vobject
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2027, 12, 13)
WHOLE_DAYS = [
    (Edge.BEFORE_DATE, date(2027, 12, 14)),
    (Edge.THROUGH_DATE, DAY),
    (Edge.ON_DATE, DAY),
    (Edge.AT_TIME, DAY),
]


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("zone", [BRUSSELS, NEW_YORK, ZoneInfo("Pacific/Auckland")], ids=str)
@pytest.mark.parametrize(("edge", "said"), WHOLE_DAYS)
def test_deadline_at_the_end_of_a_day_stands_on_that_day(
    edge: Edge, said: date, zone: ZoneInfo, language: str
) -> None:
    deadline = make_deadline(closing=Closing.from_local(edge, said, None, zone))

    with translation.override(language):
        made = entry(deadline)
        wording = deadline.closing.wording()

    assert (made.starts_at, made.ends_at) == (DAY, DAY)
    assert made.language == language
    assert made.description.lower().startswith(wording.lower())


@pytest.mark.parametrize("edge", [Edge.AT_TIME, Edge.BEFORE_TIME])
@pytest.mark.parametrize("zone", [BRUSSELS, NEW_YORK], ids=str)
def test_deadline_with_an_hour_is_the_half_hour_that_ends_there(edge: Edge, zone: ZoneInfo) -> None:
    closing = Closing.from_local(edge, DAY, time(12), zone)

    made = entry(make_deadline(closing=closing))

    assert isinstance(made.starts_at, datetime)
    assert made.starts_at.astimezone(zone).time() == time(11, 30)
    assert made.ends_at == closing.closes_at


def test_deadline_takes_nobodys_time() -> None:
    assert not entry(make_deadline()).is_busy


def test_move_keeps_the_identity_and_stands_first_in_the_description() -> None:
    deadline = make_deadline()
    before = entry(deadline)
    deadline.closes_at = Closing.from_local(Edge.AT_TIME, DAY, None, BRUSSELS).closes_at
    save_deadline(deadline, Edit(None, NOW, "Uitstel"))

    after = entry(deadline)

    assert (after.uid, after.sequence) == (before.uid, before.sequence + 1)
    assert after.description.startswith(
        "Verlengd van vrijdag 24 september 2027 om 24u00 naar maandag 13 december 2027 om 24u00"
    )


def test_cancelled_deadline_stays_as_cancelled() -> None:
    deadline = make_deadline(cancelled_at=NOW)

    assert entry(deadline).status == "CANCELLED"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Call.Status.PUBLISHED, "CONFIRMED"),
        (Call.Status.SUSPENDED, "TENTATIVE"),
        (Call.Status.CANCELLED, "CANCELLED"),
    ],
)
def test_entry_follows_the_status_of_the_call(status: str, expected: str) -> None:
    deadline = make_deadline()
    deadline.call.status = status

    assert entry(deadline).status == expected


def test_provisional_date_is_tentative_and_says_so() -> None:
    made = entry(make_deadline(is_confirmed=False))

    assert made.status == "TENTATIVE"
    assert "Deze datum moet nog bevestigd worden." in made.description


def test_feed_is_read_by_another_program_on_the_right_day() -> None:
    make_deadline(closing=Closing.from_local(Edge.AT_TIME, DAY, None, BRUSSELS))
    rows = Deadline.objects.for_pages().with_changes()

    body = feed(contents(rows), name="Indiendata").body

    [found] = read_with_vobject(body)
    assert (found["start"], found["end"]) == ("2027-12-13", "2027-12-14")
    assert b"METHOD" not in body
    assert b"VTODO" not in body
    assert feed(contents(rows), name="Indiendata").body == body


def test_feed_asks_the_same_queries_for_one_and_for_ten(django_assert_num_queries: object) -> None:
    for number in (1, 9):
        for _each in range(number):
            make_deadline()

        with django_assert_num_queries(2):  # type: ignore[operator]
            contents(Deadline.objects.for_pages().with_changes())


# Counting ----------------------------------------------------------------------------------------


def counted(deadline: Deadline) -> int:
    """The SEQUENCE of its entry, as it stands in the database."""
    return entry(Deadline.objects.for_pages().get(pk=deadline.pk)).sequence


def save(deadline: Deadline, **facts: object) -> int:
    """How far saving it so takes its SEQUENCE."""
    before = counted(deadline)
    for name, value in facts.items():
        setattr(deadline, name, value)
    save_deadline(deadline, Edit(None, NOW, "Daarom"))
    return counted(deadline) - before


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        ({"closes_at": NOW + days(3)}, 1),
        ({"cancelled_at": NOW}, 1),
        ({"is_confirmed": False}, 1),
        ({"closes_at": NOW + days(3), "is_confirmed": False}, 1),
        # The same instant ends another day there.
        ({"time_zone": "America/New_York"}, 1),
        ({"edge": Edge.BEFORE_DATE}, 0),
        ({"outcome": "4 voorstellen", "source_phrase": "x", "is_mandatory": False}, 0),
        ({}, 0),
    ],
)
def test_sequence_counts_changes_of_day_and_status_and_nothing_else(
    facts: dict[str, object], steps: int
) -> None:
    assert save(make_deadline(), **facts) == steps


def test_sequence_counts_each_turn_of_the_status() -> None:
    deadline = make_deadline()

    assert save(deadline, is_confirmed=False) == 1
    assert save(deadline, is_confirmed=True) == 1
    assert save(deadline, cancelled_at=NOW) == 1
    assert save(deadline, cancelled_at=None) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("published", "suspended"), ("suspended", "published"), ("published", "cancelled")],
)
def test_sequence_counts_what_happens_to_the_call(old: str, new: str) -> None:
    deadline = make_deadline(call=make_call(status=old))
    before = counted(deadline)
    deadline.call.status = new
    deadline.call.save()

    note_status(deadline.call, old, Edit(None, NOW, "Daarom"))

    assert counted(deadline) == before + 1


def test_reminders_of_a_date_that_stays_are_not_sent_anew() -> None:
    """Their version is that of the date, not of all that a calendar shows."""
    deadline = make_deadline()

    save(deadline, is_confirmed=False)

    assert Deadline.objects.get().sequence == 0


# Shapes ------------------------------------------------------------------------------------------

NIGHT = Closing.from_local(Edge.AT_TIME, DAY, None, BRUSSELS)
NOON = Closing.from_local(Edge.BEFORE_TIME, DAY, time(12), BRUSSELS)
DAY_ONLY = Closing.from_local(Edge.THROUGH_DATE, DAY, None, BRUSSELS)


@pytest.mark.parametrize(
    ("shape", "closing", "summary", "start", "end"),
    [
        ("", NIGHT, "Indiendatum 24u00: Taal", "2027-12-13", "2027-12-14"),
        ("", NOON, "Indiendatum: Taal", "2027-12-13T10:30:00Z", "2027-12-13T11:00:00Z"),
        ("", DAY_ONLY, "Indiendatum: Taal", "2027-12-13", "2027-12-14"),
        ("day", NIGHT, "Indiendatum 24u00: Taal", "2027-12-13", "2027-12-14"),
        ("day", NOON, "Indiendatum 12u00: Taal", "2027-12-13", "2027-12-14"),
        ("day", DAY_ONLY, "Indiendatum: Taal", "2027-12-13", "2027-12-14"),
        ("hour", NIGHT, "Indiendatum: Taal", "2027-12-13T22:30:00Z", "2027-12-13T23:00:00Z"),
        ("hour", NOON, "Indiendatum: Taal", "2027-12-13T10:30:00Z", "2027-12-13T11:00:00Z"),
        ("hour", DAY_ONLY, "Indiendatum: Taal", "2027-12-13T22:30:00Z", "2027-12-13T23:00:00Z"),
    ],
)
def test_deadline_has_the_shape_that_was_chosen(
    shape: str, closing: Closing, summary: str, start: str, end: str
) -> None:
    made = entry(make_deadline(closing=closing, call=make_call(title="Taal")), shape=Shape(shape))

    [found] = read_with_vobject(calendar([made]))
    assert (found["summary"], found["start"], found["end"]) == (summary, start, end)


def test_shapes_of_a_deadline_are_one_entry() -> None:
    deadline = make_deadline()

    made = [entry(deadline, shape=shape) for shape in Shape]

    assert len({(each.uid, each.sequence, each.stamp) for each in made}) == 1


# In mails ----------------------------------------------------------------------------------------


def mails_about(deadline: Deadline) -> list[EmailMultiAlternatives]:
    """The mails about it that wait for somebody who follows its call."""
    return [
        mail_of(messages.compose(message, NOW), message_id="<1@example.org>")
        for message in Message.objects.filter(kind=messages.CHANGED)
    ]


def test_mail_of_a_moved_deadline_carries_it_as_a_file_and_in_no_other_way() -> None:
    deadline = make_deadline()
    make_follow(call=deadline.call)
    deadline.closes_at = Closing.from_local(Edge.AT_TIME, DAY, None, BRUSSELS).closes_at
    change = save_deadline(deadline, Edit(None, NOW, "Uitstel"))
    tell_followers(deadline.call, [change], now=NOW)

    [mail] = mails_about(deadline)
    parts = [part.get_content_type() for part in mail.message().walk() if not part.is_multipart()]
    [(name, content, kind)] = mail.attachments

    assert parts == ["text/plain", "text/html", "application/ics"]
    assert (name, kind) == ("indiendata.ics", "application/ics")
    [found] = read_with_vobject(content)
    assert (found["method"], found["uid"], found["sequence"]) == ("PUBLISH", deadline.uid, 1)
    assert (found["start"], found["end"]) == ("2027-12-13", "2027-12-14")
    assert found["description"].startswith("Verlengd van vrijdag 24 september 2027 om 24u00 naar")
    assert found["attendee"] is None
    assert f"DTSTAMP:{NOW:%Y%m%dT%H%M%SZ}".encode() in content


def test_mail_of_a_suspended_call_carries_all_its_dates_as_less_certain() -> None:
    deadline = make_deadline()
    make_deadline(call=deadline.call, kind=Deadline.Kind.INTAKE)
    make_deadline(call=deadline.call, closing=Closing(Edge.AT_TIME, NOW - days(30), BRUSSELS))
    make_follow(call=deadline.call)
    deadline.call.status = Call.Status.SUSPENDED
    deadline.call.save()
    change = note_status(deadline.call, Call.Status.PUBLISHED, Edit(None, NOW, "Begroting"))
    tell_followers(deadline.call, [change], now=NOW)

    [mail] = mails_about(deadline)

    found = read_with_vobject(mail.attachments[0].content)
    assert [(each["status"], each["sequence"]) for each in found] == [("TENTATIVE", 1)] * 2


def test_mail_of_a_call_without_dates_carries_no_file() -> None:
    call = make_call()
    make_follow(call=call)
    call.status = Call.Status.SUSPENDED
    call.save()
    change = note_status(call, Call.Status.PUBLISHED, Edit(None, NOW, "Begroting"))
    tell_followers(call, [change], now=NOW)

    [letter] = [messages.compose(message, NOW) for message in Message.objects.all()]

    assert letter.calendar is None
    assert not any("bestand in bijlage" in paragraph for paragraph in letter.closing)


def test_reminder_carries_the_dates_it_reminds_of() -> None:
    deadline = make_deadline()
    make_follow(call=deadline.call)
    now = due_at(deadline, 7)
    plan(now)

    [message] = Message.objects.filter(kind=messages.REMINDERS)
    letter = messages.compose(message, now)

    assert letter.calendar is not None
    [found] = read_with_vobject(letter.calendar.content)
    assert (found["method"], found["uid"]) == ("PUBLISH", deadline.uid)


# Leaving feeds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["itself", "its call"])
def test_cancelled_deadline_leaves_feeds_a_month_after_its_date_others_after_a_year(
    by: str,
) -> None:
    status = Call.Status.CANCELLED if by == "its call" else Call.Status.PUBLISHED
    cancelled_at = NOW if by == "itself" else None
    cancelled = make_deadline(call=make_call(status=status), cancelled_at=cancelled_at)
    held = make_deadline()
    minute = timedelta(minutes=1)

    for deadline, kept in ((cancelled, days(30)), (held, days(366))):
        leaves_at = deadline.closes_at + kept
        assert deadline.leaves_feeds_at == leaves_at
        assert deadline in Deadline.objects.in_feeds(leaves_at - minute)
        assert deadline not in Deadline.objects.in_feeds(leaves_at)


def test_contents_hold_until_the_first_deadline_leaves() -> None:
    make_deadline()
    first = make_deadline(cancelled_at=NOW)
    rows = Deadline.objects.for_pages().with_changes()

    assert contents(rows).until == first.leaves_feeds_at
    assert contents(rows.filter(cancelled_at=None), has_all=True).until is None
    assert contents([]).until is None
