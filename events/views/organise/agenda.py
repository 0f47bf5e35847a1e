"""The agenda of a session: the timetable to work on, and one item to fill in or delete."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import organiser, viewer
from accounts.auditing import actor_of
from accounts.models import User
from accounts.scripting import makes_markup
from events import agenda as rules
from events import arranging, comparing
from events.comparing import AgendaChanged
from events.forms.agenda import DeleteForm, ItemForm, people_form, suggestions
from events.models import AgendaItem, Session, agenda_tree
from events.timetable import timetable
from events.views.organise.frame import (
    managed_session,
    manages,
    session_frame,
    undo_link,
    viewed_session,
)
from moments import words

_NEW_ITEM = timedelta(minutes=15)


def rows_of(session: Session) -> list[AgendaItem]:
    """The items of a session, in order, with their speakers."""
    return list(session.agenda_items.in_order().with_speakers())


def find(rows: list[AgendaItem], number: int) -> AgendaItem:
    """One of the items; another session's does not exist (404)."""
    for row in rows:
        if row.pk == number:
            return row
    raise Http404


def back_to(session: Session, item: AgendaItem | None = None) -> HttpResponse:
    """To the timetable, where an item stands in it."""
    address = reverse("events:agenda", args=[session.slug])
    return redirect(f"{address}#item-{item.pk}" if item else address)


def say_changed(
    request: HttpRequest, session: Session, changed: AgendaChanged, *, now: datetime, label: str
) -> HttpResponse:
    """Show what somebody else changed, with the request to be made again on how it is now."""
    rows = rows_of(session)
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"seen", "csrfmiddlewaretoken"}
        for value in values
    ]
    context = session_frame(session, now, tab="agenda") | {
        "differences": changed.differences,
        "kept": kept,
        "label": label,
        "seen": comparing.seen(session, rows),
    }
    return render(request, "organise/agenda/changed.html", context, status=409)


@viewer
@makes_markup
@require_safe
def agenda(request: HttpRequest, slug: str) -> HttpResponse:
    """The timetable, to be worked on; for who only looks, as visitors see it."""
    now = timezone.now()
    session = viewed_session(request, slug)
    rows = rows_of(session)
    context = session_frame(session, now, tab="agenda")
    if not manages(request, session):
        context |= {"agenda": agenda_tree(rows, now)}
        return render(request, "organise/agenda/read.html", context)
    context |= {
        "timetable": timetable(session, rows),
        "seen": comparing.seen(session, rows),
        "told": list(messages.get_messages(request)),
        # Shown in the page itself, where they are also seen when only the timetable is renewed.
        "messages": [],
    }
    return render(request, "organise/agenda/agenda.html", context)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Fill in a new item, to come after another one (`after`) or first in a block (`inside`)."""
    now = timezone.now()
    session = managed_session(request, slug)
    rows = rows_of(session)
    item, holder = _new_item(session, rows, request.GET)
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    address = reverse("events:add-agenda-item", args=[slug]) + asked
    return _fill_in(request, session, rows, item, address=address, holder=holder, now=now)


def _new_item(
    session: Session, rows: list[AgendaItem], asked: Any
) -> tuple[AgendaItem, AgendaItem | None]:
    """A quarter of an hour where it was asked for, and the block it comes in."""
    numbers = {row.pk: position for position, row in enumerate(rows)}
    holders = rules.parents(rows)
    holder = None
    after, inside = (_number(asked.get(name)) for name in ("after", "inside"))
    if after in numbers:
        position = numbers[after]
        starts_at = rows[position].ends_at
        block = holders[position]
        holder = None if block is None else rows[block]
    elif inside in numbers:
        holder = rows[numbers[inside]]
        starts_at = holder.starts_at
    else:
        ends = [row.ends_at for row, block in zip(rows, holders, strict=True) if block is None]
        starts_at = max(ends, default=session.starts_at)
    item = AgendaItem(session=session, starts_at=starts_at, ends_at=starts_at + _NEW_ITEM)
    if holder is not None and holder.is_parallel:
        for field in ("track_nl", "track_fr", "track_en"):
            setattr(item, field, getattr(holder, field))
    return item, holder


def _number(text: str | None) -> int | None:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 19
    return int(text or 0) if is_number else None


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change an item."""
    now = timezone.now()
    session = managed_session(request, slug)
    rows = rows_of(session)
    seen = request.POST.get("seen", "")
    if all(row.pk != number for row in rows) and comparing.was_seen(seen, number):
        return _add_again(request, session, rows, now=now)
    row = find(rows, number)
    return _fill_in(request, session, rows, row, address=request.path, holder=None, now=now)


