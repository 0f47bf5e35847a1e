"""The door of Django's admin: our sign-in, a second factor, and nothing to see for others."""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from accounts import second_factor, sending_again
from accounts.access import organises
from accounts.models import User
from accounts.scripting import makes_markup


class AdministrationSite(admin.AdminSite):
    """Django's admin, for organisers and administrators who proved who they are."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may come in."""
        return _may_enter(request.user) and not second_factor.is_missing(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's; its scripts make markup, and signing in first loses nothing typed."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            answer: HttpResponse = guarded(request, *args, **kwargs)
            if isinstance(answer, HttpResponseRedirect) and not self.has_permission(request):
                return sending_again.keep_for(request, answer)
            return answer

        return makes_markup(keeping)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to what is missing; for who has nothing to do here it does not exist."""
        here = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(here)
        if not _may_enter(request.user):
            raise Http404
        if not second_factor.is_missing(request):
            return redirect("admin:index")
        return second_factor.ask(request, then=here)


def _may_enter(user: User | AnonymousUser) -> bool:
    return organises(user) and user.is_staff
