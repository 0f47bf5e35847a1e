"""Asking somebody to work for a programme."""

from datetime import datetime

from django.conf import settings
from django.core.signing import Signer
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.codes import new_public_id, read_code
from accounts.models.programme import Programme
from accounts.models.role import Role
from accounts.names import address_key

_ACCEPTING = Signer(salt="accounts.invitation", sep=".")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Which invitations."""

    def by_code(self, code: str) -> "InvitationQuerySet":
        """The one that a mail's code is about; none once it was accepted or withdrawn."""
        return self.filter(public_id=read_code(_ACCEPTING, code))

    def to_address(self, email: str) -> "InvitationQuerySet":
        """Those to this e-mail address, however it is typed."""
        return self.filter(email_key=address_key(email))


class Invitation(models.Model):
    """That somebody was asked to take a role; the row goes when they do, or it is withdrawn."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    programme = models.ForeignKey(
        Programme, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("programme")
    )
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    invited_at = models.DateTimeField(_("invited at"))
    expires_at = models.DateTimeField(_("holds until"))
    sent_at = models.DateTimeField(_("last sent at"))
    sendings = models.PositiveSmallIntegerField(_("times sent"), default=1)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("email_key", "pk")
        constraints = [
            models.UniqueConstraint(fields=["programme", "email_key"], name="one_invitation_each")
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.programme}"

    def get_absolute_url(self) -> str:
        """The page on which it is accepted."""
        return reverse("portal:invitation", kwargs={"code": self.code})

    @property
    def code(self) -> str:
        """The code in its mail."""
        return _ACCEPTING.sign(self.public_id)

    @staticmethod
    def was_coded(code: str) -> bool:
        """Whether we made this code, also where its invitation is gone."""
        return read_code(_ACCEPTING, code) is not None

    def holds(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return now < self.expires_at
