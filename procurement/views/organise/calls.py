"""The calls of one's programmes: the list, a new one, what one lacks, its texts."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import organiser
from procurement import changing, publishing
from procurement.announcing import announce
from procurement.changing import Edit
from procurement.checking import checks_of
from procurement.forms.calls import CallTextsForm, NewCallForm
from procurement.models import Call, Deadline
from procurement.views.organise.frame import change, managed_call, page, user_of

PAGE_SIZE = 50


@organiser
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """The calls of one's own programmes, by their next deadline."""
    now = timezone.now()
    own = Call.objects.managed_by(user_of(request)).in_order(now).values_list("pk", flat=True)
    page = Paginator(own, PAGE_SIZE).get_page(request.GET.get("page"))
    found = Call.objects.select_related("programme").in_full(page, now)
    numbers = [call.next_id for call in found if call.next_id is not None]
    following = Deadline.objects.select_related("call").in_bulk(numbers)
    rows = [
        (call, announce(call, following.get(call.next_id or 0)), following.get(call.next_id or 0))
        for call in found
    ]
    return render(request, "organise/calls/calls.html", {"page": page, "rows": rows, "now": now})


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def new_call(request: HttpRequest) -> HttpResponse:
    """Make a draft."""
    form = NewCallForm(
        request.POST if request.method == "POST" else None, organiser=user_of(request)
    )
    if request.method == "POST" and form.is_valid():
        call = form.save()
        messages.success(
            request, _("The draft is there. Only organisers see it until you publish it.")
        )
        return redirect("procurement:organise-call", call.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/calls/new.html", {"form": form}, status=status)


@organiser
@require_safe
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """What the call still lacks, what one can do with it, and what changed."""
    now = timezone.now()
    found = managed_call(request, slug)
    return page(
        request,
        "call",
        found,
        checks=checks_of(found, now),
        statuses=publishing.next_statuses(found),
        followers=publishing.followers_of(found),
        history=found.changes.select_related("call", "changed_by").latest_first()[:PAGE_SIZE],
    )


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what visitors read."""
    found = managed_call(request, slug)

    def make(sent: QueryDict | None) -> CallTextsForm:
        return CallTextsForm(sent, instance=Call.objects.get(pk=found.pk))

    def show(form: CallTextsForm, *, status: int = 200) -> HttpResponse:
        return page(request, "texts", found, form=form, status=status)

    def save(form: CallTextsForm, now: datetime) -> HttpResponse:
        edit = Edit(user_of(request), now, form.cleaned_data["reason"])
        with changing.noting_details(found, edit):
            form.save()
        messages.success(request, _("Your changes are saved."))
        return redirect("procurement:organise-call", slug)

    if request.method != "POST":
        return show(make(None))
    return change(request, found, make=make, show=show, save=save)
