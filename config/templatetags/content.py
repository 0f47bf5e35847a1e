"""Showing what organisers wrote: in which language it is, and as safe HTML."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms, template
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import searching
from accounts.borrowing import borrowed, texts_of
from mailing.written import as_html
from moments import words

register = template.Library()


@register.simple_tag
def lang_of(instance: Model, field: str) -> SafeString:
    """` lang="nl"` where a text is shown in another language than the page (WCAG 2.2, 3.1.2)."""
    language = borrowed(texts_of(instance, field))
    return format_html(' lang="{}"', language) if language else SafeString("")


@register.simple_tag
def other_language(fields: str, rows: Model | Iterable[Model]) -> str:
    """The name of the language in which some of these texts are, other than that of the page."""
    each = [rows] if isinstance(rows, Model) else rows
    codes = (
        borrowed(texts) for row in each for field in fields.split() for texts in _all(row, field)
    )
    code = next(filter(None, codes), "")
    return words.language_name(code) if code else ""


def _all(row: Model, field: str) -> list[dict[str, Any]]:
    """The texts of a field: one, or as many as it lists."""
    listed = getattr(row, field)
    return listed if isinstance(listed, list) else [texts_of(row, field)]


@register.filter
def marked(text: str | None, found: Collection[str]) -> str:
    """A text with a mark around each word that was found (`accounts.searching.found_in`)."""
    return searching.marked(text or "", found)


@register.filter
def markdown(text: str | None) -> SafeString:
    """Markdown as HTML: headings below the page's own, no raw HTML, only harmless links."""
    return as_html(text or "")


# What Django says of any field: on a list, away from the field, it tells nothing.
_OF_ANY_FIELD = (
    forms.Field.default_error_messages["required"],
    forms.IntegerField.default_error_messages["invalid"],
    forms.DecimalField.default_error_messages["invalid"],
    forms.DateField.default_error_messages["invalid"],
    forms.TimeField.default_error_messages["invalid"],
    forms.URLField.default_error_messages["invalid"],
)


@register.filter
def in_a_list(field: forms.BoundField) -> list[str]:
    """{{ field|in_a_list }}: its errors where the field itself is out of sight."""
    plain = {str(message) for message in _OF_ANY_FIELD}
    told = map(str, field.errors)
    return [f"{field.label}: {error}" if error in plain else error for error in told]
