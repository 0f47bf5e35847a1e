"""The door of Django's admin: our sign-in, a second factor, and nothing to see for others."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.access import organises


class AdministrationSite(admin.AdminSite):
    """Django's admin, for organisers and administrators who proved who they are."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may come in."""
        return organises(request.user) and not second_factor.is_missing(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to what is missing; for who has nothing to do here it does not exist."""
        here = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(here)
        if not organises(request.user):
            raise Http404
        if not second_factor.is_missing(request):
            return redirect("admin:index")
        if is_mfa_enabled(request.user):
            return redirect(reverse("mfa_reauthenticate") + "?" + urlencode({"next": here}))
        messages.warning(
            request, _("Organisers need a second way to prove who they are. Set one up here first.")
        )
        return redirect("mfa_index")
