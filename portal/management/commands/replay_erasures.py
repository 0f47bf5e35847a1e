"""Erases again what a restored backup brought back."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal import privacy


class Command(BaseCommand):
    """To run after restoring a backup, before anything else; harmless when repeated."""

    help = "Erases again what was erased and is back, by the erasure log."

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase again, and say how much was back."""
        number = privacy.replay(timezone.now())
        self.stdout.write(f"Erased again: {number} rows.")
