"""What the owner of a registration may see and do, through the code in their mail."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import auditing
from accounts.access import token_holder
from accounts.auditing import actor_of, record
from accounts.models import Action
from events import amending, answering, calendars, printing, refusing, registering
from events.announcing import announce
from events.forms.registering import DetailsForm, SubstituteForm
from events.materials import shown_of
from events.models import Needs, Question, Registration
from ical.responses import private_response


def _managed(code: str) -> Registration:
    registration = Registration.objects.by_managing_code(code)
    if registration is None:
        raise Http404
    return registration


@token_holder
@require_safe
def manage(request: HttpRequest, code: str) -> HttpResponse:
    """The owner's registration: what they have, what comes next, what they can do."""
    now = timezone.now()
    registration = _managed(code)
    session = registration.session
    takes_registrations = announce(session, now).state.takes_registrations
    return render(
        request,
        "events/manage.html",
        {
            "registration": registration,
            "session": session,
            "place": registration.place_in_line() if registration.is_waiting else None,
            "is_over": now >= session.ends_at,
            "needs": Needs.objects.filter(registration=registration).first(),
            "consents": list(registration.consents.all()),
            "answers": answering.said_by(registration),
            "can_change_answers": _questions_for(registration, now) != [],
            "can_change": _can_change(registration, now),
            "can_be_passed_on": registration.can_be_passed_on(now),
            "can_register_again": registration.is_cancelled and takes_registrations,
            "is_link_released": now >= session.link_released_at,
            "materials": [] if registration.is_cancelled else shown_of(session, now),
            "has_certificate": printing.has_certificate(registration, now),
            "contact": session.contact,
        },
    )


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether to cancel; cancel on POST only, since mail scanners open every link."""
    now = timezone.now()
    registration = _managed(code)
    is_in_time = request.method == "POST" and now < registration.session.ends_at
    if is_in_time and _cancel(request, registration, now):
        sentence = _("Your registration is cancelled. You get an e-mail about it at %(email)s.")
        messages.success(request, sentence % {"email": registration.email})
    if request.method == "POST" or registration.is_cancelled:
        return redirect(registration)
    return render(
        request,
        "events/cancel.html",
        {"registration": registration, "session": registration.session},
    )


@transaction.atomic
def _cancel(request: HttpRequest, registration: Registration, now: datetime) -> bool:
    """Cancel, and write it down; False if it already was."""
    is_done = registering.cancel(registration, now=now, by=Registration.CancelledBy.OWNER)
    # What a check does by itself every few minutes would bury what people do.
    if is_done and not registration.session.is_check:
        record(
            Action.REGISTRATION_CANCELLED,
            by=actor_of(request, is_owner=True),
            now=now,
            programme=registration.session.programme,
            about=registration,
            session_id=registration.session_id,
        )
    return is_done


@token_holder
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request: HttpRequest, code: str) -> HttpResponse:
    """Ask who comes instead; pass the place on to them on POST."""
    now = timezone.now()
    registration = _managed(code)
    if not registration.can_be_passed_on(now):
        return redirect(registration)
    form = SubstituteForm(
        request.POST or None,
        initial={"language": registration.language},
        questions=list(registration.session.questions.all()),
    )
    if request.method == "POST" and form.is_valid():
        try:
            _pass_on(request, registration, form, now)
        except refusing.RegistrationRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            return redirect(registration)
    return render(
        request,
        "events/substitute.html",
        {"registration": registration, "session": registration.session, "form": form},
        status=422 if request.method == "POST" else 200,
    )


def _pass_on(
    request: HttpRequest, registration: Registration, form: SubstituteForm, now: datetime
) -> None:
    applicant = form.applicant(registration.organisation_name)
    with transaction.atomic():
        if not registering.substitute(registration, applicant, now=now):
            return
        _record(request, registration, Action.REGISTRATION_SUBSTITUTED, now)
    sentence = _("%(name)s comes in your place. We mail both of you.")
    messages.success(request, sentence % {"name": applicant.name})


@token_holder
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, code: str) -> HttpResponse:
    """Change what one filled in, until the session is over."""
    now = timezone.now()
    registration = _managed(code)
    if not _can_change(registration, now):
        return redirect(registration)
    sent = request.POST if request.method == "POST" else None
    questions = _questions_for(registration, now)
    form = DetailsForm(sent, registration=registration, questions=questions)
    if form.is_valid():
        _change(request, registration, form, now)
        return redirect(registration)
    return render(
        request,
        "events/details.html",
        {
            "registration": registration,
            "session": registration.session,
            "form": form,
            "can_be_passed_on": registration.can_be_passed_on(now),
        },
        status=422 if form.errors else 200,
    )


def _can_change(registration: Registration, now: datetime) -> bool:
    return not registration.is_cancelled and now < registration.session.ends_at


def _questions_for(registration: Registration, now: datetime) -> list[Question]:
    """What somebody may still answer: until registration closes, since organisers then count."""
    session = registration.session
    is_open = _can_change(registration, now) and now < session.registration_closes_at
    return list(session.questions.all()) if is_open else []


def _change(
    request: HttpRequest, registration: Registration, form: DetailsForm, now: datetime
) -> None:
    with transaction.atomic():
        changed = amending.change_details(registration, **form.details())
        asks_needs = "needs_consent" in form.fields
        if asks_needs and amending.set_needs(registration, **form.needs(), now=now):
            changed.append("needs")
        if answering.change(registration, form.answering.answers()):
            changed.append("answers")
        if not changed:
            return
        _record(request, registration, Action.REGISTRATION_CHANGED, now, fields=changed)
    messages.success(request, _("Your details are changed."))


@token_holder
@csrf_exempt  # as above
@require_POST
def erase_needs(request: HttpRequest, code: str) -> HttpResponse:
    """Erase what one told about what one needs; also after the session."""
    now = timezone.now()
    registration = _managed(code)
    with transaction.atomic():
        if amending.set_needs(registration, access="", diet="", now=now):
            _record(request, registration, Action.REGISTRATION_CHANGED, now, fields=["needs"])
            messages.success(request, _("What you need is erased."))
    return redirect(registration)


@token_holder
@csrf_exempt  # as above
@require_POST
def withdraw_consents(request: HttpRequest, code: str) -> HttpResponse:
    """Take back what one agreed to; also after the session, as long as it is held."""
    now = timezone.now()
    registration = _managed(code)
    with transaction.atomic():
        if amending.withdraw_consents(registration):
            _record(request, registration, Action.REGISTRATION_CHANGED, now, fields=["consents"])
            messages.success(request, _("Your consent is withdrawn."))
    return redirect(registration)


def _record(
    request: HttpRequest, registration: Registration, action: Action, now: datetime, **facts: Any
) -> None:
    """Write down what the owner did to their own registration."""
    auditing.record(
        action,
        by=auditing.actor_of(request, is_owner=True),
        now=now,
        programme=registration.session.programme,
        about=registration,
        session_id=registration.session_id,
        **facts,
    )


@token_holder
@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """That the owner was there, as a PDF; there is none for whoever was not, nor before the end."""
    now = timezone.now()
    registration = _managed(code)
    if not printing.has_certificate(registration, now):
        raise Http404
    file = printing.certificate(registration, now=now)
    answer = HttpResponse(file, content_type="application/pdf")
    name = f"{registration.session.slug}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@token_holder
@require_safe
def registration_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The owner's calendar entry, with their own address to join."""
    registration = _managed(code)
    if registration.is_waiting:
        raise Http404
    return private_response(
        request,
        calendars.registrant_file(registration),
        now=timezone.now(),
        filename=f"{registration.session.slug}.ics",
    )
