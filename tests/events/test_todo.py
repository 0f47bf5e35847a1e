"""What an organiser has to do, and how their sessions stand on the overview."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.models import Programme
from events import registering, todo, warning
from events.models import Registration, Session, SessionState, VirtualLink
from events.todo import Mails, Stage
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests import build
from tests.build import NOW
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

# When the link of the default session goes out.
RELEASE = build.at("09:00", date(2027, 6, 9))


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme()


@pytest.fixture
def desk(programme: Programme) -> Client:
    client = CheckedClient()
    client.force_login(build.make_organiser(programme))
    return client


def tasks(session: Session, now: datetime) -> list[tuple[str, bool]]:
    with translation.override("nl"):
        [row] = todo.overview(Session.objects.filter(pk=session.pk), now)
    return [(task.sentence, task.is_late) for task in row.tasks]


# What needs doing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "words", "is_late"),
    [
        (RELEASE - timedelta(days=7, seconds=1), None, False),
        (RELEASE - timedelta(days=7), "De link ontbreekt nog", False),
        (RELEASE - timedelta(seconds=1), "De link ontbreekt nog", False),
        (RELEASE, "moest vertrekken op woensdag 9 juni 2027 om 09u00, naar 1 persoon", True),
        (build.at("16:29"), "moest vertrekken", True),
        (build.at("16:30"), None, False),
    ],
)
def test_missing_link_is_asked_for_from_a_week_before(
    now: datetime, words: str | None, is_late: bool
) -> None:
    session = build.make_session()
    build.make_registration(session)

    found = tasks(session, now)

    if words is None:
        assert found == []
    else:
        [(sentence, late)] = found
        assert words.replace("09u00", "9u00") in sentence.replace("09u00", "9u00")
        assert late == is_late


@pytest.mark.parametrize(
    "fields",
    [{"link": build.LINK}, {"attendance": "on_site", "venue": "Zaal"}, {"status": "cancelled"}],
)
def test_link_is_not_asked_for_where_there_is_none_to_send(fields: dict[str, Any]) -> None:
    assert tasks(build.make_session(**fields), RELEASE) == []


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (build.at("14:00") - timedelta(days=30, seconds=1), ""),
        (build.at("14:00") - timedelta(days=30), "Nog een concept"),
        (build.at("13:59"), "Nog een concept"),
        (build.at("14:00"), "had al moeten beginnen"),
    ],
)
def test_draft_is_asked_about_from_thirty_days_before(now: datetime, words: str) -> None:
    session = build.make_session(status="draft")

    found = tasks(session, now)

    assert bool(found) == bool(words)
    assert all(words in sentence for sentence, _late in found)


@pytest.mark.parametrize(("before", "is_asked"), [(7201, False), (7200, True), (60, True)])
def test_people_who_were_not_sent_all_are_told_two_hours_before(
    before: int, is_asked: bool
) -> None:
    session = build.make_session(link=build.LINK)
    build.make_registration(session)

    found = tasks(session, session.starts_at - timedelta(seconds=before))

    assert [late for _sentence, late in found] == ([True] if is_asked else [])
    assert all(sentence.startswith("1 persoon") for sentence, _late in found)


def fail(registration: Registration) -> None:
    """Let what waits for somebody be refused."""
    waiting = Message.objects.filter(object_id=registration.pk, state="waiting")
    waiting.update(state="failed", closed_at=NOW)


def test_failed_mail_is_told_until_the_address_is_put_right_and_the_mail_left() -> None:
    session = build.make_session(link=build.LINK)
    people = [build.make_registration(session) for _ in range(2)]
    for person in people:
        fail(person)
    before = tasks(session, NOW)
    details = build.applicant("goed@example.org")

    registering.correct(people[0], details, now=NOW)
    corrected = tasks(session, NOW)
    fail(people[0])
    wrong_again = tasks(session, NOW)
    registering.cancel(people[0], now=NOW, by=Registration.CancelledBy.OWNER)
    gone = tasks(session, NOW)

    told = " ".join(
        sentence for found in (before, corrected, wrong_again, gone) for sentence, _late in found
    )
    assert re.findall("[0-9]+", told) == ["2", "1", "2", "1"]


def test_task_and_warning_are_of_one_mind(programme: Programme) -> None:
    """Whatever organisers are mailed about stands on the overview, in the same words."""
    for fields in ({"link": build.LINK}, {}):
        session = build.make_session(programme=programme, **fields)
        build.make_registration(session)
    sessions = Session.objects.select_related("programme", "seats", "virtual_link")

    for now in (NOW, RELEASE, build.at("12:00"), build.at("15:00"), build.at("16:30")):
        warned = {found.session.pk: found.sentence for found in warning.warnings(sessions, now)}
        tasked = {
            row.session.pk: task.sentence
            for row in todo.overview(sessions, now)
            for task in row.tasks
            if task.is_late
        }
        assert warned == tasked


# How a session stands ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (SessionState.DRAFT, Stage.DRAFT),
        (SessionState.NOT_YET_OPEN, Stage.OPEN),
        (SessionState.OPEN, Stage.OPEN),
        (SessionState.WAITING_LIST, Stage.FULL),
        (SessionState.FULL, Stage.FULL),
        (SessionState.CLOSED, Stage.CLOSED),
        (SessionState.RUNNING, Stage.RUNNING),
        (SessionState.PAST, Stage.PAST),
        (SessionState.CANCELLED, Stage.CANCELLED),
    ],
)
def test_session_in_each_state_has_its_stage(state: SessionState, stage: Stage) -> None:
    session = build.make_session_in(state)

    assert todo.stage_of(session, state, NOW) is stage


def test_session_closes_soon_then_its_link_goes_out() -> None:
    session = build.make_session()
    closes_at = session.registration_closes_at
    moments = [closes_at - timedelta(days=7, seconds=1), closes_at - timedelta(days=7)]
    moments += [RELEASE - timedelta(days=2), RELEASE, build.at("13:59"), build.at("14:00")]

    stages = [todo.stage_of(session, session.state(now, is_full=False), now) for now in moments]

    assert stages == [
        Stage.OPEN, Stage.CLOSES_SOON, Stage.LINK, Stage.LINK, Stage.LINK, Stage.RUNNING,
    ]  # fmt: skip


def test_mails_are_counted_by_what_became_of_them() -> None:
    session, other = build.make_session(link=build.LINK), build.make_session(link=build.LINK)
    for _ in range(3):
        build.make_registration(session)
    build.make_registration(other)
    first, second, _third = Message.objects.filter(
        object_id__in=session.registrations.values("pk")
    ).order_by("pk")
    for message, state in ((first, "sent"), (second, "failed")):
        Message.objects.filter(pk=message.pk).update(state=state, closed_at=NOW)

    before, after = (
        [row.mails for row in todo.overview(Session.objects.order_by("pk"), now)]
        for now in (NOW, RELEASE)
    )

    assert before == [Mails(1, 1, 1), Mails(1, 0, 0)]
    # From the release on everybody with a seat is owed the link as well.
    assert after == [Mails(4, 1, 1), Mails(2, 0, 0)]


# The page ----------------------------------------------------------------------------------------


def test_overview_leads_to_where_it_is_done_and_names_only_ones_own(
    desk: Client, programme: Programme
) -> None:
    mine = build.make_session(programme=programme, title="Van mij", link_days_before=30)
    build.make_session(title="Van anderen")

    page = unescape(desk.get("/organise/").content.decode())

    assert f"/organise/sessions/{mine.slug}/page/#id_virtual_link" in page
    assert "De link ontbreekt" in page
    assert "Van anderen" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("praktijk", {"AI in de praktijk"}),
        ("PRAKTIJK ai", {"AI in de praktijk"}),
        ("pratique", {"AI in de praktijk"}),
        ("brussel", {"Recht"}),
        ("praktijk recht", set()),
        ("%", set()),
        ("\0", set()),
        ("x" * 5000, set()),
        ("' OR 'x'='x", set()),
    ],
)
def test_search_finds_by_title_in_any_language_and_by_place(
    query: str, found: set[str], desk: Client, programme: Programme
) -> None:
    over = Closing.from_local(Edge.BEFORE_DATE, date(2027, 5, 3), None, BRUSSELS)
    past = {"closing": over, "starts_at": NOW - timedelta(hours=2), "ends_at": NOW}
    build.make_session(
        programme=programme, title_nl="AI in de praktijk", title_fr="En pratique", **past
    )
    build.make_session(programme=programme, title_nl="Recht", venue_nl="Brussel", status="draft")
    client = Client()  # the checked one finds NUL, put back on the page
    client.cookies = desk.cookies

    answer = client.get("/organise/", {"q": query})

    assert answer.status_code == 200
    rows = [row for _name, _stage, rows in answer.context["groups"] for row in rows]
    assert {row.session.title for row in rows} == found


def test_overview_costs_the_same_with_three_and_three_hundred_sessions(
    desk: Client, programme: Programme
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/organise/").status_code == 200
        return len(captured)

    for _ in range(3):
        session = build.make_session(programme=programme)
        build.make_registration(session)
    queries()
    few = queries()
    made = Session.objects.bulk_create(
        Session(
            programme=programme,
            slug=f"veel-{number}",
            title_nl=f"Sessie {number}",
            status="published",
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            registration_closes_at=session.registration_closes_at,
            uid=f"veel-{number}",
        )
        for number in range(297)
    )
    VirtualLink.objects.bulk_create(VirtualLink(session=row, url=build.LINK) for row in made[:100])

    assert queries() == few
