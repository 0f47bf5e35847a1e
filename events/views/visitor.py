"""What anyone may see: the list of sessions and their calendars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import anyone, same_for_all
from events import calendars, live, messages
from events.choosing import Choice, programmes_of, themes_of, values_of
from events.forms.registering import LinksForm
from events.models import Session, SessionQuerySet
from events.months import Month, neighbours, weeks
from ical.buttons import webcal_address
from ical.responses import Made, feed, public_response

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PAGE_SIZE = 20


@dataclass(frozen=True)
class Select:
    """A filter chosen from a list."""

    name: str
    label: str
    options: "Sequence[tuple[str, StrOrPromise]]"
    choice: Choice

    @property
    def value(self) -> str:
        """What is chosen; empty for anything."""
        return self.choice.chosen.get(self.name, "")

    @property
    def is_offered(self) -> bool:
        """Whether there is something to choose, or to undo."""
        return len(self.options) > 1 or bool(self.value)


@same_for_all
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The list, of coming sessions or of past ones."""
    now = timezone.now()
    choice = Choice.of(request.GET)
    listed = choice.listed(now).for_pages()
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    of_page = ("page", "month")
    asked = [(name, value) for name, value in request.GET.items() if value and name not in of_page]
    feed = urljoin(settings.SITE_URL, reverse("events:sessions-calendar"))
    feed_address = f"{feed}?{urlencode(asked)}" if asked else feed
    return live.render(
        request,
        "events/sessions.html",
        {
            "page": page,
            "announced": [(session, live.announce(session, now)) for session in page],
            "choice": choice,
            "this_month": Month.of(now),
            "themes": themes_of(choice, now),
            "selects": _selects(choice, now),
            "feed_address": feed_address,
            "subscribe_address": webcal_address(feed_address),
            "now": now,
        }
        | (_calendar(choice.month, listed, now) if choice.month else {}),
        page,
    )


def _calendar(month: Month, listed: SessionQuerySet, now: datetime) -> dict[str, object]:
    """What the calendar of a month shows beside the list."""
    return {
        "weeks": weeks(month, listed, now),
        "neighbours": neighbours(month, Session.objects.public().span()),
    }


def _selects(choice: Choice, now: datetime) -> list[Select]:
    """The filters that are chosen from a list, with what there is to choose from."""
    programmes = [(programme.slug, str(programme)) for programme in programmes_of(choice, now)]
    there = values_of(choice, now)
    labels = {
        "kind": (_("Format"), Session.Kind.choices),
        "attendance": (_("Taking part"), Session.Attendance.choices),
        "language": (_("Spoken language"), Session.Language.choices),
    }
    return [Select("programme", _("Programme"), programmes, choice)] + [
        Select(name, label, [option for option in options if option[0] in there[name]], choice)
        for name, (label, options) in labels.items()
    ]


@anyone
@require_safe
def session_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """One session as a calendar file."""

    def make() -> Made:
        session = get_object_or_404(Session.objects.public().for_pages(), slug=slug)
        return Made(calendars.session_file(session, has_items=request.GET.get("items") == "1"))

    return public_response(request, make, now=timezone.now(), filename=f"{slug}.ics")


@anyone
@require_safe
def sessions_calendar(request: HttpRequest) -> HttpResponse:
    """The sessions that the list's filters leave, to subscribe to."""
    now = timezone.now()

    def make() -> Made:
        choice = Choice.of(request.GET)
        chosen = choice.subscribed(now).for_pages()
        found = calendars.contents(chosen, has_items=request.GET.get("items") == "1")
        if choice.is_past:  # sessions come in by the clock too, at a moment not looked up here
            found = replace(found, until=now)
        return feed(found, name=_("AI4GOV sessions"))

    return public_response(request, make, now=now)


@anyone
# Asks for nothing but a mail to the address itself; there is no authority to borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def send_links(request: HttpRequest) -> HttpResponse:
    """Send somebody the links to their registrations; the answer is alike for every address."""
    now = timezone.now()
    form = LinksForm(request.POST) if request.method == "POST" else LinksForm()
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent:
        messages.tell_links(form.cleaned_data["email"], now=now)
    status = 422 if form.errors else 200
    return render(request, "events/links.html", {"form": form, "is_sent": is_sent}, status=status)
