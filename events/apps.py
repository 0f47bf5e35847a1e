from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """Sessions, registrations and their mails."""

    name = "events"
    verbose_name = _("sessions and registrations")
