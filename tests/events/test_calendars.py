from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import translation
from icalendar import Calendar, Event

from accounts.auditing import SYSTEM
from accounts.models import Organisation
from events import arranging, calendars, comparing, pasting, registering, rescheduling, shifting
from events.models import AgendaItem, Registration, Session
from events.rescheduling import When
from ical.responses import feed
from mailing.letters import CalendarPart
from tests.build import (
    LINK,
    NOW,
    at,
    days,
    make_agenda_item,
    make_programme,
    make_registration,
    make_session,
    make_speaker,
)

pytestmark = pytest.mark.django_db

OWNER = Registration.CancelledBy.OWNER


def event_of(content: bytes | CalendarPart | None) -> Event:
    """The one event of a calendar, parsed back."""
    assert content is not None
    (event,) = Calendar.from_ical(
        content.content if isinstance(content, CalendarPart) else content
    ).events
    return event


def fresh(registration: Registration) -> Registration:
    """As a view or worker reads it."""
    return Registration.objects.select_related("session").get(pk=registration.pk)


def all_of(registration: Registration) -> dict[str, bytes]:
    """Every calendar in which the session can reach somebody, by where it stands."""
    own = fresh(registration)
    cancellation = calendars.cancellation(own, now=NOW)
    assert cancellation is not None
    return {
        "download": calendars.session_file(own.session),
        "feed": feed_of([own.session]),
        "own download": calendars.registrant_file(own),
        "invitation": calendars.request(own, now=NOW).content,
        "cancellation": cancellation.content,
    }


def feed_of(sessions: Sequence[Session]) -> bytes:
    return feed(calendars.contents(sessions), name="Sessies").body


def unfolded(content: bytes) -> str:
    return content.decode().replace("\r\n ", "")


def join_url(registration: Registration) -> str:
    return settings.SITE_URL + registration.get_join_url()


# One truth ---------------------------------------------------------------------------------------


def test_uid_is_the_same_wherever_the_session_stands() -> None:
    session = make_session(link=LINK)
    registration = make_registration(session)

    uids = {place: str(event_of(made)["uid"]) for place, made in all_of(registration).items()}

    assert uids == dict.fromkeys(uids, session.uid)


def test_uid_stays_when_the_session_moves_and_gets_another_name() -> None:
    session = make_session()
    before = event_of(calendars.session_file(session))["uid"]
    session.title, session.slug = "Iets anders", "iets-anders"
    session.save()
    rescheduling.move(session, When(at("10:00"), at("11:00")), now=NOW)

    assert event_of(calendars.session_file(session))["uid"] == before


def test_uids_of_two_sessions_differ() -> None:
    assert make_session().uid != make_session().uid


def test_times_are_the_instants_of_the_session() -> None:
    registration = make_registration(make_session())

    events = [event_of(content) for content in all_of(registration).values()]

    assert {(event["dtstart"].dt, event["dtend"].dt) for event in events} == {
        (at("14:00"), at("16:30"))
    }


# What grows, and what does not -------------------------------------------------------------------


def sequences(registration: Registration) -> set[int]:
    return {event_of(content)["sequence"] for content in all_of(registration).values()}


def test_sequence_grows_everywhere_when_the_session_moves() -> None:
    session = make_session()
    registration = make_registration(session)
    before = sequences(registration)

    rescheduling.move(session, When(at("10:00"), at("11:00")), now=NOW)

    assert (before, sequences(registration)) == ({0}, {1})


def test_sequence_grows_everywhere_when_the_place_changes() -> None:
    session = make_session()
    registration = make_registration(session)

    rescheduling.change_place(session, now=NOW)

    assert sequences(registration) == {1}


def test_sequence_stays_when_only_words_change() -> None:
    session = make_session()
    registration = make_registration(session)
    session.title = "Iets anders"
    session.save()

    assert sequences(registration) == {0}


