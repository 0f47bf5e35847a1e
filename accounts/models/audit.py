"""Who did what to whose data: rows that nobody changes afterwards."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.programme import Programme
from accounts.models.role import Role
from accounts.models.user import User


class Action(models.TextChoices):
    """What somebody did; the label is the sentence in the log, after their name."""

    REGISTRATIONS_SEEN = "registrations.seen", _("looked at the attendee list")
    REGISTRATIONS_EXPORTED = "registrations.exported", _("exported the attendee list")
    REGISTRATION_SEEN = "registration.seen", _("looked at a registration")
    REGISTRATION_ADDED = "registration.added", _("registered somebody")
    REGISTRATION_CHANGED = "registration.changed", _("changed the details of a registration")
    REGISTRATION_PLACED = "registration.placed", _("gave somebody a seat from the waiting list")
    REGISTRATION_CANCELLED = "registration.cancelled", _("cancelled a registration")
    REGISTRATION_DELETED = "registration.deleted", _("deleted a registration")
    REGISTRATION_MARKED = "registration.marked", _("said whether somebody was there")
    REGISTRATION_SUBSTITUTED = "registration.substituted", _("let somebody else come")
    NEEDS_SEEN = "needs.seen", _("looked at access and diet needs")
    DATA_EXPORTED = "data.exported", _("downloaded what is held on them")
    DATA_ERASED = "data.erased", _("had what is held on them erased")
    DATA_EXPIRED = "data.expired", _("made data anonymous whose time was over")
    SESSION_ADDED = "session.added", _("made a session")
    SESSION_CHANGED = "session.changed", _("changed a session")
    SESSION_PUBLISHED = "session.published", _("published a session")
    SESSION_UNPUBLISHED = "session.unpublished", _("took a session back to draft")
    SESSION_CANCELLED = "session.cancelled", _("cancelled a session")
    SESSION_DELETED = "session.deleted", _("deleted a session")
    ORGANISATION_MATCHED = "organisation.matched", _("linked a typed name to an organisation")
    ORGANISATION_MERGED = "organisation.merged", _("merged two organisations")
    ORGANISATION_UNDONE = "organisation.undone", _("undid a link or a merge of organisations")
    MEMBER_INVITED = "member.invited", _("invited somebody to the programme")
    INVITATION_WITHDRAWN = "invitation.withdrawn", _("withdrew an invitation")
    MEMBER_ADDED = "member.added", _("gave somebody a role in the programme")
    MEMBER_REMOVED = "member.removed", _("took somebody's role in the programme away")
    PROGRAMME_CHANGED = "programme.changed", _("changed the details of the programme")
    RETENTION_CHANGED = "retention.changed", _("changed how long data is kept")
    USERS_SEEN = "users.seen", _("looked at the list of users")
    USER_SEEN = "user.seen", _("looked at somebody's account")
    USER_ADDED = "user.added", _("made an account for somebody")
    USER_CHANGED = "user.changed", _("changed somebody's account")
    USER_DELETED = "user.deleted", _("deleted somebody's account")
    CIRCULAR_SENT = "circular.sent", _("sent a message to attendees")
    CIRCULAR_PLANNED = "circular.planned", _("planned a message to attendees")
    CIRCULAR_CHANGED = "circular.changed", _("changed a planned message to attendees")
    CIRCULAR_WITHDRAWN = "circular.withdrawn", _("took back a message to attendees")
    SPEAKER_INVITED = "speaker.invited", _("gave a speaker a link to a page of their own")
    SPEAKER_CLOSED = "speaker.closed", _("took the link of a speaker back")
    SPEAKER_CHANGED = "speaker.changed", _("changed what stands beside a speaker")
    MATERIAL_ADDED = "material.added", _("added material to a session")
    MATERIAL_SHOWN = "material.shown", _("chose material of a session to be shown")
    MATERIAL_HIDDEN = "material.hidden", _("hid material of a session")
    MATERIAL_REMOVED = "material.removed", _("deleted material of a session")
    MESSAGES_SEEN = "messages.seen", _("looked at the mails in the outbox")
    ADDRESS_CLEARED = "address.cleared", _("let an address have mail again")
    TRAJECTORIES_SEEN = "trajectories.seen", _("looked at submitted trajectories")
    TRAJECTORIES_EXPORTED = "trajectories.exported", _("exported the submitted trajectories")
    AUDIT_EXPORTED = "audit.exported", _("exported the audit log")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Which entries."""

    def led_by(self, user: User) -> "AuditQuerySet":
        """Those of the programmes a person leads; all of them for an administrator."""
        if user.is_superuser:
            return self
        return self.filter(
            programme__memberships__user_id=user.pk,
            programme__memberships__role__in=Role.LEAD.or_more,
        )

    def since(self, moment: datetime) -> "AuditQuerySet":
        """Those from a moment on."""
        return self.filter(at__gte=moment)

    def of_session(self, session_id: int) -> "AuditQuerySet":
        """Those about a session, its registrations included."""
        return self.filter(session_id=session_id)

    def about(self, row: models.Model) -> "AuditQuerySet":
        """Those about one row."""
        return self.filter(object_type=row._meta.model_name, object_id=row.pk)

    def for_pages(self) -> "AuditQuerySet":
        """With what a sentence about an entry says, in the same query."""
        return self.select_related("user", "programme")


class AuditEntry(models.Model):
    """One act: who, when, from where, what, about which row.

    It names rows by number and holds no words about anybody, so that erasing a person needs no
    change here. The database itself refuses to change or delete an entry (migration `audit`).
    Users and programmes are referred to without a constraint: an entry outlives them.
    """

    class Actor(models.TextChoices):
        """In which quality somebody acted."""

        USER = "user", _("somebody signed in")
        OWNER = "owner", _("the registrant")
        SPEAKER = "speaker", _("a speaker")
        VISITOR = "visitor", _("a visitor")
        SYSTEM = "system", _("the program")

    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("who acted"), max_length=10, choices=Actor)
    user = models.ForeignKey(
        User,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    network_address = models.GenericIPAddressField(_("from"), null=True)
    action = models.CharField(_("action"), max_length=40, choices=Action)
    programme = models.ForeignKey(
        Programme,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("programme"),
    )
    object_type = models.CharField(_("kind of row"), max_length=50, blank=True)
    object_id = models.BigIntegerField(_("number of the row"), null=True)
    session_id = models.BigIntegerField(_("number of the session"), null=True)
    details = models.JSONField(
        _("details"),
        default=dict,
        blank=True,
        help_text=_("Counts, names of fields and a stated reason; never what the fields hold."),
    )

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ("-at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=(Q(actor="user") & Q(user__isnull=False))
                | (~Q(actor="user") & Q(user=None)),
                name="audit_user_named_when_signed_in",
            )
        ]
        indexes = [
            models.Index(fields=["programme", "at"], name="audit_of_programme"),
            models.Index(fields=["session_id", "at"], name="audit_of_session"),
            models.Index(fields=["object_type", "object_id"], name="audit_about"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Written once; Django would otherwise learn it from the database as an error."""
        if self.pk is not None:
            raise TypeError("An audit entry is not changed.")
        super().save(*args, **kwargs)

    @property
    def who(self) -> str:
        """Who acted; somebody whose account is gone is a former user."""
        if self.actor != self.Actor.USER:
            return str(self.Actor(self.actor).label)
        return str(self.user or _("a former user"))
