"""What anyone may see: the list of sessions and their calendars."""

from datetime import datetime
from functools import reduce
from operator import or_
from urllib.parse import urljoin

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import anyone
from accounts.models import Theme
from accounts.names import is_storable
from events import calendars, messages
from events.announcing import announce
from events.forms import LinksForm
from events.models import Session, SessionQuerySet
from ical.buttons import webcal_address
from ical.responses import calendar_response

PAGE_SIZE = 20


def _in_any_language(field: str, text: str) -> Q:
    """The text in a field's column of any language: pages show what their own lacks."""
    columns = [Q((f"{field}_{code}__icontains", text)) for code, _label in settings.LANGUAGES]
    return reduce(or_, columns)


def _in_period(request: HttpRequest, now: datetime) -> SessionQuerySet:
    """The public sessions of the period the list is about: the coming ones or the past ones."""
    public, is_past = Session.objects.public(), request.GET.get("period") == "past"
    return public.past(now) if is_past else public.coming(now)


def _chosen(request: HttpRequest, now: datetime) -> SessionQuerySet:
    """The public sessions that the list's search and filters leave."""
    sessions = _in_period(request, now)
    theme, text = request.GET.get("theme", ""), request.GET.get("q", "").strip()
    if not is_storable(theme + text):
        return sessions.none()
    if theme:
        sessions = sessions.filter(themes__code=theme)
    if text:
        sessions = sessions.filter(
            _in_any_language("title", text)
            | _in_any_language("summary", text)
            | _in_any_language("agenda_items__title", text)
            | Q(agenda_items__contributions__speaker__name__icontains=text)
        ).distinct()
    return sessions


@anyone
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The list, of coming sessions or of past ones."""
    now = timezone.now()
    page = Paginator(_chosen(request, now).for_pages(), PAGE_SIZE).get_page(request.GET.get("page"))
    theme = request.GET.get("theme", "")
    is_of_period = Q(sessions__in=_in_period(request, now))
    is_chosen = Q(code=theme) if is_storable(theme) else Q(code="")
    parameters = request.GET.copy()
    parameters.pop("page", None)
    feed = urljoin(settings.SITE_URL, reverse("events:sessions-calendar"))
    feed_address = f"{feed}?{parameters.urlencode()}" if parameters else feed
    return render(
        request,
        "events/sessions.html",
        {
            "page": page,
            "announced": [(session, announce(session, now)) for session in page],
            # The chosen one stays, so that the choice can be undone.
            "themes": Theme.objects.filter(is_of_period | is_chosen).distinct(),
            "theme": theme,
            "text": request.GET.get("q", ""),
            "is_past": request.GET.get("period") == "past",
            "feed_address": feed_address,
            "subscribe_address": webcal_address(feed_address),
            "now": now,
        },
    )


@anyone
@require_safe
def session_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """One session as a calendar file."""
    session = get_object_or_404(Session.objects.public().for_pages(), slug=slug)
    return calendar_response(
        request,
        calendars.session_file(session),
        filename=f"{session.slug}.ics",
        is_public=True,
    )


@anyone
@require_safe
def sessions_calendar(request: HttpRequest) -> HttpResponse:
    """The sessions that the list's filters leave, to subscribe to."""
    chosen = list(_chosen(request, timezone.now()).for_pages())
    return calendar_response(
        request,
        calendars.feed(chosen, name=_("AI4GOV sessions")),
        is_public=True,
    )


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
