"""Messages of organisers to attendees: writing them, trying out, sending, and what came of it."""

from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import auditing, clashes, undoing
from accounts.access import organiser
from accounts.models import Action, User
from events import circulars as sending
from events import showing
from events.attendees import Listing, Offer
from events.circulars import REASONS, CannotSend, Reach
from events.forms.circulars import MOST_CHOSEN, CircularForm, SendForm, group_words
from events.ledger import FATE_NAMES, Fate, Progress
from events.models import Circular, Registration, Session
from events.placeholders import PLACEHOLDERS, unknown
from events.views.organise.acting import chosen_rows
from events.views.organise.frame import managed_session, note, session_frame
from events.views.organise.preview import preview
from events.views.organise.progress import told
from mailing.views.framing import frames_mail

PAGE_SIZE = 100
NAMED = 10
_LANGUAGES = dict(settings.LANGUAGES)


def _circular(session: Session, number: int) -> Circular:
    circular = get_object_or_404(session.circulars, pk=min(number, 2**63 - 1))
    circular.session = session
    return circular


@organiser
@require_safe
def circulars(request: HttpRequest, slug: str) -> HttpResponse:
    """All messages of a session, the latest first, with what became of them."""
    session = managed_session(request, slug)
    found = list(session.circulars.all())
    tallies = sending.tallies(session, found)
    context = session_frame(session, timezone.now(), tab="mail") | {
        "rows": [
            (one, group_words(one.parameters, one.chosen, session), _figures(tallies[one.pk]))
            for one in found
        ]
    }
    return render(request, "organise/circulars/list.html", context)


def _figures(tally: Any) -> list[tuple[Fate, Any, int]]:
    return [(fate, FATE_NAMES[fate], tally[fate]) for fate in Fate if tally[fate]]


# Writing -----------------------------------------------------------------------------------------


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a message, to a group or to who was chosen in the attendee list; a draft at first."""
    now, session = timezone.now(), managed_session(request, slug)
    if request.method != "POST":
        form = CircularForm(session=session, initial=_asked_for(request.GET, session))
        return _show_form(request, session, form)
    form = CircularForm(request.POST, session=session)
    if not form.is_valid():
        return _show_form(request, session, form, status=422)
    circular = form.circular()
    sending.save(circular, by=auditing.actor_of(request), now=now)
    return redirect("events:circular", slug, circular.pk)


def _asked_for(parameters: QueryDict, session: Session) -> dict[str, object]:
    """The group that the attendee list asks for: its filter, or those ticked one by one.

    A filter by which a person was sought is not kept as such, but as the people it finds.
    """
    now, listing = timezone.now(), Listing.read(parameters, Offer.of(session))
    if parameters.getlist("chosen") and not parameters.get("everyone"):
        rows = chosen_rows(session, listing, parameters, now)
    elif listing.seeks_a_person:
        rows = listing.registrations(session, now)
    else:
        is_from_list = listing.is_narrowed or parameters.get("everyone")
        return {"parameters": listing.query} if is_from_list else {}
    named = rows.filter(anonymised_at=None).order_by("pk")
    return {"chosen": list(named.values_list("pk", flat=True)[:MOST_CHOSEN])}


def _show_form(
    request: HttpRequest,
    session: Session,
    form: CircularForm,
    *,
    circular: Circular | None = None,
    status: int = 200,
) -> HttpResponse:
    context = session_frame(session, timezone.now(), tab="mail") | {
        "form": form,
        "circular": circular,
        "placeholders": PLACEHOLDERS,
    }
    return render(request, "organise/circulars/form.html", context, status=status)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a message that nobody has been sent; what two change at once is asked about."""
    session = managed_session(request, slug)
    circular = _circular(session, number)
    with transaction.atomic():
        circular = sending.held(circular)
        if not circular.can_be_edited:
            messages.warning(request, _("This message has left and stays as it is."))
            return redirect("events:circular", slug, number)
        if request.method != "POST":
            form = CircularForm(instance=circular, session=session)
            return _show_form(request, session, form, circular=circular)
        return _change(request, session, circular)


