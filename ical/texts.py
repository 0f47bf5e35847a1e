"""What of a text may stand in a calendar, and how it is written there."""

import re

# A line break by any name: readers that split lines the way Python does break at each of these.
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Control characters but the tab (RFC 5545 section 3.3.11), half surrogates (no UTF-8 holds them),
# and the byte order mark, which some readers drop.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff]")


def clean(text: str) -> str:
    """Text without control characters, its line breaks all "\\n", nothing blank around it."""
    return _LINE_BREAK.sub("\n", _FORBIDDEN.sub("", text)).strip()


def one_line(text: str) -> str:
    """Clean text with a space for each line break: a title or a place is shown on one line."""
    return clean(text).replace("\n", " ")


def escaped(text: str) -> str:
    r"""Clean text as a TEXT value (RFC 5545 section 3.3.11): \\, \;, \, and \n.

    Our own, because icalendar 7.3.0 takes "\N" in what people wrote ("C:\Nieuw") for a line
    break; it can go once icalendar writes such a text back as it was.
    """
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
