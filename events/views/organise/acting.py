"""Cancelling, placing and mailing again: one attendee, some, or all that the list's filters leave.

Each is a page that asks first, naming how many it is about, and then acts on exactly those.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts import auditing, underway
from accounts.access import organiser
from accounts.models import Action
from accounts.underway import Steps
from events import organising
from events.attendees import Listing, Offer, kept_listing
from events.models import Registration, Session
from events.organising import Result, Seen
from events.views.organise.attendees import list_address
from events.views.organise.frame import managed_session, note, session_frame

# Each takes a transaction; more of them than this keep a browser waiting too long.
MOST_AT_ONCE = 1000
NAMED = 10
_SEEN = re.compile(r"([0-9]{1,18}):(confirmed|waiting)")
_CONFIRMED, _WAITING = Registration.State.CONFIRMED.value, Registration.State.WAITING.value


@dataclass(frozen=True)
class Act:
    """Something done to attendees: its words, whom it can concern, and the rule that does it."""

    heading: Promise
    explanation: Promise
    button: Promise
    unfit: Promise
    states: tuple[str, ...]
    do: Callable[..., Steps[Result]]
    done: Callable[[int], str]
    is_dangerous: bool = False


CANCEL = Act(
    heading=gettext_lazy("Cancel registrations"),
    explanation=gettext_lazy(
        "They are told by e-mail. Seats that become free go to the first in line."
    ),
    button=gettext_lazy("Cancel these registrations"),
    unfit=gettext_lazy("Nobody among them is registered any more."),
    states=(_CONFIRMED, _WAITING),
    do=organising.cancel,
    done=lambda number: ngettext(
        "%(number)s registration is cancelled.", "%(number)s registrations are cancelled.", number
    ),
    is_dangerous=True,
)
PLACE = Act(
    heading=gettext_lazy("Give a seat"),
    explanation=gettext_lazy(
        "They get a seat at once, also when all seats are taken, and are told by e-mail."
    ),
    button=gettext_lazy("Give them a seat"),
    unfit=gettext_lazy("Nobody among them is on the waiting list."),
    states=(_WAITING,),
    do=organising.place,
    done=lambda number: ngettext(
        "%(number)s person has a seat now.", "%(number)s people have a seat now.", number
    ),
)
RESEND = Act(
    heading=gettext_lazy("Send the confirmation again"),
    explanation=gettext_lazy(
        "They get the mail with their links once more. Nobody gets it more than once an hour."
    ),
    button=gettext_lazy("Send the mail again"),
    unfit=gettext_lazy("Nobody among them is registered any more."),
    states=(_CONFIRMED, _WAITING),
    do=organising.send_again,
    done=lambda number: ngettext(
        "The mail goes to %(number)s person again.",
        "The mail goes to %(number)s people again.",
        number,
    ),
)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Cancel the registrations that were chosen."""
    return _ask_or_act(request, slug, CANCEL)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Give those who were chosen a seat from the waiting list."""
    return _ask_or_act(request, slug, PLACE)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send those who were chosen the mail with their links again."""
    return _ask_or_act(request, slug, RESEND)


def chosen_rows(
    session: Session, listing: Listing, parameters: QueryDict, now: datetime
) -> QuerySet[Registration]:
    """The rows that the list's form chose: those ticked, or with `everyone` all that is left."""
    if parameters.get("everyone"):
        return listing.registrations(session, now)
    numbers = [text for text in parameters.getlist("chosen") if re.fullmatch("[0-9]{1,18}", text)]
    return session.registrations.filter(pk__in=numbers[:MOST_AT_ONCE]).order_by("pk")


