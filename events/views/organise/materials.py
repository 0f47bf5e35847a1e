"""What a session leaves behind, and the pages of its speakers, for organisers."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import undoing
from accounts.access import organiser
from accounts.auditing import actor_of
from accounts.documents import Refused, handed_out
from accounts.names import is_storable
from events import afterwards, inviting, materials
from events.forms.materials import AfterwardsForm, LinkForm, SlidesForm, SpeakerMailForm
from events.messages import absolute
from events.models import Material, Session, Speaker, SpeakerPage
from events.views.organise.frame import managed_session, session_frame
from events.views.organise.progress import told


@organiser
@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The speakers with their pages, and the materials with what attendees see of them."""
    return _show(request, managed_session(request, slug))


def _show(
    request: HttpRequest,
    session: Session,
    *,
    mail: tuple[int, SpeakerMailForm] | None = None,
    slides: SlidesForm | None = None,
    link: LinkForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    pages = {
        page.speaker_id: page
        for page in session.speaker_pages.without_photo().select_related("session")
    }
    speakers = _speakers(session)
    context: dict[str, Any] = {
        "speakers": [
            {
                "speaker": speaker,
                "page": (page := pages.get(speaker.pk)),
                "address": absolute(page.get_absolute_url()) if page and page.holds(now) else "",
                "form": mail[1]
                if mail and mail[0] == speaker.pk
                else SpeakerMailForm(prefix=f"speaker-{speaker.pk}"),
            }
            for speaker in speakers
        ],
        "materials": session.materials.select_related("page__speaker").defer("page__photo"),
        "slides": slides or SlidesForm(prefix="slides"),
        "link": link or LinkForm(prefix="link"),
        "is_over": now >= session.ends_at,
        "can_tell": afterwards.can_tell(session, now),
        "progress": afterwards.progress(session),
    }
    frame = session_frame(session, now, tab="materials")
    status = 422 if mail or slides or link else 200
    return render(request, "organise/sessions/materials.html", context | frame, status=status)


def _speakers(session: Session) -> list[Speaker]:
    """Who speaks, in the order of the agenda; those with a page who no longer do come last."""
    items = session.agenda_items.in_order().with_speakers()
    speaking = [part.speaker for item in items for part in item.contributions.all()]
    pages = session.speaker_pages.without_photo().select_related("speaker")
    return list(dict.fromkeys([*speaking, *(page.speaker for page in pages)]))


def _one_of(session: Session, number: int) -> Speaker:
    found = next((speaker for speaker in _speakers(session) if speaker.pk == number), None)
    if found is None:
        raise Http404
    return found


def _page_of(session: Session, number: int) -> SpeakerPage:
    pages = session.speaker_pages.without_photo().select_related("session__programme", "speaker")
    # Among the few there are: the number may be one that no database holds.
    found = next((page for page in pages if page.speaker_id == number), None)
    if found is None:
        raise Http404
    return found


def _material(session: Session, public_id: str) -> Material:
    if not is_storable(public_id):
        raise Http404
    rows = session.materials.select_related("session__programme")
    return get_object_or_404(rows, public_id=public_id)


# Speakers ----------------------------------------------------------------------------------------


@organiser
@require_POST
def make_link(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Give a speaker a link, to be copied."""
    session = managed_session(request, slug)
    speaker = _one_of(session, number)
    materials.open_page(session, speaker, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The link stands below; give it to the speaker and nobody else."))
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def mail_link(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Mail a speaker their link."""
    session = managed_session(request, slug)
    speaker = _one_of(session, number)
    form = SpeakerMailForm(request.POST, prefix=f"speaker-{number}")
    if not form.is_valid():
        return _show(request, session, mail=(number, form))
    email = form.cleaned_data["email"]
    inviting.invite(session, speaker, email, by=actor_of(request), now=timezone.now())
    sentence = _("The link goes to %(name)s at %(email)s.")
    messages.success(request, sentence % {"name": speaker.name, "email": email})
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def close_link(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a speaker's link back."""
    session = managed_session(request, slug)
    page = _page_of(session, number)
    materials.close_page(page, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The link opens nothing any more. What was handed in stays."))
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def clear(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take the text and the photo of a speaker off the page of the session."""
    session = managed_session(request, slug)
    page = _page_of(session, number)
    materials.describe(page, text="", photo=b"", by=actor_of(request), now=timezone.now())
    messages.success(request, _("Text and photo are gone from the page of the session."))
    return redirect("events:materials", session.slug)


# Materials ---------------------------------------------------------------------------------------


@organiser
@require_POST
def add_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Add slides oneself."""
    session = managed_session(request, slug)
    form = SlidesForm(request.POST, request.FILES, prefix="slides")
    if form.is_valid():
        title, sent = form.cleaned_data["title"], form.cleaned_data["file"]
        try:
            materials.add_file(session, sent, title=title, by=actor_of(request), now=timezone.now())
        except Refused as refusal:
            form.add_error("file", str(refusal))
    if not form.is_valid():
        return _show(request, session, slides=form)
    return _added(request, session)


@organiser
@require_POST
def add_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a recording, a report or a form that stands somewhere else."""
    session = managed_session(request, slug)
    form = LinkForm(request.POST, prefix="link")
    if form.is_valid():
        try:
            materials.add_link(
                session, **form.cleaned_data, by=actor_of(request), now=timezone.now()
            )
        except Refused as refusal:
            form.add_error("url", str(refusal))
    if not form.is_valid():
        return _show(request, session, link=form)
    return _added(request, session)


def _added(request: HttpRequest, session: Session) -> HttpResponse:
    messages.success(request, _("Added. Attendees do not see it until you show it."))
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def show(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Show something to attendees once the session is over."""
    return _set_shown(request, slug, public_id, is_shown=True)


@organiser
@require_POST
def hide(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Show something no longer."""
    return _set_shown(request, slug, public_id, is_shown=False)


def _set_shown(request: HttpRequest, slug: str, public_id: str, *, is_shown: bool) -> HttpResponse:
    session = managed_session(request, slug)
    row = _material(session, public_id)
    now = timezone.now()
    materials.set_shown(row, is_shown=is_shown, by=actor_of(request), now=now)
    if not is_shown:
        sentence = _("“%(title)s” is hidden.")
    elif now >= session.ends_at:
        sentence = _("“%(title)s” is shown from now on.")
    else:
        sentence = _("“%(title)s” is shown once the session is over.")
    messages.success(request, sentence % {"title": row.title})
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def delete(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Delete material, with its file."""
    session = managed_session(request, slug)
    row = _material(session, public_id)
    packed = materials.remove(row, by=actor_of(request), now=timezone.now())
    address = reverse("events:put-back-material", args=[slug])
    deleted = _("“%(title)s” is deleted.") % {"title": row.title}
    undoing.offer(request, deleted, address=address, packed=packed)
    return redirect("events:materials", session.slug)


@organiser
@require_POST
def put_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Put back a link that was deleted a moment ago."""
    session = managed_session(request, slug)
    rule = partial(materials.put_back, session, by=actor_of(request), now=timezone.now())
    undoing.undo(request, rule)
    return redirect("events:materials", session.slug)


@organiser
@require_safe
def download(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """A file, shown or not."""
    row = _material(managed_session(request, slug), public_id)
    if row.url:
        raise Http404
    return handed_out(row.file, name=row.name, content_type=row.content_type)


# Telling attendees -------------------------------------------------------------------------------


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the mail after the session, and to how many; send it on POST."""
    session = managed_session(request, slug)
    now = timezone.now()
    if not afterwards.can_tell(session, now):
        messages.warning(request, _("First show something, once the session is over."))
        return redirect("events:materials", session.slug)
    form = AfterwardsForm(request.POST if request.method == "POST" else None, session=session)
    if request.method == "POST" and form.is_valid():
        by = actor_of(request)
        number = afterwards.tell(session, only_present=form.only_present(), by=by, now=now)
        sentence = ngettext(
            "The mail goes to %(number)s person.", "The mail goes to %(number)s people.", number
        )
        messages.success(request, sentence % {"number": number})
        return redirect("events:materials", session.slug)
    context = {"form": form, "letter": afterwards.example(session, only_present=False, now=now)}
    frame = session_frame(session, now, tab="materials")
    status = 422 if form.errors else 200
    return render(request, "organise/sessions/afterwards.html", context | frame, status=status)


@organiser
@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """How many of the mails after the session have left; names nobody."""
    return told(afterwards.progress(managed_session(request, slug)))


@organiser
@require_POST
def take_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Take back the mails after the session that have not left."""
    session = managed_session(request, slug)
    taken_back = afterwards.take_back(session, by=actor_of(request), now=timezone.now())
    if taken_back:
        sentence = ngettext(
            "%(number)s mail is taken back.", "%(number)s mails are taken back.", taken_back
        )
        messages.success(request, sentence % {"number": taken_back})
    else:
        messages.warning(request, _("Everything has left already."))
    return redirect("events:materials", session.slug)
