"""People and organisations."""

from accounts.models.affiliation import Affiliation
from accounts.models.audit import Action, AuditEntry, AuditQuerySet
from accounts.models.erasure import Erasure, erasure_marks, marks_of
from accounts.models.invitation import Invitation, InvitationQuerySet
from accounts.models.organisation import (
    CharterSignature,
    GovernmentLevel,
    NameMatch,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    OrganisationKey,
    OrganisationKind,
    OrganisationMerge,
    OrganisationRelation,
)
from accounts.models.programme import (
    Membership,
    Programme,
    ProgrammeLogo,
    ProgrammeQuerySet,
    Theme,
)
from accounts.models.role import Role
from accounts.models.user import User

__all__ = [
    "Action",
    "Affiliation",
    "AuditEntry",
    "AuditQuerySet",
    "CharterSignature",
    "Erasure",
    "GovernmentLevel",
    "Invitation",
    "InvitationQuerySet",
    "Membership",
    "NameMatch",
    "Organisation",
    "OrganisationAlias",
    "OrganisationDomain",
    "OrganisationKey",
    "OrganisationKind",
    "OrganisationMerge",
    "OrganisationRelation",
    "Programme",
    "ProgrammeLogo",
    "ProgrammeQuerySet",
    "Role",
    "Theme",
    "User",
    "erasure_marks",
    "marks_of",
]
