"""Forgets what is kept for a time only."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import nights


class Command(BaseCommand):
    """Does at once what the workers do every night; harmless when repeated."""

    help = "Makes anonymous and deletes what may no longer be kept. The workers do it every night."

    def handle(self, *args: Any, **options: Any) -> None:
        """Forget, and say whether all of it was done."""
        failures = nights.expire(timezone.now())
        if failures:
            raise CommandError(f"Sessions that could not be done for: {failures}. See the log.")
        self.stdout.write("What may no longer be kept is gone.")
