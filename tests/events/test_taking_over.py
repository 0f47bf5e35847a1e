"""A session out of a calendar file: what it becomes, and the pages on the way there."""

import re
from datetime import datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from time_machine import TimeMachineFixture

from accounts.models import Programme, User
from events import taking_over
from events.models import Session, VirtualLink
from events.taking_over import Proposal
from ical.appointments import read
from moments.local import BRUSSELS
from tests.build import NOW, make_organiser, make_programme
from tests.forms import forms_on, sent_by
from tests.ical.test_appointments import file, utc
from tests.page import CheckedClient

IN_JUNE = ("DTSTART;TZID=Romance Standard Time:20270610T140000", "DTEND:20270610T143000Z")

TEAMS = r"""Beste collega\n\nWe spreken over AI.\nBreng uw vragen mee.\n
 ________________________________________________________________________________\n
 Microsoft Teams-vergadering\nNeem deel op uw computer of telefoon\n
 Klik hier om deel te nemen<https://teams.microsoft.com/l/meetup-join/19%3ameeting_X/0>\n
 Vergadering-ID: 312 456 789\nWachtwoordcode: aB3xYz\n\nOf bel in (alleen audio)\n
 +32 2 890 99 99\,\,12345678#\n
 ________________________________________________________________________________\n"""
ZOOM = r"""Tot dan.\n\nJoin Zoom Meeting\nhttps://zoom.us/j/95551?pwd=geheim\n\nMeeting ID: 955 51\n
 Passcode: 4711\n\nOne tap mobile\n+3225551234\,\,95551#\,\,\,\,*4711# Belgium\n\nMet groeten"""
GOOGLE = r"""Programma volgt.\n\n-::~:~::~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~::~:~::-\n
 Deelnemen met Google Meet: https://meet.google.com/abc-defg-hij\nOf bel: (BE) +32 2 555 55 55
  PIN: 123#\n-::~:~::~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~::~:~::-"""


def proposal(*lines: str) -> Proposal:
    (found,) = read(file(*lines), zone=BRUSSELS)
    return taking_over.propose(found)


def description(written: str) -> str:
    return "DESCRIPTION:" + written.replace("\n", "\r\n")


# What is secret ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "link", "public", "secret"),
    [
        (
            [description(TEAMS)],
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_X/0",
            "Beste collega\n\nWe spreken over AI.\nBreng uw vragen mee.",
            ["312 456 789", "aB3xYz", "12345678"],
        ),
        (
            [description(ZOOM)],
            "https://zoom.us/j/95551?pwd=geheim",
            "Tot dan.\n\nMet groeten",
            ["955 51", "4711", "+3225551234"],
        ),
        (
            [description(GOOGLE)],
            "https://meet.google.com/abc-defg-hij",
            "Programma volgt.",
            ["PIN: 123#"],
        ),
        # Named as the address of the meeting, and of no service that anybody knows.
        (
            [
                "CONFERENCE;VALUE=URI:https://bbb.example.be/abc",
                r"DESCRIPTION:Welkom.\n\nHier: https://bbb.example.be/abc.\n\nMeer: https://x.be/",
            ],
            "https://bbb.example.be/abc",
            "Welkom.\n\nMeer: https://x.be/",
            ["Hier"],
        ),
        (
            ["LOCATION:https://vergaderen.example.be/zaal/7", "DESCRIPTION:Welkom."],
            "https://vergaderen.example.be/zaal/7",
            "Welkom.",
            [""],
        ),
        (
            ["URL:https://example.be/registrations/abc/join/", "DESCRIPTION:Welkom."],
            "https://example.be/registrations/abc/join/",
            "Welkom.",
            [""],
        ),
        (
            ['DESCRIPTION:<p>Welkom.</p><p><a href="https://acme.webex.com/meet/x">Hier</a></p>'],
            "https://acme.webex.com/meet/x",
            "Welkom.",
            ["Hier"],
        ),
        (
            ["URL:https://example.be/sessie/", r"DESCRIPTION:Welkom.\nZie https://example.be/"],
            "",
            "Welkom.\nZie https://example.be/",
            [""],
        ),
    ],
)
def test_way_into_the_meeting_goes_to_the_secret_fields(
    lines: list[str], link: str, public: str, secret: list[str]
) -> None:
    found = proposal(*IN_JUNE, *lines)

    assert (found.virtual_link, found.description) == (link, public)
    assert [part for part in secret if part not in found.link_instructions] == []
    told = " ".join(found.values[f"{text}_nl"] for text in ("title", "venue", "description"))
    assert not link or link not in told


