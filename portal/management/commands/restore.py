"""Puts a backup back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import backups
from portal.management.arguments import moment


class Command(BaseCommand):
    """To run with everything stopped; what is there now is replaced."""

    help = "Replaces database and documents by those of a backup, and erases again what was erased."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and what the operator knows."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--lost-at",
            type=moment,
            help="Until when mail may have left since the backup, as 2027-06-10T08:30+02:00. What"
            " was due by then is not sent, since it may have been. Without it: until now.",
        )
        parser.add_argument("--yes", action="store_true", help="Replace what is there now.")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        """Put it back, and say what that came to."""
        if not yes:
            raise CommandError("What is in the database now will be gone. Add --yes to go on.")
        now = timezone.now()
        try:
            found = backups.put_back(file, lost_at=options["lost_at"] or now, now=now)
        except backups.Failed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Everything is as it was at {found.made_at.isoformat()}: who registered after that"
            " is not in it.\n"
            f"Documents: {found.documents}. Erased again: {found.erased_again} rows.\n"
            f"Mails that may have left, and are not sent: {found.uncertain}. Organisers see them"
            " at their sessions, under Mails, and can send the links again."
        )
