"""What of a text may stand in a calendar, and how it is written there."""

import re
from html import escape
from html.parser import HTMLParser

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


# A web or mail address, without the punctuation that ends the sentence it stands in.
_ADDRESS = re.compile(
    r"(?P<web>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]’”'])"
    # Looked for from the start of a word only: a very long one is then read once.
    r"|(?<![\w.!#$%&'*+/=?^`{|}~-])(?P<mail>[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+)"
)
_INDENT = re.compile(r"^ +", re.MULTILINE)


def as_html(text: str) -> str:
    """Clean text as an HTML document: its paragraphs, lines and indents, addresses as links."""
    paragraphs = [
        _INDENT.sub(lambda found: "&nbsp;" * len(found[0]), _linked(paragraph)).replace(
            "\n", "<br>"
        )
        for paragraph in re.split(r"\n{2,}", text)
    ]
    return "<html><body>" + "".join(f"<p>{each}</p>" for each in paragraphs) + "</body></html>"


def _linked(text: str) -> str:
    pieces = []
    end = 0
    for found in _ADDRESS.finditer(text):
        shown = escape(found[0])
        target = shown if found["web"] else f"mailto:{shown}"
        pieces += [escape(text[end : found.start()]), f'<a href="{target}">{shown}</a>']
        end = found.end()
    return "".join([*pieces, escape(text[end:])])


# What only HTML has: calendars that let people write it put it in the plain description too.
_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:html|body|p|br|div|span|a|b|i|u|ul|ol|li|strong|em)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_BREAKING = frozenset(["p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4"])
_UNSEEN = frozenset(["style", "script", "head", "title"])


class _Reader(HTMLParser):
    """Collects what one would read, each link with its address behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self._address = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BREAKING:
            self.read.append("\n")
        if tag == "p":
            self.read.append("\n")
        if tag == "li":
            self.read.append("- ")
        if tag == "a":
            self._address = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag in {"p", "div"}:
            self.read.append("\n")
        if tag == "a" and self._address.startswith(("http:", "https:")):
            if self._address not in "".join(self.read[-3:]):
                self.read.append(f" ({self._address})")
            self._address = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.read.append(re.sub(r"\s*\n\s*", " ", data))


def as_plain(text: str) -> str:
    """Clean text, and of HTML what one would read, with the addresses of its links."""
    if not _LOOKS_LIKE_HTML.search(text):
        return text
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (line.strip() for line in clean("".join(reader.read)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