@pytest.mark.parametrize(
    ("lines", "place", "attendance"),
    [
        ([], "", "online"),
        (["LOCATION:Microsoft Teams-vergadering"], "", "online"),
        (["LOCATION:Havenlaan 88\\, Brussel"], "Havenlaan 88, Brussel", "on_site"),
        (
            ["LOCATION:Havenlaan 88\\, Brussel\\; Microsoft Teams Meeting", description(TEAMS)],
            "Havenlaan 88, Brussel",
            "hybrid",
        ),
        (["LOCATION:https://zoom.us/j/1"], "", "online"),
    ],
)
def test_place_is_where_people_are_expected(lines: list[str], place: str, attendance: str) -> None:
    found = proposal(*IN_JUNE, *lines)

    assert (found.place, found.values["attendance"]) == (place, attendance)


# Times and texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "shown", "when"),
    [
        (
            IN_JUNE,
            {"day": "2027-06-10", "starts": "14:00", "ends": "16:30", "last_day": ""},
            "14u00 – 16u30 (Brusselse tijd)",
        ),
        (
            ["DTSTART:20270610T200000Z", "DTEND:20270610T220000Z"],
            {"day": "2027-06-10", "starts": "22:00", "ends": "24:00"},
            "22u00 – 24u00",
        ),
        (
            ["DTSTART:20271231T210000Z", "DTEND:20280101T010000Z"],
            {"day": "2027-12-31", "starts": "22:00", "ends": "02:00", "last_day": "2028-01-01"},
            "1 januari 2028, 2u00",
        ),
        (
            ["DTSTART;TZID=America/New_York:20270610T090000", "DURATION:PT1H"],
            {
                "day": "2027-06-10",
                "starts": "09:00",
                "ends": "10:00",
                "last_day": "",
                "time_zone": "America/New_York",
            },
            "9u00 – 10u00 (tijd in New York)",
        ),
        (
            ["DTSTART;VALUE=DATE:20271213", "DTEND;VALUE=DATE:20271214"],
            {"day": "2027-12-13", "last_day": ""},
            "13 december 2027",
        ),
        (["DTSTART:20270610T120000Z"], {"day": "2027-06-10", "starts": "14:00"}, "om 14u00"),
    ],
)
def test_times_are_those_of_the_form(lines: list[str], shown: dict[str, str], when: str) -> None:
    found = proposal(*lines)

    names = ("day", "starts", "ends", "last_day", "time_zone")
    brussels = {"time_zone": "Europe/Brussels"}
    assert {name: found.values[name] for name in names if name in found.values} == brussels | shown
    assert when in found.when


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (IN_JUNE, []),
        ([*IN_JUNE, "RRULE:FREQ=WEEKLY"], ["herhaalt"]),
        ([*IN_JUNE, "STATUS:CANCELLED"], ["geannuleerd"]),
        (["DTSTART:20270610T120000"], ["geen einde", "zegt niet"]),
        (["DTSTART;TZID=Daar:20270610T120000", "DURATION:PT1H"], ["“Daar”"]),
        (["DTSTART;VALUE=DATE:20271213"], ["hele dag"]),
        (["SUMMARY:x"], ["geen dag"]),
        ([*IN_JUNE, f"SUMMARY:{'x' * 201}"], ["afgekapt"]),
        ([*IN_JUNE, f"LOCATION:{'x' * 301}"], ["afgekapt"]),
    ],
)
def test_what_needs_a_look_is_told(lines: list[str], told: list[str]) -> None:
    notes = proposal(*lines).notes

    assert len(notes) == len(told)
    assert all(any(word in note for note in notes) for word in told)


