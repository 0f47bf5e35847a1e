"""The work of the night: when it is due, and that several workers do it once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events.models import Registration
from events.privacy import erase_registration
from mailing import outbox
from portal import nights
from portal.models import NightlyRun
from tests import build
from tests.build import NOW, days, make_registration, make_session
from tests.events.racing import at_once

pytestmark = pytest.mark.django_db

END = build.at("16:30")
# The first night in which the names of the default session may no longer be kept.
NIGHT = datetime(2027, 9, 9, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (NIGHT, NIGHT),
        (NIGHT - SECOND, NIGHT - days(1)),
        (NIGHT + days(1) - SECOND, NIGHT),
        # Winter time, and the nights in which the clocks change.
        (datetime(2027, 1, 10, 12, tzinfo=UTC), datetime(2027, 1, 10, 2, 30, tzinfo=UTC)),
        (datetime(2027, 3, 28, 1, 29, tzinfo=UTC), datetime(2027, 3, 27, 2, 30, tzinfo=UTC)),
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (datetime(2027, 10, 31, 2, 29, tzinfo=UTC), datetime(2027, 10, 30, 1, 30, tzinfo=UTC)),
        (datetime(2027, 10, 31, 2, 30, tzinfo=UTC), datetime(2027, 10, 31, 2, 30, tzinfo=UTC)),
    ],
)
def test_night_is_half_past_three_in_brussels(now: datetime, night: datetime) -> None:
    assert nights.latest_night(now) == night


def begin(now: datetime) -> None:
    """A worker that has run before."""
    NightlyRun.objects.create(name=nights.NAME, done_at=now)


def named() -> int:
    return Registration.objects.named().count()


def test_names_go_in_the_night_after_their_time_and_not_before() -> None:
    make_registration(make_session())
    begin(NIGHT - days(1))
    held = []

    for moment in (END + days(90), NIGHT - SECOND, NIGHT):
        nights.plan(moment)
        held.append(named())

    assert held == [1, 1, 0]


def test_night_without_a_worker_is_made_good() -> None:
    make_registration(make_session())
    begin(NIGHT - days(20))

    nights.plan(NIGHT + timedelta(hours=6))

    assert named() == 0


def test_first_worker_ever_waits_for_the_night() -> None:
    make_registration(make_session())

    nights.plan(NIGHT + timedelta(hours=6))
    before = named()
    nights.plan(NIGHT + days(1))

    assert (before, named()) == (1, 0)


def test_work_of_the_night_is_done_once_a_night() -> None:
    session = make_session()
    begin(NIGHT - days(1))

    nights.plan(NIGHT)
    make_registration(session)
    nights.plan(NIGHT + SECOND)
    before = named()
    nights.plan(NIGHT + days(1))

    assert (before, named()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_several_workers_do_it_once() -> None:
    make_registration(make_session())
    begin(NIGHT - days(1))

    results = at_once(*[partial(nights.plan, NIGHT)] * 4)

    assert results == [None] * 4
    assert AuditEntry.objects.filter(action=Action.DATA_EXPIRED).count() == 1
    assert NightlyRun.objects.get().lease_until is None


def test_worker_that_died_at_it_is_followed_by_another_after_its_lease() -> None:
    make_registration(make_session())
    begin(NIGHT - days(1))
    NightlyRun.objects.update(lease_until=NIGHT + nights.LEASE)
    held = []

    for moment in (NIGHT + SECOND, NIGHT + nights.LEASE):
        nights.plan(moment)
        held.append(named())

    assert held == [1, 0]


def test_planner_of_the_workers_does_the_work() -> None:
    make_registration(make_session())
    begin(NIGHT - days(1))

    outbox.plan(NIGHT)

    assert named() == 0


def test_command_does_it_at_once_whatever_the_hour(
    time_machine: TimeMachineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    make_registration(make_session())
    begin(NIGHT)
    time_machine.move_to(END + days(90))

    call_command("expire_data")
    call_command("expire_data")

    assert named() == 0
    assert capsys.readouterr().out == "What may no longer be kept is gone.\n" * 2


def test_command_ends_badly_where_a_session_fails(
    time_machine: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_registration(make_session())
    time_machine.move_to(END + days(90))
    monkeypatch.setattr("events.privacy.new_public_id", lambda: "x" * 4)
    make_registration(make_session(), now=NOW)
    Registration.objects.filter(pk=Registration.objects.latest("pk").pk).update(public_id="xxxx")

    with pytest.raises(CommandError, match="1"):
        call_command("expire_data")

    assert NightlyRun.objects.get().failures == 1


def test_erasure_whose_line_was_never_written_gets_it_at_night(settings: Settings) -> None:
    # In a test's own transaction nothing is done "once it holds", as when the power fails then.
    erase_registration(make_registration(make_session()), now=NOW, by=SYSTEM)
    begin(NIGHT - days(1))
    assert not settings.ERASURE_LOG.exists()

    nights.plan(NIGHT)

    assert settings.ERASURE_LOG.read_text().count("\n") == 1


def test_step_that_fails_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_registration(make_session())
    begin(NIGHT - days(1))

    def fail(_now: datetime) -> int:
        raise ValueError("stuck")

    monkeypatch.setattr("mailing.privacy.expire", fail)
    nights.plan(NIGHT)

    assert named() == 0
    assert NightlyRun.objects.get().failures == 1
    assert "stuck" in caplog.text
