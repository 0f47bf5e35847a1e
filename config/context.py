"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, and whether mails are read in the browser here."""
    return {"site_name": settings.SITE_NAME, "local_mode": settings.LOCAL_MODE}
