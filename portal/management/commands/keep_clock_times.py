"""Keeps sessions and deadlines at their clock time after the rules of a time zone changed."""

from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

import events.zone_rules
import procurement.zone_rules
from moments.local import UnknownZone, read_rules
from portal.management.arguments import moment


class Command(BaseCommand):
    """To run once the new rules are installed, by hand, with the files of the old ones at hand."""

    help = (
        "Sets coming sessions and deadlines to the hour that was announced, after the rules of a"
        " time zone changed, and tells who registered or follows. Harmless when repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where the old rules are, since when they hold no more here, and why."""
        parser.add_argument("folder", type=Path, help="The zone files of before: …/tzdata/zoneinfo")
        parser.add_argument("--since", type=moment, required=True, help="When the new ones came.")
        parser.add_argument("--reason", required=True, help="Followers of a deadline read it.")
        parser.add_argument("--yes", action="store_true", help="Do it; else it is only told.")

    def handle(
        self, *args: Any, folder: Path, since: datetime, reason: str, yes: bool, **options: Any
    ) -> None:
        """Do all of it or nothing, and say what."""
        rules_before, now = cache(partial(read_rules, folder)), timezone.now()
        try:
            with transaction.atomic():
                sessions = events.zone_rules.keep_clock_times(rules_before, since=since, now=now)
                deadlines = procurement.zone_rules.keep_clock_times(
                    rules_before, since=since, reason=reason, now=now
                )
                if not yes:
                    transaction.set_rollback(True)
        except UnknownZone as refusal:
            raise CommandError(str(refusal)) from refusal
        for row in (*sessions.moved, *deadlines.moved):
            self.stdout.write(f"{'Set' if yes else 'Would be set'} to its clock time: {row}")
        for row in (*sessions.doubtful, *deadlines.doubtful):
            self.stdout.write(f"Changed since the new rules, look at it: {row}")
        if not yes:
            self.stdout.write("Nothing was changed: add --yes to do it.")
