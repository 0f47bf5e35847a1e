"""The mail after a session: slides, a recording, a form for feedback, the certificate; once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.auditing import Actor, record
from accounts.models import Action
from events.ledger import Progress
from events.materials import shown_of
from events.messages import AFTERWARDS, absolute, letter_about, registration_of
from events.models import Registration, RegistrationQuerySet, Session
from events.printing import has_certificate
from events.showing import blotted
from mailing import outbox
from mailing.letters import Fact, Letter, NotWanted
from mailing.models import Message

# Later than this nobody waits for it any more.
USEFUL = timedelta(days=30)


def readers(session: Session, *, only_present: bool) -> RegistrationQuerySet:
    """Who would get it now: of those with a seat, or who were there, who did not get it yet."""
    theirs = Message.objects.filter(kind=AFTERWARDS, object_id=OuterRef("pk"))
    rows = session.registrations.named().confirmed()
    if only_present:
        rows = rows.there()
    return rows.exclude(Exists(theirs.exclude(state=Message.State.WITHDRAWN))).order_by("pk")


def can_tell(session: Session, now: datetime) -> bool:
    """Whether there is something to tell: the session is over and shows something."""
    return shown_of(session, now).exists() and now < session.ends_at + USEFUL


@transaction.atomic
def tell(session: Session, *, only_present: bool, by: Actor, now: datetime) -> int:
    """Mail them; how many. Who got it already gets nothing: pressing twice is harmless."""
    if not can_tell(session, now):
        return 0
    # One at a time: the second one finds what the first one did.
    Session.objects.select_for_update().get(pk=session.pk)
    found = list(readers(session, only_present=only_present))
    outbox.put_again(messages_of(session).filter(object_id__in=[row.pk for row in found]), now=now)
    outbox.put(
        outbox.Draft(
            key=f"registration:{row.pk}:afterwards",
            kind=AFTERWARDS,
            object_id=row.pk,
            recipient=row.email,
            due_at=now,
            useful_until=session.ends_at + USEFUL,
        )
        for row in found
    )
    if found:
        record(
            Action.CIRCULAR_SENT,
            by=by,
            now=now,
            programme=session.programme,
            about=session,
            session_id=session.pk,
            mails=len(found),
        )
    return len(found)


@transaction.atomic
def take_back(session: Session, *, by: Actor, now: datetime) -> int:
    """Take back what has not left; how many. They can be sent again later."""
    reason = gettext_noop("The organiser took the message back.")
    taken_back = outbox.take_back(messages_of(session), now=now, reason=reason)
    if taken_back:
        record(
            Action.CIRCULAR_WITHDRAWN,
            by=by,
            now=now,
            programme=session.programme,
            about=session,
            session_id=session.pk,
            mails=taken_back,
        )
    return taken_back


def messages_of(session: Session) -> QuerySet[Message]:
    """The mails of this kind about a session."""
    people = session.registrations.order_by().values("pk")
    return Message.objects.filter(kind=AFTERWARDS, object_id__in=people)


def progress(session: Session) -> Progress:
    """How far they are; what was taken back does not count."""
    rows = messages_of(session).exclude(state=Message.State.WITHDRAWN)
    waiting = Count("pk", filter=Q(state=Message.State.WAITING))
    return Progress(**rows.aggregate(total=Count("pk"), waiting=waiting))


def example(session: Session, *, only_present: bool, now: datetime) -> Letter | None:
    """The mail as the first of its readers would get it, without their codes."""
    first = readers(session, only_present=only_present).first()
    if first is None:
        return None
    first.session = session
    with translation.override(first.language):
        return blotted(_letter(first, now), first)


def compose(message: Message, now: datetime) -> Letter:
    """The letter; raises `NotWanted` once nothing is shown any more."""
    registration = registration_of(message)
    with translation.override(registration.language):
        return _letter(registration, now)


def _letter(registration: Registration, now: datetime) -> Letter:
    session = registration.session
    materials = list(shown_of(session, now))
    if not registration.is_confirmed:
        raise NotWanted(gettext_noop("The person has no seat any more."))
    if not materials:
        raise NotWanted(gettext_noop("Nothing of the session is shown any more."))
    facts: list[Fact] = [
        (
            _("Link") if material.url else _("Slides"),
            material.title,
            material.url or absolute(material.address),
        )
        for material in materials
    ]
    was_there = has_certificate(registration, now)
    if was_there:
        certificate = absolute(registration.get_certificate_url())
        facts.append((_("Certificate"), _("Attendance certificate (PDF)"), certificate))
    thanks = (
        _("Thank you for taking part. Below you find what the session leaves behind.")
        if was_there
        else _("The session is over. Below you find what it leaves behind.")
    )
    return letter_about(
        registration,
        subject=_("Slides and more: %(title)s") % {"title": session.title},
        heading=_("Slides and more of the session"),
        opening=[thanks],
        facts=facts,
        button=(_("See it on your own page"), registration.get_absolute_url()),
        is_live=False,
    )
