"""Mail services: what they take, what they let know, and addresses that get no mail any more.

The bodies are those of the services' own documentation, as anymail's refers to it.
"""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Action, AuditEntry
from mailing import hearing, outbox, privacy
from mailing.models import Message, SuppressedAddress
from tests import build
from tests.build import NOW
from tests.mailing.api_double import ApiDouble
from tests.mailing.build import (
    deliver_due,
    facts,
    make_calendar_part,
    make_letter,
    make_message,
    minutes,
    standing,
)
from tests.mailing.smtp_double import SmtpDouble
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

Outcome = Message.Outcome
SECRET = "provider:s3cret"
NUMBER = "<202110010000.12345678901@smtp-relay.mailin.fr>"


def brevo(event: str, **more: object) -> dict[str, object]:
    return {
        "event": event,
        "email": "an@example.org",
        "id": 1,
        "date": "2027-05-10 10:00:00",
        "ts_epoch": 1809936000000,
        "message-id": NUMBER,
        "reason": "550 5.1.1 no such user",
        **more,
    }


def mailjet(event: str, **more: object) -> list[dict[str, object]]:
    return [{"event": event, "time": 1809936000, "MessageID": 19421777835146490, **more}]


def postmark(kind: str, **more: object) -> dict[str, object]:
    return {"RecordType": kind, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", **more}


@pytest.fixture
def heard(settings: Settings) -> None:
    """An installation that hears its services."""
    settings.MAIL_WEBHOOKS = {"brevo", "mailjet", "postmark"}
    settings.MAIL_WEBHOOK_SECRET = SECRET
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def say(service: str, body: object, *, secret: str = SECRET) -> int:
    """What our webhook answers a service that calls it."""
    coded = base64.b64encode(secret.encode()).decode()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Client(enforce_csrf_checks=True).post(
        f"/mail/heard/{service}/",
        content,
        content_type="application/json",
        headers={"Authorization": f"Basic {coded}"} if secret else {},
    )
    return response.status_code


def sent(number: str = NUMBER, recipient: str = "an@example.org") -> Message:
    """A mail that a service took under a number of its own."""
    message = make_message(recipient)
    Message.objects.filter(pk=message.pk).update(state="sent", closed_at=NOW, provider_id=number)
    return message


def outcome_of(message: Message) -> str:
    message.refresh_from_db()
    return message.outcome


def is_suppressed() -> bool:
    return hearing.is_suppressed("an@example.org")


# Hearing -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("service", "number", "body", "outcome", "suppresses"),
    [
        ("brevo", NUMBER, brevo("delivered"), "delivered", False),
        ("brevo", NUMBER, brevo("hard_bounce"), "bounced", True),
        ("brevo", NUMBER, brevo("invalid_email"), "bounced", True),
        ("brevo", NUMBER, brevo("soft_bounce"), "bounced", False),
        ("brevo", NUMBER, brevo("blocked"), "bounced", False),
        ("brevo", NUMBER, brevo("spam"), "complained", True),
        ("brevo", NUMBER, brevo("deferred"), "", False),
        ("brevo", NUMBER, brevo("opened"), "", False),
        ("brevo", NUMBER, brevo("something new"), "", False),
        ("mailjet", "19421777835146490", mailjet("sent"), "delivered", False),
        (
            "mailjet",
            "19421777835146490",
            mailjet("bounce", error="user unknown", hard_bounce=True),
            "bounced",
            True,
        ),
        (
            "mailjet",
            "19421777835146490",
            mailjet("bounce", error="quota exceeded", hard_bounce=False),
            "bounced",
            False,
        ),
        ("mailjet", "19421777835146490", mailjet("spam", source="JMRPP"), "complained", True),
        (
            "postmark",
            "883953f4-6105-42a2-a16a-77a8eac79483",
            postmark("Delivery", Recipient="an@example.org"),
            "delivered",
            False,
        ),
        (
            "postmark",
            "883953f4-6105-42a2-a16a-77a8eac79483",
            postmark("Bounce", Type="HardBounce", Email="an@example.org"),
            "bounced",
            True,
        ),
        (
            "postmark",
            "883953f4-6105-42a2-a16a-77a8eac79483",
            postmark("Bounce", Type="SoftBounce", Email="an@example.org"),
            "bounced",
            False,
        ),
        (
            "postmark",
            "883953f4-6105-42a2-a16a-77a8eac79483",
            postmark("SpamComplaint", Type="SpamComplaint", Email="an@example.org"),
            "complained",
            True,
        ),
    ],
)
def test_what_a_service_says_becomes_the_outcome(
    service: str, number: str, body: object, outcome: str, suppresses: bool
) -> None:
    message, other = sent(number), sent("another")

    status = say(service, body)

    assert (status, outcome_of(message), is_suppressed()) == (200, outcome, suppresses)
    assert outcome_of(other) == ""


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", ["{}", "<{}>"])
def test_a_mail_is_known_by_our_own_message_id_too(number: str) -> None:
    message = sent("")

    say("brevo", brevo("delivered", **{"message-id": number.format(message.message_id[1:-1])}))

    assert outcome_of(message) == "delivered"


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("secret", ["", "provider:wrong", "provider", "provider:s3cret "])
def test_who_does_not_know_the_secret_is_not_heard(secret: str) -> None:
    message = sent()

    assert say("brevo", brevo("hard_bounce"), secret=secret) == 400
    assert outcome_of(message) == ""


