"""Servers that are down, too fast a stream of mail, a second provider, and mail out of its time."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connections
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django.fixtures import Settings

from mailing import outbox, pausing, providers
from mailing.models import Heartbeat, Message, Provider
from tests.build import NOW
from tests.mailing.build import deliver_due, facts, make_message, make_messages, minutes, standing
from tests.mailing.smtp_double import CUT, SmtpDouble

pytestmark = pytest.mark.django_db

WAITING, SENT, FAILED, DROPPED, *_ = (state.value for state in Message.State)
FIRST = "mailbox"


def work(now: datetime) -> int:
    """One round of a worker as the command makes it."""
    return outbox.work(standing(now), is_stopping=lambda: False)


def options_of(double: SmtpDouble) -> dict[str, object]:
    """A mail server as the settings give it."""
    return {
        "backend": "mailing.smtp.Backend",
        "host": "127.0.0.1",
        "port": double.port,
        "username": "",
        "password": "",
        "use_tls": False,
        "use_ssl": False,
        "timeout": 5,
    }


def rest_of(name: str = FIRST) -> datetime:
    """Until when a provider is left alone."""
    until = Provider.objects.get(name=name).rests_until
    assert until is not None
    return until


# A server that is down ---------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["refused", "silent"])
def test_a_dead_server_is_asked_once_for_a_whole_batch_and_costs_no_attempts(
    smtp: SmtpDouble, settings: Settings, trouble: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    messages = make_messages(20)
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = dead.getsockname()[1]
        if trouble == "silent":
            dead.listen()  # takes the line and never says a word

        taken_up = [work(NOW), work(NOW + timedelta(seconds=20))]

    assert {facts(message)[:2] for message in messages} == {(WAITING, 0)}
    assert taken_up == [20, 0]
    assert Message.objects.exclude(lease_until=None).count() == 0


def test_rests_grow_up_to_ten_minutes_and_end_with_the_first_mail_that_leaves(
    smtp: SmtpDouble, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    make_message()
    now, rests = NOW, []
    for _round in range(7):
        work(now)
        rests.append((rest_of() - now).total_seconds())
        now = rest_of()
    settings.EMAIL_PORT = port

    work(now)

    expected = [30, 60, 120, 300, 600, 600, 600]
    assert all(0.8 * e <= rest <= 1.2 * e for e, rest in zip(expected, rests, strict=True))
    assert len(smtp.accepted) == 1
    assert Provider.objects.get().failures == 0


def test_one_mail_that_breaks_the_line_does_not_stop_the_others(smtp: SmtpDouble) -> None:
    messages = make_messages(3)
    smtp.at("DATA", messages[0].recipient, CUT)

    work(NOW)

    assert smtp.recipients == [message.recipient for message in messages[1:]]
    assert providers.can_send(NOW)


def test_a_line_that_breaks_twice_in_a_row_gives_the_rest_of_the_batch_back(
    smtp: SmtpDouble,
) -> None:
    messages = make_messages(5)
    smtp.always_at("DATA", CUT)

    work(NOW)

    assert [facts(message)[1] for message in messages] == [1, 1, 0, 0, 0]
    assert not providers.can_send(NOW)
    assert Message.objects.exclude(lease_until=None).count() == 0


def test_a_refused_address_is_not_the_servers_failure(smtp: SmtpDouble) -> None:
    messages = make_messages(4)
    for message in messages[:3]:
        smtp.at("RCPT", message.recipient, "550 5.1.1 no such user")

    work(NOW)

    assert smtp.recipients == [messages[3].recipient]
    assert providers.can_send(NOW)


# A second provider -------------------------------------------------------------------------------


def test_the_second_provider_takes_over_within_the_batch_and_the_first_comes_back(
    smtp: SmtpDouble, settings: Settings
) -> None:
    with SmtpDouble() as second:
        settings.MAIL_PROVIDERS = {FIRST: {}, "second": options_of(second)}
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        make_messages(3)

        work(NOW)
        settings.EMAIL_PORT = port
        make_messages(2)
        work(NOW + timedelta(seconds=10))
        make_messages(1)
        work(rest_of())

        assert (len(second.accepted), len(smtp.accepted)) == (5, 1)
        assert Message.objects.filter(state=SENT, attempts=1).count() == 6


def test_the_second_provider_is_left_alone_while_the_first_works(
    smtp: SmtpDouble, settings: Settings
) -> None:
    with SmtpDouble() as second:
        settings.MAIL_PROVIDERS = {FIRST: {}, "second": options_of(second)}
        make_messages(3)

        work(NOW)

        assert (len(smtp.accepted), second.lines) == (3, 0)


def test_with_both_providers_down_nothing_is_lost(smtp: SmtpDouble, settings: Settings) -> None:
    settings.MAIL_PROVIDERS = {FIRST: {}, "second": options_of(smtp) | {"port": 1}}
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    messages = make_messages(3)

    work(NOW)
    settings.EMAIL_PORT = port
    work(rest_of())

    assert len(smtp.accepted) == len(messages)


# Rate --------------------------------------------------------------------------------------------


class Rate(TestCase):
    """No minute holds more than the rate, wherever it begins and however often one asks."""

    @hypothesis_settings(max_examples=25, deadline=None)
    @given(
        rate=st.integers(1, 40),
        waits=st.lists(st.floats(0, 20), min_size=1, max_size=60),
    )
    def test_no_minute_holds_more_than_the_rate(self, rate: int, waits: list[float]) -> None:
        Provider.objects.all().delete()
        now, taken = NOW, []
        with self.settings(MAIL_RATE_PER_MINUTE=rate):
            for wait in waits:
                now += timedelta(seconds=wait)
                while providers.take_turn(FIRST, now):
                    taken.append(now)
        for begin in taken:
            in_minute = [at for at in taken if begin <= at < begin + timedelta(minutes=1)]
            assert len(in_minute) <= rate


@pytest.mark.parametrize("rate", [0, 1, 60])
def test_a_clock_that_was_ahead_and_is_put_back_stops_no_mail(
    rate: int, smtp: SmtpDouble, settings: Settings
) -> None:
    settings.MAIL_RATE_PER_MINUTE = rate
    ahead = NOW + timedelta(hours=3)
    make_message("an@example.org")
    work(ahead)
    make_message("bo@example.org")
    providers.failed(FIRST, ahead, reason="away", is_certain=True)

    work(NOW)

    assert smtp.recipients == ["an@example.org", "bo@example.org"]


@pytest.mark.parametrize("rate", [1, 7, 60, 200])
def test_who_asks_every_second_gets_nearly_the_whole_rate(settings: Settings, rate: int) -> None:
    settings.MAIL_RATE_PER_MINUTE = rate
    taken = 0

    for second in range(180):
        while providers.take_turn(FIRST, NOW + timedelta(seconds=second)):
            taken += 1

    assert 0.85 * 3 * rate <= taken <= 3 * rate + rate // 10 + 1


def test_a_batch_larger_than_the_rate_leaves_in_turns_without_using_up_attempts(
    smtp: SmtpDouble, settings: Settings
) -> None:
    settings.MAIL_RATE_PER_MINUTE = 10
    make_messages(12)

    first = work(NOW)
    now, taken_up = NOW, []
    for _second in range(120):
        now += timedelta(seconds=1)
        taken_up.append(work(now))

    assert first == 12
    assert len(smtp.accepted) == 12
    assert set(Message.objects.values_list("state", "attempts")) == {(SENT, 1)}
    assert 0 in taken_up


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_workers_in_a_rush_share_one_rate(settings: Settings) -> None:
    settings.MAIL_RATE_PER_MINUTE = 40
    Provider.objects.create(name=FIRST)
    start = Barrier(4)

    def take() -> int:
        start.wait(30)
        try:
            return sum(providers.take_turn(FIRST, NOW) for _try in range(20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        begun = [threads.submit(take) for _each in range(4)]
        taken = sum(each.result(60) for each in begun)

    assert taken == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_looking_and_writing_apart_would_exceed_the_rate(settings: Settings) -> None:
    """The control: without the condition on what was seen, two take the same turn."""
    settings.MAIL_RATE_PER_MINUTE = 1
    Provider.objects.create(name=FIRST)
    both_have_looked = Barrier(2)

    def look_then_take() -> bool:
        try:
            row = Provider.objects.get(name=FIRST)
            both_have_looked.wait(30)
            Provider.objects.filter(pk=row.pk).update(next_turn_at=NOW + minutes(1))
            return row.next_turn_at is None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        begun = [threads.submit(look_then_take) for _each in range(2)]
        taken = [each.result(60) for each in begun]

    assert taken == [True, True]


# Pause -------------------------------------------------------------------------------------------


def test_paused_mail_waits_while_codes_to_sign_in_leave(
    smtp: SmtpDouble, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.OUTBOX_COMPOSERS = {
        "note": "tests.mailing.build.compose",
        "sign_in": "tests.mailing.build.compose",
    }
    held = make_message("an@example.org")
    make_message("bo@example.org", kind="sign_in.mail")

    call_command("pause_mail", "Een fout in de uitnodiging")
    call_command("pause_mail")
    work(NOW)
    while_paused = (facts(held), list(smtp.recipients))
    call_command("resume_mail")
    call_command("resume_mail")
    work(NOW)

    assert while_paused == ((WAITING, 0, ""), ["bo@example.org"])
    assert smtp.recipients == ["bo@example.org", "an@example.org"]
    assert capsys.readouterr().out.splitlines() == [
        "The mail is paused.",
        "The mail was paused already.",
        "The mail leaves again.",
        "The mail was not paused.",
    ]


def test_a_pause_holds_from_the_next_mail_of_a_batch_in_hand(smtp: SmtpDouble) -> None:
    first, second = make_messages(2)
    claimed = outbox.claim(NOW)
    asked = count()

    def pause_after_first() -> bool:
        if next(asked) == 1:
            pausing.pause(NOW)
            time.sleep(pausing.LOOK_SECONDS)  # in which another mail may leave
        return False

    outbox.deliver(claimed, clock=standing(NOW), is_stopping=pause_after_first)

    assert smtp.recipients == [first.recipient]
    second.refresh_from_db()
    assert (second.state, second.attempts, second.lease_until) == (WAITING, 0, None)


# Out of its time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "state"), [(timedelta(microseconds=-1), SENT), (timedelta(0), DROPPED)]
)
def test_mail_is_dropped_from_the_moment_it_is_of_no_use(
    smtp: SmtpDouble, late: timedelta, state: str
) -> None:
    message = make_message(useful_until=NOW + minutes(5))

    deliver_due(NOW + minutes(5) + late)

    assert facts(message)[0] == state


def test_planning_drops_what_is_of_no_use_also_while_no_server_answers() -> None:
    late = make_message(useful_until=NOW, payload={"code": "123456"})
    fresh = make_message(useful_until=NOW + minutes(1))
    held = make_message(useful_until=NOW, priority=Message.Priority.URGENT)
    Message.objects.filter(pk=held.pk).update(lease_until=NOW + minutes(1))

    outbox.plan(NOW)

    late.refresh_from_db()
    assert (late.state, late.closed_at, late.payload) == (DROPPED, NOW, {})
    assert (facts(fresh)[0], facts(held)[0]) == (WAITING, WAITING)


def test_planning_says_that_a_worker_lives() -> None:
    outbox.plan(NOW)
    outbox.plan(NOW + timedelta(seconds=5))
    outbox.plan(NOW + minutes(1))

    assert list(Heartbeat.objects.values_list("at", flat=True)) == [NOW + minutes(1)]
