"""The page of a session, with the form to register and the call it prepares for."""

from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import anyone, same_for_all, viewer
from accounts.models import User
from events import calendars, groups, live, refusing, registering
from events.announcing import announce, seats_of
from events.forms.registering import GroupForm, RegistrationForm, new_form_token
from events.materials import shown_of, with_speaker_pages
from events.models import ConsentText, Question, Session, agenda_tree
from ical.buttons import Way, ways_to_add
from portal.keeping import is_for_anyone, kept
from portal.preparing import next_deadline
from portal.sharing import shared_session

RECEIPT_COOKIE = f"{settings.COOKIE_PREFIX}receipt"
RECEIPT_SALT = "receipt"
RECEIPT_SECONDS = 3600
# Browsers drop a cookie of more than 4096 characters, name and attributes included.
LARGEST_RECEIPT = 3800


def _reachable_session(slug: str) -> Session:
    questions = Question.objects.filter(session=OuterRef("pk"))
    sessions = Session.objects.reachable().for_pages().annotate(has_questions=Exists(questions))
    return get_object_or_404(sessions, slug=slug)


def _consent_texts(session: Session) -> list[ConsentText]:
    return list(ConsentText.objects.filter(programme_id=session.programme_id, is_asked=True))


def _asked_in(session: Session) -> dict[str, Any]:
    """What the form of a session asks of everybody."""
    return {
        "session": session,
        "consent_texts": _consent_texts(session),
        "questions": _questions(session),
    }


def _questions(session: Session) -> list[Question]:
    """What its organisers ask besides; most sessions ask nothing, and then nothing is looked up."""
    return list(session.questions.all()) if getattr(session, "has_questions", True) else []


def _form_of(slug: str, now: datetime) -> tuple[Session, dict[str, Any]]:
    """A session without what its page shows, and what its form asks; kept while neither changes."""

    def look_up() -> dict[str, Any]:
        return _asked_in(get_object_or_404(Session.objects.reachable(), slug=slug))

    asked = kept(("form", slug), now, look_up)
    # Rows that are looked up later through a session are remembered in it.
    return copy(asked["session"]), asked


@same_for_all
@require_safe
def session_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about a session, and the form while it takes registrations."""
    now = timezone.now()
    session = _reachable_session(slug)
    form = RegistrationForm(
        **_asked_in(session),
        initial={"language": get_language(), "form_token": live.FORM_TOKEN},
    )
    page = _page(session, form, now)
    page["shared"] = shared_session(session, page["contributions"])
    return live.render(request, "portal/session.html", page, [session])


def _page(session: Session, form: RegistrationForm, now: datetime) -> dict[str, Any]:
    items = list(with_speaker_pages(session.agenda_items.in_order()))
    return {
        "session": session,
        "announcement": live.announce(session, now),
        "seats": seats_of(session),
        "free_seats": live.free_mark(session),
        "themes": session.themes.all(),
        "agenda": agenda_tree(items, now),
        "agenda_items": items,
        "contributions": [
            contribution for item in items for contribution in item.contributions.all()
        ],
        "materials": shown_of(session, now),
        "deadline": next_deadline(session, now),
        "contact": session.contact,
        "form": form,
        "calendar_ways": _ways_to_calendars(session),
        "now": now,
    }


def _ways_to_calendars(session: Session) -> list[Way]:
    """How somebody puts the session in a calendar of each sort."""
    entry = calendars.entry(session, [])  # without its agenda: an address would not hold one
    file_address = reverse("events:session-calendar", kwargs={"slug": session.slug})
    return ways_to_add(entry, file_address=file_address)


@anyone
# Registering needs no cookie and no account, so there is no authority another site could borrow.
@csrf_exempt
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Register; what cannot be accepted comes back with what was typed and why."""
    sent = request.POST
    # The complete request is here: this instant decides, however long anything after it takes.
    received_at = timezone.now()
    session, asked = _form_of(slug, received_at)
    if request.method != "POST":
        return redirect(session)
    form = RegistrationForm(sent, **asked)
    if not form.is_valid():
        return _sent_back(request, session, form, received_at)
    try:
        outcome = registering.register(session, form.applicant(), received_at=received_at)
    except refusing.OutsideAudience as refusal:
        form.add_error("email", str(refusal))
        return _sent_back(request, session, form, received_at)
    except refusing.RegistrationRefused as refusal:
        session = _reachable_session(slug)
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
    status = 409 if refusal else 422
    return live.render(request, "portal/session.html", page, [session], status=status)


@anyone
# As registering oneself: no authority that another site could borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def register_colleagues(request: HttpRequest, slug: str) -> HttpResponse:
    """Register colleagues; asking for more rows, or pasting a list, saves nothing yet."""
    sent = request.POST
    # As above: the instant that counts.
    received_at = timezone.now()
    session = _reachable_session(slug)
    questions = _questions(session)
    if request.method != "POST":
        if not announce(session, received_at).state.takes_registrations:
            return redirect(session)
        initial = {"language": get_language(), "form_token": new_form_token()}
        form = GroupForm(initial=initial, questions=questions)
        return _group_page(request, session, form, received_at)
    if "more" in sent or sent.get("pasted", "").strip():
        return _group_page(request, session, GroupForm.to_go_on_with(sent, questions), received_at)
    form = GroupForm.sent(sent, questions)
    if not form.is_valid():
        return _group_page(request, session, form, received_at)
    try:
        applicants = _register_group(session, form, received_at)
    except refusing.SomeRefused as refusal:
        form.refuse(refusal.sentences)
        return _group_page(request, session, form, received_at)
    except refusing.RegistrationRefused as refusal:
        session = _reachable_session(slug)
        return _group_page(request, session, form, received_at, refusal=str(refusal))
    response = redirect(reverse("portal:registered", kwargs={"slug": slug}))
    _hand_over(response, _group_receipt(session, form, applicants))
    return response