def _change(request: HttpRequest, session: Session, circular: Circular) -> HttpResponse:
    current = CircularForm(instance=circular, session=session)
    sent = clashes.chosen(current, request.POST)
    found = clashes.clashes(current, sent)
    if found:
        context = session_frame(session, timezone.now(), tab="mail") | {
            **clashes.question(current, sent, found),
        }
        return render(request, "organise/circulars/compare.html", context, status=409)
    form = CircularForm(sent, instance=circular, session=session)
    if not form.is_valid() or sent.get("step") == "back":
        status = 422 if form.errors else 200
        return _show_form(request, session, form, circular=circular, status=status)
    sending.save(form.circular(), by=auditing.actor_of(request), now=timezone.now())
    messages.success(request, _("The changes are saved."))
    return redirect("events:circular", session.slug, circular.pk)


@organiser
@require_POST
def copy(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A new draft like this message."""
    circular = _circular(managed_session(request, slug), number)
    made = sending.copy(circular, by=auditing.actor_of(request), now=timezone.now())
    messages.success(request, _("This is a new draft with the same group and texts."))
    return redirect("events:edit-circular", slug, made.pk)


@organiser
@require_POST
def delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Throw a draft away."""
    circular = _circular(managed_session(request, slug), number)
    try:
        packed = sending.delete(circular, now=timezone.now())
    except CannotSend as refusal:
        messages.warning(request, str(refusal))
    else:
        address = reverse("events:put-back-circular", args=[slug])
        undoing.offer(request, _("The draft is thrown away."), address=address, packed=packed)
    return redirect("events:circulars", slug)


@organiser
@require_POST
def put_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put back a draft that was thrown away a moment ago."""
    session = managed_session(request, slug)
    undoing.undo(request, partial(sending.put_back, session, now=timezone.now()))
    return redirect("events:circulars", slug)


# Looking and sending -----------------------------------------------------------------------------


@organiser
@require_safe
@frames_mail
def circular(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One message: as its readers get it, to whom it goes or went, and what can be done."""
    session = managed_session(request, slug)
    found = _circular(session, number)
    return _show(request, found)


def _show(
    request: HttpRequest, circular: Circular, *, form: SendForm | None = None
) -> HttpResponse:
    now, session = timezone.now(), circular.session
    shown: set[int] = set()
    context = session_frame(session, now, tab="mail") | {
        "circular": circular,
        "group": group_words(circular.parameters, circular.chosen, session),
        "written_in": [label for code, label in _LANGUAGES.items() if code in circular.languages],
    }
    people: list[Registration] = []
    if circular.can_be_edited:
        found, context["refusal"] = _reach(circular)
        people = found.people
        context |= _about_the_group(circular, found)
        context["form"] = form or SendForm(number=len(people), zone=session.zone)
        context["unknown"] = unknown(
            *(text for code in _LANGUAGES for text in circular.in_language(code))
        )
        shown |= {row.pk for rows in found.left_out.values() for row in rows[:NAMED]}
    else:
        context |= _about_the_messages(request, circular)
        shown |= context.pop("named")
    context |= _about_the_text(request, circular, people, shown)
    if shown:
        note(request, Action.REGISTRATIONS_SEEN, session, now=now, people=len(shown))
    status = 422 if form is not None and form.errors else 200
    return render(request, "organise/circulars/circular.html", context, status=status)


def _reach(circular: Circular) -> tuple[Reach, str]:
    """Who would get it now; with the reason where nobody can say."""
    try:
        return sending.reach(circular, timezone.now()), ""
    except CannotSend as refusal:
        return Reach(), str(refusal)


def _about_the_group(circular: Circular, found: Reach) -> dict[str, Any]:
    return {
        "number": len(found.people),
        "by_language": [
            (Session.Language(code).label, number, code == read_in, read_in and _name_of(read_in))
            for code, number, read_in in found.by_language(circular)
        ],
        "left_out": [
            (REASONS[reason], rows[:NAMED], max(0, len(rows) - NAMED), len(rows))
            for reason, rows in found.left_out.items()
        ],
        "has_moved": circular.is_planned and circular.planned_sequence != circular.session.sequence,
    }


def _name_of(code: str) -> str:
    return str(Session.Language(code).label)


def _about_the_messages(request: HttpRequest, circular: Circular) -> dict[str, Any]:
    """What became of a circular that left, with the people behind one of the numbers."""
    tally = sending.tallies(circular.session, [circular])[circular.pk]
    word = request.GET.get("fate", "")
    fate = Fate(word) if word in set(Fate) else None
    rows = sending.messages_of(circular).order_by("pk")
    if fate is not None:
        rows = sending.having_fate(rows, fate)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    there = Registration.objects.in_bulk([row.object_id for row in page.object_list])
    behind = [(there.get(row.object_id), row) for row in page.object_list]
    return {
        "figures": _figures(tally),
        "progress": Progress(sum(tally.values()), tally[Fate.WAITING]),
        "fate": fate,
        "fate_name": FATE_NAMES[fate] if fate else "",
        "page": page,
        "behind": behind,
        "named": {row.pk for row, _message in behind if row and not row.is_anonymous},
    }


def _about_the_text(
    request: HttpRequest, circular: Circular, people: list[Registration], shown: set[int]
) -> dict[str, Any]:
    """How it reads for one of its readers in a language; who that is, is one more that is shown."""
    if not circular.languages:
        return {}
    if not people and not circular.can_be_edited:
        first = sending.messages_of(circular).order_by("pk").values("object_id")[:1]
        people = list(Registration.objects.named().filter(pk__in=first))
    language = request.GET.get("language", "")
    if language not in _LANGUAGES:
        language = people[0].language if people else get_language() or settings.LANGUAGE_CODE
    reader = sending.sample(circular, people, language)
    if reader.pk:
        shown.add(reader.pk)
    letter = showing.blotted(sending.letter_of(circular, reader), reader)
    made = preview(
        circular.session,
        letter,
        {"circular": circular.pk, "reader": reader.pk, "language": language},
    )
    return {
        "preview": made,
        "reader": reader if reader.pk else None,
        "language": language,
        "languages": settings.LANGUAGES,
    }


@organiser
@require_POST
@frames_mail
def send(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Send a message at once, or plan it for a moment."""
    now, session = timezone.now(), managed_session(request, slug)
    circular = _circular(session, number)
    people = _reach(circular)[0].people
    form = SendForm(request.POST, number=len(people), zone=session.zone)
    if circular.is_draft and not form.is_valid():
        return _show(request, circular, form=form)
    by = auditing.actor_of(request)
    try:
        if not circular.is_draft or form.moment is None:
            reached = sending.send(circular, by=by, now=now)
            sentence = ngettext(
                "The message goes to %(number)s person.",
                "The message goes to %(number)s people.",
                reached,
            )
            messages.success(request, sentence % {"number": reached})
        else:
            sending.plan_for(circular, form.moment, by=by, now=now)
            messages.success(request, _("The message is planned. Until then you can change it."))
    except CannotSend as refusal:
        messages.warning(request, str(refusal))
    return redirect("events:circular", slug, number)


@organiser
@require_safe
def progress(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How many of its mails have left, for the page that shows it; names nobody."""
    return told(sending.progress(_circular(managed_session(request, slug), number)))


@organiser
@require_POST
def withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take back what has not left."""
    circular = _circular(managed_session(request, slug), number)
    was_planned = circular.is_planned
    taken_back = sending.withdraw(circular, by=auditing.actor_of(request), now=timezone.now())
    if was_planned and not taken_back:
        messages.success(request, _("The message is taken back: it is a draft again."))
    elif taken_back:
        sentence = ngettext(
            "%(number)s mail is taken back.", "%(number)s mails are taken back.", taken_back
        )
        messages.success(request, sentence % {"number": taken_back})
    else:
        messages.warning(request, _("Everything has left already."))
    return redirect("events:circular", slug, number)


@organiser
@require_POST
def try_out(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Send a message to oneself, as one of its readers gets it."""
    circular = _circular(managed_session(request, slug), number)
    user = cast(User, request.user)
    language = request.POST.get("language", "")
    language = language if language in _LANGUAGES else settings.LANGUAGE_CODE
    try:
        sending.try_out(circular, to=user, language=language, now=timezone.now())
    except CannotSend as refusal:
        messages.warning(request, str(refusal))
    else:
        sentence = _("A test is on its way to %(address)s.")
        messages.success(request, sentence % {"address": user.email})
    return redirect("events:circular", slug, number)
