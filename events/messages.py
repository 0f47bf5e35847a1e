"""Which mails a session owes to whom, and what they say."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.names import address_key, has_web_address
from events import calendars, placeholders, tickets
from events.models import (
    Presence,
    Registration,
    RegistrationGroup,
    RegistrationQuerySet,
    Session,
)
from mailing import batches, outbox
from mailing.letters import CalendarPart, Fact, Letter, NotWanted, Paragraph, Picture
from mailing.models import Message
from moments import words
from moments.local import zone_label

Said = TypeVar("Said")

REGISTERED = "events.registered"
WAITING = "events.waiting"
PROMOTED = "events.promoted"
CANCELLED = "events.cancelled"
CHANGED = "events.changed"
SESSION_CANCELLED = "events.session_cancelled"
LINK = "events.link"
AGAIN = "events.again"
LINKS = "events.links"
# What organisers write themselves; `events.circulars` composes it.
CIRCULAR = "circulars.message"
# What a session leaves behind; `events.afterwards` composes it.
AFTERWARDS = "afterwards.materials"
# About a group; those above are about a registration, by its number.
OVERVIEW = "groups.overview"

# What an organiser reads about a mail that was sent.
TITLES = {
    REGISTERED: gettext_lazy("confirmation of the registration"),
    WAITING: gettext_lazy("on the waiting list"),
    PROMOTED: gettext_lazy("a seat has become free"),
    CANCELLED: gettext_lazy("confirmation of the cancellation"),
    CHANGED: gettext_lazy("the session has changed"),
    SESSION_CANCELLED: gettext_lazy("the session is cancelled"),
    LINK: gettext_lazy("the link to take part"),
    AGAIN: gettext_lazy("the confirmation once more"),
    LINKS: gettext_lazy("the links to their registrations"),
    CIRCULAR: gettext_lazy("message from the organiser"),
    AFTERWARDS: gettext_lazy("slides and more, after the session"),
}


# Those to which organisers may add a paragraph of their own.
WITH_PARAGRAPH = (REGISTERED, WAITING, PROMOTED, LINK, CHANGED, CANCELLED, SESSION_CANCELLED)

# Changes made within this time are told in one mail; not so close before the start.
SETTLING = timedelta(minutes=5)
SOON = timedelta(hours=2)
LANGUAGE_CODES = [code for code, _name in settings.LANGUAGES]


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


def tell_at_new_address(registration: Registration, *, now: datetime) -> None:
    """Send the mail with the links to the address that an organiser has just put right."""
    outbox.put([_draft(registration, AGAIN, now, version=now.strftime("%Y%m%d%H%M%S%f"))])


def tell_of_cancellation(
    registration: Registration, *, now: datetime, moved_to: Registration | None = None
) -> None:
    """Tell somebody that they are no longer registered, or that it is for another session now."""
    is_whole = registration.cancelled_by == Registration.CancelledBy.SESSION
    kind = SESSION_CANCELLED if is_whole else CANCELLED
    payload = {"moved_to": moved_to.pk} if moved_to else {}
    outbox.put([_draft(registration, kind, now, payload=payload)])


def stay_useful(session: Session) -> None:
    """Let what waits about a session that was moved be of use until its new end."""
    about(session.registrations.values("pk")).filter(state=Message.State.WAITING).exclude(
        kind=LINKS
    ).update(useful_until=session.ends_at)


def as_told(session: Session) -> dict[str, str]:
    """What a mail about a change tells of a session: taken before the change, for "it was"."""
    venues = {f"venue_{code}": getattr(session, f"venue_{code}") or "" for code in LANGUAGE_CODES}
    return venues | {
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "attendance": session.attendance,
    }


def tell_of_change(
    session: Session,
    what: Change,
    *,
    now: datetime,
    was: dict[str, str] | None = None,
    to_all: bool = True,
) -> None:
    """Tell everybody with a seat or in line that time or place changed; `was` is from `as_told`.

    The mail waits some minutes, so that several changes in a row are told in one: from what people
    know to what holds then. Shortly before the session it leaves at once. Not `to_all`, for a
    change that is not told: only to those whose mail about an earlier one waits, since that would
    otherwise be dropped as no longer true.
    """
    live = list(session.registrations.named().live().order_by("pk"))
    pending = _pending_changes(live)
    if not to_all:
        live = [registration for registration in live if registration.pk in pending]
    is_soon = session.starts_at <= now + SOON
    drafts = []
    for registration in live:
        before = pending.get(registration.pk)
        due_at = before.due_at if before else now + SETTLING
        drafts.append(
            _draft(
                registration,
                CHANGED,
                min(due_at, now) if is_soon else due_at,
                version=f"{what}:{session.sequence}",
                payload=(before.payload if before else None) or was,
            )
        )
    outbox.withdraw(
        [message.key for message in pending.values()],
        now=now,
        reason=gettext_noop("It is told in one mail with a later change."),
    )
    outbox.put(drafts)


def _pending_changes(registrations: list[Registration]) -> dict[int, Message]:
    """The mails about an earlier change that have not left, locked: no worker takes one up now."""
    waiting = Message.objects.select_for_update().filter(
        kind=CHANGED,
        object_id__in=[registration.pk for registration in registrations],
        state=Message.State.WAITING,
        lease_until=None,
    )
    return {message.object_id: message for message in waiting}


def tell_of_group(
    group: RegistrationGroup,
    people: Sequence[tuple[str, str]],
    *,
    recipient: str,
    language: str,
    now: datetime,
) -> None:
    """Give who registered colleagues an overview of the names and addresses they typed.

    As typed, and not as entered: it must not tell who was registered before. The row forgets them
    once the mail has left.
    """
    outbox.put(
        [
            outbox.Draft(
                key=f"group:{group.pk}:overview",
                kind=OVERVIEW,
                object_id=group.pk,
                recipient=recipient,
                due_at=now,
                useful_until=group.session.ends_at,
                payload={"language": language, "people": [list(person) for person in people]},
            )
        ]
    )


def overviews_since(moment: datetime, mailbox: str, domain: str) -> int:
    """How many overviews one mailbox, whatever its plus tags, was given since a moment."""
    is_same = Q(recipient__iexact=f"{mailbox}@{domain}") | Q(
        recipient__istartswith=f"{mailbox}+", recipient__iendswith=f"@{domain}"
    )
    return Message.objects.filter(is_same, kind=OVERVIEW, due_at__gt=moment).count()


def groups_requested_by(email: str) -> QuerySet[RegistrationGroup]:
    """The groups that somebody with this address registered, by their overview or as they typed."""
    overviews = Message.objects.filter(kind=OVERVIEW, recipient__iexact=address_key(email))
    return RegistrationGroup.objects.filter(
        Q(pk__in=overviews.values("object_id")) | Q(requested_by__icontains=address_key(email))
    )


def forget_in_overviews(email: str) -> None:
    """Take an address, with its name, out of the overviews that have not left yet.

    An overview cannot be made from who is registered: it says what was typed, and must not tell by
    a gap who was registered before. So it holds names until it leaves.
    """
    waiting = Message.objects.select_for_update().filter(
        kind=OVERVIEW, state=Message.State.WAITING, lease_until=None
    )
    for message in waiting.order_by("pk"):
        people = message.payload["people"]
        kept = [person for person in people if address_key(person[1]) != address_key(email)]
        if kept != people:
            message.payload["people"] = kept
            message.save(update_fields=["payload"])


def overviews_of(session: Session) -> QuerySet[Message]:
    """The overviews sent to those who registered colleagues for a session."""
    return Message.objects.filter(
        kind=OVERVIEW, object_id__in=RegistrationGroup.objects.filter(session=session).values("pk")
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
    outbox.put(_link_drafts(released, now))


def _link_drafts(sessions: Sequence[Session], now: datetime) -> Iterator[outbox.Draft]:
    by_number = {session.pk: session for session in sessions}
    owed = owed_links().filter(session__in=sessions).order_by("pk")
    for registration in owed.iterator(chunk_size=outbox.PUT_SIZE):
        registration.session = by_number[registration.session_id]
        yield _draft(registration, LINK, now, version=str(registration.session.link_round))


def owed_links() -> RegistrationQuerySet:
    """Who has a seat and no link mail of the session's present round, released or not."""
    return Registration.objects.named().filter(lacks_link_mail())


