"""What joins sessions and calls."""

from django.conf import settings
from django.core.signing import Signer
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.codes import new_public_id, read_code
from accounts.models import Programme, User
from events.models import Session
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
        mine = cls.objects.select_related("user")
        return mine.filter(public_id=read_code(_SUBSCRIBING, code)).first()


class NightlyRun(models.Model):
    """When the work of the night was last done, and who is at it.

    A worker claims it by one conditional update, so that several do it once; a worker that dies
    leaves it to another when its lease ends.
    """

    name = models.CharField(_("name"), max_length=50, unique=True)
    done_at = models.DateTimeField(_("last done at"))
    failures = models.PositiveIntegerField(_("what it could not do"), default=0)
    lease_until = models.DateTimeField(_("held by a worker until"), null=True, blank=True)

    class Meta:
        verbose_name = _("nightly run")
        verbose_name_plural = _("nightly runs")

    def __str__(self) -> str:
        return self.name
