"""Plain builders of real rows, with sane defaults and no surprises.

The default session is on Thursday 10 June 2027, 14u00 – 16u30 in Brussels, with registration
closing before Tuesday 8 June; `NOW` lies a month earlier.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from accounts.models import Membership, Organisation, Programme, Role, User
from events import registering, seating
from events.models import (
    AgendaItem,
    Question,
    Registration,
    Session,
    SessionState,
    Speaker,
    VirtualLink,
)
from events.models.registration import PERSONAL
from events.registering import Applicant
from moments.edges import Closing, Edge
from moments.local import BRUSSELS, local_instant
from procurement.models import Call, Deadline

NOW = datetime(2027, 5, 10, 8, 0, tzinfo=UTC)
LINK = "https://meet.example.org/secret-room"

_number = count(1)


def at(clock: str, day: date = date(2027, 6, 10)) -> datetime:
    """A Brussels wall-clock time, by default on the day of the default session."""
    return local_instant(day, time.fromisoformat(clock), BRUSSELS)


def make_user(*, email: str = "", **fields: Any) -> User:
    """Somebody with an account and the password `secret`."""
    return User.objects.create_user(email or f"user{next(_number)}@example.org", "secret", **fields)


def make_programme(*, slug: str = "", **fields: Any) -> Programme:
    """A programme with a contact."""
    number = next(_number)
    values = {
        "name": f"Programme {number}",
        "contact_name": "Ann Contact",
        "contact_email": "contact@example.org",
    }
    return Programme.objects.create(slug=slug or f"programme-{number}", **(values | fields))


def make_member(programme: Programme, role: Role, **fields: Any) -> User:
    """Somebody who works for a programme in a role."""
    user = make_user(**fields)
    Membership.objects.create(user=user, programme=programme, role=role)
    return user


def make_organiser(programme: Programme, **fields: Any) -> User:
    """Somebody who organises for a programme, and may enter the administration."""
    return make_member(programme, Role.ORGANISER, **{"is_staff": True, **fields})


def make_lead(programme: Programme, **fields: Any) -> User:
    """Somebody who leads a programme, and may enter the administration."""
    return make_member(programme, Role.LEAD, **{"is_staff": True, **fields})


def make_administrator() -> User:
    """Somebody who runs the installation."""
    return User.objects.create_superuser(f"admin{next(_number)}@example.org", "secret")


def make_organisation(*, name: str = "Departement Voorbeeld", **fields: Any) -> Organisation:
    """An organisation; call `directory.index_names` to make it findable."""
    values = {"slug": f"organisation-{next(_number)}", "kind": "flemish_agency", "level": "flemish"}
    return Organisation.objects.create(name=name, **(values | fields))


def make_session(
    *,
    capacity: int | None = None,
    closing: Closing | None = None,
    link: str = "",
    **fields: Any,
) -> Session:
    """A published session, open for registration at `NOW`."""
    closing = closing or Closing.from_local(Edge.BEFORE_DATE, date(2027, 6, 8), None, BRUSSELS)
    number = next(_number)
    values = {
        "slug": f"session-{number}",
        "title": f"Artificiële intelligentie {number}",
        "status": Session.Status.PUBLISHED,
        "starts_at": at("14:00"),
        "ends_at": at("16:30"),
        "registration_edge": closing.edge,
        "registration_closes_at": closing.closes_at,
    }
    if "programme" not in fields:
        values["programme"] = make_programme()
    session = Session.objects.create(**(values | fields))
    seating.set_capacity(session, capacity, now=NOW)
    if link:
        VirtualLink.objects.create(session=session, url=link)
    return session


def make_session_in(state: SessionState, **fields: Any) -> Session:
    """A session that is in this state at `NOW`."""
    hour = timedelta(hours=1)
    over = Closing.from_local(Edge.BEFORE_DATE, date(2027, 5, 3), None, BRUSSELS)
    values: dict[SessionState, dict[str, Any]] = {
        SessionState.DRAFT: {"status": Session.Status.DRAFT},
        SessionState.NOT_YET_OPEN: {"registration_opens_at": NOW + hour},
        SessionState.OPEN: {"capacity": 1},
        SessionState.WAITING_LIST: {"capacity": 0},
        SessionState.FULL: {"capacity": 0, "has_waiting_list": False},
        SessionState.CLOSED: {"closing": over},
        SessionState.RUNNING: {"closing": over, "starts_at": NOW - hour, "ends_at": NOW + hour},
        SessionState.PAST: {"closing": over, "starts_at": NOW - hour, "ends_at": NOW},
        SessionState.CANCELLED: {
            "status": Session.Status.CANCELLED,
            "cancellation_reason": "De spreker is ziek.",
        },
    }
    return make_session(**(values[state] | fields))


def make_agenda_item(
    session: Session, start: str = "14:00", end: str = "14:45", **fields: Any
) -> AgendaItem:
    """An agenda item on the day of the default session, from Brussels clock times."""
    values = {"title": f"Bijdrage {next(_number)}", "starts_at": at(start), "ends_at": at(end)}
    return AgendaItem.objects.create(session=session, **(values | fields))


def make_speaker(item: AgendaItem, *, name: str = "", role: str = "Spreker") -> Speaker:
    """Somebody who speaks at an item."""
    number = next(_number)
    speaker = Speaker.objects.create(name=name or f"Spreker {number}", slug=f"speaker-{number}")
    item.contributions.create(speaker=speaker, role=role)
    return speaker


def make_question(
    session: Session, text: str = "Welke werkgroep kiest u?", *options: str, **fields: Any
) -> Question:
    """A question on the form of a session, the last one; with choices it is one choice."""
    kind = Question.Kind.CHOICE if options else Question.Kind.TEXT
    values = {"kind": kind, "position": session.questions.count(), "text": text}
    named = [{"code": f"option{number}", "nl": words} for number, words in enumerate(options)]
    return Question.objects.create(session=session, options=named, **(values | fields))


def applicant(email: str = "", **fields: Any) -> Applicant:
    """What somebody fills in."""
    values = {"name": "Jan Peeters", "organisation_name": "Stad Voorbeeld", "language": "nl"}
    return Applicant(email=email or f"person{next(_number)}@example.org", **(values | fields))


def make_registration(
    session: Session, *, email: str = "", now: datetime = NOW, **fields: Any
) -> Registration:
    """Somebody registered by the rules: with a seat, or in line when there is none."""
    outcome = registering.register(session, applicant(email, **fields), received_at=now)
    return outcome.registration


def anonymise(registration: Registration) -> None:
    """What remains of a registration when its time is over."""
    Registration.objects.filter(pk=registration.pk).update(
        anonymised_at=NOW, **dict.fromkeys(PERSONAL, "")
    )


def make_call(**fields: Any) -> Call:
    """A published call without a deadline."""
    number = next(_number)
    values = {
        "slug": f"call-{number}",
        "title": f"Oproep {number}",
        "status": Call.Status.PUBLISHED,
    }
    if "programme" not in fields:
        values["programme"] = make_programme()
    return Call.objects.create(**(values | fields))


def make_deadline(
    *, call: Call | None = None, closing: Closing | None = None, **fields: Any
) -> Deadline:
    """A submission deadline, by default "uiterlijk vrijdag 24 september 2027 om 24u00"."""
    closing = closing or Closing.from_local(Edge.AT_TIME, date(2027, 9, 24), None, BRUSSELS)
    return Deadline.objects.create(
        **{
            "call": call or make_call(),
            "edge": closing.edge,
            "closes_at": closing.closes_at,
            "dated_at": NOW - days(100),
            "is_hour_stated": closing.hour_is_stated,
            "time_zone": closing.zone.key,
            **fields,
        }
    )


def days(number: float) -> timedelta:
    """A length of time in days of 24 hours."""
    return timedelta(days=number)
