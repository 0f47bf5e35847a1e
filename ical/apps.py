from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from ical import watching


class IcalConfig(AppConfig):
    """What every calendar shares."""

    name = "ical"
    verbose_name = _("calendars")

    def ready(self) -> None:
        """What the database does by itself is renewed with its tables."""
        # Names and organisations are told with sessions, programmes with calls too; all choose.
        watching.watch("accounts_programme", "accounts_organisation", "accounts_theme")
        pre_migrate.connect(watching.stand_back, sender=self, dispatch_uid="ical.stand_back")
        post_migrate.connect(watching.install, sender=self, dispatch_uid="ical.watching")
