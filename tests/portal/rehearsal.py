"""A day on which a backup is put back, played on a database of its own; says what came of it.

python -m tests.portal.rehearsal FOLDER
"""

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import django

django.setup()

# Models can be read only now.
import time_machine  # noqa: E402
from django.core import mail  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from accounts.auditing import SYSTEM  # noqa: E402
from events import ledger  # noqa: E402
from events.models import Registration, Session  # noqa: E402
from mailing import outbox  # noqa: E402
from portal import privacy  # noqa: E402
from tests import build  # noqa: E402

# The link to this session leaves at nine on the day before.
BACKUP, LINK_LEFT, LOST, RESTORED = (
    build.at(clock, date(2027, 6, 9)) for clock in ("08:00", "09:05", "10:00", "10:30")
)


def work(now: datetime) -> list[str]:
    """What a worker does at a moment; to whom and what, briefly."""
    mail.outbox.clear()
    outbox.plan(now)
    while outbox.deliver(outbox.claim(now), clock=lambda: now, is_stopping=lambda: False):
        pass
    return sorted(
        f"{each.to[0].partition('@')[0]}: {each.subject.partition(':')[0]}" for each in mail.outbox
    )


def register(session: Session, name: str, now: datetime) -> Registration:
    """Somebody registers."""
    return build.make_registration(session, email=f"{name}@example.org", now=now)


def refusal(*arguments: str, **options: object) -> str:
    """Why a command is refused."""
    try:
        call_command(*arguments, **options)
    except CommandError as error:
        return str(error)
    return ""


def play(folder: Path) -> dict[str, object]:
    """The day; what came of it."""
    told: dict[str, object] = {}
    with time_machine.travel(BACKUP, tick=False) as clock:
        session = build.make_session(
            slug="session",
            closing=build.Closing.from_local(
                build.Edge.BEFORE_DATE, date(2027, 6, 10), None, build.BRUSSELS
            ),
            link="https://meet.example.org/1",
        )
        register(session, "an", BACKUP)
        work(BACKUP)
        register(session, "bo", BACKUP)  # whose mail waits when the backup is made
        default_storage.save("a/kept.pdf", ContentFile(b"kept"))
        call_command("backup", str(folder))
        [file] = folder.glob("sessions-*.tar")
        told["mode"] = oct(file.stat().st_mode & 0o777)

        clock.move_to(LINK_LEFT, tick=False)
        told["left"] = work(LINK_LEFT)
        default_storage.delete("a/kept.pdf")
        default_storage.save("b/after.pdf", ContentFile(b"after"))
        told["lost pk"] = register(session, "cy", LINK_LEFT).pk
        work(LINK_LEFT)
        privacy.erase_address("bo@example.org", now=LINK_LEFT, by=SYSTEM)

        clock.move_to(LINK_LEFT + timedelta(seconds=10), tick=False)
        told["unasked"] = refusal("restore", str(file))
        told["running"] = refusal("restore", str(file), yes=True)
        clock.move_to(RESTORED, tick=False)
        damaged = folder / "damaged.tar"
        content = bytearray(file.read_bytes())
        content[-len(content) // 2] ^= 255
        damaged.write_bytes(content)
        told["damaged"] = refusal("restore", str(damaged), yes=True)
        told["nothing"] = refusal("restore", str(folder / "none.tar"), yes=True)
        told["untouched"] = sorted(Registration.objects.named().values_list("email", flat=True))

        # Twice, as by an operator who is not sure whether it worked.
        for _time in range(2):
            call_command("restore", str(file), lost_at=LOST, yes=True)

        told["named"] = sorted(Registration.objects.named().values_list("email", flat=True))
        told["documents"] = {
            str(path.relative_to(default_storage.location)): path.read_text()
            for path in Path(default_storage.location).rglob("*")
            if path.is_file()
        }
        told["left again"] = work(RESTORED)
        session = Session.objects.get(slug="session")
        told["fates"] = {
            line.kind: [entry.fate.value for entry in line.entries]
            for line in ledger.lines(session, RESTORED)
        }
        told["new pk"] = register(session, "di", RESTORED).pk
        told["left to who came after"] = work(RESTORED)

        clock.move_to(RESTORED + timedelta(days=31), tick=False)
        call_command("backup", str(folder), keep_days=30)
        told["kept"] = len(list(folder.glob("sessions-*.tar")))
    return told


if __name__ == "__main__":
    setup_test_environment()
    json.dump(play(Path(sys.argv[1])), sys.stdout, default=str)
