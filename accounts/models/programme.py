"""Programmes, who works for them, and the themes they work on."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisation import Organisation
from accounts.models.user import User
from accounts.names import validate_one_line


class Theme(models.Model):
    """One of the nine objectives of the national AI convergence plan, of 28 October 2022."""

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=200)
    short_title = models.CharField(_("short title"), max_length=60)
    summary = models.TextField(_("summary"), blank=True)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ("number",)

    def __str__(self) -> str:
        return self.short_title


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    """Which programmes."""

    def managed_by(self, user: User) -> "ProgrammeQuerySet":
        """Those the person organises for; all of them for an administrator."""
        if user.is_superuser:
            return self
        return self.filter(
            memberships__user_id=user.pk, memberships__role=Membership.Role.ORGANISER
        )


class Programme(models.Model):
    """What organises sessions and calls, and the boundary of a team."""

    slug = models.SlugField(_("short address"), unique=True)
    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])
    full_name = models.CharField(
        _("full name"), max_length=200, blank=True, validators=[validate_one_line]
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="programmes",
        verbose_name=_("organisation behind it"),
    )
    contact_name = models.CharField(
        _("contact"), max_length=100, blank=True, validators=[validate_one_line]
    )
    contact_email = models.EmailField(_("contact's e-mail address"), blank=True)
    website = models.URLField(_("website"), blank=True)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Somebody's work for a programme."""

    class Role(models.TextChoices):
        """What a member may do."""

        ORGANISER = "organiser", _("organiser")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
    )
    programme = models.ForeignKey(
        Programme,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("programme"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.ORGANISER)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "programme"], name="one_membership_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.programme}"