def test_sequence_of_whoever_cancels_and_comes_back_grows_with_each_mail() -> None:
    session = make_session()
    seen = []
    for _ in range(2):
        registration = make_registration(session, email="jan@example.org")
        seen.append(event_of(calendars.request(fresh(registration), now=NOW))["sequence"])
        registering.cancel(registration, now=NOW, by=OWNER)
        seen.append(event_of(calendars.cancellation(fresh(registration), now=NOW))["sequence"])

    assert seen == sorted(set(seen))


def test_sequence_of_a_cancelled_session_outranks_the_invitation() -> None:
    session = make_session()
    registration = make_registration(session)
    before = event_of(calendars.request(fresh(registration), now=NOW))["sequence"]

    rescheduling.cancel_session(session, now=NOW)

    after = event_of(calendars.cancellation(fresh(registration), now=NOW))["sequence"]
    assert after > before


def test_stamp_of_a_mail_is_its_moment_of_sending() -> None:
    registration = fresh(make_registration(make_session()))

    stamps = [
        event_of(calendars.request(registration, now=NOW + timedelta(hours=hours)))["dtstamp"].dt
        for hours in (0, 1)
    ]

    assert stamps == [NOW, NOW + timedelta(hours=1)]


@pytest.mark.parametrize("place", ["download", "feed", "own download"])
def test_stamp_of_a_calendar_that_is_fetched_is_its_last_change(place: str) -> None:
    registration = make_registration(make_session(), now=NOW - days(40))
    Session.objects.update(changed_at=NOW - days(30))

    assert event_of(all_of(registration)[place])["dtstamp"].dt == NOW - days(30)


def test_stamp_of_ones_own_calendar_moves_when_one_cancels() -> None:
    registration = make_registration(make_session(), now=NOW - days(40))
    Session.objects.update(changed_at=NOW - days(30))

    registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)

    cancelled = event_of(calendars.registrant_file(fresh(registration)))
    assert (cancelled["dtstamp"].dt, cancelled["last-modified"].dt) == (NOW, NOW)


@pytest.mark.parametrize("place", ["download", "feed", "own download"])
def test_calendar_that_is_fetched_twice_is_the_same_to_the_byte(place: str) -> None:
    registration = make_registration(make_session(link=LINK))

    assert all_of(registration)[place] == all_of(registration)[place]


# What is secret ----------------------------------------------------------------------------------


def test_virtual_link_stands_in_no_calendar() -> None:
    registration = make_registration(make_session(link=LINK))

    found = [
        place
        for place, content in all_of(registration).items()
        if LINK in unfolded(content) or "secret-room" in unfolded(content)
    ]

    assert found == []


def test_address_to_join_stands_in_the_registrants_own_calendars_only() -> None:
    registration = make_registration(make_session(link=LINK))

    found = [
        place
        for place, content in all_of(registration).items()
        if registration.joining_code in unfolded(content)
    ]

    assert found == ["own download", "invitation", "cancellation"]


def test_code_to_manage_stands_in_no_calendar() -> None:
    registration = make_registration(make_session(link=LINK))

    assert not any(
        registration.managing_code in unfolded(content) for content in all_of(registration).values()
    )


@pytest.mark.parametrize("place", ["download", "feed"])
def test_calendar_for_everybody_names_nobody_who_registered(place: str) -> None:
    registration = make_registration(make_session(), name="An Peeters", email="an@example.org")

    content = unfolded(all_of(registration)[place])

    assert "An Peeters" not in content
    assert "an@example.org" not in content


def test_calendar_to_share_says_what_anyone_may_read_and_no_more() -> None:
    """Nothing a colleague sees in somebody's calendar lets them cancel."""
    registration = make_registration(make_session(link=LINK))

    event = event_of(calendars.registrant_file(fresh(registration)))

    assert str(event["url"]) == join_url(registration)
    assert join_url(registration) in event["description"]


