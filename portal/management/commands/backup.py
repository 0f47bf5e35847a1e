"""Writes a backup."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import backups


class Command(BaseCommand):
    """Database and documents in one file, made while everything runs."""

    help = "Writes database and documents to a file in a folder, named for the moment (UTC)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and how long backups are kept."""
        parser.add_argument("folder", type=Path, help="Where it comes; has to be there.")
        parser.add_argument(
            "--keep-days", type=int, help="Delete backups in that folder older than this."
        )

    def handle(self, *args: Any, folder: Path, keep_days: int | None, **options: Any) -> None:
        """Write it; only then delete old ones."""
        now = timezone.now()
        try:
            file = backups.make(folder, now=now)
        except backups.Failed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(file))
        if keep_days is not None:
            old = backups.forget_old(folder, before=now - timedelta(days=keep_days))
            self.stdout.write(f"Deleted: {len(old)} older than {keep_days} days.")
