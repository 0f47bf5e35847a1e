import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts import directory
from events import agenda, comparing
from events.models import AgendaItem, Session, Speaker
from events.rescheduling import When, move
from mailing.models import Message
from tests.build import (
    NOW,
    at,
    make_agenda_item,
    make_organisation,
    make_organiser,
    make_registration,
    make_session,
    make_speaker,
)
from tests.events.test_arranging import outline
from tests.events.test_pasting import REAL
from tests.page import CheckedClient


@pytest.fixture
def session(db: None, time_machine: TimeMachineFixture) -> Session:
    """A welcome, a block with two talks, questions."""
    time_machine.move_to(NOW)
    session = make_session(slug="ai")
    make_agenda_item(session, "14:00", "14:10", title="Welkom")
    make_agenda_item(session, "14:10", "15:10", title="Blok", kind="block")
    make_agenda_item(session, "14:10", "14:40", title="Eerste")
    make_agenda_item(session, "14:40", "15:10", title="Tweede")
    make_agenda_item(session, "15:10", "15:30", title="Vragen")
    agenda.nest(session)
    return session


@pytest.fixture
def organiser(session: Session, client: CheckedClient) -> Client:
    """An organiser of the session's programme."""
    client.force_login(make_organiser(session.programme))
    return client


def number(session: Session, title: str) -> int:
    return session.agenda_items.get(title=title).pk


def seen(session: Session) -> str:
    """The agenda as a page shows it now."""
    return comparing.seen(session, list(session.agenda_items.in_order().with_speakers()))


def address(session: Session, *parts: object) -> str:
    return "/".join([f"/organise/sessions/{session.slug}/agenda", *map(str, parts), ""])


def filled(session: Session, **fields: Any) -> dict[str, Any]:
    """What somebody fills in for an item: other fields than these are empty."""
    return {
        "title_nl": "Welkom",
        "kind": "talk",
        "starts": "14u00",
        "ends": "14u10",
        "pushes": "on",
        "people-TOTAL_FORMS": "2",
        "people-INITIAL_FORMS": "0",
        "seen": seen(session),
    } | fields


def text(answer: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# The timetable ------------------------------------------------------------------------------------


def test_agenda_shows_the_items_and_how_much_is_filled(organiser: Client, session: Session) -> None:
    said = text(organiser.get(address(session)))

    assert "1 u 30 min ingevuld van de 2 u 30 min" in said
    assert "1 u niet ingevuld" in said
    # Below the tabs, of which one is named like an item.
    timetable = said[said.index("ingevuld") :]
    places = [timetable.index(title) for title in ("Welkom", "Blok", "Eerste", "Vragen")]
    assert places == sorted(places)


def test_agenda_shows_gap_and_overlap_where_they_are(organiser: Client, session: Session) -> None:
    session.agenda_items.filter(title="Tweede").update(starts_at=at("14:45"))
    session.agenda_items.filter(title="Vragen").update(starts_at=at("15:00"))
    agenda.nest(session)

    said = text(organiser.get(address(session)))

    assert "5 min niet ingevuld" in said
    assert "10 min te vroeg" in said
    assert "Dit past nog niet" in said


def test_agenda_without_items_says_what_to_do(organiser: Client, session: Session) -> None:
    session.agenda_items.all().delete()

    assert "Er is nog geen programma" in text(organiser.get(address(session)))


def test_agenda_asks_the_same_of_the_database_for_any_number_of_items(
    organiser: Client, session: Session
) -> None:
    make_speaker(session.agenda_items.get(title="Vragen"))
    # The first page of a session at all asks a little more.
    organiser.get(address(session))
    asked = []

    for items in (3, 300):
        AgendaItem.objects.bulk_create(
            AgendaItem(
                session=session,
                title=f"Punt {number}",
                title_nl=f"Punt {number}",
                starts_at=at("15:30") + timedelta(seconds=number),
                ends_at=at("15:30") + timedelta(seconds=number + 1),
            )
            for number in range(items)
        )
        with CaptureQueriesContext(connection) as queries:
            organiser.get(address(session))
        asked.append(len(queries))

    assert asked[0] == asked[1] < 20


# Moves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "action", "expected"),
    [
        ("Tweede", "up", ["14:10-14:40 Tweede in Blok", "14:40-15:10 Eerste in Blok"]),
        ("Eerste", "down", ["14:10-14:40 Tweede in Blok", "14:40-15:10 Eerste in Blok"]),
        ("Eerste", "longer", ["14:10-15:15 Blok", "15:15-15:35 Vragen"]),
        ("Eerste", "shorter", ["14:10-15:05 Blok", "15:05-15:25 Vragen"]),
        ("Vragen", "into-earlier", ["14:10-15:30 Blok", "15:10-15:30 Vragen in Blok"]),
        ("Welkom", "into-later", ["14:00-15:10 Blok", "14:00-14:10 Welkom in Blok"]),
        ("Tweede", "out", ["14:10-14:40 Blok", "14:40-15:10 Tweede"]),
    ],
)
def test_move_is_done_and_told(
    title: str, action: str, expected: list[str], organiser: Client, session: Session
) -> None:
    item = number(session, title)

    answer = organiser.post(address(session, item, action), {"seen": seen(session)}, follow=True)

    assert answer.redirect_chain == [(f"{address(session)}#item-{item}", 302)]
    assert set(expected) <= set(outline(session))
    assert f"“{title}” staat nu op" in text(answer)


