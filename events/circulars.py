"""Messages that organisers write to attendees: to whom, what they say, when they leave.

Whom one goes to is decided when it leaves. Then everybody in the group is put in the outbox in one
transaction that holds the circular, each under a key of their own: so nobody gets it twice, however
many workers and clicks there are, and nobody is left out halfway.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import auditing, undoing
from accounts.auditing import SYSTEM, Actor
from accounts.models import Action, User
from events import messages, placeholders, showing
from events.attendees import Listing, kept_listing
from events.ledger import Fate, Progress, fate_of
from events.messages import CIRCULAR
from events.models import Circular, Registration, Session
from events.models.circular import TEXTS
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message, SuppressedAddress

logger = logging.getLogger("events")

TRIAL = "trials.circular"
# One organiser tries out no more often than this in an hour.
TRIALS_PER_HOUR = 30
# What is sent after the start says something of afterwards, which keeps for some time.
USEFUL_AFTERWARDS = timedelta(days=7)


class CannotSend(Exception):
    """The message cannot leave, or not any more; reads as a sentence for the organiser.

    It holds the sentence before translation, so that it can be kept for readers of any language.
    """

    def __str__(self) -> str:
        return _(self.args[0])


# To whom -----------------------------------------------------------------------------------------


SUPPRESSED, DOUBLE, BACK = "suppressed", "double", "back"
REASONS = {
    SUPPRESSED: gettext_lazy("the address gets no mail any more: one bounced, or was unwanted"),
    DOUBLE: gettext_lazy("the same address stands in the group twice, and gets it once"),
    BACK: gettext_lazy("cancelled, and registered again since"),
}


@dataclass
class Reach:
    """Whom a circular reaches at a moment: who gets it, and who of the group does not, and why."""

    people: list[Registration] = field(default_factory=list)
    left_out: dict[str, list[Registration]] = field(default_factory=dict)

    def by_language(self, circular: Circular) -> list[tuple[str, int, str]]:
        """Per language of the readers how many they are, and the language they will read it in."""
        counted = Counter(row.language for row in self.people)
        return [
            (code, counted[code], language_for(circular, code) or "")
            for code, _name in settings.LANGUAGES
            if counted[code]
        ]


def listing_of(circular: Circular) -> Listing:
    """The filter by which the group was chosen.

    Raises `CannotSend` where it no longer means what it meant: part of it would be left out without
    a word, and the group would be larger than anybody chose.
    """
    listing = kept_listing(circular.parameters, circular.session)
    if listing.query != circular.parameters:
        raise CannotSend(
            gettext_noop(
                "The filter by which the group was chosen means something else now. Choose it anew."
            )
        )
    return listing


def group_of(circular: Circular, now: datetime) -> QuerySet[Registration]:
    """Everybody in the group, also who will not get it; raises `CannotSend` as `listing_of`."""
    session = circular.session
    if circular.chosen is None:
        rows = listing_of(circular).registrations(session, now)
    else:
        rows = session.registrations.filter(pk__in=circular.chosen)
    return rows.filter(anonymised_at=None).order_by("pk")


def reach(circular: Circular, now: datetime) -> Reach:
    """Who would get it now, and who would not; in three queries. Raises `CannotSend`."""
    session = circular.session
    stopped = set(
        SuppressedAddress.objects.filter(
            address__in=session.registrations.values("email_key")
        ).values_list("address", flat=True)
    )
    live = set(session.registrations.live().values_list("email_key", "shared_as"))
    found = Reach()
    left_out: dict[str, list[Registration]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    # The latest registration of an address speaks for it; of a shared one, each person's.
    for row in sorted(group_of(circular, now), key=lambda row: (row.is_cancelled, -row.pk)):
        own = (row.email_key, row.shared_as)
        if row.is_cancelled and own in live:
            left_out[BACK].append(row)
        elif own in seen:
            left_out[DOUBLE].append(row)
        elif row.email_key in stopped:
            left_out[SUPPRESSED].append(row)
        else:
            found.people.append(row)
        seen.add(own)
    found.people.sort(key=lambda row: row.pk)
    found.left_out = {reason: left_out[reason] for reason in REASONS if left_out[reason]}
    return found


def language_for(circular: Circular, reader: str) -> str | None:
    """In which language somebody reads it; None as long as it is in none."""
    return placeholders.language_for(reader, circular.session, circular.languages)


# Writing and sending -----------------------------------------------------------------------------


@transaction.atomic
def save(circular: Circular, *, by: Actor, now: datetime) -> None:
    """Keep what was written; a planned one stays planned.

    To be called with a circular that `held` gave, in the same transaction.
    """
    is_new = circular.pk is None
    if is_new:
        circular.created_at, circular.written_by = now, by.user
    circular.changed_at, circular.stopped_reason = now, ""
    circular.save()
    if circular.is_planned:
        _record(Action.CIRCULAR_CHANGED, circular, by, now)


def held(circular: Circular) -> Circular:
    """The circular as it is now, held until the end of the transaction."""
    rows = Circular.objects.select_for_update(of=("self",))
    return rows.select_related("session", "session__programme").get(pk=circular.pk)


@transaction.atomic
def send(circular: Circular, *, by: Actor, now: datetime) -> int:
    """Send a draft at once; how many people it goes to. Raises `CannotSend`."""
    fresh = _ready(circular, now)
    number = _put_in(fresh, now)
    if not number:
        raise CannotSend(gettext_noop("Nobody is in this group now."))
    _record(Action.CIRCULAR_SENT, fresh, by, now, people=number)
    return number


@transaction.atomic
def plan_for(circular: Circular, moment: datetime, *, by: Actor, now: datetime) -> None:
    """Let a draft leave at a moment to come. Raises `CannotSend`."""
    if moment <= now:
        raise CannotSend(gettext_noop("That moment is past. Choose a later one, or send it now."))
    fresh = _ready(circular, now)
    if moment > fresh.session.ends_at + timedelta(days=fresh.session.programme.retention_days):
        raise CannotSend(
            gettext_noop("By then the names and addresses of the attendees are erased.")
        )
    fresh.state, fresh.send_at = Circular.State.PLANNED, moment
    fresh.planned_sequence, fresh.stopped_reason = fresh.session.sequence, ""
    fresh.save()
    _record(Action.CIRCULAR_PLANNED, fresh, by, now)


def _ready(circular: Circular, now: datetime) -> Circular:
    fresh = held(circular)
    if not fresh.is_draft:
        raise CannotSend(gettext_noop("This message was planned or sent already."))
    if not fresh.languages:
        raise CannotSend(gettext_noop("Write a subject and a text first."))
    group_of(fresh, now)
    return fresh


@transaction.atomic
def withdraw(circular: Circular, *, by: Actor, now: datetime) -> int:
    """Take back what has not left: a planned circular, or the messages that still wait.

    A planned one becomes a draft again. How many messages were taken back; 0 for a planned one.
    """
    fresh = held(circular)
    if fresh.is_planned:
        fresh.state, fresh.send_at, fresh.planned_sequence = Circular.State.DRAFT, None, None
        fresh.save()
        _record(Action.CIRCULAR_WITHDRAWN, fresh, by, now)
        return 0
    reason = gettext_noop("The organiser took the message back.")
    taken_back = outbox.take_back(messages_of(fresh), now=now, reason=reason)
    if taken_back and not messages_of(fresh).exclude(state=Message.State.WITHDRAWN).exists():
        fresh.state = Circular.State.WITHDRAWN
        fresh.save()
    if taken_back:
        _record(Action.CIRCULAR_WITHDRAWN, fresh, by, now, mails=taken_back)
    return taken_back


@transaction.atomic
def delete(circular: Circular, *, now: datetime) -> str:
    """Throw a draft away; what puts it back. Raises `CannotSend` for anything else."""
    fresh = held(circular)
    if not fresh.is_draft:
        raise CannotSend(gettext_noop("Only a draft can be thrown away."))
    return undoing.take_away(fresh, now=now)


@transaction.atomic
def put_back(session: Session, packed: str, *, now: datetime) -> None:
    """Put back a draft that was thrown away a moment ago. Raises `CannotUndo`."""
    undoing.put_back(undoing.unpacked(Circular, packed, now=now, session_id=session.pk))


def copy(circular: Circular, *, by: Actor, now: datetime) -> Circular:
    """A new draft with the same group and texts."""
    fields = ("session", "parameters", "chosen", *TEXTS)
    made = Circular(**{name: getattr(circular, name) for name in fields})
    save(made, by=by, now=now)
    return made


def plan(now: datetime) -> None:
    """Send the circulars whose moment has come; one that cannot leave becomes a draft again."""
    for number in list(Circular.objects.due(now).values_list("pk", flat=True)):
        try:
            _send_due(number, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            logger.exception("Circular %s could not be sent", number)


@transaction.atomic
def _send_due(number: int, now: datetime) -> None:
    rows = Circular.objects.select_for_update(of=("self",)).due(now)
    circular = rows.select_related("session", "session__programme").filter(pk=number).first()
    if circular is None:
        return  # another worker was first, or it was taken back
    try:
        _refuse_cancelled(circular)
        people = _put_in(circular, now)
    except CannotSend as refusal:
        circular.state, circular.send_at = Circular.State.DRAFT, None
        circular.stopped_reason = refusal.args[0]
        circular.save()
        return
    _record(Action.CIRCULAR_SENT, circular, SYSTEM, now, people=people)


def _refuse_cancelled(circular: Circular) -> None:
    """What was written for a session that was to take place is not sent once it is cancelled."""
    session = circular.session
    if session.is_cancelled and circular.planned_sequence != session.sequence:
        raise CannotSend(gettext_noop("The session was cancelled after this message was planned."))


def _put_in(circular: Circular, now: datetime) -> int:
    """Put everybody's message in the outbox, the suppressed too: theirs fails with that reason."""
    found = reach(circular, now)
    session = circular.session
    useful_until = session.ends_at if now < session.starts_at else now + USEFUL_AFTERWARDS
    outbox.put(
        outbox.Draft(
            key=f"{_stem(circular)}{row.pk}",
            kind=CIRCULAR,
            object_id=row.pk,
            recipient=row.email,
            due_at=now,
            priority=Message.Priority.BULK,
            payload={"state": row.state},
            useful_until=useful_until,
        )
        for row in [*found.people, *found.left_out.get(SUPPRESSED, [])]
    )
    circular.state, circular.sent_at = Circular.State.SENT, now
    circular.save()
    return len(found.people)


