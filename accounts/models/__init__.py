"""People and organisations."""

from accounts.models.affiliation import Affiliation
from accounts.models.organisation import (
    CharterSignature,
    GovernmentLevel,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    OrganisationKey,
    OrganisationKind,
)
from accounts.models.programme import Membership, Programme, ProgrammeQuerySet, Theme
from accounts.models.user import User

__all__ = [
    "Affiliation",
    "CharterSignature",
    "GovernmentLevel",
    "Membership",
    "Organisation",
    "OrganisationAlias",
    "OrganisationDomain",
    "OrganisationKey",
    "OrganisationKind",
    "Programme",
    "ProgrammeQuerySet",
    "Theme",
    "User",
]
