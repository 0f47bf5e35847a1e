"""The directory of public bodies."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_one_line


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

    def __str__(self) -> str:
        if self.abbreviation and self.abbreviation != self.name:
            return f"{self.name} ({self.abbreviation})"
        return self.name


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
    domain = models.CharField(_("domain"), max_length=253, unique=True)

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")

    def __str__(self) -> str:
        return self.domain


class OrganisationKey(models.Model):
    """One name of an organisation as it is searched for; derived by `accounts.directory`."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=200, db_index=True)

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
