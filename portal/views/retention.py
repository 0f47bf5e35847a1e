"""What the workspace shows of what is kept, and deciding for how long."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import organiser
from accounts.auditing import actor_of
from accounts.forms import RetentionForm, TrajectoryRetentionForm
from accounts.models import Programme, User
from events import privacy
from events.models import Session
from portal import nights, retention
from procurement import keeping

PAGE_SIZE = 50


@organiser
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What is still held of one's own programmes' sessions, and until when."""
    now = timezone.now()
    user = cast(User, request.user)
    sessions = privacy.with_held(Session.objects.managed_by(user)).select_related("programme")
    page = Paginator(sessions.order_by("ends_at", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "organise/retention.html",
        {
            "programmes": Programme.objects.managed_by(user),
            "led": set(Programme.objects.led_by(user).values_list("pk", flat=True)),
            "page": page,
            "kept": retention.kept(page, now=now),
            "trajectories": retention.kept_trajectories(keeping.with_held(user), now=now),
            "run": nights.last_run(),
        },
    )


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Decide how long a programme keeps names; a shorter time says first whom that reaches."""
    now = timezone.now()
    programme = get_object_or_404(Programme.objects.led_by(cast(User, request.user)), slug=slug)
    days_before = programme.retention_days
    form = RetentionForm(request.POST if request.method == "POST" else None, instance=programme)
    reached = 0
    if form.is_valid():
        days = form.cleaned_data["retention_days"]
        if days < days_before:
            reached = privacy.number_due(programme, retention_days=days, now=now)
        if not reached or request.POST.get("confirmed") == f"{days}:{reached}":
            retention.change(
                programme,
                days=days,
                selection_rule=form.cleaned_data["selection_rule"],
                now=now,
                by=actor_of(request),
            )
            messages.success(request, _("Kept. It holds from the next night on."))
            return redirect("portal:retention")
    return render(
        request,
        "organise/retention_change.html",
        {"programme": programme, "slug": slug, "form": form, "reached": reached},
        status=422 if form.is_bound else 200,
    )


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def change_of_trajectories(request: HttpRequest, slug: str) -> HttpResponse:
    """Decide how long trajectories to a programme's calls are kept; their people are warned."""
    programme = get_object_or_404(Programme.objects.led_by(cast(User, request.user)), slug=slug)
    form = TrajectoryRetentionForm(
        request.POST if request.method == "POST" else None, instance=programme
    )
    if form.is_valid():
        retention.change_of_trajectories(
            programme,
            days=form.cleaned_data["trajectory_retention_days"],
            selection_rule=form.cleaned_data["trajectory_selection_rule"],
            now=timezone.now(),
            by=actor_of(request),
        )
        messages.success(request, _("Kept. It holds from the next night on."))
        return redirect("portal:retention")
    return render(
        request,
        "organise/retention_of_trajectories.html",
        {"programme": programme, "slug": slug, "form": form},
        status=422 if form.is_bound else 200,
    )
