"""The mails of a session: what is owed and became of it, and how each kind of mail reads."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import auditing, clashes
from accounts.access import organiser
from accounts.auditing import actor_of, record
from accounts.models import Action
from events import editing, ledger, showing
from events.forms.paragraphs import ParagraphForm
from events.ledger import FATE_NAMES, Entry, Fate, Line
from events.messages import (
    CANCELLED,
    CHANGED,
    LINK,
    PROMOTED,
    REGISTERED,
    SESSION_CANCELLED,
    TITLES,
    WAITING,
    WITH_PARAGRAPH,
)
from events.models import Session
from events.placeholders import PLACEHOLDERS, unknown
from events.views.organise.frame import managed_session, note, session_frame
from events.views.organise.preview import preview
from events.warning import warnings
from mailing import hearing, standing
from mailing.views.framing import frames_mail

PAGE_SIZE = 100


@organiser
@require_safe
def session_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """The ledger; with a kind and a fate in the address, the people behind that number.

    With the fate alone, those of any kind whose mail did not reach them.
    """
    now = timezone.now()
    session = managed_session(request, slug)
    lines = ledger.lines(session, now)
    heading, entries = _chosen(request, lines)
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    if page.object_list:
        record(
            Action.MESSAGES_SEEN,
            by=actor_of(request),
            now=now,
            programme=session.programme,
            about=session,
            session_id=session.pk,
            people=len({entry.registration.pk for _title, entry in page.object_list}),
        )
    stopped = hearing.suppressed(entry.registration.email for _title, entry in page.object_list)
    context = session_frame(session, now, tab="mail") | {
        "lines": lines,
        "rows": [
            ("", _("owed"), [(each, len(each.entries)) for each in lines]),
            *[
                (fate, name, [(each, len(each.having(fate))) for each in lines])
                for fate, name in FATE_NAMES.items()
            ],
        ],
        "heading": heading,
        "page": page,
        "suppressed": {row.address for row in stopped},
        "warnings": warnings([session], now),
        "mail": standing.look(now),
    }
    return render(request, "organise/sessions/mail.html", context)


def _chosen(request: HttpRequest, lines: list[Line]) -> tuple[str, list[tuple[str, Entry]]]:
    """The number somebody wants to look behind, in words, and who is; nothing for no number.

    Each with the kind of mail, where it is not the same for all.
    """
    kind, word = request.GET.get("kind", ""), request.GET.get("fate", "")
    if not kind and word == Fate.FAILED:
        found = [(capfirst(str(line.title)), entry) for line in lines for entry in line.failing]
        return _("Did not reach them"), found
    for line in lines:
        if line.kind == kind and word in {*Fate, ""}:
            title = capfirst(str(line.title))
            if not word:
                return title, [("", entry) for entry in line.entries]
            fate = Fate(word)
            heading = _("%(label)s: %(value)s") % {"label": title, "value": FATE_NAMES[fate]}
            return heading, [("", entry) for entry in line.having(fate)]
    return "", []


# How each kind of mail reads ---------------------------------------------------------------------

# By the end of an address.
_KINDS = {kind.partition(".")[2].replace("_", "-"): kind for kind in WITH_PARAGRAPH}
_LANGUAGES = dict(settings.LANGUAGES)
# When each leaves, in the order in which an attendee gets them.
_WHEN = {
    REGISTERED: gettext_lazy("At once, to who registers and has a seat."),
    WAITING: gettext_lazy("At once, to who registers and is put on the waiting list."),
    PROMOTED: gettext_lazy("At once, to who gets a seat from the waiting list."),
    LINK: gettext_lazy("When the link is released; at once to who gets a seat later."),
    CHANGED: gettext_lazy("Some minutes after you change time or place, if you have people told."),
    CANCELLED: gettext_lazy("At once, to whose registration is cancelled."),
    SESSION_CANCELLED: gettext_lazy("At once, to everybody, when you cancel the session."),
}


@organiser
@require_safe
def mail_texts(request: HttpRequest, slug: str) -> HttpResponse:
    """The kinds of mail that attendees of a session get, and to which a paragraph was added."""
    session = managed_session(request, slug)
    context = session_frame(session, timezone.now(), tab="mail") | {
        "kinds": [
            (
                end,
                TITLES[kind],
                _WHEN[kind],
                # PostgreSQL keeps no order within JSON: the site's own order is shown.
                [
                    language.label
                    for language in Session.Language
                    if language in session.mail_paragraphs.get(kind, {})
                ],
            )
            for end, kind in _KINDS.items()
            if kind != LINK or session.has_link
        ]
    }
    return render(request, "organise/sessions/mail_texts.html", context)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
@frames_mail
def mail_text(request: HttpRequest, slug: str, end: str) -> HttpResponse:
    """How one kind of mail reads, in each language; with the organisers' own paragraph in it."""
    session = managed_session(request, slug)
    if end not in _KINDS:
        raise Http404
    if request.method != "POST":
        form = ParagraphForm(texts=session.mail_paragraphs.get(_KINDS[end], {}))
        return _show_text(request, session, end, form)
    with transaction.atomic():
        return _change_text(request, session, end)


def _change_text(request: HttpRequest, session: Session, end: str) -> HttpResponse:
    kind = _KINDS[end]
    stored = editing.locked(session).mail_paragraphs.get(kind, {})
    current = ParagraphForm(texts=stored)
    sent = clashes.chosen(current, request.POST)
    if found := clashes.clashes(current, sent):
        context = session_frame(session, timezone.now(), tab="mail")
        context |= clashes.question(current, sent, found)
        return render(request, "organise/circulars/compare.html", context, status=409)
    form = ParagraphForm(sent, texts=stored)
    if not form.is_valid() or sent.get("step") in {"back", "look"}:
        return _show_text(request, session, end, form)
    by = auditing.actor_of(request)
    editing.save_paragraph(session, kind, form.texts(), by=by, now=timezone.now())
    messages.success(request, _("Saved. Mails that leave from now on have it."))
    return redirect("events:mail-text", session.slug, end)


def _show_text(
    request: HttpRequest, session: Session, end: str, form: ParagraphForm
) -> HttpResponse:
    """The mail with what is stored, or with what was typed to look at it first."""
    now, kind = timezone.now(), _KINDS[end]
    is_typed = form.is_bound and form.is_valid()
    if is_typed:
        session.mail_paragraphs = session.mail_paragraphs | {kind: form.texts()}
    language = request.POST.get("language", request.GET.get("language", ""))
    language = language if language in _LANGUAGES else get_language() or settings.LANGUAGE_CODE
    reader = showing.fitting_reader(session, kind, language)
    letter = showing.blotted(showing.letter_of_kind(reader, kind, now), reader)
    if reader.pk:
        note(request, Action.REGISTRATION_SEEN, session, now=now, registration=reader)
    what = {"kind": kind, "reader": reader.pk, "language": language}
    texts = session.mail_paragraphs.get(kind, {})
    context = session_frame(session, now, tab="mail") | {
        "title": TITLES[kind],
        "when": _WHEN[kind],
        "form": form,
        "letter": letter if is_typed else None,
        "preview": preview(session, letter, what),
        "reader": reader if reader.pk else None,
        "language": language,
        "languages": settings.LANGUAGES,
        "missing": [
            Session.Language(code).label for code in _LANGUAGES if texts and not texts.get(code)
        ],
        "unknown": unknown(*texts.values()),
        "placeholders": PLACEHOLDERS,
    }
    status = 422 if form.errors else 200
    return render(request, "organise/sessions/mail_text.html", context, status=status)
