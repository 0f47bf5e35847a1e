"""The erasure log: what survives of an erasure outside the database."""

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import erasures
from accounts.models import Erasure, erasure_marks
from accounts.models.erasure import marks_of

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 5, 10, 8, 0, 0, 123456, tzinfo=UTC)
MARK = "a" * 64


@pytest.fixture
def log(settings: Settings) -> Path:
    path: Path = settings.ERASURE_LOG
    return path


def remember(commit: DjangoCaptureOnCommitCallbacks, mark: str = MARK, now: datetime = NOW) -> None:
    with commit(execute=True):
        erasures.remember([mark], now=now)


def test_line_holds_the_instant_and_the_mark_and_nothing_else(
    log: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    remember(django_capture_on_commit_callbacks, erasure_marks("Zeger@Example.org")[0])

    [line] = log.read_text().splitlines()
    assert re.fullmatch(r"2027-05-10T08:00:00\.123456\+00:00 [0-9a-f]{64}", line)
    assert log.stat().st_mode & 0o077 == 0


def test_erasure_that_is_undone_leaves_no_line(
    log: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ZeroDivisionError),
        transaction.atomic(),
    ):
        erasures.remember([MARK], now=NOW)
        raise ZeroDivisionError

    assert not log.exists()
    assert not Erasure.objects.exists()


def test_lines_are_added_below_what_is_there(
    log: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    remember(django_capture_on_commit_callbacks, "a" * 64)
    remember(django_capture_on_commit_callbacks, "b" * 64)

    assert [line[-1] for line in log.read_text().splitlines()] == ["a", "b"]


def test_line_after_one_that_was_cut_off_is_whole(
    log: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    log.write_text("2027-05-09T08:00:00+00:00 aaaa")

    remember(django_capture_on_commit_callbacks, "b" * 64)

    assert erasures.known() == {"b" * 64: NOW}


def test_mark_is_the_same_for_every_way_to_type_an_address() -> None:
    assert erasure_marks("Zeger@Example.org") == erasure_marks("zeger@EXAMPLE.ORG")
    assert erasure_marks("zeger@example.org") != erasure_marks("zeger@example.com")


def test_mark_depends_on_the_secret_key_and_tells_nothing_without_it(settings: Settings) -> None:
    first = erasure_marks("zeger@example.org")
    settings.SECRET_KEY = "another key"

    assert erasure_marks("zeger@example.org") != first
    assert "zeger" not in first[0]


def test_mark_is_known_again_after_the_secret_key_was_renewed(settings: Settings) -> None:
    [before] = erasure_marks("zeger@example.org")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key"

    assert erasures.latest(erasure_marks("zeger@example.org"), {before: NOW}) == NOW
    assert erasures.latest(erasure_marks("other@example.org"), {before: NOW}) is None
    assert erasures.latest(marks_of("zeger@example.org"), {before: NOW}) == NOW


def test_database_and_log_tell_each_other_what_they_lack(log: Path) -> None:
    later = NOW + timedelta(days=1)
    Erasure.objects.create(mark="a" * 64, erased_at=NOW)
    log.write_text(f"{later.isoformat()} {'b' * 64}\n")

    assert erasures.known() == {"a" * 64: NOW, "b" * 64: later}

    rows = set(Erasure.objects.values_list("mark", "erased_at"))
    assert rows == {("a" * 64, NOW), ("b" * 64, later)}
    assert log.read_text().count("\n") == 2
    assert erasures.known() == {"a" * 64: NOW, "b" * 64: later}
    assert log.read_text().count("\n") == 2


def test_latest_moment_of_a_mark_counts(log: Path) -> None:
    earlier = NOW - timedelta(days=30)
    log.write_text(f"{NOW.isoformat()} {MARK}\n{earlier.isoformat()} {MARK}\n")

    assert erasures.known() == {MARK: NOW}


GARBLED = [
    "",
    "nonsense",
    "\x00\x00\x00",
    f"2027-05-10T08:00:00 {MARK}",  # in no zone
    f"2027-13-45T08:00:00+00:00 {MARK}",
    f"2027-05-10T08:00:00+00:00 {MARK[:-1]}",
    f"2027-05-10T08:00:00+00:00 {MARK.upper()}",
    f"2027-05-10T08:00:00+00:00 {MARK} zeger@example.org",
    f"{MARK} 2027-05-10T08:00:00+00:00",
]


def test_lines_that_say_nothing_are_skipped_with_one_warning(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "\n".join([*GARBLED, f"{NOW.isoformat()} {'c' * 64}", "\udcff\udcfe"])
    log.write_bytes(text.encode(errors="surrogateescape"))

    with caplog.at_level(logging.WARNING):
        assert erasures.known() == {"c" * 64: NOW}

    assert len(caplog.records) == 1
    assert "9 lines" in caplog.text


def test_missing_log_is_told_only_where_there_should_be_one(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert erasures.known() == {}
    assert caplog.records == []
    Erasure.objects.create(mark=MARK, erased_at=NOW)

    assert erasures.known() == {MARK: NOW}

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert log.exists()


def test_log_that_cannot_be_written_does_not_undo_the_erasure_and_is_told_to_the_operator(
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    (tmp_path / "file").touch()
    settings.ERASURE_LOG = tmp_path / "file" / "erasures.log"

    remember(django_capture_on_commit_callbacks)

    assert Erasure.objects.count() == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert str(settings.ERASURE_LOG) in caplog.text
    settings.ERASURE_LOG = tmp_path / "mended.log"
    assert erasures.known() == {MARK: NOW}
    assert MARK in settings.ERASURE_LOG.read_text()
