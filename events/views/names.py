"""The organisations that people typed and the directory does not know, for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory
from accounts.access import administrator
from accounts.auditing import actor_of
from accounts.forms import OrganisationForm
from accounts.models import NameMatch, Organisation
from accounts.names import is_storable, one_line
from events import matching
from events.matching import TypedName

PAGE_SIZE = 20
DECISIONS = 20


@administrator
@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """The names, what was typed most first, with what each may mean; below, what was decided."""
    page = Paginator(matching.keys(), PAGE_SIZE).get_page(request.GET.get("page"))
    decisions = NameMatch.objects.filter(undone_at=None).select_related("organisation")
    return render(
        request,
        "organise/names.html",
        {
            "page": page,
            "names": matching.gathered(list(page)),
            "decisions": decisions.select_related("matched_by")[:DECISIONS],
        },
    )


def _typed_name(number: int) -> TypedName:
    """The unknown name that a registration holds; addresses name that one, not what was typed."""
    registration = get_object_or_404(matching.unknown(), pk=number)
    [found] = matching.gathered([registration.organisation_key])
    return found


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def link_name(request: HttpRequest, number: int) -> HttpResponse:
    """Choose the organisation that a name means."""
    now = timezone.now()
    name = _typed_name(number)
    text = one_line(request.GET.get("q", ""))
    if request.method == "POST":
        slug = request.POST.get("organisation", "")
        organisation = get_object_or_404(Organisation, slug=slug if is_storable(slug) else "")
        try:
            match = matching.link(name, organisation, by=actor_of(request), now=now)
        except matching.CannotMatch as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _linked(match, organisation))
        return redirect("events:names")
    found = directory.suggest(text) if text else [each.organisation for each in name.suggestions]
    return render(
        request,
        "organise/link_name.html",
        {"name": name, "text": text, "candidates": found},
    )


def _linked(match: NameMatch, organisation: Organisation) -> str:
    number = len(match.effects["registrations"])
    return ngettext(
        "“%(name)s” means %(organisation)s now, for %(number)s registration and those that come.",
        "“%(name)s” means %(organisation)s now, for %(number)s registrations and those that come.",
        number,
    ) % {"name": match.name, "organisation": organisation, "number": number}


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def name_to_organisation(request: HttpRequest, number: int) -> HttpResponse:
    """Make an organisation from a name, and link it."""
    now = timezone.now()
    name = _typed_name(number)
    if request.method == "POST":
        form = OrganisationForm(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    organisation = form.save()
                    match = matching.link_to_new(name, organisation, by=actor_of(request), now=now)
            except matching.CannotMatch as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _linked(match, organisation))
            return redirect("events:names")
    else:
        form = OrganisationForm(initial={"name_nl": name.name})
    return render(
        request,
        "organise/name_to_organisation.html",
        {"name": name, "form": form},
        status=422 if form.errors else 200,
    )


@administrator
@require_POST
def set_name_aside(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a name is no organisation."""
    name = _typed_name(number)
    try:
        matching.set_aside(name, by=actor_of(request), now=timezone.now())
    except matching.CannotMatch as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("“%(name)s” is no organisation, and asks no more.") % {"name": name.name}
        )
    return redirect("events:names")


@administrator
@require_POST
def undo_match(request: HttpRequest, number: int) -> HttpResponse:
    """Take back what was decided about a name."""
    match = get_object_or_404(NameMatch, pk=number)
    if matching.undo(match, by=actor_of(request), now=timezone.now()):
        messages.success(
            request, _("What was decided about “%(name)s” is undone.") % {"name": match.name}
        )
    else:
        messages.info(request, _("That was undone before."))
    return redirect("events:names")
