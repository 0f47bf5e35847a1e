"""Exporting the attendee list: with a reason, and written down."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import underway
from accounts.access import organiser
from accounts.models import Action
from accounts.underway import Steps
from events.attendees import Column, Listing, Offer, with_facts
from events.exporting import ROWS_AT_ONCE, as_csv, as_workbook
from events.forms.attendees import ExportForm
from events.models import Registration, Session
from events.views.organise.acting import chosen_rows
from events.views.organise.attendees import list_address
from events.views.organise.frame import managed_session, note, session_frame

_MAKERS = {
    ExportForm.CSV: (as_csv, "text/csv; charset=utf-8"),
    ExportForm.WORKBOOK: (
        as_workbook,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The rows that were chosen, or all that the filters leave, as a file."""
    now = timezone.now()
    session = managed_session(request, slug)
    listing = Listing.read(request.GET, Offer.of(session))
    rows = listing.registrations(session, now)
    if request.GET.getlist("chosen") and not request.GET.get("everyone"):
        rows = with_facts(chosen_rows(session, listing, request.GET, now), session, now)
    form = ExportForm(
        request.POST if request.method == "POST" else None,
        offer=listing.offer,
        initial={"columns": list(listing.column_names)},
    )
    if request.method != "POST" or not form.is_valid():
        context = session_frame(session, now, tab="attendees") | {
            "form": form,
            "number": rows.count(),
            "listing": listing,
            "address": request.get_full_path(),
            "back": list_address(session, listing.query),
        }
        status = 422 if form.errors else 200
        return render(request, "organise/attendees/export.html", context, status=status)
    columns = form.columns_chosen()
    facts = [
        "organisation",
        "group",
        "presence",
        *(["needs"] if any(one.is_need for one in columns) else []),
    ]
    with transaction.atomic():
        for action in _acts(columns_have_needs="needs" in facts):
            note(
                request,
                action,
                session,
                now=now,
                people=rows.count(),
                reason=form.cleaned_data["reason"],
                columns=[column.name for column in columns],
                format=form.cleaned_data["format"],
            )
    rows = rows.select_related(*facts)
    if any(one.is_answer for one in columns):
        rows = rows.prefetch_related("answers")
    name = f"{session.slug}-{now.astimezone(session.zone):%Y-%m-%d}"
    work = _file(columns, rows, session, name=name, ending=form.cleaned_data["format"])
    return underway.answer(request, work, total=rows.count())


def _file(
    columns: list[Column], rows: QuerySet[Registration], session: Session, *, name: str, ending: str
) -> Steps[HttpResponseBase]:
    make, content_type = _MAKERS[ending]
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    return FileResponse(
        (yield from make(columns, found, session.zone)),
        as_attachment=True,
        filename=f"{name}.{ending}",
        content_type=content_type,
    )


def _acts(*, columns_have_needs: bool) -> list[Action]:
    exported = [Action.REGISTRATIONS_EXPORTED]
    return [*exported, Action.NEEDS_SEEN] if columns_have_needs else exported
