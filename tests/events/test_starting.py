"""The way to the first published session, step by step, and gone after it."""

from collections.abc import Callable

import pytest
from time_machine import TimeMachineFixture

from accounts.models import Programme, Role
from events.models import Session
from events.starting import first_steps
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return build.make_programme()


@pytest.fixture
def states(programme: Programme) -> Callable[[], list[str]]:
    """How the steps stand now."""
    return lambda: [
        step.state for step in first_steps(Session.objects.filter(programme=programme), build.NOW)
    ]


def test_each_step_that_is_done_is_ticked_and_the_next_one_leads_on(
    programme: Programme, states: Callable[[], list[str]]
) -> None:
    seen = [states()]
    draft = build.make_session(programme=programme, status=Session.Status.DRAFT)
    seen.append(states())
    Programme.objects.update(contact_email="")
    build.make_agenda_item(draft)
    seen.append(states())
    Programme.objects.update(contact_email="contact@example.org")
    seen.append(states())

    assert seen == [
        ["current", "coming", "coming", "coming"],
        ["done", "current", "coming", "coming"],
        ["done", "done", "current", "coming"],
        ["done", "done", "done", "current"],
    ]


@pytest.mark.parametrize("status", [Session.Status.PUBLISHED, Session.Status.CANCELLED])
def test_steps_are_gone_once_a_session_was_published(
    programme: Programme, states: Callable[[], list[str]], status: str
) -> None:
    build.make_session(programme=programme, status=status)
    build.make_session(programme=programme, status=Session.Status.DRAFT)

    assert states() == []


def test_overview_leads_an_organiser_and_no_viewer(
    programme: Programme, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(build.NOW)
    draft = build.make_session(programme=programme, status=Session.Status.DRAFT)
    paste = f"/organise/sessions/{draft.slug}/agenda/paste/"

    client.force_login(build.make_organiser(programme))
    organiser = client.get("/organise/").content.decode()
    client.force_login(build.make_member(programme, Role.VIEWER))
    viewer = client.get("/organise/").content.decode()

    assert organiser.count("step__title") == 4
    assert paste in organiser
    assert "step__title" not in viewer
