"""The page of a call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import anyone
from events.announcing import announce
from portal.preparing import sessions_for
from procurement.models import Call, Deadline


@anyone
@require_safe
def call_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A call with its deadlines and the sessions that prepare for it."""
    now = timezone.now()
    call = get_object_or_404(Call.objects.select_related("programme", "organisation"), slug=slug)
    deadlines = list(call.deadlines.order_by("closes_at", "pk"))
    is_next_known = any(
        deadline.closes_at > now and deadline.kind != Deadline.Kind.DECISION
        for deadline in deadlines
    )
    return render(
        request,
        "portal/call.html",
        {
            "call": call,
            "themes": call.themes.all(),
            "deadlines": deadlines,
            "is_next_awaited": call.kind == Call.Kind.RECURRING and not is_next_known,
            "announced": [(session, announce(session, now)) for session in sessions_for(call)],
            "now": now,
        },
    )
