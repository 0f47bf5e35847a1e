"""Pages whose scripts make markup out of text, which no other page's may.

Browsers refuse it everywhere else (Trusted Types), so that a sentence of a visitor never becomes a
script. Here the text comes from our own server, which escaped it: rows at the door, and what htmx
swaps in an agenda. Django's admin does so all over.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from csp.decorators import csp_replace
from django.http import HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def makes_markup(view: View) -> View:
    """Let the scripts of a view's page do so."""
    lifted = {"require-trusted-types-for": None, "trusted-types": None}
    return cast(View, csp_replace(lifted)(view))
