"""Calls one can submit to, and their deadlines."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Programme, Theme, User
from accounts.names import validate_one_line
from ical.entries import new_uid
from moments.edges import Closing, Edge
from moments.local import validate_zone


class CallQuerySet(models.QuerySet["Call"]):
    """Which calls."""

    def managed_by(self, user: User) -> "CallQuerySet":
        """Those of the programmes a person organises for."""
        return self.filter(programme__in=Programme.objects.managed_by(user))


class Call(models.Model):
    """What one can submit to: innovative procurement projects, research projects, training."""

    class Kind(models.TextChoices):
        """How it comes back."""

        RECURRING = "recurring", _("recurring, with deadlines")
        ONE_OFF = "one_off", _("once")
        CONTINUOUS = "continuous", _("always open")
        ANNOUNCED = "announced", _("announced, without dates")
        AWARDED = "awarded", _("awarded")

    slug = models.SlugField(_("short address"), max_length=80, unique=True)
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="calls", verbose_name=_("programme")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("organisation behind it"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ONE_OFF)
    is_example = models.BooleanField(_("is an example"), default=False)
    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    summary = models.TextField(_("summary"), blank=True)
    target_group = models.CharField(_("who may submit"), max_length=300, blank=True)
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="calls", verbose_name=_("themes")
    )
    official_url = models.URLField(_("official page"), blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the call, in the active language."""
        return reverse("portal:call", kwargs={"slug": self.slug})


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """Which deadlines."""

    def coming(self, now: datetime) -> "DeadlineQuerySet":
        """Those not yet past, the next first."""
        return self.filter(closes_at__gt=now).order_by("closes_at", "pk")

    def to_meet(self) -> "DeadlineQuerySet":
        """Those somebody who submits has to meet: all but the decision."""
        return self.exclude(kind=Deadline.Kind.DECISION)

    def past(self, now: datetime) -> "DeadlineQuerySet":
        """Those that are past, the latest first."""
        return self.filter(closes_at__lte=now).order_by("-closes_at", "-pk")

    def for_pages(self) -> "DeadlineQuerySet":
        """With the call and who is behind it, in the same query."""
        return self.select_related("call", "call__programme", "call__organisation")


class Deadline(models.Model):
    """One dated step of a call (indiendatum, where the step is the submission)."""

    class Kind(models.TextChoices):
        """Which step it is."""

        INTAKE = "intake", _("intake talk")
        PRE_NOTIFICATION = "pre_notification", _("pre-notification")
        SUBMISSION = "submission", _("submission deadline")
        DECISION = "decision", _("decision")

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="deadlines", verbose_name=_("call")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SUBMISSION)
    edge = models.CharField(_("how it is said"), max_length=20, choices=Edge)
    closes_at = models.DateTimeField(
        _("closes at"), help_text=_("From this instant on it is too late.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="Europe/Brussels", validators=[validate_zone]
    )
    is_hour_stated = models.BooleanField(_("the hour is stated"), default=True)
    is_confirmed = models.BooleanField(_("is confirmed"), default=True)
    source_phrase = models.CharField(_("words of the source"), max_length=200, blank=True)
    uid = models.CharField("UID", max_length=100, unique=True, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField("SEQUENCE", default=0, editable=False)
    changed_at = models.DateTimeField(_("last changed at"), auto_now=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("closes_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["call", "kind", "closes_at"], name="deadline_once_per_call_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.closing.wording()}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the deadline is meant and shown."""
        return ZoneInfo(self.time_zone)

    @property
    def closing(self) -> Closing:
        """When it closes, with the words for it."""
        return Closing(
            Edge(self.edge), self.closes_at, self.zone, hour_is_stated=self.is_hour_stated
        )
