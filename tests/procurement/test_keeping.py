"""How long trajectories are kept: warning their people, keeping them, forgetting them."""

from datetime import datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import DjangoCaptureOnCommitCallbacks
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, Membership, Programme, Role
from mailing.models import Message
from mailing.outbox import composer_of
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal import privacy
from procurement import keeping
from procurement.changing import Edit, save_deadline
from procurement.models import Trajectory, TrajectoryMember
from tests.build import NOW, days, make_deadline, make_organiser, make_programme
from tests.events.racing import at_once
from tests.page import CheckedClient
from tests.procurement.build import (
    deliver,
    make_signed_up,
    make_submitted,
    make_trajectory,
)

pytestmark = pytest.mark.django_db

YEAR = days(365)
MONTH = days(30)
TICK = timedelta(seconds=1)


def warnings() -> list[str]:
    rows = Message.objects.filter(kind=keeping.EXPIRING).exclude(recipient="").order_by("pk")
    return list(rows.values_list("recipient", flat=True))


def warn_then_expire(at: datetime) -> None:
    """A worker that runs every day, then the night a month after."""
    keeping.plan(at - MONTH)
    keeping.expire(at)


def test_people_are_warned_thirty_days_ahead_each_in_their_language() -> None:
    trajectory = make_trajectory()
    make_signed_up("els@stad.example.org", language="fr")
    trajectory.members.create(
        email="bo@stad.example.org", email_key="bo@stad.example.org", added_at=NOW
    )

    keeping.plan(NOW + YEAR - MONTH - TICK)
    early = warnings()
    for moment in (NOW + YEAR - MONTH, NOW + YEAR - days(10)):
        keeping.plan(moment)

    assert early == []
    assert warnings() == ["els@stad.example.org", "bo@stad.example.org"]
    letters = [composer_of(row.kind)(row, NOW + YEAR) for row in Message.objects.order_by("pk")]
    assert [letter.language for letter in letters] == ["fr", "nl"]
    assert "dinsdag 9 mei 2028" in letters[1].subject
    assert trajectory.get_absolute_url() in letters[1].button[1]


def test_trajectory_is_counted_from_its_deadline_where_that_is_later() -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW + days(100), BRUSSELS))
    trajectory = make_trajectory(call=deadline.call, deadline=deadline)

    keeping.plan(NOW + YEAR)
    early = warnings()
    keeping.plan(NOW + days(100) + YEAR - MONTH)

    assert keeping.kept_until(trajectory) == NOW + days(100) + YEAR
    assert (early, len(warnings())) == ([], 1)


def test_programme_of_its_call_decides_how_long() -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    Programme.objects.filter(pk=deadline.call.programme_id).update(trajectory_retention_days=60)
    make_trajectory(call=deadline.call, deadline=deadline, title="Kort")
    make_trajectory(title="Lang")

    warn_then_expire(NOW + days(60))

    assert [row.title for row in Trajectory.objects.all()] == ["Lang"]


def test_nothing_goes_without_a_warning_however_long_no_worker_ran() -> None:
    make_trajectory()
    late = NOW + 3 * YEAR

    keeping.expire(late)
    unwarned = Trajectory.objects.count()
    keeping.plan(late)
    keeping.expire(late + MONTH - TICK)
    warned = Trajectory.objects.count()
    keeping.expire(late + MONTH)

    assert (unwarned, warned, Trajectory.objects.count()) == (1, 1, 0)


def test_deadline_that_moves_takes_the_warning_back_and_warns_anew_later() -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    make_trajectory(call=deadline.call, deadline=deadline)
    warned_at = NOW + YEAR - MONTH
    keeping.plan(warned_at)

    deadline.closes_at += days(200)
    save_deadline(deadline, Edit(None, warned_at, "Verlengd"))
    keeping.plan(warned_at + TICK)

    assert Trajectory.objects.get().warned_at is None
    # The mail that still waits says nothing that is no longer true.
    deliver(warned_at + TICK)
    assert Message.objects.get(kind=keeping.EXPIRING).state == Message.State.DROPPED
    keeping.expire(NOW + YEAR)
    assert Trajectory.objects.exists()
    keeping.plan(warned_at + days(200))
    assert len(warnings()) == 2


def test_whatever_its_people_do_keeps_it(time_machine: TimeMachineFixture) -> None:
    trajectory = make_trajectory()
    client = CheckedClient()
    els = make_signed_up("els@stad.example.org")
    own = trajectory.get_absolute_url()
    moment = NOW + YEAR - days(10)
    for path, sent in (
        ("keep/", {}),
        ("notes/", {"note-text": "Gebeld met de markt"}),
        ("stage/", {"stage-stage": "proposal"}),
        ("charter/", {}),
    ):
        keeping.plan(moment)
        time_machine.move_to(moment, tick=False)
        client.force_login(els)
        shown = client.get(own).content.decode()
        looked = Trajectory.objects.get()

        client.post(f"{own}{path}", sent)

        kept = Trajectory.objects.get()
        assert "Dit traject verdwijnt" in shown, path
        assert (looked.warned_at, kept.warned_at, kept.used_at) == (moment, None, moment), path
        moment += YEAR


