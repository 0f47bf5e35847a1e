"""Content lines, of which a calendar consists (RFC 5545 section 3.1).

Written by us: icalendar takes three times as long for a feed of a thousand sessions as everything
else together, and by now it would only have to join what is escaped already.
"""

from collections.abc import Iterable

# Octets in a line, without its end; a folded one begins with a blank that counts.
LONGEST = 75
# What makes a parameter's value need its quotes.
_NEEDS_QUOTES = frozenset(":;, ")


def line(name: str, value: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """One line, not yet folded; the value is written as it is.

    A parameter's value must hold no double quote and no control character, since not every reader
    knows how those are written (RFC 6868).
    """
    written = "".join(f";{key}={_quoted(given)}" for key, given in parameters)
    return f"{name}{written}:{value}"


def _quoted(value: str) -> str:
    value = value.replace("^", "^^")
    return f'"{value}"' if not value.isascii() or _NEEDS_QUOTES.intersection(value) else value


def joined(lines: Iterable[str]) -> bytes:
    """The lines, folded, each with its end."""
    return b"".join(map(_folded, lines))


def _folded(text: str) -> bytes:
    octets = text.encode()
    if len(octets) <= LONGEST:
        return octets + b"\r\n"
    pieces = []
    start, room = 0, LONGEST
    while len(octets) - start > room:
        end = _place_to_cut(octets, start + room)
        pieces.append(octets[start:end])
        start, room = end, LONGEST - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces) + b"\r\n"


def _place_to_cut(octets: bytes, end: int) -> int:
    """The last place up to `end` that cuts neither a character nor an escape in two."""
    while octets[end] & 0xC0 == 0x80:
        end -= 1
    if octets[end - 1] == ord("\\"):
        before = octets[:end]
        end -= (len(before) - len(before.rstrip(b"\\"))) % 2
    return end
