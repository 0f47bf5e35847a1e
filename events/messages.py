"""Which mails a session owes to whom, and what they say."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.names import has_web_address
from events import calendars
from events.models import Registration, RegistrationQuerySet, Session
from mailing import outbox
from mailing.letters import CalendarPart, Letter, NotWanted
from mailing.models import Message
from moments import words
from moments.local import zone_label

REGISTERED = "events.registered"
WAITING = "events.waiting"
PROMOTED = "events.promoted"
CANCELLED = "events.cancelled"
CHANGED = "events.changed"
SESSION_CANCELLED = "events.session_cancelled"
LINK = "events.link"
AGAIN = "events.again"
LINKS = "events.links"


class Change(StrEnum):
    """What changed about a session, for the mail that tells it."""

    TIME = "time"
    PLACE = "place"


# Owing -------------------------------------------------------------------------------------------


def tell_of_registration(registration: Registration, *, now: datetime) -> None:
    """Confirm a registration, or tell somebody that they are on the waiting list."""
    kind = REGISTERED if registration.is_confirmed else WAITING
    outbox.put([_draft(registration, kind, now)])


def tell_again(registration: Registration, *, now: datetime) -> None:
    """Send the mail with the management link once more: one an hour at most, by its key."""
    outbox.put([_draft(registration, AGAIN, now, version=now.strftime("%Y%m%d%H"))])


def tell_of_promotion(registration: Registration, *, now: datetime) -> None:
    """Tell somebody who was waiting that they have a seat."""
    outbox.put([_draft(registration, PROMOTED, now)])


def tell_of_cancellation(registration: Registration, *, now: datetime) -> None:
    """Tell somebody that they are no longer registered."""
    is_whole = registration.cancelled_by == Registration.CancelledBy.SESSION
    outbox.put([_draft(registration, SESSION_CANCELLED if is_whole else CANCELLED, now)])


def tell_of_change(session: Session, what: Change, *, now: datetime) -> None:
    """Tell everybody with a seat or in line that time or place changed."""
    outbox.put(
        [
            _draft(registration, CHANGED, now, version=f"{what}:{session.sequence}")
            for registration in session.registrations.live().order_by("pk")
        ]
    )


def tell_links(email: str, *, now: datetime) -> None:
    """Send somebody the links to all they are registered for: once an hour at most.

    Nothing goes to an address with nothing to show; the page that asks answers alike.
    """
    first = _coming_registrations(email, now).first()
    if first is not None:
        outbox.put([_draft(first, LINKS, now, version=now.strftime("%Y%m%d%H"))])


def _coming_registrations(email: str, now: datetime) -> RegistrationQuerySet:
    return (
        Registration.objects.of_addresses([email])
        .live()
        .filter(session__ends_at__gt=now)
        .select_related("session", "session__programme")
        .order_by("session__starts_at", "pk")
    )


def plan(now: datetime) -> None:
    """Put in the link mails that have become due: to whoever has a seat and has not had theirs.

    Looks at what is owed, not at the clock's last tick: somebody who registered, moved up or was
    added after the release gets theirs at the next run, and a missed run is made good. A session
    whose link is still missing waits for it: an empty mail goes to nobody.
    """
    released = [
        session
        for session in Session.objects.filter(
            ends_at__gt=now, virtual_link__isnull=False, status=Session.Status.PUBLISHED
        ).exclude(attendance=Session.Attendance.ON_SITE)
        if session.link_released_at <= now
    ]
    if not released:
        return
    key = Concat(
        Value("registration:"),
        Cast(OuterRef("pk"), CharField()),
        Value(":link:"),
        Cast(OuterRef("session__link_round"), CharField()),
    )
    owed = (
        Registration.objects.confirmed()
        .filter(~Exists(Message.objects.filter(key=key)), session__in=released)
        .select_related("session")
        .order_by("pk")
    )
    outbox.put(
        _draft(registration, LINK, now, version=str(registration.session.link_round))
        for registration in owed
    )


def _draft(
    registration: Registration, kind: str, now: datetime, *, version: str = ""
) -> outbox.Draft:
    parts = ["registration", str(registration.pk), kind.partition(".")[2], version]
    return outbox.Draft(
        key=":".join(part for part in parts if part),
        kind=kind,
        object_id=registration.pk,
        recipient=registration.email,
        due_at=now,
        priority=Message.Priority.URGENT if kind in {LINK, CHANGED} else Message.Priority.NORMAL,
    )


# Saying ------------------------------------------------------------------------------------------


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a message, from what is true now, in the language of its reader.

    Raises `NotWanted` where it makes no sense any more.
    """
    registration = (
        Registration.objects.select_related("session", "session__programme", "session__seats")
        .filter(pk=message.object_id)
        .first()
    )
    if registration is None:
        raise NotWanted(gettext_noop("The registration no longer exists."))
    if now >= registration.session.ends_at:
        raise NotWanted(gettext_noop("The session is over."))
    with translation.override(registration.language):
        return _WRITERS[message.kind](registration, message, now)


