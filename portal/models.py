"""What joins sessions and calls."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Programme, User
from events.models import Session
from events.models.registration import new_public_id
from procurement.models import Call

_SUBSCRIBING = Signer(salt="portal.personal_calendar", sep=".")


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


class PersonalCalendar(models.Model):
    """A person's own calendar to subscribe to: their sessions and the deadlines they lead to.

    The code in its address is a signature over `public_id`; renewing that takes the old one back.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_calendar"
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id)
    fetched_at = models.DateTimeField(_("last fetched at"), null=True, blank=True)

    class Meta:
        verbose_name = _("personal calendar")
        verbose_name_plural = _("personal calendars")

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        """The address to subscribe to, in the active language."""
        return reverse("portal:personal-calendar", kwargs={"code": self.code})

    @property
    def code(self) -> str:
        """The code in its address."""
        return _SUBSCRIBING.sign(self.public_id)

    @classmethod
    def by_code(cls, code: str) -> "PersonalCalendar | None":
        """The calendar with this code."""
        try:
            public_id = _SUBSCRIBING.unsign(code)
        except BadSignature:
            return None
        return cls.objects.select_related("user").filter(public_id=public_id).first()
