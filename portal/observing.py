"""What is counted and written down of every request: its route and how it went, never by whom."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram

from accounts import tracing

logger = logging.getLogger("requests")

# Where every process counts for itself; `portal.measuring` adds them up.
REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "sessions_requests",
    "Requests answered, by name of the address.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "sessions_request_seconds",
    "Seconds from request to answer, by name of the address.",
    ["route"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def observe(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Give each request its number, for the log and in the answer, and count it.

    The first of all middleware, so that nothing answers without it.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        with tracing.traced(tracing.number_of(request.headers.get("X-Request-ID", ""))) as number:
            started = time.perf_counter()
            # Where Django finds it, which tells of what failed after the answer was made.
            request.META["HTTP_X_REQUEST_ID"] = number
            response = get_response(request)
            seconds = time.perf_counter() - started
            response.headers["X-Request-ID"] = number
            _note(request, response, seconds)
            return response

    return answer


def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    route = _route(request)
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(method, route, response.status_code).inc()
    SECONDS.labels(route).observe(seconds)
    if settings.LOG_REQUESTS:
        told = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000),
        }
        logger.info("%(method)s %(route)s %(status)s in %(milliseconds)s ms", told, extra=told)


def _route(request: HttpRequest) -> str:
    """The name of the address, which holds no code and no number."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