def _ask_or_act(request: HttpRequest, slug: str, act: Act) -> HttpResponseBase:
    session = managed_session(request, slug)
    if request.method == "POST":
        return _act(request, session, act)
    listing = Listing.read(request.GET, Offer.of(session))
    back = list_address(session, listing.query)
    rows = chosen_rows(session, listing, request.GET, timezone.now())
    rows = rows.filter(anonymised_at=None)
    total = rows.count()
    if not total:
        messages.warning(request, _("Choose people in the list first."))
        return redirect(back)
    fit = rows.filter(state__in=act.states)
    seen = dict(fit.order_by().values_list("pk", "state")[: MOST_AT_ONCE + 1])
    if not seen:
        messages.warning(request, str(act.unfit))
        return redirect(back)
    if len(seen) > MOST_AT_ONCE:
        sentence = _("These are more than %(number)s people. Narrow the list first.")
        messages.error(request, sentence % {"number": MOST_AT_ONCE})
        return redirect(back)
    return _ask(request, session, act, seen, listing, unfit=total - len(seen))


def _ask(
    request: HttpRequest,
    session: Session,
    act: Act,
    seen: Seen,
    listing: Listing,
    *,
    unfit: int = 0,
    is_unsure: bool = False,
) -> HttpResponse:
    now = timezone.now()
    named = list(session.registrations.filter(pk__in=seen).order_by("pk")[:NAMED])
    note(request, Action.REGISTRATIONS_SEEN, session, now=now, people=len(named))
    context = session_frame(session, now, tab="attendees") | {
        "act": act,
        "number": len(seen),
        "named": named,
        "others": len(seen) - len(named),
        "unfit": unfit,
        "seen": " ".join(f"{number}:{state}" for number, state in seen.items()),
        "listing": listing,
        "back": list_address(session, listing.query),
        "is_unsure": is_unsure,
    }
    status = 422 if is_unsure else 200
    return render(request, "organise/attendees/act.html", context, status=status)


def _act(request: HttpRequest, session: Session, act: Act) -> HttpResponseBase:
    now = timezone.now()
    listing = kept_listing(request.POST.get("parameters", ""), session)
    seen = _seen(session, request.POST.get("seen", ""), act)
    if not seen:
        messages.warning(request, _("Choose people in the list first."))
        return redirect(list_address(session, listing.query))
    if act.is_dangerous and not request.POST.get("sure"):
        return _ask(request, session, act, seen, listing, is_unsure=True)
    work = _done_and_told(request, session, act, seen, listing, now)
    return underway.answer(request, work, total=len(seen))


def _done_and_told(
    request: HttpRequest,
    session: Session,
    act: Act,
    seen: Seen,
    listing: Listing,
    now: datetime,
) -> Steps[HttpResponseBase]:
    result = yield from act.do(session, seen, by=auditing.actor_of(request), now=now)
    tell(request, result, act.done)
    if len(seen) == 1:
        return redirect("events:attendee", session.slug, next(iter(seen)))
    return redirect(list_address(session, listing.query))


def tell(request: HttpRequest, result: Result, done: Callable[[int], str]) -> None:
    """Tell with how many it was done, in the words `done` has for them, and who was left alone."""
    if result.done:
        sentence = done(len(result.done))
        messages.success(request, sentence % {"number": len(result.done)})
    if result.skipped:
        sentence = _("Left alone, since they had changed meanwhile: %(names)s.")
        messages.warning(request, sentence % {"names": _names_of(result.skipped)})


def _seen(session: Session, typed: str, act: Act) -> dict[int, str]:
    """Whom the page asked about, and their state on it; only the session's own, named people."""
    seen = {int(number): state for number, state in _SEEN.findall(typed) if state in act.states}
    own = session.registrations.filter(
        pk__in=list(seen)[:MOST_AT_ONCE], anonymised_at=None
    ).order_by("pk")
    return {number: seen[number] for number in own.values_list("pk", flat=True)}


def _names_of(rows: list[Registration]) -> str:
    """The first of them by name, and how many more."""
    named = ", ".join(row.name for row in rows[:NAMED])
    others = len(rows) - NAMED
    if others <= 0:
        return named
    return ngettext(
        "%(names)s and %(number)s other person", "%(names)s and %(number)s other people", others
    ) % {"names": named, "number": others}
