"""What registrations hold on somebody: reading it, erasing it, and what expires by itself."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

import mailing.privacy
from accounts import auditing, erasures
from accounts.auditing import SYSTEM, Actor
from accounts.codes import new_public_id
from accounts.models import Action, Programme, marks_of
from accounts.privacy import (
    Held,
    forget_in_administration,
    instant,
    remembered_in_administration,
)
from events import answering, messages, registering
from events.models import (
    Circular,
    Consent,
    Needs,
    Question,
    Registration,
    RegistrationGroup,
    RegistrationQuerySet,
    Session,
    SessionQuerySet,
)
from events.models.circular import TEXTS
from events.models.registration import PERSONAL
from mailing.models import Message

logger = logging.getLogger("events")

BATCH_SIZE = 500
# Needs may reveal health or belief: they are kept no longer than the session needs them.
NEEDS_KEPT = timedelta(days=30)


def addresses() -> Iterator[str]:
    """Every address held here."""
    kept = Registration.objects.named().order_by("email_key")
    yield from kept.values_list("email_key", flat=True).distinct().iterator()


def kept_until(session: Session) -> datetime:
    """Until when its registrations carry names."""
    return session.ends_at + timedelta(days=session.programme.retention_days)


# Reading -----------------------------------------------------------------------------------------


def held(email: str) -> Held:
    """What is held on the registrations of an address, and on the groups it registered."""
    groups = messages.groups_requested_by(email).exclude(requested_by="").select_related("session")
    asked = [
        {
            _("Session"): group.session.title,
            _("Name"): group.requested_by,
            _("Registered on"): instant(group.received_at),
        }
        for group in groups.order_by("pk")
    ]
    found = _registrations_held(Registration.objects.of_addresses([email]))
    return found | ({_("Groups you registered"): asked} if asked else {})


def held_on(registration: Registration) -> Held:
    """What is held on one registration, and of the mails about it."""
    found = _registrations_held(Registration.objects.filter(pk=registration.pk))
    return found | mailing.privacy.facts(messages.about([registration.pk]))


def _registrations_held(registrations: RegistrationQuerySet) -> Held:
    rows = (
        registrations.select_related("session__programme", "needs", "group", "presence")
        .prefetch_related("consents", "answers")
        .order_by("session__starts_at", "pk")
    )
    asked = Question.objects.filter(answers__registration__in=registrations).distinct()
    questions = list(asked)
    entries = [_facts(row, questions) for row in rows]
    return {_("Registrations"): entries} if entries else {}


def _facts(registration: Registration, questions: Sequence[Question]) -> dict[str, str]:
    session = registration.session
    needs = getattr(registration, "needs", None)
    group = registration.group
    presence = getattr(registration, "presence", None)
    said = {
        _("Session"): session.title,
        _("When"): instant(session.starts_at),
        _("State"): registration.get_state_display(),
        _("Name"): registration.name,
        _("E-mail address"): registration.email,
        _("Organisation"): registration.organisation_name,
        _("Job title"): registration.job_title,
        _("Language of our e-mails"): registration.get_language_display(),
        _("Registered on"): instant(registration.received_at),
        _("Registered by"): group.requested_by if group else "",
        _("What you need to take part"): needs.access if needs else "",
        _("What you do not eat"): needs.diet if needs else "",
        **_answers(registration, questions),
        _("You agreed to"): "; ".join(row.wording for row in registration.consents.all()),
        _("Presence"): presence.get_state_display() if presence else "",
        _("How you took part"): presence.get_how_display() if presence else "",
        _("Presence marked on"): instant(presence.marked_at) if presence else "",
        pgettext("data", "Kept until"): instant(kept_until(session)),
    }
    return {label: value for label, value in said.items() if value}


def _answers(registration: Registration, questions: Sequence[Question]) -> dict[str, str]:
    given = answering.given_by(registration)
    return {
        _("Your answer to “%(question)s”") % {"question": each.text}: each.said(given[each.pk])
        for each in questions
        if each.pk in given
    }


# Erasing -----------------------------------------------------------------------------------------


@transaction.atomic
def erase(email: str, *, now: datetime, by: Actor, before: datetime | None = None) -> int:
    """Erase the registrations of an address; `before` leaves what came after it. How many."""
    rows = Registration.objects.of_addresses([email])
    if before is not None:
        rows = rows.filter(received_at__lte=before)
    # Seats are taken in one order, so that no two people wait for each other.
    chosen = list(rows.select_related("session__programme").order_by("session_id", "pk"))
    for registration in chosen:
        _erase(registration, now=now, by=by)
    # Who registered colleagues and does not come along stands here only.
    groups = messages.groups_requested_by(email)
    if before is not None:
        groups = groups.filter(received_at__lte=before)
    groups.update(requested_by="")
    messages.forget_in_overviews(email)
    return len(chosen)


@transaction.atomic
def erase_registration(registration: Registration, *, now: datetime, by: Actor) -> None:
    """Erase one registration, and remember it, so that no restored backup brings it back."""
    marks = registration_marks(registration.public_id)
    _erase(registration, now=now, by=by)
    erasures.remember(marks, now=now)


def registration_marks(public_id: str) -> list[str]:
    """The marks of one registration, by what was random about it."""
    return marks_of(f"registration {public_id}")


def erase_again(erased: dict[str, datetime], *, now: datetime) -> int:
    """Erase the registrations that were erased by themselves and are back; how many."""
    number = 0
    rows = Registration.objects.named().select_related("session__programme")
    for row in rows.order_by("session_id", "pk").iterator():
        moment = erasures.latest(registration_marks(row.public_id), erased)
        if moment is not None and row.received_at <= moment:
            _erase(row, now=now, by=SYSTEM)
            number += 1
    return number


@transaction.atomic
def _erase(registration: Registration, *, now: datetime, by: Actor) -> None:
    """Free the seat for who is next in line, then leave nothing but a count."""
    session = registration.session
    if not registration.is_cancelled and now < session.ends_at:
        registering.cancel(registration, now=now, by=Registration.CancelledBy.OWNER)
    if not _anonymise([registration.pk], now=now)["registrations"]:
        return  # somebody else was first, and wrote it down
    auditing.record(
        Action.DATA_ERASED,
        by=by,
        now=now,
        programme=session.programme,
        about=registration,
        session_id=session.pk,
        registrations=1,
    )


def _anonymise(numbers: Sequence[int], *, now: datetime) -> dict[str, Any]:
    """Take everything off registrations that tells whose they were; how much of what went.

    State, session, presence, organisation in the directory and moments stay: they are what is
    counted. How often a choice was made stays too, apart from who made it. A public body is no
    person. The codes in mails and calendars open nothing any more.
    """
    rows = Registration.objects.named().filter(pk__in=numbers).select_related("group")
    kept = list(rows.select_for_update(of=("self",)).order_by("pk"))
    numbers = [row.pk for row in kept]
    requested = [row.group_id for row in kept if row.is_requester]
    for row in kept:
        for field in PERSONAL:
            setattr(row, field, "")
        row.public_id = new_public_id()
        row.substitute_for = row.line_number = None
        row.anonymised_at = now
    changed = [*PERSONAL, "public_id", "substitute_for", "line_number", "anonymised_at"]
    Registration.objects.bulk_update(kept, changed, batch_size=100)
    Registration.objects.filter(substitute_for__in=numbers).update(substitute_for=None)
    named = Registration.objects.named().filter(group=OuterRef("pk"))
    RegistrationGroup.objects.filter(
        Q(pk__in=requested) | Q(~Exists(named), registrations__in=numbers)
    ).update(requested_by="")
    Consent.objects.filter(registration__in=numbers).delete()
    needs = Needs.objects.filter(registration__in=numbers).delete()[0]
    answering.forget(numbers)
    mails = mailing.privacy.forget(messages.about(numbers), now=now)
    forget_in_administration(Registration, numbers)
    return {"registrations": len(kept), "needs": needs, "mails": mails}


# Expiring ----------------------------------------------------------------------------------------


def expire(now: datetime) -> int:
    """Forget what is kept for a time only; how many sessions that could not be done for.

    A session that fails holds up no other; it is tried again the next night and stands in the
    organisers' overview until then. Harmless when repeated, and when it is killed halfway.
    """
    return (
        _for_each(_sessions_with_old_needs(now), _expire_needs, now)
        + _for_each(sessions_due(now), _expire_registrations, now)
        + _for_each(_sessions_with_old_circulars(now), _expire_circulars, now)
    )


def sessions_due(now: datetime) -> Iterator[Session]:
    """The sessions whose registrations may no longer carry names and still do."""
    named = Registration.objects.named().filter(session=OuterRef("pk"))
    for programme in Programme.objects.order_by("pk"):
        is_over = now - timedelta(days=programme.retention_days)
        due = Session.objects.filter(Exists(named), programme=programme, ends_at__lte=is_over)
        yield from due.select_related("programme").order_by("ends_at", "pk")


def _sessions_with_old_needs(now: datetime) -> Iterator[Session]:
    old = Needs.objects.filter(registration__session=OuterRef("pk"))
    due = Session.objects.filter(Exists(old), ends_at__lte=now - NEEDS_KEPT)
    yield from due.select_related("programme").order_by("ends_at", "pk")


def _sessions_with_old_circulars(now: datetime) -> Iterator[Session]:
    written = Circular.objects.filter(session=OuterRef("pk"), expired_at=None)
    for programme in Programme.objects.order_by("pk"):
        is_over = now - timedelta(days=programme.retention_days)
        due = Session.objects.filter(Exists(written), programme=programme, ends_at__lte=is_over)
        yield from due.order_by("ends_at", "pk")


def _for_each(
    sessions: Iterator[Session], expire_one: Callable[[Session, datetime], None], now: datetime
) -> int:
    failed = 0
    for session in list(sessions):
        try:
            expire_one(session, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            logger.exception("What is held for session %s could not be forgotten", session.pk)
            failed += 1
    return failed


def _expire_needs(session: Session, now: datetime) -> None:
    old = Needs.objects.filter(registration__session=session).order_by("pk")
    while numbers := list(old.values_list("pk", flat=True)[:BATCH_SIZE]):
        with transaction.atomic():
            gone = Needs.objects.filter(pk__in=numbers).delete()[0]
            _record_expired(session, now, {"needs": gone})


def _expire_registrations(session: Session, now: datetime) -> None:
    RegistrationGroup.objects.filter(session=session).update(requested_by="")
    mailing.privacy.forget(messages.overviews_of(session), now=now)
    named = Registration.objects.named().filter(session=session).order_by("pk")
    while numbers := list(named.values_list("pk", flat=True)[:BATCH_SIZE]):
        with transaction.atomic():
            _record_expired(session, now, _anonymise(numbers, now=now))


def _expire_circulars(session: Session, now: datetime) -> None:
    """Erase what was written to attendees; that it was sent, when and to how many, stays."""
    kept = Circular.objects.filter(session=session, expired_at=None)
    kept.filter(state__in=[Circular.State.DRAFT, Circular.State.PLANNED]).delete()
    kept.update(expired_at=now, **dict.fromkeys(TEXTS, ""))


def _record_expired(session: Session, now: datetime, counts: dict[str, Any]) -> None:
    auditing.record(
        Action.DATA_EXPIRED,
        by=SYSTEM,
        now=now,
        programme=session.programme,
        about=session,
        session_id=session.pk,
        **counts,
    )


def forget_orphans(now: datetime) -> int:
    """Forget what mails and the administration's history tell of registrations deleted since.

    How many mails.
    """
    there = Registration.objects.filter(pk=OuterRef("object_id"))
    orphans = Message.objects.filter(~Exists(there), kind__in=messages.KINDS)
    remembered = remembered_in_administration(Registration)
    gone = remembered - set(Registration.objects.in_bulk(remembered))
    forget_in_administration(Registration, gone)
    return mailing.privacy.forget(orphans, now=now)


# Overview ----------------------------------------------------------------------------------------


def with_held(sessions: SessionQuerySet) -> SessionQuerySet:
    """Those sessions of which names are still held, with how many names, needs and mails."""
    registrations = Registration.objects.filter(session=OuterRef(OuterRef("pk")))
    named = Registration.objects.named().filter(session=OuterRef("pk"))
    mails = messages.about(registrations.values("pk")).exclude(recipient="")
    return sessions.filter(Exists(named)).annotate(
        names_held=_number_of(named),
        needs_held=_number_of(Needs.objects.filter(registration__session=OuterRef("pk"))),
        mails_held=_number_of(mails),
    )


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


def number_due(programme: Programme, *, retention_days: int, now: datetime) -> int:
    """How many registrations would have to be made anonymous if they were kept so many days."""
    is_over = now - timedelta(days=retention_days)
    due = Registration.objects.named().filter(session__programme=programme)
    return due.filter(session__ends_at__lte=is_over).count()
