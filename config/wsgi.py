"""Entry for the web server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# All views are read before the first visitor comes, not while they wait.
get_resolver().url_patterns  # noqa: B018 - reading it is what loads them
