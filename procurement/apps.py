from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    """Calls and their deadlines."""

    name = "procurement"
