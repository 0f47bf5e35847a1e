"""Figures of a session and over sessions, as pictures and as tables: counts, and nobody's name."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import OrganisationKind
from events import drawing
from events.announcing import seats_of
from events.attendance import has_begun
from events.drawing import Bar
from events.messages import KINDS
from events.models import Presence, Registration, Session, SessionQuerySet
from mailing.models import Message
from moments import words

# Over more sessions a picture tells nobody anything.
MOST_SESSIONS = 24


@dataclass(frozen=True)
class Figure:
    """One picture with its table: `name` stands in addresses, `sentence` says what is counted."""

    name: str
    title: str
    sentence: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    drawn: SafeString | None = None


# Of one session ----------------------------------------------------------------------------------


def of_session(session: Session, now: datetime) -> list[Figure]:
    """The pictures of a session; four queries, however many people there are."""
    return [_over_time(session, now), _funnel(session, now), _by_kind([session])]


def _over_time(session: Session, now: datetime) -> Figure:
    """How many registrations there were at the end of each day, those waiting included."""
    received = _by_day(session, "received_at")
    cancelled = _by_day(session, "cancelled_at")
    live, rows, points = 0, [], []
    for day in sorted(received | cancelled):
        live += received[day] - cancelled[day]
        points.append((day, live))
        rows.append((words.short_date(day), str(received[day]), str(cancelled[day]), str(live)))
    title = _("Registrations over time")
    return Figure(
        "over-time",
        title,
        _("Registrations at the end of each day, the waiting list included."),
        (_("Day"), _("New"), _("Cancelled"), _("Registrations")),
        rows,
        _drawn_over_time(session, title, points, now) if points else None,
    )


def _by_day(session: Session, field: str) -> Counter[date]:
    days = (
        session.registrations.filter(**{f"{field}__isnull": False})
        .order_by()
        .annotate(day=TruncDate(field, tzinfo=session.zone))
        .values_list("day")
        .annotate(Count("pk"))
    )
    return Counter(dict(days))


def _drawn_over_time(
    session: Session, title: str, points: list[tuple[date, int]], now: datetime
) -> SafeString:
    closing = session.closing.last_day
    capacity = seats_of(session).capacity
    today = min(now, session.ends_at).astimezone(session.zone).date()
    first, last = points[0][0], max(today, points[-1][0])
    until = max(closing, last)
    level = None
    if capacity is not None:
        label = ngettext("%(number)s seat", "%(number)s seats", capacity) % {"number": capacity}
        level = drawing.Mark(capacity, label)
    return drawing.line(
        title,
        [(first, 0), *points, (last, points[-1][1])],
        until=until,
        ends=(words.short_date(first), words.short_date(until) if until > first else ""),
        level=level,
        moment=(closing, _("Registration closes")),
    )


def _funnel(session: Session, now: datetime) -> Figure:
    """How many of those who registered beforehand got a mail, had a seat, and were there."""
    mailed = Message.objects.filter(
        kind__in=KINDS, object_id=OuterRef("pk"), state=Message.State.SENT
    )
    beforehand = session.registrations.exclude(presence__state=Presence.State.WALK_IN)
    seated = Q(state=Registration.State.CONFIRMED)
    counted = beforehand.aggregate(
        registered=Count("pk"),
        mailed=Count("pk", filter=Exists(mailed)),
        seated=Count("pk", filter=seated),
        there=Count("pk", filter=seated & Q(presence__state=Presence.State.PRESENT)),
    )
    steps = {
        _("Registered"): counted["registered"],
        _("Got an e-mail about it"): counted["mailed"],
        _("Has a seat"): counted["seated"],
    }
    if has_begun(session, now):
        steps[_("Was there")] = counted["there"]
    total = counted["registered"]
    title = _("From registration to presence")
    return Figure(
        "presence",
        title,
        _("Of everybody who registered beforehand, cancelled registrations included."),
        (_("Step"), _("People"), _("Share")),
        [(step, str(number), _share(number, total)) for step, number in steps.items()],
        drawing.bars(title, [Bar(step, number, str(number)) for step, number in steps.items()])
        if total
        else None,
    )


def _by_kind(sessions: "Iterable[Session] | SessionQuerySet") -> Figure:
    """Those with a seat by the kind of their organisation, the most first."""
    rows = Registration.objects.filter(session__in=sessions).confirmed().order_by()
    found = dict(rows.values_list("organisation__kind").annotate(Count("pk")))
    labels = dict(OrganisationKind.choices)
    total = sum(found.values())
    kinds = [
        (capfirst(str(labels[kind]) if kind else _("not in the directory")), number)
        for kind, number in sorted(found.items(), key=lambda item: (-item[1], item[0] or ""))
    ]
    title = _("By kind of organisation")
    return Figure(
        "kinds",
        title,
        _("Everybody with a seat, by the kind of their organisation in the directory."),
        (_("Kind of organisation"), _("People"), _("Share")),
        [(kind, str(number), _share(number, total)) for kind, number in kinds],
        drawing.bars(title, [Bar(kind, number, str(number)) for kind, number in kinds])
        if total
        else None,
    )


# Over sessions -----------------------------------------------------------------------------------


def over_sessions(sessions: SessionQuerySet, now: datetime) -> list[Figure]:
    """Who did not come, and who comes, over the latest of these sessions that are past."""
    held = list(
        sessions.past(now).filter(status=Session.Status.PUBLISHED)[:MOST_SESSIONS].values_list("pk")
    )
    latest = Session.objects.filter(pk__in=[pk for (pk,) in held])
    return [_no_shows(latest), _by_kind(latest)]


def _no_shows(sessions: "QuerySet[Session, Any]") -> Figure:
    """Of those with a seat beforehand how many were not there; where attendance was taken."""
    seated = Q(registrations__state=Registration.State.CONFIRMED)
    marked = Q(registrations__presence__isnull=False)
    walk_in = Q(registrations__presence__state=Presence.State.WALK_IN)
    there = Q(registrations__presence__state=Presence.State.PRESENT)
    counted = (
        sessions.annotate(
            marked=Count("registrations", filter=seated & marked),
            expected=Count("registrations", filter=seated)
            - Count("registrations", filter=seated & walk_in),
            there=Count("registrations", filter=seated & there),
        )
        .filter(marked__gt=0, expected__gt=0)
        .order_by("starts_at", "pk")
    )
    rows, drawn = [], []
    for session in counted:
        day = words.short_date(session.starts_at.astimezone(session.zone).date())
        away = session.expected - session.there
        share = _share(away, session.expected)
        rows.append(
            (day, session.title, str(session.expected), str(session.there), str(away), share)
        )
        label = _("%(day)s: %(title)s") % {"day": day, "title": session.title}
        drawn.append(Bar(label, 100 * away / session.expected, share))
    title = _("Who did not come")
    return Figure(
        "no-shows",
        title,
        _(
            "Of those with a seat beforehand, the share that was not there. Of at most the latest"
            " %(number)s sessions, and only where attendance was taken."
        )
        % {"number": MOST_SESSIONS},
        (
            _("Day"), _("Session"), _("Expected"), pgettext("people", "Present"), _("Not there"),
            _("Share"),
        ),
        rows,
        drawing.bars(title, drawn, most=100) if drawn else None,
    )  # fmt: skip


def _share(number: int, total: int) -> str:
    """A share in whole per cent, as each language writes it."""
    return _("%(number)s per cent") % {"number": round(100 * number / total)} if total else ""
