from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.utils import translation

from accounts.auditing import SYSTEM
from events import agenda, arranging, comparing, pasting, shifting
from events.arranging import NoSuchItem, Person
from events.comparing import AgendaChanged
from events.models import AgendaItem, Session, Speaker
from mailing.models import Message
from moments.local import BRUSSELS
from tests.build import (
    NOW,
    at,
    make_agenda_item,
    make_organisation,
    make_registration,
    make_session,
    make_speaker,
)
from tests.events.racing import PATIENCE_SECONDS, at_once

LATER = NOW + timedelta(hours=1)
FIVE = timedelta(minutes=5)


def seen(session: Session) -> str:
    """The agenda as a page shows it now."""
    return comparing.seen(session, list(session.agenda_items.in_order().with_speakers()))


def longer(rows: Any, position: int) -> list[shifting.Times]:
    return shifting.push(rows, position, FIVE)


def outline(session: Session) -> list[str]:
    """The agenda as lines: times, title, what holds it."""
    return [
        f"{row.starts_at.astimezone(BRUSSELS):%H:%M}-{row.ends_at.astimezone(BRUSSELS):%H:%M}"
        f" {row.title}" + (f" in {row.parent.title}" if row.parent else "")
        for row in session.agenda_items.in_order().select_related("parent")
    ]


@pytest.fixture
def session(db: None) -> Session:
    """A welcome, a block with two talks, questions."""
    session = make_session()
    make_agenda_item(session, "14:00", "14:10", title="Welkom")
    make_agenda_item(session, "14:10", "15:10", title="Blok", kind="block")
    make_agenda_item(session, "14:10", "14:40", title="Eerste")
    make_agenda_item(session, "14:40", "15:10", title="Tweede")
    make_agenda_item(session, "15:10", "15:30", title="Vragen")
    agenda.nest(session)
    return session


def item(session: Session, title: str) -> AgendaItem:
    return session.agenda_items.get(title=title)


def new(session: Session, start: str, end: str, title: str = "Nieuw") -> AgendaItem:
    return AgendaItem(session=session, title=title, starts_at=at(start), ends_at=at(end))


# Changes ------------------------------------------------------------------------------------------


def test_move_saves_the_times_of_all_and_tells_calendars_but_nobody(session: Session) -> None:
    make_registration(session)
    mails = Message.objects.count()

    arranging.move(
        session, item(session, "Eerste").pk, longer, seen=seen(session), by=SYSTEM, now=LATER
    )

    assert outline(session) == [
        "14:00-14:10 Welkom",
        "14:10-15:15 Blok",
        "14:10-14:45 Eerste in Blok",
        "14:45-15:15 Tweede in Blok",
        "15:15-15:35 Vragen",
    ]
    session.refresh_from_db()
    assert (session.changed_at, session.sequence) == (LATER, 0)
    assert Message.objects.count() == mails


def test_move_into_a_block_nests_and_out_of_it_takes_out(session: Session) -> None:
    questions = item(session, "Vragen").pk

    into = partial(shifting.go_into, step=-1)
    arranging.move(session, questions, into, seen=seen(session), by=SYSTEM, now=LATER)
    nested = outline(session)
    arranging.move(session, questions, shifting.go_out, seen=seen(session), by=SYSTEM, now=LATER)

    assert nested[-1] == "15:10-15:30 Vragen in Blok"
    assert outline(session)[-1] == "15:10-15:30 Vragen"


def test_move_refuses_an_item_of_another_session(session: Session) -> None:
    foreign = make_agenda_item(make_session())

    with pytest.raises(NoSuchItem):
        arranging.move(session, foreign.pk, longer, seen=seen(session), by=SYSTEM, now=LATER)

    session.refresh_from_db()
    assert session.changed_at != LATER


def test_add_at_the_end_of_a_block_lets_it_grow(session: Session) -> None:
    arranging.add(
        session,
        new(session, "15:10", "15:20"),
        [Person("An Janssens", "Jurist")],
        holder=item(session, "Blok").pk,
        is_pushing=True,
        seen=seen(session),
        by=SYSTEM,
        now=LATER,
    )

    assert outline(session)[-2:] == ["15:10-15:20 Nieuw in Blok", "15:20-15:40 Vragen"]
    assert str(item(session, "Nieuw").contributions.get()) == "An Janssens – Nieuw"


def test_add_elsewhere_than_where_it_was_asked_goes_by_its_time(session: Session) -> None:
    arranging.add(
        session,
        new(session, "15:30", "15:40"),
        [],
        holder=item(session, "Blok").pk,
        is_pushing=True,
        seen=seen(session),
        by=SYSTEM,
        now=LATER,
    )

    assert outline(session)[1:2] == ["14:10-15:10 Blok"]
    assert outline(session)[-1] == "15:30-15:40 Nieuw"


