"""The settings the type checker reads models with.

Without modeltranslation, which replaces every manager at start-up so that the checker no longer
knows them; nothing in typed code names a column it adds. Without the admin's registrations, which
need it.
"""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as _INSTALLED_APPS

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig" if app.endswith("AdministrationConfig") else app
    for app in _INSTALLED_APPS
    if app != "modeltranslation"
]
# The tables that the benches compare with.
INSTALLED_APPS.append("bench.bare")
