"""What a call offers and asks: its amounts, shares of the cost and documents, one by one."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import undoing
from accounts.access import organiser
from accounts.clashes import is_unchanged
from procurement import changing
from procurement.announcing import amount_fact, amounts_of, share_fact, term_in_words
from procurement.changing import Edit
from procurement.forms.terms import TERMS, TermForm
from procurement.models import Call
from procurement.views.organise.frame import change, managed_call, page, storable, user_of


@organiser
@require_safe
def terms(request: HttpRequest, slug: str) -> HttpResponse:
    """The amounts, shares and documents, as visitors read them."""
    found = managed_call(request, slug)
    return page(
        request,
        "terms",
        found,
        amounts=[(row.pk, amount_fact(row)) for row in amounts_of(found)],
        shares=[(row.pk, share_fact(row)) for row in found.cofinancing.all()],
        documents=found.documents.all(),
    )


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def new_term(request: HttpRequest, slug: str, sort: str) -> HttpResponse:
    """Add one; its sort is the name under which a call has them."""
    found, form_class = managed_call(request, slug), _form(sort)
    instance = form_class._meta.model(call=found)
    if request.method != "POST":
        return _term_page(request, found, sort, form_class(instance=instance))
    form = form_class(request.POST, instance=instance)
    if not form.is_valid():
        return _term_page(request, found, sort, form, status=422)
    return _save(request, found, sort, form, timezone.now())


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def term(request: HttpRequest, slug: str, sort: str, number: int) -> HttpResponse:
    """Change one; what somebody else took away meanwhile can be added anew."""
    found, form_class = managed_call(request, slug), _form(sort)

    def make(sent: QueryDict | None) -> TermForm:
        return form_class(sent, instance=_row(found, sort, number))

    def show(form: TermForm, *, status: int = 200) -> HttpResponse:
        return _term_page(request, found, sort, form, number, status=status)

    def save(form: TermForm, now: datetime) -> HttpResponse:
        return _save(request, found, sort, form, now)

    if request.method != "POST":
        if _row(found, sort, number) is None:
            raise Http404
        return show(make(None))
    with transaction.atomic():
        changing.hold(found)
        if _row(found, sort, number) is None:
            form = form_class(request.POST, instance=form_class._meta.model(call=found))
            return _term_page(request, found, sort, form, status=409, is_gone=True)
        return change(request, found, make=make, show=show, save=save)


@organiser
@require_POST
def remove_term(request: HttpRequest, slug: str, sort: str, number: int) -> HttpResponse:
    """Take one away; harmless when repeated."""
    found, form_class, now = managed_call(request, slug), _form(sort), timezone.now()
    with changing.noting_details(found, Edit(user_of(request), now)):
        row = _row(found, sort, number)
        if row is not None:
            if not is_unchanged(form_class(instance=row), request.POST):
                messages.error(
                    request, _("Somebody else changed this meanwhile. Look at it first.")
                )
                return redirect("procurement:call-term", slug, sort, number)
            gone = _("Taken away: %(what)s.") % {"what": term_in_words(row)}
            address = reverse("procurement:put-back-term", args=[slug, sort])
            packed = undoing.take_away(row, now=now)
            undoing.offer(request, gone, address=address, packed=packed)
    return redirect("procurement:call-terms", slug)


@organiser
@require_POST
def put_term_back(request: HttpRequest, slug: str, sort: str) -> HttpResponse:
    """Put back one that was taken away a moment ago."""
    found, model, now = managed_call(request, slug), _form(sort)._meta.model, timezone.now()

    def put_back(packed: str) -> None:
        with changing.noting_details(found, Edit(user_of(request), now)):
            undoing.put_back(undoing.unpacked(model, packed, now=now, call_id=found.pk))

    undoing.undo(request, put_back)
    return redirect("procurement:call-terms", slug)


def _form(sort: str) -> type[TermForm]:
    form = TERMS.get(sort)
    if form is None:
        raise Http404
    return form


def _row(found: Call, sort: str, number: int) -> models.Model | None:
    rows: Any = getattr(found, sort)
    row: models.Model | None = rows.filter(pk=storable(number)).first()
    return row


def _term_page(
    request: HttpRequest,
    found: Call,
    sort: str,
    form: TermForm,
    number: int | None = None,
    *,
    status: int = 200,
    is_gone: bool = False,
) -> HttpResponse:
    return page(
        request,
        "term",
        found,
        sort=sort,
        form=form,
        number=number,
        is_gone=is_gone,
        status=status,
    )


def _save(
    request: HttpRequest, found: Call, sort: str, form: TermForm, now: datetime
) -> HttpResponse:
    with changing.noting_details(found, Edit(user_of(request), now)):
        row = form.save()
    messages.success(request, _("Saved: %(what)s.") % {"what": term_in_words(row)})
    if "another" in request.POST:
        return redirect("procurement:new-term", found.slug, sort)
    return redirect("procurement:call-terms", found.slug)
