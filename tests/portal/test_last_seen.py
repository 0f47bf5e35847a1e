"""When a browser that is signed in was last seen, and who is signed out for sitting idle."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from pytest_django import Settings
from time_machine import TimeMachineFixture

from portal import last_seen
from tests import build
from tests.build import NOW
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@dataclass
class Desk:
    """A browser that is signed in, and the clock."""

    client: CheckedClient
    time_machine: TimeMachineFixture

    def __post_init__(self) -> None:
        self.key = self.client.cookies[settings.SESSION_COOKIE_NAME].value

    def asks_at(self, minutes: float, address: str) -> int:
        """What a page answers, so many minutes after the beginning."""
        self.time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        return int(self.client.get(address).status_code)


@pytest.fixture(autouse=True)
def _process_that_has_seen_nobody() -> None:
    last_seen._seen.clear()


def test_last_seen_is_written_down_every_five_minutes_and_not_at_each_request(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW, tick=False)
    client.force_login(build.make_user())
    client.get("/accounts/email/")

    def seen_at(minutes: float) -> float:
        time_machine.move_to(NOW + build.days(minutes / 24 / 60), tick=False)
        client.get("/accounts/email/")
        return (UserSession.objects.get().last_seen_at - NOW).total_seconds() / 60

    assert [seen_at(minutes) for minutes in (0, 4.9, 5, 9, 10.5)] == [0, 0, 5, 5, 10.5]


def test_browser_that_turns_up_elsewhere_is_written_down_at_once(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW, tick=False)
    client.force_login(build.make_user())
    client.get("/accounts/email/")

    client.get("/accounts/email/", REMOTE_ADDR="192.0.2.9")
    assert UserSession.objects.get().ip == "192.0.2.9"
    client.get("/accounts/email/", headers={"user-agent": "Other"})
    assert UserSession.objects.get().user_agent == "Other"


# Sitting idle ------------------------------------------------------------------------------------


@pytest.fixture
def desk(client: CheckedClient, settings: Settings, time_machine: TimeMachineFixture) -> Desk:
    """An organiser at work, who may sit idle for an hour."""
    time_machine.move_to(NOW, tick=False)
    settings.SESSION_IDLE_MINUTES = 60
    client.force_login(build.make_organiser(build.make_programme()))
    return Desk(client, time_machine)


def test_organiser_who_sat_idle_is_asked_to_sign_in_and_told_why(desk: Desk) -> None:
    assert desk.asks_at(0, "/organise/") == 200
    assert desk.asks_at(59, "/organise/") == 200
    assert desk.asks_at(59 + 60, "/organise/") == 302

    page = desk.client.get("/accounts/login/").content.decode()

    assert "U hebt hier een tijd niets gedaan" in page
    assert desk.asks_at(59 + 61, "/organise/") == 302
    assert not Session.objects.filter(session_key=desk.key).exists()


def test_organiser_at_work_stays_signed_in_for_hours_whichever_process_answers(desk: Desk) -> None:
    for minutes in range(0, 600, 50):
        last_seen._seen.clear()  # a process that never saw them
        assert desk.asks_at(minutes, "/organise/") == 200
        assert desk.asks_at(minutes + 4, "/organise/") == 200


def test_looking_at_public_pages_is_no_work(desk: Desk) -> None:
    assert desk.asks_at(0, "/organise/") == 200
    for minutes in range(5, 60, 5):
        assert desk.asks_at(minutes, "/") == 200

    assert desk.asks_at(60, "/organise/") == 302


def test_no_page_behind_signing_in_opens_after_sitting_idle(desk: Desk) -> None:
    for minutes, address in enumerate(["/me/", "/admin/", "/accounts/email/"]):
        last_seen._seen.clear()
        desk.client.force_login(build.make_organiser(build.make_programme()))
        assert desk.asks_at(200 * minutes, address) == 200
        assert desk.asks_at(200 * minutes + 60, address) == 302


def test_only_who_works_for_a_programme_is_signed_out(desk: Desk) -> None:
    desk.client.force_login(build.make_user())

    assert desk.asks_at(0, "/me/") == 200
    assert desk.asks_at(3 * 24 * 60, "/me/") == 200


def test_no_limit_on_sitting_idle_is_none(desk: Desk, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 0

    assert desk.asks_at(0, "/organise/") == 200
    assert desk.asks_at(3 * 24 * 60, "/organise/") == 200


def test_form_sent_after_sitting_idle_is_kept(desk: Desk) -> None:
    headers = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
    desk.asks_at(0, "/organise/")
    desk.asks_at(0, "/accounts/login/")

    desk.time_machine.move_to(NOW + timedelta(hours=2), tick=False)
    page = desk.client.post("/organise/sessions/new/", {"title_nl": "Lang werk"}, headers=headers)

    assert page.status_code == 403
    assert "Lang werk" in page.content.decode()


# What a browser keeps ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/accounts/email/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/", "/me/",
     "/organise/", "/admin/", "/", "/sessions/", "/nowhere/"],
)  # fmt: skip
def test_no_browser_keeps_what_somebody_saw_who_was_signed_in(desk: Desk, address: str) -> None:
    assert "no-store" in desk.client.get(address).headers["Cache-Control"]
