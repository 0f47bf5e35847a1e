"""The outbox."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def new_message_id() -> str:
    """A Message-ID made once per message, so that a mail that arrives twice is known as one."""
    return f"<{uuid.uuid4().hex}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"


class MessageQuerySet(models.QuerySet["Message"]):
    """Which messages."""

    def due(self, now: datetime) -> "MessageQuerySet":
        """Those to deliver: their moment has come and no worker holds them; most urgent first."""
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lte=now),
            state=Message.State.WAITING,
            due_at__lte=now,
        ).order_by("priority", "due_at", "pk")


class Message(models.Model):
    """One mail to one person: meant, then sent, failed, dropped or withdrawn.

    It says why it exists (`kind`, `object_id`), not what it says: the text is composed at delivery
    from what is true then. The row is written in the transaction that causes the mail.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("no longer needed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Priority(models.IntegerChoices):
        """The order in which mails leave; the smaller, the sooner."""

        URGENT = 1, _("urgent")
        NORMAL = 5, _("normal")
        BULK = 9, _("bulk")

    key = models.CharField(_("key"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=50)
    object_id = models.BigIntegerField(_("number of what it is about"))
    recipient = models.EmailField(_("recipient"))
    payload = models.JSONField(
        _("what cannot be looked up later"),
        default=dict,
        blank=True,
        help_text=_("A sign-in code, for one. Emptied as soon as the mail has left."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.NORMAL
    )
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.TextField(_("reason"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("held by a worker until"), null=True, blank=True)
    lease_number = models.PositiveIntegerField(_("times taken up"), default=0)
    message_id = models.CharField(_("Message-ID"), max_length=200, default=new_message_id)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    closed_at = models.DateTimeField(_("sent or given up at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", closed_at=None)
                | (~Q(state="waiting") & Q(closed_at__isnull=False)),
                name="message_closed_when_not_waiting",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state="waiting"),
                name="message_to_deliver",
            ),
            models.Index(fields=["kind", "object_id"], name="message_about"),
            models.Index(fields=["recipient", "created_at"], name="message_recipient"),
        ]

    def __str__(self) -> str:
        return self.key
