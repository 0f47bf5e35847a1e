"""Suggestions from the directory, and what does not exist here."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts import directory
from accounts.access import anyone


@anyone
@require_safe
def organisation_suggestions(request: HttpRequest) -> JsonResponse:
    """Names for what was typed (`q`), and the one a mail domain belongs to (`domain`)."""
    names = [str(found) for found in directory.suggest(request.GET.get("q", "")[:200])]
    own = directory.at_domain(request.GET.get("domain", "")[:253])
    return JsonResponse({"names": names, "own": str(own) if own else ""})


@anyone
def no_passwords(request: HttpRequest) -> HttpResponse:
    """Nobody has a password here, so the pages of django-allauth about them do not exist."""
    raise Http404
