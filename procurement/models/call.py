"""Calls one can submit to, their deadlines, and the state of a call at a moment."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organisation, Programme, Theme, User
from accounts.names import validate_one_line
from ical.entries import new_uid
from moments.edges import Closing, Edge
from moments.local import validate_year, validate_zone
from procurement.working_days import working_days_before

# Before its end a deadline is said to close soon.
CLOSING_SOON = timedelta(days=14)
# After its end it leaves the feeds; a cancelled one as soon as a session does.
KEPT = timedelta(days=366)
KEPT_CANCELLED = timedelta(days=30)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class CallState(models.TextChoices):
    """What a call is at a moment, for whoever wants to submit; computed, never stored."""

    DRAFT = "draft", _("draft")
    ANNOUNCED = "announced", pgettext_lazy("call", "announced")
    FORTHCOMING = "forthcoming", pgettext_lazy("call", "forthcoming")
    OPEN = "open", pgettext_lazy("call", "open")
    CLOSING_SOON = "closing_soon", pgettext_lazy("call", "closing soon")
    CLOSED = "closed", pgettext_lazy("call", "closed")
    RESULTS = "results", pgettext_lazy("call", "results")
    SUSPENDED = "suspended", pgettext_lazy("call", "suspended")
    CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")


class CallQuerySet(models.QuerySet["Call"]):
    """Which calls."""

    def managed_by(self, user: User) -> "CallQuerySet":
        """Those of the programmes a person organises for."""
        return self.filter(programme__in=Programme.objects.managed_by(user))

    def for_cards(self) -> "CallQuerySet":
        """With what a card shows, in as many queries for one call as for all."""
        return self.select_related("programme").prefetch_related("amounts", "organisers")

    def public(self) -> "CallQuerySet":
        """Those the public knows of: all but drafts."""
        return self.exclude(status=Call.Status.DRAFT)

    def followed_by(self, follows: QuerySet[Any]) -> "CallQuerySet":
        """Those that these follows are about: by the call, one of its themes, or everything."""
        if follows.filter(call=None, theme=None).exists():
            return self
        return self.filter(
            Q(pk__in=follows.filter(call__isnull=False).values("call"))
            | Q(themes__in=follows.filter(theme__isnull=False).values("theme"))
        ).distinct()

    def with_state(self, now: datetime) -> "CallQuerySet":
        """With their `state` at a moment, and the next deadline to meet, as `next_id`.

        Of many deadlines the next one decides; where none is known, the latest, `latest_id`.
        """
        coming, past = _to_meet(now)
        latest_closes_at = (
            Deadline.objects.filter(call=OuterRef("call"), cancelled_at=None, closes_at__lte=now)
            .to_meet()
            .order_by("-closes_at")
            .values("closes_at")[:1]
        )
        decided = Deadline.objects.filter(
            call=OuterRef("pk"),
            cancelled_at=None,
            kind=Deadline.Kind.DECISION,
            closes_at__lte=now,
            closes_at__gte=Subquery(latest_closes_at),
        )
        # By dictionary, since the type checker knows these from the class.
        found: dict[str, Any] = {
            "next_id": Subquery(coming.values("pk")[:1]),
            "latest_id": Subquery(past.values("pk")[:1]),
            "state": Case(
                When(status=Call.Status.DRAFT, then=Value(CallState.DRAFT)),
                When(status=Call.Status.SUSPENDED, then=Value(CallState.SUSPENDED)),
                When(status=Call.Status.CANCELLED, then=Value(CallState.CANCELLED)),
                When(kind=Call.Kind.AWARDED, then=Value(CallState.RESULTS)),
                When(
                    GreaterThan(Subquery(coming.values("opens_at")[:1]), Value(now)),
                    then=Value(CallState.FORTHCOMING),
                ),
                When(
                    Exists(coming.filter(closes_at__lte=now + CLOSING_SOON)),
                    then=Value(CallState.CLOSING_SOON),
                ),
                When(Exists(coming), then=Value(CallState.OPEN)),
                When(kind=Call.Kind.CONTINUOUS, then=Value(CallState.OPEN)),
                When(Exists(decided), then=Value(CallState.RESULTS)),
                When(Exists(past), then=Value(CallState.CLOSED)),
                default=Value(CallState.ANNOUNCED),
                output_field=models.CharField(),
            ),
        }
        return self.annotate(**found)

    def in_full(self, pks: Iterable[int], now: datetime) -> "list[Call]":
        """Those with these numbers, in their order, with their state."""
        numbers = list(pks)
        found = self.with_state(now).in_bulk(numbers)
        return [found[pk] for pk in numbers if pk in found]

    def in_state(self, state: str) -> "CallQuerySet":
        """Those in a state; only after `with_state`."""
        return self.filter(Q(("state", state)))

    def in_order(self, now: datetime) -> "CallQuerySet":
        """The next deadline first, then those without a date, then past ones, the latest first.

        As `rank` says of each. Looks at no more of each call than that takes: lists order thousands
        and show a page.
        """
        coming, past = _to_meet(now)
        # Of the moments alone, which an index has in order.
        first = coming.order_by("closes_at").values("closes_at")[:1]
        latest = past.order_by("-closes_at").values("closes_at")[:1]
        is_over = Q(status=Call.Status.CANCELLED) | Q(kind=Call.Kind.AWARDED)
        is_undated = Q(status=Call.Status.SUSPENDED) | Q(kind=Call.Kind.CONTINUOUS)
        keys: dict[str, Any] = {
            "next_closes_at": Case(When(is_over, then=None), default=Subquery(first)),
            "latest_closes_at": Case(
                When(is_over, then=Coalesce(Subquery(latest), Value(_LONG_AGO))),
                When(is_undated, then=None),
                default=Subquery(latest),
            ),
        }
        return self.annotate(**keys).order_by(
            F("next_closes_at").asc(nulls_last=True),
            F("latest_closes_at").desc(nulls_first=True),
            "pk",
        )


def _to_meet(now: datetime) -> "tuple[DeadlineQuerySet, DeadlineQuerySet]":
    """What a call's applicants still have to meet, the next first, and what is past."""
    its = Deadline.objects.filter(call=OuterRef("pk"), cancelled_at=None).to_meet()
    return (
        its.filter(closes_at__gt=now).order_by("closes_at", "pk"),
        its.filter(closes_at__lte=now).order_by("-closes_at", "-pk"),
    )


