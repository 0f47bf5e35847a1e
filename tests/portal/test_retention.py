"""What organisers read of what is kept, and how a lead decides for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, Membership, Programme, Role, User
from events import privacy
from events.models import Needs, Registration, Session
from portal import nights, retention
from portal.models import NightlyRun
from portal.retention import Kept
from tests import build
from tests.build import NOW, days, make_registration, make_session
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

END = build.at("16:30")
NIGHT = datetime(2027, 9, 9, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def make_lead(programme: Programme) -> User:
    user = build.make_organiser(programme)
    Membership.objects.filter(user=user).update(role=Role.LEAD)
    return user


def signed_in(user: User) -> CheckedClient:
    client = CheckedClient()
    client.force_login(user)
    return client


def kept(now: datetime) -> list[Kept]:
    sessions = privacy.with_held(Session.objects.select_related("programme").all())
    return retention.kept(sessions, now=now)


def ran(at: datetime) -> None:
    NightlyRun.objects.create(name=nights.NAME, done_at=at)


# What is held ------------------------------------------------------------------------------------


def test_counts_say_how_much_is_still_held() -> None:
    session = make_session(capacity=1)
    _first, second, third = (make_registration(session) for _each in range(3))
    Needs.objects.create(registration=second, access="Zetel", consented_at=NOW)
    privacy.erase_registration(third, now=NOW, by=privacy.SYSTEM)
    make_registration(make_session())

    row = next(row for row in kept(NOW) if row.session == session)

    assert (row.names, row.needs, row.mails) == (2, 1, 2)
    assert (row.until, row.needs_until) == (END + days(90), END + days(30))
    assert (row.overdue, row.is_due_tonight) == ("", False)


def test_session_of_which_nothing_is_held_is_not_listed() -> None:
    make_session()
    privacy.erase_registration(make_registration(make_session()), now=NOW, by=privacy.SYSTEM)

    assert kept(NOW) == []


def test_names_that_are_due_go_tonight_and_are_not_yet_held_too_long() -> None:
    make_registration(make_session())
    ran(NIGHT - days(1))

    [row] = kept(END + days(90))

    assert (row.is_due_tonight, row.overdue) == (True, "")


@pytest.mark.parametrize(
    ("run_at", "reason"),
    [
        (None, "liep nog nooit"),
        (NIGHT - days(3), "sinds maandag 6 september 2027 om 3u30 niet meer"),
        (NIGHT + timedelta(minutes=1), "mislukte voor deze sessie"),
    ],
)
def test_names_that_a_night_left_are_held_too_long_with_the_reason(
    run_at: datetime | None, reason: str
) -> None:
    make_registration(make_session())
    if run_at is not None:
        ran(run_at)

    [row] = kept(NIGHT + timedelta(hours=1))

    assert reason in row.overdue


def test_needs_that_a_night_left_are_held_too_long() -> None:
    registration = make_registration(make_session())
    moment = END + days(32)
    ran(moment)
    before = [row.overdue for row in kept(moment)]
    Needs.objects.create(registration=registration, diet="Geen vis", consented_at=NOW)

    [row] = kept(moment)

    assert before == [""]
    assert "mislukte" in row.overdue


def test_time_that_was_shortened_today_makes_nothing_late_before_the_night() -> None:
    session = make_session()
    make_registration(session)
    moment = END + days(50)
    ran(nights.latest_night(moment))
    retention.change(session.programme, days=10, selection_rule="", now=moment, by=privacy.SYSTEM)

    rows = [kept(at)[0] for at in (moment, moment + days(1))]

    assert [(row.is_due_tonight, bool(row.overdue)) for row in rows] == [
        (True, False),
        (False, True),
    ]


def test_page_lists_own_programmes_only() -> None:
    session, foreign = make_session(title="Eigen"), make_session(title="Vreemd")
    make_registration(session)
    make_registration(foreign)

    own = signed_in(build.make_organiser(session.programme)).get("/organise/retention/")
    boss = signed_in(build.make_administrator()).get("/organise/retention/")

    assert ("Eigen" in own.content.decode(), "Vreemd" in own.content.decode()) == (True, False)
    assert "Vreemd" in boss.content.decode()


def test_page_shows_no_name_and_says_red_what_is_held_too_long(
    time_machine: TimeMachineFixture,
) -> None:
    session = make_session()
    registration = make_registration(session, name="Zeger Zonderling")
    organiser = build.make_organiser(session.programme)
    time_machine.move_to(NIGHT + days(1))

    page = signed_in(organiser).get("/organise/retention/").content.decode()

    assert "au-c-pill--error" in page
    assert "Te lang bewaard" in page
    assert "Zonderling" not in page
    assert registration.email not in page


def test_page_costs_the_same_for_three_sessions_and_for_twelve() -> None:
    programme = build.make_programme()
    client = signed_in(build.make_organiser(programme))
    client.get("/organise/retention/")
    counts = []
    for number in (3, 9):
        for _each in range(number):
            make_registration(make_session(programme=programme))

        with CaptureQueriesContext(connection) as executed:
            client.get("/organise/retention/")

        counts.append(len(executed))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "\x00"])
def test_page_number_that_makes_no_sense_is_no_fault(number: str) -> None:
    programme = build.make_programme()
    make_registration(make_session(programme=programme))
    client = signed_in(build.make_organiser(programme))

    assert client.get("/organise/retention/", {"page": number}).status_code == 200


# Deciding ----------------------------------------------------------------------------------------


def address(programme: Programme) -> str:
    return f"/organise/retention/{programme.slug}/"


def test_lead_changes_time_and_rule_and_it_is_recorded_without_the_words() -> None:
    programme = build.make_programme()
    lead = make_lead(programme)

    answer = signed_in(lead).post(
        address(programme), {"retention_days": "120", "selection_rule": "VO-2024-17"}
    )

    programme.refresh_from_db()
    assert answer.status_code == 302
    assert (programme.retention_days, programme.selection_rule) == (120, "VO-2024-17")
    entry = AuditEntry.objects.get(action=Action.RETENTION_CHANGED)
    assert (entry.user, entry.programme) == (lead, programme)
    assert entry.details == {"days": 120, "days_before": 90, "is_other_rule": True}


def test_nothing_is_recorded_where_nothing_changed() -> None:
    programme = build.make_programme()

    signed_in(make_lead(programme)).post(
        address(programme), {"retention_days": "90", "selection_rule": ""}
    )

    assert not AuditEntry.objects.exists()


def test_organiser_who_does_not_lead_decides_nothing() -> None:
    programme = build.make_programme()
    client = signed_in(build.make_organiser(programme))

    answers = [
        client.get(address(programme)),
        client.post(address(programme), {"retention_days": "1", "selection_rule": ""}),
    ]

    programme.refresh_from_db()
    assert [answer.status_code for answer in answers] == [404, 404]
    assert programme.retention_days == 90
    assert address(programme) not in client.get("/organise/retention/").content.decode()


def test_lead_of_another_programme_decides_nothing_here() -> None:
    programme = build.make_programme()
    client = signed_in(make_lead(build.make_programme()))

    assert client.get(address(programme)).status_code == 404


@pytest.mark.parametrize("typed", ["0", "731", "-1", "", "x", "1.5", "9" * 40, "１２０x"])
def test_time_outside_the_law_is_refused_and_stays_as_typed(typed: str) -> None:
    programme = build.make_programme()

    answer = signed_in(make_lead(programme)).post(
        address(programme), {"retention_days": typed, "selection_rule": "VO-1"}
    )

    programme.refresh_from_db()
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode() or typed == ""
    assert "VO-1" in answer.content.decode()
    assert programme.retention_days == 90


@pytest.mark.parametrize("rule", ["a\nb", "a" * 201])
def test_rule_that_is_no_line_is_refused(rule: str) -> None:
    programme = build.make_programme()

    answer = signed_in(make_lead(programme)).post(
        address(programme), {"retention_days": "90", "selection_rule": rule}
    )

    assert answer.status_code == 422


def test_shorter_time_says_first_how_many_it_reaches(time_machine: TimeMachineFixture) -> None:
    session = make_session(programme=build.make_programme())
    for _each in range(3):
        make_registration(session)
    programme = session.programme
    lead = make_lead(programme)
    time_machine.move_to(END + days(20))
    client = signed_in(lead)
    sent = {"retention_days": "10", "selection_rule": ""}

    asked = client.post(address(programme), sent)
    wrong = client.post(address(programme), sent | {"confirmed": "10:2"})
    other = client.post(address(programme), {**sent, "retention_days": "5", "confirmed": "10:3"})
    programme.refresh_from_db()
    before = programme.retention_days
    done = client.post(address(programme), sent | {"confirmed": "10:3"})

    programme.refresh_from_db()
    assert [answer.status_code for answer in (asked, wrong, other, done)] == [422, 422, 422, 302]
    assert "3 inschrijvingen worden vannacht anoniem" in asked.content.decode()
    assert 'value="10:3"' in asked.content.decode()
    assert (before, programme.retention_days) == (90, 10)
    assert Registration.objects.named().count() == 3


def test_longer_time_or_one_that_reaches_nobody_asks_nothing() -> None:
    session = make_session()
    make_registration(session)
    client = signed_in(make_lead(session.programme))

    statuses = [
        client.post(
            address(session.programme), {"retention_days": number, "selection_rule": ""}
        ).status_code
        for number in ("100", "10")
    ]

    assert statuses == [302, 302]
