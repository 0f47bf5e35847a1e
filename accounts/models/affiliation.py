"""For which organisation somebody signed in, as their organisation's own sign-in says."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisation import Organisation


class Affiliation(models.Model):
    """A person and an organisation, as a provider named them at a sign-in.

    Who works for two bodies has two. `code` is the provider's identifier of the organisation (OVO,
    KBO or institution number at ACM/IDM), kept with the provider that gave it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="affiliations"
    )
    provider = models.CharField(_("provider"), max_length=50)
    code = models.CharField(_("code"), max_length=100)
    name = models.CharField(_("name"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="affiliations",
        verbose_name=_("organisation in the directory"),
    )
    seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        constraints = [
            models.UniqueConstraint(fields=["user", "provider", "code"], name="affiliation_once")
        ]

    def __str__(self) -> str:
        return self.name or self.code
