"""What joins sessions and calls."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Programme, User
from events.models import Session
from procurement.models import Call


class PreparationQuerySet(models.QuerySet["Preparation"]):
    """Which preparations."""

    def managed_by(self, user: User) -> "PreparationQuerySet":
        """Those of sessions of the programmes a person organises for."""
        return self.filter(session__programme__in=Programme.objects.managed_by(user))


class Preparation(models.Model):
    """That a session prepares for a call: each names the other on its page."""

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="prepares_for", verbose_name=_("session")
    )
    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="prepared_by", verbose_name=_("call")
    )

    objects = PreparationQuerySet.as_manager()

    class Meta:
        verbose_name = _("preparation for a call")
        verbose_name_plural = _("preparations for calls")
        constraints = [models.UniqueConstraint(fields=["session", "call"], name="preparation_once")]

    def __str__(self) -> str:
        return f"{self.session} → {self.call}"
