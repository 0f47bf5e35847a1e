"""Marks of erased people, so that a restored backup does not bring them back."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.names import address_key


def erasure_marks(email: str) -> list[str]:
    """What an address turns into here: one mark per secret key, the current one first.

    A keyed hash (HMAC-SHA-256): who has the marks but not the key cannot try addresses on them.
    """
    return marks_of(address_key(email))


def marks_of(subject: str) -> list[str]:
    """The same of anything else that was erased by itself, such as one registration's public id."""
    return [
        salted_hmac("accounts.erasure", subject, secret=key, algorithm="sha256").hexdigest()
        for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    ]


class Erasure(models.Model):
    """That what was held on an address was erased, without saying which address.

    Everything of that address from before `erased_at` goes again when it comes back.
    """

    mark = models.CharField(_("mark"), max_length=64)
    erased_at = models.DateTimeField(_("erased at"))

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ("-erased_at", "-pk")
        constraints = [models.UniqueConstraint(fields=["mark", "erased_at"], name="erasure_once")]

    def __str__(self) -> str:
        return f"{self.erased_at:%Y-%m-%d %H:%M}"
