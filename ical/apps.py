from django.apps import AppConfig


class IcalConfig(AppConfig):
    """What every calendar shares."""

    name = "ical"
