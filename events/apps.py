from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Sessions, registrations and their mails."""

    name = "events"
