"""Messages that organisers write to a group of attendees."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_one_line
from events.models.session import Session

LONGEST_TEXT = 10_000
# What it says, in each language.
TEXTS = tuple(
    f"{name}_{code}" for code, _label in settings.LANGUAGES for name in ("subject", "text")
)


class CircularQuerySet(models.QuerySet["Circular"]):
    """Which circulars."""

    def due(self, now: datetime) -> "CircularQuerySet":
        """Those whose moment has come."""
        return self.filter(state=Circular.State.PLANNED, send_at__lte=now).order_by("send_at", "pk")


class Circular(models.Model):
    """A message from the organisers to a group of attendees of a session.

    Whom it goes to is decided at the moment when it leaves: whoever the filter of the attendee list
    leaves then, or the people that were chosen one by one. From then on its text stays as it is,
    and each of them has a message in the outbox.
    """

    class State(models.TextChoices):
        """How far it is."""

        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        SENT = "sent", _("sent")
        WITHDRAWN = "withdrawn", _("withdrawn")

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="circulars", verbose_name=_("session")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    subject = models.CharField(
        _("subject"), max_length=150, blank=True, validators=[validate_one_line]
    )
    text = models.TextField(_("text"), max_length=LONGEST_TEXT, blank=True)
    parameters = models.CharField(
        _("filter"),
        max_length=2000,
        blank=True,
        help_text=_("As it stands in the address of the attendee list; empty: everybody."),
    )
    chosen = models.JSONField(
        _("numbers of those chosen one by one"), null=True, blank=True, default=None
    )
    send_at = models.DateTimeField(_("planned for"), null=True, blank=True)
    planned_sequence = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("The session's SEQUENCE when it was planned: another one tells of a move."),
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    stopped_reason = models.TextField(_("why it did not leave"), blank=True)
    expired_at = models.DateTimeField(_("text erased at"), null=True, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    created_at = models.DateTimeField(_("created at"))
    changed_at = models.DateTimeField(_("last changed at"))

    objects = CircularQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to attendees")
        verbose_name_plural = _("messages to attendees")
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="planned") | Q(send_at__isnull=False),
                name="circular_planned_for_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "withdrawn"], sent_at__isnull=False)
                | Q(state__in=["draft", "planned"], sent_at=None),
                name="circular_sent_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["send_at"], condition=Q(state="planned"), name="circular_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.shown_subject} – {self.session}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be written and sent."""
        return self.state == self.State.DRAFT

    @property
    def is_planned(self) -> bool:
        """Whether it waits for its moment."""
        return self.state == self.State.PLANNED

    @property
    def can_be_edited(self) -> bool:
        """Whether nobody has been sent it yet."""
        return self.state in {self.State.DRAFT, self.State.PLANNED}

    def in_language(self, code: str) -> tuple[str, str]:
        """Subject and text in one language, without falling back on another."""
        return getattr(self, f"subject_{code}") or "", getattr(self, f"text_{code}") or ""

    @property
    def languages(self) -> set[str]:
        """The languages in which it is whole."""
        codes = [code for code, _name in settings.LANGUAGES]
        return {code for code in codes if all(self.in_language(code))}

    @property
    def shown_subject(self) -> str:
        """The subject as lists show it, in the active language if it is there."""
        return self.subject or str(_("without a subject"))
