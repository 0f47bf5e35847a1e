from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from accounts.searching import teach_sqlite


class AccountsConfig(AppConfig):
    """People and organisations."""

    name = "accounts"
    verbose_name = _("people and organisations")

    def ready(self) -> None:
        """Know a function that SQLite lacks before its first connection."""
        connection_created.connect(teach_sqlite, dispatch_uid="accounts.searching")