def _add_again(
    request: HttpRequest, session: Session, rows: list[AgendaItem], *, now: datetime
) -> HttpResponse:
    """What somebody filled in for an item that was deleted meanwhile, as a new one."""
    new, _holder = _new_item(session, rows, {})
    address = reverse("events:add-agenda-item", args=[session.slug])
    return _fill_in(request, session, rows, new, address=address, holder=None, now=now)


def _fill_in(
    request: HttpRequest,
    session: Session,
    rows: list[AgendaItem],
    row: AgendaItem,
    *,
    address: str,
    holder: AgendaItem | None,
    now: datetime,
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ItemForm(data, instance=row, session=session)
    with translation.override(session.language):
        people = people_form(data, row)
    differences: list[str] = []
    # Both are asked, so that every error is shown at once.
    if request.method == "POST" and all([form.is_valid(), people.is_valid()]):
        facts: dict[str, Any] = {
            "is_pushing": form.cleaned_data["pushes"],
            "seen": request.POST.get("seen", ""),
            "by": actor_of(request),
            "now": now,
        }
        try:
            if row.pk:
                arranging.change(session, row, people.people(), **facts)
            else:
                block = holder.pk if holder else None
                arranging.add(session, row, people.people(), holder=block, **facts)
        except AgendaChanged as changed:
            differences = changed.differences
            rows = rows_of(session)
        else:
            say_where(request, session, row)
            return back_to(session, row)
    context = session_frame(session, now, tab="agenda") | {
        "form": form,
        "people": people,
        "item": row if row.pk else None,
        "holder": holder,
        "address": address,
        "differences": differences,
        "seen": comparing.seen(session, rows)
        if differences or data is None
        else request.POST.get("seen", ""),
        "suggestions": suggestions(cast(User, request.user)),
    }
    has_errors = bool(form.errors or any(people.errors) or people.non_form_errors())
    status = 409 if differences else 422 if has_errors else 200
    response = render(request, "organise/agenda/item.html", context, status=status)
    if status != HTTPStatus.OK:
        # Within the timetable only the form is renewed.
        for header in ("HX-Retarget", "HX-Reselect"):
            response.headers[header] = "#item-form"
    return response


def say_where(request: HttpRequest, session: Session, row: AgendaItem) -> None:
    """Tell at which time an item is now."""
    times = words.time_range(row.starts_at, row.ends_at, session.zone)
    sentence = _("“%(title)s” is at %(times)s now.")
    messages.success(request, sentence % {"title": row.title, "times": times})


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask once more, then take an item out of the agenda."""
    now = timezone.now()
    session = managed_session(request, slug)
    rows = rows_of(session)
    row = find(rows, number)
    held = rules.parents(rows).count(rows.index(row))
    form = DeleteForm(request.POST if request.method == "POST" else None, is_block=held > 0)
    if request.method == "POST" and form.is_valid():
        try:
            arranging.delete(
                session,
                number,
                with_what_it_holds=form.cleaned_data.get("contents") == "delete",
                closes_gap=form.cleaned_data["closes_gap"],
                seen=request.POST.get("seen", ""),
                by=actor_of(request),
                now=now,
            )
        except AgendaChanged as changed:
            return say_changed(request, session, changed, now=now, label=_("Delete it anyway"))
        deleted = _("“%(title)s” was deleted.") % {"title": row.title}
        messages.success(request, format_html("{} {}", deleted, undo_link(session)))
        return back_to(session)
    context = session_frame(session, now, tab="agenda") | {
        "item": row,
        "form": form,
        "held": held,
        "seen": comparing.seen(session, rows),
    }
    status = 422 if form.errors else 200
    return render(request, "organise/agenda/delete.html", context, status=status)
