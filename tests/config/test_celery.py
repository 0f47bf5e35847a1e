"""The worker's steps as Celery tasks, in a process of its own and without a broker's help."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.processes import bare_environment

pytest.importorskip("celery")

PROGRAM = """
from config.celery import app, plan
from django.core.management import call_command
from django.utils import timezone
from mailing.models import Message
from mailing.outbox import Draft, put

call_command("migrate", verbosity=0)
app.conf.task_always_eager = True
now = timezone.now()
said = {"subject": "Code", "paragraphs": ["123"], "language": "nl"}
put(Draft(f"m{n}", "sign_in.mail", 0, f"p{n}@example.org", now, payload=said) for n in range(60))
plan.delay()
print(sorted(set(Message.objects.values_list("state", "attempts"))), Message.objects.count())
plan.delay()
print(app.conf.task_acks_late, app.conf.task_reject_on_worker_lost, list(app.conf.beat_schedule))
"""


def run(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=bare_environment(
            LOCAL_MODE="1", VAR_DIR=str(folder), DJANGO_SETTINGS_MODULE="config.settings", **changed
        ),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_planning_asks_for_enough_batches_and_each_mail_leaves_once(tmp_path: Path) -> None:
    ran = run(tmp_path, CELERY_BROKER_URL="memory://")

    assert ran.stdout.splitlines() == ["[('sent', 1)] 60", "True True ['plan']"], ran.stderr
    assert len(list((tmp_path / "mailbox").glob("*.eml"))) == 60


def test_without_a_broker_it_stops_with_a_sentence(tmp_path: Path) -> None:
    ran = run(tmp_path)

    assert ran.returncode == 1
    assert ran.stderr.startswith("The setting CELERY_BROKER_URL is not set: it is ")
