"""What was changed about a session, by whom; and putting an earlier version back."""

from itertools import pairwise

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import auditing
from accounts.access import organiser
from accounts.clashes import carried
from events import editing, publishing
from events.history import content_of, differences, is_put_back, is_time_or_place
from events.messages import CHANGED
from events.models import Session, SessionVersion
from events.rescheduling import CannotMove
from events.views.organise.frame import managed_session, session_frame

SHOWN = 50


@organiser
@require_safe
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """The changes of a session, the latest first."""
    session = managed_session(request, slug)
    kept = list(session.versions.select_related("changed_by")[: SHOWN + 1])
    changes = [
        (version, [each.label for each in differences(earlier.content, version.content)])
        for version, earlier in pairwise(kept)
    ]
    if kept and len(kept) <= SHOWN:
        changes.append((kept[-1], []))
    context = session_frame(session, timezone.now(), tab="history") | {"changes": changes}
    return render(request, "organise/sessions/history.html", context)


@organiser
@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One change field by field, and what putting that version back would change now."""
    session = managed_session(request, slug)
    kept = _version(session, number)
    earlier = session.versions.filter(number__lt=number).first()
    context = session_frame(session, timezone.now(), tab="history") | {
        "version": kept,
        "has_earlier": earlier is not None,
        "changed": differences(earlier.content, kept.content) if earlier else [],
        "to_change": differences(content_of(session), kept.content, of=is_put_back),
    }
    return render(request, "organise/sessions/version.html", context)


@organiser
@require_POST
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put a version back, as a new change; asks first whether registrants hear of it."""
    now, session = timezone.now(), managed_session(request, slug)
    kept, by = _version(session, number), auditing.actor_of(request)
    tell = request.POST.get("tell", "")
    if request.POST.get("step") == "back":
        return redirect("events:version", slug, number)
    try:
        if tell not in {"yes", "no"}:
            with transaction.atomic():
                rehearsal = publishing.rehearse(
                    lambda: editing.put_back(session, kept, by=by, now=now),
                    session,
                    kind=CHANGED,
                    now=now,
                )
            if rehearsal.number:
                context = session_frame(session, now, tab="history") | {
                    "rehearsal": rehearsal,
                    "differences": differences(
                        content_of(session), kept.content, of=is_time_or_place
                    ),
                    "carried": carried(request.POST),
                    "action": request.path,
                }
                return render(request, "organise/sessions/tell.html", context)
        editing.put_back(session, kept, by=by, now=now, tell=tell != "no")
    except CannotMove as refusal:
        messages.error(request, str(refusal))
        return redirect("events:version", slug, number)
    messages.success(request, _("The earlier version is put back."))
    return redirect("events:versions", slug)


def _version(session: Session, number: int) -> SessionVersion:
    kept = session.versions.select_related("changed_by")
    return get_object_or_404(kept, number=min(number, 2**31 - 1))
