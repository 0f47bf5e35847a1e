from datetime import datetime, timedelta

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from events.announcing import announce, seats_of
from events.models import SeatCount, Session, SessionState
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests.build import NOW, at, make_registration, make_session

pytestmark = pytest.mark.django_db

TICK = timedelta.resolution
CLOSED = (
    "Inschrijven kan niet meer. Dat kon tot en met maandag 7 juni 2027, 23u59 (Brusselse tijd)."
)


def full_session(*, waiting: int = 0, **fields: object) -> Session:
    session = make_session(capacity=1, **fields)
    for _ in range(1 + waiting):
        make_registration(session)
    return session


def said(session: Session, now: datetime = NOW) -> tuple[str, str, str, str]:
    announcement = announce(Session.objects.for_pages().get(pk=session.pk), now)
    return (
        announcement.state.value,
        announcement.word,
        announcement.sentence,
        announcement.tone,
    )


def test_announce_says_that_one_can_register_and_until_when() -> None:
    assert said(make_session()) == (
        "open",
        "Inschrijvingen open",
        "U kunt zich inschrijven tot en met maandag 7 juni 2027, 23u59 (Brusselse tijd).",
        "success",
    )


def test_announce_says_that_a_draft_is_for_organisers() -> None:
    assert said(make_session(status="draft")) == (
        "draft",
        "Concept",
        "Alleen organisatoren zien deze sessie.",
        "neutral",
    )


def test_announce_says_when_registration_opens() -> None:
    session = make_session(registration_opens_at=at("09:00"), closing=late_closing())

    assert said(session) == (
        "not_yet_open",
        "Nog niet open",
        "De inschrijvingen gaan open op donderdag 10 juni 2027 om 9u00.",
        "neutral",
    )


def test_announce_says_that_registration_is_closed_and_since_when() -> None:
    session = make_session()

    assert said(session, session.registration_closes_at) == (
        "closed",
        "Inschrijvingen gesloten",
        CLOSED,
        "neutral",
    )


def test_announce_says_that_a_session_goes_on() -> None:
    assert said(make_session(), at("14:00")) == ("running", "Nu bezig", CLOSED, "neutral")


def test_announce_says_that_a_session_is_over() -> None:
    assert said(make_session(), at("16:30")) == (
        "past",
        "Voorbij",
        "Deze sessie is voorbij.",
        "neutral",
    )


def test_announce_says_that_a_session_is_full() -> None:
    assert said(full_session(has_waiting_list=False)) == (
        "full",
        "Volzet",
        "Alle plaatsen zijn bezet en er is geen wachtlijst.",
        "error",
    )


@pytest.mark.parametrize(
    ("waiting", "line"),
    [
        (0, "Er staat nog niemand op."),
        (1, "Er staat 1 persoon op de wachtlijst."),
        (2, "Er staan 2 personen op de wachtlijst."),
    ],
)
def test_announce_says_how_many_wait(waiting: int, line: str) -> None:
    assert said(full_session(waiting=waiting)) == (
        "waiting_list",
        "Wachtlijst",
        f"Alle plaatsen zijn bezet. Schrijft u zich nu in, dan komt u op de wachtlijst. {line}",
        "warning",
    )


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Deze sessie gaat niet door."),
        ("De spreker is ziek.", "Deze sessie gaat niet door. De spreker is ziek."),
        (None, "Deze sessie gaat niet door."),
    ],
)
def test_announce_says_that_a_session_is_cancelled_and_why(
    reason: str | None, sentence: str
) -> None:
    session = make_session(status="cancelled", cancellation_reason=reason or "")
    if reason is None:
        Session.objects.filter(pk=session.pk).update(cancellation_reason_nl=None)

    assert said(session) == ("cancelled", "Geannuleerd", sentence, "error")


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_announce_says_every_state_in_the_active_language(language: str) -> None:
    sessions = [
        make_session(),
        make_session(status="draft"),
        make_session(status="cancelled"),
        make_session(registration_opens_at=at("09:00"), closing=late_closing()),
        full_session(),
        full_session(has_waiting_list=False),
    ]
    moments = [(session, NOW) for session in sessions]
    moments += [(sessions[0], at(clock)) for clock in ("13:59", "14:00", "16:30")]

    kept = []
    for session, now in moments:
        with translation.override("en"):
            in_english = said(session, now)
        with translation.override(language):
            in_own = said(session, now)
        if in_english[1] == in_own[1] or in_english[2] == in_own[2]:
            kept.append(in_own)

    assert kept == []


def test_announce_asks_nothing_of_the_database_for_a_page(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    session = Session.objects.for_pages().get(pk=full_session(waiting=2).pk)

    with django_assert_num_queries(0):
        announce(session, NOW)


def test_seats_of_a_session_without_count_are_unlimited() -> None:
    session = make_session()
    SeatCount.objects.filter(session=session).delete()

    seats = seats_of(Session.objects.for_pages().get(pk=session.pk))

    assert (seats.capacity, seats.taken, seats.is_full) == (None, 0, False)


# The state itself --------------------------------------------------------------------------------


def late_closing() -> Closing:
    """At 15:00, while the session runs."""
    return Closing(Edge.BEFORE_TIME, at("15:00"), BRUSSELS)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at("09:00") - TICK, SessionState.NOT_YET_OPEN),
        (at("09:00"), SessionState.OPEN),
        (at("14:00"), SessionState.OPEN),
        (at("15:00") - TICK, SessionState.OPEN),
        (at("15:00"), SessionState.RUNNING),
        (at("16:30") - TICK, SessionState.RUNNING),
        (at("16:30"), SessionState.PAST),
    ],
)
def test_state_changes_exactly_at_its_edges(now: datetime, state: SessionState) -> None:
    session = make_session(registration_opens_at=at("09:00"), closing=late_closing())

    assert session.state(now, is_full=False) == state


@pytest.mark.parametrize("now", [at("09:00") - TICK, at("15:00"), at("16:30")])
@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_state_that_the_organiser_decided_does_not_depend_on_the_moment(
    status: str, now: datetime
) -> None:
    session = make_session(status=status, registration_opens_at=at("09:00"), closing=late_closing())

    assert session.state(now, is_full=True).value == status


@pytest.mark.parametrize("has_waiting_list", [True, False])
def test_state_of_a_closed_session_is_closed_also_when_full(has_waiting_list: bool) -> None:
    session = make_session(has_waiting_list=has_waiting_list)

    assert session.state(at("13:00"), is_full=True) == SessionState.CLOSED


def test_state_takes_registrations_when_open_or_with_a_waiting_list_only() -> None:
    taking = [state for state in SessionState if state.takes_registrations]

    assert taking == [SessionState.OPEN, SessionState.WAITING_LIST]
