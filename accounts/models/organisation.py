"""The directory of public bodies."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_mail_domain, validate_one_line


class OrganisationKind(models.TextChoices):
    """What sort of body it is, in the terms of Belgian administration."""

    FEDERAL_PUBLIC_SERVICE = "federal_public_service", _("federal public service")
    FEDERAL_PROGRAMMATIC_PUBLIC_SERVICE = (
        "federal_programmatic_public_service",
        _("federal programmatic public service"),
    )
    MINISTRY = "ministry", _("ministry")
    POLICE = "police", _("police")
    INSTITUTION_OF_PUBLIC_UTILITY = (
        "institution_of_public_utility",
        _("institution of public utility"),
    )
    PUBLIC_SOCIAL_SECURITY_INSTITUTION = (
        "public_social_security_institution",
        _("public social security institution"),
    )
    FEDERAL_AUTHORITY = "federal_authority", _("federal authority")
    FEDERAL_GOVERNMENT = "federal_government", _("federal government")
    FEDERAL_NONPROFIT = "federal_nonprofit", _("non-profit of federal bodies")
    COLLEGE = "college", _("college of chairs")
    FLEMISH_GOVERNMENT = "flemish_government", _("Flemish government")
    FLEMISH_GOVERNMENT_ADMINISTRATION = (
        "flemish_government_administration",
        _("Flemish administration"),
    )
    FLEMISH_AGENCY = "flemish_agency", _("Flemish agency")
    FLEMISH_PROGRAMME = "flemish_programme", _("Flemish programme")
    FLEMISH_KNOWLEDGE_CENTRE = "flemish_knowledge_centre", _("Flemish knowledge centre")
    RESEARCH_PROGRAMME = "research_programme", _("research programme")
    STEERING_GROUP = "steering_group", _("steering group")
    HIGHER_EDUCATION = "higher_education", _("higher education")
    LOCAL_AUTHORITY = "local_authority", _("local authority")
    ASSOCIATION_OF_LOCAL_AUTHORITIES = (
        "association_of_local_authorities",
        _("association of local authorities"),
    )
    NETWORK = "network", _("network")
    EU_FUND = "eu_fund", _("European fund")
    OTHER = "other", _("other")


class GovernmentLevel(models.TextChoices):
    """The level of government a body belongs to."""

    FEDERAL = "federal", _("federal")
    FLEMISH = "flemish", _("Flemish")
    LOCAL = "local", _("local")
    EUROPEAN = "eu", _("European")


class Organisation(models.Model):
    """A body in the directory; registrations point to it where the typed name is known."""

    slug = models.SlugField(_("short address"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200, validators=[validate_one_line])
    abbreviation = models.CharField(
        _("abbreviation"), max_length=30, blank=True, validators=[validate_one_line]
    )
    kind = models.CharField(_("kind"), max_length=40, choices=OrganisationKind)
    level = models.CharField(_("level"), max_length=10, choices=GovernmentLevel)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("slug",)
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="organisation_below_another"
            )
        ]

    def __str__(self) -> str:
        if self.abbreviation and self.abbreviation != self.name:
            return f"{self.name} ({self.abbreviation})"
        return self.name

    def get_absolute_url(self) -> str:
        """Its page in the workspace, in the active language."""
        return reverse("accounts:organisation", kwargs={"slug": self.slug})

    def clean(self) -> None:
        """Refuse a parent that is itself part of this organisation."""
        if self.pk and self.parent and self.parent.lies_below(self):
            raise ValidationError(
                {"parent": _("That organisation is itself part of this one. Choose another.")}
            )

    def lies_below(self, other: "Organisation") -> bool:
        """Whether it is the other one, or part of it at whatever remove; a query per step."""
        seen: set[int] = set()
        step: int | None = self.pk
        while step is not None and step not in seen:
            if step == other.pk:
                return True
            seen.add(step)
            step = Organisation.objects.filter(pk=step).values_list("parent_id", flat=True).first()
        return False


class OrganisationAlias(models.Model):
    """Another name under which people know an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("name"), max_length=200, validators=[validate_one_line])

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="alias_once")]

    def __str__(self) -> str:
        return self.name


