"""How the installation does, for the machines of operators."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.access import anyone, operator
from portal import health, measuring


@anyone
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """That this process answers; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@anyone
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether everything works that the product is made of: 200, or 503 with what does not."""
    try:
        found = health.look(timezone.now())
    except DatabaseError:
        found = {"database": "does not answer"}
    is_ready = all(word in health.GOOD for word in found.values())
    return JsonResponse(found, status=200 if is_ready else 503)


@operator
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """What happened and what waits, in numbers."""
    return HttpResponse(measuring.exposition(timezone.now()), content_type=CONTENT_TYPE_LATEST)
