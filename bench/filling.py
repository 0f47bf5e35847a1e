"""The data that is measured with: made in bulk, of the shape that people make."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from accounts.models import Organisation, Programme
from bench.bare.models import Entry, Gate, Page
from events import seating, seeding
from events.models import AgendaItem, Registration, SeatCount, Session, VirtualLink
from mailing.models import Message
from moments.edges import Edge
from procurement.models import Call, Deadline

LINK = "https://meet.example.org/ai4gov"
LANGUAGES = ("nl", "nl", "nl", "fr", "en")
_number = count(1)


def settle() -> None:
    """Have the database do what it soon does by itself: count its rows, and clear away old ones."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def session(*, capacity: int | None) -> Session:
    """The real programme of 10 June 2021 in the near future, open for registration."""
    now = timezone.now()
    made = seeding.load_example(now)
    # So that the next call makes another one.
    made.is_example = False
    made.slug = f"sessie-{next(_number)}"
    made.save()
    seating.set_capacity(made, capacity, now=now)
    return made


def sessions(number: int, *, registrants: int = 0, days_ahead: int = 20) -> list[Session]:
    """Published sessions, four a day from some days ahead, each with registrants."""
    now = timezone.now()
    programme = Programme.objects.get(slug="pio")
    made = Session.objects.bulk_create(
        [
            _session(programme, next(_number), now + timedelta(days=days_ahead, hours=6 * position))
            for position in range(number)
        ],
        batch_size=500,
    )
    SeatCount.objects.bulk_create(
        [SeatCount(session=each, capacity=1_000_000, taken=registrants) for each in made],
        batch_size=500,
    )
    VirtualLink.objects.bulk_create(
        [VirtualLink(session=each, url=LINK) for each in made], batch_size=500
    )
    AgendaItem.objects.bulk_create(
        [item for each in made for item in _agenda(each)], batch_size=500
    )
    for each in made:
        registrations(each, registrants)
    return made


def _session(programme: Programme, number: int, starts_at: datetime) -> Session:
    texts: dict[str, Any] = {
        "title_nl": f"Artificiële intelligentie voor uw dienst, deel {number}",
        "title_fr": f"L’intelligence artificielle pour votre service, partie {number}",
        "summary_nl": "Wat kan artificiële intelligentie voor uw dienst doen?",
        "description_nl": "Met *voorbeelden* uit de praktijk.\n\n- vragen\n- antwoorden",
    }
    return Session(
        programme=programme,
        slug=f"sessie-{number}",
        status=Session.Status.PUBLISHED,
        **texts,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        registration_edge=Edge.BEFORE_TIME,
        registration_closes_at=starts_at - timedelta(hours=1),
    )


def _agenda(session: Session) -> list[AgendaItem]:
    quarter = timedelta(minutes=15)
    return [
        AgendaItem(
            session=session,
            starts_at=session.starts_at + quarter * position,
            ends_at=session.starts_at + quarter * (position + 1),
            position=position,
            **_title(f"Agendapunt {position + 1}"),
        )
        for position in range(8)
    ]


def _title(words: str) -> dict[str, Any]:
    """In the column of the first language, of which the type checker does not know."""
    return {"title_nl": words}


def registrations(session: Session, number: int, *, state: str = "confirmed") -> None:
    """Registrants of a session, with a seat; the seats are not counted here."""
    now = timezone.now()
    organisations = list(Organisation.objects.all()[:40])
    Registration.objects.bulk_create(
        [
            Registration(
                session=session,
                state=state,
                name=f"An Peeters {position}",
                email=f"an.peeters.{session.pk}.{position}@example.org",
                email_key=f"an.peeters.{session.pk}.{position}@example.org",
                organisation_name=str(organisations[position % len(organisations)]),
                organisation=organisations[position % len(organisations)],
                job_title="Projectleider",
                language=LANGUAGES[position % len(LANGUAGES)],
                received_at=now,
                confirmed_at=now,
            )
            for position in range(number)
        ],
        batch_size=500,
    )


def spread(session: Session, over: Sequence[Session]) -> None:
    """Give these sessions, made together, as many registrants as one has."""
    own = "'p' || old.id || '.' || n || '@example.org'"
    _copy(
        Registration.objects.filter(session=session),
        len(over),
        {
            "session_id": f"{over[0].pk} - 1 + n",
            "public_id": f"substr(old.public_id, 1, 10) || ({over[0].pk} + n)",
            "email": own,
            "email_key": own,
        },
    )


def sent_mails(number: int) -> None:
    """Thousands of mails that left last year, about registrations that are gone."""
    at = timezone.now() - timedelta(days=365)
    made = Message.objects.bulk_create(
        Message(
            key=f"gone:{position}",
            kind="events.link",
            object_id=10**9 + position,
            recipient=f"an.peeters.{position}@example.org",
            due_at=at,
            state=Message.State.SENT,
            closed_at=at,
            attempts=1,
        )
        for position in (next(_number) for _each in range(1_000))
    )
    numbers = [message.pk for message in made]
    _copy(
        Message.objects.filter(pk__in=numbers),
        number // 1_000 - 1,
        {
            "key": "old.key || ':' || n",
            "object_id": "old.object_id + 1000000 * n",
            "message_id": "old.message_id || n",
        },
    )


def _copy(rows: QuerySet[Any], times: int, changed: dict[str, str]) -> None:
    """Copy rows in the database, for each n from 1; `changed` are columns as SQL."""
    table = rows.model._meta.db_table
    fields = [field for field in rows.model._meta.local_concrete_fields if not field.primary_key]
    columns = ", ".join(field.column for field in fields)
    values = ", ".join(changed.get(field.column, f"old.{field.column}") for field in fields)
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    numbers = "SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(n) AS ({numbers}) INSERT INTO {table} ({columns})"  # noqa: S608
            f" SELECT {values} FROM {table} AS old, numbers WHERE old.id BETWEEN %s AND %s",
            [times, ends["first"], ends["last"]],
        )


def calls(number: int, *, deadlines: int) -> list[Call]:
    """Published calls, each with deadlines in the two years ahead."""
    now = timezone.now()
    programme = Programme.objects.get(slug="pio")
    made = Call.objects.bulk_create(
        [
            Call(
                programme=programme,
                slug=f"oproep-{position}",
                status=Call.Status.PUBLISHED,
                kind=Call.Kind.RECURRING,
                **_title(f"Innovatieve overheidsopdrachten, ronde {position}"),
            )
            for position in (next(_number) for _each in range(number))
        ],
        batch_size=500,
    )
    Deadline.objects.bulk_create(_deadlines(made, deadlines, now), batch_size=500)
    return made


def _deadlines(calls: Iterable[Call], number: int, now: datetime) -> list[Deadline]:
    return [
        Deadline(
            call=call,
            edge=Edge.BEFORE_TIME,
            closes_at=now + timedelta(days=30 + 100 * step, minutes=17 * position),
        )
        for position, call in enumerate(calls)
        for step in range(number)
    ]


def bare(*, capacity: int = 1_000_000) -> None:
    """The tables and rows of the bare project."""
    with connection.schema_editor() as editor:
        for model in (Page, Gate, Entry):
            editor.create_model(model)
    Page.objects.create(pk=1, title="Titel")
    Gate.objects.create(pk=1, capacity=capacity)
