from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message as Mail
from html import unescape

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from icalendar import Calendar

from events import messages, registering, rescheduling, seating
from events.models import Registration, Session
from events.rescheduling import When
from mailing import letters
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from tests.build import LINK, NOW, at, days, make_programme, make_registration, make_session

pytestmark = pytest.mark.django_db

OWNER, ORGANISER = Registration.CancelledBy.OWNER, Registration.CancelledBy.ORGANISER
RELEASED = at("09:00") - days(1)
LANGUAGES = [code for code, _label in settings.LANGUAGES]
KINDS = [
    "registered",
    "waiting",
    "promoted",
    "cancelled",
    "session_cancelled",
    "changed",
    "link",
    "again",
]


def in_line(session: Session, **fields: str) -> Registration:
    """Somebody on the waiting list, behind one who has the only seat."""
    seating.set_capacity(session, 1, now=NOW)
    make_registration(session)
    return make_registration(session, **fields)


def caused(kind: str, session: Session, **fields: str) -> Message:
    """The message of a kind, caused as in real life."""
    if kind in {"waiting", "promoted"}:
        registration = in_line(session, **fields)
    else:
        registration = make_registration(session, **fields)
    match kind:
        case "promoted":
            seating.place(registration, now=NOW)
        case "cancelled":
            registering.cancel(registration, now=NOW, by=OWNER)
        case "session_cancelled":
            rescheduling.cancel_session(session, now=NOW)
        case "changed":
            to = When(session.starts_at + days(1), session.ends_at + days(1))
            rescheduling.move(session, to, now=NOW)
        case "link":
            messages.plan(RELEASED)
        case "again":
            registering.send_again(registration, now=NOW)
    return message_of(registration, kind)


def message_of(registration: Registration, kind: str) -> Message:
    return Message.objects.get(object_id=registration.pk, kind=f"events.{kind}")


def letter_of(registration: Registration, kind: str, now: datetime = NOW) -> Letter:
    return messages.compose(message_of(registration, kind), now)


def mail_of(letter: Letter) -> Mail:
    """The mail as a program reads it from its bytes."""
    made = letters.mail_of(letter, message_id="<1@example.org>").message()
    return message_from_bytes(made.as_bytes())


def contents(mail: Mail) -> dict[str, list[str]]:
    """What each part says, decoded, by its type."""
    found: dict[str, list[str]] = {}
    for part in mail.walk():
        if not part.is_multipart():
            said = part.get_payload(decode=True).decode()
            found.setdefault(part.get_content_type(), []).append(said)
    return found


def absolute(path: str) -> str:
    return settings.SITE_URL + path


def address_for(message: Message) -> str:
    """The address that the button of a mail should lead to, in its reader's language."""
    registration = Registration.objects.get(pk=message.object_id)
    with translation.override(registration.language):
        match message.kind:
            case "events.link":
                return absolute(registration.get_join_url())
            case "events.cancelled":
                return absolute(registration.session.get_absolute_url())
            case "events.session_cancelled":
                return absolute(reverse("events:sessions"))
        return absolute(registration.get_absolute_url())


