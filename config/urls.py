"""The address map: Dutch without prefix, French under /fr/, English under /en/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views import no_passwords

# Without Django's shortcut from a row's number to its page: any organiser could have it hand out
# the links in the mails of any registrant.
_administration = [
    pattern
    for pattern in admin.site.get_urls()
    if not (isinstance(pattern, URLPattern) and pattern.name == "view_on_site")
]

urlpatterns: list[URLPattern | URLResolver] = [
    *i18n_patterns(
        path("admin/", (_administration, "admin", admin.site.name)),
        re_path("^accounts/password/", no_passwords, name="no-passwords"),
        path("accounts/", include("allauth.urls")),
        path("", include("events.urls")),
        path("", include("portal.urls")),
        path("", include("procurement.urls")),
        path("", include("accounts.urls")),
        *([path("", include("mailing.urls"))] if settings.LOCAL_MODE else []),
        prefix_default_language=False,
    ),
]
