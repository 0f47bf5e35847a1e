"""The first page."""

from django.db.models import Case, Count, Q, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import same_for_all
from accounts.models import Theme
from events import live
from events.models import Session
from procurement.models import Deadline

SESSIONS, DEADLINES = 4, 4


@same_for_all
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The next sessions, cancelled ones last, the next deadlines, and the themes."""
    now = timezone.now()
    is_cancelled = Case(When(status=Session.Status.CANCELLED, then=1), default=0)
    coming = Session.objects.public().coming(now).order_by(is_cancelled, "starts_at", "pk")
    sessions = list(coming.for_pages()[:SESSIONS])
    latest = [] if sessions else list(Session.objects.public().past(now).for_pages()[:SESSIONS])
    is_public = ~Q(sessions__status=Session.Status.DRAFT) & Q(sessions__isnull=False)
    return live.render(
        request,
        "portal/home.html",
        {
            "announced": [(session, live.announce(session, now)) for session in sessions],
            "latest": [(session, live.announce(session, now)) for session in latest],
            "deadlines": Deadline.objects.for_pages().to_meet().coming(now)[:DEADLINES],
            "themes": Theme.objects.annotate(
                number_public=Count("sessions", filter=is_public, distinct=True),
                number_coming=Count(
                    "sessions", filter=is_public & Q(sessions__ends_at__gt=now), distinct=True
                ),
            ).filter(number_public__gt=0),
            "now": now,
        },
        [*sessions, *latest],
    )
