"""Going somewhere in the workspace by words: as a page, and as what its palette shows."""

from dataclasses import asdict
from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import viewer
from accounts.models import User
from accounts.names import is_storable
from portal import palette


@viewer
@require_safe
def organise_search(request: HttpRequest) -> HttpResponse:
    """The palette as a page, for who has no JavaScript."""
    text = _sought(request)
    groups = palette.look_for(text, cast(User, request.user), timezone.now())
    return render(request, "organise/search.html", {"text": text, "groups": groups})


@viewer
@require_safe
def palette_entries(request: HttpRequest) -> HttpResponse:
    """What static/js/palette.js shows while somebody types."""
    groups = palette.look_for(_sought(request), cast(User, request.user), timezone.now())
    return JsonResponse({"groups": [asdict(group) for group in groups]})


def _sought(request: HttpRequest) -> str:
    text = request.GET.get("q", "").strip()[: palette.LONGEST_TEXT]
    return text if is_storable(text) else ""
