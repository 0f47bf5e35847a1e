"""Registrations, the seats they take, and what people agreed to."""

import secrets
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Programme, User
from accounts.names import address_key, validate_one_line
from events.models.session import Session


def new_public_id() -> str:
    """The random part of a registration's codes: 96 bits, useless without the secret key."""
    return secrets.token_urlsafe(12)


# A code is the public id with a signature for its purpose, made with SECRET_KEY: a copy of the
# database alone opens nothing, and a code to join cannot be turned into one to manage.
_MANAGING = Signer(salt="events.registration.manage", sep=".")
_JOINING = Signer(salt="events.registration.join", sep=".")


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
        return self.capacity is not None and (self.taken >= self.capacity or self.waiting > 0)

    @property
    def open(self) -> int:
        """How many seats a newcomer can have; only asked where there is a capacity."""
        return 0 if self.is_full else self.free or 0

    @property
    def free(self) -> int | None:
        """How many seats are free; None when unlimited."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Which registrations."""

    def live(self) -> Self:
        """Those that were not cancelled."""
        return self.exclude(state=Registration.State.CANCELLED)

    def confirmed(self) -> Self:
        """Those with a seat."""
        return self.filter(state=Registration.State.CONFIRMED)

    def in_line(self) -> Self:
        """The waiting list, first come first."""
        return self.filter(state=Registration.State.WAITING).order_by("pk")

    def managed_by(self, user: User) -> Self:
        """Those for sessions of the programmes a person organises for."""
        return self.filter(session__programme__in=Programme.objects.managed_by(user))

    def of_addresses(self, addresses: Iterable[str]) -> Self:
        """Those made with any of these e-mail addresses."""
        return self.filter(email_key__in=[address_key(address) for address in addresses])

    def by_managing_code(self, code: str) -> "Registration | None":
        """The registration whose owner has this code, with its session."""
        return self._by_code(_MANAGING, code)

    def by_joining_code(self, code: str) -> "Registration | None":
        """The registration that may join with this code, with its session."""
        return self._by_code(_JOINING, code)

    def _by_code(self, signer: Signer, code: str) -> "Registration | None":
        try:
            public_id = signer.unsign(code)
        except BadSignature:
            return None
        return (
            self.select_related("session", "session__programme", "session__seats")
            .filter(public_id=public_id)
            .first()
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

    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("session")
    )
    state = models.CharField(_("state"), max_length=10, choices=State)
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)

    name = models.CharField(_("name"), max_length=150, validators=[validate_one_line])
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
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
                fields=["session", "email_key"],
                condition=~Q(state="cancelled"),
                name="one_live_registration_each",
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
        ]
        indexes = [
            models.Index(fields=["session", "state", "id"], name="registration_line"),
            models.Index(fields=["email_key"], name="registration_address"),
        ]

    def __str__(self) -> str:
        return f"{self.name} – {self.session}"

    def get_absolute_url(self) -> str:
        """The owner's page to manage it, in the active language."""
        return reverse("events:manage", kwargs={"code": self.managing_code})

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

    def get_join_url(self) -> str:
        """The owner's page to take part, in the active language."""
        return reverse("events:join", kwargs={"code": self.joining_code})

    def place_in_line(self) -> int:
        """Their place on the waiting list, from 1."""
        return self.session.registrations.in_line().filter(pk__lte=self.pk).count()


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
