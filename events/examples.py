"""Every mail about sessions with example data, caused by the acts that cause it in real life."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts.auditing import SYSTEM
from accounts.models import Membership, Programme, User
from events import (
    afterwards,
    circulars,
    groups,
    inviting,
    materials,
    messages,
    registering,
    rescheduling,
    seating,
    warning,
)
from events.groups import Requester
from events.messages import Change
from events.models import (
    Circular,
    Presence,
    Registration,
    RegistrationGroup,
    Session,
    Speaker,
    VirtualLink,
)
from events.registering import Applicant
from events.rescheduling import When
from mailing.examples import Examples
from mailing.models import Message
from moments.edges import Edge
from moments.local import BRUSSELS, day_before

_OWNER = Registration.CancelledBy.OWNER
_ORGANISER = Registration.CancelledBy.ORGANISER


def _session(now: datetime, *, days_ahead: int = 30, **fields: Any) -> Session:
    """A published session some weeks ahead, online and on site."""
    mark = secrets.token_hex(4)
    programme = Programme.objects.create(
        slug=f"voorbeeld-{mark}",
        name="PIO",
        full_name="Programma Innovatieve Overheidsopdrachten",
        contact_name="Ann Janssens",
        contact_email="ann.janssens@example.org",
        colour="#00695c",
    )
    starts_at = _clock(now, days_ahead, 14)
    values: dict[str, Any] = {
        "programme": programme,
        "slug": f"voorbeeld-{mark}",
        "status": Session.Status.PUBLISHED,
        "title_nl": "Taalmodellen in de overheid",
        "title_fr": "Les modèles de langage dans l’administration",
        "title_en": "Language models in government",
        "attendance": Session.Attendance.HYBRID,
        "venue_nl": "Herman Teirlinckgebouw, Havenlaan 88, 1000 Brussel",
        "venue_fr": "Bâtiment Herman Teirlinck, avenue du Port 88, 1000 Bruxelles",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2, minutes=30),
        "registration_edge": Edge.BEFORE_DATE,
        "registration_closes_at": _clock(now, days_ahead - 2, 0),
    }
    session = Session.objects.create(**(values | fields))
    seating.set_capacity(session, 20, now=now)
    VirtualLink.objects.create(session=session, url="https://vergadering.example.org/kamer")
    return session


def _clock(now: datetime, days_ahead: int, hour: int) -> datetime:
    at = now.time().replace(hour=hour, minute=0, second=0, microsecond=0)
    return day_before(now, BRUSSELS, days=-days_ahead, at=at)


def _person(language: str, name: str = "Jan Peeters") -> Applicant:
    address = f"{name.lower().replace(' ', '.')}@example.org"
    return Applicant(name, address, "Stad Voorbeeld", language=language)


def _register(
    session: Session, language: str, now: datetime, name: str = "Jan Peeters"
) -> Registration:
    made = registering.register(
        session, _person(language, name), received_at=now, by_organiser=True
    )
    return made.registration


def _told(registration: Registration, kind: str) -> Message:
    return Message.objects.filter(object_id=registration.pk, kind=kind).latest("pk")


def _registered(language: str, now: datetime) -> Message:
    return _told(_register(_session(now), language, now), messages.REGISTERED)


def _registered_by_colleague(language: str, now: datetime) -> Message:
    session = _session(now, asks_diet=True)
    group = groups.register(
        session,
        [_person(language), _person(language, "Els Maes")],
        requested_by=Requester("Els Maes", "els.maes@example.org", language),
        is_together=True,
        received_at=now,
    )
    return _told(group.registrations.get(name="Jan Peeters"), messages.REGISTERED)


def _overview(language: str, now: datetime) -> Message:
    message = _registered_by_colleague(language, now)
    group = RegistrationGroup.objects.get(registrations=message.object_id)
    return Message.objects.get(kind=messages.OVERVIEW, object_id=group.pk)


def _registered_as_substitute(language: str, now: datetime) -> Message:
    first = _register(_session(now), language, now, "Els Maes")
    registering.substitute(first, _person(language), now=now)
    return _told(Registration.objects.get(substitute_for=first), messages.REGISTERED)


def _registered_late(language: str, now: datetime) -> Message:
    return _told(
        _register(_session(now, days_ahead=1, link_days_before=2), language, now),
        messages.REGISTERED,
    )


def _in_line(language: str, now: datetime) -> Registration:
    session = _session(now)
    seating.set_capacity(session, 0, now=now)
    return _register(session, language, now)


def _waiting(language: str, now: datetime) -> Message:
    return _told(_in_line(language, now), messages.WAITING)


def _waiting_together(language: str, now: datetime) -> Message:
    session = _session(now)
    seating.set_capacity(session, 1, now=now)
    group = groups.register(
        session,
        [_person(language), _person(language, "Els Maes")],
        requested_by=Requester("Els Maes", "els.maes@example.org", language),
        is_together=True,
        received_at=now,
    )
    return _told(group.registrations.get(name="Jan Peeters"), messages.WAITING)


def _promoted(language: str, now: datetime) -> Message:
    registration = _in_line(language, now)
    seating.place(registration, now=now)
    return _told(registration, messages.PROMOTED)


def _again(language: str, now: datetime) -> Message:
    registration = _register(_session(now), language, now)
    registering.send_again(registration, now=now)
    return _told(registration, messages.AGAIN)


def _cancelled(by: Registration.CancelledBy) -> Callable[[str, datetime], Message]:
    def cause(language: str, now: datetime) -> Message:
        registration = _register(_session(now), language, now)
        registering.cancel(registration, now=now, by=by)
        return _told(registration, messages.CANCELLED)

    return cause


def _passed_on(language: str, now: datetime) -> Message:
    registration = _register(_session(now), language, now)
    registering.substitute(registration, _person(language, "Els Maes"), now=now)
    return _told(registration, messages.CANCELLED)


def _moved_to_another(language: str, now: datetime) -> Message:
    registration = _register(_session(now), language, now)
    registering.move_to(registration, _session(now, days_ahead=60), now=now)
    return _told(registration, messages.CANCELLED)


def _session_cancelled(language: str, now: datetime) -> Message:
    session = _session(
        now,
        cancellation_reason_nl="De spreker is ziek.",
        cancellation_reason_fr="L’oratrice est malade.",
        cancellation_reason_en="The speaker is ill.",
    )
    registration = _register(session, language, now)
    rescheduling.cancel_session(session, now=now)
    return _told(registration, messages.SESSION_CANCELLED)


def _moved(language: str, now: datetime) -> Message:
    session = _session(now)
    registration = _register(session, language, now)
    week = timedelta(days=7)
    rescheduling.move(session, When(session.starts_at + week, session.ends_at + week), now=now)
    return _told(registration, messages.CHANGED)


def _elsewhere(language: str, now: datetime) -> Message:
    session = _session(now)
    registration = _register(session, language, now)
    was = messages.as_told(session)
    venues = {
        "venue_nl": "Vlaams Parlement, Leuvenseweg 86, 1000 Brussel",
        "venue_fr": "Parlement flamand, rue de Louvain 86, 1000 Bruxelles",
    }
    Session.objects.filter(pk=session.pk).update(**venues)
    session.refresh_from_db()
    messages.tell_of_change(session, Change.PLACE, now=now, was=was)
    return _told(registration, messages.CHANGED)


def _moved_while_waiting(language: str, now: datetime) -> Message:
    registration = _in_line(language, now)
    session, day = registration.session, timedelta(days=1)
    rescheduling.move(session, When(session.starts_at + day, session.ends_at + day), now=now)
    return _told(registration, messages.CHANGED)


def _link(language: str, now: datetime) -> Message:
    registration = _register(_session(now), language, now)
    messages.plan(registration.session.link_released_at)
    return _told(registration, messages.LINK)


def _links(language: str, now: datetime) -> Message:
    first = _register(_session(now), language, now)
    _register(_session(now, days_ahead=60), language, now)
    messages.tell_links(first.email, now=now)
    return Message.objects.filter(kind=messages.LINKS, recipient=first.email).latest("pk")


def _circular(session: Session, now: datetime) -> Circular:
    """A message of which nothing is written in English."""
    texts = {
        "subject_nl": "Breng uw laptop mee",
        "text_nl": "Beste {naam},\n\nWij zien u graag op {wanneer}. Breng mee:\n\n- uw laptop\n"
        "- een concrete vraag\n\nU neemt deel [via uw pagina]({deelnamelink}).\n\n"
        "Met vriendelijke groeten\n{contact}",
        "subject_fr": "Apportez votre ordinateur portable",
        "text_fr": "Bonjour {nom},\n\nNous nous réjouissons de vous accueillir {quand}. Apportez :"
        "\n\n- votre ordinateur portable\n- une question concrète\n\nVous participez "
        "[via votre page]({lien}).\n\nCordialement\n{contact}",
    }
    circular = Circular(session=session, parameters="state=confirmed", **texts)
    circulars.save(circular, by=SYSTEM, now=now)
    return circular


def _written(language: str, now: datetime) -> Message:
    session = _session(now)
    registration = _register(session, language, now)
    circulars.send(_circular(session, now), by=SYSTEM, now=now)
    return _told(registration, messages.CIRCULAR)


def _tried_out(language: str, now: datetime) -> Message:
    session = _session(now)
    _register(session, language, now)
    user = User.objects.create_user(f"{secrets.token_hex(4)}@example.org", language=language)
    Membership.objects.create(user=user, programme=session.programme)
    circular = _circular(session, now)
    circulars.try_out(circular, to=user, language=language, now=now)
    return Message.objects.filter(recipient=user.email).latest("pk")


def _warned(session: Session, language: str, now: datetime) -> Message:
    user = User.objects.create_user(
        f"{secrets.token_hex(4)}@example.org", name="Ann Janssens", language=language
    )
    Membership.objects.create(user=user, programme=session.programme)
    warning.plan(now)
    return Message.objects.filter(recipient=user.email).latest("pk")


def _link_missing(language: str, now: datetime) -> Message:
    session = _session(now, days_ahead=1)
    _register(session, language, now)
    VirtualLink.objects.filter(session=session).delete()
    return _warned(session, language, session.link_released_at)


def _mail_missing(language: str, now: datetime) -> Message:
    session = _session(now)
    _register(session, language, now)
    return _warned(session, language, session.starts_at - timedelta(hours=1))


def _speaker_invited(language: str, now: datetime) -> Message:
    session = _session(now, language=language)
    speaker = Speaker.objects.create(name="Ann Janssens", slug=secrets.token_hex(8))
    email = f"{secrets.token_hex(4)}@example.org"
    inviting.invite(session, speaker, email, by=SYSTEM, now=now)
    return Message.objects.get(kind=inviting.KIND, recipient=email)


def _afterwards(language: str, now: datetime) -> Message:
    session = _session(now)
    registration = _register(session, language, now)
    starts_at = now - timedelta(hours=3)
    Session.objects.filter(pk=session.pk).update(
        starts_at=starts_at, ends_at=now - timedelta(hours=1), registration_closes_at=starts_at
    )
    session.refresh_from_db()
    Presence.objects.create(registration=registration, state="present", how="online", marked_at=now)
    for title in ("Opname", "Zeg ons wat u ervan vond"):
        url = "https://video.example.org/opname"
        link = materials.add_link(session, title=title, url=url, by=SYSTEM, now=now)
        materials.set_shown(link, is_shown=True, by=SYSTEM, now=now)
    afterwards.tell(session, only_present=True, by=SYSTEM, now=now)
    return Message.objects.get(kind=messages.AFTERWARDS, object_id=registration.pk)


EXAMPLES: Examples = {
    messages.REGISTERED: _registered,
    f"{messages.REGISTERED}-by-a-colleague": _registered_by_colleague,
    f"{messages.REGISTERED}-instead": _registered_as_substitute,
    f"{messages.REGISTERED}-after-release": _registered_late,
    messages.OVERVIEW: _overview,
    messages.WAITING: _waiting,
    f"{messages.WAITING}-together": _waiting_together,
    messages.PROMOTED: _promoted,
    messages.AGAIN: _again,
    f"{messages.CANCELLED}-by-oneself": _cancelled(_OWNER),
    f"{messages.CANCELLED}-by-organiser": _cancelled(_ORGANISER),
    f"{messages.CANCELLED}-passed-on": _passed_on,
    f"{messages.CANCELLED}-moved": _moved_to_another,
    messages.SESSION_CANCELLED: _session_cancelled,
    f"{messages.CHANGED}-time": _moved,
    f"{messages.CHANGED}-place": _elsewhere,
    f"{messages.CHANGED}-while-waiting": _moved_while_waiting,
    messages.LINK: _link,
    messages.LINKS: _links,
    messages.CIRCULAR: _written,
    circulars.TRIAL: _tried_out,
    inviting.KIND: _speaker_invited,
    messages.AFTERWARDS: _afterwards,
    "organisers.link_missing": _link_missing,
    "organisers.mail_missing": _mail_missing,
}
