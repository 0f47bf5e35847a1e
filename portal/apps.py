from django.apps import AppConfig


class PortalConfig(AppConfig):
    """What composes sessions and deadlines for one visitor."""

    name = "portal"
