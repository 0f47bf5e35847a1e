"""Importing attendees from a file: first what would happen, then all of them or nobody."""

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import auditing, underway
from accounts.access import organiser
from accounts.underway import Steps
from events import importing
from events.forms.attendees import ImportForm
from events.importing import Line, UnusableFile
from events.models import Session
from events.refusing import RegistrationRefused
from events.views.organise.frame import managed_session, session_frame

# How long somebody may look at a preview.
PATIENCE_SECONDS = 3600


def _salt(session: Session) -> str:
    return f"events.importing.{session.pk}"


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def read_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a file, and show line by line what would become of it; registers nobody yet."""
    session = managed_session(request, slug)
    context = session_frame(session, timezone.now(), tab="attendees")
    is_sent = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
    lines: list[Line] = []
    if is_sent and form.is_valid():
        try:
            lines = importing.read(
                form.content(), session, shares_address=form.cleaned_data["shares_address"]
            )
        except UnusableFile as refusal:
            form.add_error("file", str(refusal))
    wrong = [line for line in lines if line.problems]
    context |= {"form": form, "lines": lines, "wrong": wrong}
    if lines and not wrong:
        people = [(line.number, line.typed) for line in lines]
        context["people"] = signing.dumps(people, salt=_salt(session), compress=True)
        context["newcomers"] = sum(not line.is_known for line in lines)
        return render(request, "organise/attendees/import_preview.html", context)
    status = 422 if form.errors or wrong else 200
    return render(request, "organise/attendees/import.html", context, status=status)


@organiser
@require_POST
def import_people(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Register the people of a preview: all of them, or nobody, also where it is stopped."""
    session = managed_session(request, slug)
    try:
        people = _people(request, session)
    except signing.BadSignature:
        messages.warning(request, _("Choose the file once more: the preview is too old."))
        return redirect("events:import", slug)
    lines = importing.check(people, session)
    work = _registered_and_told(request, session, lines)
    return underway.answer(request, work, total=len(importing.newcomers(lines)))


def _people(request: HttpRequest, session: Session) -> list[tuple[int, dict[str, str]]]:
    """The people of a preview of ours, not too old; raises `BadSignature`."""
    people: list[tuple[int, dict[str, str]]] = signing.loads(
        request.POST.get("people", ""), salt=_salt(session), max_age=PATIENCE_SECONDS
    )
    return people


def _registered_and_told(
    request: HttpRequest, session: Session, lines: list[Line]
) -> Steps[HttpResponseBase]:
    by, now = auditing.actor_of(request), timezone.now()
    try:
        added = yield from importing.register_all(session, lines, by=by, now=now)
    except RegistrationRefused as refusal:
        sentence = _("Nobody was registered: %(reason)s")
        messages.error(request, sentence % {"reason": refusal})
        return redirect("events:import", session.slug)
    sentence = ngettext(
        "%(number)s person is registered, and is told by e-mail.",
        "%(number)s people are registered, and are told by e-mail.",
        added,
    )
    messages.success(request, sentence % {"number": added})
    return redirect("events:attendees", session.slug)


@organiser
@require_POST
def check_import(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of an import that was stopped, or broke off, while it was under way."""
    session = managed_session(request, slug)
    try:
        is_undone = importing.is_undone(_people(request, session), session)
    except signing.BadSignature:
        return redirect("events:attendees", slug)
    if is_undone:
        messages.warning(request, _("The import did not go through: nobody was registered."))
        return redirect("events:import", slug)
    messages.success(request, _("The import was done already: everybody is registered."))
    return redirect("events:attendees", slug)
