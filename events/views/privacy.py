"""What is held for one registration, through the code in its owner's mail: read, take, erase.

Only of this registration: a mail may have been passed on. All that is held on the address is behind
a mail of its own (`portal.views.privacy`).
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import auditing
from accounts.access import token_holder
from accounts.auditing import actor_of
from accounts.copies import Ending, copy_response
from accounts.models import Action
from events import privacy
from events.models import Registration


def _managed(code: str) -> Registration:
    registration = Registration.objects.by_managing_code(code)
    if registration is None:
        raise Http404
    return registration


@token_holder
@require_safe
def held(request: HttpRequest, code: str) -> HttpResponse:
    """What is held for this registration, and what its owner can do about it."""
    registration = _managed(code)
    return render(
        request,
        "events/privacy.html",
        {
            "registration": registration,
            "session": registration.session,
            "held": privacy.held_on(registration),
            "kept_until": privacy.kept_until(registration.session),
        },
    )


@token_holder
@require_safe
def copy(request: HttpRequest, code: str, ending: Ending) -> HttpResponse:
    """The same as a file."""
    now = timezone.now()
    registration = _managed(code)
    if request.method == "GET":
        auditing.record(
            Action.DATA_EXPORTED,
            by=actor_of(request, is_owner=True),
            now=now,
            programme=registration.session.programme,
            about=registration,
            session_id=registration.session_id,
        )
    return copy_response(privacy.held_on(registration), ending, now=now)


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether to erase, and say what goes and what stays; erase on POST only."""
    now = timezone.now()
    registration = _managed(code)
    if request.method == "POST":
        privacy.erase_registration(registration, now=now, by=actor_of(request, is_owner=True))
        return redirect("portal:erased")
    return render(
        request,
        "events/erase.html",
        {
            "registration": registration,
            "session": registration.session,
            "is_over": now >= registration.session.ends_at,
        },
    )
