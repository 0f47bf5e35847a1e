"""A mail as its reader gets it, within the workspace.

The page that shows one writes down whose it is, and makes the address of its HTML: a signed one, so
that nobody looks at another person's mail without that page.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import organiser
from events import circulars, showing
from events.models import Circular, Registration, Session
from events.views.organise.frame import managed_session
from mailing.letters import Letter, render
from mailing.views.framing import is_mail

_SALT = "events.views.organise.preview"
# How long a page may lie open.
PATIENCE_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Preview:
    """A mail to show: its subject, its text, and the address of its HTML."""

    subject: str
    language: str
    text: str
    url: str


def preview(session: Session, letter: Letter, what: dict[str, Any]) -> Preview:
    """The preview of a letter whose codes are blotted out; `what` says how it was made."""
    text, _html = render(letter)
    address = reverse("events:mail-html", args=[session.slug])
    signed = signing.dumps(what | {"session": session.pk}, salt=_SALT)
    url = f"{address}?{urlencode({'what': signed})}"
    return Preview(letter.subject, letter.language, text, url)


@organiser
@require_safe
@is_mail
def mail_html(request: HttpRequest, slug: str) -> HttpResponse:
    """The HTML of a preview by itself."""
    session = managed_session(request, slug)
    try:
        what = signing.loads(request.GET.get("what", ""), salt=_SALT, max_age=PATIENCE_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if what["session"] != session.pk:
        raise Http404
    _text, html = render(_letter(session, what))
    return HttpResponse(html)


def _letter(session: Session, what: dict[str, Any]) -> Letter:
    reader = _reader(session, what)
    if "kind" in what:
        return showing.blotted(showing.letter_of_kind(reader, what["kind"], timezone.now()), reader)
    circular = Circular.objects.filter(session=session, pk=what["circular"]).first()
    if circular is None:
        raise Http404
    circular.session = session
    return showing.blotted(circulars.letter_of(circular, reader), reader)


def _reader(session: Session, what: dict[str, Any]) -> Registration:
    if what["reader"] is None:
        return showing.example_reader(session, what["language"])
    found = session.registrations.named().filter(pk=what["reader"]).first()
    if found is None:
        raise Http404
    return showing.in_language(found, session, what["language"])
