"""What organisers write: Markdown with placeholders, as HTML and as plain text.

The text is parsed first and filled in afterwards, so that no value can become markup, a link or
another placeholder. Whatever else stands between braces stays as it was typed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_BRACED = re.compile(r"\{[^{}\n]*\}")


def _keep_braced(state: StateInline, silent: bool) -> bool:
    """Nothing between braces is markup: "{0.__class__}" is not in bold."""
    found = _BRACED.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_MARKDOWN.inline.ruler.before("escape", "braced", _keep_braced)
# Only writes: people who type a mail mean a new line where they begin one.
_LINE_BY_LINE = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
_TAGS = {
    "p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "code", "hr",
    "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SCHEMES = {"https", "http", "mailto", "tel"}
# One word between single braces; "{{ x }}", "{0.__class__}" and "%s" are no such thing.
_PLACEHOLDER = re.compile(r"(?<!\{)\{([^\W\d_]+)\}(?!\})")
# The same in the address of a link, where braces are encoded.
_LINKED = re.compile(r"%7B([^\W\d_]+)%7D")


class Address(str):
    """A value of a placeholder that is an address to follow."""

    __slots__ = ()


Values = Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """A text of an organiser as it stands in a letter, in its own language."""

    html: SafeString
    text: str
    language: str


def written(source: str, values: Values, *, language: str) -> Written:
    """A text with its placeholders filled in, for a letter; a new line in it is one there."""
    html = as_html(source, values, top=2, keeps_lines=True)
    return Written(html, as_text(source, values), language)


def as_html(
    source: str, values: Values | None = None, *, top: int = 3, keeps_lines: bool = False
) -> SafeString:
    """Markdown as HTML: headings from level `top`, no raw HTML, only harmless links."""
    tokens = _filled(source, values or {})
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{top}" if int(token.tag[1]) <= 3 else f"h{top + 1}"
    options = (_LINE_BY_LINE if keeps_lines else _MARKDOWN).options
    html = _MARKDOWN.renderer.render(tokens, options, {})
    clean = nh3.clean(
        html, tags=_TAGS, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it


def as_text(source: str, values: Values | None = None) -> str:
    """Markdown as plain text: links with their address, lists with dashes and numbers."""
    root = SyntaxTreeNode(_filled(source, values or {}))
    return "\n\n".join(_blocks(root.children))


def fill(line: str, values: Values) -> str:
    """One line without Markdown, such as a subject, with its placeholders filled in."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), line)


def words_between_braces(text: str) -> list[str]:
    """What looks like a placeholder, in order and once each."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


# Filling in --------------------------------------------------------------------------------------


def _filled(source: str, values: Values) -> list[Token]:
    tokens = _MARKDOWN.parse(source)
    for token in tokens:
        if token.children is not None:
            token.children = list(_fill_inline(token.children, values))
        elif token.type in {"fence", "code_block"}:
            token.content = fill(token.content, values)
    return tokens


def _fill_inline(tokens: Iterable[Token], values: Values) -> Iterator[Token]:
    is_in_link = False
    for token in tokens:
        if token.type == "link_open":
            is_in_link = True
            token.attrs["href"] = _filled_address(str(token.attrs["href"]), values)
        elif token.type == "link_close":
            is_in_link = False
        if token.type == "text" and not is_in_link:
            yield from _with_links(token.content, values)
            continue
        if token.type in {"text", "code_inline"}:
            token.content = fill(token.content, values)
        yield token


def _filled_address(href: str, values: Values) -> str:
    """The address of a link, where that is a placeholder for an address and nothing else."""
    found = _LINKED.fullmatch(href)
    value = values.get(found[1]) if found else None
    return value if isinstance(value, Address) else href


def _with_links(text: str, values: Values) -> Iterator[Token]:
    """A text filled in, in which an address is a link to it."""
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        value = values.get(found[1])
        if isinstance(value, Address):
            yield _text(fill(text[at : found.start()], values))
            yield Token("link_open", "a", 1, attrs={"href": value})
            yield _text(value)
            yield Token("link_close", "a", -1)
            at = found.end()
    yield _text(fill(text[at:], values))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


# Plain text --------------------------------------------------------------------------------------


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> list[str]:
    blocks = [_block(node) for node in nodes]
    return [block for block in blocks if block]


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "bullet_list":
            return "\n".join(_item(item, "-") for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(
                _item(item, f"{number}.") for number, item in enumerate(node.children, first)
            )
        case "blockquote":
            return _indented("\n\n".join(_blocks(node.children)), "> ")
        case "table":
            return "\n".join(_row(row) for part in node.children for row in part.children)
        case "hr":
            return "* * *"
        case "fence" | "code_block":
            return node.content.rstrip("\n")
        case "inline":
            return _line(node.children)
        case _other:
            return "\n\n".join(_blocks(node.children))


def _item(node: SyntaxTreeNode, mark: str) -> str:
    said = "\n".join(_blocks(node.children))
    return mark + _indented(said, " " * (len(mark) + 1))[len(mark) :]


def _indented(text: str, margin: str) -> str:
    return "\n".join(f"{margin}{line}".rstrip() for line in text.split("\n"))


def _row(node: SyntaxTreeNode) -> str:
    return " | ".join(" ".join(_blocks(cell.children)) for cell in node.children)


def _line(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(_piece(node) for node in nodes)


def _piece(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            label, href = _line(node.children), str(node.attrs["href"]).removeprefix("mailto:")
            return label if label == href else f"{label} ({href})"
        case "image":
            return node.content
        case _other:
            return _line(node.children)
