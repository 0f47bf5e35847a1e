"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, this page in each language, and whether mails are read in the browser."""
    here, current = request.get_full_path(), get_language()
    return {
        "site_name": settings.SITE_NAME,
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
