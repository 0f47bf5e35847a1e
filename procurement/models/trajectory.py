"""An organisation's own project on its way to a deadline, and who works on it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.codes import new_public_id
from accounts.models import Organisation, User
from accounts.names import address_key, validate_one_line
from moments.local import validate_year
from procurement.models.call import Call, Deadline


class Stage(models.TextChoices):
    """How far a trajectory is, as the people who work on it say."""

    IDEA = "idea", pgettext_lazy("stage", "idea")
    NEEDS_ANALYSIS = "needs_analysis", pgettext_lazy("stage", "needs analysis")
    MARKET_CONSULTATION = "market_consultation", pgettext_lazy("stage", "market consultation")
    PROPOSAL = "proposal", pgettext_lazy("stage", "proposal")
    SUBMITTED = "submitted", pgettext_lazy("stage", "submitted")
    ADMISSIBLE = "admissible", pgettext_lazy("stage", "admissible")
    INADMISSIBLE = "inadmissible", pgettext_lazy("stage", "not admissible")
    TENDER = "tender", pgettext_lazy("stage", "tender")
    EXECUTION = "execution", pgettext_lazy("stage", "execution")


BEFORE_SUBMITTING = (
    Stage.IDEA,
    Stage.NEEDS_ANALYSIS,
    Stage.MARKET_CONSULTATION,
    Stage.PROPOSAL,
)
"""While it is in one of these, nobody but its own people knows of it."""


class TrajectoryQuerySet(models.QuerySet["Trajectory"]):
    """Which trajectories."""

    def of_addresses(self, emails: Iterable[str]) -> "TrajectoryQuerySet":
        """Those of which one of these addresses is a member."""
        keys = [address_key(email) for email in emails]
        theirs = TrajectoryMember.objects.filter(email_key__in=keys)
        return self.filter(pk__in=theirs.values("trajectory"))

    def named(self) -> "TrajectoryQuerySet":
        """Those that still say who works on them."""
        return self.filter(anonymised_at=None)

    def warned(self) -> "TrajectoryQuerySet":
        """Those whose people were told that they go."""
        return self.filter(anonymised_at=None, warned_at__isnull=False)

    def untouched_since(self, moment: datetime) -> "TrajectoryQuerySet":
        """Those nobody worked on since, and whose deadline was past by then."""
        is_past = Q(deadline=None) | Q(deadline__closes_at__lte=moment)
        return self.filter(is_past, used_at__lte=moment)

    def submitted_to(self, user: User) -> "TrajectoryQuerySet":
        """Those submitted to a call of the programmes a person organises for."""
        calls = Call.objects.managed_by(user)
        return self.filter(submitted_at__isnull=False, call__in=calls.values("pk"))


class Trajectory(models.Model):
    """A project that an organisation prepares for a call; private until it is submitted."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    problem = models.TextField(
        _("problem"),
        blank=True,
        max_length=5000,
        help_text=_("What goes wrong today, and for whom."),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="trajectories",
        verbose_name=_("organisation in the directory"),
    )
    organisation_name = models.CharField(
        _("organisation"), max_length=200, validators=[validate_one_line]
    )
    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.IDEA)
    call = models.ForeignKey(
        Call,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="trajectories",
        verbose_name=_("call"),
    )
    deadline = models.ForeignKey(
        Deadline,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="trajectories",
        verbose_name=_("target deadline"),
    )
    buys_ai = models.BooleanField(
        _("buys or uses AI"),
        default=True,
        help_text=_("Then the check against the charter belongs to it."),
    )
    made_at = models.DateTimeField(_("made at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    used_at = models.DateTimeField(
        _("last worked on at"), default=timezone.now, editable=False, db_index=True
    )
    warned_at = models.DateTimeField(_("warned at"), null=True, editable=False)
    anonymised_at = models.DateTimeField(_("anonymous since"), null=True, editable=False)

    objects = TrajectoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("trajectory")
        verbose_name_plural = _("trajectories")
        ordering = ("-made_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    submitted_at=None, stage__in=[stage.value for stage in BEFORE_SUBMITTING]
                )
                | Q(submitted_at__isnull=False)
                & ~Q(stage__in=[stage.value for stage in BEFORE_SUBMITTING]),
                name="trajectory_submitted_when_its_stage_says_so",
            ),
            models.CheckConstraint(
                condition=Q(anonymised_at=None) | Q(submitted_at__isnull=False, problem=""),
                name="trajectory_anonymous_only_as_a_count",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page, for its own people."""
        return reverse("procurement:trajectory", kwargs={"public_id": self.public_id})

    @property
    def is_submitted(self) -> bool:
        """Whether the organisers of its call see it."""
        return self.submitted_at is not None

    @property
    def owner(self) -> "TrajectoryMember | None":
        """Who answers for it; of a list, prefetch `members`."""
        return next((one for one in self.members.all() if one.is_owner), None)


class TrajectoryMember(models.Model):
    """Somebody who works on a trajectory, by the address with which they sign in.

    No account is needed to be named: one sees it once one has proved the address.
    """

    trajectory = models.ForeignKey(
        Trajectory, on_delete=models.CASCADE, related_name="members", verbose_name=_("trajectory")
    )
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, db_index=True, editable=False)
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[validate_one_line])
    is_owner = models.BooleanField(_("is the owner"), default=False)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("member of a trajectory")
        verbose_name_plural = _("members of trajectories")
        ordering = ("-is_owner", "added_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["trajectory", "email_key"], name="trajectory_member_once"
            ),
            models.UniqueConstraint(
                fields=["trajectory"], condition=Q(is_owner=True), name="trajectory_has_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class TrajectoryNote(models.Model):
    """What somebody wrote down along the way; stays with the trajectory when they go."""

    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        TrajectoryMember, on_delete=models.SET_NULL, null=True, related_name="notes"
    )
    text = models.TextField(_("note"), max_length=5000)
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("-written_at", "-pk")

    def __str__(self) -> str:
        return self.text[:50]


class TrajectoryStep(models.Model):
    """That a step of the to-do list is done; the list itself is counted back at every look."""

    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="done_steps")
    code = models.CharField(_("step"), max_length=40)
    done_at = models.DateTimeField(_("done at"))

    class Meta:
        verbose_name = _("step that is done")
        verbose_name_plural = _("steps that are done")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["trajectory", "code"], name="trajectory_step_once")
        ]

    def __str__(self) -> str:
        return self.code


class CharterAnswer(models.Model):
    """What a trajectory answers to one principle of the charter, who sees to it, and by when."""

    class Verdict(models.TextChoices):
        """How far the answer is."""

        OPEN = "open", pgettext_lazy("charter", "not answered yet")
        YES = "yes", pgettext_lazy("charter", "in order")
        PARTLY = "partly", pgettext_lazy("charter", "partly")
        NOT_APPLICABLE = "not_applicable", pgettext_lazy("charter", "does not apply")

    trajectory = models.ForeignKey(
        Trajectory, on_delete=models.CASCADE, related_name="charter_answers"
    )
    principle = models.SlugField(_("principle"), max_length=40)
    verdict = models.CharField(
        _("how far it is"), max_length=20, choices=Verdict, default=Verdict.OPEN
    )
    answer = models.TextField(_("answer"), blank=True, max_length=3000)
    responsible = models.CharField(
        _("who sees to it"), max_length=150, blank=True, validators=[validate_one_line]
    )
    due_date = models.DateField(_("by when"), null=True, blank=True, validators=[validate_year])

    class Meta:
        verbose_name = _("answer to a principle")
        verbose_name_plural = _("answers to principles")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["trajectory", "principle"], name="charter_answered_once_per_principle"
            )
        ]

    def __str__(self) -> str:
        return f"{self.principle}: {self.get_verdict_display()}"


def _path_of(attachment: Any, _name: str) -> str:
    """Where a file lies: nothing of its own name, which is somebody else's words."""
    return f"trajectories/{attachment.trajectory.public_id}/{attachment.public_id}"


class Attachment(models.Model):
    """A file that belongs to a trajectory; read only through its page, never by its address."""

    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="attachments")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    file = models.FileField(_("file"), upload_to=_path_of, max_length=200)
    name = models.CharField(_("name"), max_length=150, validators=[validate_one_line])
    content_type = models.CharField(_("type"), max_length=100)
    size_bytes = models.PositiveIntegerField(_("size in bytes"))
    added_by = models.ForeignKey(
        TrajectoryMember, on_delete=models.SET_NULL, null=True, related_name="attachments"
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("attached document")
        verbose_name_plural = _("attached documents")
        ordering = ("added_at", "pk")

    def __str__(self) -> str:
        return self.name
