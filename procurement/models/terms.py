"""What a call offers and asks: amounts, shares, who may submit, documents."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_one_line
from procurement.models.call import Call


class Amount(models.Model):
    """A sum of money of a call, as the source gives it; sums are never added up.

    A part is what one source pays of the amount of the same kind ("ESF: € 1.320.000").
    """

    class Kind(models.TextChoices):
        """What it is for."""

        BUDGET = "budget", _("budget of the call")
        CEILING = "ceiling", _("at most per project")
        FLOOR = "floor", _("at least per project")
        SUPPORT = "support", _("support per project")
        AWARDED = "awarded", _("awarded in all")

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="amounts", verbose_name=_("call")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[RegexValidator("^[A-Z]{3}$")]
    )
    is_indicative = models.BooleanField(
        _("is indicative"), default=False, help_text=_("Shown as “about”.")
    )
    is_part = models.BooleanField(_("is a part of it"), default=False)
    label = models.CharField(
        _("for what or from whom"), max_length=100, blank=True, validators=[validate_one_line]
    )

    objects: models.Manager["Amount"] = models.Manager()

    class Meta:
        verbose_name = _("amount")
        verbose_name_plural = _("amounts")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="amount_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value} {self.currency}"


class Cofinancing(models.Model):
    """Which share of the cost is paid, or stays one's own, for a group of applicants."""

    class Kind(models.TextChoices):
        """Whose share."""

        SUPPORT = "support", _("support")
        OWN = "own", _("own contribution")

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="cofinancing", verbose_name=_("call")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SUPPORT)
    percentage = models.DecimalField(
        _("percentage"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    is_indicative = models.BooleanField(
        _("is indicative"), default=False, help_text=_("Shown as “about”.")
    )
    group = models.CharField(
        _("for whom"), max_length=100, blank=True, validators=[validate_one_line]
    )

    class Meta:
        verbose_name = _("share of the cost")
        verbose_name_plural = _("shares of the cost")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(percentage__gte=0, percentage__lte=100),
                name="cofinancing_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.percentage} %"


class Eligibility(models.Model):
    """Whether a kind of applicant may submit; what the list's filter looks at."""

    class Group(models.TextChoices):
        """Kinds of applicants."""

        PUBLIC_SERVICES = "public_services", _("public services")
        LOCAL_AUTHORITIES = "local_authorities", _("local authorities")
        CARE = "care", _("hospitals and care institutions")
        KNOWLEDGE = "knowledge", _("knowledge institutions")
        SMES = "smes", _("small and medium-sized companies")
        LARGE_COMPANIES = "large_companies", _("large companies")
        NON_PROFITS = "non_profits", _("non-profit organisations")

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="eligibilities", verbose_name=_("call")
    )
    group = models.CharField(_("group"), max_length=20, choices=Group)
    may_submit = models.BooleanField(_("may submit"), default=True)

    class Meta:
        verbose_name = _("who may submit")
        verbose_name_plural = _("who may submit")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["call", "group"], name="eligibility_once_per_group")
        ]

    def __str__(self) -> str:
        return self.get_group_display()


class Document(models.Model):
    """A template, guide or rule that goes with a call, at its official address."""

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="documents", verbose_name=_("call")
    )
    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    url = models.URLField(_("address"))
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="nl"
    )
    version = models.CharField(
        _("version"), max_length=50, blank=True, validators=[validate_one_line]
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class Figure(models.Model):
    """A number around the calls that belongs to none of them, with its source.

    Kept as the source says it: how it relates to the amounts of calls is not known.
    """

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("what it is"), max_length=200, validators=[validate_one_line])
    value = models.DecimalField(_("number"), max_digits=14, decimal_places=2)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[RegexValidator("^[A-Z]{3}$")],
        help_text=_("Empty: a number of something else than money."),
    )
    source = models.CharField(_("source"), max_length=300, blank=True)

    objects: models.Manager["Figure"] = models.Manager()

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title
