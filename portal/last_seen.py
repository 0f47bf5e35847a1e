"""When a browser that is signed in was last seen: written down now and then."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

NOW_AND_THEN = timedelta(minutes=5)
REMEMBERED = 10_000
# By session, network address and browser: one that turns up elsewhere is written down at once.
_seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
_lock = Lock()


def note_last_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """As allauth's middleware, which takes five statements for each request."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            network_address = get_adapter().get_client_ip(request) or ""
            browser = request.headers.get("User-Agent", "")[:200]
            now = timezone.now()
            if _is_due((request.session.session_key, network_address, browser), now):
                UserSession.objects.create_from_request(request)
        return get_response(request)

    return answer


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
