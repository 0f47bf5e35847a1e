"""Who may open a view: every view carries exactly one of these, and a test walks all routes."""

import enum
import logging
import secrets
from collections.abc import Callable, Sequence
from functools import wraps
from ipaddress import ip_address
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.generic import RedirectView

from accounts import auditing, second_factor, sending_again
from accounts.models import Role, User

logger = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Access(enum.Enum):
    """The kinds of audience a view can have."""

    ANYONE = "anyone"
    TOKEN_HOLDER = "token holder"  # noqa: S105 - a word, not a secret
    SIGNED_IN = "signed in"
    VIEWER = "viewer"
    HELPER = "helper"
    ORGANISER = "organiser"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"
    LOCAL = "local mode only"
    OPERATOR = "operator's program"


def _declare(access: Access) -> Callable[[View], View]:
    def declared(view: View) -> View:
        # What a decorator wraps lends it its attributes, so that an inner declaration shows here.
        if hasattr(view, "access"):
            raise TypeError(f"{view.__module__}.{view.__qualname__} says twice who may open it.")
        view.access = access  # type: ignore[attr-defined]
        return view

    return declared


anyone = _declare(Access.ANYONE)
"""Public: shows nothing that depends on who asks."""


def same_for_all(view: View) -> View:
    """Public, and the very same for all who are not signed in: its page is kept for the next one.

    It may follow from the address, the moment, and rows that `ical.watching` watches; numbers of
    seats and people go into it by `events.live`.
    """
    view.is_same_for_all = True  # type: ignore[attr-defined]
    return anyone(view)


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

    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sending_again.ask_to_sign_in(request)
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return cast(View, _declare(Access.SIGNED_IN)(private))


def _behind(access: Access, is_let_in: Callable[[User], bool]) -> Callable[[View], View]:
    """For whom the workspace is: others are asked to sign in, or learn of nothing here."""

    def guarded(view: View) -> View:
        @wraps(view)
        def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return sending_again.ask_to_sign_in(request)
            if not is_let_in(request.user):
                raise Http404
            if second_factor.is_missing(request):
                way = second_factor.ask(request, then=sending_again.page_of(request))
                return sending_again.keep_for(request, way)
            response = view(request, *args, **kwargs)
            response.headers["Cache-Control"] = "no-store, private"
            return response

        return cast(View, _declare(access)(private))

    return guarded


# Each lets in who has at least this role in some programme, with their second factor. For which
# programmes they have it the view asks the rows: `viewed_by`, `helped_by`, `managed_by`, `led_by`.

viewer = _behind(Access.VIEWER, lambda user: user.has_role(Role.VIEWER))
"""For who works for a programme in any role: nothing about the people who come."""

helper = _behind(Access.HELPER, lambda user: user.has_role(Role.HELPER))
"""For who sees who comes to a session, and takes attendance."""

organiser = _behind(Access.ORGANISER, lambda user: user.has_role(Role.ORGANISER))
"""For organisers."""

lead = _behind(Access.LEAD, lambda user: user.has_role(Role.LEAD))
"""For who leads a programme."""

administrator = _behind(Access.ADMINISTRATOR, lambda user: user.is_active and user.is_superuser)
"""For who runs the installation, with their second factor."""


def operator(view: View) -> View:
    """For the operators' programs: with the secret, or from a network, that the settings name."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (_has_secret(request) or _is_near(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return cast(View, _declare(Access.OPERATOR)(guarded))


def _has_secret(request: HttpRequest) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    is_right = secrets.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
    return bool(settings.METRICS_TOKEN) and scheme.lower() == "bearer" and is_right


def _is_near(request: HttpRequest) -> bool:
    try:
        address = ip_address(auditing.network_address(request) or "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_NETWORKS)


local_only = _declare(Access.LOCAL)
"""Only there in local mode, where the machine's owner is the only visitor."""


class SignedInRequest(HttpRequest):
    """What a view behind `signed_in` gets: somebody is there."""

    user: User


def organises(user: User | AnonymousUser) -> bool:
    """Whether somebody is signed in who organises for a programme."""
    return isinstance(user, User) and user.is_organiser


def is_declared(view: Callable[..., object], app_names: Sequence[str] = ()) -> bool:
    """Whether a view says who may open it; Django's admin and django-allauth keep their own rules.

    `app_names` are those of the includes it stands in.
    """
    is_redirect = getattr(view, "view_class", None) is RedirectView  # shows nothing by itself
    if "admin" in app_names or is_redirect or view.__module__.startswith("allauth."):
        return True
    return isinstance(getattr(view, "access", None), Access)


class DenyUndeclared:
    """Middleware for whom a view that does not say who may open it does not exist.

    A test finds such a view before it is delivered; this holds for addresses that no test saw.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_arguments: object
    ) -> None:
        """Refuse before the view runs."""
        match = request.resolver_match
        if not is_declared(view, match.app_names if match else ()):
            logger.error("%s.%s does not say who may open it.", view.__module__, view.__name__)
            raise Http404
