"""Registrations, the seats they take, and what people agreed to."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.core.signing import Signer
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler
from django.urls import get_script_prefix, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.codes import new_public_id, read_code
from accounts.models import Organisation, Programme, User
from accounts.names import address_key, validate_one_line
from events.models.session import Session

# A code to join cannot be turned into one to manage.
_MANAGING = Signer(salt="events.registration.manage", sep=".")
_JOINING = Signer(salt="events.registration.join", sep=".")
_TICKET = Signer(salt="events.registration.ticket", sep=".")


def _address(name: str, code: str) -> str:
    """The address of a page for one registration, in the active language."""
    return _pattern(name, get_language(), get_script_prefix()).replace(_CODE, code)


_CODE = "code-of-a-registration"


@cache
def _pattern(name: str, _language: str | None, _prefix: str) -> str:
    """Found once: thousands of mails hold several such addresses each."""
    return reverse(name, kwargs={"code": _CODE})


class SeatCount(models.Model):
    """How many seats a session has and how many are taken: the row on which registering waits.

    Apart from the session, so that saving a session can never write back an old count.
    """

    session = models.OneToOneField(
        Session, on_delete=models.CASCADE, primary_key=True, related_name="seats"
    )
    capacity = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, help_text=_("Empty: unlimited.")
    )
    taken = models.PositiveIntegerField(_("seats taken"), default=0)
    waiting = models.PositiveIntegerField(_("people waiting"), default=0)
    held_up = models.PositiveIntegerField(
        _("people waiting for more seats than are free"),
        default=0,
        help_text=_("In a group that comes together or not at all; others go before them."),
    )
    granted_over = models.PositiveIntegerField(
        _("seats given beyond the capacity"),
        default=0,
        help_text=_("By hand, or because the capacity was lowered afterwards."),
    )
    is_shut = models.BooleanField(_("gives no seats any more"), default=False)

    class Meta:
        verbose_name = _("seats")
        verbose_name_plural = _("seats")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(taken__lte=F("capacity") + F("granted_over")),
                name="seats_not_oversold",
            )
        ]

    def __str__(self) -> str:
        return f"{self.taken}/{'∞' if self.capacity is None else self.capacity}"

    @property
    def is_full(self) -> bool:
        """Whether a newcomer finds no seat."""
        return self.capacity is not None and (
            self.taken >= self.capacity or self.waiting > self.held_up
        )

    @property
    def open(self) -> int:
        """How many seats a newcomer can have; only asked where there is a capacity."""
        return 0 if self.is_full else self.free or 0

    @property
    def free(self) -> int | None:
        """How many seats are free; None when unlimited."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


class RegistrationGroup(models.Model):
    """Colleagues whom one person registered in one go."""

    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="groups", verbose_name=_("session")
    )
    requested_by = models.CharField(
        _("registered by"), max_length=150, blank=True, validators=[validate_one_line]
    )
    is_together = models.BooleanField(
        _("come together or not at all"),
        default=False,
        help_text=_("Waiting, they move up only when there is a seat for each of them."),
    )
    form_token = models.CharField(max_length=32, blank=True, editable=False)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "form_token"],
                condition=~Q(form_token=""),
                name="group_once_per_form",
            )
        ]

    def __str__(self) -> str:
        return f"{self.requested_by} – {self.session}"


