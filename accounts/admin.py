"""The administration of people and organisations."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from accounts import directory
from accounts.access import organises
from accounts.auditing import actor_of, record
from accounts.models import (
    Action,
    CharterSignature,
    Membership,
    Organisation,
    OrganisationAlias,
    OrganisationDomain,
    OrganisationRelation,
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


class AuditedAdmin(admin.ModelAdmin):
    """Rows about people: who looks at them or deletes them is written down.

    A class says how by the three `note_…`; a page that was refused showed nothing.
    """

    def note_list(self, request: HttpRequest, rows: list[Any]) -> None:
        """Write down that a list showed these rows; at least one."""

    def note_row(self, request: HttpRequest, row: Any) -> None:
        """Write down that a page showed this row."""

    def note_deletion(self, request: HttpRequest, row: Any) -> None:
        """Write down that this row goes."""

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The list; a search that finds nobody showed nobody."""
        response = super().changelist_view(request, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context and (rows := list(context["cl"].result_list)):
            self.note_list(request, rows)
        return response

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """The form of a row, with what was refused in it too."""
        response = super().changeform_view(request, object_id, *args, **kwargs)
        return self._noted(request, object_id, response)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """What was done here to a row, under its name."""
        response = super().history_view(request, object_id, *args, **kwargs)
        return self._noted(request, object_id, response)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """The question whether to delete a row, which names it."""
        response = super().delete_view(request, object_id, *args, **kwargs)
        return self._noted(request, object_id, response)

    def _noted(self, request: HttpRequest, object_id: str | None, response: Any) -> Any:
        if object_id is not None and response.status_code == 200:
            self.note_row(request, self.get_object(request, object_id))
        return response

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one row."""
        self.note_deletion(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen rows."""
        with transaction.atomic():
            for row in queryset:
                self.note_deletion(request, row)
            super().delete_queryset(request, queryset)


class OrganiserAdmin(AuditedAdmin):
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
    """The programmes somebody works for: given and taken away on the page of the team."""

    model = Membership
    extra = 0
    fields = readonly_fields = ("programme", "role")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only by an invitation, which the person accepts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only where the last lead is kept."""
        return False


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


RIGHTS = ("is_active", "is_staff", "is_superuser")


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """People who sign in: with a code by mail or at their organisation, never with a password."""

    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser", "memberships__programme")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "name", "language")}),
        (_("Rights"), {"fields": RIGHTS}),
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write down what changed about somebody."""
        super().save_related(request, form, formsets, change)
        fields = list(form.changed_data)
        for formset in formsets:
            if formset.has_changed():
                fields.append(formset.model._meta.model_name)
        if not change:
            self._note(request, Action.USER_ADDED, form.instance)
        elif fields:
            rights = {name: form.cleaned_data[name] for name in fields if name in RIGHTS}
            given = [name for name, is_given in rights.items() if is_given]
            taken = [name for name, is_given in rights.items() if not is_given]
            self._note(
                request, Action.USER_CHANGED, form.instance, fields=fields, given=given, taken=taken
            )

    def note_list(self, request: HttpRequest, rows: list[Any]) -> None:
        """Who looked at how many accounts."""
        self._note(request, Action.USERS_SEEN, people=len(rows))

    def note_row(self, request: HttpRequest, row: Any) -> None:
        """Who looked at whose account."""
        self._note(request, Action.USER_SEEN, row)

    def note_deletion(self, request: HttpRequest, row: Any) -> None:
        """Somebody's roles go with their account."""
        for membership in row.memberships.select_related("programme"):
            self._note(
                request,
                Action.MEMBER_REMOVED,
                row,
                programme=membership.programme,
                role=membership.role,
            )
        self._note(request, Action.USER_DELETED, row)

    def _note(
        self, request: HttpRequest, action: Action, user: User | None = None, **details: Any
    ) -> None:
        record(action, by=actor_of(request), now=timezone.now(), about=user, **details)


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


class RelationInline(admin.TabularInline):
    """What an organisation is to others, and since when."""

    model = OrganisationRelation
    fk_name = "organisation"
    autocomplete_fields = ("other",)
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(TranslationAdmin):
    """The directory."""

    list_display = ("name", "abbreviation", "kind", "level", "parent")
    list_filter = ("level", "kind", ("charter_signatures", admin.EmptyFieldListFilter))
    search_fields = ("name_nl", "name_fr", "name_en", "abbreviation_nl", "aliases__name")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name_nl",)}
    inlines = (AliasInline, DomainInline, RelationInline, CharterInline)

    def view_on_site(self, organisation: Organisation) -> str:
        """Its page in the workspace."""
        return organisation.get_absolute_url()

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

    def save_model(self, request: HttpRequest, obj: Programme, form: Any, change: bool) -> None:
        """Save; how long data is kept, and why, is written down when it changes."""
        super().save_model(request, obj, form, change)
        about_retention = {"retention_days", "selection_rule"}
        fields = [name for name in form.changed_data if name in about_retention]
        if change and fields:
            record(
                Action.RETENTION_CHANGED,
                by=actor_of(request),
                now=timezone.now(),
                programme=obj,
                about=obj,
                fields=fields,
                days=obj.retention_days,
                days_before=form.initial["retention_days"],
            )


@admin.register(Theme)
class ThemeAdmin(TranslationAdmin):
    """Themes."""

    list_display = ("number", "short_title", "title")
    search_fields = ("title_nl", "short_title_nl")