def _write_registered(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    return _letter(
        registration,
        subject=_("Registered: %(title)s"),
        heading=_("You are registered"),
        opening=[_("Your seat is confirmed."), *_about_the_link(registration, now)],
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[_deleting_is_not_cancelling()],
        calendar=calendars.request(registration, now=now),
    )


def _write_waiting(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_waiting, gettext_noop("The person is not waiting any more."))
    return _letter(
        registration,
        subject=_("On the waiting list: %(title)s"),
        heading=_("You are on the waiting list"),
        opening=[
            _("All seats are taken. Your place on the waiting list: %(place)s.")
            % {"place": registration.place_in_line()},
            _(
                "A seat that becomes free goes to the first in line. If it is yours, we mail you at"
                " once; you need do nothing."
            ),
        ],
        button=(_("View your place"), registration.get_absolute_url()),
        closing=[_("No longer interested? Then leave the waiting list, for those behind you.")],
    )


def _write_again(registration: Registration, message: Message, now: datetime) -> Letter:
    write = _write_waiting if registration.is_waiting else _write_registered
    return write(registration, message, now)


def _write_promoted(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    return _letter(
        registration,
        subject=_("You have a seat: %(title)s"),
        heading=_("A seat has become free for you"),
        opening=[
            _("You were on the waiting list. You now have a seat; you need do nothing."),
            *_about_the_link(registration, now),
        ],
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[_deleting_is_not_cancelling()],
        calendar=calendars.request(registration, now=now),
    )


def _write_cancelled(registration: Registration, message: Message, now: datetime) -> Letter:
    by_owner = registration.cancelled_by == Registration.CancelledBy.OWNER
    return _letter(
        registration,
        subject=_("No longer registered: %(title)s"),
        heading=_("Your registration is cancelled"),
        opening=[
            _("You cancelled your registration. Thank you for letting us know.")
            if by_owner
            else _("The organiser cancelled your registration. Questions? Reply to this e-mail.")
        ],
        button=(_("To the session's page"), registration.session.get_absolute_url()),
        closing=[_("Changed your mind? You can register again as long as registration is open.")]
        if by_owner
        else [],
        calendar=calendars.cancellation(registration, now=now),
        is_live=False,
    )


def _write_session_cancelled(registration: Registration, message: Message, now: datetime) -> Letter:
    reason = registration.session.cancellation_reason
    return _letter(
        registration,
        subject=_("Cancelled: %(title)s"),
        heading=_("The session will not take place"),
        opening=[
            _("The organiser cancelled this session. You need do nothing."),
            *([_("Reason: %(reason)s") % {"reason": reason}] if reason else []),
        ],
        button=(_("See other sessions"), reverse("events:sessions")),
        calendar=calendars.cancellation(registration, now=now),
        is_live=False,
    )


def _write_changed(registration: Registration, message: Message, now: datetime) -> Letter:
    session = registration.session
    _want(not registration.is_cancelled, gettext_noop("The registration was cancelled."))
    _want(
        message.key.endswith(f":{session.sequence}"),
        gettext_noop("The session has changed again since."),
    )
    opening = []
    if f":{Change.PLACE}:" in message.key:
        opening.append(_("The place of this session has changed. Below is what applies now."))
    else:
        opening.append(_("The time of this session has changed. Below is what applies now."))
        if session.moved_from is not None:
            was = words.moment(session.moved_from, session.zone)
            opening.append(_("It was planned for %(moment)s.") % {"moment": was})
    if registration.is_confirmed:
        opening.append(_("Your registration stays valid; you need do nothing."))
        opening += _about_the_link(registration, now)
    else:
        opening.append(_("You keep your place on the waiting list."))
    return _letter(
        registration,
        subject=_("Changed: %(title)s"),
        heading=_("The session has changed"),
        opening=opening,
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[_deleting_is_not_cancelling()] if registration.is_confirmed else [],
        calendar=calendars.request(registration, now=now) if registration.is_confirmed else None,
    )


def _write_link(registration: Registration, message: Message, now: datetime) -> Letter:
    session = registration.session
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    is_latest = message.key.endswith(f":{session.link_round}")
    _want(is_latest, gettext_noop("The session was moved to another day; the link goes out anew."))
    return _letter(
        registration,
        subject=_("Your link: %(title)s"),
        heading=_("Your link to take part"),
        opening=[
            _("The session starts on %(moment)s. Use the button below to take part.")
            % {"moment": words.moment(session.starts_at, session.zone)},
            _("The link is yours alone. Please do not pass it on."),
        ],
        button=(_("Go to the session"), registration.get_join_url()),
        closing=[_("Can you not come? Then cancel your registration.")],
    )


def _write_links(registration: Registration, message: Message, now: datetime) -> Letter:
    found = list(_coming_registrations(registration.email, now))
    return Letter(
        recipient=registration.email,
        language=registration.language,
        subject=_("Your registrations"),
        heading=_("Your registrations"),
        greeting=_("Hello %(name)s,") % {"name": registration.name},
        opening=[_("You asked for the links to your registrations. Here they are:")],
        facts=[
            (
                row.session.title,
                words.period(row.session.starts_at, row.session.ends_at, row.session.zone),
            )
            for row in found
        ],
        foot_links=[(row.session.title, absolute(row.get_absolute_url())) for row in found],
    )


_WRITERS: dict[str, Callable[[Registration, Message, datetime], Letter]] = {
    REGISTERED: _write_registered,
    WAITING: _write_waiting,
    PROMOTED: _write_promoted,
    CANCELLED: _write_cancelled,
    SESSION_CANCELLED: _write_session_cancelled,
    CHANGED: _write_changed,
    LINK: _write_link,
    AGAIN: _write_again,
    LINKS: _write_links,
}


def _want(condition: bool, reason: str) -> None:
    if not condition:
        raise NotWanted(reason)


def _letter(
    registration: Registration,
    *,
    subject: str,
    heading: str,
    opening: list[str],
    button: tuple[str, str],
    closing: Sequence[str] = (),
    calendar: CalendarPart | None = None,
    is_live: bool = True,
) -> Letter:
    """What all letters about a registration share: greeting, facts, contact, links at the foot."""
    session = registration.session
    contact_name, contact_email = session.contact
    label, path = button
    foot = [(_("The session's page"), absolute(session.get_absolute_url()))]
    if is_live:
        manage = (_("View or cancel your registration"), registration.get_absolute_url())
        foot.insert(0, (manage[0], absolute(manage[1])))
    return Letter(
        recipient=registration.email,
        language=registration.language,
        subject=subject % {"title": session.title},
        heading=heading,
        greeting=_greeting(registration),
        opening=opening,
        facts=_facts(session),
        button=(label, absolute(path)),
        closing=list(closing),
        foot_links=foot,
        contact_name=contact_name,
        reply_to=contact_email,
        calendar=calendar,
    )


def _greeting(registration: Registration) -> str:
    """By name, unless a stranger typed an address there for our mail to carry to its receiver."""
    if has_web_address(registration.name):
        return _("Hello,")
    return _("Hello %(name)s,") % {"name": registration.name}


def _facts(session: Session) -> list[tuple[str, str]]:
    when = words.period(session.starts_at, session.ends_at, session.zone)
    where = session.get_attendance_display()
    if session.venue:
        both = _("%(label)s: %(value)s") % {"label": where, "value": session.venue}
        where = both if session.has_link else session.venue
    return [
        (_("What"), session.title),
        (_("When"), f"{when} ({zone_label(session.zone)})"),
        (_("Where"), where),
        (_("Organiser"), session.programme.full_name or session.programme.name),
    ]


def _about_the_link(registration: Registration, now: datetime) -> list[str]:
    """When the link comes; nothing for a session on site."""
    session = registration.session
    if not session.has_link:
        return []
    if now >= session.link_released_at:
        address = absolute(registration.get_join_url())
        return [_("You take part through your own page: %(address)s") % {"address": address}]
    moment = words.moment(session.link_released_at, session.zone)
    return [_("On %(moment)s we mail you the link to take part.") % {"moment": moment}]


def _deleting_is_not_cancelling() -> str:
    return _(
        "Can you not come? Then cancel your registration, so that somebody else can have your"
        " seat. Deleting the entry from your calendar does not do that."
    )


def absolute(path: str) -> str:
    """An address as it stands in a mail or calendar: never from the request's Host header."""
    return urljoin(settings.SITE_URL, path)