def lacks_link_mail() -> Q:
    """That somebody has a seat and no link mail of the session's present round."""
    key = Concat(
        Value("registration:"),
        Cast(OuterRef("pk"), CharField()),
        Value(":link:"),
        Cast(OuterRef("session__link_round"), CharField()),
    )
    has_seat = Q(state=Registration.State.CONFIRMED, anonymised_at=None)
    # As a value and not as EXISTS: PostgreSQL then looks for each of these few by its key, where it
    # would else read all mails ever sent.
    return has_seat & Q(IsNull(Subquery(Message.objects.filter(key=key).values("pk")), True))


def _draft(
    registration: Registration,
    kind: str,
    now: datetime,
    *,
    version: str = "",
    payload: dict[str, Any] | None = None,
) -> outbox.Draft:
    parts = ["registration", str(registration.pk), kind.partition(".")[2], version]
    return outbox.Draft(
        key=":".join(part for part in parts if part),
        kind=kind,
        object_id=registration.pk,
        recipient=registration.email,
        due_at=now,
        useful_until=registration.session.ends_at,
        priority=Message.Priority.URGENT if kind in {LINK, CHANGED} else Message.Priority.NORMAL,
        payload=payload or {},
    )


# Saying ------------------------------------------------------------------------------------------


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a message, from what is true now, in the language of its reader.

    Raises `NotWanted` where it makes no sense any more.
    """
    registration = registration_of(message)
    if now >= registration.session.ends_at:
        raise NotWanted(gettext_noop("The session is over."))
    return write(registration, message, now)


def write(registration: Registration, message: Message, now: datetime) -> Letter:
    """What a message says to the owner of a registration; raises `NotWanted` as `compose`."""
    with translation.override(registration.language):
        return _WRITERS[message.kind](registration, message, now)


def registration_of(message: Message) -> Registration:
    """The registration that a message is about; raises `NotWanted` for one that is nobody's."""
    registration = batches.find(message, _registrations)
    if registration is None:
        raise NotWanted(gettext_noop("The registration no longer exists."))
    if registration.is_anonymous:
        raise NotWanted(gettext_noop("The registration was made anonymous."))
    return registration


