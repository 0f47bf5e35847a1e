"""Texts shown in another language than the page, for want of its own, and marked as such.

WCAG 2.2 SC 3.1.2 asks it: else a screen reader pronounces Dutch as if it were French.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils.html import format_html
from django.utils.translation import get_language


def language_shown(texts: Mapping[str, Any]) -> str:
    """In which language one of these is shown: that of the page, or the first that has it."""
    in_order = (active_language(), *settings.MODELTRANSLATION_FALLBACK_LANGUAGES)
    return next((code for code in in_order if texts.get(code)), "")


def active_language() -> str:
    """That of the page."""
    return (get_language() or settings.LANGUAGE_CODE)[:2]


def texts_of(instance: Model, field: str) -> dict[str, Any]:
    """A translated text in each language."""
    return {code: getattr(instance, f"{field}_{code}", "") for code, _name in settings.LANGUAGES}


def borrowed(texts: Mapping[str, Any]) -> str:
    """The language a text is shown in where that is not the page's; empty where it is."""
    shown = language_shown(texts)
    return "" if shown == active_language() else shown


def in_its_language(text: str, texts: Mapping[str, Any]) -> str:
    """A text as HTML, within a mark of its language where that is not the page's."""
    language = borrowed(texts)
    return format_html('<span lang="{}">{}</span>', language, text) if language else text
