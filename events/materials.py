"""What a session leaves behind: taking it in, from organisers and speakers, and showing it."""

import hashlib
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import OuterRef, Prefetch, Subquery, Sum, Value
from django.db.models.functions import NullIf
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from accounts import documents, undoing
from accounts.auditing import Actor, record
from accounts.codes import new_public_id
from accounts.documents import Refused
from accounts.models import Action
from accounts.pictures import made_anew
from events.models import (
    Contribution,
    Material,
    MaterialQuerySet,
    Session,
    Speaker,
    SpeakerPage,
)
from events.models.agenda import AgendaItemQuerySet

LARGEST_BYTES = 10_000_000
# Of one session, all files together.
QUOTA_BYTES = 200_000_000
MOST = 60
_FOLDER = "materials"
# A photo is kept this wide and high, as a JPEG without all that the camera wrote into it.
PHOTO_PIXELS = 320


def with_speaker_pages(items: AgendaItemQuerySet) -> AgendaItemQuerySet:
    """Agenda items with who speaks, and what they say of themselves at this session.

    In one query more, as `with_speakers`: each contribution has `about` and `photo_digest`, if any.
    """
    page = SpeakerPage.objects.filter(
        speaker=OuterRef("speaker"), session=OuterRef("agenda_item__session")
    )
    spoken = (
        Contribution.objects.select_related("speaker", "organisation")
        .annotate(
            about=Subquery(page.values("text")),
            photo_digest=NullIf(Subquery(page.values("photo_digest")), Value("")),
        )
        .order_by("position", "pk")
    )
    return items.prefetch_related(Prefetch("contributions", queryset=spoken))


# The speaker's page ------------------------------------------------------------------------------


@transaction.atomic
def open_page(session: Session, speaker: Speaker, *, by: Actor, now: datetime) -> SpeakerPage:
    """The page of a speaker, with a link that works; filled in as it was at the last session.

    That is one of the same programme: what was told to another one stays there. A link that was
    taken back is another one from now on.
    """
    page = SpeakerPage.objects.filter(session=session, speaker=speaker).first()
    if page is not None and page.is_open:
        return page
    if page is not None:
        page.public_id, page.is_open = new_public_id(), True
        page.save(update_fields=["public_id", "is_open"])
    else:
        known = SpeakerPage.objects.filter(
            speaker=speaker, session__programme=session.programme_id
        ).last()
        page = SpeakerPage.objects.create(
            session=session,
            speaker=speaker,
            text=known.text if known else "",
            photo=known.photo if known else None,
            photo_digest=known.photo_digest if known else "",
        )
    _note(Action.SPEAKER_INVITED, page, by=by, now=now)
    return page


@transaction.atomic
def close_page(page: SpeakerPage, *, by: Actor, now: datetime) -> None:
    """Take the link back: it opens nothing any more. What was handed in stays."""
    if SpeakerPage.objects.filter(pk=page.pk, is_open=True).update(is_open=False):
        _note(Action.SPEAKER_CLOSED, page, by=by, now=now)


@transaction.atomic
def describe(
    page: SpeakerPage, *, text: str, photo: bytes | None, by: Actor, now: datetime
) -> None:
    """What stands beside the speaker's name; empty bytes take the photo away, None leaves it."""
    page.text = text
    fields = ["text"]
    if photo is not None:
        page.photo = photo or None
        page.photo_digest = hashlib.sha256(photo).hexdigest()[:16] if photo else ""
        fields += ["photo", "photo_digest"]
    page.save(update_fields=fields)
    _note(Action.SPEAKER_CHANGED, page, by=by, now=now, fields=["text", "photo"][: len(fields)])


def read_photo(sent: "UploadedFile[Any]") -> bytes:
    """A photo as we keep it: small, square, a JPEG of our own making. Raises Refused."""
    written = io.BytesIO()
    made_anew(sent, _small, largest_bytes=LARGEST_BYTES).save(written, "JPEG", quality=85)
    return written.getvalue()


def _small(opened: ImageFile.ImageFile) -> Image.Image:
    opened.draft("RGB", (2 * PHOTO_PIXELS, 2 * PHOTO_PIXELS))
    upright = ImageOps.exif_transpose(opened).convert("RGB")
    return ImageOps.fit(upright, (PHOTO_PIXELS, PHOTO_PIXELS))


