import random
import socket
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from mailing import outbox
from mailing.models import Message
from mailing.outbox import LEASE, MAX_ATTEMPTS
from tests.build import NOW
from tests.mailing.build import (
    deliver_due,
    deliver_until_done,
    facts,
    make_message,
    make_messages,
    minutes,
    standing,
)
from tests.mailing.smtp_double import CUT, HANG, SmtpDouble

pytestmark = pytest.mark.django_db

WAITING, SENT, FAILED, DROPPED, WITHDRAWN, UNCERTAIN = (state.value for state in Message.State)


def never() -> bool:
    return False


# Putting in --------------------------------------------------------------------------------------


def test_put_keeps_the_first_of_two_messages_with_one_key() -> None:
    make_message("an@example.org", key="registration:1:link")

    make_message("bo@example.org", key="registration:1:link", due_at=NOW + minutes(5))

    assert list(Message.objects.values_list("recipient", "due_at")) == [("an@example.org", NOW)]


def test_put_keeps_the_rest_of_a_list_in_which_one_was_there_already() -> None:
    make_message(key="a")
    drafts = [outbox.Draft(key, "note", 1, "an@example.org", NOW) for key in ("a", "b", "b", "c")]

    outbox.put(drafts)

    assert sorted(Message.objects.values_list("key", flat=True)) == ["a", "b", "c"]


def test_put_does_not_reopen_a_message_that_was_sent(smtp: SmtpDouble) -> None:
    make_message("an@example.org", key="a")
    deliver_due()

    make_message("an@example.org", key="a")
    deliver_due()

    assert smtp.recipients == ["an@example.org"]


def test_put_leaves_nothing_when_its_transaction_is_undone() -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        make_message()
        raise Undone

    assert Message.objects.count() == 0


def test_put_lately_counts_one_address_since_a_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW - minutes(61), tick=False)
    make_message("an@example.org")
    time_machine.move_to(NOW - minutes(60), tick=False)
    make_message("an@example.org")
    make_message("bo@example.org")

    assert outbox.put_lately("an@example.org", since=NOW - minutes(60)) == 1


# Taking up ---------------------------------------------------------------------------------------


def test_claim_takes_the_most_urgent_first_then_the_one_due_longest() -> None:
    make_message(key="bulk", priority=Message.Priority.BULK, due_at=NOW - minutes(60))
    make_message(key="normal", due_at=NOW - minutes(30))
    make_message(key="longer due", due_at=NOW - minutes(40))
    make_message(key="urgent", priority=Message.Priority.URGENT)

    claimed = outbox.claim(NOW)

    assert [message.key for message in claimed] == ["urgent", "longer due", "normal", "bulk"]


def test_claim_takes_what_is_due_at_this_very_instant() -> None:
    make_message(key="due")
    make_message(key="not yet due", due_at=NOW + timedelta(microseconds=1))

    assert [message.key for message in outbox.claim(NOW)] == ["due"]


def test_claim_takes_no_more_than_a_batch() -> None:
    make_messages(3)

    assert len(outbox.claim(NOW, size=2)) == 2
    assert len(outbox.claim(NOW, size=2)) == 1


@pytest.mark.parametrize("state", [SENT, FAILED, DROPPED, WITHDRAWN, UNCERTAIN])
def test_claim_leaves_what_is_closed(state: str) -> None:
    make_message()
    Message.objects.update(state=state, closed_at=NOW)

    assert outbox.claim(NOW + minutes(60)) == []


def test_claim_leaves_what_a_worker_holds_until_its_lease_is_over() -> None:
    make_message(key="held")
    outbox.claim(NOW)

    before = outbox.claim(NOW + LEASE - timedelta(microseconds=1))
    after = outbox.claim(NOW + LEASE)

    assert (before, [message.key for message in after]) == ([], ["held"])


# Delivering --------------------------------------------------------------------------------------


