"""Taking attendance: the list at the door, one person, somebody who did not register, many."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import auditing, underway
from accounts.access import helper, organiser
from accounts.models import Action, AuditEntry
from accounts.names import is_storable
from accounts.scripting import makes_markup
from accounts.underway import Steps
from events import attendance
from events.attendance import Mark, Marked, NotMarked, Show
from events.attendees import LONGEST_TEXT, Listing, Offer, kept_listing
from events.forms.attendance import PresenceForm, WalkInForm
from events.models import Presence, Registration, Session
from events.refusing import RegistrationRefused
from events.retelling import change_of_presence
from events.views.organise.acting import MOST_AT_ONCE, NAMED, chosen_rows, tell
from events.views.organise.attendees import list_address
from events.views.organise.frame import helped_session, managed_session, note, session_frame

PAGE_SIZE = 50
# A request is named by 16 random bytes, as the script at the door writes them.
_KEY = re.compile(r"[0-9a-f]{32}")
# Of whom, from which state, to which state, and how.
_TICK = re.compile(
    r"([0-9]{1,18}):(|present|walk_in|absent|excused)"
    r":(|present|walk_in|absent|excused):(|on_site|online)"
)
_SEEN = re.compile(r"\b([0-9]{1,18}):(present|walk_in|absent|excused|)(?!\S)")


@dataclass(frozen=True)
class Asked:
    """What an address asks of the list at the door; `just` is who was just marked."""

    text: str
    show: Show
    page: str
    just: int | None

    @classmethod
    def read(cls, parameters: QueryDict) -> "Asked":
        """What cannot be meant is left out."""
        text, show = parameters.get("q", ""), parameters.get("show", "")
        just = parameters.get("just", "")
        return cls(
            text=" ".join(text.split())[:LONGEST_TEXT] if is_storable(text) else "",
            show=Show(show) if show in set(Show) else Show.OPEN,
            page=parameters.get("page", "")[:6],
            just=int(just) if re.fullmatch("[0-9]{1,18}", just) else None,
        )

    def address(self, session: Session, *, just: int | None = None) -> str:
        """Where this list stands, with somebody who was just marked on top."""
        parameters = QueryDict(mutable=True)
        if self.text:
            parameters["q"] = self.text
        elif self.show is not Show.OPEN:
            parameters["show"] = self.show
        if self.page not in {"", "1"}:
            parameters["page"] = self.page
        if just:
            parameters["just"] = str(just)
        path = reverse("events:attendance", args=[session.slug])
        return f"{path}?{parameters.urlencode()}" if parameters else path


# The list at the door ----------------------------------------------------------------------------


@helper
@makes_markup
@require_safe
def door(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is expected, with a button for each; the search looks through everybody."""
    now = timezone.now()
    session = helped_session(request, slug)
    return _list(request, session, WalkInForm(session=session), now)


def _list(
    request: HttpRequest, session: Session, form: WalkInForm, now: datetime, refusal: str = ""
) -> HttpResponse:
    asked = Asked.read(request.GET)
    page: Page[int] = Paginator(
        attendance.numbers(session, text=asked.text, show=asked.show), PAGE_SIZE
    ).get_page(asked.page)
    wanted = [*page.object_list, *([asked.just] if asked.just else [])]
    rows = session.registrations.named().live().select_related("presence").in_bulk(wanted)
    just = rows.pop(asked.just, None) if asked.just else None
    people = [rows[number] for number in page.object_list if number in rows]
    if people or just:
        note(request, Action.REGISTRATIONS_SEEN, session, now=now, people=len(people))
    context = session_frame(session, now, tab="attendance") | {
        "asked": asked,
        "page": page,
        "people": people,
        "just": just,
        "form": form,
        "refusal": refusal,
        "shows": list(Show),
        **at_the_door(session, now),
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "organise/attendance/door.html", context, status=status)


def at_the_door(session: Session, now: datetime) -> dict[str, Any]:
    """What rows and counts show, on the page and where the script renews them."""
    return {
        "session": session,
        "counts": attendance.counts(session),
        "how": attendance.hows(session)[0].value,
        "has_choice": len(attendance.hows(session)) > 1,
        "has_begun": attendance.has_begun(session, now),
    }


