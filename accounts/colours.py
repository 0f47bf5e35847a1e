"""The colour of a programme: read, refused when too weak, and what becomes of it on its pages."""

import hashlib
import re

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

Rgb = tuple[int, int, int]

# What text needs against what it stands on (WCAG 2.2 SC 1.4.3).
LEAST_CONTRAST = 4.5
_WRITTEN = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_WHITE: Rgb = (255, 255, 255)
_BLACK: Rgb = (0, 0, 0)
# The darkest ground of text by day, and the lightest in the dark, in static/css/site.css.
_BAND: Rgb = (0xF4, 0xF7, 0xFB)
_NIGHT: Rgb = (0x14, 0x19, 0x1F)
_RAISED: Rgb = (0x1F, 0x26, 0x2E)


def read(written: str) -> Rgb:
    """Red, green and blue of "#0055cc"."""
    return int(written[1:3], 16), int(written[3:5], 16), int(written[5:7], 16)


def _luminance(colour: Rgb) -> float:
    """As WCAG 2.2 defines relative luminance."""
    shares = [part / 255 for part in colour]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 to 21, as WCAG 2.2 defines contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def validate_colour(written: str) -> None:
    """A colour in which text can be read on a light ground; raises ValidationError."""
    if not _WRITTEN.fullmatch(written):
        raise ValidationError(_("Write a colour as # and six digits or letters, like #0055cc."))
    found = contrast(read(written), _BAND)
    if found < LEAST_CONTRAST:
        raise ValidationError(
            _(
                "This colour is too weak for text on white: its contrast is %(found)s to 1, and has"
                " to be 4.5 to 1 at least. Choose a darker one."
            )
            % {"found": number_format(found, 1)}
        )


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """A colour with a share of another one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _in_the_dark(colour: Rgb) -> Rgb:
    """The same, made lighter until it can be read on a dark ground."""
    share = 0.0
    while contrast(_mixed(colour, _WHITE, share), _RAISED) < LEAST_CONTRAST:
        share += 0.02
    return _mixed(colour, _WHITE, share)


def accents(written: str) -> tuple[str, str]:
    """The colour for a light ground and for a dark one, as CSS writes them."""
    return written, f"#{bytes(_in_the_dark(read(written))).hex()}"


def _rule(accent: Rgb, strong: Rgb, ground: Rgb) -> str:
    shades = {
        "blue-100": _mixed(ground, accent, 0.04),
        "blue-200": _mixed(ground, accent, 0.12),
        "blue-300": _mixed(ground, accent, 0.4),
        "blue-700": accent,
        "blue-900": strong,
    }
    said = "".join(f"--au-{name}:#{bytes(shade).hex()};" for name, shade in shades.items())
    return f":root{{{said}}}"


def style_sheet(written: str) -> str:
    """What puts this colour in the place of our blue, by day and in the dark."""
    colour = read(written)
    by_day = _rule(colour, _mixed(colour, _BLACK, 0.3), _WHITE)
    lighter = _in_the_dark(colour)
    by_night = _rule(lighter, _mixed(lighter, _WHITE, 0.4), _NIGHT)
    return f"{by_day}@media screen and (prefers-color-scheme:dark){{{by_night}}}"


def digest(written: str) -> str:
    """Another one for another sheet."""
    return hashlib.sha256(style_sheet(written).encode()).hexdigest()[:12]
