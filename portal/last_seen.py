"""When a browser that is signed in was last seen: written down now and then.

Who works for a programme and sat idle for longer than `SESSION_IDLE_MINUTES` is signed out. Pages
that show everybody the same are left out: this asks the database, which may let somebody wait who
registers, before the moment is read at which their form arrived.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Access
from accounts.models import User

NOW_AND_THEN = timedelta(minutes=5)
REMEMBERED = 10_000
# By session, network address and browser: one that turns up elsewhere is written down at once.
_seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
_lock = Lock()


class LastSeen:
    """Middleware in the place of allauth's, which takes five statements for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what somebody who is signed in sees is kept by no cache, nor by "back"."""
        response = self._get_response(request)
        is_whole = response.status_code < 500  # else the database may be what failed
        if is_whole and "Cache-Control" not in response.headers and _signed_in(request):
            response.headers["Cache-Control"] = "no-store, private"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_arguments: object
    ) -> None:
        """Write it down, or sign out who was away for too long."""
        is_for_all = getattr(view, "access", None) is Access.ANYONE
        user = None if is_for_all else _signed_in(request)
        if user is None:
            return
        key = request.session.session_key or ""
        network_address = get_adapter().get_client_ip(request) or ""
        browser = request.headers.get("User-Agent", "")[:200]
        now = timezone.now()
        if not _is_due((key, network_address, browser), now):
            return
        if _sat_idle(user, key, now):
            logout(request)
            messages.info(request, _("You did nothing here for a while, so you were signed out."))
        else:
            UserSession.objects.create_from_request(request)


def _signed_in(request: HttpRequest) -> User | None:
    """Who is signed in; nothing is looked up for who sends no session."""
    user = request.user if request.session.session_key else None
    return user if isinstance(user, User) else None


def _is_due(which: tuple[str, str, str], now: datetime) -> bool:
    with _lock:
        before = _seen.get(which)
        if before is not None and abs(now - before) < NOW_AND_THEN:
            return False
        _seen[which] = now
        _seen.move_to_end(which)
        while len(_seen) > REMEMBERED:
            _seen.popitem(last=False)
    return True


def _sat_idle(user: User, key: str, now: datetime) -> bool:
    longest = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    if not longest:
        return False
    before = UserSession.objects.filter(session_key=key, last_seen_at__lte=now - longest)
    return before.exists() and user.is_member
