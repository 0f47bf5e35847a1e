from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ical import watching
from ical.watching import Touch


class ProcurementConfig(AppConfig):
    """Calls and their deadlines."""

    name = "procurement"
    verbose_name = _("calls")

    def ready(self) -> None:
        """Say of which tables the calendar entry of a deadline is made, and its feeds chosen."""
        watching.watch(
            "procurement_call",
            "procurement_call_themes",
            "procurement_call_organisers",
            "procurement_deadline",
            "procurement_change",
            "procurement_amount",
            "procurement_eligibility",
            # Only public pages tell of these.
            "procurement_cofinancing",
            "procurement_document",
            "procurement_figure",
        )
        names = tuple(f"name_{code}" for code, _label in settings.LANGUAGES)
        watching.touch(
            Touch("accounts_programme", names, "procurement_call", "programme_id = NEW.id")
        )
