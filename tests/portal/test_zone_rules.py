"""The rules of a time zone change: what was announced stays at its hour (fault: new tzdata)."""

import importlib.resources
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from events.models import Session
from mailing.models import Message
from procurement.models import Deadline
from tests import build
from tests.build import NOW
from tests.procurement.build import make_follow

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]

HOUR = timedelta(hours=1)
REASON = "De zomertijd is ingevoerd."


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Rules by which Brussels had no summer time: those that Algiers has."""
    zone = tmp_path / "Europe" / "Brussels"
    zone.parent.mkdir()
    here = importlib.resources.files("tzdata.zoneinfo")
    zone.write_bytes((here / "Africa" / "Algiers").read_bytes())
    return tmp_path


def written_before(session: Session) -> Session:
    """The session as it was stored by those rules: all of it an hour later than now."""
    session.agenda_items.update(starts_at=build.at("15:00"), ends_at=build.at("15:45"))
    Session.objects.filter(pk=session.pk).update(
        starts_at=session.starts_at + HOUR,
        ends_at=session.ends_at + HOUR,
        registration_closes_at=session.registration_closes_at + HOUR,
        changed_at=NOW - build.days(10),
    )
    session.refresh_from_db()
    return session


def run(folder: Path, *, since: str = "2027-05-10T00:00Z", yes: bool = True) -> None:
    said = ["--since", since, "--reason", REASON, *(["--yes"] if yes else [])]
    call_command("keep_clock_times", str(folder), *said)


def test_session_keeps_the_hour_that_was_announced_and_who_registered_is_told(
    before: Path,
) -> None:
    session = build.make_session()
    item = build.make_agenda_item(session)
    build.make_registration(session)
    meant = (session.starts_at, session.ends_at, session.registration_closes_at)
    step = written_before(session).sequence

    run(before)
    run(before)

    session.refresh_from_db()
    item.refresh_from_db()
    assert (session.starts_at, session.ends_at, session.registration_closes_at) == meant
    assert item.starts_at == build.at("14:00")
    assert session.sequence == step + 1
    assert Message.objects.filter(kind="events.changed").count() == 1


def test_deadline_keeps_its_moment_and_its_followers_are_told_why(before: Path) -> None:
    deadline = build.make_deadline()
    make_follow(call=deadline.call)
    meant = deadline.closes_at
    Deadline.objects.filter(pk=deadline.pk).update(closes_at=meant + HOUR)

    run(before)
    run(before)

    deadline.refresh_from_db()
    assert deadline.closes_at == meant
    assert [change.reason for change in deadline.changes.all()] == [REASON]
    assert Message.objects.filter(kind__startswith="procurement.").count() == 1


def test_what_the_new_rules_leave_alone_or_somebody_changed_since_stays(before: Path) -> None:
    winter = build.at("14:00") + build.days(200)
    in_winter = build.make_session(starts_at=winter, ends_at=winter + HOUR)
    changed = build.make_session()
    known = {row.pk: row.starts_at for row in (in_winter, changed)}

    run(before)

    assert dict(Session.objects.values_list("pk", "starts_at")) == known


def test_nothing_happens_before_somebody_says_yes_nor_without_the_old_rules(
    before: Path, tmp_path: Path
) -> None:
    stored = written_before(build.make_session()).starts_at

    run(before, yes=False)
    with pytest.raises(CommandError, match="holds no rules"):
        run(tmp_path / "elsewhere")

    assert Session.objects.get().starts_at == stored