# Every kind, in every language -------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_mail_carries_its_link_in_text_and_in_html(kind: str, language: str) -> None:
    message = caused(kind, make_session(link=LINK), language=language)

    said = contents(mail_of(messages.compose(message, RELEASED)))

    address = address_for(message)
    assert address in said["text/plain"][0].splitlines()
    assert f'href="{address}"' in said["text/html"][0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_mail_says_title_and_name_and_time_in_text_and_in_html(kind: str, language: str) -> None:
    session = make_session(link=LINK, title_nl="AI nu", title_fr="L’IA", title_en="AI now")
    message = caused(kind, session, language=language, name="An Peeters")

    letter = messages.compose(message, RELEASED)

    said = contents(mail_of(letter))
    title = {"nl": "AI nu", "fr": "L’IA", "en": "AI now"}[language]
    times = {"nl": "14u00 – 16u30", "fr": "14\u00a0h\u00a000 – 16\u00a0h\u00a030"}
    assert letter.subject.endswith(title)
    assert letter.language == language
    for part in (said["text/plain"][0], unescape(said["text/html"][0])):
        for expected in (title, "An Peeters", times.get(language, "14:00 – 16:30")):
            assert expected in part


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_mail_never_holds_the_virtual_link(kind: str, language: str) -> None:
    message = caused(kind, make_session(link=LINK), language=language)

    mail = mail_of(messages.compose(message, RELEASED))

    said = "".join("".join(parts) for parts in contents(mail).values())
    headers = "".join(f"{name}: {value}\n" for name, value in mail.items())
    assert LINK not in said.replace("\r\n ", "") + headers
    assert "secret-room" not in said.replace("\r\n ", "") + headers


@pytest.mark.parametrize("language", ["nl", "fr"])
@pytest.mark.parametrize("kind", KINDS)
def test_mail_is_said_in_the_language_of_its_reader(kind: str, language: str) -> None:
    message = caused(kind, make_session(link=LINK))
    said = {}
    for code in ("en", language):
        Registration.objects.update(language=code)
        letter = messages.compose(message, RELEASED)
        said[code] = [letter.heading, letter.greeting, *letter.opening, *letter.closing]
        said[code] += [letter.subject, *[fact[0] for fact in letter.facts]]

    kept = set(said["en"]) & set(said[language])

    # French and English share the word for the organisation behind a session, or may.
    assert kept <= {"Organisation"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_leaves_the_language_of_the_worker_as_it_was(language: str) -> None:
    message = caused("registered", make_session(), language="fr")
    translation.activate(language)

    mail_of(messages.compose(message, NOW))

    assert translation.get_language() == language


@pytest.mark.parametrize("kind", KINDS)
def test_mail_goes_to_its_reader_and_is_answered_by_the_contact(kind: str) -> None:
    message = caused(
        kind, make_session(link=LINK, contact_email="veerle@example.org"), email="an@example.org"
    )

    mail = mail_of(messages.compose(message, RELEASED))

    assert (mail["To"], mail["Reply-To"]) == ("an@example.org", "veerle@example.org")


@pytest.mark.parametrize("kind", ["cancelled", "session_cancelled"])
def test_mail_about_what_is_over_offers_no_way_to_manage_it(kind: str) -> None:
    message = caused(kind, make_session())
    registration = Registration.objects.get(pk=message.object_id)

    said = contents(mail_of(messages.compose(message, NOW)))

    text = said["text/plain"][0] + said["text/html"][0]
    assert registration.get_privacy_url() in text
    assert registration.get_absolute_url() not in text.replace(registration.get_privacy_url(), "")


@pytest.mark.parametrize("kind", ["registered", "waiting", "promoted", "changed", "link", "again"])
def test_mail_about_what_is_live_offers_the_way_to_manage_it(kind: str) -> None:
    message = caused(kind, make_session(link=LINK))
    registration = Registration.objects.get(pk=message.object_id)

    letter = messages.compose(message, RELEASED)

    assert absolute(registration.get_absolute_url()) in [url for _label, url in letter.foot_links]


def test_mail_of_the_link_holds_no_code_that_could_cancel_when_passed_on_with_its_button() -> None:
    message = caused("link", make_session(link=LINK))
    registration = Registration.objects.get(pk=message.object_id)

    letter = messages.compose(message, RELEASED)

    assert letter.button is not None
    assert registration.managing_code not in letter.button[1]


# The calendar that goes along --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("registered", "REQUEST"),
        ("waiting", None),
        ("promoted", "REQUEST"),
        ("cancelled", "CANCEL"),
        ("session_cancelled", "CANCEL"),
        ("changed", "REQUEST"),
        ("link", None),
        ("again", "REQUEST"),
    ],
)
def test_mail_has_the_calendar_part_that_belongs_to_it(kind: str, method: str | None) -> None:
    message = caused(kind, make_session(link=LINK))

    mail = mail_of(messages.compose(message, RELEASED))

    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in parts] == ([method] if method else [])
    for part in parts:
        calendar = Calendar.from_ical(part.get_payload(decode=True))
        assert (calendar["method"], len(calendar.events)) == (method, 1)


@pytest.mark.parametrize("kind", ["changed", "again", "cancelled", "session_cancelled"])
def test_mail_to_somebody_in_line_has_no_calendar_part(kind: str) -> None:
    session = make_session()
    waiting = in_line(session)
    match kind:
        case "changed":
            rescheduling.change_place(session, now=NOW)
        case "again":
            registering.send_again(waiting, now=NOW)
        case "cancelled":
            registering.cancel(waiting, now=NOW, by=OWNER)
        case "session_cancelled":
            rescheduling.cancel_session(session, now=NOW)

    assert letter_of(waiting, kind).calendar is None


