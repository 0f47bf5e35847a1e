"""Writing down who did what to whose data, in the transaction that does it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import Action, AuditEntry, Programme, User


@dataclass(frozen=True)
class Actor:
    """Who acts, and from which network address."""

    kind: AuditEntry.Actor
    user: User | None = None
    network_address: str | None = None


SYSTEM = Actor(AuditEntry.Actor.SYSTEM)


def actor_of(request: HttpRequest, *, is_owner: bool = False) -> Actor:
    """Who sent a request: the holder of a registration's code, somebody signed in, or a visitor."""
    address = network_address(request)
    if is_owner:
        return Actor(AuditEntry.Actor.OWNER, network_address=address)
    if isinstance(request.user, User):
        return Actor(AuditEntry.Actor.USER, request.user, address)
    return Actor(AuditEntry.Actor.VISITOR, network_address=address)


def network_address(request: HttpRequest) -> str | None:
    """Where a request came from, as sign-in counts its attempts too; None where nobody can know.

    Without a proxy, who connected to the server. Behind one (`BEHIND_PROXY`) the last address in
    X-Forwarded-For, which the proxy itself added: all before it may be made up by the sender.
    """
    try:
        address: str = get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return None
    return address


def record(
    action: Action,
    *,
    by: Actor,
    now: datetime,
    programme: Programme | None = None,
    about: Model | None = None,
    session_id: int | None = None,
    **details: Any,
) -> AuditEntry:
    """Write an entry. `details` are counts, field names, a reason: never what the fields hold."""
    return AuditEntry.objects.create(
        at=now,
        actor=by.kind,
        user=by.user,
        network_address=by.network_address,
        action=action,
        programme=programme,
        object_type=about._meta.model_name or "" if about is not None else "",
        object_id=about.pk if about is not None else None,
        session_id=session_id,
        details=details,
    )
