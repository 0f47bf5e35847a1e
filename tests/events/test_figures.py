"""Figures: the counts, the pictures of them, and that they hold nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.models import Role
from events import figures, registering
from events.models import Presence, Registration, Session
from mailing.models import Message
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


def mark(row: Registration, state: str) -> None:
    how = "online" if state in Presence.THERE else ""
    Presence.objects.create(registration=row, state=state, how=how, marked_at=build.NOW)


def rows_of(name: str, found: list[figures.Figure]) -> Sequence[tuple[str, ...]]:
    return next(one for one in found if one.name == name).rows


def test_registrations_are_counted_by_the_day_of_the_session() -> None:
    session = build.make_session(capacity=2)
    late = datetime(2027, 5, 10, 22, 30, tzinfo=UTC)  # half past midnight in Brussels
    first = build.make_registration(session, now=late - timedelta(hours=1))
    build.make_registration(session, now=late)
    build.make_registration(session, now=late)
    registering.cancel(first, now=late + timedelta(days=2), by=Registration.CancelledBy.OWNER)

    found = figures.of_session(session, late + timedelta(days=3))

    assert rows_of("over-time", found) == [
        ("10 mei 2027", "1", "0", "1"),
        ("11 mei 2027", "2", "0", "3"),
        ("13 mei 2027", "0", "1", "2"),
    ]


def test_funnel_goes_from_registration_over_mail_to_presence() -> None:
    session = build.make_session(capacity=3)
    there, away, _unmarked, walk_in, _waiting = [build.make_registration(session) for _ in range(5)]
    Presence.objects.all().delete()
    Registration.objects.filter(pk=walk_in.pk).update(state="confirmed", confirmed_at=build.NOW)
    mark(there, "present")
    mark(away, "absent")
    mark(walk_in, "walk_in")
    Message.objects.filter(object_id__in=[there.pk, away.pk]).update(
        state="sent", closed_at=build.NOW
    )

    before, after = (
        rows_of("presence", figures.of_session(session, now))
        for now in (build.NOW, session.starts_at)
    )

    assert after == [
        ("Ingeschreven", "4", "100\N{NO-BREAK SPACE}%"),
        ("Kreeg er een e-mail over", "2", "50\N{NO-BREAK SPACE}%"),
        ("Heeft een plaats", "3", "75\N{NO-BREAK SPACE}%"),
        ("Was aanwezig", "1", "25\N{NO-BREAK SPACE}%"),
    ]
    assert before == after[:3]


def test_kinds_of_organisation_count_seats_the_most_first() -> None:
    session = build.make_session(capacity=3)
    city = build.make_organisation(kind="local_authority")
    for organisation in (city, city, None, city):
        row = build.make_registration(session)
        Registration.objects.filter(pk=row.pk).update(organisation=organisation)

    found = rows_of("kinds", figures.of_session(session, build.NOW))

    assert found == [
        ("Lokaal bestuur", "2", "67\N{NO-BREAK SPACE}%"),
        ("Niet in de lijst van organisaties", "1", "33\N{NO-BREAK SPACE}%"),
    ]


def test_no_shows_are_counted_where_attendance_was_taken() -> None:
    programme = build.make_programme()
    week = timedelta(days=7)
    taken, later, untaken = (
        build.make_session(
            programme=programme,
            title=title,
            starts_at=build.at("14:00") - number * week,
            ends_at=build.at("16:00") - number * week,
        )
        for number, title in ((3, "Eerst"), (2, "Dan"), (1, "Niet opgenomen"))
    )
    for session in (taken, later, untaken):
        rows = [build.make_registration(session) for _ in range(4)]
        if session != untaken:
            mark(rows[0], "present")
            mark(rows[1], "walk_in")
    mark(taken.registrations.last(), "present")
    build.make_session(programme=programme, title="Komt nog")

    found = figures.over_sessions(Session.objects.all(), build.at("18:00"))

    assert rows_of("no-shows", found) == [
        ("20 mei 2027", "Eerst", "3", "2", "1", "33\N{NO-BREAK SPACE}%"),
        ("27 mei 2027", "Dan", "3", "1", "2", "67\N{NO-BREAK SPACE}%"),
    ]


def test_figures_cost_the_same_queries_for_1_and_for_30() -> None:
    session = build.make_session()
    build.make_registration(session)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            figures.of_session(session, build.NOW)
        counts.append(len(asked))
        for number in range(29):
            build.make_registration(session, now=build.NOW + timedelta(hours=7 * number))

    assert counts[0] == counts[1] <= 5


@pytest.fixture
def viewer(client: CheckedClient, time_machine: TimeMachineFixture) -> CheckedClient:
    """Somebody who sees figures and no people."""
    time_machine.move_to(build.NOW, tick=False)
    session = build.make_session(capacity=5, title='AI <b>"vet"</b>')
    row = build.make_registration(session, name="Zeger Geheim", email="zeger@geheim.example")
    mark(row, "absent")
    client.force_login(build.make_member(session.programme, Role.VIEWER))
    return client


def test_viewer_sees_counts_and_nobody(viewer: CheckedClient) -> None:
    session = Session.objects.get()

    answers = [
        viewer.get(reverse("events:figures", args=[session.slug])),
        viewer.get(reverse("events:figures-over-sessions")),
        *(
            viewer.get(reverse("events:figure", args=[session.slug, name, ending]))
            for name in ("over-time", "presence", "kinds")
            for ending in ("svg", "csv")
        ),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("eheim" in answer.content.decode() for answer in answers)


@pytest.mark.parametrize("name", ["over-time", "presence", "kinds"])
def test_picture_alone_is_sound_and_says_what_its_table_says(
    viewer: CheckedClient, name: str
) -> None:
    session = Session.objects.get()

    def read(ending: str) -> Any:
        return viewer.get(reverse("events:figure", args=[session.slug, name, ending]))

    drawing = ElementTree.fromstring(read("svg").content)  # noqa: S314 - our own
    table = read("csv").content.decode("utf-8-sig").splitlines()

    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert read("svg").headers["Content-Type"] == "image/svg+xml"
    assert "1" in "".join(drawing.itertext())
    assert ";1" in table[1]


def test_titles_are_no_markup_in_a_picture(viewer: CheckedClient) -> None:
    Session.objects.update(
        starts_at=build.NOW - timedelta(days=1, hours=1), ends_at=build.NOW - timedelta(days=1)
    )

    drawn = viewer.get(reverse("events:figure-over-sessions", args=["no-shows", "svg"]))

    drawing = ElementTree.fromstring(drawn.content)  # noqa: S314 - our own
    text = "".join(drawing.itertext())
    assert '<b>"vet"</b>' in text
    assert "100\N{NO-BREAK SPACE}%" in text
