"""What a session leaves behind, and the page on which a speaker hands in their part of it."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Self

from django.core.signing import Signer
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.codes import new_public_id, read_code
from accounts.names import validate_one_line
from events.models.agenda import Speaker
from events.models.session import Session

# A code of this purpose opens nothing else.
_SPEAKING = Signer(salt="events.speaker_page", sep=".")
# How long after the session a speaker can still hand in their slides.
OPEN_AFTER = timedelta(days=30)


class SpeakerPageQuerySet(models.QuerySet["SpeakerPage"]):
    """Which pages of speakers."""

    def without_photo(self) -> Self:
        """Without the bytes of the photo, which only the page of the photo itself needs."""
        return self.defer("photo")

    def by_code(self, code: str) -> "SpeakerPage | None":
        """The page that a code opens, with its session."""
        return (
            self.without_photo()
            .select_related("session__programme", "speaker")
            .filter(public_id=read_code(_SPEAKING, code))
            .first()
        )


class SpeakerPage(models.Model):
    """What a speaker says of themselves at one session, by a personal link and without an account.

    Of one session, so that whoever organises another one changes nothing here. It holds no mail
    address.
    """

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="speaker_pages", verbose_name=_("session")
    )
    speaker = models.ForeignKey(
        Speaker, on_delete=models.CASCADE, related_name="pages", verbose_name=_("speaker")
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    is_open = models.BooleanField(
        _("the link works"), default=True, help_text=_("Until 30 days after the session.")
    )
    text = models.TextField(_("about the speaker"), max_length=1000, blank=True)
    photo = models.BinaryField(null=True)
    photo_digest = models.CharField(max_length=16, blank=True, editable=False)

    objects = SpeakerPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page of a speaker")
        verbose_name_plural = _("pages of speakers")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["session", "speaker"], name="speaker_page_once"),
            models.CheckConstraint(
                condition=Q(photo=None, photo_digest="")
                | (Q(photo__isnull=False) & ~Q(photo_digest="")),
                name="speaker_page_photo_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.speaker} – {self.session}"

    def get_absolute_url(self) -> str:
        """The speaker's own page, in the active language."""
        return reverse("events:speaker-page", kwargs={"code": self.code})

    @property
    def code(self) -> str:
        """The code in the speaker's link."""
        return _SPEAKING.sign(self.public_id)

    @property
    def photo_url(self) -> str:
        """The address of the photo, another one for another photo; empty without one."""
        if not self.photo_digest:
            return ""
        facts = {"slug": self.session.slug, "digest": self.photo_digest}
        return reverse("events:portrait", kwargs=facts)

    def holds(self, now: datetime) -> bool:
        """Whether the speaker can change something with the link."""
        is_in_time = now < self.session.ends_at + OPEN_AFTER
        return self.is_open and is_in_time and not self.session.is_cancelled


def _path_of(material: "Material", filename: str) -> str:
    """A name of our own: what somebody typed stands in no path."""
    return f"materials/{material.session_id}/{new_public_id()}{PurePath(filename).suffix.lower()}"


class MaterialQuerySet(models.QuerySet["Material"]):
    """Which materials."""

    def shown(self) -> Self:
        """Those that the organiser shows, once their session is over."""
        return self.filter(is_shown=True)


class Material(models.Model):
    """Slides, a recording, a report, a form for feedback: a file or a link, shown afterwards."""

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="materials", verbose_name=_("session")
    )
    page = models.ForeignKey(
        SpeakerPage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="materials",
        verbose_name=_("handed in by"),
    )
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    title = models.CharField(_("title"), max_length=150, validators=[validate_one_line])
    url = models.URLField(_("link"), max_length=500, blank=True)
    file = models.FileField(_("file"), upload_to=_path_of, max_length=200, blank=True)
    name = models.CharField(_("name of the file"), max_length=150, blank=True)
    content_type = models.CharField(_("type"), max_length=100, blank=True)
    size_bytes = models.PositiveIntegerField(_("size in bytes"), default=0)
    added_at = models.DateTimeField(_("added at"))
    is_shown = models.BooleanField(_("shown after the session"), default=False)

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ("added_at", "pk")
        constraints = [
            models.CheckConstraint(
                condition=(Q(url="") & ~Q(file="")) | (~Q(url="") & Q(file="")),
                name="material_is_a_file_or_a_link",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address(self) -> str:
        """Where attendees get it."""
        if self.url:
            return self.url
        facts = {"slug": self.session.slug, "public_id": self.public_id}
        return reverse("events:material", kwargs=facts)

    @property
    def size(self) -> str:
        """The size of a file in words; empty for a link."""
        if not self.size_bytes:
            return ""
        return (
            f"{max(1, round(self.size_bytes / 1000))} kB"
            if self.size_bytes < 1_000_000
            else (f"{round(self.size_bytes / 1_000_000)} MB")
        )
