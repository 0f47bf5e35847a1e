"""What tells that calendars may say something else than before."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EditionStep(models.Model):
    """That something changed which a calendar may show: a random number, written by the database.

    All of them together are the edition (`ical.editions.current`). A row for each change rather
    than one row that all of them write, so that no two changes wait for one another.
    """

    token = models.BigIntegerField()

    class Meta:
        verbose_name = _("step of the calendars' edition")
        verbose_name_plural = _("steps of the calendars' edition")

    def __str__(self) -> str:
        return str(self.token)
