"""What a programme says of itself and how it looks, changed by who leads it."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import programmes
from accounts.access import anyone, lead
from accounts.auditing import actor_of
from accounts.colours import style_sheet
from accounts.forms import ProgrammeForm
from accounts.models import Programme, ProgrammeLogo, User

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


@anyone
@require_safe
def logo(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """The logo of a programme, at an address that changes with it."""
    found = get_object_or_404(
        ProgrammeLogo.objects.exclude(programme__logo_digest=""),
        programme__slug=slug,
        programme__logo_digest=digest,
    )
    response = HttpResponse(bytes(found.content), content_type="image/png")
    response.headers["Cache-Control"] = f"public, max-age={YEAR}"
    return response


@lead
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change names, contact, looks and languages of a programme."""
    programme = get_object_or_404(Programme.objects.led_by(cast(User, request.user)), slug=slug)
    name = programme.name
    is_sent = request.method == "POST"
    form = ProgrammeForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, instance=programme
    )
    if form.is_valid():
        programmes.change(
            form.instance,
            form.changed_fields,
            logo=form.new_logo(),
            by=actor_of(request),
            now=timezone.now(),
        )
        messages.success(request, _("The programme was changed."))
        return redirect("portal:team")
    context = {"slug": slug, "name": name, "programme": programme, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "organise/team/programme.html", context, status=status)
