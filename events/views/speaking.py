"""A speaker's own page, by a personal link; and what anybody sees of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import auditing
from accounts.access import anyone, token_holder
from accounts.auditing import Actor
from accounts.documents import Refused, handed_out
from accounts.models import AuditEntry
from accounts.names import is_storable
from events import materials
from events.forms.materials import ProfileForm, SlidesForm
from events.models import Material, Session, SpeakerPage


def _opened(code: str) -> SpeakerPage:
    page = SpeakerPage.objects.by_code(code) if is_storable(code) else None
    if page is None or not page.holds(timezone.now()):
        raise Http404
    return page


def _speaker(request: HttpRequest) -> Actor:
    address = auditing.network_address(request)
    return Actor(AuditEntry.Actor.SPEAKER, network_address=address)


def _own(page: SpeakerPage, public_id: str) -> Material:
    if not is_storable(public_id):
        raise Http404
    own = page.materials.select_related("session__programme").filter(url="")
    return get_object_or_404(own, public_id=public_id)


@token_holder
@require_safe
def speaker_page(request: HttpRequest, code: str) -> HttpResponse:
    """What the speaker said of themselves and handed in."""
    return _show(request, _opened(code))


def _show(
    request: HttpRequest,
    page: SpeakerPage,
    *,
    profile: ProfileForm | None = None,
    slides: SlidesForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": page,
        "session": page.session,
        "contact": page.session.contact,
        "profile": profile or ProfileForm(initial={"text": page.text}, prefix="profile"),
        "slides": slides or SlidesForm(prefix="slides"),
        "materials": list(page.materials.all()),
    }
    status = 422 if profile or slides else 200
    return render(request, "events/speaker_page.html", context, status=status)


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_POST
def describe(request: HttpRequest, code: str) -> HttpResponse:
    """Keep what the speaker says of themselves."""
    page = _opened(code)
    form = ProfileForm(request.POST, request.FILES, prefix="profile")
    if not form.is_valid():
        return _show(request, page, profile=form)
    materials.describe(
        page,
        text=form.cleaned_data["text"],
        photo=form.photo_bytes(),
        by=_speaker(request),
        now=timezone.now(),
    )
    messages.success(request, _("Kept. This is how it stands on the page of the session."))
    return redirect(page)


@token_holder
@csrf_exempt  # as above
@require_POST
def hand_in(request: HttpRequest, code: str) -> HttpResponse:
    """Take slides in."""
    page = _opened(code)
    form = SlidesForm(request.POST, request.FILES, prefix="slides")
    if form.is_valid():
        try:
            materials.add_file(
                page.session,
                form.cleaned_data["file"],
                title=form.cleaned_data["title"],
                page=page,
                by=_speaker(request),
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
    if not form.is_valid():
        return _show(request, page, slides=form)
    messages.success(request, _("Your slides are handed in. The organiser decides when they show."))
    return redirect(page)


@token_holder
@require_safe
def handed_in(request: HttpRequest, code: str, public_id: str) -> HttpResponseBase:
    """A speaker's own file."""
    material = _own(_opened(code), public_id)
    return handed_out(material.file, name=material.name, content_type=material.content_type)


@token_holder
@csrf_exempt  # as above
@require_POST
def take_back(request: HttpRequest, code: str, public_id: str) -> HttpResponse:
    """Delete a file that the speaker handed in."""
    page = _opened(code)
    material = _own(page, public_id)
    materials.remove(material, by=_speaker(request), now=timezone.now())
    messages.success(request, _("“%(title)s” is deleted.") % {"title": material.title})
    return redirect(page)


# For everybody -----------------------------------------------------------------------------------


@anyone
@require_safe
def material(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """A file that the organiser shows, once the session is over."""
    session = get_object_or_404(Session.objects.public(), slug=slug)
    if not is_storable(public_id):
        raise Http404
    shown = materials.shown_of(session, timezone.now())
    row = get_object_or_404(shown, public_id=public_id, url="")
    return handed_out(row.file, name=row.name, content_type=row.content_type)


@anyone
@require_safe
def portrait(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """The photo of a speaker, at an address that changes with it."""
    if not is_storable(digest):
        raise Http404
    pages = SpeakerPage.objects.filter(session__in=Session.objects.public(), session__slug=slug)
    page = get_object_or_404(pages.exclude(photo_digest=""), photo_digest=digest)
    answer = HttpResponse(bytes(page.photo or b""), content_type="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
