"""The address map: Dutch without prefix, French under /fr/, English under /en/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("accounts/", include("allauth.urls")),
        path("", include("events.urls")),
        path("", include("portal.urls")),
        path("", include("procurement.urls")),
        path("", include("accounts.urls")),
        *([path("", include("mailing.urls"))] if settings.LOCAL_MODE else []),
        prefix_default_language=False,
    ),
]
