"""Publishing, suspending and cancelling a call, and its next round."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import organiser
from moments.edges import NoSuchClosing
from moments.local import NoSuchMoment
from procurement import cloning, publishing
from procurement.changing import Edit
from procurement.checking import checks_of
from procurement.forms.calls import CloneForm, StatusForm, free_slug
from procurement.models import Call
from procurement.views.organise.frame import managed_call, page, say_told, user_of

_WITH_REASON = {Call.Status.SUSPENDED, Call.Status.CANCELLED}


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def set_status(request: HttpRequest, slug: str, status: str) -> HttpResponse:
    """Publish, suspend or cancel, after a look at whom it reaches."""
    now = timezone.now()
    found = managed_call(request, slug)
    form = StatusForm(
        request.POST if request.method == "POST" else None, needs_reason=status in _WITH_REASON
    )
    refusal = ""
    if request.method == "POST" and form.is_valid():
        edit = Edit(user_of(request), now, form.cleaned_data["reason"])
        try:
            told = publishing.set_status(found, status, edit, is_told=form.cleaned_data["tell"])
        except publishing.CannotChange as cannot:
            refusal = str(cannot)
        else:
            messages.success(request, _DONE[status]())
            say_told(request, told)
            return redirect("procurement:organise-call", slug)
    code = 409 if refusal else 422 if form.errors else 200
    return page(
        request,
        "status",
        found,
        form=form,
        to=status,
        refusal=refusal,
        checks=checks_of(found, now),
        followers=publishing.followers_of(found),
        is_possible=status in publishing.next_statuses(found),
        status=code,
    )


_DONE = {
    Call.Status.PUBLISHED.value: lambda: _("The call is published: everybody sees it."),
    Call.Status.SUSPENDED.value: lambda: _(
        "The call is suspended. Publish it to take it up again."
    ),
    Call.Status.CANCELLED.value: lambda: _("The call is cancelled. Publish it to bring it back."),
}


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def clone(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a draft of the next round."""
    found = managed_call(request, slug)
    form = CloneForm(
        request.POST if request.method == "POST" else None, initial={"title": found.title}
    )
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["title"]
        try:
            copy = cloning.clone(
                found,
                slug=free_slug(title),
                title=title,
                submission_date=form.cleaned_data["submission_date"],
            )
        except (NoSuchMoment, NoSuchClosing) as refusal:
            form.add_error("submission_date", str(refusal))
        else:
            messages.success(
                request, _("The draft of the next round is there. Check its texts and its dates.")
            )
            return redirect("procurement:organise-call", copy.slug)
    steps = cloning.latest_round(found)
    return page(request, "clone", found, form=form, steps=steps, status=422 if form.errors else 200)
