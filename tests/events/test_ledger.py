"""What mail is owed, what became of it, and the warnings when the two do not agree."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Action, AuditEntry
from events import ledger, messages, registering, rescheduling, warning
from events.models import Registration, Session, VirtualLink
from events.rescheduling import When
from events.warning import Lack
from mailing import outbox, pausing
from mailing.letters import NotWanted
from mailing.models import Heartbeat, Message, SuppressedAddress
from tests import build
from tests.build import LINK, NOW, at, days, make_registration, make_session
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

OWNER = Registration.CancelledBy.OWNER
HOUR = timedelta(hours=1)
TICK = timedelta.resolution
SHORTLY_BEFORE = at("12:30")


def figures(session: Session, now: datetime = NOW) -> dict[str, tuple[int, dict[str, int]]]:
    """Per kind how many are owed, and how many had each fate that occurs."""
    return {
        line.kind.partition(".")[2]: (
            len(line.entries),
            {fate.value: number for fate, number in line.figures if number},
        )
        for line in ledger.lines(session, now)
    }


def send(kind: str = "", outcome: str = "", **fields: object) -> None:
    """Let what waits have left."""
    rows = Message.objects.filter(state="waiting", **fields)
    rows = rows.filter(kind=f"events.{kind}") if kind else rows
    rows.update(state="sent", closed_at=NOW, outcome=outcome)


# Ledger ------------------------------------------------------------------------------------------


def test_a_session_without_registrations_owes_nothing() -> None:
    assert figures(make_session()) == {}


def test_everybody_is_owed_what_tells_of_their_state() -> None:
    session = make_session(capacity=2)
    gone, _first, _second = (make_registration(session) for _each in range(3))
    make_registration(session)
    send()
    registering.cancel(gone, now=NOW, by=OWNER)

    found = figures(session)

    assert found == {
        # The one who moved up heard of it then, in a mail that has not left.
        "registered": (2, {"waiting": 1, "sent": 1}),
        "waiting": (1, {"sent": 1}),
        "cancelled": (1, {"waiting": 1}),
    }


@pytest.mark.parametrize(
    ("state", "outcome", "expected"),
    [
        ("waiting", "", {"waiting": 1}),
        ("sent", "", {"sent": 1}),
        ("sent", "delivered", {"sent": 1, "delivered": 1}),
        ("sent", "bounced", {"sent": 1, "bounced": 1}),
        ("sent", "complained", {"sent": 1, "complained": 1}),
        ("failed", "", {"failed": 1}),
        ("dropped", "", {"withdrawn": 1}),
        ("withdrawn", "", {"withdrawn": 1}),
    ],
)
def test_every_fate_of_a_mail_is_counted(
    state: str, outcome: str, expected: dict[str, int]
) -> None:
    session = make_session()
    make_registration(session)
    closed_at = None if state == "waiting" else NOW
    Message.objects.update(state=state, closed_at=closed_at, outcome=outcome)

    assert figures(session) == {"registered": (1, expected)}


def test_what_was_never_put_in_shows_as_owed() -> None:
    session = make_session()
    make_registration(session)
    Message.objects.all().delete()

    assert figures(session) == {"registered": (1, {"waiting": 1})}


@pytest.mark.parametrize(("early", "is_owed"), [(TICK, False), (timedelta(0), True)])
def test_the_link_is_owed_from_its_release(early: timedelta, is_owed: bool) -> None:
    session = make_session(link=LINK)
    make_registration(session)

    assert ("link" in figures(session, session.link_released_at - early)) is is_owed


def test_a_link_of_before_a_move_does_not_count_for_the_new_day() -> None:
    session = make_session(link=LINK)
    make_registration(session)
    messages.plan(session.link_released_at)
    send()
    to = When(session.starts_at + days(7), session.ends_at + days(7))
    rescheduling.move(session, to, now=session.link_released_at)

    assert figures(session, session.link_released_at)["link"] == (1, {"waiting": 1})


def test_a_cancelled_session_owes_everybody_that_it_is_cancelled() -> None:
    session = make_session()
    for _each in range(2):
        make_registration(session)
    rescheduling.cancel_session(session, now=NOW)

    assert figures(session) == {"session_cancelled": (2, {"waiting": 2})}


def test_the_ledger_of_many_costs_as_many_queries_as_that_of_few() -> None:
    def queries(session: Session) -> int:
        with CaptureQueriesContext(connection) as captured:
            ledger.lines(session, NOW)
        return len(captured)

    few, many = make_session(), make_session()
    for session, number in ((few, 3), (many, 60)):
        for _each in range(number):
            make_registration(session)

    assert queries(few) == queries(many) == 2


# Page --------------------------------------------------------------------------------------------


@pytest.fixture
def organiser(client: CheckedClient) -> Callable[[Session], CheckedClient]:
    def signed_in(session: Session) -> CheckedClient:
        client.force_login(build.make_organiser(session.programme))
        return client

    return signed_in


def page(client: CheckedClient, session: Session, query: str = "") -> str:
    response = client.get(f"/organise/sessions/{session.slug}/mail/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_people_behind_a_number_are_shown_and_that_is_written_down(
    organiser: Callable[[Session], CheckedClient],
) -> None:
    session = make_session()
    make_registration(session, email="an@example.org", name="An Aerts")
    make_registration(session, email="bo@example.org", name="Bo Bos")
    send(recipient="bo@example.org")
    SuppressedAddress.objects.create(address="an@example.org", outcome="bounced", suppressed_at=NOW)
    client = organiser(session)

    numbers = page(client, session)
    behind = page(client, session, "?kind=events.registered&fate=waiting")

    assert "An Aerts" not in numbers
    assert ("An Aerts" in behind, "Bo Bos" in behind) == (True, False)
    assert "krijgt geen mail meer" in behind
    assert [entry.details for entry in AuditEntry.objects.filter(action=Action.MESSAGES_SEEN)] == [
        {"people": 1}
    ]


@pytest.mark.parametrize(
    "query",
    [
        "?kind=x&fate=y",
        "?kind=events.registered&fate=%00",
        "?kind=%00",
        "?kind=events.registered&fate=sent&page=x",
        "?kind[]=1&fate[]=2",
        "?kind=" + "x" * 5000,
    ],
)
def test_numbers_nobody_has_show_the_table_alone(
    organiser: Callable[[Session], CheckedClient], query: str
) -> None:
    session = make_session()
    make_registration(session, name="An Aerts")

    assert "An Aerts" not in page(organiser(session), session, query)


def test_the_workspace_says_that_mail_is_paused_and_that_no_worker_runs(
    organiser: Callable[[Session], CheckedClient], time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    session = make_session()
    client = organiser(session)
    alarming = client.get("/organise/").content.decode()
    Heartbeat.objects.create(at=NOW)
    quiet = client.get("/organise/").content.decode()
    pausing.pause(NOW)
    paused = client.get("/organise/").content.decode()

    assert "Er vertrekt nu geen mail" in alarming
    assert "au-c-alert" not in quiet
    assert "gepauzeerd" in paused


# Warnings ----------------------------------------------------------------------------------------


def lacks(session: Session, now: datetime) -> list[tuple[Lack, int]]:
    return [
        (found.lack, found.number)
        for found in warning.warnings([Session.objects.get(pk=session.pk)], now)
    ]


@pytest.mark.parametrize(("early", "expected"), [(TICK, []), (timedelta(0), [(Lack.LINK, 0)])])
def test_a_missing_link_is_warned_of_from_the_moment_its_mail_is_due(
    early: timedelta, expected: list[object]
) -> None:
    session = make_session()

    assert lacks(session, session.link_released_at - early) == expected


def test_a_session_on_site_lacks_no_link() -> None:
    session = make_session(attendance="on_site", venue="Herman Teirlinck")

    assert lacks(session, session.link_released_at) == []


@pytest.mark.parametrize(("early", "expected"), [(TICK, []), (timedelta(0), [(Lack.MAIL, 1)])])
def test_what_is_not_sent_is_warned_of_two_hours_before_the_start(
    early: timedelta, expected: list[object]
) -> None:
    session = make_session(link=LINK)
    make_registration(session, email="an@example.org")
    make_registration(session, email="bo@example.org")
    messages.plan(session.link_released_at)
    send("registered")
    send("link", recipient="bo@example.org")

    assert lacks(session, session.starts_at - 2 * HOUR - early) == expected


def test_a_bounced_link_is_warned_of() -> None:
    session = make_session(link=LINK)
    make_registration(session)
    messages.plan(session.link_released_at)
    send("registered")
    send("link", outcome="bounced")

    assert lacks(session, session.starts_at - HOUR) == [(Lack.MAIL, 1)]


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_sessions_that_do_not_take_place_are_not_warned_of(status: str) -> None:
    session = make_session()
    Session.objects.update(status=status)

    assert lacks(session, session.starts_at - HOUR) == []


def test_nothing_is_warned_of_once_the_session_is_over() -> None:
    session = make_session()

    assert lacks(session, session.ends_at) == []


def test_each_organiser_gets_one_mail_and_others_none() -> None:
    session = make_session()
    build.make_organiser(session.programme, email="els@example.org")
    build.make_lead(session.programme, email="tom@example.org", language="fr")
    build.make_organiser(session.programme, email="gone@example.org", is_active=False)
    build.make_organiser(build.make_programme(), email="other@example.org")

    for _run in range(3):
        warning.plan(session.link_released_at)

    warned = Message.objects.filter(kind="organisers.link_missing")
    assert sorted(warned.values_list("recipient", flat=True)) == [
        "els@example.org",
        "tom@example.org",
    ]
    letters = [warning.compose(message, session.link_released_at) for message in warned]
    assert {letter.language for letter in letters} == {"nl", "fr"}
    assert f"/organise/sessions/{session.slug}/mail/" in str(letters[0].button)


def test_a_warning_that_is_solved_before_it_leaves_is_not_sent() -> None:
    session = make_session()
    build.make_organiser(session.programme)
    warning.plan(session.link_released_at)
    VirtualLink.objects.create(session=session, url=LINK)

    with pytest.raises(NotWanted):
        warning.compose(Message.objects.get(), session.link_released_at)


# Several changes, one mail -----------------------------------------------------------------------


def changed(state: str = "waiting") -> list[Message]:
    return list(Message.objects.filter(kind="events.changed", state=state).order_by("pk"))


def later(session: Session, hours: float) -> When:
    return When(session.starts_at + hours * HOUR, session.ends_at + hours * HOUR)


def told(message: Message, now: datetime = NOW) -> str:
    return " ".join(messages.compose(message, now).opening)


def test_several_changes_are_told_in_one_mail_from_first_to_last() -> None:
    session = make_session()
    make_registration(session)

    rescheduling.move(session, later(session, 1), now=NOW)
    rescheduling.move(session, later(session, 1), now=NOW + timedelta(minutes=3))
    was = messages.as_told(session)
    Session.objects.filter(pk=session.pk).update(venue_nl="Gent", venue="Gent")
    session.refresh_from_db()
    rescheduling.change_place(session, now=NOW + timedelta(minutes=4), was=was)

    [message] = changed()
    text = told(message)
    assert message.due_at == NOW + messages.SETTLING
    assert "14u00" in text
    assert "15u00" not in text.partition("16u00")[0]
    assert "16u00" in text
    assert "Gent" in text
    assert len(changed("withdrawn")) == 2


def test_a_change_that_is_not_told_does_not_silence_the_one_that_is() -> None:
    session = make_session()
    first = make_registration(session)
    rescheduling.move(session, later(session, 1), now=NOW)
    newcomer = make_registration(session)

    rescheduling.move(session, later(session, 1), now=NOW, tell=False)
    rescheduling.change_place(session, now=NOW, tell=False)

    [message] = changed()
    assert (message.object_id, message.due_at) == (first.pk, NOW + messages.SETTLING)
    text = told(message)
    assert ("14u00" in text, "16u00" in text, "15u00" in text.partition("16u00")[0]) == (
        True,
        True,
        False,
    )
    assert newcomer.pk not in {each.object_id for each in changed("withdrawn")}


def test_a_change_that_is_undone_in_time_is_not_told() -> None:
    session = make_session()
    make_registration(session)
    rescheduling.move(session, later(session, 1), now=NOW)
    rescheduling.move(session, later(session, -1), now=NOW + timedelta(minutes=1))

    [message] = changed()
    with pytest.raises(NotWanted):
        messages.compose(message, NOW)


def test_a_change_after_the_mail_was_taken_up_is_told_by_itself() -> None:
    session = make_session()
    make_registration(session)
    rescheduling.move(session, later(session, 1), now=NOW)
    outbox.claim(NOW + messages.SETTLING)
    rescheduling.move(session, later(session, 1), now=NOW + messages.SETTLING)

    first, second = changed()
    with pytest.raises(NotWanted):
        messages.compose(first, NOW)
    assert told(second).count("15u00") == 1
    assert second.due_at == NOW + 2 * messages.SETTLING


@pytest.mark.parametrize(("early", "waits"), [(TICK, True), (timedelta(0), False)])
def test_a_change_shortly_before_the_start_leaves_at_once(early: timedelta, waits: bool) -> None:
    session = make_session()
    make_registration(session)
    to = later(session, 1)
    now = to.starts_at - messages.SOON - early

    rescheduling.move(session, to, now=now)

    [message] = changed()
    assert (message.due_at > now) is waits


def test_what_waits_stays_useful_until_the_new_end() -> None:
    session = make_session()
    make_registration(session)

    rescheduling.move(session, later(session, 48), now=NOW)

    assert set(Message.objects.values_list("useful_until", flat=True)) == {session.ends_at}


def test_page_shows_all_whose_mail_did_not_reach_them_whatever_its_kind(
    organiser: Callable[[Session], CheckedClient], time_machine: Any
) -> None:
    session = make_session(link=LINK)
    for name in ("An Aerts", "Bo Bos", "Cas Claes"):
        make_registration(session, name=name, email=f"{name[:2].lower()}@example.org")
    messages.plan(session.link_released_at)
    time_machine.move_to(session.link_released_at, tick=False)
    send("registered")
    Message.objects.filter(recipient="an@example.org", kind="events.link").update(
        state="failed", closed_at=NOW
    )
    send("link", outcome="bounced", recipient="bo@example.org")

    shown = page(organiser(session), session, "?fate=failed")

    assert ["An Aerts" in shown, "Bo Bos" in shown, "Cas Claes" in shown] == [True, True, False]
