"""The pictures that show where a page is shared."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.access import anyone
from events.models import Session
from portal.sharing import Picture, call_picture, session_picture
from procurement.models import Call, Deadline

HOUR, YEAR = 3_600, 31_536_000


@anyone
@require_safe
def session_image(request: HttpRequest, slug: str) -> HttpResponse:
    """That of a session."""
    session = get_object_or_404(Session.objects.public().for_pages(), slug=slug)
    return _answer(request, session_picture(session))


@anyone
@require_safe
def call_image(request: HttpRequest, slug: str) -> HttpResponse:
    """That of a call."""
    calls = Call.objects.public().with_state(timezone.now()).select_related("programme")
    call = get_object_or_404(calls, slug=slug)
    following = call.next_id and Deadline.objects.filter(pk=call.next_id).first()
    return _answer(request, call_picture(call, following or None))


def _answer(request: HttpRequest, picture: Picture) -> HttpResponse:
    """The picture, for as long as its address says which one it is."""
    etag = quote_etag(picture.digest)
    known = get_conditional_response(request, etag=etag)
    response = known or HttpResponse(picture.png, content_type="image/png")
    is_named = request.GET.get("v") == picture.digest
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={YEAR if is_named else HOUR}"
    return response
