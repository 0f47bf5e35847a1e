"""Sessions: what is announced, when it takes place, and in which state that leaves it."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Max, Min, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Programme, Theme, User
from accounts.names import validate_one_line
from ical.entries import new_uid
from moments.edges import Closing, Edge
from moments.local import day_before, validate_zone

LINK_GRACE = timedelta(hours=1)


class SessionState(StrEnum):
    """What a session is at a moment, for those who want to register."""

    DRAFT = "draft"
    NOT_YET_OPEN = "not_yet_open"
    OPEN = "open"
    WAITING_LIST = "waiting_list"
    FULL = "full"
    CLOSED = "closed"
    RUNNING = "running"
    PAST = "past"
    CANCELLED = "cancelled"

    @property
    def takes_registrations(self) -> bool:
        """Whether the form is shown."""
        return self in {SessionState.OPEN, SessionState.WAITING_LIST}


class SessionQuerySet(models.QuerySet["Session"]):
    """Which sessions."""

    def public(self) -> "SessionQuerySet":
        """Those that anyone may see: published, or cancelled after that."""
        return self.exclude(status=Session.Status.DRAFT)

    def reachable(self) -> "SessionQuerySet":
        """Those that open for who knows their address: the public ones, and checks."""
        return self.filter(~Q(status=Session.Status.DRAFT) | Q(is_check=True))

    def coming(self, now: datetime) -> "SessionQuerySet":
        """Those not yet over, the first one first."""
        return self.filter(ends_at__gt=now).order_by("starts_at", "pk")

    def past(self, now: datetime) -> "SessionQuerySet":
        """Those that are over, the latest first."""
        return self.filter(ends_at__lte=now).order_by("-starts_at", "-pk")

    def within(self, starts_at: datetime, ends_at: datetime) -> "SessionQuerySet":
        """Those that take place between two instants, in part at least, the first one first."""
        between = self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
        return between.order_by("starts_at", "pk")

    def span(self) -> "tuple[datetime, datetime] | None":
        """When the first one begins and when the last one does; None without any."""
        begins = self.aggregate(first=Min("starts_at"), last=Max("starts_at"))
        return (begins["first"], begins["last"]) if begins["first"] else None

    def for_pages(self) -> "SessionQuerySet":
        """With what every page about a session shows, in the same query."""
        return self.select_related("programme", "programme__organisation", "seats")

    def led_by(self, user: User) -> "SessionQuerySet":
        """Those of the programmes a person leads."""
        return self.filter(programme__in=Programme.objects.led_by(user))

    def managed_by(self, user: User) -> "SessionQuerySet":
        """Those of the programmes a person organises for."""
        return self.filter(programme__in=Programme.objects.managed_by(user), is_check=False)

    def helped_by(self, user: User) -> "SessionQuerySet":
        """Those of which a person may see who comes."""
        return self.filter(programme__in=Programme.objects.helped_by(user), is_check=False)

    def viewed_by(self, user: User) -> "SessionQuerySet":
        """Those of the programmes a person works for in any role."""
        return self.filter(programme__in=Programme.objects.viewed_by(user), is_check=False)


class Session(models.Model):
    """One dated gathering: online, on site or both."""

    class Status(models.TextChoices):
        """What the organiser decided."""

        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        CANCELLED = "cancelled", _("cancelled")

    class Kind(models.TextChoices):
        """What sort of gathering it is."""

        INSPIRATION = "inspiration", _("inspiration session")
        INFORMATION = "information", _("information session")
        WORKSHOP = "workshop", _("workshop")
        TRAINING = "training", _("training")

    class Language(models.TextChoices):
        """What is spoken, named in the reader's language."""

        DUTCH = "nl", _("Dutch")
        FRENCH = "fr", _("French")
        ENGLISH = "en", _("English")

    class Attendance(models.TextChoices):
        """Where people take part."""

        ONLINE = "online", _("online")
        ON_SITE = "on_site", _("on site")
        HYBRID = "hybrid", _("on site and online")

    class AudienceRule(models.TextChoices):
        """Whether addresses from outside the known public bodies may register."""

        OPEN = "open", _("open to anyone")
        FLAGGED = "flagged", _("open; addresses from elsewhere are marked in the list")
        LIMITED = "limited", _("only addresses of public bodies in the directory")

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("programme")
    )
    slug = models.SlugField(
        _("short address"),
        max_length=80,
        unique=True,
        help_text=_("The end of the page's address. It cannot change once the page is known."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.INSPIRATION)
    is_example = models.BooleanField(
        _("is an example"), default=False, help_text=_("Shown as an example, to try things out.")
    )

    is_check = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=_(
            "A draft that takes registrations all the same, to check that registering works."
        ),
    )

    title = models.CharField(_("title"), max_length=200, validators=[validate_one_line])
    summary = models.TextField(_("summary"), blank=True, help_text=_("One or two sentences."))
    description = models.TextField(
        _("description"), blank=True, help_text=_("Markdown: paragraphs, lists, links, emphasis.")
    )
    audience = models.CharField(
        _("for whom"), max_length=200, blank=True, validators=[validate_one_line]
    )
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="sessions", verbose_name=_("themes")
    )

    attendance = models.CharField(
        _("taking part"), max_length=10, choices=Attendance, default=Attendance.ONLINE
    )
    venue = models.CharField(
        _("place"),
        max_length=300,
        blank=True,
        validators=[validate_one_line],
        help_text=_("Name and address; needed when people come on site."),
    )
    language = models.CharField(
        _("spoken language"), max_length=2, choices=Language, default=Language.DUTCH
    )
    price = models.DecimalField(
        _("price in euros"),
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("0 is free."),
    )

    time_zone = models.CharField(
        _("time zone"), max_length=50, default="Europe/Brussels", validators=[validate_zone]
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))

    registration_opens_at = models.DateTimeField(
        _("registration opens at"), null=True, blank=True, help_text=_("Empty: at publication.")
    )
    registration_edge = models.CharField(
        _("how the registration deadline is said"),
        max_length=20,
        choices=Edge,
        default=Edge.BEFORE_DATE,
    )
    registration_closes_at = models.DateTimeField(
        _("registration closes at"), help_text=_("From this instant on nobody can register.")
    )
    audience_rule = models.CharField(
        _("who may register"), max_length=10, choices=AudienceRule, default=AudienceRule.OPEN
    )
    asks_access_needs = models.BooleanField(
        _("asks what people need to take part"),
        default=False,
        help_text=_("Captions, sign language, a ramp. Erased 30 days after the session."),
    )
    asks_diet = models.BooleanField(
        _("asks what people do not eat"),
        default=False,
        help_text=_("Only where you serve a meal. Erased 30 days after the session."),
    )
    has_waiting_list = models.BooleanField(_("has a waiting list"), default=True)
    promotion_stops_hours_before = models.PositiveSmallIntegerField(
        _("hours before the start from which freed seats stay free"),
        null=True,
        blank=True,
        help_text=_("Empty: until the start for online sessions, 24 hours before others."),
    )

    link_days_before = models.PositiveSmallIntegerField(
        _("days before on which the link goes out"), default=1
    )
    link_local_time = models.TimeField(_("local time at which the link goes out"), default=time(9))

    contact_name = models.CharField(
        _("contact"),
        max_length=100,
        blank=True,
        validators=[validate_one_line],
        help_text=_("Empty: the programme's contact."),
    )
    contact_email = models.EmailField(_("contact's e-mail address"), blank=True)

    mail_paragraphs = models.JSONField(
        _("own paragraphs in mails"),
        default=dict,
        blank=True,
        help_text=_("Per kind of mail the text in each language in which there is one."),
    )
    cancellation_reason = models.CharField(
        _("reason of the cancellation"), max_length=300, blank=True, validators=[validate_one_line]
    )
    link_round = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text=_("Raised when the session moves to another day: the link goes out anew."),
    )
    moved_from = models.DateTimeField(_("start before it was moved"), null=True, blank=True)

    uid = models.CharField("UID", max_length=100, unique=True, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField(
        "SEQUENCE",
        default=0,
        editable=False,
        help_text=_("Counts changes of time, place and cancellation (RFC 5545 3.8.7.4)."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("last changed at"), auto_now=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-starts_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(is_check=False) | Q(status="draft"), name="session_check_is_not_public"
            ),
            models.CheckConstraint(
                condition=Q(registration_opens_at=None)
                | Q(registration_opens_at__lt=F("registration_closes_at")),
                name="session_registration_opens_before_it_closes",
            ),
        ]
        indexes = [models.Index(fields=["status", "ends_at"], name="session_public_coming")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the session, in the active language."""
        return reverse("portal:session", kwargs={"slug": self.slug})

    def clean(self) -> None:
        """Refuse what contradicts itself, next to the field where it can be mended."""
        if self.attendance != self.Attendance.ONLINE and not self.venue:
            # The column of the first language: "venue" itself is no field of any form.
            field = f"venue_{settings.MODELTRANSLATION_DEFAULT_LANGUAGE}"
            raise ValidationError({field: _("Say where people are expected.")})

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the session's times are meant and shown."""
        return ZoneInfo(self.time_zone)

    @property
    def closing(self) -> Closing:
        """When registration closes, with the words for it."""
        return Closing(Edge(self.registration_edge), self.registration_closes_at, self.zone)

    @property
    def is_cancelled(self) -> bool:
        """Whether the organiser cancelled it."""
        return self.status == self.Status.CANCELLED

    @property
    def audience_sentence(self) -> str:
        """Whose address is asked for, to say before anybody types; empty where anyone may come."""
        match self.audience_rule:
            case self.AudienceRule.LIMITED:
                return str(_("Only for public bodies: register with your work address."))
            case self.AudienceRule.FLAGGED:
                return str(
                    _(
                        "Meant for public bodies: use your work address if you have one."
                        " The organiser sees who registers with another."
                    )
                )
            case _other:
                return ""

    @property
    def price_in_words(self) -> str:
        """Free, or the amount in euros as the language writes it."""
        if not self.price:
            return gettext("Free")
        decimals = 0 if self.price == self.price.to_integral() else 2
        return gettext("€ %(amount)s") % {
            "amount": number_format(self.price, decimals, use_l10n=True)
        }

    @property
    def has_link(self) -> bool:
        """Whether people can take part from afar, so that there is a virtual link."""
        return self.attendance != self.Attendance.ON_SITE

    @property
    def where(self) -> str:
        """The place, or that it is online, in the active language."""
        attendance = self.get_attendance_display()
        if not self.venue:
            return attendance
        if not self.has_link:
            return self.venue
        return f"{self.venue} ({attendance})"

    @property
    def link_released_at(self) -> datetime:
        """When registrants get the link: some calendar days before, at a local hour."""
        return day_before(
            self.starts_at, self.zone, days=self.link_days_before, at=self.link_local_time
        )

    def is_link_due(self, now: datetime) -> bool:
        """Whether who has a seat ought to have the link by now."""
        is_published = self.status == self.Status.PUBLISHED
        return is_published and self.has_link and self.link_released_at <= now

    @property
    def lacks_link(self) -> bool:
        """Whether the virtual link is still to be filled in."""
        return self.has_link and not hasattr(self, "virtual_link")

    @property
    def link_withdrawn_at(self) -> datetime:
        """Until when the link is shown: a session that runs late must not lock anybody out."""
        return self.ends_at + LINK_GRACE

    @property
    def promotion_ends_at(self) -> datetime:
        """From here on a freed seat no longer goes to the waiting list by itself."""
        hours = self.promotion_stops_hours_before
        if hours is None:
            hours = 0 if self.attendance == self.Attendance.ONLINE else 24
        return self.starts_at - timedelta(hours=hours)

    @property
    def contact(self) -> tuple[str, str]:
        """Name and address of the person to ask: the session's own, else the programme's."""
        if self.contact_email:
            return self.contact_name or self.programme.name, self.contact_email
        return (
            self.programme.contact_name or self.programme.name,
            self.programme.contact_email,
        )

    def state(self, now: datetime, *, is_full: bool) -> SessionState:
        """In which state it is; `is_full` says whether a newcomer would find no seat."""
        fixed = {
            self.Status.DRAFT.value: SessionState.DRAFT,
            self.Status.CANCELLED.value: SessionState.CANCELLED,
        }
        if self.status in fixed and not self.is_check:
            return fixed[self.status]
        if now >= self.ends_at:
            return SessionState.PAST
        if now >= self.registration_closes_at:
            return SessionState.RUNNING if now >= self.starts_at else SessionState.CLOSED
        if self.registration_opens_at is not None and now < self.registration_opens_at:
            return SessionState.NOT_YET_OPEN
        if is_full:
            return SessionState.WAITING_LIST if self.has_waiting_list else SessionState.FULL
        return SessionState.OPEN


class VirtualLink(models.Model):
    """The meeting's address: secret, and therefore in a table no public page reads."""

    session = models.OneToOneField(
        Session, on_delete=models.CASCADE, primary_key=True, related_name="virtual_link"
    )
    url = models.URLField(_("virtual link"), max_length=1000)
    instructions = models.TextField(
        _("how to take part"), blank=True, help_text=_("Code, dial-in number, practical advice.")
    )
    changed_at = models.DateTimeField(_("last changed at"), auto_now=True)

    class Meta:
        verbose_name = _("virtual link")
        verbose_name_plural = _("virtual links")

    def __str__(self) -> str:
        return str(_("virtual link"))
