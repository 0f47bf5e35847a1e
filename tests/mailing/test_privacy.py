"""What the outbox holds on somebody, and how long."""

from datetime import timedelta
from email.message import EmailMessage as Mail
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from time_machine import TimeMachineFixture

from mailing import mailbox, privacy
from mailing.models import Message
from tests.build import NOW, days

pytestmark = pytest.mark.django_db

EMAIL = "Zeger@geheim.example"
EVERY_STATE = [state.value for state in Message.State]


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def make_message(key: str, recipient: str = EMAIL, **fields: object) -> Message:
    values = {"kind": "note.a", "object_id": 1, "due_at": NOW, "reason": f"550 <{recipient}>"}
    if fields.get("state", "waiting") != "waiting":
        values["closed_at"] = NOW
    return Message.objects.create(key=key, recipient=recipient, **(values | fields))


@pytest.mark.parametrize("state", EVERY_STATE)
def test_erased_message_names_nobody_and_stays_as_a_count(state: str) -> None:
    make_message("a", state=state, payload={"code": "1234"}, lease_until=None)
    other = make_message("b", "other@geheim.example", state=state)

    assert privacy.erase(EMAIL.lower(), now=NOW) == 1

    row = Message.objects.get(key="a")
    assert (row.recipient, row.reason, row.payload) == ("", "", {})
    assert row.state == ("withdrawn" if state == "waiting" else state)
    assert Message.objects.get(key="b").recipient == other.recipient


@pytest.mark.parametrize("typed", ["z%@geheim.example", "_eger@geheim.example", "%", "", "\\"])
def test_address_is_no_pattern(typed: str) -> None:
    make_message("a")

    assert privacy.erase(typed, now=NOW) == 0
    assert privacy.held(typed) == {}


def test_erasing_again_finds_nothing() -> None:
    make_message("a")

    assert [privacy.erase(EMAIL, now=NOW) for _each in range(2)] == [1, 0]


def test_held_tells_which_mails_and_when() -> None:
    make_message("registration:1:registered", state="sent")

    [entry] = privacy.held(EMAIL)["Mails aan u"]

    assert list(entry.values()) == [
        EMAIL,
        "2027-05-10T08:00:00+00:00",
        "verzonden",
        "registration:1:registered",
    ]


@pytest.mark.parametrize(
    ("object_id", "age", "is_gone"),
    [
        (0, timedelta(days=30), False),
        (0, timedelta(days=30, seconds=1), True),
        (7, timedelta(days=31), False),
        (7, timedelta(days=730), False),
        (7, timedelta(days=730, seconds=1), True),
    ],
)
def test_mail_is_forgotten_when_its_time_is_over(
    object_id: int, age: timedelta, is_gone: bool
) -> None:
    make_message("a", object_id=object_id, state="sent")

    assert privacy.expire(NOW + age) == is_gone

    assert (Message.objects.get().recipient == "") is is_gone


def test_expiring_goes_on_until_all_batches_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "BATCH_SIZE", 2)
    for number in range(5):
        make_message(str(number), object_id=0)

    assert [privacy.expire(NOW + days(31)) for _each in range(2)] == [5, 0]


def keep(to: str, body: str = "Dag") -> None:
    mailbox.MailboxBackend().send_messages([EmailMessage("Over", body, "us@x.example", [to])])


def test_kept_mails_of_an_address_go_however_they_are_encoded(
    settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    keep(EMAIL)
    keep("An <zeger@GEHEIM.example>")
    keep("other@x.example", f"Collega's: één, {EMAIL} ✓")
    keep("other@x.example")

    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(EMAIL, now=NOW)

    [left] = [mailbox.read(name) for name in mailbox.names(10)]
    assert isinstance(left, Mail)
    assert left["To"] == "other@x.example"


def test_kept_mails_from_after_a_moment_stay(time_machine: TimeMachineFixture) -> None:
    keep(EMAIL)
    time_machine.move_to(NOW + days(1), tick=False)
    keep(EMAIL)

    mailbox.erase(EMAIL, before=NOW)

    assert len(mailbox.names(10)) == 1


def test_erasing_where_no_mails_are_kept_makes_no_folder(settings: Settings) -> None:
    mailbox.erase(EMAIL)

    assert not Path(settings.MAILBOX_DIR).exists()
