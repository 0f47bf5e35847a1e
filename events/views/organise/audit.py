"""What was done with one session, for who leads its programme."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import lead
from accounts.models import AuditEntry, User
from events.retelling import retell
from events.views.organise.frame import led_session, session_frame

PAGE_SIZE = 50


@lead
@require_safe
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """Who did what with the session and with whom it is about, the latest first."""
    user = cast(User, request.user)
    session = led_session(request, slug)
    entries = AuditEntry.objects.led_by(user).of_session(session.pk).for_pages()
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": retell(page, reader=user)}
    frame = session_frame(session, timezone.now(), tab="audit")
    return render(request, "organise/sessions/audit.html", context | frame)
