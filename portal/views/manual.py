"""The manual for organisers: the chapters of `docs/organisers/`, as they stand there."""

import re
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

from accounts.access import viewer

CHAPTERS = Path(settings.BASE_DIR) / "docs" / "organisers"
PICTURES = Path(settings.BASE_DIR) / "docs" / "images"
CONTENTS = "README"
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}).enable("table")
_CHAPTER = re.compile(r"([a-z-]+)\.md(#.*)?")


@viewer
@require_safe
def manual(request: HttpRequest, chapter: str = CONTENTS) -> HttpResponse:
    """A chapter, with the way to the next one; without a name, the table of contents."""
    order = [found[1] for found in _CHAPTER.finditer((CHAPTERS / "README.md").read_text())]
    if chapter not in [CONTENTS, *order]:
        raise Http404
    title, body = _read(chapter)
    position = order.index(chapter) + 1 if chapter in order else len(order)
    following = order[position] if position < len(order) else ""
    context = {
        "chapter": chapter if chapter in order else "",
        "title": title,
        "body": body,
        "following": following,
        "following_title": _read(following)[0] if following else "",
    }
    return render(request, "organise/manual.html", context)


def _read(chapter: str) -> tuple[str, SafeString]:
    """The title of a chapter and the rest as HTML, links and pictures at their address here."""
    tokens = _MARKDOWN.parse((CHAPTERS / f"{chapter}.md").read_text())
    _opening, title, _closing, *rest = tokens
    _lead_here(inline for token in rest for inline in token.children or [])
    body = _MARKDOWN.renderer.render(rest, _MARKDOWN.options, {})
    return title.content, mark_safe(body)  # noqa: S308 - our own file, raw HTML switched off


def _lead_here(tokens: Iterable[Token]) -> None:
    for token in tokens:
        if token.type == "image":
            name = Path(str(token.attrs["src"])).name
            width, height = Image.open(PICTURES / name).size
            token.attrs["src"] = static(f"manual/{name}")
            token.attrs |= {"width": width, "height": height, "loading": "lazy"}
        link = token.type == "link_open" and _CHAPTER.fullmatch(str(token.attrs["href"]))
        if link:
            token.attrs["href"] = reverse("portal:manual", args=[link[1]]) + (link[2] or "")