class OrganisationDomain(models.Model):
    """A mail domain whose addresses belong to an organisation, such as `vlaio.be`."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(
        _("domain"), max_length=253, unique=True, validators=[validate_mail_domain]
    )

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")

    def __str__(self) -> str:
        return self.domain


class OrganisationKey(models.Model):
    """One name of an organisation as it is searched for; derived by `accounts.directory`.

    A loose one (`accounts.names.loose_key`) counts only where no name is the typed one itself.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=200, db_index=True)
    is_loose = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("search key")
        verbose_name_plural = _("search keys")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="organisation_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class CharterSignature(models.Model):
    """An organisation's signature under the charter for responsible use of AI, with its dates."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="charter_signatures"
    )
    signed_date = models.DateField(_("signed on"), null=True, blank=True)
    withdrawn_date = models.DateField(_("withdrawn on"), null=True, blank=True)

    class Meta:
        verbose_name = _("charter signature")
        verbose_name_plural = _("charter signatures")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(withdrawn_date=None),
                name="charter_signed_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.organisation)


class OrganisationRelation(models.Model):
    """How two bodies relate over time: one followed another, or belongs to it for some years."""

    class Kind(models.TextChoices):
        """What the organisation is to the other one."""

        SUCCESSOR = "successor", _("follows up")
        MEMBER = "member", _("is a member of")
        SUPERVISED = "supervised", _("is supervised by")
        PARTNER = "partner", _("works together with")

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="relations",
        verbose_name=_("organisation"),
    )
    kind = models.CharField(_("relation"), max_length=20, choices=Kind)
    other = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="relations_from_others",
        verbose_name=_("other organisation"),
    )
    started_date = models.DateField(_("from"), null=True, blank=True)
    ended_date = models.DateField(
        _("until"), null=True, blank=True, help_text=_("The last day; empty: it still holds.")
    )

    class Meta:
        verbose_name = _("relation between organisations")
        verbose_name_plural = _("relations between organisations")
        ordering = ("started_date", "pk")
        constraints = [
            models.CheckConstraint(
                condition=~Q(organisation=F("other")), name="relation_with_another"
            ),
            models.CheckConstraint(
                condition=Q(started_date=None)
                | Q(ended_date=None)
                | Q(ended_date__gte=F("started_date")),
                name="relation_ends_after_its_start",
            ),
            models.UniqueConstraint(
                fields=["organisation", "kind", "other", "started_date"], name="relation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.get_kind_display()} {self.other}"


class NameMatch(models.Model):
    """That an administrator said which organisation a typed name means; without one: none at all.

    `key` is the name as `accounts.names.matching_key` compares it. `effects` is what linking
    changed, for undoing it: the other name it added, the rows it linked. Undoing keeps the row.
    """

    key = models.CharField(max_length=200)
    name = models.CharField(_("typed name"), max_length=200)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="name_matches",
        verbose_name=_("organisation"),
    )
    effects = models.JSONField(default=dict, blank=True, editable=False)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("linked by"),
    )
    matched_at = models.DateTimeField(_("linked at"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("linked name")
        verbose_name_plural = _("linked names")
        ordering = ("-matched_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(undone_at=None), name="name_means_one_organisation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.organisation or '–'}"


class OrganisationMerge(models.Model):
    """That one organisation turned out to be another, with what undoing it needs.

    `moved` names the rows that pointed to the one that went, per table and column; `facts` is what
    it was itself.
    """

    kept = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="merges", verbose_name=_("kept")
    )
    gone_name = models.CharField(_("merged into it"), max_length=200)
    facts = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("merged by"),
    )
    merged_at = models.DateTimeField(_("merged at"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("merge of organisations")
        verbose_name_plural = _("merges of organisations")
        ordering = ("-merged_at", "-pk")

    def __str__(self) -> str:
        return f"{self.gone_name} → {self.kept}"
