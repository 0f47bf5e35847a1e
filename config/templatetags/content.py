"""Showing what organisers wrote: in which language it is, and as safe HTML."""

from collections.abc import Iterable

from django import template
from django.conf import settings
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from mailing.written import as_html
from moments import words

register = template.Library()


@register.simple_tag
def lang_of(instance: Model, field: str) -> SafeString:
    """` lang="nl"` where a text is shown in another language than the page (WCAG 2.2, 3.1.2)."""
    language = _borrowed(instance, field)
    return format_html(' lang="{}"', language) if language else SafeString("")


def _borrowed(instance: Model, field: str) -> str:
    """The language a text is shown in for want of that of the page; empty where it has that."""
    active = get_language() or settings.LANGUAGE_CODE
    for language in (active, *settings.MODELTRANSLATION_FALLBACK_LANGUAGES):
        if getattr(instance, f"{field}_{language}", None):
            return "" if language == active else language
    return ""


@register.simple_tag
def other_language(fields: str, rows: Model | Iterable[Model]) -> str:
    """The name of the language in which some of these texts are, other than that of the page."""
    each = [rows] if isinstance(rows, Model) else rows
    borrowed = (_borrowed(row, field) for row in each for field in fields.split())
    code = next(filter(None, borrowed), "")
    return words.language_name(code) if code else ""


@register.filter
def markdown(text: str | None) -> SafeString:
    """Markdown as HTML: headings below the page's own, no raw HTML, only harmless links."""
    return as_html(text or "")
