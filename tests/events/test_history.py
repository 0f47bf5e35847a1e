"""What was changed about a session, as organisers read it; and putting a version back."""

from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.auditing import Actor
from accounts.models import AuditEntry, Programme, Theme, User
from events import editing, history, seating
from events.models import AgendaItem, Session, SessionVersion, Speaker
from mailing.models import Message
from tests import build
from tests.build import NOW
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme()


@pytest.fixture
def organiser(programme: Programme) -> User:
    return build.make_organiser(programme, name="An Claes")


@pytest.fixture
def by(organiser: User) -> Actor:
    return Actor(AuditEntry.Actor.USER, organiser)


@pytest.fixture
def desk(organiser: User) -> Client:
    client = CheckedClient()
    client.force_login(organiser)
    return client


def make_rich_session(programme: Programme, **fields: Any) -> Session:
    session = build.make_session(
        programme=programme, capacity=10, title_nl="Eerst", price="12.50", **fields
    )
    session.themes.add(Theme.objects.create(number=1, code="data", title="D", short_title="Data"))
    block = build.make_agenda_item(session, "14:05", "15:15", kind="block", title="Blok")
    talk = build.make_agenda_item(
        session, "14:05", "14:50", title="Lezing", title_fr="Exposé", parent=block
    )
    build.make_speaker(talk, name="An Janssens", role="jurist")
    return Session.objects.get(pk=session.pk)


def agenda_of(session: Session) -> list[tuple[str, str | None, str, list[tuple[str, str]]]]:
    return [
        (
            item.title,
            item.parent.title if item.parent else None,
            item.starts_at.isoformat(),
            [(each.speaker.name, each.role) for each in item.contributions.all()],
        )
        for item in session.agenda_items.in_order().with_speakers()
    ]


def change_everything(session: Session, by: Actor) -> None:
    history.keep_first(session, now=NOW)
    fresh = Session.objects.get(pk=session.pk)
    fresh.title_nl, fresh.price, fresh.link_days_before = "Later", 0, 3
    fresh.starts_at = build.at("13:00", date(2027, 6, 17))
    fresh.ends_at = build.at("16:30", date(2027, 6, 17))
    editing.write(fresh, capacity=None, now=NOW)
    fresh.themes.clear()
    fresh.agenda_items.all().delete()
    fresh.agenda_items.create(
        title="Nieuw", starts_at=fresh.starts_at, ends_at=fresh.ends_at, kind="talk"
    )
    Speaker.objects.all().delete()
    history.keep(fresh, by=by, now=NOW)


def test_put_back_brings_everything_back_agenda_and_speakers_too(
    programme: Programme, by: Actor
) -> None:
    session = make_rich_session(programme)
    before, agenda = history.content_of(session), agenda_of(session)
    change_everything(session, by)
    assert history.content_of(session) != before

    editing.put_back(session, session.versions.get(number=1), by=by, now=NOW)

    # The speaker was deleted meanwhile, and is made anew.
    after = history.content_of(session)
    for content in (before, after):
        for item in content["agenda"]:
            for person in item["speakers"]:
                del person["speaker"]
    assert after == before
    assert agenda_of(session) == agenda
    assert [version.number for version in session.versions.all()] == [3, 2, 1]
    assert session.versions.first().changed_by == by.user


def test_put_back_is_undone_in_the_same_way(programme: Programme, by: Actor) -> None:
    session = make_rich_session(programme)
    change_everything(session, by)
    changed = history.content_of(session)

    editing.put_back(session, session.versions.get(number=1), by=by, now=NOW)
    editing.put_back(session, session.versions.get(number=2), by=by, now=NOW)

    assert history.content_of(session) == changed


