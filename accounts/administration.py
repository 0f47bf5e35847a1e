"""The door of Django's admin: our sign-in, a second factor, and nothing to see for others."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import second_factor
from accounts.access import organises
from accounts.models import User
from accounts.scripting import makes_markup


class AdministrationSite(admin.AdminSite):
    """Django's admin, for organisers and administrators who proved who they are."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may come in."""
        return _may_enter(request.user) and not second_factor.is_missing(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's; its scripts make markup."""
        return makes_markup(super().admin_view(view, cacheable))

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