def test_lines_stay_lines_and_lists_stay_lists() -> None:
    text = r"DESCRIPTION:Een\nTwee\n- drie\n- vier\n\nVijf"

    assert proposal(*IN_JUNE, text).values["description_nl"] == (
        "Een  \nTwee\n- drie\n- vier\n\nVijf"
    )


# The pages ---------------------------------------------------------------------------------------

ADDRESS = "/organise/sessions/import/"
NEW = "/organise/sessions/new/"


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def programme(db: None) -> Programme:
    return make_programme()


@pytest.fixture
def organiser(programme: Programme, client: CheckedClient) -> User:
    user = make_organiser(programme)
    client.force_login(user)
    return user


def send(client: CheckedClient, content: bytes) -> HttpResponse:
    return client.post(ADDRESS, {"file": SimpleUploadedFile("afspraak.ics", content)})


def carried(page: HttpResponse) -> list[str]:
    return re.findall(r'name="appointment" value="([^"]+)"', unescape(page.content.decode()))


def test_file_becomes_a_draft_by_way_of_the_form(client: CheckedClient, organiser: User) -> None:
    content = file(
        *IN_JUNE, "SUMMARY:Lerend netwerk", "LOCATION:Havenlaan 88", description(TEAMS),
        "ATTENDEE;CN=Jan Geheim:mailto:jan.geheim@example.org",
    )  # fmt: skip

    preview = send(client, content)
    form = client.post(f"{ADDRESS}form/", {"appointment": carried(preview)[0]})
    before = Session.objects.count()
    folded = form.content.decode().split("<details")[1:]
    hidden = " ".join(part.partition("</details>")[0] for part in folded)
    assert "Wachtwoordcode" not in hidden
    assert 'name="time_zone"' in hidden  # as usual, so nothing to look at
    (writing,) = [each for each in forms_on(form) if each.get("action") == NEW]
    values = sent_by(writing) | {
        "registration_closing_0": "before_date",
        "registration_closing_1": "2027-06-09",
    }
    saved = client.post(NEW, values)

    assert before == 0
    assert "Jan Geheim" not in preview.content.decode() + form.content.decode()
    session = Session.objects.get()
    assert saved["Location"] == f"/organise/sessions/{session.slug}/publish/"
    assert (session.title, session.status, session.venue, session.attendance) == (
        "Lerend netwerk", "draft", "Havenlaan 88", "hybrid",
    )  # fmt: skip
    assert (session.starts_at, session.ends_at) == (utc(2027, 6, 10, 12), utc(2027, 6, 10, 14, 30))
    assert session.description == "Beste collega\n\nWe spreken over AI.  \nBreng uw vragen mee."
    link = VirtualLink.objects.get()
    assert link.url == "https://teams.microsoft.com/l/meetup-join/19%3ameeting_X/0"
    assert "aB3xYz" in link.instructions


def test_file_with_several_appointments_lets_choose_one(
    client: CheckedClient, organiser: User
) -> None:
    first = file(*IN_JUNE, "SUMMARY:Eerste")
    second = file("DTSTART:20270611T120000Z", "DURATION:PT1H", "SUMMARY:Tweede")

    choices = carried(send(client, first + second))
    form = client.post(f"{ADDRESS}form/", {"appointment": choices[1]}).content.decode()

    assert len(choices) == 2
    assert 'value="Tweede"' in form
    assert "Eerste" not in form


def test_file_of_no_use_is_answered_in_one_sentence_at_the_field(
    client: CheckedClient, organiser: User
) -> None:
    answer = send(client, b"geen agenda")

    assert answer.status_code == 422
    assert "geen volledig agendabestand" in answer.content.decode()


def test_preview_that_was_tampered_with_or_is_old_leads_back(
    client: CheckedClient, organiser: User, time_machine: TimeMachineFixture
) -> None:
    (value,) = carried(send(client, file(*IN_JUNE)))

    for given in (value[:-1], ""):
        assert client.post(f"{ADDRESS}form/", {"appointment": given})["Location"] == ADDRESS
    time_machine.move_to(datetime.fromtimestamp(NOW.timestamp() + 3601, tz=NOW.tzinfo))
    assert client.post(f"{ADDRESS}form/", {"appointment": value})["Location"] == ADDRESS
