"""What a session was after each change."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models.session import Session


class SessionVersion(models.Model):
    """A session with its agenda as one change left it; written once, by `events.history`.

    It holds no attendee's data, and of the virtual link only a mark that shows that it changed.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    content = models.JSONField(_("content"), encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("version of a session")
        verbose_name_plural = _("versions of a session")
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number"], name="session_versions_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.session} ({self.number})"
