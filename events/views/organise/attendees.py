"""The attendee list of a session, and the views of it that an organiser keeps."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import undoing
from accounts.access import helper, organiser
from accounts.models import Action, User
from events.announcing import seats_of
from events.attendance import has_begun
from events.attendees import NEEDS, Listing, Offer, with_numbers
from events.forms.attendees import SavedViewForm
from events.models import Registration, SavedView, Session
from events.views.organise.frame import (
    helped_session,
    managed_session,
    manages,
    note,
    session_frame,
)

PAGE_SIZE = 50


def list_address(session: Session, query: str = "") -> str:
    """The address of the attendee list, with what it is asked."""
    path = reverse("events:attendees", kwargs={"slug": session.slug})
    return f"{path}?{query}" if query else path


@helper
@require_safe
def attendees(request: HttpRequest, slug: str) -> HttpResponse:
    """The list: who is registered, narrowed, sorted and shown as the address asks.

    Every listing has one address: what a form or a person sends otherwise leads to that one. Who
    only helps reads it, and nothing about needs.
    """
    now = timezone.now()
    session = helped_session(request, slug)
    is_managed = manages(request, session)
    listing = Listing.read(request.GET, Offer.of(session))
    if not is_managed:
        listing = listing.without_needs()
    page = Paginator(listing.numbers(session, now), PAGE_SIZE).get_page(request.GET.get("page"))
    parameters = listing.parameters()
    if page.number > 1:
        parameters["page"] = str(page.number)
    if request.GET.urlencode() != parameters.urlencode():
        return redirect(list_address(session, parameters.urlencode()))
    numbers = list(page.object_list)
    rows = with_numbers(session, numbers, now, with_answers=listing.shows_answers)
    people = sum(not row.is_anonymous for row in rows)
    if people:
        note(request, Action.REGISTRATIONS_SEEN, session, now=now, people=people)
    return render(
        request,
        "organise/attendees/list.html",
        session_frame(session, now, tab="attendees")
        | {
            "listing": listing,
            "page": page,
            "rows": [
                (row, [(column, column.cell(row)) for column in listing.columns]) for row in rows
            ],
            "headings": [
                (column, listing.sorted_by(column), listing.direction(column))
                for column in listing.columns
            ],
            "counts": _counts(session),
            "there": session.registrations.there().count() if has_begun(session, now) else None,
            "seats": seats_of(session),
            "filters": _fields(listing, with_needs=is_managed),
            "column_choices": [
                (column, column.name in listing.column_names)
                for column in listing.offer.columns
                if not column.is_need and (is_managed or column.name != NEEDS)
            ],
            "sort_choices": _orders(listing.offer, with_needs=is_managed),
            "is_managed": is_managed,
            "saved_views": SavedView.objects.of(cast(User, request.user), session.programme),
            "to_keep": listing.to_keep(),
        },
    )


def _counts(session: Session) -> dict[str, int]:
    """How many registrations there are of each state, by its name."""
    counted = session.registrations.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(Registration.State.values, 0) | dict(counted)


def _fields(listing: Listing, *, with_needs: bool) -> list[dict[str, object]]:
    """The filters as the form shows them, with what is on."""
    values = dict(listing.values)
    return [
        {
            "filter": one,
            "values": values.get(one.name, ()),
            "is_inverted": one.name in listing.inverted,
        }
        for one in listing.offer.filters
        if with_needs or one.name != NEEDS
    ]


def _orders(offer: Offer, *, with_needs: bool) -> list[tuple[str, str]]:
    """What the list can be sorted by, both ways."""
    sortable = [
        column
        for column in offer.columns
        if column.order is not None and (with_needs or column.name != NEEDS)
    ]
    return [
        order
        for column in sortable
        for order in (
            (column.name, capfirst(str(column.label))),
            (f"-{column.name}", capfirst(_("%(label)s, last one first") % {"label": column.label})),
        )
    ]


@organiser
@require_POST
def save_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep filters, order and columns under a name; a name that is there gets these instead."""
    session = managed_session(request, slug)
    form = SavedViewForm(request.POST, offer=Offer.of(session))
    if not form.is_valid():
        now = timezone.now()
        context = session_frame(session, now, tab="attendees") | {"form": form}
        return render(request, "organise/attendees/save_view.html", context, status=422)
    SavedView.objects.update_or_create(
        user=cast(User, request.user),
        programme=session.programme,
        name=form.cleaned_data["name"],
        defaults={"parameters": form.cleaned_data["parameters"]},
    )
    messages.success(request, _("Kept. You find this view above the list of each session."))
    return redirect(list_address(session, form.listing().query))


@organiser
@require_POST
def delete_view(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Keep a view no longer."""
    session = managed_session(request, slug)
    own = SavedView.objects.of(cast(User, request.user), session.programme)
    view = get_object_or_404(own, pk=number)
    packed = undoing.take_away(view, now=timezone.now())
    address = reverse("events:put-back-view", args=[slug])
    gone = _("The view “%(name)s” is gone.") % {"name": view.name}
    undoing.offer(request, gone, address=address, packed=packed)
    return redirect(list_address(session))


@organiser
@require_POST
def put_view_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put back one of one's own views that was deleted a moment ago."""
    session = managed_session(request, slug)
    own = {"user_id": cast(User, request.user).pk, "programme_id": session.programme_id}

    def put_back(packed: str) -> None:
        undoing.put_back(undoing.unpacked(SavedView, packed, now=timezone.now(), **own))

    undoing.undo(request, put_back)
    return redirect(list_address(session))
