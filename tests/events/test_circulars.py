"""Messages that organisers write to attendees: whom they reach, what they say, when they leave."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import html5lib
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events import circulars, privacy, registering, rescheduling, seating, todo
from events.attendees import Listing
from events.circulars import BACK, DOUBLE, SUPPRESSED, CannotSend
from events.forms.circulars import GROUPS
from events.models import Circular, Presence, Registration, Session
from events.models.circular import TEXTS
from mailing import outbox
from mailing.letters import Letter, NotWanted, render
from mailing.models import Message, SuppressedAddress
from tests import build
from tests.build import LINK, NOW, at, days, make_registration, make_session
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

OWNER = Registration.CancelledBy.OWNER
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def make_circular(session: Session, **fields: Any) -> Circular:
    """A draft to everybody with a seat, in Dutch."""
    values = {
        "subject_nl": "Breng uw laptop mee",
        "text_nl": "Beste {naam}, tot dan.",
        "parameters": "state=confirmed",
    }
    circular = Circular(session=session, **(values | fields))
    circulars.save(circular, by=SYSTEM, now=NOW)
    return circular


def send(circular: Circular, now: datetime = NOW) -> int:
    return circulars.send(circular, by=SYSTEM, now=now)


def reached(circular: Circular) -> list[str]:
    """Who has a message of it, by name."""
    rows = Registration.objects.in_bulk()
    return [rows[row.object_id].name for row in circulars.messages_of(circular).order_by("pk")]


def deliver(now: datetime = NOW) -> None:
    outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False)


def letter_to(registration: Registration, circular: Circular) -> Letter:
    """The letter that somebody would get; composed anew, as at delivery."""
    fresh = Registration.objects.select_related("session__programme").get(pk=registration.pk)
    return circulars.letter_of(Circular.objects.get(pk=circular.pk), fresh)


def fates(circular: Circular) -> dict[str, int]:
    tally = circulars.tallies(circular.session, [circular])[circular.pk]
    return {fate.value: number for fate, number in tally.items()}


# To whom -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("state=confirmed", ["An", "Bo"]),
        ("state=waiting", ["Cas"]),
        ("state=confirmed&state=waiting", ["An", "Bo", "Cas"]),
        ("state=cancelled", ["Dirk"]),
        ("state=confirmed&language=fr", ["Bo"]),
        ("state=confirmed&language=fr&not=language", ["An"]),
        ("", ["An", "Bo", "Cas", "Dirk"]),
    ],
)
def test_group_is_whoever_the_filter_leaves(parameters: str, expected: list[str]) -> None:
    session = make_session(capacity=2)
    gone = make_registration(session, name="Dirk")
    registering.cancel(gone, now=NOW, by=OWNER)
    make_registration(session, name="An")
    make_registration(session, name="Bo", language="fr")
    make_registration(session, name="Cas")
    build.anonymise(make_registration(session, name="Els"))
    make_registration(make_session(), name="Van elders")

    circular = make_circular(session, parameters=parameters)

    assert send(circular) == len(expected)
    assert sorted(reached(circular)) == expected


def test_groups_that_are_offered_are_filters_of_the_list() -> None:
    for group in GROUPS:
        assert Listing.read(QueryDict(group.parameters)).query == group.parameters


@pytest.mark.parametrize(("name", "expected"), [("there", ["An", "Bo"]), ("absent", ["Cas"])])
def test_who_was_there_and_who_was_not_are_groups_of_their_own(
    name: str, expected: list[str]
) -> None:
    session = make_session()
    for who, state in (("An", "present"), ("Bo", "walk_in"), ("Cas", "absent"), ("Dirk", "")):
        row = make_registration(session, name=who)
        how = "online" if state in {"present", "walk_in"} else ""
        if state:
            Presence.objects.create(registration=row, state=state, how=how, marked_at=NOW)
    [parameters] = [group.parameters for group in GROUPS if group.name == name]

    circular = make_circular(session, parameters=parameters)
    send(circular)

    assert reached(circular) == expected


def test_those_chosen_one_by_one_are_reached_and_nobody_of_another_session() -> None:
    session = make_session()
    an, _bo = make_registration(session, name="An"), make_registration(session, name="Bo")
    elsewhere = make_registration(make_session(), name="Van elders")

    circular = make_circular(session, chosen=[an.pk, elsewhere.pk], parameters="")
    send(circular)

    assert reached(circular) == ["An"]


def test_who_is_left_out_is_told_with_the_reason() -> None:
    session = make_session()
    an = make_registration(session, email="an@example.org", name="An")
    registering.cancel(an, now=NOW, by=OWNER)
    make_registration(session, email="AN@example.org", name="An is terug")
    for name in ("Bo eerst", "Bo later"):
        row = make_registration(session, email="bo@example.org", name=name)
        registering.cancel(row, now=NOW, by=OWNER)
    make_registration(session, email="Cas@example.org", name="Cas")
    SuppressedAddress.objects.create(
        address="cas@example.org", outcome="bounced", suppressed_at=NOW
    )
    circular = make_circular(session, parameters="")

    found = circulars.reach(circular, NOW)

    assert [row.name for row in found.people] == ["An is terug", "Bo later"]
    left_out = {reason: [row.name for row in rows] for reason, rows in found.left_out.items()}
    assert left_out == {SUPPRESSED: ["Cas"], DOUBLE: ["Bo eerst"], BACK: ["An"]}


def test_who_registered_again_gets_nothing_meant_for_those_who_cancelled() -> None:
    session = make_session()
    row = make_registration(session, email="an@example.org")
    registering.cancel(row, now=NOW, by=OWNER)
    make_registration(session, email="an@example.org")

    found = circulars.reach(make_circular(session, parameters="state=cancelled"), NOW)

    assert (found.people, list(found.left_out)) == ([], [BACK])


def test_suppressed_address_shows_among_what_failed() -> None:
    session = make_session()
    make_registration(session, email="an@example.org")
    make_registration(session, email="bo@example.org")
    SuppressedAddress.objects.create(address="bo@example.org", outcome="bounced", suppressed_at=NOW)
    Message.objects.all().delete()
    circular = make_circular(session)

    assert send(circular) == 1
    deliver()

    assert fates(circular) == {"sent": 1, "failed": 1}


def test_nobody_in_the_group_is_refused_and_the_draft_stays() -> None:
    circular = make_circular(make_session())

    with pytest.raises(CannotSend):
        send(circular)

    circular.refresh_from_db()
    assert circular.is_draft


@pytest.mark.parametrize("parameters", ["state=confirmed&gone=1", "state=guessed", "mail=vanished"])
def test_filter_that_lost_its_meaning_reaches_nobody_rather_than_everybody(parameters: str) -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session, parameters=parameters)

    with pytest.raises(CannotSend):
        send(circular)

    Circular.objects.update(state="planned", send_at=NOW)
    circulars.plan(NOW)
    circular.refresh_from_db()
    assert (circular.state, bool(circular.stopped_reason)) == ("draft", True)
    assert reached(circular) == []
    [row] = todo.overview(Session.objects.select_related("seats", "virtual_link"), NOW)
    assert "Breng uw laptop mee" in "".join(task.sentence for task in row.tasks)


# When --------------------------------------------------------------------------------------------


def test_planned_message_leaves_at_its_moment_to_who_is_there_then() -> None:
    session = make_session()
    make_registration(session, name="An")
    gone = make_registration(session, name="Bo")
    circular = make_circular(session)
    circulars.plan_for(circular, NOW + HOUR, by=SYSTEM, now=NOW)
    registering.cancel(gone, now=NOW, by=OWNER)
    make_registration(session, name="Cas")

    circulars.plan(NOW + HOUR - timedelta.resolution)
    early = reached(circular)
    for _round in range(3):
        circulars.plan(NOW + HOUR)

    circular.refresh_from_db()
    assert (early, reached(circular), circular.state) == ([], ["An", "Cas"], "sent")


def test_planned_message_leaves_after_a_night_without_workers() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session)
    circulars.plan_for(circular, NOW + HOUR, by=SYSTEM, now=NOW)

    circulars.plan(NOW + 14 * HOUR)

    assert len(reached(circular)) == 1


@pytest.mark.parametrize("moment", [NOW, NOW - HOUR, at("16:30") + days(91)])
def test_moment_in_the_past_or_after_the_names_are_gone_is_refused(moment: datetime) -> None:
    circular = make_circular(make_session())

    with pytest.raises(CannotSend):
        circulars.plan_for(circular, moment, by=SYSTEM, now=NOW)


def test_sending_twice_sends_once() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session)
    send(circular)

    for again in (send, lambda one: circulars.plan_for(one, NOW + HOUR, by=SYSTEM, now=NOW)):
        with pytest.raises(CannotSend):
            again(circular)

    assert len(reached(circular)) == 1


def test_message_planned_for_a_session_that_is_cancelled_does_not_leave() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session, parameters="state=cancelled")
    circulars.plan_for(circular, NOW + HOUR, by=SYSTEM, now=NOW)
    rescheduling.cancel_session(session, now=NOW)

    circulars.plan(NOW + HOUR)
    stopped = reached(circular)
    circulars.plan_for(circular, NOW + 2 * HOUR, by=SYSTEM, now=NOW + HOUR)
    circulars.plan(NOW + 2 * HOUR)

    # Planned after the cancellation, it is meant for who was cancelled.
    assert (stopped, len(reached(circular))) == ([], 1)


def test_taking_back_a_planned_message_makes_it_a_draft_again() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session)
    circulars.plan_for(circular, NOW + HOUR, by=SYSTEM, now=NOW)

    circulars.withdraw(circular, by=SYSTEM, now=NOW)
    circulars.plan(NOW + 2 * HOUR)

    circular.refresh_from_db()
    assert (circular.is_draft, reached(circular)) == (True, [])
    assert send(circular) == 1


def test_taking_back_what_waits_leaves_what_has_left() -> None:
    session = make_session()
    for name in ("An", "Bo", "Cas"):
        make_registration(session, name=name)
    circular = make_circular(session)
    send(circular)
    first, held, _waits = circulars.messages_of(circular).order_by("pk")
    Message.objects.filter(pk=first.pk).update(state="sent", closed_at=NOW)
    Message.objects.filter(pk=held.pk).update(lease_until=NOW + HOUR)

    assert circulars.withdraw(circular, by=SYSTEM, now=NOW) == 1

    assert fates(circular) == {"sent": 1, "waiting": 1, "withdrawn": 1}
    circular.refresh_from_db()
    assert circular.state == "sent"


def test_taking_back_all_of_it_is_shown_as_such() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session)
    send(circular)

    circulars.withdraw(circular, by=SYSTEM, now=NOW)

    circular.refresh_from_db()
    assert (circular.state, fates(circular)) == ("withdrawn", {"withdrawn": 1})


# Between sending and delivery --------------------------------------------------------------------


def cancel(registration: Registration) -> None:
    registering.cancel(registration, now=NOW, by=OWNER)


def place(registration: Registration) -> None:
    seating.place(registration, now=NOW)


@pytest.mark.parametrize(
    ("capacity", "parameters", "act", "reason"),
    [
        (9, "state=confirmed", cancel, "The registration was cancelled."),
        (0, "state=waiting", place, "The person is not waiting any more."),
        (0, "state=confirmed&state=waiting", place, ""),
        (0, "language=nl", place, ""),
        (9, "state=confirmed", build.anonymise, "The registration was made anonymous."),
    ],
)
def test_who_left_the_group_before_delivery_gets_nothing_and_the_reason_is_kept(
    capacity: int, parameters: str, act: Callable[[Registration], object], reason: str
) -> None:
    session = make_session(capacity=capacity)
    registration = make_registration(session)
    circular = make_circular(session, parameters=parameters)
    send(circular)
    act(registration)

    deliver()

    message = circulars.messages_of(circular).get()
    assert (message.state, message.reason) == ("dropped" if reason else "sent", reason)


def test_message_after_the_session_still_arrives_and_one_from_before_does_not() -> None:
    session = make_session()
    make_registration(session)
    before, after = make_circular(session), make_circular(session)
    send(before, session.starts_at - HOUR)
    send(after, session.ends_at + HOUR)

    outbox.plan(session.ends_at + 2 * HOUR)
    deliver(session.ends_at + 2 * HOUR)

    assert (fates(before), fates(after)) == ({"withdrawn": 1}, {"sent": 1})


# What it says ------------------------------------------------------------------------------------


def test_placeholders_stand_for_what_is_the_readers_own_in_every_spelling() -> None:
    session = make_session(link=LINK, title_nl="AI nu", title_fr="L’IA")
    registration = make_registration(session, name="An Peeters")
    text = (
        "{naam} {nom} {name} | {titel} | {wanneer} | {waar} | {contact} | {lien} | {inschrijving}"
    )

    letter = letter_to(registration, make_circular(session, subject_nl="Voor {naam}", text_nl=text))

    plain, html = render(letter)
    assert letter.subject == letter.heading == "Voor An Peeters"
    join = f"http://localhost:8000{registration.get_join_url()}"
    own = f"http://localhost:8000{registration.get_absolute_url()}"
    expected = (
        "An Peeters An Peeters An Peeters | AI nu | donderdag 10 juni 2027, 14u00 – 16u30 | online"
        f" | Ann Contact, contact@example.org | {join} | {own}"
    )
    assert expected in plain
    assert f'href="{join}"' in html
    assert LINK not in plain + html


HOSTILE = "{{ naam }} {0.__class__} {naam.__class__} {naam!r} %s %(naam)s {% now %} ${naam"


def test_what_is_no_placeholder_is_read_as_it_was_typed() -> None:
    session = make_session()
    registration = make_registration(session)

    letter = letter_to(registration, make_circular(session, subject_nl=HOSTILE, text_nl=HOSTILE))

    plain, html = render(letter)
    assert letter.subject == HOSTILE
    assert plain.count(HOSTILE) == 1  # the heading of the text is in capitals
    read = "".join(html5lib.parse(html).find("{*}body").itertext())
    assert read.count(HOSTILE) >= 2


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "[klik](https://evil.example)", "{inschrijving}", "**Jan** _x_"],
)
def test_name_of_a_reader_is_never_markup_nor_a_placeholder(name: str) -> None:
    session = make_session()
    registration = make_registration(session)
    Registration.objects.update(name=name)

    letter = letter_to(registration, make_circular(session, text_nl="Dag {naam}."))

    plain, html = render(letter)
    said = re.search(r"Dag (.*)\.\n", plain)
    assert said and said[1] in {name, "deelnemer"}
    assert "<script>" not in html
    assert 'href="https://evil.example' not in html
    if "evil" in name:
        assert "evil" not in plain + html


@pytest.mark.parametrize("state", ["waiting", "cancelled"])
def test_who_has_no_seat_is_not_led_to_take_part(state: str) -> None:
    session = make_session(link=LINK, capacity=0 if state == "waiting" else 9)
    registration = make_registration(session)
    if state == "cancelled":
        cancel(registration)

    letter = letter_to(registration, make_circular(session, text_nl="{deelnamelink}"))

    plain, html = render(letter)
    assert registration.joining_code not in plain + html
    assert (registration.managing_code in str(letter.button)) is (state == "waiting")


def test_reader_gets_their_own_language_where_it_is_written() -> None:
    session = make_session()
    circular = make_circular(session, subject_fr="Bienvenue", text_fr="Bonjour {nom}, {quand}")
    registration = make_registration(session, language="fr", name="Zoé")

    letter = letter_to(registration, circular)

    assert letter.subject == "Bienvenue"
    assert "Bonjour Zoé, jeudi 10 juin 2027" in render(letter)[0]
    assert len(letter.opening) == 1


def test_reader_of_a_language_that_is_missing_is_told_so_in_their_own() -> None:
    session = make_session()
    registration = make_registration(session, language="fr", name="Zoé")

    letter = letter_to(registration, make_circular(session, text_nl="Dag, {wanneer}"))

    plain, html = render(letter)
    assert letter.language == "fr"
    assert letter.opening[0] == "L’organisateur a rédigé ce qui suit en néerlandais uniquement."
    assert "Dag, donderdag 10 juni 2027" in plain  # its own words are in its language
    root = html5lib.parse(html)
    [written] = [each for each in root.iter() if "written" in (each.get("class") or "")]
    assert written.get("lang") == "nl"


def test_language_of_the_session_goes_before_the_others_for_who_reads_none_of_them() -> None:
    session = make_session(language="en")
    circular = make_circular(session, subject_en="Welcome", text_en="Hello")

    assert circulars.language_for(circular, "fr") == "en"
    assert circulars.language_for(circular, "nl") == "nl"


def test_nothing_written_cannot_be_sent() -> None:
    session = make_session()
    make_registration(session)
    circular = make_circular(session, subject_nl="", text_nl="")

    with pytest.raises(CannotSend):
        send(circular)


def test_mail_has_the_contact_as_its_reply_address_and_one_message_id() -> None:
    session = make_session()
    registration = make_registration(session)
    circular = make_circular(session)
    send(circular)
    message = circulars.messages_of(circular).get()

    assert circulars.compose(message, NOW).reply_to == "contact@example.org"
    assert message.recipient == registration.email
    assert message.priority == Message.Priority.BULK


# Trying out --------------------------------------------------------------------------------------


def test_trial_goes_to_the_organiser_alone_without_anybodys_codes() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session, name="An Peeters")
    user = build.make_organiser(session.programme, email="els@example.org")
    circular = make_circular(session, text_nl="{naam} {deelnamelink} {inschrijving}")

    for _click in range(2):
        circulars.try_out(circular, to=user, language="nl", now=NOW)

    message = Message.objects.get(kind=circulars.TRIAL)
    letter = circulars.compose_trial(message, NOW)
    plain, html = render(letter)
    assert (letter.recipient, letter.subject) == ("els@example.org", "Test: Breng uw laptop mee")
    assert "An Peeters" in plain
    for code in (registration.managing_code, registration.joining_code, registration.public_id):
        assert code not in plain + html
    assert reached(circular) == []


def test_trial_of_who_no_longer_organises_is_dropped() -> None:
    session = make_session()
    user = build.make_organiser(session.programme)
    circular = make_circular(session)
    circulars.try_out(circular, to=user, language="nl", now=NOW)
    user.memberships.all().delete()

    with pytest.raises(NotWanted):
        circulars.compose_trial(Message.objects.get(kind=circulars.TRIAL), NOW)


def test_trials_without_end_are_refused() -> None:
    session = make_session()
    user = build.make_organiser(session.programme)
    circular = make_circular(session)

    with pytest.raises(CannotSend):
        for second in range(circulars.TRIALS_PER_HOUR + 1):
            moment = NOW + timedelta(seconds=second)
            circulars.try_out(circular, to=user, language="nl", now=moment)


# Pages -------------------------------------------------------------------------------------------


@pytest.fixture
def session() -> Session:
    return make_session(link=LINK)


@pytest.fixture
def desk(session: Session) -> Client:
    client = CheckedClient()
    client.force_login(build.make_organiser(session.programme, email="els@example.org"))
    return client


def plain(desk: Client) -> Client:
    """The same person, for what is no page: the HTML of a mail."""
    client = Client()
    client.cookies = desk.cookies
    return client


def address(session: Session, end: str = "") -> str:
    return f"/organise/sessions/{session.slug}/messages/{end}"


def typed(**fields: str) -> dict[str, str]:
    return {
        "group": "confirmed",
        "subject_nl": "Welkom",
        "text_nl": "Beste {naam}",
        "parameters": "",
        "chosen": "",
    } | fields


def test_message_is_written_seen_and_sent(session: Session, desk: Client) -> None:
    an = make_registration(session, name="An Peeters")
    make_registration(session, name="Zoé", language="fr")

    made = desk.post(address(session, "new/"), typed(text_nl="Beste {naam} {deelnamelink} {nam}"))
    circular = Circular.objects.get()
    here = address(session, f"{circular.pk}/")
    assert made.headers["Location"] == here
    page = desk.get(here)
    shown = unescape(page.content.decode())
    assert "2 personen" in shown
    assert "1 persoon leest Frans" in shown
    assert "{nam}" in shown
    assert an.joining_code not in shown
    assert an.managing_code not in shown
    [framed] = re.findall(r'<iframe[^>]* src="([^"]+)"', shown)
    html = plain(desk).get(framed).content.decode()
    assert "Beste An Peeters" in html
    assert an.joining_code not in html
    looked = AuditEntry.objects.filter(action=Action.REGISTRATIONS_SEEN)
    assert [entry.details for entry in looked] == [{"people": 1}]

    unsure = desk.post(f"{here}send/", {"when": "now", "number": 2})
    wrong = desk.post(f"{here}send/", {"when": "now", "number": 1, "sure": "on"})
    sent = [
        desk.post(f"{here}send/", {"when": "now", "number": 2, "sure": "on"}) for _click in range(2)
    ]

    assert (unsure.status_code, wrong.status_code) == (422, 422)
    assert [answer.status_code for answer in sent] == [302, 302]
    assert sorted(reached(circular)) == ["An Peeters", "Zoé"]
    assert [entry.details for entry in AuditEntry.objects.filter(action=Action.CIRCULAR_SENT)] == [
        {"people": 2}
    ]


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        ("2027-05-10", "09:00", "voorbij"),
        ("2027-03-28", "02:30", "bestaat"),
        ("2027-10-31", "02:30", "twee keer"),
        ("", "14:00", "datum"),
        ("2027-05-11", "", "uur"),
        ("2027-05-11", "25:00", "24u00"),
        ("9999-12-31", "24:00", "jaar"),
    ],
)
def test_moment_that_cannot_be_is_refused_in_a_sentence(
    session: Session, desk: Client, day: str, clock: str, words: str
) -> None:
    make_registration(session)
    circular = make_circular(session)
    sent = {"when": "later", "day": day, "clock": clock, "number": 1}

    answer = desk.post(address(session, f"{circular.pk}/send/"), sent, follow=True)

    assert words in unescape(answer.content.decode())
    circular.refresh_from_db()
    assert circular.is_draft


def test_planned_message_is_changed_and_what_two_change_at_once_is_asked_about(
    session: Session, desk: Client
) -> None:
    make_registration(session)
    circular = make_circular(session)
    later = {"when": "later", "day": "2027-05-11", "clock": "9:00", "number": 1}
    desk.post(address(session, f"{circular.pk}/send/"), later)
    circular.refresh_from_db()
    assert circular.send_at == at("09:00", circular.send_at.date())
    edit = address(session, f"{circular.pk}/edit/")
    mine = sent_by(forms_on(desk.get(edit))[-1])
    theirs = mine | {"subject_nl": "Van een ander"}

    assert desk.post(edit, theirs).status_code == 302
    clash = desk.post(edit, mine | {"subject_nl": "Van mij"})

    assert clash.status_code == 409
    assert "Van een ander" in clash.content.decode()
    circular.refresh_from_db()
    assert (circular.in_language("nl")[0], circular.state) == ("Van een ander", "planned")
    circulars.plan(circular.send_at)
    desk.post(edit, mine)
    circular.refresh_from_db()
    assert circular.in_language("nl")[0] == "Van een ander"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"subject_nl": ""}, "subject_nl"),
        ({"text_nl": ""}, "text_nl"),
        ({"subject_nl": "", "text_nl": ""}, "subject_nl"),
        ({"subject_fr": "Bonjour"}, "text_fr"),
        ({"subject_nl": "een\r\nBcc: twee"}, "subject_nl"),
        ({"text_nl": "x" * 10_001}, "text_nl"),
        ({"group": "guessed"}, "group"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_kept(
    session: Session, desk: Client, fields: dict[str, str], name: str
) -> None:
    answer = desk.post(address(session, "new/"), typed(**fields))

    assert answer.status_code == 422
    assert f'id="id_{name}_error"' in answer.content.decode()
    assert not Circular.objects.exists()


def test_filter_of_the_list_becomes_the_group(session: Session, desk: Client) -> None:
    make_registration(session, name="An", organisation_name="Stad Gent")
    make_registration(session, name="Bo")
    opened = desk.get(address(session, "new/?organisation=gent&everyone=1"))

    made = desk.post(
        address(session, "new/"),
        sent_by(forms_on(opened)[-1]) | typed(group="kept", parameters="organisation=gent"),
    )

    circular = Circular.objects.get()
    assert (made.status_code, circular.parameters) == (302, "organisation=gent")
    assert "“gent”" in unescape(opened.content.decode())


@pytest.mark.parametrize("query", ["q=an", "name=an&everyone=1", "chosen={an}"])
def test_who_was_sought_or_ticked_is_a_fixed_group_without_the_words(
    session: Session, desk: Client, query: str
) -> None:
    an = make_registration(session, name="An", email="x@example.org")
    make_registration(session, name="Bo", email="y@example.org")
    opened = desk.get(address(session, f"new/?{query.format(an=an.pk)}"))
    form = sent_by(forms_on(opened)[-1])

    desk.post(address(session, "new/"), form | {"subject_nl": "Dag", "text_nl": "Dag"})

    circular = Circular.objects.get()
    assert (circular.chosen, circular.parameters) == ([an.pk], "")


def test_numbers_behind_a_sent_message_lead_to_the_people(session: Session, desk: Client) -> None:
    for name in ("An Aerts", "Bo Bos"):
        make_registration(session, name=name)
    circular = make_circular(session)
    send(circular)
    first = circulars.messages_of(circular).order_by("pk")[0]
    Message.objects.filter(pk=first.pk).update(state="sent", outcome="bounced", closed_at=NOW)

    page = desk.get(address(session, f"{circular.pk}/?fate=bounced"))
    attendee = desk.get(f"/organise/sessions/{session.slug}/attendees/{first.object_id}/")

    people = page.content.decode().partition('id="people"')[2]
    assert ("An Aerts" in people, "Bo Bos" in people) == (True, False)
    assert "Breng uw laptop mee" in attendee.content.decode()


def test_preview_belongs_to_its_session(session: Session, desk: Client) -> None:
    make_registration(session)
    circular = make_circular(session)
    page = unescape(desk.get(address(session, f"{circular.pk}/")).content.decode())
    [framed] = re.findall(r'<iframe[^>]* src="([^"]+)"', page)
    other = make_session(programme=session.programme)

    assert plain(desk).get(framed).status_code == 200
    assert plain(desk).get(framed.replace(session.slug, other.slug)).status_code == 404
    assert plain(desk).get(framed[:-3]).status_code == 404
    assert Client().get(framed).status_code == 302


@pytest.mark.parametrize("end", ["", "edit/", "send/", "withdraw/", "copy/", "delete/", "test/"])
def test_message_of_another_session_does_not_exist(
    session: Session, desk: Client, end: str
) -> None:
    theirs = make_circular(make_session(programme=session.programme))

    for method in (desk.get, desk.post):
        assert method(address(session, f"{theirs.pk}/{end}")).status_code in {404, 405}
    assert Circular.objects.count() == 1


def test_list_costs_as_many_queries_with_many_messages_as_with_one(
    session: Session, desk: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address(session)).status_code == 200
        return len(captured)

    for _each in range(3):
        make_registration(session)
    send(make_circular(session))
    queries()  # the first look also renews the session of the browser
    one = queries()
    for _each in range(3):
        send(make_circular(session))

    assert queries() == one


def test_reach_of_many_costs_as_many_queries_as_that_of_few() -> None:
    def queries(number: int) -> int:
        session = make_session()
        for _each in range(number):
            make_registration(session)
        circular = make_circular(session)
        with CaptureQueriesContext(connection) as captured:
            send(circular)
        return len(captured)

    assert queries(2) == queries(30)


# Privacy -----------------------------------------------------------------------------------------


def test_text_goes_with_the_names_and_the_counts_stay() -> None:
    session = make_session()
    make_registration(session)
    sent, draft = make_circular(session), make_circular(session)
    send(sent)
    kept_until = session.ends_at + days(session.programme.retention_days)

    privacy.expire(kept_until - timedelta.resolution)
    assert Circular.objects.filter(expired_at=None).count() == 2
    assert privacy.expire(kept_until) == 0

    sent.refresh_from_db()
    assert [getattr(sent, name) for name in TEXTS] == [""] * len(TEXTS)
    assert fates(sent) == {"withdrawn": 1}
    assert not Circular.objects.filter(pk=draft.pk).exists()
    assert not Message.objects.exclude(recipient="").exists()


def test_page_of_an_erased_text_says_so(session: Session, desk: Client) -> None:
    make_registration(session)
    circular = make_circular(session)
    send(circular)
    privacy.expire(session.ends_at + days(session.programme.retention_days))

    with translation.override("nl"):
        page = desk.get(address(session, f"{circular.pk}/")).content.decode()

    assert "gewist" in page
    assert "anoniem" in page