def test_put_back_leaves_status_address_link_and_people_alone(
    programme: Programme, by: Actor
) -> None:
    session = make_rich_session(programme, status="draft", link=build.LINK)
    history.keep_first(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(status="published", slug="nieuw", title_nl="X")
    registration = build.make_registration(Session.objects.get())
    history.keep(Session.objects.get(), by=by, now=NOW)

    editing.put_back(session, session.versions.get(number=1), by=by, now=NOW)

    after = Session.objects.get()
    assert (after.status, after.slug, after.title, after.virtual_link.url) == (
        "published",
        "nieuw",
        "Eerst",
        build.LINK,
    )
    registration.refresh_from_db()
    assert registration.is_confirmed
    assert after.seats.taken == 1


def test_change_is_undone_where_its_version_cannot_be_kept(
    programme: Programme, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_rich_session(programme)
    history.keep_first(session, now=NOW)
    before = history.content_of(session)
    change_everything(session, by)
    changed = history.content_of(session)
    assert changed != before
    nobody = Actor(AuditEntry.Actor.USER, None)  # the audit log refuses an entry without a user

    with pytest.raises(Exception, match="audit_user_named"):
        editing.put_back(session, session.versions.get(number=1), by=nobody, now=NOW)

    assert history.content_of(session) == changed


def test_differences_are_said_in_words(programme: Programme, by: Actor) -> None:
    session = make_rich_session(programme)
    change_everything(session, by)
    old, new = (session.versions.get(number=number).content for number in (1, 2))

    with translation.override("nl"):
        found = {each.label: (each.before, each.after) for each in history.differences(old, new)}

    assert found["Plaatsen"] == (["10"], ["niets"])
    assert found["Thema’s"] == (["Data"], ["niets"])
    assert ["donderdag 10 juni 2027 om 14u00"] in [before for before, _after in found.values()]
    agenda_before, agenda_after = found["Programma"]
    assert agenda_before[1] == "14u05 – 14u50 Lezing / Exposé · uiteenzetting · An Janssens, jurist"
    assert agenda_after == ["13u00 – 16u30 Nieuw · uiteenzetting"]
    assert any(pair == (["12,50"], ["0,00"]) for pair in found.values())


def test_keeping_what_did_not_change_makes_no_version(programme: Programme, by: Actor) -> None:
    session = make_rich_session(programme)
    history.keep_first(session, now=NOW)

    assert history.keep(session, by=by, now=NOW) is None
    history.keep_first(session, now=NOW)

    assert SessionVersion.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_history_names_who_changed_what(desk: Client, programme: Programme, by: Actor) -> None:
    session = make_rich_session(programme)
    change_everything(session, by)

    versions = unescape(desk.get(f"/organise/sessions/{session.slug}/history/").content.decode())
    one = unescape(desk.get(f"/organise/sessions/{session.slug}/history/2/").content.decode())

    assert "An Claes" in versions
    assert "Thema’s" in versions
    assert all(words in one for words in ("Eerst", "Later", "Nieuw", "Lezing"))


def test_putting_a_moved_session_back_asks_whether_to_tell(
    desk: Client, programme: Programme, by: Actor
) -> None:
    session = make_rich_session(programme)
    build.make_registration(session)
    change_everything(session, by)
    Message.objects.update(state=Message.State.SENT, closed_at=NOW)
    address = f"/organise/sessions/{session.slug}/history/1/restore/"
    mails = Message.objects.count()

    asked = desk.post(address)

    assert asked.status_code == 200
    assert "1 persoon" in asked.content.decode()
    assert Message.objects.count() == mails
    assert session.versions.count() == 2
    [form] = [form for form in forms_on(asked) if form.get("method") == "post"]
    answer = desk.post(address, sent_by(form) | {"tell": "yes"})
    assert answer.status_code == 302
    assert Message.objects.count() == mails + 1
    assert Session.objects.get().starts_at == build.at("14:00")


def test_moved_session_put_back_before_anybody_was_told_asks_nothing(
    desk: Client, programme: Programme, by: Actor
) -> None:
    session = make_rich_session(programme)
    build.make_registration(session)
    change_everything(session, by)

    answer = desk.post(f"/organise/sessions/{session.slug}/history/1/restore/")

    assert answer.status_code == 302
    assert Session.objects.get().starts_at == build.at("14:00")


def test_version_of_another_session_does_not_exist(desk: Client, programme: Programme) -> None:
    session, other = build.make_session(programme=programme), build.make_session()
    history.keep_first(other, now=NOW)

    answers = [
        desk.get(f"/organise/sessions/{session.slug}/history/1/"),
        desk.post(f"/organise/sessions/{session.slug}/history/1/restore/"),
        desk.get(f"/organise/sessions/{other.slug}/history/1/"),
        desk.post(f"/organise/sessions/{other.slug}/history/1/restore/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_version_holds_nothing_of_those_who_registered(programme: Programme, by: Actor) -> None:
    session = make_rich_session(programme, link=build.LINK)
    registration = build.make_registration(session, name="Geheime Gast")
    seating.set_capacity(session, 3, now=NOW)

    kept = history.keep(session, by=by, now=NOW)

    assert kept is not None
    text = str(kept.content)
    for secret in ("Geheime Gast", registration.email, registration.public_id, "secret-room"):
        assert secret not in text
    assert AgendaItem.objects.count() == 2
