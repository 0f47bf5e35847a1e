"""The page of a session, with the form to register and the call it prepares for."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.access import anyone
from events import calendars, registering
from events.announcing import announce, seats_of
from events.forms import RegistrationForm, new_form_token
from events.models import ConsentText, Session, agenda_tree
from ical.buttons import google_address, office_address, outlook_address
from portal.preparing import next_deadline

RECEIPT_COOKIE = "receipt"
RECEIPT_SECONDS = 3600


def _public_session(slug: str) -> Session:
    return get_object_or_404(Session.objects.public().for_pages(), slug=slug)


def _consent_texts(session: Session) -> list[ConsentText]:
    return list(ConsentText.objects.filter(programme_id=session.programme_id, is_asked=True))


@anyone
@require_safe
def session_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about a session, and the form while it takes registrations."""
    now = timezone.now()
    session = _public_session(slug)
    form = RegistrationForm(
        consent_texts=_consent_texts(session),
        initial={"language": get_language(), "form_token": new_form_token()},
    )
    return render(request, "portal/session.html", _page(session, form, now))


def _page(session: Session, form: RegistrationForm, now: datetime) -> dict[str, Any]:
    items = list(session.agenda_items.in_order().with_speakers())
    return {
        "session": session,
        "announcement": announce(session, now),
        "seats": seats_of(session),
        "themes": session.themes.all(),
        "agenda": agenda_tree(items, now),
        "contributions": [
            contribution for item in items for contribution in item.contributions.all()
        ],
        "deadline": next_deadline(session, now),
        "contact": session.contact,
        "form": form,
        "calendar_buttons": _calendar_buttons(session),
        "now": now,
    }


def _calendar_buttons(session: Session) -> list[tuple[str, str]]:
    """Where somebody can put the session in a calendar on the web."""
    entry = calendars.entry(session)
    local = replace(entry, starts_at=session.starts_at.astimezone(session.zone))
    return [
        ("Google", google_address(local)),
        ("Outlook.com", outlook_address(entry)),
        ("Microsoft 365", office_address(entry)),
    ]


@anyone
# Registering needs no cookie and no account, so there is no authority another site could borrow.
@csrf_exempt
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Register; what cannot be accepted comes back with what was typed and why."""
    sent = request.POST
    # The complete request is here: this instant decides, however long anything after it takes.
    received_at = timezone.now()
    session = _public_session(slug)
    if request.method != "POST":
        return redirect(session)
    form = RegistrationForm(sent, consent_texts=_consent_texts(session))
    if not form.is_valid():
        return _sent_back(request, session, form, received_at)
    try:
        outcome = registering.register(session, form.applicant(), received_at=received_at)
    except registering.RegistrationRefused as refusal:
        session = _public_session(slug)
        return _sent_back(request, session, form, received_at, refusal=str(refusal))
    response = redirect(reverse("portal:registered", kwargs={"slug": slug}))
    _hand_over(response, _receipt(outcome, form.cleaned_data["email"]))
    return response


def _sent_back(
    request: HttpRequest, session: Session, form: RegistrationForm, now: datetime, refusal: str = ""
) -> HttpResponse:
    """The page with what was typed: as a form to mend, or, where there is none, with why not."""
    page = _page(session, form, now)
    if not page["announcement"].state.takes_registrations:
        refusal = refusal or page["announcement"].sentence
    page["refusal"] = refusal
    return render(request, "portal/session.html", page, status=409 if refusal else 422)


@dataclass(frozen=True)
class Receipt:
    """What the next page may say to whoever sent the form.

    `place` is None for whoever has a seat. It never tells a stranger whether an address was
    already registered: for those it holds what a newcomer would have been given.
    """

    session: int
    email: str
    place: int | None


def _receipt(outcome: registering.Outcome, email: str) -> Receipt:
    registration = outcome.registration
    if outcome.is_own:
        place = registration.place_in_line() if registration.is_waiting else None
    else:
        seats = seats_of(registration.session)
        seats.refresh_from_db()
        place = seats.waiting + 1 if seats.is_full else None
    return Receipt(registration.session_id, email, place)


def _hand_over(response: HttpResponse, receipt: Receipt) -> None:
    """Give the receipt to this browser only, for an hour."""
    response.set_cookie(
        RECEIPT_COOKIE,
        signing.dumps(asdict(receipt), salt=RECEIPT_COOKIE, compress=True),
        max_age=RECEIPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _handed_receipt(request: HttpRequest, session: Session) -> Receipt | None:
    try:
        receipt = Receipt(
            **signing.loads(
                request.COOKIES.get(RECEIPT_COOKIE, ""),
                salt=RECEIPT_COOKIE,
                max_age=RECEIPT_SECONDS,
            )
        )
    except signing.BadSignature:
        return None
    return receipt if receipt.session == session.pk else None


@anyone
@require_safe
def registered(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens next, for whoever has just sent the form."""
    now = timezone.now()
    session = _public_session(slug)
    response = render(
        request,
        "portal/registered.html",
        {
            "session": session,
            "receipt": _handed_receipt(request, session),
            "is_link_released": now >= session.link_released_at,
            "contact": session.contact,
            "calendar_buttons": _calendar_buttons(session),
        },
    )
    response.headers["Cache-Control"] = "no-store, private"
    return response