def test_deliver_sends_each_message_to_its_recipient(either_smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")

    sent = deliver_due()

    message.refresh_from_db()
    assert (sent, either_smtp.recipients) == (1, ["an@example.org"])
    assert (message.state, message.closed_at, message.attempts) == (SENT, NOW, 1)
    assert message.lease_until is None


def test_deliver_sends_a_batch_over_one_line(either_smtp: SmtpDouble) -> None:
    make_messages(4)

    deliver_due()

    assert (len(either_smtp.accepted), either_smtp.lines) == (4, 1)


def test_deliver_records_the_address_the_mail_went_to(
    either_smtp: SmtpDouble, settings: Settings
) -> None:
    settings.OUTBOX_COMPOSERS = {"note": "tests.mailing.build.compose_to_new_address"}
    message = make_message("old@example.org")

    deliver_due()

    message.refresh_from_db()
    assert (either_smtp.recipients, message.recipient) == (["new@example.org"], "new@example.org")


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "552 5.2.2 mailbox full"])
def test_deliver_fails_a_refused_address_at_once_and_for_good(
    either_smtp: SmtpDouble, step: str, answer: str
) -> None:
    message = make_message("an@example.org")
    either_smtp.at(step, "an@example.org", answer)

    deliver_due()
    deliver_due(NOW + timedelta(days=2))

    state, attempts, reason = facts(message)
    assert (state, attempts, either_smtp.recipients) == (FAILED, 1, [])
    assert answer[4:] in reason
    assert sum(reached == "RCPT" for reached, _recipient in either_smtp.reached) == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 closing", "451 4.7.1 greylisted", CUT])
