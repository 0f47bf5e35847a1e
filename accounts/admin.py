"""The administration of people and organisations."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from accounts import directory
from accounts.access import organises
from accounts.models import (
    CharterSignature,
    Membership,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    Programme,
    Theme,
    User,
)

admin.site.site_header = _("Administration")
# What these hold is shown with the person, without the secrets in it.
for model in (
    Group,
    EmailAddress,
    Authenticator,
    UserSession,
    SocialApp,
    SocialToken,
    SocialAccount,
):
    admin.site.unregister(model)


class OrganiserAdmin(admin.ModelAdmin):
    """What organisers may do in the administration: all, within their own programmes."""

    # A registration's own page opens with its owner's code, which no organiser is handed.
    view_on_site: Any = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the person's own programmes."""
        rows: Any = super().get_queryset(request)  # its model's own, which has managed_by
        managed: QuerySet[Any] = rows.managed_by(request.user)
        return managed

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Organisers see these."""
        return organises(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers see their own."""
        return organises(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Organisers add to their own programmes."""
        return organises(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers change their own."""
        return organises(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only an administrator deletes; organisers cancel."""
        return bool(request.user.is_active and request.user.is_superuser)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only what the person may see."""
        choices = db_field.related_model._default_manager.all()
        if hasattr(choices, "managed_by"):
            kwargs["queryset"] = choices.managed_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class OrganiserInline(admin.StackedInline):
    """Rows that belong to what an organiser may change."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers see these."""
        return organises(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers add these."""
        return organises(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers change these."""
        return organises(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Organisers remove these."""
        return organises(request.user)


class MembershipInline(admin.TabularInline):
    """The programmes somebody works for."""

    model = Membership
    extra = 0


class EmailAddressInline(admin.TabularInline):
    """The addresses somebody signs in with."""

    model = EmailAddress
    extra = 0


class AuthenticatorInline(admin.TabularInline):
    """Second factors: to take away when somebody lost theirs, never to read."""

    model = Authenticator
    extra = 0
    fields = readonly_fields = ("type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the person adds one."""
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People who sign in: with a code by mail or at their organisation, never with a password."""

    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser", "memberships__programme")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "name", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "joined_at")}),
    )
    readonly_fields = ("last_login", "joined_at")
    inlines = (MembershipInline, EmailAddressInline, AuthenticatorInline)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Somebody new has no password, and none that could be guessed."""
        obj.email = obj.email.strip().lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


class AliasInline(admin.TabularInline):
    """Other names of an organisation."""

    model = OrganisationAlias
    extra = 0


class DomainInline(admin.TabularInline):
    """Mail domains of an organisation."""

    model = OrganisationDomain
    extra = 0


class CharterInline(admin.TabularInline):
    """Signatures under the charter."""

    model = CharterSignature
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(TranslationAdmin):
    """The directory."""

    list_display = ("name", "abbreviation", "kind", "level", "parent")
    list_filter = ("level", "kind", ("charter_signatures", admin.EmptyFieldListFilter))
    search_fields = ("name_nl", "name_fr", "name_en", "abbreviation_nl", "aliases__name")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name_nl",)}
    inlines = (AliasInline, DomainInline, CharterInline)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Renew the search keys with the names."""
        super().save_related(request, form, formsets, change)
        directory.index_names(form.instance)


@admin.register(Programme)
class ProgrammeAdmin(TranslationAdmin):
    """Programmes."""

    list_display = ("name", "full_name", "organisation", "contact_email")
    search_fields = ("name_nl", "full_name_nl")
    autocomplete_fields = ("organisation",)


@admin.register(Theme)
class ThemeAdmin(TranslationAdmin):
    """Themes."""

    list_display = ("number", "short_title", "title")
    search_fields = ("title_nl", "short_title_nl")