class Mailbox(models.Func):
    """The mailbox of an address in its compared form: the address without its plus tag."""

    arity = 1
    function = "regexp_replace"
    template = r"%(function)s(%(expressions)s, '\+[^@]*', '')"
    output_field = models.CharField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        """In the functions that SQLite has."""
        return self.as_sql(
            compiler,
            connection,
            **extra,
            template="CASE WHEN instr(%(expressions)s, '+') = 0 THEN %(expressions)s"
            " ELSE substr(%(expressions)s, 1, instr(%(expressions)s, '+') - 1)"
            " || substr(%(expressions)s, instr(%(expressions)s, '@')) END",
        )


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Which registrations."""

    def live(self) -> Self:
        """Those that were not cancelled."""
        return self.exclude(state=Registration.State.CANCELLED)

    def named(self) -> Self:
        """Those that were not made anonymous."""
        return self.filter(anonymised_at=None)

    def confirmed(self) -> Self:
        """Those with a seat."""
        return self.filter(state=Registration.State.CONFIRMED)

    def there(self) -> Self:
        """Those with a seat who were there."""
        return self.confirmed().filter(presence__state__in=("present", "walk_in"))

    def in_line(self) -> Self:
        """The waiting list, first come first; a substitute stands where the person before stood."""
        return (
            self.filter(state=Registration.State.WAITING)
            .annotate(line=Coalesce("line_number", "pk", output_field=models.BigIntegerField()))
            .order_by("line", "pk")
        )

    def with_places(self) -> Self:
        """Each with its `place` on the waiting list, in the same query; None who does not wait."""
        comes_first = Q(("line__lte", OuterRef("own_line")))
        before = (
            Registration.objects.in_line()
            .filter(comes_first, session=OuterRef("session"))
            .order_by()
            .values("session")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return self.annotate(
            own_line=Coalesce("line_number", "pk", output_field=models.BigIntegerField()),
            place=Case(When(state=Registration.State.WAITING, then=Subquery(before))),
        )

    def managed_by(self, user: User) -> Self:
        """Those for sessions of the programmes a person organises for."""
        return self.filter(session__programme__in=Programme.objects.managed_by(user))

    def of_addresses(self, addresses: Iterable[str]) -> Self:
        """Those made with any of these e-mail addresses."""
        return self.named().filter(email_key__in=[address_key(address) for address in addresses])

    def by_managing_code(self, code: str) -> "Registration | None":
        """The registration whose owner has this code, with its session."""
        return self._by_code(_MANAGING, code)

    def by_joining_code(self, code: str) -> "Registration | None":
        """The registration that may join with this code, with its session."""
        return self._by_code(_JOINING, code)

    def by_ticket_code(self, code: str) -> "Registration | None":
        """The registration whose ticket has this code, with its session."""
        return self._by_code(_TICKET, code)

    def _by_code(self, signer: Signer, code: str) -> "Registration | None":
        return (
            self.named()
            .select_related(
                "session",
                "session__programme",
                "session__seats",
                "group",
                "substitute_for",
                "presence",
            )
            .filter(public_id=read_code(signer, code))
            .first()
        )


# What goes when a registration is made anonymous; the rest is what is counted.
PERSONAL = (
    "name",
    "email",
    "email_key",
    "shared_as",
    "organisation_name",
    "organisation_key",
    "job_title",
    "form_token",
)


class Registration(models.Model):
    """One person for one session."""

    class State(models.TextChoices):
        """What the person has."""

        CONFIRMED = "confirmed", _("registered")
        WAITING = "waiting", _("on the waiting list")
        CANCELLED = "cancelled", _("cancelled")

    class CancelledBy(models.TextChoices):
        """Who cancelled it; decides what the person is told."""

        OWNER = "owner", _("the person")
        ORGANISER = "organiser", _("an organiser")
        SESSION = "session", _("the session was cancelled")
        SUBSTITUTE = "substitute", _("somebody else comes instead")

    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("session")
    )
    state = models.CharField(_("state"), max_length=10, choices=State)
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)

    name = models.CharField(_("name"), max_length=150, validators=[validate_one_line])
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    shared_as = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_(
            "The name, as names are compared, of who shares an address that was registered before;"
            " empty: theirs alone, or theirs first."
        ),
    )
    organisation_name = models.CharField(
        _("organisation"), max_length=200, validators=[validate_one_line]
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("organisation in the directory"),
    )
    organisation_key = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text=_("The typed organisation as `accounts.names.matching_key` compares it."),
    )
    is_outside_audience = models.BooleanField(
        _("address from outside the known public bodies"), default=False
    )
    job_title = models.CharField(
        _("function"), max_length=150, blank=True, validators=[validate_one_line]
    )
    language = models.CharField(
        _("language of the mails"), max_length=2, choices=settings.LANGUAGES, default="nl"
    )

    received_at = models.DateTimeField(
        _("received at"), help_text=_("The instant that counted for the deadline.")
    )
    confirmed_at = models.DateTimeField(_("seat since"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.CharField(
        _("cancelled by"), max_length=10, choices=CancelledBy, blank=True
    )
    is_placed_by_hand = models.BooleanField(_("placed by an organiser"), default=False)
    form_token = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        help_text=_("Which form it came from: the same form sent twice gets the same answer."),
    )
    group = models.ForeignKey(
        RegistrationGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("group"),
    )
    substitute_for = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="substitute",
        verbose_name=_("comes instead of"),
    )
    line_number = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("The registration whose place in line it took over; empty: its own."),
    )
    anonymised_at = models.DateTimeField(_("made anonymous at"), null=True, blank=True)
    calendar_steps = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Added to the session's SEQUENCE, so that a new seat outranks an old no."),
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["session", "email_key", "shared_as"],
                condition=~Q(state="cancelled") & Q(anonymised_at=None),
                name="one_live_registration_by_name",
            ),
            models.CheckConstraint(
                condition=(Q(state="cancelled", cancelled_at__isnull=False) & ~Q(cancelled_by=""))
                | (~Q(state="cancelled") & Q(cancelled_at=None, cancelled_by="")),
                name="registration_cancelled_by_somebody_at_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False),
                name="registration_confirmed_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(anonymised_at=None) | Q(**dict.fromkeys(PERSONAL, "")),
                name="registration_anonymous_names_nobody",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "state", "id"], name="registration_line"),
            models.Index(fields=["session", "received_at", "id"], name="registration_received"),
            models.Index(fields=["email_key"], name="registration_address"),
            models.Index(Mailbox("email_key"), "received_at", name="registration_mailbox"),
            models.Index(fields=["organisation_key"], name="registration_typed_name"),
        ]

    def __str__(self) -> str:
        return f"{self.shown_name} – {self.session}"

    def get_absolute_url(self) -> str:
        """The owner's page to manage it, in the active language."""
        return _address("events:manage", self.managing_code)

    @cached_property
    def shares_address(self) -> bool:
        """Whether somebody else is registered for the session with the same address, or was."""
        others = self.session.registrations.exclude(shared_as="")
        return bool(self.shared_as) or others.filter(email_key=self.email_key).exists()

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody can tell any more whose it was."""
        return self.anonymised_at is not None

    @property
    def shown_name(self) -> str:
        """The name as lists show it, in the active language."""
        return gettext("anonymous") if self.is_anonymous else self.name

    @property
    def is_confirmed(self) -> bool:
        """Whether the person has a seat."""
        return self.state == self.State.CONFIRMED

    @property
    def is_waiting(self) -> bool:
        """Whether the person waits for a seat."""
        return self.state == self.State.WAITING

    @property
    def is_cancelled(self) -> bool:
        """Whether the registration was cancelled."""
        return self.state == self.State.CANCELLED

    @property
    def managing_code(self) -> str:
        """The code to manage it; only for mails to its owner."""
        return _MANAGING.sign(self.public_id)

    @property
    def joining_code(self) -> str:
        """The code that can do nothing but join; it may stand in the owner's calendar."""
        return _JOINING.sign(self.public_id)

    @property
    def ticket_code(self) -> str:
        """The code on their ticket and badge: it opens nothing but the ticket."""
        return _TICKET.sign(self.public_id)

    def get_ticket_url(self) -> str:
        """The page with the code to show at the door, in the active language."""
        return _address("events:ticket", self.ticket_code)

    def get_certificate_url(self) -> str:
        """Their attendance certificate, in the active language; there may be none."""
        return _address("events:certificate", self.managing_code)

    def get_privacy_url(self) -> str:
        """The owner's page with what is held on them for it, in the active language."""
        return _address("events:privacy", self.managing_code)

    @property
    def is_together(self) -> bool:
        """Whether they come with their group or not at all."""
        return self.group is not None and self.group.is_together

    @property
    def is_requester(self) -> bool:
        """Whether it is the registration of who registered the group: it has that form's mark."""
        return (
            self.group is not None
            and bool(self.form_token)
            and self.form_token == self.group.form_token
        )

    @property
    def registered_by(self) -> str | None:
        """Who registered them, or asked them to come instead; empty when no longer known.

        None for who did so themselves.
        """
        if self.substitute_for is not None:
            return self.substitute_for.name
        if self.group is None or self.is_requester:
            return None
        return self.group.requested_by

    def can_be_passed_on(self, now: datetime) -> bool:
        """Whether somebody else may come instead: until the start, whatever the deadline was."""
        is_to_come = (
            self.session.status == Session.Status.PUBLISHED and now < self.session.starts_at
        )
        return is_to_come and not self.is_cancelled

    def get_join_url(self) -> str:
        """The owner's page to take part, in the active language."""
        return _address("events:join", self.joining_code)

    def place_in_line(self) -> int:
        """Their place on the waiting list, from 1: how many come first, they included."""
        comes_first = Q(("line__lte", self.line_number or self.pk or 0))
        others = self.session.registrations.in_line().exclude(pk=self.pk)
        return others.filter(comes_first).count() + 1


