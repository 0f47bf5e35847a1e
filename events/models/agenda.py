"""The agenda of a session, and who speaks."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models
from django.db.models import F, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Programme, User
from accounts.names import validate_one_line
from events.models.session import Session


class Speaker(models.Model):
    """A person who speaks; what they are at a session belongs to the contribution."""

    slug = models.SlugField(_("short address"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=100, validators=[validate_one_line])

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """First and last initial, for where there is no photo."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:]))


class AgendaItemQuerySet(models.QuerySet["AgendaItem"]):
    """Which agenda items."""

    def managed_by(self, user: User) -> "AgendaItemQuerySet":
        """Those of sessions of the programmes a person organises for."""
        return self.filter(session__programme__in=Programme.objects.managed_by(user))

    def in_order(self) -> "AgendaItemQuerySet":
        """As they follow in time, a block before what it holds."""
        return self.order_by("starts_at", "-ends_at", "position", "pk")

    def with_speakers(self) -> "AgendaItemQuerySet":
        """With their contributions, in one query more."""
        return self.prefetch_related(
            Prefetch(
                "contributions",
                queryset=Contribution.objects.select_related("speaker", "organisation").order_by(
                    "position", "pk"
                ),
            )
        )


class AgendaItem(models.Model):
    """A timed part of a session; a block may hold items."""

    class Kind(models.TextChoices):
        """What happens."""

        WELCOME = "welcome", _("welcome")
        TALK = "talk", _("talk")
        BLOCK = "block", _("block")
        QUESTIONS = "questions", _("questions")
        BREAK = "break", _("break")
        CLOSING = "closing", _("closing")

    session = models.ForeignKey(
        Session,
        on_delete=models.CASCADE,
        related_name="agenda_items",
        verbose_name=_("session"),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TALK)
    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    description = models.TextField(_("description"), blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    position = models.PositiveSmallIntegerField(_("order among equals"), default=0)
    is_parallel = models.BooleanField(_("runs in parallel with others"), default=False)
    track = models.CharField(_("track"), max_length=60, blank=True, validators=[validate_one_line])
    sequence = models.PositiveIntegerField(
        "SEQUENCE",
        default=0,
        editable=False,
        help_text="Counts its changes of time, on top of those of its session.",
    )

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ("starts_at", "-ends_at", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="agenda_item_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("pk")), name="agenda_item_not_in_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def move_to(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Give it another time, unsaved; whether it is another one. Calendars count it."""
        if (self.starts_at, self.ends_at) == (starts_at, ends_at):
            return False
        self.starts_at, self.ends_at = starts_at, ends_at
        self.sequence += 1
        return True


class Contribution(models.Model):
    """A speaker at an agenda item, with their role and organisation of that day."""

    agenda_item = models.ForeignKey(
        AgendaItem, on_delete=models.CASCADE, related_name="contributions"
    )
    speaker = models.ForeignKey(
        Speaker,
        on_delete=models.PROTECT,
        related_name="contributions",
        verbose_name=_("speaker"),
    )
    role = models.CharField(_("role"), max_length=150, blank=True, validators=[validate_one_line])
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name=_("organisation"),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["agenda_item", "speaker"], name="speaker_once_per_agenda_item"
            )
        ]

    def __str__(self) -> str:
        return f"{self.speaker} – {self.agenda_item}"

    @property
    def organisation_name(self) -> str:
        """The organisation in words; empty when unknown, or when the role already names it."""
        if self.organisation is None:
            return ""
        return organisation_beside(
            self.role or "", self.organisation.name, self.organisation.abbreviation or ""
        )


def organisation_beside(role: str, name: str, abbreviation: str) -> str:
    """An organisation's name to stand beside a role; empty where the role names it already."""
    lowered = role.lower()
    is_in_role = any(
        known.lower() in lowered
        and re.search(rf"(?<!\w){re.escape(known)}(?!\w)", role, re.IGNORECASE)
        for known in (name, abbreviation)
        if known
    )
    return "" if is_in_role else name


@dataclass
class AgendaNode:
    """An agenda item with what it holds, ready to be shown."""

    item: AgendaItem
    is_now: bool = False
    children: list["AgendaNode"] = field(default_factory=list)

    @property
    def contributions(self) -> list[Contribution]:
        """Who speaks, in order."""
        return list(self.item.contributions.all())


def agenda_tree(items: list[AgendaItem], now: datetime) -> list[AgendaNode]:
    """The items of one session, in order, nested; one that is going on at `now` is marked."""
    nodes = {
        item.pk: AgendaNode(item, is_now=item.starts_at <= now < item.ends_at) for item in items
    }
    roots: list[AgendaNode] = []
    for node in nodes.values():
        parent = nodes.get(node.item.parent_id) if node.item.parent_id else None
        (parent.children if parent else roots).append(node)
    return roots