def test_joining_code_opens_nothing_to_manage_and_the_other_way_round() -> None:
    registration = make_registration(make_session())

    crossed = (
        Registration.objects.by_managing_code(registration.joining_code),
        Registration.objects.by_joining_code(registration.managing_code),
        Registration.objects.by_managing_code(registration.public_id),
        Registration.objects.by_managing_code(registration.managing_code[:-1]),
    )
    right = (
        Registration.objects.by_managing_code(registration.managing_code),
        Registration.objects.by_joining_code(registration.joining_code),
    )

    assert crossed == (None, None, None, None)
    assert right == (registration, registration)


# Who and how -------------------------------------------------------------------------------------


def test_invitation_names_its_reader_who_has_said_yes() -> None:
    session = make_session(programme=make_programme(name="PIO"))
    registration = make_registration(session, name="An Peeters", email="an@example.org")

    event = event_of(calendars.request(fresh(registration), now=NOW))

    assert str(event["attendee"]) == "mailto:an@example.org"
    assert event["attendee"].params["CN"] == "An Peeters"
    assert event["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert str(event["organizer"]) == f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    assert event["organizer"].params["CN"] == "PIO"


@pytest.mark.parametrize("place", ["download", "feed", "own download"])
def test_calendar_that_is_fetched_invites_nobody_and_rings_nowhere(place: str) -> None:
    registration = make_registration(make_session())

    calendar = Calendar.from_ical(all_of(registration)[place])

    assert "method" not in calendar
    assert {"attendee", "organizer"} & {name.lower() for name in calendar.events[0]} == set()
    assert calendar.walk("VALARM") == []


@pytest.mark.parametrize("place", ["download", "feed", "own download", "cancellation"])
def test_cancelled_session_stays_and_says_so(place: str) -> None:
    session = make_session()
    registration = make_registration(session)
    rescheduling.cancel_session(session, now=NOW)
    own = fresh(registration)
    made = {
        "download": calendars.session_file(own.session),
        "feed": feed_of([own.session]),
        "own download": calendars.registrant_file(own),
        "cancellation": calendars.cancellation(own, now=NOW),
    }

    assert event_of(made[place])["status"] == "CANCELLED"


def test_own_download_of_who_cancelled_does_not_put_the_session_back() -> None:
    session = make_session()
    registration = make_registration(session)
    registering.cancel(registration, now=NOW, by=OWNER)

    assert event_of(calendars.registrant_file(fresh(registration)))["status"] == "CANCELLED"
    assert event_of(calendars.session_file(session))["status"] == "CONFIRMED"


def test_cancellation_for_who_never_had_a_seat_is_none() -> None:
    session = make_session(capacity=1)
    make_registration(session)
    waiting = make_registration(session)
    registering.cancel(waiting, now=NOW, by=OWNER)

    assert calendars.cancellation(fresh(waiting), now=NOW) is None


# What it says ------------------------------------------------------------------------------------


def test_description_holds_summary_agenda_speakers_facts_and_page() -> None:
    session = make_session(
        summary="Wat AI kan.",
        audience="Lokale besturen",
        attendance="hybrid",
        venue="Herman Teirlinck, Brussel",
        contact_name="Veerle",
        contact_email="veerle@example.org",
    )
    block = make_agenda_item(session, "14:05", "15:15", kind="block", title="Mogelijkheden")
    talk = make_agenda_item(session, "14:05", "14:50", parent=block, title="Onderzoek", track="A")
    speaker = make_speaker(talk, name="Sabine Demey", role="directeur")
    imec = Organisation.objects.create(slug="imec", name="imec")
    speaker.contributions.update(organisation=imec)
    again = make_agenda_item(session, "15:15", "15:25", title="Vragen")
    again.contributions.create(speaker=speaker, role="directeur", organisation=imec)

    description = str(event_of(calendars.session_file(session))["description"])

    assert description.split("\n\n") == [
        "Wat AI kan.",
        (
            "Programma:\n"
            "14u05 – 15u15 Mogelijkheden\n"
            "  14u05 – 14u50 Onderzoek (A, Sabine Demey)\n"
            "15u15 – 15u25 Vragen (Sabine Demey)"
        ),
        "Sprekers:\nSabine Demey, directeur, imec",
        (
            "Praktisch:\n"
            "Wanneer: donderdag 10 juni 2027, 14u00 – 16u30 (Brusselse tijd)\n"
            "Waar: Herman Teirlinck, Brussel (ter plaatse en online)\n"
            "Voor wie: Lokale besturen\n"
            "Taal: Nederlands\n"
            "Prijs: Gratis\n"
            f"Inschrijven: {session.closing.wording()}\n"
            "Contact: Veerle, veerle@example.org"
        ),
        f"Meer informatie: {settings.SITE_URL}{session.get_absolute_url()}",
    ]


def test_own_entry_of_who_is_registered_says_how_to_cancel_and_how_not_to() -> None:
    registration = make_registration(make_session())
    said = "dit agenda-item verwijderen maakt uw plaats niet vrij"

    live = event_of(calendars.registrant_file(fresh(registration)))
    registering.cancel(registration, now=NOW, by=OWNER)
    cancelled = event_of(calendars.registrant_file(fresh(registration)))

    assert said in live["description"]
    assert said not in cancelled["description"]
    assert join_url(registration) not in cancelled["description"]


def test_texts_without_a_translation_are_those_that_the_pages_show() -> None:
    session = make_session()
    item = make_agenda_item(session, title_nl="Welkom", title_fr="Accueil", title_en="")
    make_speaker(item, name="An").contributions.update(role_nl="", role_en="chair", role_fr=None)

    told = {}
    for language in ("nl", "fr", "en"):
        with translation.override(language):
            told[language] = calendars.parts_of([session])[session.pk][0]

    assert {language: part.title for language, part in told.items()} == {
        "nl": "Welkom",
        "fr": "Accueil",
        "en": "Welkom",
    }
    assert {part.talkers[0].about for part in told.values()} == {"chair"}


# Agenda items as entries -------------------------------------------------------------------------


def items_of(session: Session) -> dict[str, Event]:
    """The entries of a session's file with each item for itself, by title."""
    made = calendars.session_file(session, has_items=True)
    return {str(event["summary"]): event for event in Calendar.from_ical(made).events}


def test_items_stand_for_themselves_and_a_block_with_what_it_holds() -> None:
    session = make_session(title="Taal")
    block = make_agenda_item(session, "14:05", "15:15", kind="block", title="Mogelijkheden")
    talk = make_agenda_item(session, "14:05", "14:50", parent=block, title="Onderzoek")
    make_speaker(talk, name="Sabine Demey", role="directeur")
    make_agenda_item(session, "15:15", "15:25", kind="break", title="Pauze")

    items = items_of(session)

    assert list(items) == ["Onderzoek", "Pauze"]
    assert items["Onderzoek"]["dtend"].dt == at("14:50")
    assert items["Onderzoek"]["description"].split("\n")[:2] == [
        "Deel van: Taal – Mogelijkheden",
        "Sabine Demey, directeur",
    ]
    assert (items["Onderzoek"]["transp"], items["Pauze"]["transp"]) == ("OPAQUE", "TRANSPARENT")


def test_session_without_agenda_stands_for_itself_also_among_items() -> None:
    session = make_session(title="Taal")

    assert list(items_of(session)) == ["Taal"]
    assert str(items_of(session)["Taal"]["uid"]) == session.uid


def test_item_keeps_its_identity_and_counts_its_own_moves_and_those_of_its_session() -> None:
    session = make_session()
    first = make_agenda_item(session, "14:00", "14:30", title="Eerst")
    make_agenda_item(session, "14:30", "15:00", title="Dan")

    def told() -> dict[str, tuple[str, int]]:
        session.refresh_from_db()
        return {
            title: (str(event["uid"]), event["sequence"])
            for title, event in items_of(session).items()
        }

    before = told()
    seen = comparing.seen(session, list(session.agenda_items.in_order().with_speakers()))
    arranging.move(
        session,
        first.pk,
        lambda items, position: shifting.push(items, position, timedelta(minutes=10)),
        seen=seen,
        by=SYSTEM,
        now=NOW,
    )
    pushed = told()
    AgendaItem.objects.filter(pk=first.pk).update(title_nl="Eerst, maar anders")
    renamed = told()
    rescheduling.move(session, When(at("10:00"), at("12:30")), now=NOW)
    moved = told()

    identities = [{uid for uid, _ in each.values()} for each in (before, pushed, renamed, moved)]
    assert identities[0] == identities[1] == identities[2] == identities[3]
    counts = [[count for _, count in each.values()] for each in (before, pushed, renamed, moved)]
    assert counts == [[0, 0], [1, 1], [1, 1], [2, 2]]


def test_item_that_is_saved_with_other_words_counts_nothing() -> None:
    session = make_session()
    item = make_agenda_item(session, title="Eerst")
    seen = comparing.seen(session, list(session.agenda_items.in_order().with_speakers()))
    item.title = "Anders"

    arranging.change(session, item, [], is_pushing=False, seen=seen, by=SYSTEM, now=NOW)

    assert items_of(session)["Anders"]["sequence"] == 0


def test_item_that_is_given_another_time_in_its_form_counts_it_once() -> None:
    session = make_session()
    item = make_agenda_item(session, "14:00", "14:45", title="Eerst")
    seen = comparing.seen(session, list(session.agenda_items.in_order().with_speakers()))
    item.ends_at = at("15:00")

    arranging.change(session, item, [], is_pushing=True, seen=seen, by=SYSTEM, now=NOW)

    assert items_of(session)["Eerst"]["sequence"] == 1


def test_pasted_agenda_counts_the_moves_of_the_items_it_keeps() -> None:
    session = make_session()
    make_agenda_item(session, "14:00", "14:45", title="Welkom")
    make_agenda_item(session, "14:45", "15:00", title="Slot")
    text = "14:05 – 14:45 Welkom\n14:45 – 15:00 Slot"
    reading = pasting.read(text, day=at("14:00").date(), zone=session.zone)

    pasting.apply(session, reading, now=NOW)

    assert {title: event["sequence"] for title, event in items_of(session).items()} == {
        "Welkom": 1,
        "Slot": 0,
    }


@pytest.mark.parametrize(("language", "prefix"), [("nl", ""), ("fr", "/fr"), ("en", "/en")])
def test_calendar_leads_to_the_page_in_its_own_language(language: str, prefix: str) -> None:
    session = make_session(title_nl="AI nu", title_fr="L’IA", title_en="AI now")

    with translation.override(language):
        event = event_of(calendars.session_file(session))

    assert str(event["url"]) == f"{settings.SITE_URL}{prefix}/sessions/{session.slug}/"
    assert str(event["summary"]) == {"nl": "AI nu", "fr": "L’IA", "en": "AI now"}[language]


def test_calendar_of_a_session_on_site_says_where_and_offers_no_way_in_from_afar() -> None:
    session = make_session(attendance="on_site", venue="Herman Teirlinck, Brussel")
    registration = make_registration(session)

    event = event_of(calendars.registrant_file(fresh(registration)))

    assert str(event["location"]) == "Herman Teirlinck, Brussel"
    assert join_url(registration) not in event["description"]


def test_feed_holds_every_session_once() -> None:
    sessions: list[Session] = [
        make_session(starts_at=at("14:00") + days(number), ends_at=at("15:00") + days(number))
        for number in range(3)
    ]

    events = Calendar.from_ical(feed_of(sessions)).events

    assert sorted(str(event["uid"]) for event in events) == sorted(s.uid for s in sessions)


def test_feed_without_sessions_is_still_a_calendar() -> None:
    assert Calendar.from_ical(feed_of([])).events == []