# What they say -----------------------------------------------------------------------------------


def test_mail_of_registering_says_when_the_link_comes() -> None:
    registration = make_registration(make_session())

    letter = letter_of(registration, "registered")

    assert "woensdag 9 juni 2027 om 9u00" in " ".join(letter.opening)


def test_mail_of_registering_after_the_release_promises_no_moment_that_is_past() -> None:
    session = make_session()
    registration = make_registration(session)

    letter = letter_of(registration, "registered", RELEASED)

    assert "9 juni" not in " ".join(letter.opening)


def test_mail_of_registering_for_a_session_on_site_speaks_of_no_link() -> None:
    session = make_session(attendance="on_site", venue="Herman Teirlinck, Brussel")
    registration = make_registration(session)

    letter = letter_of(registration, "registered")

    assert len(letter.opening) == 1
    assert "Herman Teirlinck, Brussel" in [fact[1] for fact in letter.facts]


def test_mail_to_who_waits_says_the_place_of_this_moment() -> None:
    session = make_session()
    first = in_line(session)
    second = make_registration(session)
    before = letter_of(second, "waiting").opening[0]
    registering.cancel(first, now=NOW, by=OWNER)

    after = letter_of(second, "waiting").opening[0]

    assert ("2" in before, "1" in after, "2" in after) == (True, True, False)


def test_mail_of_a_move_says_when_it_was_and_when_it_is() -> None:
    session = make_session()
    registration = make_registration(session)
    rescheduling.move(
        session, When(session.starts_at + days(7), session.ends_at + days(7)), now=NOW
    )

    letter = letter_of(registration, "changed")

    assert "donderdag 10 juni 2027, 14u00 – 16u30" in " ".join(letter.opening)
    assert "donderdag 17 juni 2027, 14u00 – 16u30" in letter.facts[1][1]


def test_mail_of_another_place_names_no_former_time() -> None:
    session = make_session()
    registration = make_registration(session)
    rescheduling.change_place(session, now=NOW)

    letter = letter_of(registration, "changed")

    assert "10 juni" not in " ".join(letter.opening)


def test_mail_of_a_cancelled_session_says_why() -> None:
    session = make_session(cancellation_reason="De spreker is ziek.")
    registration = make_registration(session)
    rescheduling.cancel_session(session, now=NOW)

    letter = letter_of(registration, "session_cancelled")

    assert "De spreker is ziek." in letter.opening[-1]


def test_mail_of_a_cancelled_session_without_reason_leaves_it_out() -> None:
    message = caused("session_cancelled", make_session())

    assert len(messages.compose(message, NOW).opening) == 1


def test_mail_of_cancelling_differs_by_who_did_it() -> None:
    session = make_session()
    own, organised = make_registration(session), make_registration(session)
    registering.cancel(own, now=NOW, by=OWNER)
    registering.cancel(organised, now=NOW, by=ORGANISER)

    assert letter_of(own, "cancelled").opening != letter_of(organised, "cancelled").opening
    assert letter_of(organised, "cancelled").closing == []


def test_mail_names_the_time_of_the_session_in_its_own_zone() -> None:
    session = make_session(time_zone="America/New_York")
    registration = make_registration(session)

    letter = letter_of(registration, "registered")

    assert "8u00 – 10u30" in letter.facts[1][1]
    assert "New York" in letter.facts[1][1]


# What makes no sense any more --------------------------------------------------------------------


def assert_not_wanted(registration: Registration, kind: str, now: datetime = NOW) -> None:
    with pytest.raises(NotWanted):
        letter_of(registration, kind, now)


@pytest.mark.parametrize("kind", KINDS)
def test_mail_is_not_wanted_from_the_end_of_the_session_on(kind: str) -> None:
    session = make_session(link=LINK)
    message = caused(kind, session)
    session.refresh_from_db()

    messages.compose(message, session.ends_at - timedelta.resolution)
    with pytest.raises(NotWanted):
        messages.compose(message, session.ends_at)


def test_mail_is_not_wanted_without_its_registration() -> None:
    message = caused("registered", make_session())
    Registration.objects.all().delete()

    with pytest.raises(NotWanted):
        messages.compose(message, NOW)


@pytest.mark.parametrize("kind", ["registered", "promoted", "link", "again", "changed"])
def test_mail_to_who_has_a_seat_is_not_wanted_once_they_cancelled(kind: str) -> None:
    message = caused(kind, make_session(link=LINK))
    registration = Registration.objects.get(pk=message.object_id)
    registering.cancel(registration, now=NOW, by=OWNER)

    with pytest.raises(NotWanted):
        messages.compose(message, RELEASED)