def _stem(circular: Circular) -> str:
    return f"circular:{circular.pk}:"


def messages_of(circular: Circular) -> QuerySet[Message]:
    """The messages of a circular that was sent."""
    people = Registration.objects.filter(session=circular.session_id).values("pk")
    return Message.objects.filter(
        kind=CIRCULAR, object_id__in=people, key__startswith=_stem(circular)
    )


def having_fate(rows: QuerySet[Message], fate: Fate) -> QuerySet[Message]:
    """Those messages that had this fate; as `fate_of` tells it."""
    sent = Message.State.SENT
    match fate:
        case Fate.WAITING | Fate.FAILED | Fate.UNCERTAIN:
            return rows.filter(state=fate.value)
        case Fate.SENT:
            return rows.filter(state=sent, outcome="")
        case Fate.WITHDRAWN:
            return rows.filter(state__in=[Message.State.DROPPED, Message.State.WITHDRAWN])
        case _heard:
            return rows.filter(state=sent, outcome=fate.value)


def tallies(session: Session, circulars: Sequence[Circular]) -> dict[int, Counter[Fate]]:
    """For each of these circulars of a session how many messages had which fate, in one query."""
    if not circulars:
        return {}
    whose = [When(key__startswith=_stem(one), then=Value(one.pk)) for one in circulars]
    counted = (
        Message.objects.filter(
            kind=CIRCULAR, object_id__in=session.registrations.order_by().values("pk")
        )
        .annotate(circular=Case(*whose, output_field=IntegerField()))
        .values("circular", "state", "outcome")
        .annotate(number=Count("pk"))
        .order_by()
    )
    found: dict[int, Counter[Fate]] = {one.pk: Counter() for one in circulars}
    for row in counted:
        if row["circular"] is not None:
            fate = fate_of(row["state"], row["outcome"])
            found[row["circular"]][fate] += row["number"]
    return found


