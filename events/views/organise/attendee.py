"""One attendee: everything known, and what an organiser puts right, adds or moves."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import auditing
from accounts.access import organiser
from accounts.models import Action, AuditEntry, User
from events import answering, circulars, organising
from events.forms.attendees import AttendeeForm, MoveForm
from events.messages import TITLES
from events.messages import about as messages_about
from events.models import Needs, Registration, Session
from events.refusing import AlreadyRegistered, RegistrationRefused
from events.registering import CORRECTABLE
from events.views.organise.frame import managed_session, note, session_frame
from mailing import hearing
from mailing.models import Message

# Of somebody's mails and of what happened, no page needs more than the latest.
LATEST = 50
LOOKS = [Action.REGISTRATION_SEEN, Action.NEEDS_SEEN]


def _attendee(session: Session, number: int) -> Registration:
    """Somebody's registration; an anonymous one is nobody's any more (404)."""
    rows = session.registrations.filter(anonymised_at=None)
    return get_object_or_404(rows.select_related("organisation", "group"), pk=number)


@organiser
@require_safe
def attendee(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Everything known about somebody's registration, with their mails and what happened."""
    now = timezone.now()
    session = managed_session(request, slug)
    registration = _attendee(session, number)
    needs = Needs.objects.filter(registration=registration).first()
    # Looks stand in the audit log; here they would hide what changed.
    history = AuditEntry.objects.filter(
        object_type="registration", object_id=registration.pk
    ).exclude(action__in=LOOKS)
    context = session_frame(session, now, tab="attendees") | {
        "registration": registration,
        "place": registration.place_in_line() if registration.is_waiting else None,
        "needs": needs,
        "consents": registration.consents.all(),
        "answers": answering.said_by(registration),
        "colleagues": _colleagues(registration),
        "mails": _mails(registration),
        "suppressed": hearing.suppressed([registration.email]).first(),
        "history": list(history.select_related("user")[:LATEST]),
    }
    for action in LOOKS if needs else LOOKS[:1]:
        note(request, action, session, now=now, registration=registration)
    return render(request, "organise/attendees/attendee.html", context)


def _mails(registration: Registration) -> list[tuple[str, Message]]:
    """The latest mails to somebody, each with what it is; a message to many by its subject."""
    mails = list(messages_about([registration.pk]).order_by("-pk")[:LATEST])
    subjects = circulars.subjects_of(mail.key for mail in mails)
    return [
        (subjects.get(mail.key) or str(TITLES.get(mail.kind, mail.kind)), mail) for mail in mails
    ]


def _colleagues(registration: Registration) -> list[Registration]:
    if registration.group is None:
        return []
    others = registration.group.registrations.filter(anonymised_at=None)
    return list(others.exclude(pk=registration.pk).order_by("pk"))


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put right what somebody filled in."""
    now = timezone.now()
    session = managed_session(request, slug)
    registration = _attendee(session, number)
    initial = {name: getattr(registration, name) for name in CORRECTABLE}
    form = AttendeeForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        questions=list(session.questions.all()),
        given=answering.given_by(registration),
    )
    if request.method == "POST" and form.is_valid():
        try:
            is_changed = organising.correct(
                registration, form.applicant(), by=auditing.actor_of(request), now=now
            )
        except AlreadyRegistered as refusal:
            form.add_error("email", str(refusal))
            form.ask_about_sharing()
        except RegistrationRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("Saved.") if is_changed else _("Nothing was changed."))
            return redirect("events:attendee", slug, number)
    if request.method != "POST":
        note(request, Action.REGISTRATION_SEEN, session, now=now, registration=registration)
    context = session_frame(session, now, tab="attendees")
    context |= {"registration": registration, "form": form}
    status = 422 if form.errors else 200
    return render(request, "organise/attendees/correct.html", context, status=status)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Register somebody for another session of one's own programmes instead."""
    now = timezone.now()
    session = managed_session(request, slug)
    registration = _attendee(session, number)
    managed = Session.objects.managed_by(cast(User, request.user)).coming(now)
    others = managed.filter(status=Session.Status.PUBLISHED).exclude(pk=session.pk)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        sessions=others.select_related("programme"),
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["session"]
        try:
            moved = organising.move_to(registration, chosen, by=auditing.actor_of(request), now=now)
        except RegistrationRefused as refusal:
            form.add_error("session", str(refusal))
        else:
            sentence = _("%(name)s is registered for “%(title)s” now, and is told by e-mail.")
            messages.success(request, sentence % {"name": moved.name, "title": chosen.title})
            return redirect("events:attendee", chosen.slug, moved.pk)
    if request.method != "POST":
        note(request, Action.REGISTRATION_SEEN, session, now=now, registration=registration)
    context = session_frame(session, now, tab="attendees")
    context |= {"registration": registration, "form": form, "has_choice": others.exists()}
    status = 422 if form.errors else 200
    return render(request, "organise/attendees/move.html", context, status=status)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Register somebody, also after the deadline."""
    now = timezone.now()
    session = managed_session(request, slug)
    form = AttendeeForm(
        request.POST if request.method == "POST" else None,
        initial={"language": session.language},
        questions=list(session.questions.all()),
    )
    if request.method == "POST" and form.is_valid():
        try:
            outcome = organising.add(
                session, form.applicant(), by=auditing.actor_of(request), now=now
            )
        except AlreadyRegistered as refusal:
            form.add_error("email", str(refusal))
            form.ask_about_sharing()
        except RegistrationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _tell_what_became_of(request, outcome.registration, is_new=outcome.is_own)
            return redirect("events:attendee", slug, outcome.registration.pk)
    context = session_frame(session, now, tab="attendees") | {"form": form}
    status = 422 if form.errors else 200
    return render(request, "organise/attendees/add.html", context, status=status)


def _tell_what_became_of(request: HttpRequest, registration: Registration, *, is_new: bool) -> None:
    facts = {"name": registration.name}
    if not is_new:
        messages.info(
            request, _("%(name)s was registered already; their mail is sent once more.") % facts
        )
    elif registration.is_waiting:
        sentence = _("%(name)s is on the waiting list, and is told by e-mail.")
        messages.success(request, sentence % facts)
    else:
        messages.success(request, _("%(name)s is registered, and is told by e-mail.") % facts)
