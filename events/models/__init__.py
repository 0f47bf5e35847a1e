"""Sessions, agendas and registrations."""

from events.models.agenda import AgendaItem, AgendaNode, Contribution, Speaker, agenda_tree
from events.models.registration import (
    Consent,
    ConsentText,
    Registration,
    RegistrationQuerySet,
    SeatCount,
)
from events.models.session import Session, SessionQuerySet, SessionState, VirtualLink

__all__ = [
    "AgendaItem",
    "AgendaNode",
    "Consent",
    "ConsentText",
    "Contribution",
    "Registration",
    "RegistrationQuerySet",
    "SeatCount",
    "Session",
    "SessionQuerySet",
    "SessionState",
    "Speaker",
    "VirtualLink",
    "agenda_tree",
]
