"""Views of the attendee list that somebody keeps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Programme, User
from accounts.names import validate_one_line


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Which views."""

    def of(self, user: User, programme: Programme) -> "SavedViewQuerySet":
        """Those somebody keeps for the sessions of a programme."""
        return self.filter(user=user, programme=programme)


class SavedView(models.Model):
    """Filters, order and columns of the attendee list under a name, for one organiser.

    It serves every session of the programme, and holds no words by which an attendee was sought.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("user")
    )
    programme = models.ForeignKey(
        Programme,
        on_delete=models.CASCADE,
        related_name="saved_views",
        verbose_name=_("programme"),
    )
    name = models.CharField(_("name"), max_length=60, validators=[validate_one_line])
    parameters = models.CharField(
        _("parameters"), max_length=2000, blank=True, help_text=_("As they stand in the address.")
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "programme", "name"], name="saved_view_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
