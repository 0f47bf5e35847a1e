"""The line to a mail server: commands that go together, and an answer that is heard later."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from mailing import smtp as lines
from mailing.models import Message
from tests.mailing import build
from tests.mailing.build import deliver_due, facts, make_message, make_messages
from tests.mailing.smtp_double import CUT, HANG, SmtpDouble

GREETING, ABLE = "220 ready", "250-server\r\n250-PIPELINING\r\n250 8BITMIME"
CONTENT = b"Subject: Hello\r\n\r\nText\r\n"


@contextmanager
def scripted(*script: str) -> Iterator[tuple[smtplib.SMTP, list[bytes]]]:
    """A line to a server that says one thing for each thing it reads; and what it read.

    Commands that come together are one thing, for which it says several lines at once.
    """
    read: list[bytes] = []

    def serve() -> None:
        line, _address = listener.accept()
        line.settimeout(10)
        with closing(line):
            line.sendall(f"{GREETING}\r\n".encode())
            for answer in script:
                read.append(line.recv(65536))
                line.sendall(f"{answer}\r\n".encode())

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        with closing(lines.Line("127.0.0.1", listener.getsockname()[1], timeout=10)) as line:
            yield line, read
        thread.join(10)


def hand_over(line: smtplib.SMTP) -> lines.Hear:
    assert isinstance(line, lines.Line)
    return line.hand_over("sessies@example.be", "an@example.org", CONTENT)


# What goes over the line --------------------------------------------------------------------------


def test_commands_go_together_and_then_the_mail() -> None:
    with scripted(ABLE, "250 ok\r\n250 ok\r\n354 go on", "250 taken") as (line, read):
        hand_over(line)()

    assert read[1:] == [
        b"MAIL FROM:<sessies@example.be>\r\nRCPT TO:<an@example.org>\r\nDATA\r\n",
        b"Subject: Hello\r\n\r\nText\r\n.\r\n",
    ]


def test_a_server_that_says_354_after_refusing_everybody_gets_no_mail() -> None:
    answers = "250 ok\r\n550 5.1.1 no such user\r\n354 go on"
    with (
        scripted(ABLE, answers, "554 nobody to send it to", "250 reset") as (line, read),
        pytest.raises(smtplib.SMTPRecipientsRefused) as refused,
    ):
        hand_over(line)

    assert refused.value.recipients == {"an@example.org": (550, b"5.1.1 no such user")}
    assert read[2:] == [b".\r\n", b"rset\r\n"]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ("451 not you\r\n503 who?\r\n503 what?", smtplib.SMTPSenderRefused),
        ("250 ok\r\n450 greylisted\r\n503 to whom?", smtplib.SMTPRecipientsRefused),
        ("250 ok\r\n250 ok\r\n451 disk full", smtplib.SMTPDataError),
    ],
)
def test_the_first_refusal_counts_and_the_line_begins_anew(
    answers: str, error: type[smtplib.SMTPException]
) -> None:
    script = [ABLE, answers, "250 reset", "250 ok\r\n250 ok\r\n354 go on", "250 taken"]
    with scripted(*script) as (line, read):
        with pytest.raises(error):
            hand_over(line)

        hand_over(line)()

    assert (read[2], len(read)) == (b"rset\r\n", 5)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ("421 closing", smtplib.SMTPSenderRefused),
        ("250 ok\r\n421 closing", smtplib.SMTPRecipientsRefused),
        ("250 ok\r\n250 ok\r\n421 closing", smtplib.SMTPDataError),
    ],
)
def test_a_server_that_hangs_up_is_not_asked_further(
    answers: str, error: type[smtplib.SMTPException]
) -> None:
    with scripted(ABLE, answers) as (line, _read), pytest.raises(error):
        hand_over(line)

    assert line.sock is None


@pytest.mark.parametrize("answer", ["451 disk full", "421 closing"])
def test_a_mail_refused_after_its_last_dot_is_refused_when_it_is_heard(answer: str) -> None:
    script = ["250 ok\r\n250 ok\r\n354 go on", answer, "250 reset"]
    with scripted(ABLE, *script) as (line, _read):
        hear = hand_over(line)

        with pytest.raises(smtplib.SMTPDataError) as refused:
            hear()

    assert refused.value.smtp_code == int(answer[:3])


def test_an_address_with_a_line_break_sends_nothing() -> None:
    with scripted(ABLE) as (line, read):
        assert isinstance(line, lines.Line)
        with pytest.raises(ValueError, match="line break"):
            line.hand_over("sessies@example.be", "an@example.org>\r\nRCPT TO:<bo@x.org", CONTENT)

    assert len(read) == 1


@pytest.mark.parametrize("takes_together", [True, False])
@given(st.lists(st.sampled_from([b".", b"..", b"", b".a", b"a."]), min_size=1))
def test_dots_at_the_beginning_of_lines_arrive_as_they_left(
    takes_together: bool, body: list[bytes]
) -> None:
    content = b"Subject: Dots\r\n\r\n" + b"\r\n".join(body) + b"\r\n"
    with SmtpDouble(takes_together=takes_together) as double:
        with closing(lines.Line("127.0.0.1", double.port, timeout=10)) as line:
            line.hand_over("sessies@example.be", "an@example.org", content)()

        assert double.accepted[0].content == content


# The next mail while a server takes the last one -------------------------------------------------


@pytest.mark.django_db
def test_the_next_mail_is_written_while_the_server_takes_the_one_before(
    smtp: SmtpDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_messages(2)
    written = Event()

    def compose(message: Message, now: object) -> object:
        if message.pk == second.pk:
            written.set()
        return original(message, now)

    original = build.compose
    monkeypatch.setattr(build, "compose", compose)
    waited: list[bool] = []
    smtp.when("DATA", lambda number: waited.append(number > 1 or written.wait(10)))

    deliver_due()

    assert waited == [True, True]
    assert smtp.recipients == [first.recipient, second.recipient]


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["550 no", "451 later", "421 closing", CUT])
def test_a_refusal_heard_late_is_written_with_the_mail_it_is_about(
    smtp: SmtpDouble, answer: str
) -> None:
    first, second, third = make_messages(3)
    smtp.at("DATA", second.recipient, answer)

    deliver_due()

    is_for_good = answer.startswith("5")
    assert facts(first)[0] == facts(third)[0] == Message.State.SENT
    assert facts(second)[0] == (Message.State.FAILED if is_for_good else Message.State.WAITING)
    assert smtp.recipients == [first.recipient, third.recipient]


@pytest.mark.django_db
def test_a_worker_that_stops_hears_first_what_became_of_the_mail_in_hand(smtp: SmtpDouble) -> None:
    first, second = make_messages(2)

    sent = deliver_due(stop_after=1)

    assert (sent, facts(first)[0], facts(second)[0]) == (
        1,
        Message.State.SENT,
        Message.State.WAITING,
    )


@pytest.mark.django_db
def test_the_last_mail_of_a_batch_that_is_not_answered_is_tried_again(
    smtp: SmtpDouble, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    message = make_message()
    smtp.at("DATA", message.recipient, HANG)

    sent = deliver_due()

    assert (sent, facts(message)[:2]) == (0, (Message.State.WAITING, 1))