def test_deliver_tries_again_after_temporary_trouble(
    either_smtp: SmtpDouble, step: str, answer: str
) -> None:
    message = make_message("an@example.org")
    either_smtp.at(step, "an@example.org", answer)

    deliver_due()
    after_trouble = facts(message)[:2]
    deliver_due(NOW + minutes(2))

    assert after_trouble == (WAITING, 1)
    assert facts(message) == (SENT, 2, "")
    assert either_smtp.recipients == ["an@example.org"]


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_deliver_tries_again_after_silence(
    either_smtp: SmtpDouble, step: str, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    message = make_message("an@example.org")
    either_smtp.at(step, "an@example.org", HANG)

    deliver_due()

    assert facts(message)[:2] == (WAITING, 1)


def test_deliver_uses_one_message_id_for_every_try(either_smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    either_smtp.at("DATA", "an@example.org", "451 later", CUT)

    deliver_until_done(NOW, rounds=3)
    Message.objects.update(state=WAITING, closed_at=None)
    deliver_due(NOW + timedelta(days=1))

    assert either_smtp.message_ids("an@example.org") == [message.message_id] * 2


@pytest.mark.parametrize("answer", ["550 no such user", "451 later", "421 closing", CUT])
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_deliver_goes_on_with_the_batch_after_trouble_with_one(
    either_smtp: SmtpDouble, step: str, answer: str
) -> None:
    before, troubled, after = make_messages(3)
    either_smtp.at(step, troubled.recipient, answer)

    deliver_due()

    assert either_smtp.recipients == [before.recipient, after.recipient]
    assert [each.line for each in either_smtp.accepted] == [1, 2]
    assert facts(after)[0] == SENT


def test_deliver_goes_on_with_the_batch_after_silence(
    either_smtp: SmtpDouble, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    _silent, after = make_messages(2)
    either_smtp.at("DATA", _silent.recipient, HANG)

    deliver_due()

    assert either_smtp.recipients == [after.recipient]


@pytest.mark.parametrize("step", ["EHLO", "MAIL"])
@pytest.mark.parametrize("answer", ["550 5.7.1 sender refused", "451 later", "421 closing", CUT])
def test_trouble_before_the_address_is_named_fails_nobody(
    either_smtp: SmtpDouble, step: str, answer: str
) -> None:
    message = make_message("an@example.org")
    either_smtp.always_at(step, answer)

    deliver_due()
    after_trouble = facts(message)[:2]
    either_smtp.recover()
    deliver_due(NOW + minutes(2))

    assert after_trouble == (WAITING, 1)
    assert either_smtp.recipients == ["an@example.org"]


def test_a_refused_login_fails_nobody(settings: Settings) -> None:
    with SmtpDouble(credentials=(b"sessies", b"right")) as double:
        settings.EMAIL_BACKEND = "mailing.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", double.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "sessies", "wrong"
        settings.OUTBOX_COMPOSERS = {"note": "tests.mailing.build.compose"}
        message = make_message("an@example.org")

        deliver_due()
        after_refusal = facts(message)
        settings.EMAIL_HOST_PASSWORD = "right"
        deliver_due(NOW + minutes(2))

        assert after_refusal[:2] == (WAITING, 0)
        assert "SMTPAuthenticationError" in after_refusal[2]
        assert double.recipients == ["an@example.org"]


def test_a_login_that_is_missing_fails_nobody(settings: Settings) -> None:
    with SmtpDouble(credentials=(b"sessies", b"right")) as double:
        settings.EMAIL_BACKEND = "mailing.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", double.port
        settings.OUTBOX_COMPOSERS = {"note": "tests.mailing.build.compose"}
        message = make_message("an@example.org")

        deliver_due()

        assert facts(message)[:2] == (WAITING, 1)


@pytest.mark.parametrize(
    "answer",
    ["530 5.7.0 Authentication required", "535 5.7.8 bad credentials", "538 5.7.11 encrypt first"],
)
def test_a_server_that_asks_for_a_login_at_the_address_fails_nobody(
    smtp: SmtpDouble, answer: str
) -> None:
    message = make_message("an@example.org")
    smtp.at("RCPT", "an@example.org", answer)

    deliver_due()

    assert facts(message)[:2] == (WAITING, 1)


def test_a_server_that_is_not_there_fails_nobody(smtp: SmtpDouble, settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = unused.getsockname()[1]
        message = make_message("an@example.org")

        deliver_due()

    assert facts(message)[:2] == (WAITING, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"EMAIL_HOST": "mail.invalid"}, {"EMAIL_USE_TLS": True}, {"EMAIL_USE_SSL": True}],
    ids=["name nobody knows", "no TLS after all", "no TLS at all"],
)
def test_a_name_nobody_knows_or_a_line_without_tls_fails_nobody(
    wrong: dict[str, object], smtp: SmtpDouble, settings: Settings
) -> None:
    message = make_message("an@example.org")
    for name, value in wrong.items():
        setattr(settings, name, value)

    deliver_due()

    assert facts(message)[:2] == (WAITING, 0)
    assert smtp.accepted == []


def test_a_server_that_is_away_for_twelve_hours_loses_nothing(smtp: SmtpDouble) -> None:
    messages = make_messages(5)
    smtp.always_at("EHLO", "421 not now")
    now = NOW
    while now < NOW + timedelta(hours=12):
        deliver_due(now)
        now += minutes(1)
    smtp.recover()

    deliver_until_done(now, rounds=50)

    assert sorted(smtp.recipients) == sorted(message.recipient for message in messages)


def test_a_greylisting_server_gets_every_mail_once(smtp: SmtpDouble) -> None:
    messages = make_messages(3)
    for message in messages:
        smtp.at("RCPT", message.recipient, "451 4.7.1 greylisted, come back")

    deliver_due()
    deliver_due(NOW + minutes(2))

    assert Counter(smtp.recipients) == Counter(message.recipient for message in messages)


def test_pauses_grow_and_end_in_a_failure(smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    smtp.always_at("RCPT", "451 later")
    now, pauses = NOW, []
    for _attempt in range(MAX_ATTEMPTS - 1):
        deliver_due(now)
        message.refresh_from_db()
        pauses.append((message.due_at - now) / minutes(1))
        now = message.due_at

    deliver_due(now)

    bounds = [1, 5, 30] + [120] * (MAX_ATTEMPTS - 4)
    assert [
        round(longest * 0.8, 3) <= pause <= round(longest * 1.2, 3)
        for pause, longest in zip(pauses, bounds, strict=True)
    ] == [True] * len(bounds)
    assert facts(message)[:2] == (FAILED, MAX_ATTEMPTS)
    assert "451" in message.reason


def test_urgent_mail_is_tried_again_within_minutes_however_often_it_failed(
    smtp: SmtpDouble,
) -> None:
    message = make_message("an@example.org")
    Message.objects.update(priority=Message.Priority.URGENT, attempts=MAX_ATTEMPTS + 5)
    smtp.always_at("RCPT", "451 later")

    deliver_due()

    message.refresh_from_db()
    assert message.state == "waiting"
    assert message.due_at - NOW <= minutes(12)


def test_what_failed_together_does_not_come_back_together(smtp: SmtpDouble) -> None:
    random.seed(1)
    messages = make_messages(5)
    smtp.always_at("RCPT", "451 later")

    deliver_due()

    assert len(set(Message.objects.values_list("due_at", flat=True))) == len(messages)


def test_a_message_tried_for_the_last_time_and_sent_is_sent(smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    Message.objects.update(attempts=MAX_ATTEMPTS - 1)

    deliver_due()

    assert facts(message) == (SENT, MAX_ATTEMPTS, "")


# Composing ---------------------------------------------------------------------------------------


def test_a_text_that_cannot_be_composed_is_tried_later_while_the_rest_leaves(
    smtp: SmtpDouble,
) -> None:
    broken = make_message(kind="note.broken")
    whole = make_message()

    deliver_due()

    assert facts(broken)[:2] == (WAITING, 1)
    assert "TroublingText" in broken.reason
    assert facts(whole)[0] == SENT


def test_a_kind_nobody_composes_is_tried_later_while_the_rest_leaves(smtp: SmtpDouble) -> None:
    unknown = make_message(kind="nobody.knows")
    whole = make_message()

    deliver_due()

    assert (facts(unknown)[0], facts(whole)[0]) == (WAITING, SENT)


def test_a_text_that_can_never_be_composed_fails_in_the_end(smtp: SmtpDouble) -> None:
    broken = make_message(kind="note.broken")

    deliver_until_done(NOW, rounds=MAX_ATTEMPTS)

    assert facts(broken)[:2] == (FAILED, MAX_ATTEMPTS)


def test_a_message_no_longer_wanted_is_dropped_with_the_reason(smtp: SmtpDouble) -> None:
    message = make_message(kind="note.unwanted")

    deliver_due()

    assert facts(message) == (DROPPED, 1, "The session is over.")
    assert (message.closed_at, smtp.accepted, smtp.lines) == (NOW, [], 0)


def test_a_planner_that_raises_stops_neither_the_others_nor_the_mail(
    smtp: SmtpDouble, settings: Settings
) -> None:
    settings.OUTBOX_PLANNERS = [
        "tests.mailing.build.plan_badly",
        "tests.mailing.build.plan_one",
    ]

    outbox.plan(NOW)
    deliver_due()

    assert smtp.recipients == ["planned@example.org"]


# Stopping, leases, taking over -------------------------------------------------------------------


def test_deliver_gives_back_what_it_has_not_begun_when_told_to_stop(smtp: SmtpDouble) -> None:
    first, second, third = make_messages(3)

    deliver_due(stop_after=1)
    another = outbox.claim(NOW)

    assert smtp.recipients == [first.recipient]
    assert [message.pk for message in another] == [second.pk, third.pk]
    assert [facts(message)[1] for message in (second, third)] == [0, 0]


def test_deliver_stops_at_the_end_of_its_lease(smtp: SmtpDouble) -> None:
    first, second = make_messages(2)
    moments = iter([NOW, NOW, NOW + LEASE])

    outbox.deliver(outbox.claim(NOW), clock=lambda: next(moments, NOW + LEASE), is_stopping=never)

    assert smtp.recipients == [first.recipient]
    assert facts(second) == (WAITING, 0, "")
    assert [message.pk for message in outbox.claim(NOW + LEASE)] == [second.pk]


def test_a_slow_worker_does_not_overwrite_that_another_sent_it(smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    slow = outbox.claim(NOW)
    deliver_due(NOW + LEASE)
    smtp.at("RCPT", "an@example.org", "550 no such user")

    outbox.deliver(slow, clock=standing(NOW + minutes(1)), is_stopping=never)

    message.refresh_from_db()
    assert (message.state, message.attempts, message.reason) == (SENT, 1, "")
    assert message.closed_at == NOW + LEASE


def test_a_slow_worker_does_not_put_off_what_another_has_in_hand(smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    slow = outbox.claim(NOW)
    other = outbox.claim(NOW + LEASE)
    smtp.at("RCPT", "an@example.org", "451 later")

    outbox.deliver(slow, clock=standing(NOW + minutes(1)), is_stopping=never)

    message.refresh_from_db()
    assert (message.due_at, message.attempts, message.lease_until) == (NOW, 0, NOW + 2 * LEASE)
    assert outbox.claim(NOW + LEASE) == []

    outbox.deliver(other, clock=standing(NOW + LEASE), is_stopping=never)

    assert facts(message)[0] == SENT


def test_a_slow_worker_does_not_give_back_what_another_has_in_hand() -> None:
    make_message()
    slow = outbox.claim(NOW)
    outbox.claim(NOW + LEASE)

    outbox.deliver(slow, clock=standing(NOW + minutes(1)), is_stopping=lambda: True)

    assert outbox.claim(NOW + LEASE) == []


def test_a_slow_worker_that_sent_does_not_reopen_or_close_a_withdrawn_message(
    smtp: SmtpDouble,
) -> None:
    message = make_message()
    slow = outbox.claim(NOW)
    Message.objects.update(state=WITHDRAWN, closed_at=NOW, reason="Not needed.")

    outbox.deliver(slow, clock=standing(NOW + minutes(1)), is_stopping=never)

    assert facts(message) == (WITHDRAWN, 0, "Not needed.")


def test_two_deliveries_after_a_takeover_share_a_message_id(smtp: SmtpDouble) -> None:
    message = make_message("an@example.org")
    slow = outbox.claim(NOW)
    deliver_due(NOW + LEASE)

    outbox.deliver(slow, clock=standing(NOW + minutes(1)), is_stopping=never)

    assert smtp.message_ids("an@example.org") == [message.message_id] * 2


# Withdrawing -------------------------------------------------------------------------------------


def test_withdraw_takes_back_what_waits_and_counts_it(smtp: SmtpDouble) -> None:
    make_message("sent@example.org", key="sent", priority=Message.Priority.URGENT)
    deliver_due()
    waiting = make_message(key="waiting")
    make_message("other@example.org", key="other")

    taken_back = outbox.withdraw(["sent", "waiting", "unknown"], now=NOW, reason="A mistake.")
    deliver_due()

    assert (taken_back, facts(waiting)) == (1, (WITHDRAWN, 0, "A mistake."))
    assert smtp.recipients == ["sent@example.org", "other@example.org"]


def test_withdraw_leaves_what_a_worker_has_in_hand() -> None:
    message = make_message(key="held")
    outbox.claim(NOW)

    assert outbox.withdraw(["held"], now=NOW + minutes(1), reason="A mistake.") == 0
    assert facts(message)[0] == WAITING


def test_withdraw_takes_back_what_a_dead_worker_held() -> None:
    message = make_message(key="orphan")
    outbox.claim(NOW)

    assert outbox.withdraw(["orphan"], now=NOW + LEASE, reason="A mistake.") == 1
    assert facts(message)[0] == WITHDRAWN