@helper
@require_POST
def mark(request: HttpRequest, slug: str) -> HttpResponse:
    """Mark one person: by a button of the list, or by the script that kept the tick."""
    now = timezone.now()
    session = helped_session(request, slug)
    tick = _TICK.fullmatch(request.POST.get("mark", ""))
    if tick is None:
        return _answer(request, session, None, now, _("Nothing was changed."), status=422)
    number, seen, state, how = tick.groups()
    rows = session.registrations.named().select_related("session__programme")
    registration = get_object_or_404(rows, pk=int(number))
    usual = attendance.hows(session)[0].value
    wanted = Mark(state, (how or usual) if state in Presence.THERE else "")
    try:
        done = attendance.mark(
            registration,
            wanted,
            seen=seen,
            by=auditing.actor_of(request),
            now=now,
            key=_key(request),
        )
    except NotMarked as refusal:
        return _answer(request, session, registration, now, str(refusal), status=422)
    registration.refresh_from_db()
    sentence = _said(registration)
    if done is Marked.CHANGED:
        sentence = _("Somebody else was first. %(sentence)s") % {"sentence": sentence}
        return _answer(request, session, registration, now, sentence, status=409)
    return _answer(request, session, registration, now, sentence)


@helper
@makes_markup
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Add somebody who came without registering; the form stands on the list at the door."""
    now = timezone.now()
    session = helped_session(request, slug)
    if request.method != "POST":
        return redirect(Asked.read(request.GET).address(session))
    form = WalkInForm(request.POST, session=session)
    refusal = ""
    if form.is_valid():
        try:
            outcome = attendance.walk_in(
                session,
                name=form.cleaned_data["name"],
                email=form.cleaned_data["email"],
                how=form.chosen_how(),
                by=auditing.actor_of(request),
                now=now,
                key=_key(request),
            )
        except (NotMarked, RegistrationRefused) as error:
            refusal = str(error)
        else:
            row = outcome.registration
            return _answer(request, session, row, now, _said(row, is_new=outcome.is_own))
    if _is_script(request):
        said = [refusal] if refusal else [str(e) for each in form.errors.values() for e in each]
        return _answer(request, session, None, now, " ".join(said), status=422)
    return _list(request, session, form, now, refusal)


def _said(registration: Registration, *, is_new: bool = False) -> str:
    """What is said of somebody now, in a sentence."""
    presence = Presence.objects.filter(registration=registration).first()
    facts = {"name": registration.name}
    if presence is None:
        return _("%(name)s: not marked.") % facts
    facts["state"] = presence.get_state_display()
    if is_new:
        return _("%(name)s is added, and gets an e-mail.") % facts
    if presence.how:
        facts["how"] = presence.get_how_display()
        return _("%(name)s: %(state)s, %(how)s.") % facts
    return _("%(name)s: %(state)s.") % facts


def _key(request: HttpRequest) -> str:
    key = request.POST.get("key", "")
    return key if _KEY.fullmatch(key) else ""


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _answer(
    request: HttpRequest,
    session: Session,
    registration: Registration | None,
    now: datetime,
    sentence: str,
    *,
    status: int = 200,
) -> HttpResponse:
    """To the script the row and the counts as they are now; to others the page they came from."""
    if not _is_script(request):
        level = messages.SUCCESS if status == 200 else messages.WARNING
        messages.add_message(request, level, sentence)
        back = QueryDict(request.POST.get("back", ""))
        if registration is not None and "ticket" in back:
            return redirect(registration.get_ticket_url())
        just = registration.pk if registration is not None else None
        return redirect(Asked.read(back).address(session, just=just))
    context = at_the_door(session, now)
    row = session.registrations.named().live().select_related("presence")
    person = row.filter(pk=registration.pk).first() if registration is not None else None
    return JsonResponse(
        {
            "sentence": sentence,
            "row": render_to_string(
                "organise/attendance/person.html", context | {"person": person}, request
            )
            if person
            else "",
            "counts": render_to_string("organise/attendance/counts.html", context, request),
        },
        status=status,
    )


# One person, put right ---------------------------------------------------------------------------


@helper
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Everything that can be said of one person, and what was said of them so far."""
    now = timezone.now()
    session = helped_session(request, slug)
    rows = session.registrations.named().select_related("session__programme", "presence")
    registration = get_object_or_404(rows, pk=number)
    before = attendance.mark_of(registration)
    is_sent = request.method == "POST"
    initial = {"state": before.state or PresenceForm.NOT_MARKED}
    if before.how:
        initial["how"] = before.how
    form = PresenceForm(request.POST if is_sent else None, session=session, initial=initial)
    if is_sent and form.is_valid():
        seen = request.POST.get("seen", "")
        try:
            done = attendance.mark(
                registration, form.mark(), seen=seen, by=auditing.actor_of(request), now=now
            )
        except NotMarked as refusal:
            form.add_error(None, str(refusal))
        else:
            if done is not Marked.CHANGED:
                messages.success(request, _said(registration))
                return redirect(Asked.read(QueryDict()).address(session, just=number))
            registration.refresh_from_db()
            form.add_error(None, _("Somebody else was first. Choose again."))
    if not is_sent:
        note(request, Action.REGISTRATION_SEEN, session, now=now, registration=registration)
    marks = AuditEntry.objects.about(registration).filter(action=Action.REGISTRATION_MARKED)
    context = session_frame(session, now, tab="attendance") | {
        "registration": registration,
        "presence": Presence.objects.filter(registration=registration).first(),
        "seen": attendance.mark_of(registration).state,
        "form": form,
        "history": [(entry, change_of_presence(entry)) for entry in marks.select_related("user")],
    }
    status = 422 if form.errors else 200
    return render(request, "organise/attendance/presence.html", context, status=status)