def test_place_puts_an_item_before_another(organiser: Client, session: Session) -> None:
    data = {"seen": seen(session), "before": number(session, "Welkom")}

    organiser.post(address(session, number(session, "Vragen"), "place"), data)

    assert outline(session)[:2] == ["14:00-14:20 Vragen", "14:20-14:30 Welkom"]


def test_place_before_an_item_of_another_session_does_not_exist(
    organiser: Client, session: Session
) -> None:
    theirs = make_agenda_item(make_session(programme=session.programme))
    data = {"seen": seen(session), "before": theirs.pk}

    answer = organiser.post(address(session, number(session, "Vragen"), "place"), data)

    assert answer.status_code == 404


def test_move_that_is_not_possible_is_explained(organiser: Client, session: Session) -> None:
    item = number(session, "Welkom")

    answer = organiser.post(address(session, item, "up"), {"seen": seen(session)}, follow=True)

    assert "“Welkom” is al het eerste." in text(answer)
    assert outline(session)[0] == "14:00-14:10 Welkom"


def test_move_on_a_stale_page_shows_the_difference_and_can_be_done_then(
    organiser: Client, session: Session
) -> None:
    before = seen(session)
    make_agenda_item(session, "15:30", "15:40", title="Slot")
    there = address(session, number(session, "Vragen"), "longer")

    refused = organiser.post(there, {"seen": before})
    unchanged = outline(session)
    data = {"seen": seen(session)}
    organiser.post(there, data)

    assert refused.status_code == 409
    assert "“Slot” (15u30 – 15u40) is toegevoegd." in text(refused)
    assert data["seen"] == re.search(r'name="seen" value="([^"]*)"', refused.content.decode())[
        1
    ].replace("&quot;", '"')  # type: ignore[index]
    assert unchanged[-2:] == ["15:10-15:30 Vragen", "15:30-15:40 Slot"]
    assert outline(session)[-2:] == ["15:10-15:35 Vragen", "15:35-15:45 Slot"]


def test_move_of_what_was_deleted_meanwhile_says_so(organiser: Client, session: Session) -> None:
    before, item = seen(session), number(session, "Vragen")
    session.agenda_items.filter(pk=item).delete()

    answer = organiser.post(address(session, item, "longer"), {"seen": before})

    assert answer.status_code == 409
    assert "“Vragen” (15u10 – 15u30) is verwijderd." in text(answer)


# Filling in ---------------------------------------------------------------------------------------


def test_add_starts_where_the_item_before_ends(organiser: Client, session: Session) -> None:
    there = f"{address(session, 'add')}?after={number(session, 'Tweede')}"

    page = organiser.get(there)
    organiser.post(there, filled(session, title_nl="Derde", starts="15u10", ends="15u20"))

    assert 'value="15u10"' in page.content.decode()
    assert "In het blok “Blok”" in text(page)
    assert outline(session)[-2:] == ["15:10-15:20 Derde in Blok", "15:20-15:40 Vragen"]


def test_add_keeps_a_speaker_with_a_known_organisation(organiser: Client, session: Session) -> None:
    organisation = make_organisation(name="VVSG")
    directory.index_names(organisation)
    people = {
        "people-0-name": "An Janssens",
        "people-0-role": "Jurist",
        "people-0-organisation": "vvsg",
        "people-1-name": "Bo Smit",
        "people-1-role": "Lid",
        "people-1-organisation": "Onbekend vzw",
    }

    organiser.post(address(session, "add"), filled(session, title_nl="Slot", **people))

    parts = session.agenda_items.get(title="Slot").contributions.order_by("position")
    assert [(part.speaker.name, part.role, part.organisation) for part in parts] == [
        ("An Janssens", "Jurist", organisation),
        ("Bo Smit", "Lid, Onbekend vzw", None),
    ]


