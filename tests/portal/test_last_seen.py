"""When a browser that is signed in was last seen."""

import pytest
from allauth.usersessions.models import UserSession
from time_machine import TimeMachineFixture

from tests import build
from tests.build import NOW
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


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
