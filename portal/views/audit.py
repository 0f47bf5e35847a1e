"""The audit log, for who leads a programme."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import lead
from accounts.auditing import actor_of
from accounts.models import User
from events.retelling import retell
from portal import audit_log
from portal.audit_log import AuditFilter

PAGE_SIZE = 50


@lead
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what to whose data, the latest first."""
    return _page(request, AuditFilter(request.GET, reader=cast(User, request.user)))


def _page(request: HttpRequest, form: AuditFilter) -> HttpResponse:
    page = Paginator(form.entries(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "organise/audit.html",
        {
            "form": form,
            "page": page,
            "lines": retell(page, reader=cast(User, request.user)),
            "is_filtered": any(form.data.get(name) for name in form.fields),
        },
        status=422 if form.errors else 200,
    )


@lead
@require_POST
def export_audit(request: HttpRequest) -> HttpResponse:
    """What the filters in the address leave, as a file; a POST, since it is written down."""
    reader = cast(User, request.user)
    form = AuditFilter(request.GET, reader=reader)
    if not form.is_valid():
        return _page(request, form)
    now = timezone.now()
    file = audit_log.export(form.entries(), reader=reader, by=actor_of(request), now=now)
    response = HttpResponse(file, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{now:%Y-%m-%d}.csv"'
    return response
