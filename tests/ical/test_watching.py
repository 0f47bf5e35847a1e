"""That no change of what a calendar shows goes unnoticed, in whatever way it is made."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Organisation, Programme, Theme
from events import calendars
from events.models import AgendaItem, Contribution, Session, Speaker
from ical import editions, responses, watching
from ical.models import EditionStep
from procurement.models import Call, Change, Deadline
from tests.build import (
    NOW,
    days,
    make_agenda_item,
    make_call,
    make_deadline,
    make_programme,
    make_registration,
    make_session,
    make_speaker,
)
from tests.events.racing import PATIENCE_SECONDS, at_once
from tests.page import CheckedClient

FEEDS = [
    "/calendar.ics?theme=taal&items=1",
    "/calendar.ics?programme=pio&kind=inspiration&step=submission&times=day",
    "/sessions/calendar.ics?theme=taal",
    "/sessions/calendar.ics?q=demey&items=1",
    "/deadlines/calendar.ics?theme=taal&organiser=imec&amount=25000&group=local&q=a",
]


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def session() -> Session:
    """A session with all that a calendar tells of one."""
    session = make_session(programme=make_programme(slug="pio", contact_email="pio@example.org"))
    item = make_agenda_item(session)
    speaker = make_speaker(item, name="Sabine Demey")
    imec = Organisation.objects.create(slug="imec", name="imec")
    speaker.contributions.update(organisation=imec)
    theme = Theme.objects.create(number=1, code="taal", title="Taal", short_title="Taal")
    session.themes.add(theme)
    return session


def is_noticed(change: Callable[[], Any]) -> bool:
    before = editions.current()
    change()
    return editions.current() != before


# What is watched ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", FEEDS)
def test_every_table_that_a_feed_reads_is_watched(
    client: CheckedClient, session: Session, address: str
) -> None:
    call = make_deadline(call=make_call(programme=session.programme)).call
    call.themes.set(session.themes.all())
    responses._known.clear()

    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200

    read = {
        table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])
    }
    # Seats come along with a session for its page; no calendar tells how many are free.
    assert read - watching.watched() <= {"ical_editionstep", "events_seatcount"}
    assert len(read) >= 8


@pytest.mark.django_db
def test_every_watched_table_is_there_and_notices_each_sort_of_change() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}

    assert watching.watched() <= tables
    for table in watching.watched():
        with connection.cursor() as cursor:
            no_row = f"FROM {table} WHERE 1 = 0"
            notices = connection.vendor == "postgresql"  # which looks at statements, not rows
            assert is_noticed(partial(cursor.execute, f"DELETE {no_row}")) == notices


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: Session.objects.update(title_nl="Anders"),
        lambda: Session.objects.all().delete(),
        lambda: Session.objects.bulk_update([_renamed(Session.objects.get())], ["title_nl"]),
        lambda: Session.objects.get().themes.clear(),
        lambda: Theme.objects.update(code="anders"),
        lambda: AgendaItem.objects.update(starts_at=F("starts_at") - days(0.01)),
        lambda: AgendaItem.objects.all().delete(),
        lambda: Contribution.objects.update(role_nl="baas"),
        lambda: Speaker.objects.update(name="Sabine"),
        lambda: Speaker.objects.bulk_create(
            [Speaker(name="A", slug="a"), Speaker(name="B", slug="b")], ignore_conflicts=True
        ),
        lambda: Organisation.objects.update(name_nl="Imec"),
        lambda: Programme.objects.update(contact_name="Team"),
        lambda: make_deadline(),
    ],
)
def test_change_is_noticed_in_whatever_way_it_is_made(
    session: Session, change: Callable[[], Any]
) -> None:
    assert is_noticed(change)


def _renamed(session: Session) -> Session:
    session.title = "Anders"
    return session


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: Deadline.objects.update(closes_at=F("closes_at") + days(7)),
        lambda: Deadline.objects.all().delete(),
        lambda: Call.objects.update(title_nl="Anders"),
        lambda: Call.objects.get().themes.set([Theme.objects.get()]),
        lambda: Call.objects.get().organisers.set([Organisation.objects.get()]),
        lambda: Change.objects.create(
            call=Call.objects.get(), what="status", new={"status": "suspended"}, changed_at=NOW
        ),
    ],
)
def test_change_of_a_deadline_is_noticed(session: Session, change: Callable[[], Any]) -> None:
    make_deadline()

    assert is_noticed(change)


@pytest.mark.django_db
def test_registering_disturbs_no_calendar(session: Session) -> None:
    assert not is_noticed(lambda: make_registration(session))


@pytest.mark.django_db
def test_change_that_is_undone_leaves_the_edition_as_it_was(session: Session) -> None:
    before = editions.current()
    with transaction.atomic():
        Session.objects.update(title_nl="Anders")
        assert editions.current() != before
        transaction.set_rollback(True)

    assert editions.current() == before


@pytest.mark.django_db
def test_edition_is_another_one_after_it_is_shortened() -> None:
    make_session()
    before = editions.current()

    editions.shorten()

    assert editions.current() != before
    assert EditionStep.objects.count() == 1


@pytest.mark.django_db
def test_migrating_brings_back_what_was_lost_and_makes_all_calendars_anew(
    session: Session,
) -> None:
    """As where SQLite makes a table anew."""
    with connection.cursor() as cursor:
        for trigger in _triggers(cursor):
            on = " ON events_session" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {trigger}{on}")
    assert not is_noticed(lambda: Session.objects.update(title_nl="Anders"))

    assert is_noticed(watching.install)

    assert is_noticed(lambda: Session.objects.update(title_nl="Nog anders"))


def _triggers(cursor: Any) -> list[str]:
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT tgname FROM pg_trigger"
            " WHERE tgrelid = 'events_session'::regclass AND NOT tgisinternal"
        )
    else:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events_session'"
        )
    return [name for (name,) in cursor.fetchall()]


# LAST-MODIFIED -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: Speaker.objects.update(name="Sabine De Mey"),
        lambda: Organisation.objects.update(name_nl="Imec"),
        lambda: Organisation.objects.update(abbreviation_fr="IMEC"),
        lambda: Programme.objects.update(contact_name="Team"),
        lambda: Programme.objects.update(name_nl="PIO 2"),
        lambda: Contribution.objects.update(
            organisation=Organisation.objects.create(slug="vlir", name="VLIR")
        ),
    ],
)
def test_session_was_modified_when_a_name_that_it_tells_changes(
    session: Session, change: Callable[[], Any]
) -> None:
    long_ago = NOW - days(400)
    other = make_session(programme=make_programme(name="AI4GOV"))
    Session.objects.update(changed_at=long_ago)
    Programme.objects.exclude(pk=session.programme_id).update(name_nl="AI4GOV")
    Session.objects.filter(pk=other.pk).update(changed_at=long_ago)

    change()

    session.refresh_from_db()
    assert session.changed_at > long_ago


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: Speaker.objects.update(slug="sabine"),
        lambda: Speaker.objects.update(name="Sabine Demey"),
        lambda: Programme.objects.update(retention_days=30),
        lambda: Programme.objects.filter(name_nl="AI4GOV").update(name_nl="AI for government"),
        lambda: make_registration(Session.objects.order_by("pk").first()),
    ],
)
def test_session_was_not_modified_by_what_it_does_not_tell(
    session: Session, change: Callable[[], Any]
) -> None:
    long_ago = NOW - days(400)
    make_session(programme=make_programme(name="AI4GOV"))
    Session.objects.update(changed_at=long_ago)

    change()

    session.refresh_from_db()
    assert session.changed_at == long_ago


@pytest.mark.django_db
def test_call_was_modified_when_its_programme_gets_another_name() -> None:
    deadline = make_deadline()
    long_ago = datetime.fromisoformat("2026-01-01T00:00:00Z")
    Call.objects.update(changed_at=long_ago)

    Programme.objects.update(name_nl="Anders")

    assert Call.objects.get(pk=deadline.call_id).changed_at > long_ago


# Feeds while something changes -------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_do_not_wait_for_each_other() -> None:
    one, other = make_session(), make_session()
    first_is_written, second_is_done = Event(), Event()

    def first() -> bool:
        with transaction.atomic():
            Session.objects.filter(pk=one.pk).update(title_nl="Een")
            first_is_written.set()
            return second_is_done.wait(PATIENCE_SECONDS)

    def second() -> None:
        first_is_written.wait(PATIENCE_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        Session.objects.filter(pk=other.pk).update(title_nl="Twee")
        second_is_done.set()

    assert at_once(first, second) == [True, None]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("asks_first", [True, False], ids=["as it is", "control"])
def test_feed_that_was_made_while_a_change_was_written_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, asks_first: bool
) -> None:
    """The control asks for the edition after reading: then the old calendar passes for the new."""
    session = make_session(title="Voor")
    responses._known.clear()
    address = "/sessions/calendar.ics"
    rows_are_read, is_changed = Event(), Event()
    current = editions.current

    def reading(*args: Any, **kwargs: Any) -> Any:
        found = contents(*args, **kwargs)
        rows_are_read.set()
        is_changed.wait(PATIENCE_SECONDS)
        return found

    contents = calendars.contents
    with monkeypatch.context() as patched:
        patched.setattr(calendars, "contents", reading)
        if not asks_first:
            patched.setattr(responses.editions, "current", lambda: 0)

        def look() -> str:
            return str(CheckedClient().get(address)["ETag"])

        def change() -> None:
            rows_are_read.wait(PATIENCE_SECONDS)
            Session.objects.filter(pk=session.pk).update(title_nl="Na")
            is_changed.set()

        etag, _none = at_once(look, change)
    if not asks_first:
        [(asked, known)] = responses._known.items()
        responses._known[asked] = replace(known, edition=current())

    after = CheckedClient().get(address, headers={"if-none-match": etag})

    assert after.status_code == (200 if asks_first else 304)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL changes a table in place")
@pytest.mark.django_db(transaction=True)
def test_migration_can_make_a_watched_table_anew_with_its_rows() -> None:
    item = make_agenda_item(make_session())

    watching.stand_back(plan=["a migration"])
    with connection.schema_editor() as editor:
        editor._remake_table(Session)
    watching.install()

    before = editions.current()
    AgendaItem.objects.filter(pk=item.pk).update(title="Anders")
    assert editions.current() != before
