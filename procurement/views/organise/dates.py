"""The dates of a call, one by one."""

from datetime import datetime
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import undoing
from accounts.access import organiser
from accounts.clashes import is_unchanged
from procurement import changing, publishing
from procurement.changing import Edit
from procurement.forms.deadlines import PasteForm, WorkspaceDeadlineForm
from procurement.models import Call, Deadline
from procurement.views.organise.frame import change, managed_call, page, say_told, storable, user_of


@organiser
@require_safe
def deadlines(request: HttpRequest, slug: str) -> HttpResponse:
    """The dates of a call with what changed about them, and a place to paste a list."""
    return deadlines_page(request, managed_call(request, slug), PasteForm())


def deadlines_page(request: HttpRequest, found: Call, form: PasteForm) -> HttpResponse:
    """The same page, also with what was pasted and refused."""
    rows = found.deadlines.select_related("call").with_changes().order_by("-closes_at", "-pk")
    status = 422 if form.errors else 200
    return page(request, "deadlines", found, deadlines=rows, form=form, status=status)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def new_deadline(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a date."""
    found = managed_call(request, slug)
    if request.method != "POST":
        return _deadline_page(request, found, WorkspaceDeadlineForm(instance=Deadline(call=found)))
    with transaction.atomic():
        changing.hold(found)
        form = WorkspaceDeadlineForm(request.POST, instance=Deadline(call=found))
        if not form.is_valid():
            return _deadline_page(request, found, form, status=422)
        return _save(request, form, timezone.now())


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def deadline(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a date; why is asked where the public knows it."""
    found = managed_call(request, slug)
    row = _row(found, number)

    def make(sent: QueryDict | None) -> WorkspaceDeadlineForm:
        return WorkspaceDeadlineForm(sent, instance=_row(found, number))

    def show(form: WorkspaceDeadlineForm, *, status: int = 200) -> HttpResponse:
        return _deadline_page(request, found, form, row, status=status)

    def save(form: WorkspaceDeadlineForm, now: datetime) -> HttpResponse:
        return _save(request, form, now)

    if request.method != "POST":
        return show(make(None))
    return change(request, found, make=make, show=show, save=save)


@organiser
@require_POST
def remove_deadline(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take away a date that the public never knew."""
    found = managed_call(request, slug)
    with transaction.atomic():
        changing.hold(found)
        row = _row(found, number)
        if not is_unchanged(WorkspaceDeadlineForm(instance=row), request.POST):
            messages.error(request, _("Somebody else changed this meanwhile. Look at it first."))
            return redirect("procurement:organise-deadline", slug, number)
        try:
            packed = changing.remove_deadline(row, now=timezone.now())
        except changing.IsKnown as refusal:
            messages.error(request, str(refusal))
            return redirect("procurement:organise-deadline", slug, number)
    gone = _("Taken away: %(what)s.") % {"what": row.closing.wording()}
    address = reverse("procurement:put-back-deadline", args=[slug])
    undoing.offer(request, gone, address=address, packed=packed)
    return redirect("procurement:organise-deadlines", slug)


@organiser
@require_POST
def put_deadline_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put back a date that was taken away a moment ago."""
    found = managed_call(request, slug)
    undoing.undo(request, partial(changing.put_deadline_back, found, now=timezone.now()))
    return redirect("procurement:organise-deadlines", slug)


def _row(found: Call, number: int) -> Deadline:
    return get_object_or_404(found.deadlines.select_related("call"), pk=storable(number))


def _deadline_page(
    request: HttpRequest,
    found: Call,
    form: WorkspaceDeadlineForm,
    row: Deadline | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    history = row.changes.select_related("changed_by").latest_first() if row is not None else []
    return page(
        request,
        "deadline",
        found,
        form=form,
        deadline=row,
        history=history,
        followers=publishing.followers_of(found),
        status=status,
    )


def _save(request: HttpRequest, form: WorkspaceDeadlineForm, now: datetime) -> HttpResponse:
    """Save a valid form, tell the followers where that was chosen, and go back to the dates."""
    row: Deadline = form.save(commit=False)
    is_cancelled = form.cleaned_data.get("is_cancelled", False)
    row.cancelled_at = (row.cancelled_at or now) if is_cancelled else None
    edit = Edit(user_of(request), now, form.cleaned_data.get("reason", ""))
    noted = changing.save_deadline(row, edit)
    told = 0
    if form.cleaned_data["tell"]:
        told = changing.tell_followers(row.call, [noted], now=now)
    messages.success(request, _("Saved: %(wording)s.") % {"wording": row.closing.wording()})
    say_told(request, told)
    return redirect("procurement:organise-deadlines", row.call.slug)
