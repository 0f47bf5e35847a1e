"""A session out of a calendar file that somebody sent: chosen, looked at, then in the form."""

from typing import cast

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organiser
from accounts.models import Programme, User
from events import taking_over
from events.forms.sessions import AppointmentForm, NewForm
from events.taking_over import Proposal
from ical import appointments
from ical.appointments import UnusableCalendar
from moments.local import BRUSSELS

_SALT = "events.taking_over"
# How long somebody may look at what was read.
PATIENCE_SECONDS = 3600


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def read_appointments(request: HttpRequest) -> HttpResponse:
    """Read a calendar file, and show what would become of each appointment; saves nothing."""
    is_sent = request.method == "POST"
    form = AppointmentForm(request.POST, request.FILES) if is_sent else AppointmentForm()
    found: list[tuple[Proposal, str]] = []
    if is_sent and form.is_valid():
        try:
            read = appointments.read(form.content(), zone=BRUSSELS)
        except UnusableCalendar as refusal:
            form.add_error("file", str(refusal))
        else:
            proposals = map(taking_over.propose, read)
            found = [(each, _signed(each)) for each in proposals]
    status = 422 if form.errors else 200
    context = {"form": form, "found": found}
    return render(request, "organise/sessions/appointments.html", context, status=status)


@organiser
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """The form of a new session, filled in with one of them; saves nothing either."""
    try:
        carried = signing.loads(
            request.POST.get("appointment", ""), salt=_SALT, max_age=PATIENCE_SECONDS
        )
    except signing.BadSignature:
        messages.warning(request, _("Choose the file once more: the preview is too old."))
        return redirect("events:read-appointments")
    user = cast(User, request.user)
    first = Programme.objects.managed_by(user).first()
    usual = NewForm(user=user)
    form = NewForm(user=user, initial={"programme": first, **carried["values"]})
    form.filled = {
        name
        for name, value in carried["values"].items()
        if value != str(usual.get_initial_for_field(usual.fields[name], name) or "")
    }
    context = {"form": form, "notes": carried["notes"], "is_taken_over": True}
    return render(request, "organise/sessions/new.html", context)


def _signed(proposal: Proposal) -> str:
    return signing.dumps(proposal.carried(), salt=_SALT, compress=True)
