"""Papers of the attendee list, to print: the list to sign at the door, and name badges."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import organiser
from accounts.models import Action
from events import printing
from events.attendees import Listing
from events.forms.attendees import PaperForm
from events.views.organise.acting import chosen_rows
from events.views.organise.attendees import list_address
from events.views.organise.frame import managed_session, note, session_frame


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a paper; it names those who have a seat among the rows that the list leaves."""
    now = timezone.now()
    session = managed_session(request, slug)
    listing = Listing.read(request.GET)
    rows = listing.registrations(session, now)
    if request.GET.getlist("chosen") and not request.GET.get("everyone"):
        rows = chosen_rows(session, listing, request.GET, now)
    people = rows.filter(state="confirmed", anonymised_at=None)
    number = people.count()
    form = PaperForm(request.POST if request.method == "POST" else None, number=number)
    if request.method != "POST" or not form.is_valid():
        context = session_frame(session, now, tab="attendees") | {
            "form": form,
            "number": number,
            "others": rows.count() - number,
            "address": request.get_full_path(),
            "back": list_address(session, listing.query),
        }
        status = 422 if form.errors else 200
        return render(request, "organise/attendees/papers.html", context, status=status)
    paper = form.cleaned_data["paper"]
    if paper == PaperForm.BADGES:
        file = printing.badges(session, people)
    else:
        file = printing.sign_in_sheet(session, people, now=now)
    note(request, Action.REGISTRATIONS_EXPORTED, session, now=now, people=number, paper=paper)
    answer = HttpResponse(file, content_type="application/pdf")
    name = f"{session.slug}-{paper}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
