"""What somebody may do, for templates that leave out what would be refused."""

from django import template

from accounts.models import Role, User

register = template.Library()


@register.simple_tag
def has_role(user: User, role: str, programme_id: int) -> bool:
    """Whether somebody may do for a programme what a role may."""
    return user.has_role(Role(role), programme_id)