# Many at once ------------------------------------------------------------------------------------


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def mark_many(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say the same of those who were chosen in the attendee list, or of all that it leaves."""
    now = timezone.now()
    session = managed_session(request, slug)
    if request.method == "POST":
        return _mark_those_named(request, session, now)
    listing = Listing.read(request.GET, Offer.of(session))
    rows = chosen_rows(session, listing, request.GET, now).filter(anonymised_at=None)
    fit = rows.filter(state=Registration.State.CONFIRMED).order_by()
    seen = {
        number: state or ""
        for number, state in fit.values_list("pk", "presence__state")[: MOST_AT_ONCE + 1]
    }
    back = list_address(session, listing.query)
    if not seen:
        messages.warning(request, _("Choose people with a seat in the list first."))
        return redirect(back)
    if len(seen) > MOST_AT_ONCE:
        sentence = _("These are more than %(number)s people. Narrow the list first.")
        messages.error(request, sentence % {"number": MOST_AT_ONCE})
        return redirect(back)
    form = PresenceForm(session=session, initial={"state": request.GET.get("as", "")})
    return _ask_about_many(request, session, seen, listing, form, now)


def _ask_about_many(
    request: HttpRequest,
    session: Session,
    seen: dict[int, str],
    listing: Listing,
    form: PresenceForm,
    now: datetime,
) -> HttpResponse:
    named = list(session.registrations.filter(pk__in=seen).order_by("pk")[:NAMED])
    note(request, Action.REGISTRATIONS_SEEN, session, now=now, people=len(named))
    context = session_frame(session, now, tab="attendees") | {
        "form": form,
        "number": len(seen),
        "named": named,
        "others": len(seen) - len(named),
        "seen": " ".join(f"{number}:{state}" for number, state in seen.items()),
        "listing": listing,
        "back": list_address(session, listing.query),
    }
    status = 422 if form.errors else 200
    return render(request, "organise/attendance/many.html", context, status=status)


def _mark_those_named(request: HttpRequest, session: Session, now: datetime) -> HttpResponseBase:
    listing = kept_listing(request.POST.get("parameters", ""), session)
    found = _SEEN.findall(request.POST.get("seen", ""))[:MOST_AT_ONCE]
    claimed = {int(number): state for number, state in found}
    own = session.registrations.named().filter(pk__in=claimed).order_by("pk")
    seen = {number: claimed[number] for number in own.values_list("pk", flat=True)}
    if not seen:
        messages.warning(request, _("Choose people with a seat in the list first."))
        return redirect(list_address(session, listing.query))
    form = PresenceForm(request.POST, session=session)
    if form.is_valid() and form.mark().is_there and not attendance.has_begun(session, now):
        form.add_error("state", _("Nobody can be present before the day of the session."))
    if not form.is_valid():
        return _ask_about_many(request, session, seen, listing, form, now)
    by = auditing.actor_of(request)

    def work() -> Steps[HttpResponseBase]:
        result = yield from attendance.mark_all(session, seen, form.mark(), by=by, now=now)
        tell(request, result, _words_for)
        return redirect(list_address(session, listing.query))

    return underway.answer(request, work(), total=len(seen))


def _words_for(number: int) -> str:
    return ngettext("%(number)s person is marked.", "%(number)s people are marked.", number)
