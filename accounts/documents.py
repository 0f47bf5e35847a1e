"""Files that people send: which are taken, by what they are and not by what they say they are.

A file lies outside everything that a web server hands out, under a name of its own; a page hands it
out, to who may read it, to be kept and not to be opened (`handed_out`).
"""

import logging
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

logger = logging.getLogger("accounts")

LONGEST_NAME = 150
# A file without a row may get one within this.
BEING_SENT = timedelta(days=1)

_ODF = {
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OOXML = {
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
}
# How a file of this sort begins.
_STARTS = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}
_ZIP_START = b"PK\x03\x04"
ENDINGS = (*_STARTS, *_ODF, *_OOXML)
SLIDES = (".pdf", ".odp", ".pptx")
# What names the parts of an office document; a longer one is no document.
_LONGEST_LIST_BYTES = 1_000_000
_MOST_PARTS = 5_000


class Refused(Exception):
    """The file is not taken; the text is a sentence for who sent it."""


@dataclass(frozen=True)
class Document:
    """What a file turned out to be."""

    name: str
    content_type: str
    size_bytes: int


def recognise(
    sent: "UploadedFile[Any]", *, largest_bytes: int, endings: Collection[str] = ENDINGS
) -> Document:
    """What was sent, if it is of these sorts; raises Refused for anything else, and too much."""
    name = _name(sent)
    size = sent.size or 0
    if size == 0:
        raise Refused(_("The file is empty."))
    if size > largest_bytes:
        raise Refused(
            _("The file is larger than %(number)s MB.") % {"number": largest_bytes // 1_000_000}
        )
    ending = PurePath(name).suffix.lower()
    if ending not in endings:
        raise Refused(_wanted(endings))
    return Document(name, _content_type(sent, ending), size)


def keep(sent: "File[Any]", name: str, field: FieldFile) -> None:
    """Store what was sent in a row's field, from its beginning; the row is still to be saved.

    Where the row is not saved after all, the file stays behind until `forget_orphans`. Raises
    Refused where the storage does not take it now.
    """
    sent.seek(0)
    try:
        field.save(name, sent, save=False)
    except OSError as error:
        logger.exception("A file could not be kept")
        raise Refused(
            _("The document could not be kept just now. Try again in a few minutes.")
        ) from error


def forget(files: Iterable[FieldFile]) -> None:
    """Delete files once the transaction is done: undone, they are still needed."""
    for name in [file.name or "" for file in files if file]:
        # What cannot be deleted now is written in the log, and tried again at night.
        transaction.on_commit(_deleting(name), robust=True)


def _deleting(name: str) -> Callable[[], None]:
    def delete() -> None:
        default_storage.delete(name)

    return delete


def forget_orphans(folder: str, kept: "QuerySet[Any, Any]", *, now: datetime) -> int:
    """Delete the files in a folder that are not among those kept, nor being sent; how many."""
    deleted = 0
    for name in list(_names(folder)):
        is_old = default_storage.get_modified_time(name) < now - BEING_SENT
        if is_old and not kept.filter(file=name).exists():
            default_storage.delete(name)
            deleted += 1
    return deleted


def _names(folder: str) -> Iterator[str]:
    """The names of all files in a folder and the folders in it."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{file}" for file in files if file)
    for each in folders:
        yield from _names(f"{folder}/{each}")


def handed_out(file: FieldFile, *, name: str, content_type: str) -> FileResponse:
    """A file as a page hands it out: to be kept, and taken for nothing else than it is.

    A file that is gone from the disk does not exist (404).
    """
    try:
        opened = default_storage.open(file.name or "")
    except FileNotFoundError as missing:
        raise Http404 from missing
    response = FileResponse(opened, as_attachment=True, filename=name, content_type=content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Should a browser open it all the same, it may do nothing there.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _name(sent: "UploadedFile[Any]") -> str:
    """The file's own name, on one line and of a length that fits, its ending kept."""
    path = PurePath((sent.name or "").replace("\\", "/"))
    readable = "".join(letter for letter in path.stem if letter.isprintable()).strip()
    suffix = path.suffix.lower()
    return f"{readable[: LONGEST_NAME - len(suffix)] or 'document'}{suffix}"[-LONGEST_NAME:]


def _wanted(endings: Collection[str]) -> str:
    if set(endings) == set(SLIDES):
        return _("Send a PDF, or a presentation as .odp or .pptx without macros.")
    return _(
        "Attach a PDF, an OpenDocument or Office file without macros, or a PNG or JPEG picture."
    )


# What it is --------------------------------------------------------------------------------------


def _content_type(sent: "UploadedFile[Any]", ending: str) -> str:
    sent.seek(0)
    if ending in _STARTS:
        start, content_type = _STARTS[ending]
        if sent.read(len(start)) != start:
            raise _not_so(ending)
        return content_type
    # A zip may have anything before it; an office document has not.
    if sent.read(len(_ZIP_START)) != _ZIP_START:
        raise _not_so(ending)
    try:
        with zipfile.ZipFile(sent) as parts:
            return _office_type(parts, ending)
    except (zipfile.BadZipFile, ValueError, OSError, KeyError,
            NotImplementedError, RuntimeError, EOFError, zlib.error) as error:  # fmt: skip
        raise _not_so(ending) from error


def _not_so(ending: str) -> Refused:
    return Refused(_("The file is not what its name says: %(ending)s.") % {"ending": ending})


def _office_type(parts: zipfile.ZipFile, ending: str) -> str:
    names = [name.lower() for name in parts.namelist()]
    if len(names) > _MOST_PARTS:
        raise _not_so(ending)
    if any(_is_program(name) for name in names):
        raise Refused(_("The file holds macros. Save it without them, or as a PDF."))
    if ending in _ODF:
        if _part(parts, "mimetype", longest=200).strip().decode() != _ODF[ending]:
            raise ValueError("another sort of document")
        return _ODF[ending]
    listed = _part(parts, "[Content_Types].xml", longest=_LONGEST_LIST_BYTES)
    if b"macroEnabled" in listed or b"vbaProject" in listed:
        raise Refused(_("The file holds macros. Save it without them, or as a PDF."))
    if f"{_OOXML[ending]}.main+xml".encode() not in listed:
        raise ValueError("another sort of document")
    return _OOXML[ending]


def _is_program(name: str) -> bool:
    """Whether a part is a macro: of Office, or the Basic and scripts of OpenDocument."""
    return name.endswith(("vbaproject.bin", "vbadata.xml")) or name.startswith(
        ("basic/", "scripts/")
    )


def _part(parts: zipfile.ZipFile, name: str, *, longest: int) -> bytes:
    """The start of a part, without unpacking a bomb; raises KeyError where it is not there."""
    with parts.open(name) as part:
        read: Any = part.read(longest + 1)
    if len(read) > longest:
        raise ValueError("longer than any document has it")
    return bytes(read)