def _register_group(
    session: Session, form: GroupForm, received_at: datetime
) -> list[registering.Applicant]:
    applicants = form.applicants()
    groups.register(
        session,
        applicants,
        requested_by=form.requester(),
        is_together=form.cleaned_data["is_together"],
        received_at=received_at,
        form_token=form.cleaned_data["form_token"],
    )
    return applicants


def _group_page(
    request: HttpRequest, session: Session, form: GroupForm, now: datetime, refusal: str = ""
) -> HttpResponse:
    """The form for colleagues with what was typed; where there is no registering, with why not."""
    announcement = announce(session, now)
    if not announcement.state.takes_registrations:
        refusal = refusal or announcement.sentence
    status = 409 if refusal else 422 if form.errors else 200
    page = {
        "session": session,
        "announcement": announcement,
        "form": form,
        "refusal": refusal,
        "contact": session.contact,
    }
    return render(request, "portal/register_colleagues.html", page, status=status)


@dataclass(frozen=True)
class Receipt:
    """What the next page may say to whoever sent the form.

    `place` is None for whoever has a seat. It never tells a stranger whether an address was
    already registered: for those it holds what a newcomer would have been given. For a group it
    says only what was typed: `number` people, and their addresses in `people` where a cookie can
    hold them.
    """

    slug: str
    email: str
    # What is read out: a number, or the mark where one goes.
    place: int | str | None
    number: int = 0
    people: Sequence[str] = ()
    is_together: bool = False


def _group_receipt(
    session: Session, form: GroupForm, applicants: list[registering.Applicant]
) -> Receipt:
    return Receipt(
        slug=session.slug,
        email=form.cleaned_data["email"],
        place=None,
        number=len(applicants),
        people=[applicant.email for applicant in applicants],
        is_together=form.cleaned_data["is_together"],
    )


def _receipt(outcome: registering.Outcome, email: str) -> Receipt:
    registration = outcome.registration
    if outcome.is_own:
        place = registration.place_in_line() if registration.is_waiting else None
    else:
        seats = seats_of(registration.session)
        seats.refresh_from_db()
        place = seats.waiting + 1 if seats.is_full else None
    return Receipt(registration.session.slug, email, place)


def _hand_over(response: HttpResponse, receipt: Receipt) -> None:
    """Give the receipt to this browser only, for an hour."""
    signed = signing.dumps(asdict(receipt), salt=RECEIPT_SALT, compress=True)
    if len(signed) > LARGEST_RECEIPT:
        short = replace(receipt, people=())
        signed = signing.dumps(asdict(short), salt=RECEIPT_SALT, compress=True)
    response.set_cookie(
        RECEIPT_COOKIE,
        signed,
        max_age=RECEIPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _handed_receipt(request: HttpRequest, slug: str) -> Receipt | None:
    try:
        receipt = Receipt(
            **signing.loads(
                request.COOKIES.get(RECEIPT_COOKIE, ""),
                salt=RECEIPT_SALT,
                max_age=RECEIPT_SECONDS,
            )
        )
    except (signing.BadSignature, TypeError):  # one of an earlier version holds other things
        return None
    return receipt if receipt.slug == slug else None


@anyone
@require_safe
def registered(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens next, for whoever has just sent the form.

    Their address and their place in line go into a page that is kept for all who got the same.
    """
    now = timezone.now()
    receipt = _handed_receipt(request, slug)
    if not is_for_anyone(request) or (receipt and receipt.number):
        parts, _ends_at = _next_steps(request, slug, receipt, now)
    else:
        marked = receipt and replace(
            receipt,
            email=live.reader_mark("email"),
            place=receipt.place and live.reader_mark("place"),
        )
        kind = marked and ("waiting" if marked.place else "confirmed")
        address = ("registered", slug, get_language(), kind)
        make = partial(_next_steps, request, slug, marked, now)
        parts, _ends_at = kept(address, now, make, ends_at=itemgetter(1))
    texts = {"email": receipt.email, "place": str(receipt.place)} if receipt else {}
    response = HttpResponse(live.put_together(parts, **texts))
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _next_steps(
    request: HttpRequest, slug: str, receipt: Receipt | None, now: datetime
) -> tuple[list[bytes], datetime | None]:
    """The page in parts, and until when it says the same."""
    session = _reachable_session(slug)
    is_link_released = now >= session.link_released_at
    page = {
        "session": session,
        "receipt": receipt,
        "is_link_released": is_link_released,
        "contact": session.contact,
        "calendar_ways": _ways_to_calendars(session),
    }
    sheet = live.sheet(request, "portal/registered.html", page)
    return sheet.parts({}), None if is_link_released else session.link_released_at


@viewer
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a session as visitors will see it once it is published."""
    now = timezone.now()
    own = Session.objects.viewed_by(cast(User, request.user)).for_pages()
    session = get_object_or_404(own, slug=slug)
    is_draft = session.status == Session.Status.DRAFT
    if is_draft:
        # For this page only; nothing is saved.
        session.status = Session.Status.PUBLISHED
    form = RegistrationForm(**_asked_in(session), initial={"language": get_language()})
    context = _page(session, form, now) | {"is_draft": is_draft}
    return live.render(request, "organise/preview.html", context, [session])