def test_without_a_secret_nobody_is_heard(settings: Settings) -> None:
    settings.MAIL_WEBHOOKS = {"brevo"}
    message = sent()

    assert say("brevo", brevo("hard_bounce")) == 404
    assert outcome_of(message) == ""


@pytest.mark.usefixtures("heard")
def test_a_service_that_is_not_ours_is_not_heard() -> None:
    assert say("ses", {}) == 404
    assert say("guessed", {}) == 404


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("service", ["brevo", "mailjet", "postmark"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\x00", b"null", b"[]", b"[null]", b"1", b'"x"', b"{}", b'{"event": {}}'],
)
def test_hostile_bodies_are_refused_and_not_a_fault_of_ours(service: str, body: bytes) -> None:
    assert say(service, body) in {200, 400}


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", ["", "\x00", "x" * 100_000, 7, None, ["a"], {"a": 1}, "\ud800"])
def test_numbers_that_no_mail_has_change_nothing(number: object) -> None:
    message = sent()

    assert say("brevo", brevo("hard_bounce", **{"message-id": number})) == 200
    assert outcome_of(message) == ""


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        (["delivered", "hard_bounce"], "bounced"),
        (["hard_bounce", "delivered"], "bounced"),
        (["spam", "hard_bounce", "delivered"], "complained"),
        (["delivered", "delivered", "spam", "spam"], "complained"),
    ],
)
def test_news_in_any_order_and_twice_leaves_the_worst(events: list[str], outcome: str) -> None:
    message = sent()

    for event in events:
        say("brevo", brevo(event))

    assert outcome_of(message) == outcome


@pytest.mark.usefixtures("heard")
def test_news_said_again_does_not_undo_what_an_administrator_cleared() -> None:
    sent()
    say("brevo", brevo("hard_bounce"))
    SuppressedAddress.objects.all().delete()

    say("brevo", brevo("hard_bounce"))

    assert not is_suppressed()


@pytest.mark.usefixtures("heard")
def test_news_of_a_forgotten_mail_keeps_no_address() -> None:
    message = sent()
    privacy.erase("an@example.org", now=NOW)

    say("brevo", brevo("hard_bounce"))

    assert outcome_of(message) == "bounced"
    assert SuppressedAddress.objects.count() == 0


# Suppressing -------------------------------------------------------------------------------------


def suppress(address: str = "an@example.org") -> SuppressedAddress:
    return SuppressedAddress.objects.create(
        address=address, outcome="bounced", reason="550 5.1.1", suppressed_at=NOW
    )


def test_a_suppressed_address_gets_no_mail_however_it_is_written(smtp: SmtpDouble) -> None:
    suppress()
    message, other = make_message("An@Example.org"), make_message("bo@example.org")

    deliver_due()

    assert smtp.recipients == [other.recipient]
    assert facts(message)[0] == "failed"
    assert facts(message)[2].startswith("Mail to this address bounced")


def test_an_administrator_sees_and_clears_a_suppressed_address(smtp: SmtpDouble) -> None:
    client = CheckedClient()
    client.force_login(build.make_administrator())
    row = suppress()

    page = client.get("/organise/addresses/")
    after = client.post(f"/organise/addresses/{row.pk}/clear/", follow=True)
    make_message("an@example.org")
    deliver_due()

    assert b"an@example.org" in page.content
    assert b"550 5.1.1" in page.content
    assert "krijgt weer mail" in after.content.decode()
    assert smtp.recipients == ["an@example.org"]
    assert AuditEntry.objects.filter(action=Action.ADDRESS_CLEARED).count() == 1


