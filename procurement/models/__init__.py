"""Calls and their deadlines, what changed about them, who follows them, and trajectories."""

from procurement.models.call import (
    CLOSING_SOON,
    Call,
    CallQuerySet,
    CallState,
    Deadline,
    DeadlineQuerySet,
)
from procurement.models.change import Change, ChangeQuerySet, facts_of
from procurement.models.follower import OFFSETS, Follow, Follower, FollowQuerySet, Reminder
from procurement.models.terms import Amount, Cofinancing, Document, Eligibility, Figure
from procurement.models.trajectory import (
    BEFORE_SUBMITTING,
    Attachment,
    CharterAnswer,
    Stage,
    Trajectory,
    TrajectoryMember,
    TrajectoryNote,
    TrajectoryQuerySet,
    TrajectoryStep,
)

__all__ = [
    "BEFORE_SUBMITTING",
    "CLOSING_SOON",
    "OFFSETS",
    "Amount",
    "Attachment",
    "Call",
    "CallQuerySet",
    "CallState",
    "Change",
    "ChangeQuerySet",
    "CharterAnswer",
    "Cofinancing",
    "Deadline",
    "DeadlineQuerySet",
    "Document",
    "Eligibility",
    "Figure",
    "Follow",
    "FollowQuerySet",
    "Follower",
    "Reminder",
    "Stage",
    "Trajectory",
    "TrajectoryMember",
    "TrajectoryNote",
    "TrajectoryQuerySet",
    "TrajectoryStep",
    "facts_of",
]
