"""The directory of organisations, for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory, merging, undoing
from accounts.access import administrator
from accounts.auditing import actor_of
from accounts.forms import (
    DirectoryFilter,
    EndOfRelationForm,
    MergeForm,
    OrganisationForm,
    RelationForm,
)
from accounts.models import Organisation, OrganisationMerge, OrganisationRelation
from accounts.names import is_storable, loose_key, matching_key, one_line

PAGE_SIZE = 50
HISTORY = 50


@administrator
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by name, kind and level."""
    asked = DirectoryFilter(request.GET)
    asked.is_valid()
    chosen = {name: value for name, value in asked.cleaned_data.items() if value}
    form = DirectoryFilter(initial=dict(chosen))
    rows = directory.in_order().select_related("parent").prefetch_related("domains")
    text = chosen.pop("q", "")
    rows = rows.filter(**chosen)
    if text:
        rows = rows.filter(_named_like(text)).distinct()
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "organise/organisations.html",
        {"page": page, "form": form, "is_narrowed": bool(chosen or text)},
    )


def _named_like(text: str) -> Q:
    """Organisations of which some name holds this text, however it is spelled."""
    condition = Q(keys__key__contains=matching_key(text))
    if loose := loose_key(text):
        condition |= Q(keys__key__contains=loose)
    return condition


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def new_organisation(request: HttpRequest) -> HttpResponse:
    """Add an organisation."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organisation = form.save()
        messages.success(
            request, _("%(organisation)s is in the directory.") % {"organisation": organisation}
        )
        return redirect(organisation)
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/new_organisation.html", {"form": form}, status=status)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: change it, and see its relations and its history."""
    found = get_object_or_404(Organisation, slug=slug)
    form = OrganisationForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your changes are saved."))
        return redirect(found)
    return _organisation_page(request, slug, form=form)


def _organisation_page(
    request: HttpRequest,
    slug: str,
    *,
    form: OrganisationForm | None = None,
    relation_form: RelationForm | None = None,
    end_form: EndOfRelationForm | None = None,
) -> HttpResponse:
    # Read anew: what was typed and refused is on the instance of the form.
    found = Organisation.objects.select_related("parent").get(slug=slug)
    relations = list(found.relations.select_related("other"))
    ends = [
        end_form
        if end_form is not None and end_form.instance.pk == relation.pk
        else EndOfRelationForm(instance=relation, prefix=f"relation-{relation.pk}")
        for relation in relations
    ]
    forms = (form, relation_form, end_form)
    is_refused = any(each is not None and each.errors for each in forms)
    return render(
        request,
        "organise/organisation.html",
        {
            "organisation": found,
            "form": form or OrganisationForm(instance=Organisation.objects.get(slug=slug)),
            "relations": list(zip(relations, ends, strict=True)),
            "relations_of_others": found.relations_from_others.select_related("organisation"),
            "relation_form": relation_form
            or RelationForm(instance=OrganisationRelation(organisation=found), prefix="relation"),
            "signatures": found.charter_signatures.order_by("signed_date", "pk"),
            "children": directory.in_order().filter(parent=found),
            "pointed": merging.preview(found),
            "matches": found.name_matches.select_related("matched_by")[:HISTORY],
            "merges": found.merges.select_related("merged_by")[:HISTORY],
        },
        status=422 if is_refused else 200,
    )


@administrator
@require_POST
def add_relation(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what the organisation is to another."""
    found = get_object_or_404(Organisation, slug=slug)
    form = RelationForm(
        request.POST, instance=OrganisationRelation(organisation=found), prefix="relation"
    )
    if not form.is_valid():
        return _organisation_page(request, slug, relation_form=form)
    form.save()
    messages.success(request, _("The relation is added."))
    return redirect(found)


def _relation(number: int) -> OrganisationRelation:
    rows = OrganisationRelation.objects.select_related("organisation", "other")
    return get_object_or_404(rows, pk=number)


@administrator
@require_POST
def end_relation(request: HttpRequest, number: int) -> HttpResponse:
    """Say until when a relation holds; without a day it still does."""
    relation = _relation(number)
    form = EndOfRelationForm(request.POST, instance=relation, prefix=f"relation-{number}")
    if not form.is_valid():
        return _organisation_page(request, relation.organisation.slug, end_form=form)
    form.save()
    messages.success(request, _("Your changes are saved."))
    return redirect(relation.organisation)


@administrator
@require_POST
def remove_relation(request: HttpRequest, number: int) -> HttpResponse:
    """Take a relation away that was entered by mistake."""
    relation = _relation(number)
    organisation = relation.organisation
    packed = undoing.take_away(relation, now=timezone.now())
    address = reverse("accounts:put-back-relation", args=[organisation.slug])
    undoing.offer(request, _("The relation is removed."), address=address, packed=packed)
    return redirect(organisation)


@administrator
@require_POST
def put_relation_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put back a relation that was taken away a moment ago."""
    found = get_object_or_404(Organisation, slug=slug)
    own = {"organisation_id": found.pk}

    def put_back(packed: str) -> None:
        now = timezone.now()
        undoing.put_back(undoing.unpacked(OrganisationRelation, packed, now=now, **own))

    undoing.undo(request, put_back)
    return redirect(found)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def merge_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose into which other organisation this one goes up, see what moves, and do it."""
    now = timezone.now()
    gone = get_object_or_404(Organisation, slug=slug)
    sent = request.POST if request.method == "POST" else request.GET
    into, text = sent.get("into", ""), one_line(request.GET.get("q", ""))
    kept = None
    if into:
        others = Organisation.objects.exclude(pk=gone.pk)
        kept = get_object_or_404(others, slug=into if is_storable(into) else "")
    form = MergeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and kept is not None and form.is_valid():
        try:
            merging.merge(gone, kept, by=actor_of(request), now=now)
        except merging.CannotMerge as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:organisations")
        messages.success(
            request,
            _("%(gone)s has gone up in %(kept)s. You can undo that below.")
            % {"gone": gone, "kept": kept},
        )
        return redirect(kept)
    return render(
        request,
        "organise/merge_organisation.html",
        {
            "organisation": gone,
            "kept": kept,
            "text": text,
            "candidates": _candidates(gone, text),
            "moving": merging.preview(gone),
            "form": form,
        },
        status=422 if request.method == "POST" else 200,
    )


def _candidates(gone: Organisation, text: str) -> list[Organisation]:
    """Which organisation somebody may mean: what they search for, else those with a name alike."""
    if text:
        found = directory.suggest(text)
    else:
        found = directory.alike([gone.name], number=directory.SUGGESTIONS)[gone.name]
    return [each for each in found if each.pk != gone.pk]


@administrator
@require_POST
def undo_merge(request: HttpRequest, number: int) -> HttpResponse:
    """Bring back the organisation that went in a merge."""
    merged = get_object_or_404(OrganisationMerge.objects.select_related("kept"), pk=number)
    try:
        back = merging.undo(merged, by=actor_of(request), now=timezone.now())
    except merging.CannotMerge as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:organisations")
    if back is None:
        messages.info(request, _("This merge was undone before."))
        return redirect(merged.kept)
    messages.success(request, _("%(organisation)s is back.") % {"organisation": back})
    return redirect(back)
