"""Deadlines as calendar entries, for everybody."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urljoin

from django.conf import settings
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ical.entries import Entry, Person, Status, calendar
from ical.responses import Contents
from mailing.letters import CalendarPart
from moments.words import clock, weekday_date
from procurement.models import Change, Deadline

# A deadline with an hour is shown as the half hour that ends there.
HALF_HOUR = timedelta(minutes=30)


class Shape(StrEnum):
    """How a deadline stands in a calendar."""

    AS_SAID = ""
    """A day where it ends with the day, else the half hour before it."""
    DAY = "day"
    """The whole day, at the top of the calendar; its hour in the title."""
    HOUR = "hour"
    """The half hour before it, between the other appointments; 24u00 from 23u30 on."""


def shape_of(parameters: QueryDict) -> Shape:
    """The shape that an address asks for; as it was said where it asks for none there is."""
    asked = parameters.get("times", "")
    return Shape(asked) if asked in set(Shape) else Shape.AS_SAID


def contents(
    deadlines: Iterable[Deadline], *, shape: Shape = Shape.AS_SAID, has_all: bool = False
) -> Contents:
    """What a feed of deadlines holds; they come from `in_feeds` and `with_changes`.

    With `has_all` from `still_told` instead: only the cancelled ones leave.
    """
    found = list(deadlines)
    leaving = [
        deadline.leaves_feeds_at for deadline in found if deadline.is_cancelled or not has_all
    ]
    return Contents(
        [entry(deadline, shape=shape) for deadline in found], until=min(leaving, default=None)
    )


def published(deadlines: Iterable[Deadline], *, now: datetime) -> CalendarPart | None:
    """Deadlines as a file to go with a mail that tells of them; None without any."""
    entries = [entry(deadline, stamp=now) for deadline in deadlines]
    if not entries:
        return None
    content = calendar(entries, method="PUBLISH", is_rich=True)
    return CalendarPart(content, "PUBLISH", filename="indiendata.ics")


def entry(
    deadline: Deadline, *, shape: Shape = Shape.AS_SAID, stamp: datetime | None = None
) -> Entry:
    """A deadline for everybody, in the active language.

    On the day on which it closes, 24u00 included. It takes nobody's time. `stamp` is the moment of
    sending in a mail, and else the last change (RFC 5546 section 2.1.5).
    """
    closing = deadline.closing
    changed_at = max(deadline.changed_at, deadline.call.changed_at)
    is_day = closing.ends_day if shape is Shape.AS_SAID else shape is Shape.DAY
    starts_at: datetime = closing.closes_at - HALF_HOUR
    return Entry(
        uid=deadline.uid,
        sequence=deadline.sequence + deadline.calendar_steps,
        modified_at=changed_at,
        stamp=stamp or changed_at,
        starts_at=closing.last_day if is_day else starts_at,
        ends_at=closing.last_day if is_day else closing.closes_at,
        summary=_summary(deadline, has_hour=is_day and closing.edge.has_hour),
        description=_description(deadline),
        url=urljoin(settings.SITE_URL, deadline.call.get_absolute_url()),
        status=_status(deadline),
        categories=(deadline.call.programme.name,),
        organiser=Person(settings.DEFAULT_FROM_EMAIL, deadline.call.programme.name),
        is_busy=False,
        language=get_language() or "",
    )


def _summary(deadline: Deadline, *, has_hour: bool) -> str:
    """What it is the deadline of, with the hour where the calendar does not show it."""
    facts = {
        "label": deadline.step,
        "time": clock(deadline.closing.said_time),
        "value": deadline.call.title,
    }
    return (_("%(label)s %(time)s: %(value)s") if has_hour else _("%(label)s: %(value)s")) % facts


def _status(deadline: Deadline) -> Status:
    if deadline.is_cancelled:
        return "CANCELLED"
    is_sure = deadline.is_confirmed and not deadline.call.is_suspended
    return "CONFIRMED" if is_sure else "TENTATIVE"


def _description(deadline: Deadline) -> str:
    """What changed first, then the moment, then where one reads more."""
    closing, call = deadline.closing, deadline.call
    last = latest_move(deadline)
    ask_by = deadline.latest_day_to_ask
    name, email = call.contact
    page = urljoin(settings.SITE_URL, call.get_absolute_url())
    about_the_date = [
        _("This deadline has been cancelled.") if deadline.is_cancelled else "",
        _("The call has been suspended.") if call.is_suspended else "",
        capfirst(last.date_sentence()) if last is not None else "",
        capfirst(closing.wording()),
        _("Open %(reading)s") % {"reading": closing.reading()},
        "" if deadline.is_confirmed else _("This date is still to be confirmed."),
        _("Ask for the intake talk on %(day)s at the latest.") % {"day": weekday_date(ask_by)}
        if ask_by is not None
        else "",
    ]
    where_to_read = [
        _("Contact: %(name)s, %(email)s") % {"name": name, "email": email}
        if name and email
        else "",
        _("More: %(address)s") % {"address": page},
        _("Official page: %(address)s") % {"address": call.official_url}
        if call.official_url
        else "",
    ]
    blocks = ["\n".join(filter(None, about_the_date)), call.summary or ""]
    return "\n\n".join(filter(None, [*blocks, "\n".join(filter(None, where_to_read))]))


def latest_move(deadline: Deadline) -> Change | None:
    """The latest change of its date, or else of whether it is certain.

    Without a query after `with_changes`.
    """
    moves: list[Change] = [
        change for change in deadline.changes.all() if change.what == Change.What.MOVED
    ]
    return max(
        moves,
        key=lambda change: (
            change.old_closing != change.new_closing,
            change.changed_at,
            change.pk,
        ),
        default=None,
    )
