"""The first page."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import anyone
from accounts.models import Theme
from events.announcing import announce
from events.models import Session
from procurement.models import Deadline

SESSIONS, DEADLINES = 4, 4


@anyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The next sessions, the next deadlines, and the themes."""
    now = timezone.now()
    sessions = list(Session.objects.public().coming(now).for_pages()[:SESSIONS])
    latest = [] if sessions else list(Session.objects.public().past(now).for_pages()[:SESSIONS])
    is_public = ~Q(sessions__status=Session.Status.DRAFT) & Q(sessions__isnull=False)
    return render(
        request,
        "portal/home.html",
        {
            "announced": [(session, announce(session, now)) for session in sessions],
            "latest": [(session, announce(session, now)) for session in latest],
            "deadlines": Deadline.objects.for_pages().coming(now)[:DEADLINES],
            "themes": Theme.objects.annotate(
                number_of_sessions=Count("sessions", filter=is_public, distinct=True)
            ),
            "now": now,
        },
    )
