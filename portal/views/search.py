"""One field for all that is public."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import anyone
from accounts.names import is_storable
from portal import finding


# Not kept: hardly anybody asks what somebody else did, and it would push out what many read.
@anyone
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Sessions, calls, speakers and organisations by words; `kind` is all of one kind."""
    now = timezone.now()
    text = request.GET.get("q", "").strip()[: finding.LONGEST_TEXT]
    if not is_storable(text):
        text = ""
    kind = request.GET.get("kind", "")
    found = page = None
    if text and kind:
        try:
            found, page = finding.search_one_kind(kind, text, request.GET.get("page"), now)
        except KeyError as unknown:
            raise Http404 from unknown
    elif text:
        found = finding.search(text, now)
    context = {"text": text, "found": found, "page": page, "now": now}
    return render(request, "portal/search.html", context)
