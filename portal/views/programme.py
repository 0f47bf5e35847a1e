"""What a programme says of itself and how it looks, changed by who leads it."""

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import anyone, lead
from accounts.auditing import actor_of, record
from accounts.colours import style_sheet
from accounts.forms import ProgrammeForm
from accounts.models import Action, Programme, User

HOUR, YEAR = 3_600, 31_536_000


@anyone
@require_safe
def styles(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """The colour of a programme as a style sheet, kept for as long as its address names it."""
    programme = get_object_or_404(Programme.objects.exclude(colour=""), slug=slug)
    response = HttpResponse(style_sheet(programme.colour), content_type="text/css; charset=utf-8")
    age = YEAR if digest == programme.colour_digest else HOUR
    response.headers["Cache-Control"] = f"public, max-age={age}"
    return response


@lead
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change names, contact and languages of a programme."""
    programme = get_object_or_404(Programme.objects.led_by(cast(User, request.user)), slug=slug)
    name = programme.name
    form = ProgrammeForm(request.POST if request.method == "POST" else None, instance=programme)
    if form.is_valid():
        with transaction.atomic():
            # Only what changed: what another lead saved meanwhile stays.
            form.instance.save(update_fields=form.changed_data)
            if form.changed_data:
                record(
                    Action.PROGRAMME_CHANGED,
                    by=actor_of(request),
                    now=timezone.now(),
                    programme=programme,
                    about=programme,
                    fields=form.changed_data,
                )
        messages.success(request, _("The programme was changed."))
        return redirect("portal:team")
    context = {"slug": slug, "name": name, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "organise/team/programme.html", context, status=status)
