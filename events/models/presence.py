"""Whether somebody came, and how."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.registration import Registration


class Presence(models.Model):
    """Whether somebody came to the session they registered for; no row as long as nobody said.

    Apart from the registration, so that saving that can never write back an old mark. It names
    nobody: it stays, and is counted, when its registration is made anonymous. Who said so, and
    what stood there before, is in the audit log.
    """

    class State(models.TextChoices):
        """What became of somebody."""

        PRESENT = "present", _("present")
        WALK_IN = "walk_in", _("present without registering")
        ABSENT = "absent", _("absent")
        EXCUSED = "excused", _("excused")

    class How(models.TextChoices):
        """How somebody took part."""

        ON_SITE = "on_site", _("on site")
        ONLINE = "online", _("online")

    # Who was there, however they came.
    THERE = (State.PRESENT, State.WALK_IN)

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, primary_key=True, related_name="presence"
    )
    state = models.CharField(_("presence"), max_length=10, choices=State)
    how = models.CharField(_("how"), max_length=10, choices=How, blank=True)
    marked_at = models.DateTimeField(_("marked at"))

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [
            models.CheckConstraint(
                condition=(Q(state__in=("present", "walk_in")) & ~Q(how=""))
                | (~Q(state__in=("present", "walk_in")) & Q(how="")),
                name="presence_says_how_of_who_was_there",
            )
        ]

    def __str__(self) -> str:
        return self.get_state_display()

    @property
    def is_there(self) -> bool:
        """Whether they were there."""
        return self.state in self.THERE