# Materials ---------------------------------------------------------------------------------------


@transaction.atomic
def add_link(session: Session, *, title: str, url: str, by: Actor, now: datetime) -> Material:
    """A recording, a report or a form elsewhere; not shown yet."""
    _make_room(session, 0)
    material = Material.objects.create(session=session, title=title, url=url, added_at=now)
    _note(Action.MATERIAL_ADDED, material, by=by, now=now)
    return material


@transaction.atomic
def add_file(
    session: Session,
    sent: "UploadedFile[Any]",
    *,
    title: str,
    page: SpeakerPage | None = None,
    by: Actor,
    now: datetime,
) -> Material:
    """Slides; not shown yet. Raises Refused for what is no presentation, or too much."""
    document = documents.recognise(sent, largest_bytes=LARGEST_BYTES, endings=documents.SLIDES)
    _make_room(session, document.size_bytes)
    material = Material(
        session=session,
        page=page,
        title=title or document.name.rpartition(".")[0],
        name=document.name,
        content_type=document.content_type,
        size_bytes=document.size_bytes,
        added_at=now,
    )
    documents.keep(sent, document.name, material.file)
    material.save()
    _note(Action.MATERIAL_ADDED, material, by=by, now=now)
    return material


def _make_room(session: Session, size_bytes: int) -> None:
    # One at a time, so that two together do not pass the limit.
    Session.objects.select_for_update().get(pk=session.pk)
    kept = session.materials.aggregate(size=Sum("size_bytes"))["size"] or 0
    if kept + size_bytes > QUOTA_BYTES or session.materials.count() >= MOST:
        raise Refused(_("There is no room left for this session. Take something away first."))


@transaction.atomic
def set_shown(material: Material, *, is_shown: bool, by: Actor, now: datetime) -> None:
    """Show something to attendees once the session is over, or no longer."""
    if Material.objects.filter(pk=material.pk, is_shown=not is_shown).update(is_shown=is_shown):
        action = Action.MATERIAL_SHOWN if is_shown else Action.MATERIAL_HIDDEN
        _note(action, material, by=by, now=now)


@transaction.atomic
def remove(material: Material, *, by: Actor, now: datetime) -> str:
    """Delete it, with its file; what puts a link back, empty for a file."""
    _note(Action.MATERIAL_REMOVED, material, by=by, now=now)
    documents.forget([material.file])
    packed = undoing.take_away(material, now=now)
    return "" if material.file else packed


@transaction.atomic
def put_back(session: Session, packed: str, *, by: Actor, now: datetime) -> None:
    """Put back a link that was deleted a moment ago, shown as it was. Raises `CannotUndo`."""
    material = undoing.unpacked(Material, packed, now=now, session_id=session.pk, file="")
    if undoing.put_back(material):
        _note(Action.MATERIAL_ADDED, material, by=by, now=now)
        if material.is_shown:
            _note(Action.MATERIAL_SHOWN, material, by=by, now=now)


def shown_of(session: Session, now: datetime) -> MaterialQuerySet:
    """What attendees see of a session; nothing before it is over."""
    rows = session.materials.all()
    if now < session.ends_at or session.status != Session.Status.PUBLISHED:
        return rows.none()
    return rows.shown().select_related("session", "page__speaker").defer("page__photo")


def sessions_with_materials(sessions: Iterable[Session]) -> set[int]:
    """The numbers of those sessions, which are over, that show something."""
    rows = Material.objects.shown().filter(session__in=list(sessions))
    return set(
        rows.filter(session__status=Session.Status.PUBLISHED).values_list("session", flat=True)
    )


def forget_orphans(now: datetime) -> int:
    """Delete the files of which no row tells, but for those being sent; how many."""
    return documents.forget_orphans(_FOLDER, Material.objects.all(), now=now)


def _note(
    action: Action, row: "SpeakerPage | Material", *, by: Actor, now: datetime, **details: Any
) -> None:
    record(
        action,
        by=by,
        now=now,
        programme=row.session.programme,
        about=row,
        session_id=row.session_id,
        **details,
    )
