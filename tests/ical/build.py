"""A plain entry: sane defaults, no surprises."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ical.entries import Entry, Person

BRUSSELS = ZoneInfo("Europe/Brussels")
ORGANISER = Person("sessies@example.be", "AI4GOV inspiratiesessies")
ATTENDEE = Person("an.peeters@stad.example.be", "An Peeters")


def make_entry(**facts: Any) -> Entry:
    plain = {
        "uid": "6f2b0a52-2f0e-4a51-9c0e-2d3b8a6f4e11",
        "sequence": 0,
        "modified_at": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        "stamp": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        "starts_at": datetime(2026, 12, 10, 14, 5, tzinfo=BRUSSELS),
        "ends_at": datetime(2026, 12, 10, 16, 30, tzinfo=BRUSSELS),
        "summary": "Taalmodellen in de dienstverlening",
    }
    return Entry(**(plain | facts))


def make_invitation(**facts: Any) -> Entry:
    return make_entry(**({"organiser": ORGANISER, "attendee": ATTENDEE} | facts))