def test_edit_without_a_change_changes_nothing(organiser: Client, session: Session) -> None:
    item = session.agenda_items.get(title="Welkom")
    make_speaker(item, name="An Janssens")
    before, times = seen(session), outline(session)
    fields = {"people-INITIAL_FORMS": "1", "people-0-name": "An Janssens"}

    organiser.post(
        address(session, item.pk), filled(session, **fields, **{"people-0-role": "Spreker"})
    )

    assert (outline(session), seen(session)) == (times, before)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title_nl": ""}, "Vul een titel in."),
        ({"title_nl": "x" * 201}, ""),
        ({"starts": "later"}, "Schrijf het uur als 12u00"),
        ({"starts": ""}, "Vul in wanneer het begint."),
        ({"ends": "14u00"}, "Dit eindigt voor het begint."),
        ({"ends": "13u00"}, "Dit eindigt voor het begint."),
        ({"kind": "party"}, ""),
        ({"day": "2027-06-11"}, ""),
        ({"day": "x"}, ""),
        ({"people-0-role": "Jurist"}, "Vul een naam in, of maak de rij leeg."),
        ({"people-0-name": "An", "people-1-name": "an"}, "Iemand staat er twee keer."),
        (
            {"people-0-name": "An", "people-0-role": "x" * 150, "people-0-organisation": "y"},
            "Functie en organisatie zijn samen te lang.",
        ),
        ({"people-TOTAL_FORMS": "x"}, ""),
        ({"people-TOTAL_FORMS": "99999999"}, ""),
    ],
)
def test_bad_input_is_said_beside_the_field_and_kept(
    fields: dict[str, str], sentence: str, organiser: Client, session: Session
) -> None:
    before = outline(session)
    data = filled(session, title_nl="Getypte titel") | fields

    answer = organiser.post(address(session, number(session, "Welkom")), data)

    assert answer.status_code == 422
    assert sentence in text(answer)
    if "title_nl" not in fields:
        assert "Getypte titel" in answer.content.decode()
    assert outline(session) == before


@pytest.mark.parametrize(
    "field", ["title_nl", "track_fr", "description_nl", "starts", "people-0-name", "seen", "before"]
)
def test_control_characters_are_refused_and_break_nothing(field: str, session: Session) -> None:
    client = Client()
    client.force_login(make_organiser(session.programme))
    before = outline(session)
    data = filled(session) | {field: "a\x00b\x1b"}

    for parts in (("add",), (number(session, "Welkom"),), ("paste", "replace")):
        answer = client.post(address(session, *parts), data)
        assert answer.status_code in {302, 409, 422}

    assert field == "before" or outline(session) == before


def test_edit_on_a_stale_page_keeps_what_was_typed_with_the_difference(
    organiser: Client, session: Session
) -> None:
    data = filled(session, title_nl="Onthaal")
    make_agenda_item(session, "15:30", "15:40", title="Slot")

    refused = organiser.post(address(session, number(session, "Welkom")), data)

    assert refused.status_code == 409
    assert "“Slot” (15u30 – 15u40) is toegevoegd." in text(refused)
    assert 'value="Onthaal"' in refused.content.decode()
    assert outline(session)[0] == "14:00-14:10 Welkom"

    organiser.post(address(session, number(session, "Welkom")), data | {"seen": seen(session)})

    assert outline(session)[0] == "14:00-14:10 Onthaal"


def test_edit_of_what_was_deleted_meanwhile_can_be_added_again(
    organiser: Client, session: Session
) -> None:
    data, item = filled(session, title_nl="Onthaal"), number(session, "Welkom")
    session.agenda_items.filter(pk=item).delete()

    refused = organiser.post(address(session, item), data)

    assert refused.status_code == 409
    assert 'value="Onthaal"' in refused.content.decode()
    assert f'action="{address(session, "add")}"' in refused.content.decode()


def test_item_that_ends_at_midnight_is_typed_and_shown_as_24u00(
    organiser: Client, session: Session
) -> None:
    move(session, When(at("22:00"), at("00:00", date(2027, 6, 11))), now=NOW, tell=False)
    session.agenda_items.all().delete()

    organiser.post(address(session, "add"), filled(session, starts="23u30", ends="24u00"))
    item = session.agenda_items.get()
    page = organiser.get(address(session, item.pk)).content.decode()

    assert item.ends_at == at("00:00", date(2027, 6, 11))
    assert 'value="24u00"' in page


