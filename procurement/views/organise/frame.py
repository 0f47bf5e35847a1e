"""What the pages of one call in the workspace share: which call, its frame, saving a form."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.clashes import chosen, clashes, question
from accounts.models import User
from procurement import changing
from procurement.announcing import Announcement, announce
from procurement.models import Call, Deadline


def user_of(request: HttpRequest) -> User:
    """Who is at work."""
    return cast(User, request.user)


def managed_call(request: HttpRequest, slug: str) -> Call:
    """A call of one's own programmes; another one does not exist."""
    own = Call.objects.managed_by(user_of(request)).select_related("programme")
    return get_object_or_404(own, slug=slug)


def storable(number: int) -> int:
    """A number that a row can have; others ask nothing of the database."""
    if number > 2**62:
        raise Http404
    return number


def page(
    request: HttpRequest, name: str, call: Call, *, status: int = 200, **facts: Any
) -> HttpResponse:
    """A page of a call's own, in its frame."""
    now = timezone.now()
    # Read anew: what was typed and refused is on the instance of a form.
    stored = Call.objects.with_state(now).select_related("programme").get(pk=call.pk)
    context = {"call": stored, "announcement": _announced(stored), "now": now, **facts}
    return render(request, f"organise/calls/{name}.html", context, status=status)


def _announced(call: Call) -> Announcement:
    following = None
    if call.next_id is not None:
        following = Deadline.objects.select_related("call").get(pk=call.next_id)
    return announce(call, following)


def change(
    request: HttpRequest,
    call: Call,
    *,
    make: Callable[[QueryDict | None], Any],
    show: Callable[..., HttpResponse],
    save: Callable[[Any, datetime], HttpResponse],
) -> HttpResponse:
    """Save a form that was sent; what somebody else changed meanwhile is asked about first.

    `make` gives the form of what is stored by then, filled in with what it is given; `show` its
    page. All of it holds the call, so that two organisers come one after the other.
    """
    with transaction.atomic():
        changing.hold(call)
        current = make(None)
        sent = chosen(current, request.POST)
        found = clashes(current, sent)
        if found:
            latest = call.changes.select_related("changed_by").latest_first().first()
            asked = question(current, sent, found)
            return page(request, "compare", call, status=409, latest=latest, **asked)
        form = make(sent)
        if not form.is_valid():
            return show(form, status=422)
        if sent.get("step") == "back":
            return show(form)
        return save(form, timezone.now())


def say_told(request: HttpRequest, told: int) -> None:
    """Say to how many followers a mail goes, where it goes to any."""
    if told:
        sentence = ngettext(
            "%(number)d follower is told by mail.", "%(number)d followers are told by mail.", told
        )
        messages.info(request, sentence % {"number": told})
