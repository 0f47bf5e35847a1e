"""Who may open a view: every view carries exactly one of these, and a test walks all routes."""

import enum
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Access(enum.Enum):
    """The kinds of audience a view can have."""

    ANYONE = "anyone"
    TOKEN_HOLDER = "token holder"  # noqa: S105 - a word, not a secret
    SIGNED_IN = "signed in"
    LOCAL = "local mode only"


def _declare(access: Access) -> Callable[[View], View]:
    def declared(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return declared


anyone = _declare(Access.ANYONE)
"""Public: shows nothing that depends on who asks."""


def token_holder(view: View) -> View:
    """For whoever holds the unguessable code in the address; without it the page does not exist.

    Neither caches nor search engines keep such a page.
    """

    @wraps(view)
    def private(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return cast(View, _declare(Access.TOKEN_HOLDER)(private))


subscriber = _declare(Access.TOKEN_HOLDER)
"""For a program that asks for a calendar again and again with the code in its address.

The calendar says itself that it is private; the program may keep it, to hear "nothing changed".
"""


def signed_in(view: View) -> View:
    """For whoever has an account; others are asked to sign in first. Kept by no cache."""

    @login_required
    @wraps(view)
    def private(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return cast(View, _declare(Access.SIGNED_IN)(private))


local_only = _declare(Access.LOCAL)
"""Only there in local mode, where the machine's owner is the only visitor."""


class SignedInRequest(HttpRequest):
    """What a view behind `signed_in` gets: somebody is there."""

    user: User


def organises(user: User | AnonymousUser) -> bool:
    """Whether somebody is signed in who organises for a programme."""
    return isinstance(user, User) and user.is_organiser
