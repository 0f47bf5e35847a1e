from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and organisations."""

    name = "accounts"
    verbose_name = _("people and organisations")
