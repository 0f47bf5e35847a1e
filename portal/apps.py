from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """What composes sessions and deadlines for one visitor."""

    name = "portal"
    verbose_name = _("sessions and calls together")