def test_one_that_was_not_submitted_goes_as_a_whole_with_its_files(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    trajectory = make_trajectory()
    member = trajectory.members.get()
    document = trajectory.attachments.create(
        name="plan.pdf", content_type="application/pdf", size_bytes=3, added_at=NOW,
        file=ContentFile(b"%PD", name="plan.pdf"), added_by=member,
    )  # fmt: skip
    trajectory.notes.create(author=member, text="Vertrouwelijk", written_at=NOW)

    keeping.plan(NOW + YEAR - MONTH)
    with django_capture_on_commit_callbacks(execute=True):
        privacy.expire(NOW + YEAR)

    assert not Trajectory.objects.exists()
    assert not default_storage.exists(document.file.name)
    assert privacy.held_on_address("els@stad.example.org") == {}
    entry = AuditEntry.objects.get(action=Action.DATA_EXPIRED)
    assert (entry.details, entry.programme) == ({"trajectories": 1}, None)


def test_one_that_was_submitted_stays_on_the_board_as_a_count() -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    trajectory = make_submitted(deadline, problem="Els belt elke aanvrager op")
    trajectory.charter_answers.create(principle="appeal", answer="Bij Els", responsible="Els")
    organiser = CheckedClient()
    organiser.force_login(make_organiser(deadline.call.programme))

    warn_then_expire(NOW + YEAR)

    row = Trajectory.objects.get()
    assert (row.title, row.stage, row.problem) == ("Slimme vergunningen", "submitted", "")
    assert not (TrajectoryMember.objects.exists() or row.charter_answers.exists())
    for path in ("", "export/", f"{row.public_id}/"):
        address = f"/organise/trajectories/{path}"
        answer = organiser.post(address) if path == "export/" else organiser.get(address)
        page = answer.content.decode()
        assert "Slimme vergunningen" in page
        assert "els@" not in page
        assert "Els" not in page


@pytest.mark.django_db(transaction=True)
def test_workers_that_plan_at_once_warn_once() -> None:
    make_trajectory()
    moment = NOW + YEAR

    at_once(*[lambda: keeping.plan(moment) for _worker in range(4)])

    assert warnings() == ["els@stad.example.org"]


# What organisers read and decide -----------------------------------------------------------------


def lead_of(programme: Programme) -> CheckedClient:
    user = make_organiser(programme)
    Membership.objects.filter(user=user).update(role=Role.LEAD)
    client = CheckedClient()
    client.force_login(user)
    return client


def test_overview_shows_submitted_ones_only_and_until_when(
    time_machine: TimeMachineFixture,
) -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    make_submitted(deadline)
    make_trajectory(title="Nog geheim", call=deadline.call, deadline=deadline)
    make_submitted(make_deadline(), title="Bij een ander")
    time_machine.move_to(NOW, tick=False)

    page = lead_of(deadline.call.programme).get("/organise/retention/").content.decode()

    assert "Slimme vergunningen" in page
    assert "dinsdag 9 mei 2028" in page
    assert "Nog geheim" not in page
    assert "Bij een ander" not in page
    assert "els@stad" not in page


def test_overview_says_red_what_a_night_left(time_machine: TimeMachineFixture) -> None:
    deadline = make_deadline(closing=Closing(Edge.AT_TIME, NOW, BRUSSELS))
    make_submitted(deadline)
    keeping.plan(NOW + YEAR - MONTH)
    time_machine.move_to(NOW + YEAR + days(2), tick=False)

    page = lead_of(deadline.call.programme).get("/organise/retention/").content.decode()

    assert "Te lang bewaard" in page


def test_lead_decides_and_it_is_recorded() -> None:
    programme = make_programme()
    address = f"/organise/retention/{programme.slug}/trajectories/"
    client = lead_of(programme)

    wrong = client.post(address, {"trajectory_retention_days": "731"})
    right = client.post(
        address, {"trajectory_retention_days": "200", "trajectory_selection_rule": "VO-2024-17"}
    )

    programme.refresh_from_db()
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert programme.trajectory_retention_days == 200
    entry = AuditEntry.objects.get(action=Action.RETENTION_CHANGED)
    assert (entry.details["days_before"], entry.details["of_trajectories"]) == (365, True)
    page = client.get("/organise/audit/").content.decode()
    assert "365 dagen werd 200" in page
    assert "van trajecten" in page
