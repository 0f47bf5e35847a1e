"""Several people with one e-mail address: allowed by an organiser, told apart by their names.

Whoever was registered with the address first has it as everybody does. Who comes beside them has
their name in `shared_as`, so that one person cannot stand there twice.
"""

from django.utils.translation import gettext as _

from accounts.names import address_key, matching_key
from events.models import Registration, Session
from events.refusing import AlreadyRegistered


def with_address(session: Session, email: str, name: str = "") -> list[Registration]:
    """The live registrations with an address; who has this name comes first, then who was first."""
    rows = session.registrations.live().filter(email_key=address_key(email))
    return sorted(rows.order_by("pk"), key=lambda row: not is_named(row, name))


def is_named(registration: Registration, name: str) -> bool:
    """Whether somebody goes by this name, or did when they were added, however it was typed."""
    return key_of(name) in {key_of(registration.name), registration.shared_as}


def key_of(name: str) -> str:
    """The form of a name by which people with one address are told apart."""
    return matching_key(name)[: Registration._meta.get_field("shared_as").max_length]


def refuse_taken(session: Session, email: str, name: str) -> None:
    """Refuse an address with which somebody of another name is registered.

    Only organisers are told so. Raises `AlreadyRegistered`.
    """
    others = with_address(session, email, name)
    if others and not is_named(others[0], name):
        raise AlreadyRegistered(
            _(
                "%(name)s is registered with this address. Do several people share it?"
                " Then tick that below."
            )
            % {"name": others[0].name}
        )


def move_in(registration: Registration, *, is_allowed: bool) -> None:
    """Give somebody an address that others may have; does not save. Raises `AlreadyRegistered`."""
    session, name = registration.session, registration.name
    if not is_allowed:
        refuse_taken(session, registration.email, name)
    others = with_address(session, registration.email, name)
    if others and is_named(others[0], name):
        raise AlreadyRegistered(_("This person is registered for that session already."))
    registration.shared_as = key_of(name) if others else ""


def refuse_shared(registration: Registration) -> None:
    """Refuse an address that only sharers have left, which the constraint cannot see.

    Raises `AlreadyRegistered`.
    """
    if with_address(registration.session, registration.email):
        raise AlreadyRegistered
