"""Pictures that people send: read by what they are, refused when too large, and made anew."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from accounts.documents import Refused
from accounts.models.programme import LOGO_HEIGHT, LOGO_WIDTH

FORMATS = ("JPEG", "PNG", "WEBP")
# What a form offers to choose from.
ACCEPTED = "image/jpeg,image/png,image/webp"
MOST_PIXELS = 40_000_000
LOGO_LARGEST_BYTES = 2_000_000
# A logo is kept within this, twice as large as it is shown, for screens that are fine.
LOGO_BOX = (2 * LOGO_WIDTH, 2 * LOGO_HEIGHT)
# Smaller than this it would be a smudge.
LOGO_LEAST_PIXELS = 32


@dataclass(frozen=True)
class Logo:
    """A logo as it is kept: a PNG of our own making; empty where it goes."""

    content: bytes = b""
    width: int = 0
    height: int = 0


def made_anew(
    sent: "UploadedFile[Any]",
    make: Callable[[ImageFile.ImageFile], Image.Image],
    *,
    largest_bytes: int,
) -> Image.Image:
    """What is made of a picture that was sent; nothing that was written in it stays.

    Raises Refused for one that is too large, or no picture. `make` may do so too.
    """
    if (sent.size or 0) > largest_bytes:
        raise Refused(
            _("The file is larger than %(number)s MB.") % {"number": largest_bytes // 1_000_000}
        )
    try:
        with Image.open(sent, formats=FORMATS) as opened:
            _refuse_bomb(opened)
            made = make(opened)
    except Refused:
        raise
    except Exception as error:  # whatever a broken picture makes of its reader
        raise Refused(
            _("This is no picture that can be read. Send a JPEG, PNG or WebP.")
        ) from error
    # Of pixels alone: a palette, a profile or a comment of the sender's does not come along.
    return Image.frombytes(made.mode, made.size, made.tobytes())


def _refuse_bomb(opened: ImageFile.ImageFile) -> None:
    """A size stands at the beginning of a picture, so that nothing is unpacked to know it."""
    if opened.width * opened.height > MOST_PIXELS:
        raise Refused(_("The picture is too large. Make it smaller first."))


def read_logo(sent: "UploadedFile[Any]") -> Logo:
    """A logo as we keep it: whole, within `LOGO_BOX`, clear where it was. Raises Refused."""
    if b"<svg" in sent.read(4096).lower():
        raise Refused(
            _("An SVG can carry a program and is not taken. Save the logo as PNG, and send that.")
        )
    sent.seek(0)
    small = made_anew(sent, _within_box, largest_bytes=LOGO_LARGEST_BYTES)
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return Logo(written.getvalue(), *small.size)


def _within_box(opened: ImageFile.ImageFile) -> Image.Image:
    if min(opened.size) < LOGO_LEAST_PIXELS:
        raise Refused(
            _("The logo is too small: it needs %(number)d pixels in width and height at least.")
            % {"number": LOGO_LEAST_PIXELS}
        )
    upright = ImageOps.exif_transpose(opened).convert("RGBA")
    upright.thumbnail(LOGO_BOX)
    return upright
