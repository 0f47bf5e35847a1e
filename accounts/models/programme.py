"""Programmes, who works for them, and the themes they work on."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.colours import digest, validate_colour
from accounts.models.organisation import Organisation
from accounts.models.role import Role
from accounts.models.user import User
from accounts.names import validate_one_line

# Bestuursdecreet, article III.87 §1/1: two years for messages without further legal effect.
LONGEST_RETENTION_DAYS = 730
# What a programme keeps trajectories for unless it decides otherwise; also those to no call yet.
TRAJECTORY_RETENTION_DAYS = 365
# A logo is shown within this, in pixels of the page.
LOGO_WIDTH, LOGO_HEIGHT = 180, 48


def validate_languages(codes: object) -> None:
    """A list of languages of the interface, each once."""
    known = [code for code, _name in settings.LANGUAGES]
    if not isinstance(codes, list) or codes != [code for code in known if code in codes]:
        raise ValidationError(_("These are not languages of the platform, in their order."))


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

    def open_to(self, user: User, role: Role) -> "ProgrammeQuerySet":
        """Those for which the person may do what a role may; all of them for an administrator."""
        if user.is_superuser:
            return self
        return self.filter(memberships__user_id=user.pk, memberships__role__in=role.or_more)

    def led_by(self, user: User) -> "ProgrammeQuerySet":
        """Those the person leads."""
        return self.open_to(user, Role.LEAD)

    def managed_by(self, user: User) -> "ProgrammeQuerySet":
        """Those the person organises for."""
        return self.open_to(user, Role.ORGANISER)

    def helped_by(self, user: User) -> "ProgrammeQuerySet":
        """Those of which the person may see who comes."""
        return self.open_to(user, Role.HELPER)

    def viewed_by(self, user: User) -> "ProgrammeQuerySet":
        """Those the person works for in any role."""
        return self.open_to(user, Role.VIEWER)


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
    colour = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        db_default="",
        validators=[validate_colour],
        help_text=_(
            "For links and buttons on its pages, like #0055cc; without one they are blue. In the"
            " dark it is made lighter by itself."
        ),
    )
    # Of its `ProgrammeLogo`: what names it and how large it is, so that pages need not read it.
    logo_digest = models.CharField(
        _("logo"), max_length=16, blank=True, db_default="", editable=False
    )
    logo_width = models.PositiveSmallIntegerField(db_default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(db_default=0, editable=False)
    languages = models.JSONField(
        _("languages in which all is published"),
        default=list,
        blank=True,
        validators=[validate_languages],
        help_text=_(
            "A session or call cannot be published while one of its texts lacks such a language."
        ),
    )
    retention_days = models.PositiveSmallIntegerField(
        _("days that attendees' data is kept"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_RETENTION_DAYS)],
        help_text=_("Counted from the end of the session; then only counts remain."),
    )
    selection_rule = models.CharField(
        _("selection rule"),
        max_length=200,
        blank=True,
        validators=[validate_one_line],
        help_text=_("The reference in the register of series on which that time rests."),
    )
    trajectory_retention_days = models.PositiveSmallIntegerField(
        _("days that trajectories are kept"),
        default=TRAJECTORY_RETENTION_DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_RETENTION_DAYS)],
        help_text=_(
            "Counted from the last time somebody worked on it or from its deadline, whichever is "
            "later. Its people are warned thirty days ahead."
        ),
    )
    trajectory_selection_rule = models.CharField(
        _("selection rule for trajectories"),
        max_length=200,
        blank=True,
        validators=[validate_one_line],
        help_text=_("The reference in the register of series on which that time rests."),
    )

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("slug",)
        constraints = [
            models.CheckConstraint(
                condition=Q(retention_days__gte=1, retention_days__lte=LONGEST_RETENTION_DAYS),
                name="programme_retention_within_the_law",
            ),
            models.CheckConstraint(
                condition=Q(
                    trajectory_retention_days__gte=1,
                    trajectory_retention_days__lte=LONGEST_RETENTION_DAYS,
                ),
                name="programme_trajectory_retention_within_the_law",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name_in_full(self) -> str:
        """The full name where it has one."""
        return self.full_name or self.name

    @property
    def logo_size(self) -> tuple[int, int]:
        """How wide and high its logo is shown, in pixels of the page."""
        scale = min(1, LOGO_WIDTH / self.logo_width, LOGO_HEIGHT / self.logo_height)
        return round(self.logo_width * scale), round(self.logo_height * scale)

    @property
    def colour_digest(self) -> str:
        """What names the style sheet with its colour."""
        return digest(self.colour)


class ProgrammeLogo(models.Model):
    """The logo of a programme, in a table of its own: every page reads the programme."""

    programme = models.OneToOneField(
        Programme,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="logo",
        verbose_name=_("programme"),
    )
    # A PNG that `accounts.pictures` made.
    content = models.BinaryField()

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    def __str__(self) -> str:
        return str(self.programme)


class Membership(models.Model):
    """Somebody's work for a programme."""

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
