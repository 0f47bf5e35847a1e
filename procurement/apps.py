from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcurementConfig(AppConfig):
    """Calls and their deadlines."""

    name = "procurement"
    verbose_name = _("calls")
