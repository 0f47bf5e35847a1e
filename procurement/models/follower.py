"""Who follows calls by e-mail, without an account."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.signing import Signer
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.codes import new_public_id, read_code
from accounts.models import Theme
from accounts.names import address_key
from procurement.models.call import Call, Deadline

# Days before the last day at which a reminder can come, the first first.
OFFSETS = (30, 14, 7, 1)
# After this an address that was never confirmed is forgotten.
UNCONFIRMED_KEPT = timedelta(days=7)


_CONFIRMING = Signer(salt="procurement.follow.confirm", sep=".")
_MANAGING = Signer(salt="procurement.follower.manage", sep=".")
_STOPPING = Signer(salt="procurement.follower.stop", sep=".")


class FollowerQuerySet(models.QuerySet["Follower"]):
    """Which followers."""

    def of_addresses(self, addresses: Iterable[str]) -> Self:
        """Those with any of these e-mail addresses."""
        return self.filter(email_key__in=[address_key(address) for address in addresses])

    def by_managing_code(self, code: str) -> "Follower | None":
        """The follower whose owner has this code."""
        return self.filter(public_id=read_code(_MANAGING, code)).first()

    def by_stopping_code(self, code: str) -> "Follower | None":
        """The follower to whom mails can be stopped with this code."""
        return self.filter(public_id=read_code(_STOPPING, code)).first()


class Follower(models.Model):
    """An e-mail address that follows something, or has been asked whether it wants to."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    email = models.EmailField(gettext_lazy("e-mail address"))
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    language = models.CharField(gettext_lazy("language"), max_length=2, choices=settings.LANGUAGES)

    objects = FollowerQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("follower")
        verbose_name_plural = gettext_lazy("followers")

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        """The page to see and stop what they follow, in the active language."""
        return reverse("procurement:following", kwargs={"code": _MANAGING.sign(self.public_id)})

    def get_stop_url(self) -> str:
        """The page that stops all mails, also at one click (RFC 8058), in the active language."""
        return reverse("procurement:stop", kwargs={"code": _STOPPING.sign(self.public_id)})

    @staticmethod
    def is_stopping_code(code: str) -> bool:
        """Whether we made the code, also for somebody who is no longer there."""
        return read_code(_STOPPING, code) is not None


class FollowQuerySet(models.QuerySet["Follow"]):
    """Which follows."""

    def confirmed(self) -> Self:
        """Those the owner of the address confirmed."""
        return self.filter(confirmed_at__isnull=False)

    def unconfirmed_since(self, now: datetime) -> Self:
        """Those that waited too long for it."""
        return self.filter(confirmed_at=None, asked_at__lte=now - UNCONFIRMED_KEPT)

    def about(self, call: Call) -> Self:
        """Those of the call itself, of one of its themes, or of everything."""
        return self.filter(Q(call=call) | Q(theme__in=call.themes.all()) | Q(call=None, theme=None))

    def by_confirming_code(self, code: str) -> "Follow | None":
        """The follow that this code confirms."""
        public_id = read_code(_CONFIRMING, code)
        return self.select_related("follower", "call", "theme").filter(public_id=public_id).first()


class Follow(models.Model):
    """What an address follows: a call, a theme, or everything, with the reminders it wants.

    What was asked holds from the confirmation on: until then anybody may have typed the address.
    """

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    follower = models.ForeignKey(Follower, on_delete=models.CASCADE, related_name="follows")
    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, null=True, blank=True, related_name="follows"
    )
    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, null=True, blank=True, related_name="follows"
    )
    language = models.CharField(gettext_lazy("language"), max_length=2, choices=settings.LANGUAGES)
    days_30 = models.BooleanField(default=True)
    days_14 = models.BooleanField(default=True)
    days_7 = models.BooleanField(default=True)
    days_1 = models.BooleanField(default=True)
    asked_at = models.DateTimeField(gettext_lazy("asked at"))
    confirmed_at = models.DateTimeField(gettext_lazy("confirmed at"), null=True, blank=True)

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("follow")
        verbose_name_plural = gettext_lazy("follows")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(call=None) | Q(theme=None), name="follow_is_of_one_thing"
            ),
            models.UniqueConstraint(
                fields=["follower", "call"],
                condition=Q(call__isnull=False),
                name="follow_call_once",
            ),
            models.UniqueConstraint(
                fields=["follower", "theme"],
                condition=Q(theme__isnull=False),
                name="follow_theme_once",
            ),
            models.UniqueConstraint(
                fields=["follower"],
                condition=Q(call=None, theme=None),
                name="follow_everything_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follower}: {self.subject}"

    @property
    def subject(self) -> str:
        """What is followed, in words."""
        if self.call is not None:
            return self.call.title
        if self.theme is not None:
            return _("Theme “%(theme)s”") % {"theme": self.theme.short_title}
        return _("All calls")

    @property
    def kept_until(self) -> datetime:
        """Until when it can be confirmed; then it is forgotten."""
        return self.asked_at + UNCONFIRMED_KEPT

    @property
    def offsets(self) -> list[int]:
        """How many days before a reminder comes, the first first."""
        return [days for days in OFFSETS if getattr(self, f"days_{days}")]

    @property
    def confirming_code(self) -> str:
        """The code that confirms it; only for the mail to its owner."""
        return _CONFIRMING.sign(self.public_id)


class Reminder(models.Model):
    """That somebody is reminded of a deadline, once for a reason and a version of its moment.

    The mail of `mail_date` (a day in Brussels) carries it, with all others of that day.
    """

    follower = models.ForeignKey(Follower, on_delete=models.CASCADE, related_name="reminders")
    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE, related_name="reminders")
    days_before = models.PositiveSmallIntegerField(gettext_lazy("days before"))
    version = models.PositiveIntegerField(gettext_lazy("version of the date"))
    mail_date = models.DateField(gettext_lazy("day of the mail"))

    class Meta:
        verbose_name = gettext_lazy("reminder")
        verbose_name_plural = gettext_lazy("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["follower", "deadline", "days_before", "version"],
                name="reminder_once_per_reason_and_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.follower}: {self.deadline_id} -{self.days_before}"