def test_erasing_an_address_forgets_that_it_was_suppressed() -> None:
    suppress()
    suppress("bo@example.org")

    shown = privacy.held("AN@example.org")
    privacy.erase("AN@example.org", now=NOW)

    assert "550 5.1.1" in str(shown)
    assert [row.address for row in SuppressedAddress.objects.all()] == ["bo@example.org"]


def test_the_list_costs_the_same_queries_with_many(
    django_assert_max_num_queries: Any, client: CheckedClient
) -> None:
    client.force_login(build.make_administrator())
    for number in range(60):
        suppress(f"p{number}@example.org")

    with django_assert_max_num_queries(14):
        client.get("/organise/addresses/")


# Services that take mail -------------------------------------------------------------------------


def compose_with_calendar(message: Message, _now: object) -> Any:
    """A letter with a calendar."""
    content = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    return make_letter(recipient=message.recipient, calendar=make_calendar_part(content))


SERVICES = {
    "brevo": ("brevo", {"api_key": "k"}, {"messageId": NUMBER}),
    "mailjet": (
        "mailjet",
        {"api_key": "k", "secret_key": "s"},
        {
            "Messages": [
                {
                    "Status": "success",
                    "To": [{"Email": "an@example.org", "MessageID": 12345678901234567}],
                }
            ]
        },
    ),
    "postmark": (
        "postmark",
        {"server_token": "t"},
        {"ErrorCode": 0, "Message": "OK", "MessageID": "abc", "To": "an@example.org"},
    ),
    "scaleway": (
        "scaleway",
        {"secret_key": "s", "project_id": "p"},
        {"emails": [{"id": "e-1", "mail_rcpt": "an@example.org", "status": "new"}]},
    ),
}
NUMBERS = {
    "brevo": NUMBER,
    "mailjet": "12345678901234567",
    "postmark": "abc",
    "scaleway": "e-1",
}


def use(settings: Settings, service: str, url: str) -> None:
    """Send through a service whose interface is at this address."""
    name, keys, _answer = SERVICES[service]
    settings.OUTBOX_COMPOSERS = {"note": f"{__name__}.compose_with_calendar"}
    settings.MAIL_PROVIDERS = {
        service: {"backend": f"anymail.backends.{name}.EmailBackend", "api_url": url, **keys}
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_the_calendar_and_its_number_is_kept(
    settings: Settings, service: str
) -> None:
    with ApiDouble(SERVICES[service][2]) as double:
        use(settings, service, double.url)
        message = make_message("an@example.org")

        deliver_due()

    message.refresh_from_db()
    assert (message.state, message.provider_id) == ("sent", NUMBERS[service])
    assert len(double.mails) == 1
    assert "sessie.ics" in json.dumps(double.mails[0])


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_service_that_refuses_us_rests_and_costs_nobody_an_attempt(
    settings: Settings, status: int
) -> None:
    with ApiDouble(SERVICES["brevo"][2]) as double:
        use(settings, "brevo", double.url)
        double.answers.append((status, {"code": "unauthorized", "message": "no"}))
        messages = [make_message() for _each in range(3)]

        outbox.work(standing(NOW), is_stopping=lambda: False)
        waiting = [facts(message)[:2] for message in messages]
        outbox.work(standing(NOW + minutes(1)), is_stopping=lambda: False)

        assert waiting == [("waiting", 0)] * 3
        assert len(double.mails) == 3


def test_a_service_that_fails_twice_hands_over_to_the_second_provider(
    settings: Settings, smtp: SmtpDouble
) -> None:
    with ApiDouble(SERVICES["brevo"][2]) as double:
        options = {
            "backend": settings.EMAIL_BACKEND,
            "host": "127.0.0.1",
            "port": smtp.port,
        }
        use(settings, "brevo", double.url)
        settings.MAIL_PROVIDERS = {**settings.MAIL_PROVIDERS, "second": options}
        double.answers.extend([(500, {}), (503, {})])
        messages = [make_message() for _each in range(4)]

        deliver_due()

    assert [facts(message)[:2] for message in messages[:2]] == [("waiting", 1)] * 2
    assert smtp.recipients == [message.recipient for message in messages[2:]]


def test_an_address_that_a_service_refuses_fails_for_good(settings: Settings) -> None:
    with ApiDouble({}) as double:
        use(settings, "postmark", double.url)
        refusal = "You tried to send to recipient(s) that have been marked as inactive. Found "
        refusal += "inactive addresses: an@example.org. Inactive recipients are ones that have "
        refusal += "generated a hard bounce, a spam complaint, or a manual suppression."
        double.answers.append((422, {"ErrorCode": 406, "Message": refusal}))
        message = make_message("an@example.org")

        deliver_due()

    assert facts(message)[:2] == ("failed", 1)