def test_item_of_a_night_goes_on_the_next_day(organiser: Client, session: Session) -> None:
    move(session, When(at("22:00"), at("02:00", date(2027, 6, 11))), now=NOW, tell=False)
    session.agenda_items.all().delete()
    fields = {"day": "2027-06-10", "starts": "23u30", "ends": "0u30"}

    organiser.post(address(session, "add"), filled(session, **fields))

    item = session.agenda_items.get()
    assert (item.starts_at, item.ends_at) == (at("23:30"), at("00:30", date(2027, 6, 11)))


def test_session_of_two_days_asks_for_the_day(organiser: Client, session: Session) -> None:
    move(session, When(at("14:00"), at("16:00", date(2027, 6, 11))), now=NOW, tell=False)
    fields = {"day": "2027-06-11", "starts": "9u00", "ends": "10u00", "title_nl": "Dag twee"}

    organiser.post(address(session, "add"), filled(session, **fields))

    item = session.agenda_items.get(title="Dag twee")
    assert item.starts_at == at("09:00", date(2027, 6, 11))


def test_suggestions_name_nobody_of_a_foreign_draft(organiser: Client, session: Session) -> None:
    draft = make_session(status=Session.Status.DRAFT)
    make_speaker(make_agenda_item(draft), name="Geheime Spreker")
    make_speaker(make_agenda_item(make_session()), name="Bekende Spreker")

    page = text_of_suggestions(organiser.get(address(session, "add")))

    assert "Bekende Spreker" in page
    assert "Geheime Spreker" not in page


def text_of_suggestions(answer: Any) -> str:
    return re.search(r'<datalist id="known-speakers">.*?</datalist>', answer.content.decode())[0]  # type: ignore[index]


def test_agenda_moves_along_with_its_session(organiser: Client, session: Session) -> None:
    move(session, When(at("10:00", date(2027, 6, 17)), at("12:30", date(2027, 6, 17))), now=NOW)

    said = text(organiser.get(address(session)))

    assert "10u10" in said
    assert outline(session)[0] == "10:00-10:10 Welkom"


# Deleting -----------------------------------------------------------------------------------------


def test_delete_asks_first_and_closes_the_gap_if_asked(organiser: Client, session: Session) -> None:
    there = address(session, number(session, "Eerste"), "delete")
    organiser.get(there)
    asked = outline(session)

    organiser.post(there, {"seen": seen(session), "closes_gap": "on"})

    assert len(asked) == 5
    assert outline(session) == [
        "14:00-14:10 Welkom",
        "14:10-14:40 Blok",
        "14:10-14:40 Tweede in Blok",
        "14:40-15:00 Vragen",
    ]


def test_delete_offers_the_way_back(organiser: Client, session: Session) -> None:
    before = outline(session)
    there = address(session, number(session, "Vragen"), "delete")

    answer = organiser.post(there, {"seen": seen(session)}, follow=True)

    back = re.search(r'href="([^"]+/history/\d+/)">Maak ongedaan<', answer.content.decode())
    assert back is not None
    organiser.post(f"{back[1]}restore/", {"tell": "no"})
    assert outline(session) == before


def test_delete_of_a_block_refuses_a_choice_that_is_none(
    organiser: Client, session: Session
) -> None:
    data = {"seen": seen(session), "contents": "everything"}

    answer = organiser.post(address(session, number(session, "Blok"), "delete"), data)

    assert answer.status_code == 422
    assert len(outline(session)) == 5


# Longer than the session --------------------------------------------------------------------------


@pytest.fixture
def late(session: Session) -> Session:
    """The session with an agenda that goes on ten minutes too long."""
    make_agenda_item(session, "15:30", "16:40", title="Debat")
    return session


def test_agenda_that_goes_on_too_long_is_warned_of(organiser: Client, late: Session) -> None:
    said = text(organiser.get(address(late)))

    assert "10 min langer dan de sessie, die om 16u30 eindigt" in said
    assert address(late, "lengthen") in organiser.get(address(late)).content.decode()


def test_lengthening_where_nobody_registered_tells_nobody(organiser: Client, late: Session) -> None:
    organiser.get(address(late, "lengthen"))
    organiser.post(address(late, "lengthen"))

    late.refresh_from_db()
    assert (late.ends_at, late.sequence) == (at("16:40"), 1)
    assert Message.objects.count() == 0


def test_lengthening_tells_registrants_after_a_second_gesture(
    organiser: Client, late: Session
) -> None:
    registration = make_registration(late)
    about = Message.objects.filter(object_id=registration.pk)
    mails = about.count()

    page = organiser.get(address(late, "lengthen"))
    unsure = organiser.post(address(late, "lengthen"))
    before = (Session.objects.get().ends_at, about.count())
    organiser.post(address(late, "lengthen"), {"sure": "1"})

    assert "1 persoon is ingeschreven" in text(page)
    assert unsure.status_code == 422
    assert before == (at("16:30"), mails)
    assert Session.objects.get().ends_at == at("16:40")
    assert about.count() == mails + 1


