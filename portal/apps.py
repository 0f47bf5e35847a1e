from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ical import watching


class PortalConfig(AppConfig):
    """What composes sessions and deadlines for one visitor."""

    name = "portal"
    verbose_name = _("sessions and calls together")

    def ready(self) -> None:
        """Say which tables only public pages read; of the others their own apps say so."""
        watching.watch("portal_preparation")