def progress(circular: Circular) -> Progress:
    """How far the messages of a circular that was sent are."""
    tally = tallies(circular.session, [circular])[circular.pk]
    return Progress(total=sum(tally.values()), waiting=tally[Fate.WAITING])


def subjects_of(keys: Iterable[str]) -> dict[str, str]:
    """What the circulars are about that messages carry, by the messages' keys."""
    numbers = {key: number_in(key) for key in keys if key.startswith("circular:")}
    there = Circular.objects.in_bulk(set(numbers.values())) if numbers else {}
    return {key: there[number].subject for key, number in numbers.items() if number in there}


def number_in(key: str) -> int:
    """The number of the circular that a message carries."""
    return int(key.split(":")[1])


def _record(
    action: Action, circular: Circular, by: Actor, now: datetime, **details: object
) -> None:
    auditing.record(
        action,
        by=by,
        now=now,
        programme=circular.session.programme,
        about=circular,
        session_id=circular.session_id,
        **details,
    )


# Saying ------------------------------------------------------------------------------------------


def compose(message: Message, now: datetime) -> Letter:
    """The letter of one message of a circular; raises `NotWanted` for who left the group since."""
    registration = messages.registration_of(message)
    circular = _circular(number_in(message.key))
    if circular is None or circular.expired_at is not None:
        raise NotWanted(gettext_noop("The message is no longer there."))
    was = message.payload.get("state", registration.state)
    if registration.is_cancelled and was != Registration.State.CANCELLED:
        raise NotWanted(gettext_noop("The registration was cancelled."))
    if registration.state != was and _is_for_others(circular, registration.state):
        raise NotWanted(gettext_noop("The person is not waiting any more."))
    return letter_of(circular, registration)