class Call(models.Model):
    """What one can submit to: innovative procurement projects, research projects, training."""

    class Status(models.TextChoices):
        """What the organiser decided."""

        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        SUSPENDED = "suspended", pgettext_lazy("call", "suspended")
        CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")

    class Kind(models.TextChoices):
        """How it comes back."""

        RECURRING = "recurring", _("recurring, with deadlines")
        ONE_OFF = "one_off", _("once")
        CONTINUOUS = "continuous", _("always open")
        ANNOUNCED = "announced", _("announced, without dates")
        AWARDED = "awarded", _("awarded")

    # Where it stands in the list, as `rank` says.
    COMING, UNDATED, PAST = 0, 1, 2

    slug = models.SlugField(_("short address"), max_length=80, unique=True)
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="calls", verbose_name=_("programme")
    )
    organisers = models.ManyToManyField(
        Organisation, blank=True, related_name="calls", verbose_name=_("organisers")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ONE_OFF)
    is_example = models.BooleanField(_("is an example"), default=False)
    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    summary = models.TextField(_("summary"), blank=True)
    body = models.TextField(
        _("text"), blank=True, help_text=_("Markdown: headings, lists, links, bold.")
    )
    target_group = models.CharField(_("who may submit"), max_length=300, blank=True)
    excluded_group = models.CharField(_("who may not submit"), max_length=300, blank=True)
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="calls", verbose_name=_("themes")
    )
    how_to_submit = models.TextField(_("how to submit"), blank=True)
    application_language = models.CharField(
        _("language of the application"),
        max_length=2,
        blank=True,
        choices=[("nl", _("Dutch")), ("fr", _("French")), ("en", _("English"))],
    )
    contact_name = models.CharField(
        _("contact"), max_length=100, blank=True, validators=[validate_one_line]
    )
    contact_email = models.EmailField(
        _("contact's e-mail address"),
        blank=True,
        help_text=_("A mailbox of the team, not of one person. Empty: the programme's."),
    )
    official_url = models.URLField(_("official page"), blank=True)
    source = models.CharField(
        _("source"), max_length=300, blank=True, help_text=_("Where these facts come from.")
    )
    checked_date = models.DateField(
        _("last checked on"), null=True, blank=True, validators=[validate_year]
    )
    changed_at = models.DateTimeField(_("last changed at"), auto_now=True)

    objects = CallQuerySet.as_manager()

    # Only after `with_state`.
    state: str
    next_id: int | None
    latest_id: int | None

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("slug",)
        # Lists count and order all of them without reading their texts.
        indexes = [models.Index(fields=["status", "kind"], name="call_by_status")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the call, in the active language."""
        return reverse("portal:call", kwargs={"slug": self.slug})

    @property
    def rank(self) -> int:
        """Where it stands in the list; only after `with_state`."""
        if self.state in {CallState.CLOSED, CallState.RESULTS, CallState.CANCELLED}:
            return self.PAST
        return self.UNDATED if self.next_id is None else self.COMING

    @property
    def is_draft(self) -> bool:
        """Whether the public does not know of it."""
        return self.status == self.Status.DRAFT

    @property
    def is_cancelled(self) -> bool:
        """Whether the organiser cancelled it."""
        return self.status == self.Status.CANCELLED

    @property
    def is_suspended(self) -> bool:
        """Whether the organiser suspended it: its dates may not hold."""
        return self.status == self.Status.SUSPENDED

    @property
    def contact(self) -> tuple[str, str]:
        """Name and e-mail address for questions, the programme's where it has none of its own."""
        if self.contact_email:
            return self.contact_name or self.programme.name, self.contact_email
        name = self.programme.contact_name or self.programme.name
        return name, self.programme.contact_email


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """Which deadlines."""

    def public(self) -> "DeadlineQuerySet":
        """Those of calls the public knows of, cancelled ones too."""
        return self.exclude(call__status=Call.Status.DRAFT)

    def standing(self) -> "DeadlineQuerySet":
        """Those that hold: neither they nor their call were cancelled or suspended."""
        return self.filter(cancelled_at=None, call__status=Call.Status.PUBLISHED)

    def standing_of(self, calls: CallQuerySet) -> "DeadlineQuerySet":
        """Those of these calls that hold, found without a look at each call."""
        published = calls.filter(status=Call.Status.PUBLISHED)
        return self.filter(cancelled_at=None, call__in=published.values("pk"))

    def coming(self, now: datetime) -> "DeadlineQuerySet":
        """Those that hold and are not yet past, the next first."""
        return self.standing().filter(closes_at__gt=now).order_by("closes_at", "pk")

    def to_meet(self) -> "DeadlineQuerySet":
        """Those somebody who submits has to meet: all but the decision."""
        return self.exclude(kind=Deadline.Kind.DECISION)

    def past(self, now: datetime) -> "DeadlineQuerySet":
        """Those that are past, the latest first."""
        return self.standing().filter(closes_at__lte=now).order_by("-closes_at", "-pk")

    def for_pages(self) -> "DeadlineQuerySet":
        """With the call and its programme, in the same query."""
        return self.select_related("call", "call__programme")

    def in_feeds(self, now: datetime) -> "DeadlineQuerySet":
        """Those that calendars still show: a year after their date, cancelled ones a month."""
        return self.public().filter(closes_at__gt=now - KEPT).still_told(now)

    def still_told(self, now: datetime) -> "DeadlineQuerySet":
        """All but those that were cancelled and would be past for more than a month."""
        is_cancelled = Q(cancelled_at__isnull=False) | Q(call__status=Call.Status.CANCELLED)
        return self.exclude(is_cancelled, closes_at__lte=now - KEPT_CANCELLED)

    def with_changes(self) -> "DeadlineQuerySet":
        """With the changes of their dates, in one query for all."""
        return self.prefetch_related("changes")


if TYPE_CHECKING:
    _DateField = models.DateField[date, date]
else:
    _DateField = models.DateField


class LastDateField(_DateField):
    """The last day of a deadline in its own zone, kept whenever it is saved.

    SQL cannot tell it: it would have to know the zone of each row.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> date:
        """The day that follows from the moment and the zone."""
        # By its fields: models in migrations have no properties.
        row: Any = model_instance
        row.last_date = Closing(Edge(row.edge), row.closes_at, ZoneInfo(row.time_zone)).last_day
        day: date = row.last_date
        return day


class Deadline(models.Model):
    """One dated step of a call (indiendatum, where the step is the submission)."""

    class Kind(models.TextChoices):
        """Which step it is."""

        INTAKE = "intake", _("intake talk")
        PRE_NOTIFICATION = "pre_notification", _("pre-notification")
        SUBMISSION = "submission", _("submission deadline")
        DECISION = "decision", _("decision")

    # Without an index of its own: those below begin with it.
    call = models.ForeignKey(
        Call,
        on_delete=models.CASCADE,
        related_name="deadlines",
        db_index=False,
        verbose_name=_("call"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SUBMISSION)
    edge = models.CharField(_("how it is said"), max_length=20, choices=Edge)
    closes_at = models.DateTimeField(
        _("closes at"), help_text=_("From this instant on it is too late.")
    )
    last_date = LastDateField(_("last day"), editable=False)
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="Europe/Brussels", validators=[validate_zone]
    )
    is_hour_stated = models.BooleanField(_("the hour is stated"), default=True)
    is_confirmed = models.BooleanField(_("is confirmed"), default=True)
    opens_at = models.DateTimeField(
        _("opens at"),
        null=True,
        blank=True,
        validators=[validate_year],
        help_text=_("From when one can submit. Empty: at once, or not known."),
    )
    is_mandatory = models.BooleanField(
        _("is mandatory"), default=True, help_text=_("Who skips it cannot submit.")
    )
    requires = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="required_by",
        verbose_name=_("only after this step"),
    )
    intake_working_days = models.PositiveSmallIntegerField(
        _("working days ahead to ask for an intake talk"),
        null=True,
        blank=True,
        help_text=_("Counted back from this date. Empty: no talk, or no term known."),
    )
    outcome = models.CharField(
        _("what came of it"),
        max_length=300,
        blank=True,
        help_text=_("For example how many proposals there were."),
    )
    source_phrase = models.CharField(_("words of the source"), max_length=200, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True, editable=False)
    dated_at = models.DateTimeField(
        _("this date is known since"),
        default=timezone.now,
        editable=False,
        help_text=_("Reminders that were due before it are not sent: the date itself was news."),
    )
    uid = models.CharField("UID", max_length=100, unique=True, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField("SEQUENCE", default=0, editable=False)
    calendar_steps = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Added to SEQUENCE, for what calendars show otherwise while the date stays.",
    )
    changed_at = models.DateTimeField(_("last changed at"), auto_now=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("closes_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["call", "kind", "closes_at"], name="deadline_once_per_call_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(opens_at__lt=F("closes_at")),
                name="deadline_opens_before_it_closes",
            ),
            models.CheckConstraint(
                condition=Q(intake_working_days=None) | Q(intake_working_days__gt=0),
                name="deadline_intake_is_ahead",
            ),
            models.CheckConstraint(
                condition=Q(requires=None) | ~Q(requires=F("pk")),
                name="deadline_requires_another",
            ),
        ]
        indexes = [
            # All that the state and the order of calls ask of their deadlines.
            models.Index(
                fields=["call", "closes_at", "kind", "cancelled_at"], name="deadline_of_call"
            ),
            models.Index(fields=["closes_at"], name="deadline_by_moment"),
            models.Index(fields=["last_date", "cancelled_at", "call"], name="deadline_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.closing.wording()}"

    @property
    def step(self) -> str:
        """Which step it is, as a label: "Indiendatum"."""
        return capfirst(self.get_kind_display())

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the deadline is meant and shown."""
        return ZoneInfo(self.time_zone)

    @property
    def closing(self) -> Closing:
        """When it closes, with the words for it."""
        return Closing(
            Edge(self.edge), self.closes_at, self.zone, hour_is_stated=self.is_hour_stated
        )

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place, by itself or with its call."""
        return self.cancelled_at is not None or self.call.is_cancelled

    @property
    def leaves_feeds_at(self) -> datetime:
        """From when on calendars to subscribe to hold it no more."""
        return self.closes_at + (KEPT_CANCELLED if self.is_cancelled else KEPT)

    @property
    def latest_day_to_ask(self) -> date | None:
        """The last day on which one can still ask for the intake talk; None where none is due."""
        if self.intake_working_days is None:
            return None
        return working_days_before(self.closing.last_day, self.intake_working_days)
