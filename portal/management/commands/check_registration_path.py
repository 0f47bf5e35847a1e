"""Proves from outside that registering and mailing work."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import proving


class Command(BaseCommand):
    """Registers somebody made up at SITE_URL, waits for the mails, cancels, and clears up."""

    help = (
        "Registers an address at SITE_URL for a session that nobody else sees, waits until the mail"
        " was handed over, cancels and removes everything. Ends with 1 where a step fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, and how long a mail may take."""
        parser.add_argument("address", help="Gets two mails each time; has to take them.")
        parser.add_argument(
            "--patience", type=float, default=60, help="Seconds that each mail may take."
        )

    def handle(self, *args: Any, address: str, patience: float, **options: Any) -> None:
        """Check, with a sentence for each step."""
        try:
            proving.check(address, patience=timedelta(seconds=patience), tell=self.stdout.write)
        except proving.Failed as error:
            raise CommandError(str(error)) from error