class Needs(models.Model):
    """What somebody needs to take part or does not eat: asked only where the session asks it.

    These may reveal health or belief (GDPR article 9): given with consent, in a table of their own,
    seen by organisers only, erased 30 days after the session.
    """

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, primary_key=True, related_name="needs"
    )
    access = models.TextField(_("what they need to take part"), max_length=500, blank=True)
    diet = models.TextField(_("what they do not eat"), max_length=500, blank=True)
    consented_at = models.DateTimeField(_("consented at"))

    class Meta:
        verbose_name = _("needs")
        verbose_name_plural = _("needs")
        constraints = [
            models.CheckConstraint(
                condition=~Q(access="") | ~Q(diet=""), name="needs_say_something"
            )
        ]

    def __str__(self) -> str:
        return str(_("needs"))


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    """Which consent texts."""

    def managed_by(self, user: User) -> "ConsentTextQuerySet":
        """Those of the programmes a person organises for."""
        return self.filter(programme__in=Programme.objects.managed_by(user))


class ConsentText(models.Model):
    """Something a programme asks leave for; never needed to register, never ticked beforehand."""

    programme = models.ForeignKey(
        Programme,
        on_delete=models.CASCADE,
        related_name="consent_texts",
        verbose_name=_("programme"),
    )
    code = models.SlugField(_("code"))
    text = models.CharField(_("text"), max_length=300)
    is_asked = models.BooleanField(_("is asked now"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="consent_text_code_once")
        ]

    def __str__(self) -> str:
        return self.text


class Consent(models.Model):
    """That somebody agreed, to which words, and when."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="consents"
    )
    consent_text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    wording = models.CharField(_("words that were shown"), max_length=300)
    given_at = models.DateTimeField(_("given at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "consent_text"], name="consent_once_per_registration"
            )
        ]

    def __str__(self) -> str:
        return self.wording