# Pasting ------------------------------------------------------------------------------------------


@pytest.fixture
def empty(session: Session) -> Session:
    """The session without an agenda."""
    session.agenda_items.all().delete()
    return session


def test_paste_shows_every_line_and_saves_nothing(organiser: Client, empty: Session) -> None:
    made = make_speaker(make_agenda_item(make_session()), name="Sabine Demey")

    answer = organiser.post(address(empty, "paste"), {"text": REAL + "Dit is iets anders\n"})

    said = text(answer)
    assert answer.status_code == 200
    assert "14u50 – 15u15 AI en lokale besturen" in said
    assert re.search(r"Sabine Demey[^•]* Bekend", said)
    assert re.search(r"Rob Heyman[^•]* Nieuw", said)
    assert "•" in said
    assert outline(empty) == []
    assert list(Speaker.objects.all()) == [made]


def test_real_programme_pasted_is_saved_exactly(organiser: Client, empty: Session) -> None:
    data = {"text": REAL, "seen": seen(empty)}
    research = "AI-Onderzoeksprogramma"

    answer = organiser.post(address(empty, "paste", "replace"), data, follow=True)

    assert "9 agendapunten zijn bewaard." in text(answer)
    assert outline(empty) == [
        "14:00-14:05 Welkom en inleiding",
        "14:05-15:15 Mogelijkheden van AI: AI4GOV",
        f"14:05-14:50 Mogelijkheden vanuit het Vlaams {research} in Mogelijkheden van AI: AI4GOV",
        "14:50-15:15 AI en lokale besturen in Mogelijkheden van AI: AI4GOV",
        "15:15-15:25 Vragen",
        "15:25-15:30 Korte pauze",
        "15:30-16:15 Valkuilen van AI: ethiek en regelgeving",
        "16:15-16:25 Vragen",
        "16:25-16:30 Conclusies",
    ]
    assert Speaker.objects.count() == 4


def test_pasted_lines_can_be_added_to_what_is_there(organiser: Client, session: Session) -> None:
    data = {"text": "15u30 - 15u40 Slot", "seen": seen(session)}

    organiser.post(address(session, "paste", "append"), data)

    assert outline(session)[-2:] == ["15:10-15:30 Vragen", "15:30-15:40 Slot"]


@pytest.mark.parametrize(
    ("typed", "status"),
    [("", 422), ("   ", 422), ("x" * 40_001, 422), ("\n" * 600 + "x", 422)],
)
def test_text_that_is_no_programme_is_refused(
    typed: str, status: int, organiser: Client, session: Session
) -> None:
    before = outline(session)

    for parts in (("paste", "replace"), ("paste", "append")):
        data = {"text": typed, "seen": seen(session)}
        assert organiser.post(address(session, *parts), data).status_code == status

    assert outline(session) == before


def test_pasted_programme_outside_the_session_is_refused_and_kept(
    organiser: Client, empty: Session
) -> None:
    data = {"text": "9u00 - 10u00 Te vroeg", "seen": seen(empty)}

    preview = organiser.post(address(empty, "paste"), data)
    refused = organiser.post(address(empty, "paste", "replace"), data)

    assert "valt buiten de sessie" in text(preview)
    assert refused.status_code == 422
    assert "9u00 - 10u00 Te vroeg" in refused.content.decode()
    assert outline(empty) == []


def test_paste_over_what_somebody_else_just_made_is_refused_and_kept(
    organiser: Client, empty: Session
) -> None:
    data = {"text": REAL, "seen": seen(empty)}
    make_agenda_item(empty, "14:00", "14:10", title="Van een ander")

    answer = organiser.post(address(empty, "paste", "replace"), data)

    assert answer.status_code == 409
    assert "“Van een ander” (14u00 – 14u10) is toegevoegd." in text(answer)
    assert "Valkuilen van AI" in answer.content.decode()
    assert outline(empty) == ["14:00-14:10 Van een ander"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_are_there_in_every_language(
    language: str, organiser: Client, session: Session
) -> None:
    item = number(session, "Blok")

    for parts in ((), ("add",), ("paste",), (item,), (item, "delete")):
        answer = organiser.get(f"/{language}{address(session, *parts)}")
        assert answer.status_code == 200

    with translation.override(language):
        assert organiser.get(f"/{language}{address(session)}").status_code == 200
