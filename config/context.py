"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.translation import get_language


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and address, this page in each language, and whether mails are read here.

    An address that leads nowhere does so in every language: from there the links lead home.
    """
    here = reverse("portal:home") if request.resolver_match is None else request.get_full_path()
    current = get_language()
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "local_mode": settings.LOCAL_MODE,
        "language_links": [
            {
                "code": code,
                "label": label,
                "url": translate_url(here, code),
                "is_current": code == current,
            }
            for code, label in settings.LANGUAGES
        ],
    }
