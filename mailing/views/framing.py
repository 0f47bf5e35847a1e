"""A mail within a page of ours: its HTML has an address of its own, where its styles may stand."""

from collections.abc import Callable
from typing import TypeVar, cast

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin

View = TypeVar("View", bound=Callable[..., HttpResponse])


def frames_mail(view: View) -> View:
    """For a page that shows a mail in a frame of ours."""
    return cast(View, csp_replace({"frame-src": ["'self'"]})(view))


def is_mail(view: View) -> View:
    """For the HTML of a mail: its styles stand in its elements, and only our pages frame it."""
    bare = csp_replace({"style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"]})
    return cast(View, xframe_options_sameorigin(bare(view)))
