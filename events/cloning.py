"""A new session like one that is there: on another day, or a series of them."""

import calendar
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.auditing import Actor
from accounts.models import Action
from events import agenda, asking, editing, history, seating
from events.announcing import seats_of
from events.models import Contribution, Session
from ical.entries import new_uid
from moments.edges import Closing, Edge
from moments.local import local_instant

MOST_IN_A_SERIES = 24
# Of a session that anybody means to hold.
_YEARS = range(2000, 2100)

_ANEW = (
    "pk", "status", "uid", "sequence", "link_round", "moved_from", "created_at", "changed_at",
    "cancellation_reason",
)  # fmt: skip


def monthly(first: date, number: int) -> list[date]:
    """The same weekday of each month: the second Thursday; a fifth one is the last of its month."""
    rank = (first.day - 1) // 7
    days = []
    for step in range(number):
        year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
        weeks = calendar.Calendar().monthdatescalendar(year, month + 1)
        same = [week[first.weekday()] for week in weeks]
        same = [day for day in same if day.month == month + 1]
        days.append(same[min(rank, len(same) - 1)])
    return days


@transaction.atomic
def clone(session: Session, days: Sequence[date], *, by: Actor, now: datetime) -> list[Session]:
    """Drafts like a session, one for each day: its texts, agenda, questions, rules and
    themes.

    Times stay what the clocks of its zone showed, and the deadline as many days before. Nothing
    personal, no link and no registration comes along. Raises `moments.local.NoSuchMoment`, and
    `moments.edges.NoSuchClosing`, where a time does not exist on its new day.
    """
    fresh = editing.locked(session)
    return [_clone(fresh, day, by, now) for day in days]


def _clone(session: Session, day: date, by: Actor, now: datetime) -> Session:
    zone = session.zone
    shift = day - session.starts_at.astimezone(zone).date()
    fields = {
        field.attname: getattr(session, field.attname)
        for field in session._meta.concrete_fields
        if not field.primary_key
        and not field.name.startswith(_ANEW)
        and field.name not in editing.TEXTS  # their columns per language follow
    }
    opens_at = session.registration_opens_at
    closing = _shifted_closing(session.closing, shift)
    new = Session(
        **fields
        | {
            "slug": editing.free_slug(f"{_stem(session)}-{day:%Y-%m-%d}"),
            "starts_at": shifted(session.starts_at, shift, zone),
            "ends_at": shifted(session.ends_at, shift, zone),
            "registration_opens_at": opens_at and shifted(opens_at, shift, zone),
            "registration_closes_at": closing.closes_at,
            "uid": new_uid(),
        }
    )
    new.save(force_insert=True)
    seating.set_capacity(new, seats_of(session).capacity, now=now)
    new.themes.set(session.themes.all())
    _clone_agenda(session, new, shift)
    asking.clone(session, new)
    history.keep(new, by=by, now=now, action=Action.SESSION_ADDED)
    return new


def _stem(session: Session) -> str:
    """The address without the day that an earlier clone put behind it, short enough for another."""
    stem, parts = session.slug, session.slug.rsplit("-", 3)
    if len(parts) == 4 and [len(part) for part in parts[1:]] == [4, 2, 2]:
        stem = parts[0] if "".join(parts[1:]).isdigit() else stem
    return stem[:55].strip("-")


def shifted(instant: datetime, shift: timedelta, zone: ZoneInfo) -> datetime:
    """The same time on the clocks of the zone, days later; raises `NoSuchMoment`."""
    wall = instant.astimezone(zone)
    return local_instant(wall.date() + shift, wall.time().replace(fold=0), zone)


def _shifted_closing(closing: Closing, shift: timedelta) -> Closing:
    """The closing moment as it was said, days later: "24u00" stays 24u00."""
    date_then, time_then = closing.said_date + shift, closing.said_time
    if not closing.edge.has_hour:
        return Closing.from_local(closing.edge, closing.local_date + shift, None, closing.zone)
    edge = Edge.AT_TIME if time_then is None else closing.edge
    moved = Closing.from_local(edge, date_then, time_then, closing.zone)
    return Closing(closing.edge, moved.closes_at, closing.zone)


def _clone_agenda(session: Session, new: Session, shift: timedelta) -> None:
    for item in session.agenda_items.in_order().with_speakers():
        contributions = list(item.contributions.all())
        item.pk, item.parent_id, item.session, item.sequence = None, None, new, 0
        item._state.adding = True
        item.starts_at = shifted(item.starts_at, shift, new.zone)
        item.ends_at = shifted(item.ends_at, shift, new.zone)
        item.save()
        for contribution in contributions:
            contribution.pk, contribution.agenda_item = None, item
            contribution._state.adding = True
        Contribution.objects.bulk_create(contributions)
    agenda.nest(new)


def refuse_days(days: Sequence[date]) -> str:
    """Why a series cannot be made on these days; empty when it can."""
    if not days:
        return _("Fill in at least one day.")
    if len(days) > MOST_IN_A_SERIES:
        return _("At most %(number)s sessions at a time.") % {"number": MOST_IN_A_SERIES}
    for day in days:
        if day.year not in _YEARS:
            return _("The year %(year)s cannot be right.") % {"year": day.year}
    if len(set(days)) < len(days):
        return _("The same day stands there twice.")
    return ""