def _circular(number: int) -> Circular | None:
    rows = Circular.objects.select_related("session", "session__programme")
    return rows.filter(pk=number).first()


def _is_for_others(circular: Circular, state: str) -> bool:
    """Whether the group was chosen by states, and this is none of them."""
    if circular.chosen is not None:
        return False
    listing = kept_listing(circular.parameters, circular.session)
    states = dict(listing.values).get("state", ())
    is_plain = not listing.is_any and "state" not in listing.inverted
    return bool(states) and is_plain and state not in states


def letter_of(circular: Circular, registration: Registration) -> Letter:
    """What somebody would read, in their language as far as it is written in that.

    Raises `CannotSend` as long as nothing is written.
    """
    reader = registration.language
    code = language_for(circular, reader)
    if code is None:
        raise CannotSend(gettext_noop("Write a subject and a text first."))
    subject, _text = circular.in_language(code)
    texts = {each: circular.in_language(each)[1] for each in circular.languages}
    with translation.override(reader):
        heading = placeholders.line_for_reader(subject, registration, language=code)
        return messages.letter_about(
            registration,
            subject=heading,
            heading=heading,
            greeting="",
            opening=placeholders.in_words_of(texts, registration),
            button=_button(registration),
            facts=messages.ways_in(registration) if registration.is_confirmed else (),
            closing=[_why(registration)],
            is_live=not registration.is_cancelled,
        )


def _button(registration: Registration) -> tuple[str, str]:
    if registration.is_cancelled:
        return _("To the session's page"), registration.session.get_absolute_url()
    return _("View your registration"), registration.get_absolute_url()


def _why(registration: Registration) -> str:
    if registration.is_cancelled:
        return _("You get this message because you had registered for this session.")
    if registration.is_waiting:
        return _("You get this message because you are on the waiting list for this session.")
    return _("You get this message because you registered for this session.")


# Trying out --------------------------------------------------------------------------------------


def sample(circular: Circular, people: Sequence[Registration], language: str) -> Registration:
    """One of the readers, as if they read this language; an example where there is nobody."""
    own = next((row for row in people if row.language == language), None)
    found = own or next(iter(people), None)
    if found is None:
        return showing.example_reader(circular.session, language)
    return showing.in_language(found, circular.session, language)


@transaction.atomic
def try_out(circular: Circular, *, to: User, language: str, now: datetime) -> None:
    """Send a circular to an organiser's own address, as one of its readers gets it.

    Raises `CannotSend` as long as nothing is written, and for who tries without end.
    """
    if not circular.languages:
        raise CannotSend(gettext_noop("Write a subject and a text first."))
    if outbox.put_lately(to.email, since=now - timedelta(hours=1)) >= TRIALS_PER_HOUR:
        raise CannotSend(gettext_noop("You got many mails in the last hour. Try again later."))
    outbox.put(
        [
            outbox.Draft(
                # A double click falls within one second.
                key=f"trial:{circular.pk}:{to.pk}:{language}:{now:%Y%m%d%H%M%S}",
                kind=TRIAL,
                object_id=0,
                recipient=to.email,
                due_at=now,
                payload={"circular": circular.pk, "user": to.pk, "language": language},
                useful_until=now + timedelta(hours=1),
            )
        ]
    )


def compose_trial(message: Message, now: datetime) -> Letter:
    """The letter of a trial: with the words of one reader, and without their codes."""
    circular = _circular(message.payload.get("circular", 0))
    user = User.objects.filter(pk=message.payload.get("user"), is_active=True).first()
    may_see = user and Session.objects.managed_by(user).filter(circulars=circular).exists()
    if circular is None or user is None or not may_see:
        raise NotWanted(gettext_noop("The message is no longer there."))
    try:
        people = reach(circular, now).people
        reader = sample(circular, people, message.payload["language"])
        letter = showing.blotted(letter_of(circular, reader), reader)
    except CannotSend as refusal:
        raise NotWanted(str(refusal)) from refusal
    with translation.override(letter.language):
        subject = _("Test: %(subject)s") % {"subject": letter.subject}
    return replace(letter, recipient=user.email, subject=subject)
