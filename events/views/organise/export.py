"""Exporting the attendee list: with a reason, and written down."""

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import organiser
from accounts.models import Action
from events.attendees import Listing, Offer, with_facts
from events.exporting import ROWS_AT_ONCE, as_csv, as_workbook
from events.forms.attendees import ExportForm
from events.views.organise.acting import chosen_rows
from events.views.organise.attendees import list_address
from events.views.organise.frame import managed_session, note, session_frame

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    name = f"{session.slug}-{now.astimezone(session.zone):%Y-%m-%d}"
    if form.cleaned_data["format"] == ExportForm.WORKBOOK:
        return FileResponse(
            as_workbook(columns, found, session.zone),
            as_attachment=True,
            filename=f"{name}.xlsx",
            content_type=_WORKBOOK,
        )
    return StreamingHttpResponse(
        as_csv(columns, found, session.zone),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _acts(*, columns_have_needs: bool) -> list[Action]:
    exported = [Action.REGISTRATIONS_EXPORTED]
    return [*exported, Action.NEEDS_SEEN] if columns_have_needs else exported
