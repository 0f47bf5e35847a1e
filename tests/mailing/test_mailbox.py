import re
from pathlib import Path

import html5lib
import icalendar
import pytest
from django.conf import settings as django_settings
from django.core import mail as django_mail
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from mailing import mailbox
from mailing.letters import Letter, mail_of
from tests.mailing.build import make_calendar_part, make_letter
from tests.mailing.smtp_double import SmtpDouble
from tests.page import CheckedClient

XHTML = "{http://www.w3.org/1999/xhtml}"
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//NL\r\nMETHOD:REQUEST\r\n"
    b"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20270510T080000Z\r\nDTSTART:20270610T120000Z\r\n"
    b"SUMMARY:" + "Caf\u00e9".encode() + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture(autouse=True)
def _kept_in_a_folder(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "mailing.mailbox.MailboxBackend"


def keep(letter: Letter | None = None, **fields: object) -> str:
    """Keep a mail in the mailbox; its name there."""
    before = set(mailbox.names(1000))
    mail = mail_of(letter or make_letter(**fields), message_id="<1@example.be>")
    django_mail.get_connection().send_messages([mail])
    (name,) = set(mailbox.names(1000)) - before
    return name


# The folder --------------------------------------------------------------------------------------


def test_kept_mail_is_what_a_server_gets_byte_for_byte(
    smtp: SmtpDouble, settings: Settings
) -> None:
    mail = mail_of(
        make_letter(subject="Ingeschreven: " + "é" * 90, calendar=make_calendar_part(CALENDAR)),
        message_id="<1@example.be>",
    )
    # One boundary and one date for both, taken as the worker takes it: from bytes that are ready.
    mail.ready = mail.message().as_bytes()
    with django_mail.get_connection("mailing.smtp.Backend") as sender:
        sender.send_messages([mail])

    django_mail.get_connection("mailing.mailbox.MailboxBackend").send_messages([mail])

    assert mailbox.source(mailbox.names(1)[0]) == smtp.accepted[0].content


def test_mailbox_names_the_newest_first_and_no_more_than_asked(
    time_machine: TimeMachineFixture,
) -> None:
    names = []
    for moment in ("2027-05-10T08:00:00Z", "2027-05-10T07:00:00Z", "2027-05-10T09:00:00Z"):
        time_machine.move_to(moment, tick=False)
        names.append(keep())

    assert mailbox.names(2) == [names[2], names[0]]


def test_mails_kept_at_one_instant_are_all_kept(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to("2027-05-10T08:00:00Z", tick=False)
    mails = [
        mail_of(make_letter(recipient=f"p{each}@example.org"), message_id=f"<{each}@example.be>")
        for each in range(20)
    ]

    kept = django_mail.get_connection().send_messages(mails)

    assert (kept, len(mailbox.names(100))) == (20, 20)


def test_mailbox_does_not_show_a_mail_that_is_still_being_written() -> None:
    name = keep()
    folder = Path(django_settings.MAILBOX_DIR)

    (folder / f"{name}.eml").rename(folder / f"{name}.part")

    assert (mailbox.names(10), mailbox.read(name)) == ([], None)


@pytest.mark.parametrize(
    "name", ["../secret", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "a\x00b", "%2e%2e", "a.eml"]
)
def test_mailbox_reads_nothing_by_a_name_that_is_not_one(name: str) -> None:
    keep()
    (Path(django_settings.MAILBOX_DIR).parent / "secret.eml").write_text("Subject: secret\n\n")

    assert (mailbox.source(name), mailbox.read(name)) == (None, None)


# The pages ---------------------------------------------------------------------------------------


def test_mailbox_page_without_mails_says_so(client: CheckedClient) -> None:
    response = client.get("/mailbox/")

    assert response.status_code == 200
    assert b"<table" not in response.content


def test_mailbox_page_lists_subject_and_recipient_and_leads_to_the_mail(
    client: CheckedClient,
) -> None:
    name = keep(recipient="an@example.org", subject="Ingeschreven: <b>Été</b> & 🎉")

    page = client.get("/mailbox/").content.decode()

    assert "Ingeschreven: &lt;b&gt;Été&lt;/b&gt; &amp; 🎉" in page
    assert "an@example.org" in page
    assert f'href="/mailbox/{name}/"' in page


def test_mail_page_shows_headers_text_and_calendar(client: CheckedClient) -> None:
    name = keep(opening=["Uw plaats is <bevestigd> & wel."], calendar=make_calendar_part(CALENDAR))

    page = html5lib.parse(client.get(f"/mailbox/{name}/").content.decode())
    said = "".join(page.itertext())

    assert "Uw plaats is <bevestigd> & wel." in said
    assert "auto-generated" in said
    assert "text/calendar, method=REQUEST" in said
    assert "application/ics, sessie.ics" in said
    assert "SUMMARY:Café" in said


def test_mail_page_without_calendar_offers_none(client: CheckedClient) -> None:
    name = keep()

    page = client.get(f"/mailbox/{name}/").content.decode()

    assert f"/mailbox/{name}/calendar/" not in page
    assert client.get(f"/mailbox/{name}/calendar/").status_code == 404


def test_mail_page_shows_the_html_in_a_frame_without_scripts(client: CheckedClient) -> None:
    name = keep()

    response = client.get(f"/mailbox/{name}/")
    (frame,) = html5lib.parse(response.content.decode()).iter(f"{XHTML}iframe")

    assert frame.get("src") == f"/mailbox/{name}/html/"
    assert "allow-scripts" not in frame.get("sandbox")
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_html_of_a_mail_may_be_framed_here_only_and_runs_nothing_of_its_own() -> None:
    name = keep(opening=["<script>alert(1)</script>"])

    response = Client().get(f"/mailbox/{name}/html/")
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in response.headers["Content-Security-Policy"].split(";")
    )

    assert b"<script>" not in response.content
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert (policy["style-src"], policy["frame-ancestors"]) == ("'unsafe-inline'", "'self'")
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_html_of_a_mail_is_the_html_that_was_sent() -> None:
    letter = make_letter(opening=["Één plaats; 🎉"])
    sent = mail_of(letter, message_id="<1@example.be>").alternatives[0].content
    name = keep(letter)

    shown = Client().get(f"/mailbox/{name}/html/").content.decode()

    assert shown.replace("\r\n", "\n").strip() == sent.strip()


def test_calendar_of_a_mail_downloads_byte_for_byte() -> None:
    name = keep(calendar=make_calendar_part(CALENDAR))

    response = Client().get(f"/mailbox/{name}/calendar/")

    assert response.content == CALENDAR
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="sessie.ics"'
    assert icalendar.Calendar.from_ical(response.content)["METHOD"] == "REQUEST"


def test_source_of_a_mail_is_what_was_sent_byte_for_byte() -> None:
    name = keep(subject="Ingeschreven: " + "é" * 90, calendar=make_calendar_part(CALENDAR))

    response = Client().get(f"/mailbox/{name}/source/")

    assert response.content == (Path(django_settings.MAILBOX_DIR) / f"{name}.eml").read_bytes()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", ["", "html/", "calendar/", "source/"])
@pytest.mark.parametrize(
    "name",
    ["no-such-mail", "..%2fsecret", "%2e%2e", "..", "_", "20270510T080000000000-00000000", "é"],
)
def test_mail_that_is_not_there_is_not_found(name: str, page: str) -> None:
    keep(calendar=make_calendar_part(CALENDAR))
    (Path(django_settings.MAILBOX_DIR).parent / "secret.eml").write_text("Subject: secret\n\n")

    assert Client().get(f"/mailbox/{name}/{page}").status_code == 404


@pytest.mark.parametrize("path", ["/mailbox/", "/fr/mailbox/", "/en/mailbox/"])
def test_mailbox_page_is_there_in_each_language(path: str, client: CheckedClient) -> None:
    keep()

    response = client.get(path)

    assert response.status_code == 200
    assert re.search(rf'href="{path}[^"/]+/"', response.content.decode())


def test_mailbox_pages_change_nothing_on_post() -> None:
    name = keep()

    answers = [Client().post(f"/mailbox/{path}") for path in ("", f"{name}/", f"{name}/html/")]

    assert [answer.status_code for answer in answers] == [405, 405, 405]
