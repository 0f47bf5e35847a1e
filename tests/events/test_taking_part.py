"""Taking part: pressing the button counts, opening its page does not; the ticket at the door."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from django.urls import reverse
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry
from events import attendance, messages, registering, tickets
from events.attendance import Mark
from events.models import Presence, Registration, Session
from mailing.letters import mail_of
from mailing.models import Message
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

MEETING = "https://meet.example.org/secret-room"


@pytest.fixture
def seated(time_machine: TimeMachineFixture) -> Registration:
    """Somebody with a seat, as the session starts."""
    row = build.make_registration(build.make_session(link=MEETING))
    time_machine.move_to(row.session.starts_at, tick=False)
    return row


def said(row: Registration) -> Mark:
    return attendance.mark_of(Registration.objects.get(pk=row.pk))


def text_of(answer: object) -> str:
    return " ".join(answer.content.decode().split())


def test_pressing_leads_to_the_meeting_and_marks_who_pressed(
    seated: Registration, client: CheckedClient
) -> None:
    other = build.make_registration(seated.session)

    answers = [client.post(seated.get_join_url()) for _ in range(3)]

    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(302, MEETING)] * 3
    assert said(seated) == Mark("present", "online")
    assert said(other) == Mark()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.network_address, entry.object_id) == ("owner", None, seated.pk)


def test_button_may_lead_away_from_our_pages_on_this_page_only(
    seated: Registration, client: CheckedClient
) -> None:
    join = client.get(seated.get_join_url()).headers["Content-Security-Policy"]
    manage = client.get(seated.get_absolute_url()).headers["Content-Security-Policy"]

    assert "form-action 'self' https: http:" in join
    assert "form-action 'self';" in f"{manage};"
    assert "https:" not in manage


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_scanner_that_opens_every_link_counts_nobody(
    method: str, seated: Registration, client: CheckedClient
) -> None:
    page = client.get(seated.get_join_url())
    for address in (seated.get_join_url(), *_links_of(page.content.decode())):
        getattr(client, method)(address)

    assert not Presence.objects.exists()


def _links_of(html: str) -> list[str]:
    links = [part.partition('"')[0] for part in html.split('href="/')[1:]]
    return [f"/{link}" for link in links if not link.startswith("static/")]


def test_who_tries_the_link_early_is_led_on_and_told_but_not_counted(
    seated: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(seated.session.link_released_at, tick=False)

    page = text_of(client.get(seated.get_join_url()))
    answer = client.post(seated.get_join_url())

    assert "Vanaf donderdag 10 juni 2027 om 13u00 laat de knop de organisator ook weten" in page
    assert answer.headers["Location"] == MEETING
    assert not Presence.objects.exists()


@pytest.mark.parametrize("reason", ["early", "late", "cancelled", "waiting", "no link", "on site"])
def test_pressing_without_a_way_in_leads_back_and_counts_nobody(
    reason: str,
    seated: Registration,
    client: CheckedClient,
    time_machine: TimeMachineFixture,
) -> None:
    session, row = seated.session, seated
    match reason:
        case "early":
            time_machine.move_to(session.link_released_at - timedelta(seconds=1), tick=False)
        case "late":
            time_machine.move_to(session.link_withdrawn_at, tick=False)
        case "cancelled":
            registering.cancel(row, now=build.NOW, by=Registration.CancelledBy.OWNER)
        case "waiting":
            Registration.objects.update(state="waiting", confirmed_at=None)
        case "no link":
            session.virtual_link.delete()
        case "on site":
            Session.objects.update(attendance="on_site", venue="Gent")

    answer = client.post(row.get_join_url())

    assert answer.headers["Location"] == row.get_join_url()
    assert not Presence.objects.exists()
    assert MEETING not in client.get(row.get_join_url()).content.decode()


def test_page_counts_down_to_the_link_and_to_the_session(
    seated: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(seated.session.link_released_at - timedelta(hours=2), tick=False)

    page = text_of(client.get(seated.get_join_url()))

    assert "De link verschijnt hier op woensdag 9 juni 2027 om 9u00 (over 2 u)" in page
    assert "De sessie is op donderdag 10 juni 2027, 14u00 – 16u30 (morgen)." in page


def test_page_thanks_afterwards_and_tells_where_materials_come(
    seated: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    absent = build.make_registration(seated.session)
    client.post(seated.get_join_url())
    time_machine.move_to(seated.session.link_withdrawn_at, tick=False)

    pages = [text_of(client.get(row.get_join_url())) for row in (seated, absent)]

    assert "Bedankt voor uw deelname." in pages[0]
    assert "Bedankt voor uw belangstelling." in pages[1]
    for page in pages:
        assert seated.session.get_absolute_url() in page
        assert "contact@example.org" in page


def test_calendar_of_the_page_has_the_way_in_and_no_name(
    seated: Registration, client: CheckedClient
) -> None:
    answer = client.get(reverse("events:join-calendar", args=[seated.joining_code]))

    unfolded = answer.content.decode().replace("\r\n ", "")
    assert seated.get_join_url() in unfolded
    assert f"UID:{seated.session.uid}" in unfolded
    for secret in (seated.name, seated.email, MEETING, seated.managing_code):
        assert secret not in unfolded


def test_page_leads_into_calendars_in_the_zone_of_the_session(
    seated: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(seated.session.link_released_at - timedelta(hours=2), tick=False)

    page = unescape(client.get(seated.get_join_url()).content.decode())

    [google] = re.findall(r'href="(https://calendar\.google\.com/[^"]+)"', page)
    told = parse_qs(urlsplit(google).query)
    assert told["ctz"] == ["Europe/Brussels"]
    assert told["dates"] == ["20270610T120000Z/20270610T143000Z"]
    assert seated.get_join_url() in told["details"][0]
    assert "met de tijdzone van de sessie" in page


# The ticket --------------------------------------------------------------------------------------


@pytest.fixture
def on_site(time_machine: TimeMachineFixture) -> Registration:
    """Somebody who comes on site, as the session starts."""
    session = build.make_session(attendance="on_site", venue="Herman Teirlinck", capacity=1)
    row = build.make_registration(session, name="Élodie Peeters", email="elodie@example.org")
    time_machine.move_to(session.starts_at, tick=False)
    return row


def test_ticket_shows_its_code_and_not_whose_it_is(
    on_site: Registration, client: CheckedClient
) -> None:
    answer = client.get(on_site.get_ticket_url())

    page = answer.content.decode()
    assert "Herman Teirlinck" in page
    assert '<svg viewBox="0 0 ' in page
    for secret in ("Élodie", "elodie@", on_site.managing_code, on_site.joining_code):
        assert secret not in page
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_code_of_the_ticket_reads_as_its_address(
    on_site: Registration, client: CheckedClient
) -> None:
    with translation.override("fr"):
        address = tickets.address(on_site)

    assert address == f"http://localhost:8000/registrations/{on_site.ticket_code}/ticket/"
    drawn = segno.make_qr(address, error="m")
    assert drawn.svg_inline(light="#fff", omitsize=True, svgclass=None, lineclass=None) == (
        tickets.as_svg(on_site)
    )
    assert tickets.as_png(on_site).startswith(b"\x89PNG")


@pytest.mark.parametrize("role", ["own", "other", "nobody"])
def test_ticket_shows_the_person_to_who_takes_attendance_there_and_to_nobody_else(
    role: str, on_site: Registration, client: CheckedClient
) -> None:
    programme = on_site.session.programme if role == "own" else build.make_programme()
    client.force_login(build.make_user() if role == "nobody" else build.make_organiser(programme))

    page = client.get(on_site.get_ticket_url()).content.decode()

    assert ("Élodie Peeters" in page) is (role == "own")
    assert ('name="mark"' in page) is (role == "own")
    # Opening it is written down where it showed somebody, and marks nobody.
    looks = [Action.REGISTRATION_SEEN] if role == "own" else []
    assert [entry.action for entry in AuditEntry.objects.all()] == looks
    assert not Presence.objects.exists()


def test_scanned_person_is_marked_by_the_button_and_the_page_says_so(
    on_site: Registration, client: CheckedClient
) -> None:
    client.force_login(build.make_organiser(on_site.session.programme))
    mark = reverse("events:mark-presence", args=[on_site.session.slug])

    answer = client.post(mark, {"mark": f"{on_site.pk}::present:", "back": "ticket=1"})
    page = text_of(client.get(answer.headers["Location"]))

    assert answer.headers["Location"] == on_site.get_ticket_url()
    assert said(on_site) == Mark("present", "on_site")
    assert "Élodie Peeters: aanwezig, ter plaatse." in page
    assert "1 van 1 aanwezig." in page


def test_scanned_ticket_of_who_cancelled_offers_to_add_them(
    on_site: Registration, client: CheckedClient
) -> None:
    registering.cancel(on_site, now=build.NOW, by=Registration.CancelledBy.OWNER)
    client.force_login(build.make_organiser(on_site.session.programme))

    page = client.get(on_site.get_ticket_url()).content.decode()

    assert 'value="elodie@example.org"' in page
    assert 'name="mark"' not in page


@pytest.mark.parametrize("state", ["waiting", "cancelled", "over", "online", "session cancelled"])
def test_ticket_that_opens_no_door_says_so_and_shows_no_code(
    state: str, on_site: Registration, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    match state:
        case "waiting":
            on_site = build.make_registration(on_site.session)
        case "cancelled":
            registering.cancel(on_site, now=build.NOW, by=Registration.CancelledBy.OWNER)
        case "over":
            time_machine.move_to(on_site.session.ends_at)
        case "online":
            Session.objects.update(attendance="online")
        case "session cancelled":
            Session.objects.update(status="cancelled")

    answer = client.get(on_site.get_ticket_url())

    assert answer.status_code == 200
    assert 'class="ticket"' not in answer.content.decode()


def test_mail_carries_the_ticket_as_a_link_and_as_a_picture(on_site: Registration) -> None:
    message = Message.objects.get(object_id=on_site.pk)
    letter = messages.compose(message, build.NOW)

    mail = mail_of(letter, message_id="<a@b>").message()
    plain = mail_of(letter, message_id="<a@b>", is_plain=True).message()

    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    texts = [
        part.get_payload(decode=True).decode()
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    ]
    assert picture["Content-ID"] == "<picture>"
    assert picture.get_payload(decode=True) == tickets.as_png(on_site)
    assert all(on_site.get_ticket_url() in text for text in texts[:2])
    assert 'src="cid:picture"' in texts[1]
    assert 'alt="De code om aan de ingang te tonen"' in texts[1]
    # A service that takes no pictures gets the link alone.
    assert "cid:" not in plain.as_string()
    assert on_site.get_ticket_url() in plain.as_string().replace("=\n", "")


def test_mail_about_an_online_session_or_the_waiting_list_has_no_ticket(
    on_site: Registration,
) -> None:
    online = build.make_registration(build.make_session())
    waiting = build.make_registration(on_site.session)

    for row in (online, waiting):
        letter = messages.compose(Message.objects.get(object_id=row.pk), build.NOW)
        assert letter.picture is None
        assert row.ticket_code not in str(letter)
