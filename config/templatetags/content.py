"""Showing what organisers wrote: in which language it is, as safe HTML, and prices."""

from decimal import Decimal

import nh3
from django import template
from django.conf import settings
from django.db.models import Model
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

register = template.Library()

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_TAGS = {
    "p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "code", "hr",
    "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SCHEMES = {"https", "http", "mailto", "tel"}


@register.simple_tag
def lang_of(instance: Model, field: str) -> SafeString:
    """` lang="nl"` where a text is shown in another language than the page (WCAG 2.2, 3.1.2)."""
    active = get_language() or settings.LANGUAGE_CODE
    if getattr(instance, f"{field}_{active}", None):
        return SafeString("")
    for language in settings.MODELTRANSLATION_FALLBACK_LANGUAGES:
        if getattr(instance, f"{field}_{language}", None):
            return format_html(' lang="{}"', language)
    return SafeString("")


@register.filter
def markdown(text: str | None) -> SafeString:
    """Markdown as HTML: headings below the page's own, no raw HTML, only harmless links."""
    tokens = _MARKDOWN.parse(text or "")
    for token in tokens:
        if token.tag in {"h1", "h2", "h3"}:
            token.tag = "h3"
        elif token.tag in {"h4", "h5", "h6"}:
            token.tag = "h4"
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    clean = nh3.clean(
        html, tags=_TAGS, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it


@register.filter
def price(amount: Decimal) -> str:
    """A price in words: free, or the amount in euros as the language writes it."""
    if not amount:
        return _("Free")
    figure = number_format(amount, 0 if amount == amount.to_integral() else 2, use_l10n=True)
    return _("€ %(amount)s") % {"amount": figure}
