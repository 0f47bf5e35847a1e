"""The people who sign in."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.role import Role


class UserManager(BaseUserManager["User"]):
    """Makes people; an address is kept in lower case, since it is what they sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Somebody who may sign in; without a password only by other means."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this address, however it is typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account, known by their e-mail address."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="nl"
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(
        _("may enter the administration"),
        default=False,
        help_text=_("What they see there follows from their programmes."),
    )
    joined_at = models.DateTimeField(_("joined at"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def _roles(self) -> dict[int, str]:
        """Their role in each programme they work for, by its number; asked often a page."""
        return dict(self.memberships.values_list("programme_id", "role"))

    def has_role(self, role: Role, programme_id: int | None = None) -> bool:
        """Whether they may do what a role may, for one programme or else for any.

        Who administers the installation may do all of it, everywhere.
        """
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        if programme_id is None:
            return any(held in role.or_more for held in self._roles.values())
        return self._roles.get(programme_id) in role.or_more

    @property
    def is_member(self) -> bool:
        """Whether they work for a programme in any role, or administer all of them."""
        return self.has_role(Role.VIEWER)

    @property
    def is_organiser(self) -> bool:
        """Whether they organise for a programme, or administer all of them."""
        return self.has_role(Role.ORGANISER)

    @property
    def is_lead(self) -> bool:
        """Whether they lead a programme, or administer all of them."""
        return self.has_role(Role.LEAD)
