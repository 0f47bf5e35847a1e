from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, the address map and what every page shares."""

    name = "config"
