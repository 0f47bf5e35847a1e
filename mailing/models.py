"""The outbox, and what all its workers need to know of one another."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from mailing.batches import Batch


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
        # It was due between a backup and the moment that it was put back.
        UNCERTAIN = "uncertain", _("may have left")

    class Outcome(models.TextChoices):
        """What the provider let know after it left; an SMTP server lets nothing know."""

        UNKNOWN = "", _("not heard of")
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        COMPLAINED = "complained", _("marked as unwanted")

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
    useful_until = models.DateTimeField(
        _("useful until"),
        null=True,
        blank=True,
        help_text=_("From then on it is no longer sent. Empty: there is no such moment."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.TextField(_("reason"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("held by a worker until"), null=True, blank=True)
    lease_number = models.PositiveIntegerField(_("times taken up"), default=0)
    message_id = models.CharField(_("Message-ID"), max_length=200, default=new_message_id)
    provider_id = models.CharField(
        _("number the provider gave it"), max_length=200, blank=True, default=""
    )
    outcome = models.CharField(
        _("heard of it"), max_length=10, choices=Outcome, blank=True, default=Outcome.UNKNOWN
    )
    request_id = models.CharField(
        _("request that caused it"), max_length=64, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    closed_at = models.DateTimeField(_("sent or given up at"), null=True, blank=True)

    # Those with which it leaves, while it does.
    batch: "Batch | None" = None

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
            models.Index(fields=["object_id", "id"], name="message_latest_about"),
            models.Index(fields=["recipient", "created_at"], name="message_recipient"),
            models.Index(fields=["message_id"], name="message_by_message_id"),
            models.Index(
                fields=["provider_id"],
                condition=~Q(provider_id=""),
                name="message_by_provider_id",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class SuppressedAddress(models.Model):
    """An address that gets no mail any more, since one to it bounced or was called unwanted.

    An administrator clears it once the cause is gone; the address then gets mail again.
    """

    address = models.CharField(_("address"), max_length=254, unique=True)
    outcome = models.CharField(_("what happened"), max_length=10, choices=Message.Outcome)
    reason = models.TextField(_("what the other server said"), blank=True)
    suppressed_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ("-suppressed_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["bounced", "complained"]),
                name="address_suppressed_for_a_reason",
            )
        ]

    def __str__(self) -> str:
        return self.address


class Provider(models.Model):
    """How one mail server or service does, for all workers alike."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    rests_until = models.DateTimeField(_("left alone until"), null=True, blank=True)
    # By GCRA, the "generic cell rate algorithm": when the mail after the last one would be due if
    # they left evenly spread.
    next_turn_at = models.DateTimeField(_("next turn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail provider")
        verbose_name_plural = _("mail providers")

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """That an operator stopped the mail; there is at most one row."""

    only = models.BooleanField(default=True, unique=True)
    since = models.DateTimeField(_("since"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pause of the mail")
        verbose_name_plural = _("pauses of the mail")
        constraints = [models.CheckConstraint(condition=Q(only=True), name="pause_only_one")]

    def __str__(self) -> str:
        return self.reason or str(self.since)


class Heartbeat(models.Model):
    """When a worker last ran; there is at most one row, which all workers write."""

    only = models.BooleanField(default=True, unique=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("sign of life of the worker")
        verbose_name_plural = _("signs of life of the worker")
        constraints = [models.CheckConstraint(condition=Q(only=True), name="heartbeat_only_one")]

    def __str__(self) -> str:
        return str(self.at)
