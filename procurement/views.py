"""What anyone may see of calls and deadlines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import anyone
from procurement.models import Call, Deadline

PAST = 10


@anyone
@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """The deadlines, the next first, then calls without one and the latest past ones."""
    now = timezone.now()
    undated = Call.objects.filter(deadlines=None).select_related("programme")
    return render(
        request,
        "procurement/deadlines.html",
        {
            "coming": Deadline.objects.for_pages().coming(now),
            "past": Deadline.objects.for_pages().past(now)[:PAST],
            "undated": undated.exclude(kind=Call.Kind.AWARDED),
            "awarded": undated.filter(kind=Call.Kind.AWARDED),
            "now": now,
        },
    )