def test_add_without_pushing_may_overlap(session: Session) -> None:
    facts: dict[str, Any] = {"holder": None, "is_pushing": False, "by": SYSTEM, "now": LATER}

    arranging.add(session, new(session, "15:10", "15:20"), [], seen=seen(session), **facts)

    assert outline(session)[-2:] == ["15:10-15:30 Vragen", "15:10-15:20 Nieuw"]


def test_change_takes_along_what_follows_and_keeps_other_languages(session: Session) -> None:
    welcome = item(session, "Welkom")
    AgendaItem.objects.filter(pk=welcome.pk).update(title_fr="Accueil")
    before = seen(session)
    welcome.refresh_from_db()
    welcome.title_nl, welcome.ends_at = "Onthaal", at("14:20")

    arranging.change(session, welcome, [], is_pushing=True, seen=before, by=SYSTEM, now=LATER)

    assert outline(session)[:2] == ["14:00-14:20 Onthaal", "14:20-15:20 Blok"]
    welcome.refresh_from_db()
    assert welcome.title_fr == "Accueil"


def test_change_sets_speakers_in_order_with_their_organisation(session: Session) -> None:
    welcome = item(session, "Welkom")
    known = make_speaker(welcome, name="Jan Peeters", role="Voorzitter")
    organisation = make_organisation()
    people = [Person("An Janssens", "Jurist", organisation), Person("jan  peeters", "Lid")]

    arranging.change(
        session, welcome, people, is_pushing=True, seen=seen(session), by=SYSTEM, now=LATER
    )

    assert [
        (part.speaker.name, part.role, part.organisation)
        for part in welcome.contributions.order_by("position")
    ] == [("An Janssens", "Jurist", organisation), ("Jan Peeters", "Lid", None)]
    assert Speaker.objects.filter(pk=known.pk).exists()


def test_change_takes_an_organisation_off(session: Session) -> None:
    welcome = item(session, "Welkom")
    speaker = make_speaker(welcome, name="Jan Peeters")
    welcome.contributions.update(organisation=make_organisation())

    people = [Person("Jan Peeters", "Lid")]
    arranging.change(
        session, welcome, people, is_pushing=True, seen=seen(session), by=SYSTEM, now=LATER
    )

    assert welcome.contributions.get(speaker=speaker).organisation is None


def test_change_writes_roles_in_the_language_of_the_session(db: None) -> None:
    session = make_session(language="fr")
    welcome = make_agenda_item(session)

    with translation.override("nl"):
        people = [Person("An Janssens", "Juriste")]
        arranging.change(
            session, welcome, people, is_pushing=True, seen=seen(session), by=SYSTEM, now=LATER
        )

    part = welcome.contributions.get()
    assert (part.role_nl, part.role_fr) == (None, "Juriste")


@pytest.mark.parametrize(
    ("with_what_it_holds", "closes_gap", "left"),
    [
        (False, False, ["14:10-14:40 Eerste", "14:40-15:10 Tweede", "15:10-15:30 Vragen"]),
        (False, True, ["14:10-14:40 Eerste", "14:40-15:10 Tweede", "15:10-15:30 Vragen"]),
        (True, False, ["15:10-15:30 Vragen"]),
        (True, True, ["14:10-14:30 Vragen"]),
    ],
)
def test_delete_of_a_block_keeps_what_it_holds_unless_asked(
    with_what_it_holds: bool, closes_gap: bool, left: list[str], session: Session
) -> None:
    arranging.delete(
        session,
        item(session, "Blok").pk,
        with_what_it_holds=with_what_it_holds,
        closes_gap=closes_gap,
        seen=seen(session),
        by=SYSTEM,
        now=LATER,
    )

    assert outline(session) == ["14:00-14:10 Welkom", *left]


def test_paste_replaces_only_what_was_seen(session: Session) -> None:
    reading = pasting.read("14u00 Welkom\n14u10 Einde", day=at("14:00").date(), zone=BRUSSELS)
    before = seen(session)
    make_agenda_item(session, "16:00", "16:10", title="Van een ander")

    with pytest.raises(AgendaChanged, match="Van een ander"):
        arranging.paste(session, reading, is_addition=False, seen=before, by=SYSTEM, now=LATER)

    assert outline(session)[-1] == "16:00-16:10 Van een ander"


# What somebody else changed -----------------------------------------------------------------------


def _later(session: Session) -> None:
    session.agenda_items.filter(title="Vragen").update(ends_at=at("15:35"))


def _renamed(session: Session) -> None:
    session.agenda_items.filter(title="Vragen").update(title_nl="Debat", title="Debat")


