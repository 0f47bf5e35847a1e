"""What a helper and a viewer are shown of a session: less than its organisers, also when asked."""

from datetime import timedelta
from typing import Any

import pytest
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, Role
from events.models import Needs, Session
from tests.build import (
    NOW,
    make_agenda_item,
    make_member,
    make_registration,
    make_session,
    make_speaker,
)
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(time_machine: TimeMachineFixture) -> Session:
    time_machine.move_to(NOW)
    session = make_session(asks_access_needs=True, link="https://meet.example.org/geheim")
    first = make_registration(session, email="els@example.org", name="Els Zichtbaar")
    make_registration(session, email="jan@example.org", name="Jan Zonder")
    Needs.objects.create(registration=first, access="rolstoel", consented_at=NOW)
    return session


def sign_in(client: CheckedClient, session: Session, role: Role) -> CheckedClient:
    client.force_login(make_member(session.programme, role))
    return client


def text_of(client: CheckedClient, address: str) -> str:
    return client.get(address, follow=True).content.decode()


def test_helper_reads_the_list_and_is_offered_nothing_else(
    client: CheckedClient, session: Session
) -> None:
    address = f"/organise/sessions/{session.slug}/attendees/"

    page = text_of(sign_in(client, session, Role.HELPER), address)

    assert "Els Zichtbaar" in page
    for end in ("export/", "import/", "add/", "cancel/", "place/", "resend/", "views/"):
        assert f"{address}{end}" not in page
    assert f"/organise/sessions/{session.slug}/page/" not in page
    seen = AuditEntry.objects.get(action=Action.REGISTRATIONS_SEEN)
    assert seen.details == {"people": 2}


@pytest.mark.parametrize(
    "asked", ["needs=yes", "needs=yes&not=needs", "column=name&column=needs", "sort=-needs"]
)
def test_helper_cannot_ask_who_told_needs(
    asked: str, client: CheckedClient, session: Session
) -> None:
    address = f"/organise/sessions/{session.slug}/attendees/"
    helper = sign_in(client, session, Role.HELPER)

    page = text_of(helper, f"{address}?{asked}")

    assert "Els Zichtbaar" in page
    assert "Jan Zonder" in page
    assert page.index("Els Zichtbaar") > page.index("Jan Zonder")  # the newest first, as without
    assert "needs" not in page


def test_organiser_is_told_who_told_needs(client: CheckedClient, session: Session) -> None:
    address = f"/organise/sessions/{session.slug}/attendees/"

    page = text_of(sign_in(client, session, Role.ORGANISER), f"{address}?needs=yes")

    assert "Els Zichtbaar" in page
    assert "Jan Zonder" not in page


@pytest.mark.parametrize("role", [Role.HELPER, Role.VIEWER])
def test_agenda_is_read_and_not_worked_on(
    role: Role, client: CheckedClient, session: Session
) -> None:
    item = make_agenda_item(session, title="Wat AI kan")
    make_speaker(item, name="Ada Spreker")
    address = f"/organise/sessions/{session.slug}/agenda/"

    page = text_of(sign_in(client, session, role), address)

    assert "Wat AI kan" in page
    assert "Ada Spreker" in page
    assert f"{address}{item.pk}/" not in page
    assert f"{address}add/" not in page


@pytest.mark.parametrize("role", [Role.HELPER, Role.VIEWER])
def test_overview_gives_counts_and_leaves_out_what_others_have_to_do(
    role: Role, client: CheckedClient, session: Session
) -> None:
    make_session(programme=session.programme, status="draft", starts_at=NOW - timedelta(hours=1))

    page = text_of(sign_in(client, session, role), "/organise/")

    assert session.title in page
    assert "/page/" not in page
    assert "/organise/sessions/new/" not in page
    assert "/organise/calls/" not in page
    assert (f"/organise/sessions/{session.slug}/attendees/" in page) is (role is Role.HELPER)


def test_task_is_shown_to_who_organises_for_its_programme_alone(
    client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW)
    late: dict[str, Any] = {"status": "draft", "starts_at": NOW - timedelta(hours=1)}
    organised, viewed = make_session(title="Eigen", **late), make_session(title="Ander", **late)
    # Until the first one is published, there are first steps instead of tasks.
    make_session(programme=organised.programme)
    person = make_member(organised.programme, Role.ORGANISER)
    person.memberships.create(programme=viewed.programme, role=Role.VIEWER)
    client.force_login(person)

    tasks = text_of(client, "/organise/").partition('class="tasks"')[2].partition("</ul>")[0]

    assert "Eigen" in tasks
    assert "Ander" not in tasks
