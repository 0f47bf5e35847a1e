"""The AI4GOV session of 10 June 2021, and an example of the same programme in the near future."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Organisation, Programme, Theme
from accounts.seeding import per_language, rows
from events import seating
from events.models import AgendaItem, ConsentText, Session, Speaker, VirtualLink
from moments.edges import Closing, Edge
from moments.local import local_instant

FOLDER = Path(__file__).parent / "seed_data"

# The example is full quickly, so that the waiting list can be tried.
EXAMPLE_CAPACITY = 25
EXAMPLE_LINK = "https://meet.example.org/ai4gov-voorbeeld"
EXAMPLE_TITLES = {"nl": "Voorbeeld: ", "fr": "Exemple : ", "en": "Example: "}


@transaction.atomic
def load(now: datetime) -> int:
    """Add the sessions that are not there yet, touching nothing that is; how many were added."""
    _load_consent_texts()
    added = 0
    for facts in rows(FOLDER, "sessions"):
        day = date.fromisoformat(facts["date"])
        closing_day = date.fromisoformat(facts["registration"]["date"])
        added += _add(facts, facts["slug"], day, closing_day, now=now)
    return added


@transaction.atomic
def load_example(now: datetime) -> Session:
    """The same programme on a Thursday two to three weeks ahead, open for registration.

    An example that is over, closed or cancelled makes place for a new one; earlier ones stay, so
    that it comes a week later where the week has one.
    """
    open_example = (
        Session.objects.filter(
            is_example=True,
            status=Session.Status.PUBLISHED,
            registration_closes_at__gt=now + timedelta(days=2),
        )
        .order_by("starts_at")
        .first()
    )
    if open_example is not None:
        return open_example
    facts = rows(FOLDER, "sessions")[0]
    today = now.astimezone(ZoneInfo(facts["time_zone"])).date()
    soon = today + timedelta(days=14)
    thursday = soon + timedelta(days=(3 - soon.weekday()) % 7)
    while Session.objects.filter(slug=f"voorbeeld-{thursday}").exists():
        thursday += timedelta(days=7)
    slug = f"voorbeeld-{thursday}"
    _add(
        facts | {"title": {k: EXAMPLE_TITLES[k] + v for k, v in facts["title"].items()}},
        slug,
        thursday,
        thursday - timedelta(days=2),
        now=now,
        is_example=True,
    )
    example = Session.objects.get(slug=slug)
    VirtualLink.objects.get_or_create(session=example, defaults={"url": EXAMPLE_LINK})
    return example


def _add(
    facts: dict[str, Any],
    slug: str,
    day: date,
    closing_day: date,
    *,
    now: datetime,
    is_example: bool = False,
) -> bool:
    zone = ZoneInfo(facts["time_zone"])

    def at(clock: str) -> datetime:
        return local_instant(day, time.fromisoformat(clock), zone)

    edge = Edge(facts["registration"]["edge"])
    session, is_new = Session.objects.get_or_create(
        slug=slug,
        defaults={
            "programme": Programme.objects.get(slug=facts["programme"]),
            "status": Session.Status.PUBLISHED,
            "kind": facts["kind"],
            "is_example": is_example,
            "attendance": facts["attendance"],
            "language": facts["language"],
            "time_zone": facts["time_zone"],
            "starts_at": at(facts["start"]),
            "ends_at": at(facts["end"]),
            "registration_edge": edge,
            "registration_closes_at": Closing.from_local(edge, closing_day, None, zone).closes_at,
            "link_days_before": facts["link"]["days_before"],
            "link_local_time": time.fromisoformat(facts["link"]["local_time"]),
            "contact_name": facts["contact_name"],
            "contact_email": facts["contact_email"],
            **per_language(facts, "title", "summary", "description", "audience"),
        },
    )
    if is_new:
        session.themes.set(Theme.objects.filter(code__in=facts["themes"]))
        seating.set_capacity(session, EXAMPLE_CAPACITY if is_example else None, now=now)
        speakers = {speaker["slug"]: speaker for speaker in facts["speakers"]}
        for position, item in enumerate(facts["agenda"]):
            _add_item(session, item, speakers, at=at, position=position, parent=None)
    return is_new


def _add_item(
    session: Session,
    facts: dict[str, Any],
    speakers: dict[str, dict[str, Any]],
    *,
    at: Any,
    position: int,
    parent: AgendaItem | None,
) -> None:
    item = AgendaItem.objects.create(
        session=session,
        parent=parent,
        kind=facts["kind"],
        starts_at=at(facts["start"]),
        ends_at=at(facts["end"]),
        position=position,
        **per_language(facts, "title"),
    )
    for order, slug in enumerate(facts.get("speakers", [])):
        known = speakers[slug]
        speaker, _is_new = Speaker.objects.get_or_create(
            slug=slug, defaults={"name": known["name"]}
        )
        item.contributions.create(
            speaker=speaker,
            organisation=Organisation.objects.get(slug=known["organisation"]),
            position=order,
            **per_language(known, "role"),
        )
    for order, child in enumerate(facts.get("children", [])):
        _add_item(session, child, speakers, at=at, position=order, parent=item)


def _load_consent_texts() -> None:
    ConsentText.objects.get_or_create(
        programme=Programme.objects.get(slug="pio"),
        code="invitations",
        defaults=per_language(
            {
                "text": {
                    "nl": "PIO mag mij per e-mail uitnodigen voor volgende sessies.",
                    "fr": "PIO peut m’inviter par e-mail à de prochaines sessions.",
                    "en": "PIO may invite me to later sessions by e-mail.",
                }
            },
            "text",
        ),
    )
