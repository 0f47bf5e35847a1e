from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    """Settings, the address map and what every page shares."""

    name = "config"


class AdministrationConfig(AdminConfig):
    """Django's admin behind our own door."""

    default_site = "accounts.administration.AdministrationSite"