def _registrations(messages: Sequence[Message]) -> dict[int, Registration]:
    """By the numbers of messages, what they are about; those of one session share its row."""
    about = {message.pk: message.object_id for message in messages if message.kind in KINDS}
    rows = Registration.objects.select_related("group", "substitute_for").in_bulk(about.values())
    sessions = Session.objects.select_related("programme", "seats").in_bulk(
        {row.session_id for row in rows.values()}
    )
    sharing = Registration.objects.exclude(shared_as="").filter(
        email_key__in={row.email_key for row in rows.values()}
    )
    shared = set(sharing.values_list("session_id", "email_key"))
    for row in rows.values():
        row.session = sessions[row.session_id]
        row.shares_address = (row.session_id, row.email_key) in shared
    return {number: rows[object_id] for number, object_id in about.items() if object_id in rows}


def compose_overview(message: Message, now: datetime) -> Letter:
    """The overview of who registered colleagues: what they typed, nothing of what it led to."""
    group = (
        RegistrationGroup.objects.select_related("session", "session__programme")
        .filter(pk=message.object_id)
        .first()
    )
    if group is None:
        raise NotWanted(gettext_noop("The group no longer exists."))
    session = group.session
    if now >= session.ends_at:
        raise NotWanted(gettext_noop("The session is over."))
    with translation.override(message.payload["language"]):
        contact_name, contact_email = session.contact
        together = _(
            "You come together or not at all. If there are not enough seats, all of you wait until"
            " there is one for each."
        )
        return Letter(
            recipient=message.recipient,
            language=message.payload["language"],
            subject=_("Your group: %(title)s") % {"title": session.title},
            heading=_("Your request has arrived"),
            greeting=_hello(group.requested_by),
            opening=[
                _("You registered the people below."),
                _(
                    "Each of them gets an e-mail that says whether they have a seat or are on the"
                    " waiting list. With the link in it they see, change or cancel their own"
                    " registration."
                ),
                *([together] if group.is_together else []),
            ],
            facts=[
                *_facts(session),
                *(
                    ("–" if has_web_address(name) else name, email)
                    for name, email in message.payload["people"]
                ),
            ],
            button=(_("To the session's page"), absolute(session.get_absolute_url())),
            closing=[
                _("Did you not ask for this? Then somebody else typed your address. Tell us.")
            ],
            contact_name=contact_name,
            reply_to=contact_email,
            preheader=_where_and_when(session),
            organiser=session.programme.name_in_full,
            colour=session.programme.colour,
        )


