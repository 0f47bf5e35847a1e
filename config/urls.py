"""The address map: Dutch without prefix, French under /fr/, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views.suggestions import no_passwords
from mailing.views import hearing
from portal.views import health, statements

# Without Django's shortcut from a row's number to its page: any organiser could have it hand out
# the links in the mails of any registrant.
_administration = [
    pattern
    for pattern in admin.site.get_urls()
    if not (isinstance(pattern, URLPattern) and pattern.name == "view_on_site")
]

urlpatterns: list[URLPattern | URLResolver] = [
    *i18n_patterns(
        # The pages that most people ask for first: addresses are tried in this order.
        path("", include("portal.urls")),
        path("", include("events.urls")),
        path("", include("procurement.urls")),
        path("", include("accounts.urls")),
        path("", include("mailing.urls")),
        path("admin/", (_administration, "admin", admin.site.name)),
        re_path("^accounts/password/", no_passwords, name="no-passwords"),
        path("accounts/", include("allauth.urls")),
        prefix_default_language=False,
    ),
    # Programs ask for it at one address, in no language.
    path(".well-known/security.txt", statements.security_txt, name="security-txt"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("mail/heard/<slug:service>/", hearing.hear, name="hear-mail"),
    path("security.txt", statements.security_txt_moved, name="security-txt-moved"),
]

handler500 = "portal.views.failing.failed"
