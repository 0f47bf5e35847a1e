"""What a page tells after an action, in a cookie that no neighbouring host can plant."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class OwnCookieStorage(CookieStorage):
    """Under a name with which browsers take it from this very host only, over HTTPS."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Storage(FallbackStorage):
    """In the cookie, and what is too long for one with the sign-in."""

    storage_classes = (OwnCookieStorage, SessionStorage)
