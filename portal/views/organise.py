"""The organisers' workspace: where their week starts."""

from itertools import groupby
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import organiser, viewer
from accounts.models import Role, User
from accounts.names import is_storable
from events import todo
from events.choosing import named
from events.models import Session
from events.starting import first_steps
from events.todo import STAGE_NAMES, Row, Stage
from mailing import standing
from moments.forms import ClosingField
from moments.local import BRUSSELS, UnknownZone, read_zone

PAST_SHOWN = 10
FOUND_SHOWN = 100


@viewer
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What needs doing, then the sessions of one's own programmes by how they stand."""
    now = timezone.now()
    user = cast(User, request.user)
    own = Session.objects.viewed_by(user).for_pages().select_related("virtual_link")
    query = request.GET.get("q", "").strip()[:200]
    if query:
        sessions = list(named(own, query)[:FOUND_SHOWN])
    else:
        sessions = [*own.coming(now), *own.past(now)[:PAST_SHOWN]]
    rows = todo.overview(sessions, now)
    tasks = sorted(
        (
            task
            for row in rows
            if user.has_role(Role.ORGANISER, row.session.programme_id)
            for task in row.tasks
        ),
        key=lambda task: (not task.is_late, task.before),
    )
    context = {
        "tasks": [] if query else tasks,
        "groups": [(STAGE_NAMES[stage], stage, found) for stage, found in _grouped(rows)],
        "steps": [] if query else first_steps(Session.objects.managed_by(user), now),
        "query": query,
        "number": len(sessions),
        "mail": standing.look(now),
    }
    return render(request, "organise/overview.html", context)


def _grouped(rows: list[Row]) -> list[tuple[Stage, list[Row]]]:
    order = list(Stage)
    by_stage = sorted(rows, key=lambda row: order.index(row.stage))
    return [(stage, list(found)) for stage, found in groupby(by_stage, lambda row: row.stage)]


@organiser
@require_safe
def closing(request: HttpRequest) -> HttpResponse:
    """How a closing moment that is being filled in reads, as text for closing.js."""
    parts = [part for part in request.GET.getlist("part")[:4] if is_storable(part)]
    try:
        zone = read_zone(request.GET.get("zone", BRUSSELS.key))
        said = ClosingField(required=False, zone=zone).reading(parts)
    except UnknownZone as refusal:
        said = str(refusal)
    response = HttpResponse(said, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store, private"
    return response
