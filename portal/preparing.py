"""Which call a session leads to, and which sessions prepare for a call."""

from datetime import datetime

from django.db.models import Case, F, IntegerField, Q, Value, When

from events.models import Session
from procurement.models import Call, Deadline


def next_deadline(session: Session, now: datetime) -> Deadline | None:
    """The deadline a session leads to.

    The next one of the calls it prepares for; else the next one of its programme; else the latest
    past one of its calls. One query.
    """
    is_linked = Q(call__prepared_by__session=session)
    is_of_programme = Q(
        call__programme_id=session.programme_id, call__is_example=session.is_example
    )
    is_coming = Q(closes_at__gt=now)
    return (
        Deadline.objects.for_pages()
        .standing()
        .to_meet()
        .filter(is_linked | (is_of_programme & is_coming))
        .annotate(
            rank=Case(
                When(is_linked & is_coming, then=Value(0)),
                When(is_coming, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("rank", Case(When(is_coming, then=F("closes_at"))), "-closes_at", "pk")
        .first()
    )


def sessions_for(call: Call) -> list[Session]:
    """The published sessions that prepare for a call, the first one first."""
    return list(
        Session.objects.public()
        .for_pages()
        .filter(prepares_for__call=call)
        .order_by("starts_at", "pk")
    )