def _other_kind(session: Session) -> None:
    session.agenda_items.filter(title="Vragen").update(kind="questions")


def _translated(session: Session) -> None:
    session.agenda_items.filter(title="Vragen").update(title_fr="Questions")


def _gone(session: Session) -> None:
    session.agenda_items.filter(title="Vragen").delete()


def _added(session: Session) -> None:
    make_agenda_item(session, "15:30", "15:40", title="Slot")


def _spoken_at(session: Session) -> None:
    make_speaker(item(session, "Vragen"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_later, "“Vragen” stond op 15u10 – 15u30 en staat nu op 15u10 – 15u35."),
        (_renamed, "“Vragen” heet nu “Debat”."),
        (_other_kind, "Iets anders aan “Vragen” is gewijzigd."),
        (_translated, "Iets anders aan “Vragen” is gewijzigd."),
        (_spoken_at, "Iets anders aan “Vragen” is gewijzigd."),
        (_gone, "“Vragen” (15u10 – 15u30) is verwijderd."),
        (_added, "“Slot” (15u30 – 15u40) is toegevoegd."),
    ],
)
def test_later_change_is_refused_with_the_difference(
    change: Callable[[Session], None], sentence: str, session: Session
) -> None:
    before = seen(session)
    change(session)
    now = outline(session)

    with pytest.raises(AgendaChanged) as refusal:
        arranging.move(
            session, item(session, "Welkom").pk, longer, seen=before, by=SYSTEM, now=LATER
        )

    assert refusal.value.differences == [sentence]
    assert outline(session) == now


def test_same_agenda_in_another_language_is_not_a_change(session: Session) -> None:
    with translation.override("fr"):
        before = seen(session)

    arranging.move(session, item(session, "Vragen").pk, longer, seen=before, by=SYSTEM, now=LATER)

    assert outline(session)[-1] == "15:10-15:35 Vragen"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "3",
        "{}",
        "[[]]",
        "[null]",
        '[[1,"x","y","z","q"]]',
        '[[1,"2027-06-10","2027-06-10","z","q"]]',
        '[[1e999,"2027-06-10T10:00+00:00","2027-06-10T10:00+00:00","z","q"]]',
        "[" * 50_000,
        "\x00",
        "9" * 5000,
    ],
)
def test_page_that_does_not_say_what_it_showed_is_refused(text: str, session: Session) -> None:
    with pytest.raises(AgendaChanged):
        arranging.move(session, item(session, "Vragen").pk, longer, seen=text, by=SYSTEM, now=LATER)


def lone_welcome() -> tuple[Session, str, int]:
    """A session with one item, how a page shows it, and the item's number."""
    session = make_session()
    number = make_agenda_item(session, "14:00", "14:10", title="Welkom").pk
    return session, seen(session), number


@pytest.mark.django_db(transaction=True)
def test_two_organisers_at_once_do_not_overwrite_each_other() -> None:
    session, before, number = lone_welcome()
    meeting = Barrier(2)

    def longer_if_together(rows: Any, position: int) -> list[shifting.Times]:
        """Between comparing and writing: waits for the other one, who must not get here."""
        with suppress(BrokenBarrierError):
            meeting.wait(0.3)
        return longer(rows, position)

    def lengthen() -> None:
        own = Session.objects.get(pk=session.pk)
        arranging.move(own, number, longer_if_together, seen=before, by=SYSTEM, now=LATER)

    results = at_once(lengthen, lengthen)

    assert sorted(type(result).__name__ for result in results) == ["AgendaChanged", "NoneType"]
    assert outline(session) == ["14:00-14:15 Welkom"]


@pytest.mark.django_db(transaction=True)
def test_comparing_without_holding_the_session_lets_both_through() -> None:
    """The control of the race: this is what would be lost."""
    session, before, number = lone_welcome()
    meeting = Barrier(2)

    def lengthen() -> None:
        rows = list(session.agenda_items.in_order().with_speakers())
        comparing.refuse_stale(before, session, rows)
        meeting.wait(PATIENCE_SECONDS)
        AgendaItem.objects.filter(pk=number).update(ends_at=rows[0].ends_at + FIVE)

    results = at_once(lengthen, lengthen)

    assert results == [None, None]
    assert outline(session) == ["14:00-14:15 Welkom"]


@pytest.mark.django_db(transaction=True)
def test_two_organisers_who_see_each_other_both_get_their_way() -> None:
    session, _before, number = lone_welcome()

    for _ in range(2):
        arranging.move(session, number, longer, seen=seen(session), by=SYSTEM, now=LATER)

    assert outline(session) == ["14:00-14:20 Welkom"]
