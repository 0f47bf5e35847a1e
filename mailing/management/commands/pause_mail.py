"""Stops the mail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from mailing import pausing


class Command(BaseCommand):
    """For an operator who saw something go wrong."""

    help = "Stops the mail, but for codes to sign in. It waits until resume_mail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the reason."""
        parser.add_argument("reason", nargs="?", default="", help="Shown to the organisers.")

    def handle(self, *args: Any, reason: str, **options: Any) -> None:
        """Stop, and say so."""
        is_new = pausing.pause(timezone.now(), reason=reason)
        self.stdout.write("The mail is paused." if is_new else "The mail was paused already.")