def test_mail_of_waiting_is_not_wanted_by_who_has_a_seat_by_now() -> None:
    waiting = in_line(make_session())
    seating.place(waiting, now=NOW)

    assert_not_wanted(waiting, "waiting")


def test_mail_of_waiting_is_not_wanted_by_who_left_the_line() -> None:
    waiting = in_line(make_session())
    registering.cancel(waiting, now=NOW, by=OWNER)

    assert_not_wanted(waiting, "waiting")


def test_mail_again_says_what_holds_when_it_leaves() -> None:
    waiting = in_line(make_session())
    registering.send_again(waiting, now=NOW)
    seating.place(waiting, now=NOW)

    again = letter_of(waiting, "again")

    assert again.calendar is not None


def test_mail_of_a_change_is_not_wanted_once_there_is_a_later_change() -> None:
    session = make_session()
    registration = make_registration(session)
    for _ in range(11):
        rescheduling.change_place(session, now=NOW)
    rows = Message.objects.filter(object_id=registration.pk, kind="events.changed").order_by("pk")

    wanted = []
    for message in rows:
        try:
            messages.compose(message, NOW)
        except NotWanted:
            continue
        wanted.append(message.key)

    assert wanted == [f"registration:{registration.pk}:changed:place:11"]


def test_mail_of_the_link_is_not_wanted_once_the_session_moved_to_another_day() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)
    messages.plan(RELEASED)
    former = message_of(registration, "link")

    rescheduling.move(
        session, When(session.starts_at + days(1), session.ends_at + days(1)), now=RELEASED
    )

    with pytest.raises(NotWanted):
        messages.compose(former, RELEASED)


def test_mail_of_the_link_is_still_wanted_when_its_release_was_put_off_that_day() -> None:
    """Its key is used: dropped now, it would never come."""
    session = make_session(link=LINK)
    registration = make_registration(session)
    messages.plan(RELEASED)
    Session.objects.update(link_local_time="12:00")

    assert letter_of(registration, "link", RELEASED).button is not None


@pytest.mark.parametrize("name", ["Win 500 euro op https://evil.example/x", "zie WWW.evil.example"])
def test_mail_does_not_carry_a_strangers_address_in_its_greeting(name: str) -> None:
    registration = make_registration(make_session(), name=name)

    said = contents(mail_of(letter_of(registration, "registered")))

    assert "evil.example" not in said["text/plain"][0] + said["text/html"][0]


def test_mail_of_another_place_says_that_the_place_changed() -> None:
    registration = make_registration(make_session())
    rescheduling.change_place(registration.session, now=NOW)

    letter = letter_of(registration, "changed")

    assert letter.heading == "Nieuwe plaats"
    assert letter.subject == f"Nieuwe plaats: {registration.session.title}"


def test_mail_shows_where_and_when_beside_its_subject_and_who_organises() -> None:
    programme = make_programme(full_name_nl="Programma Taal", colour="#8a1538")
    session = make_session(programme=programme, venue_nl="Gent", attendance="on_site")

    letter = letter_of(make_registration(session), "registered")
    text, html = letters.render(letter)

    assert letter.preheader == "Donderdag 10 juni 2027, 14u00 – 16u30. Gent."
    assert "Programma Taal\n" in text
    assert 'bgcolor="#8a1538"' in html
    assert "#0055cc" not in html


def test_mail_of_another_place_leaves_out_what_stayed_the_same() -> None:
    session = make_session(attendance=Session.Attendance.HYBRID, venue_nl="Gent")
    registration = make_registration(session)
    was = messages.as_told(session)
    session.venue_nl = "Brugge"
    session.save()
    rescheduling.change_place(session, now=NOW, was=was)

    assert "De plaats was Gent. Nu is het Brugge." in letter_of(registration, "changed").opening


def test_mail_after_the_release_leads_to_the_way_in_instead_of_promising_a_mail() -> None:
    registration = make_registration(make_session(link=LINK))
    message = Message.objects.get(object_id=registration.pk)

    letter = messages.compose(message, RELEASED)

    assert (
        "Deelnemen",
        "via uw eigen pagina",
        absolute(registration.get_join_url()),
    ) in letter.facts
    assert not any("mailen" in line for line in letter.opening)