def _write_registered(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    return letter_about(
        registration,
        kind=REGISTERED,
        subject=_("Registered: %(title)s") % {"title": registration.session.title},
        heading=_("You are registered"),
        opening=[
            *_about_who_asked(registration),
            *_about_the_door(registration),
            _("Your seat is confirmed."),
            *_about_the_link(registration, now),
        ],
        facts=ways_in(registration),
        picture=_ticket(registration),
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[*_about_your_rights(registration), _deleting_is_not_cancelling()],
        calendar=calendars.request(registration, now=now),
        preheader=_where_and_when(registration.session),
    )


def _write_waiting(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_waiting, gettext_noop("The person is not waiting any more."))
    return letter_about(
        registration,
        kind=WAITING,
        subject=_("On the waiting list: %(title)s") % {"title": registration.session.title},
        heading=_("You are on the waiting list"),
        opening=[*_about_who_asked(registration), *_about_the_line(registration)],
        facts=_end_of_the_line(registration.session),
        button=(_("View your place"), registration.get_absolute_url()),
        closing=[
            *_about_your_rights(registration),
            _("No longer interested? Then leave the waiting list, for those behind you."),
        ],
    )


def _write_again(registration: Registration, message: Message, now: datetime) -> Letter:
    write = _write_waiting if registration.is_waiting else _write_registered
    return write(registration, message, now)


def _write_promoted(registration: Registration, message: Message, now: datetime) -> Letter:
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    return letter_about(
        registration,
        kind=PROMOTED,
        subject=_("You have a seat: %(title)s") % {"title": registration.session.title},
        heading=_("A seat has become free for you"),
        opening=[
            _("You were on the waiting list. You now have a seat; you need not do anything."),
            *_about_the_link(registration, now),
        ],
        facts=ways_in(registration),
        picture=_ticket(registration),
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[_deleting_is_not_cancelling()],
        calendar=calendars.request(registration, now=now),
        preheader=_where_and_when(registration.session),
    )


def _write_cancelled(registration: Registration, message: Message, now: datetime) -> Letter:
    if "moved_to" in message.payload:
        return _write_moved(registration, message, now)
    by_owner = registration.cancelled_by == Registration.CancelledBy.OWNER
    match registration.cancelled_by:
        case Registration.CancelledBy.OWNER:
            said = _("You cancelled your registration. Thank you for letting us know.")
        case Registration.CancelledBy.SUBSTITUTE:
            said = _(
                "Somebody else comes in your place, as you asked. Did you not ask this? Reply to"
                " this e-mail."
            )
        case _other:
            said = _("The organiser cancelled your registration. Questions? Reply to this e-mail.")
    return letter_about(
        registration,
        kind=CANCELLED,
        subject=_("No longer registered: %(title)s") % {"title": registration.session.title},
        heading=_("Your registration is cancelled"),
        opening=[said],
        button=(_("To the session's page"), registration.session.get_absolute_url()),
        closing=[_("Changed your mind? You can register again as long as registration is open.")]
        if by_owner
        else [],
        calendar=calendars.cancellation(registration, now=now),
        is_live=False,
    )


def _write_moved(registration: Registration, message: Message, now: datetime) -> Letter:
    moved = (
        Registration.objects.select_related("session")
        .filter(pk=message.payload["moved_to"])
        .first()
    )
    opening = [
        _(
            "The organiser registered you for another session instead."
            " Questions? Reply to this e-mail."
        )
    ]
    if moved is not None:
        when = words.period(moved.session.starts_at, moved.session.ends_at, moved.session.zone)
        opening.append(
            _("Your new session: %(title)s, %(period)s. You get a mail of its own about it.")
            % {"title": moved.session.title, "period": when}
        )
    return letter_about(
        registration,
        kind=CANCELLED,
        subject=_("Moved to another session: %(title)s") % {"title": registration.session.title},
        heading=_("Your registration moved to another session"),
        opening=opening,
        button=(_("To the session's page"), (moved or registration).session.get_absolute_url()),
        calendar=calendars.cancellation(registration, now=now),
        is_live=False,
    )


def _write_session_cancelled(registration: Registration, message: Message, now: datetime) -> Letter:
    reason = registration.session.cancellation_reason
    return letter_about(
        registration,
        kind=SESSION_CANCELLED,
        subject=_("Cancelled: %(title)s") % {"title": registration.session.title},
        heading=_("The session will not take place"),
        opening=[
            _("The organiser cancelled this session. You need not do anything."),
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
    news, opening = _about_the_change(session, message)
    if registration.is_confirmed:
        opening.append(_("Your registration stays valid; you need not do anything."))
        opening += _about_the_link(registration, now)
    else:
        opening.append(_("You keep your place on the waiting list."))
    return letter_about(
        registration,
        kind=CHANGED,
        subject=_("%(news)s: %(title)s") % {"news": news, "title": session.title},
        heading=news,
        opening=opening,
        facts=ways_in(registration) if registration.is_confirmed else (),
        picture=_ticket(registration),
        button=(_("View your registration"), registration.get_absolute_url()),
        closing=[_deleting_is_not_cancelling()] if registration.is_confirmed else [],
        calendar=calendars.request(registration, now=now) if registration.is_confirmed else None,
    )


def _about_the_change(session: Session, message: Message) -> tuple[str, list[str]]:
    """What changed in some words, and from what the reader knows to what holds now."""
    is_place = f":{Change.PLACE}:" in message.key
    if "starts_at" not in message.payload:
        return _("New place") if is_place else _("New time"), []
    was = dict(message.payload)
    starts_at = datetime.fromisoformat(was.pop("starts_at"))
    ends_at = datetime.fromisoformat(was.pop("ends_at"))
    old = Session(time_zone=session.time_zone, **was)
    has_moved = (starts_at, ends_at) != (session.starts_at, session.ends_at)
    is_elsewhere = was != {name: as_told(session)[name] for name in was}
    _want(has_moved or is_elsewhere, gettext_noop("The session is again as it was."))
    opening = []
    if has_moved:
        opening.append(
            _("The session was planned for %(old)s. It is now on %(new)s.")
            % {
                "old": words.period(starts_at, ends_at, session.zone),
                "new": words.period(session.starts_at, session.ends_at, session.zone),
            }
        )
    if is_elsewhere:
        places = (old.where, session.where)
        if old.attendance == session.attendance and old.venue and session.venue:
            places = (old.venue, session.venue)  # what stayed the same is left out
        opening.append(
            _("The place was %(old)s. It is now %(new)s.") % {"old": places[0], "new": places[1]}
        )
    if has_moved and is_elsewhere:
        return _("New time and new place"), opening
    return _("New time") if has_moved else _("New place"), opening


def _write_link(registration: Registration, message: Message, now: datetime) -> Letter:
    session = registration.session
    _want(registration.is_confirmed, gettext_noop("The person has no seat any more."))
    is_latest = message.key.endswith(f":{session.link_round}")
    _want(is_latest, gettext_noop("The session was moved to another day; the link goes out anew."))
    subject, opening = _once(session, _about_taking_part)
    return letter_about(
        registration,
        kind=LINK,
        subject=subject,
        heading=_("Your link to take part"),
        opening=opening,
        button=(_("Go to the session"), registration.get_join_url()),
        closing=[_("Can you not come? Then cancel your registration.")],
    )


def _about_taking_part(session: Session) -> tuple[str, list[str]]:
    """The subject of the mail with the link, and how it opens."""
    moment = words.moment(session.starts_at, session.zone)
    return _("Your link: %(title)s") % {"title": session.title}, [
        _("The session starts on %(moment)s. Use the button below to take part.")
        % {"moment": moment},
        _("The link is yours alone. Please do not pass it on."),
    ]


def _write_links(registration: Registration, message: Message, now: datetime) -> Letter:
    found = list(_coming_registrations(registration.email, now))
    is_shared = any(row.shared_as for row in found)
    return Letter(
        recipient=registration.email,
        language=registration.language,
        subject=_("Your registrations"),
        heading=_("Your registrations"),
        greeting=_("Hello,") if is_shared else _hello(registration.name),
        opening=[_("You asked for the links to your registrations. Here they are:")],
        facts=[
            (
                words.period(row.session.starts_at, row.session.ends_at, row.session.zone),
                f"{row.name} – {row.session.title}" if is_shared else row.session.title,
                absolute(row.get_absolute_url()),
            )
            for row in found
        ],
        foot_links=[(_("Your data"), absolute(registration.get_privacy_url()))],
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
KINDS = (*_WRITERS, CIRCULAR, AFTERWARDS)
"""The kinds of messages about a registration, whose number is their `object_id`."""


def about(registrations: Iterable[int] | QuerySet[Registration, Any]) -> QuerySet[Message]:
    """The messages about registrations, by their numbers; or by a query for those."""
    return Message.objects.filter(kind__in=KINDS, object_id__in=registrations)


def _want(condition: bool, reason: str) -> None:
    if not condition:
        raise NotWanted(reason)


def letter_about(
    registration: Registration,
    *,
    kind: str = "",
    subject: str,
    heading: str,
    opening: Sequence[Paragraph],
    button: tuple[str, str],
    closing: Sequence[Paragraph] = (),
    greeting: str | None = None,
    facts: Sequence[Fact] = (),
    picture: Picture | None = None,
    calendar: CalendarPart | None = None,
    preheader: str = "",
    is_live: bool = True,
) -> Letter:
    """What all letters about a registration share: greeting, facts, contact, links at the foot.

    Of a `kind` that may have one, also the paragraph that the organisers of the session added.
    """
    session = registration.session
    if registration.shares_address and not has_web_address(registration.name):
        # Colleagues see in their mailbox whose it is.
        subject = f"{registration.name} – {subject}"
    contact_name, contact_email = session.contact
    label, path = button
    foot = [_once(session, _page_of)]
    if is_live:
        manage = (_("View or cancel your registration"), registration.get_absolute_url())
        foot.insert(0, (manage[0], absolute(manage[1])))
    foot.append((_("Your data"), absolute(registration.get_privacy_url())))
    return Letter(
        recipient=registration.email,
        language=registration.language,
        subject=subject,
        heading=heading,
        greeting=_hello(registration.name) if greeting is None else greeting,
        opening=opening,
        facts=[*_once(session, _facts), *facts],
        button=(label, absolute(path)),
        closing=[*placeholders.own_paragraph(registration, kind), *closing],
        foot_links=foot,
        contact_name=contact_name,
        reply_to=contact_email,
        picture=picture,
        calendar=calendar,
        preheader=preheader,
        organiser=session.programme.name_in_full,
        colour=session.programme.colour,
    )


def _hello(name: str) -> str:
    """By name, unless a stranger typed an address there for our mail to carry to its receiver."""
    if has_web_address(name):
        return _("Hello,")
    return _("Hello %(name)s,") % {"name": name}


def _about_who_asked(registration: Registration) -> list[str]:
    """Who registered them; nothing for who did so themselves."""
    name = registration.registered_by
    if name is None:
        return []
    if not name or has_web_address(name):
        name = _("A colleague")
    if registration.substitute_for is not None:
        return [_("%(name)s cannot come and asked that you come instead.") % {"name": name}]
    return [_("%(name)s registered you for this session.") % {"name": name}]


def _about_the_door(registration: Registration) -> list[str]:
    """Why somebody who did not register gets this mail."""
    walk_ins = Presence.objects.filter(pk=registration.pk, state=Presence.State.WALK_IN)
    return [_("You were added to the list at the entrance.")] if walk_ins.exists() else []


def _about_your_rights(registration: Registration) -> list[str]:
    """What somebody can do about a registration that they did not make themselves."""
    if registration.registered_by is None:
        return []
    said = [
        _(
            "Did you not want this? Through the button above you can cancel your registration or"
            " have your data erased."
        )
    ]
    session = registration.session
    if session.asks_access_needs or session.asks_diet:
        said.append(_("There you can also tell the organiser what you need to take part."))
    return said


def _about_the_line(registration: Registration) -> list[str]:
    """Their place, and how it turns into a seat."""
    place = _("Your place on the waiting list: %(place)s.") % {
        "place": registration.place_in_line()
    }
    if registration.is_together:
        return [
            place,
            _(
                "You come together with your colleagues: as soon as there is a seat for each of"
                " you, we mail you at once. Until then somebody who needs fewer seats can go"
                " before you."
            ),
        ]
    return [
        _("All seats are taken.") + " " + place,
        _(
            "A seat that becomes free goes to the first in line. If it is yours, we mail you at"
            " once; you need not do anything."
        ),
    ]


def _once(session: Session, say: Callable[[Session], Said]) -> Said:
    """What letters say of a session, once for all that leave together, who share its row."""
    said: dict[object, Any] = session.__dict__.setdefault("_said_in_letters", {})
    key = (say, translation.get_language())
    if key not in said:
        said[key] = say(session)
    return cast("Said", said[key])


def _page_of(session: Session) -> tuple[str, str]:
    return _("The session's page"), absolute(session.get_absolute_url())


def _where_and_when(session: Session) -> str:
    """What somebody has to know who sees nothing of a mail but its line in the mailbox."""
    when = words.period(session.starts_at, session.ends_at, session.zone)
    return f"{capfirst(when)}. {capfirst(session.where)}."


def _facts(session: Session) -> list[Fact]:
    when = words.period(session.starts_at, session.ends_at, session.zone)
    return [
        (_("What"), session.title),
        (_("When"), f"{when} ({zone_label(session.zone)})"),
        (_("Where"), capfirst(session.where)),
    ]


def ways_in(registration: Registration) -> list[Fact]:
    """Where to take part from afar, which stays the same whatever becomes of the link; the ticket.

    The ticket is a link as well as a picture: many mail programs show no pictures.
    """
    ways: list[Fact] = []
    if registration.session.has_link:
        page = absolute(registration.get_join_url())
        ways.append((_("Taking part"), _("on your own page"), page))
    if tickets.has_tickets(registration.session):
        ticket = absolute(registration.get_ticket_url())
        ways.append((_("Ticket"), _("the code to show at the entrance"), ticket))
    return ways


def _ticket(registration: Registration) -> Picture | None:
    if not registration.is_confirmed or not tickets.has_tickets(registration.session):
        return None
    return Picture(tickets.as_png(registration), _("The code to show at the entrance"))


def _end_of_the_line(session: Session) -> list[Fact]:
    until = words.moment(session.promotion_ends_at, session.zone)
    return [(_("Waiting list until"), until)]


def _about_the_link(registration: Registration, now: datetime) -> list[str]:
    """When the link comes; nothing for a session on site."""
    session = registration.session
    if not session.has_link:
        return []
    if now >= session.link_released_at:
        return [_("You can take part through your own page, which is named below.")]
    moment = words.moment(session.link_released_at, session.zone)
    return [_("On %(moment)s we mail you the link to take part.") % {"moment": moment}]


def _deleting_is_not_cancelling() -> str:
    return _(
        "Can you not come? Then cancel your registration, so that somebody else can have your"
        " seat. Deleting the entry from your calendar does not do that."
    )


def absolute(path: str) -> str:
    """An address as it stands in a mail or calendar: never from the request's Host header."""
    return _origin(settings.SITE_URL) + path


@cache
def _origin(site_url: str) -> str:
    return urljoin(site_url, "/").removesuffix("/")
