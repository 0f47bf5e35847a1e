"""Sessions, agendas and registrations."""

from events.models.agenda import AgendaItem, AgendaNode, Contribution, Speaker, agenda_tree
from events.models.circular import Circular, CircularQuerySet
from events.models.material import Material, MaterialQuerySet, SpeakerPage
from events.models.presence import Presence
from events.models.question import Answer, AnswerCount, Answers, Question
from events.models.registration import (
    Consent,
    ConsentText,
    Mailbox,
    Needs,
    Registration,
    RegistrationGroup,
    RegistrationQuerySet,
    SeatCount,
)
from events.models.saved_view import SavedView, SavedViewQuerySet
from events.models.session import Session, SessionQuerySet, SessionState, VirtualLink
from events.models.version import SessionVersion

__all__ = [
    "AgendaItem",
    "AgendaNode",
    "Answer",
    "AnswerCount",
    "Answers",
    "Circular",
    "CircularQuerySet",
    "Consent",
    "ConsentText",
    "Contribution",
    "Mailbox",
    "Material",
    "MaterialQuerySet",
    "Needs",
    "Presence",
    "Question",
    "Registration",
    "RegistrationGroup",
    "RegistrationQuerySet",
    "SavedView",
    "SavedViewQuerySet",
    "SeatCount",
    "Session",
    "SessionQuerySet",
    "SessionState",
    "SessionVersion",
    "Speaker",
    "SpeakerPage",
    "VirtualLink",
    "agenda_tree",
]
