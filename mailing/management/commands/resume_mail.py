"""Lets the mail leave again."""

from typing import Any

from django.core.management.base import BaseCommand

from mailing import pausing


class Command(BaseCommand):
    """Ends what pause_mail began."""

    help = "Lets the mail leave again after pause_mail."

    def handle(self, *args: Any, **options: Any) -> None:
        """Resume, and say so."""
        is_ended = pausing.resume()
        self.stdout.write("The mail leaves again." if is_ended else "The mail was not paused.")
