"""The administration of calls, for organisers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from accounts.admin import OrganiserAdmin, OrganiserInline
from accounts.models import User
from procurement import changing
from procurement.changing import Edit
from procurement.forms.deadlines import DeadlineForm
from procurement.models import (
    Amount,
    Call,
    Change,
    Cofinancing,
    Deadline,
    Document,
    Eligibility,
    Figure,
)


class DeadlineFormSet(BaseInlineFormSet):
    """The deadlines of a call together."""

    def clean(self) -> None:
        """Refuse the same step at the same moment twice."""
        super().clean()
        kept = [form.instance for form in self.forms if not form.cleaned_data.get("DELETE")]
        moments = [(row.kind, row.closes_at) for row in kept if row.closes_at]
        if len(set(moments)) < len(moments):
            raise ValidationError(_("The same step stands here twice at the same moment."))


class DeadlineInline(TranslationStackedInline, OrganiserInline):
    """The deadlines of a call; what the public knows is cancelled, never deleted."""

    model = Deadline
    form = DeadlineForm
    formset: Any = DeadlineFormSet
    fk_name = "call"
    extra = 0
    fields = (
        ("kind", "is_mandatory", "is_confirmed", "is_cancelled"),
        ("time_zone", "closing"),
        "reason",
        ("opens_at", "requires", "intake_working_days"),
        "source_phrase",
        "outcome",
    )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only of drafts."""
        return super().has_delete_permission(request, obj) and (
            not isinstance(obj, Call) or obj.is_draft
        )


class AmountInline(TranslationStackedInline, OrganiserInline):
    """The amounts of a call."""

    model = Amount
    fields = (("kind", "value", "currency", "is_indicative", "is_part"), "label")


class CofinancingInline(TranslationStackedInline, OrganiserInline):
    """The shares of the cost."""

    model = Cofinancing
    fields = (("kind", "percentage", "is_indicative"), "group")


class EligibilityInline(OrganiserInline):
    """Who may submit and who may not."""

    model = Eligibility
    fields = (("group", "may_submit"),)


class DocumentInline(OrganiserInline):
    """The documents of a call."""

    model = Document
    fields = (("title", "version", "language"), "url")


class ChangeInline(OrganiserInline):
    """What changed, to read."""

    model = Change
    fields = readonly_fields = ("sentence", "changed_at", "changed_by", "reason")
    can_delete = False

    @admin.display(description=gettext_lazy("change"))
    def sentence(self, change: Change) -> str:
        """The change in words."""
        return change.sentence()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Changes are noted, not typed."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


class CallForm(forms.ModelForm):
    """A call, with why it changes and whether its followers hear of it."""

    reason = forms.CharField(
        label=gettext_lazy("Why it changes"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Needed where the call is suspended or cancelled."),
    )
    tell = forms.BooleanField(
        label=gettext_lazy("Mail followers about changed dates and status"),
        required=False,
        initial=True,
    )

    def clean(self) -> dict[str, Any]:
        """Ask why a call is suspended or cancelled; a known call does not become a draft again."""
        cleaned = super().clean() or self.cleaned_data
        status = cleaned.get("status")
        if not self.instance.pk or "status" not in self.changed_data:
            return cleaned
        if status in {Call.Status.SUSPENDED, Call.Status.CANCELLED} and not cleaned.get("reason"):
            self.add_error("reason", _("Say why: followers read it."))
        if status == Call.Status.DRAFT:
            self.add_error("status", _("The public knows this call. Suspend or cancel it."))
        return cleaned


def _editor(request: HttpRequest) -> User | None:
    """Who is changing something."""
    return request.user if isinstance(request.user, User) else None


@admin.register(Call)
class CallAdmin(OrganiserAdmin, TranslationAdmin):
    """Calls."""

    form = CallForm
    list_display = ("title", "programme", "kind", "status")
    list_filter = (("programme", admin.RelatedOnlyFieldListFilter), "kind", "status")
    search_fields = ("title_nl", "title_fr", "title_en")
    filter_horizontal = ("themes", "organisers")
    prepopulated_fields = {"slug": ("title_nl",)}
    inlines = (
        DeadlineInline,
        AmountInline,
        CofinancingInline,
        EligibilityInline,
        DocumentInline,
        ChangeInline,
    )

    def view_on_site(self, call: Call) -> str:
        """The page that visitors see."""
        return call.get_absolute_url()

    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        """All of a change or nothing: the rows, the history and the mails."""
        with transaction.atomic():
            return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Call, form: Any, change: bool) -> None:
        """Save the call, after a look at what it was."""
        obj.before = changing.snapshot(obj) if change else {}  # type: ignore[attr-defined]
        stored = Call.objects.filter(pk=obj.pk).values_list("status", flat=True).first()
        obj.status_before = stored or Call.Status.DRAFT  # type: ignore[attr-defined]
        obj.news = []  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Deadlines keep their history; the rest is saved as it is."""
        if formset.model is not Deadline:
            super().save_formset(request, form, formset, change)
            return
        now = timezone.now()
        formset.save(commit=False)
        for row in formset.deleted_objects:
            row.delete()
        for one in formset.forms:
            if not one.has_changed() or one.cleaned_data.get("DELETE"):
                continue
            deadline = one.instance
            is_cancelled = one.cleaned_data["is_cancelled"]
            deadline.cancelled_at = (deadline.cancelled_at or now) if is_cancelled else None
            edit = Edit(_editor(request), now, one.cleaned_data["reason"])
            form.instance.news.append(changing.save_deadline(deadline, edit))
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what belongs to the call, note what changed, and tell its followers."""
        super().save_related(request, form, formsets, change)
        call = form.instance
        edit = Edit(_editor(request), timezone.now(), form.cleaned_data["reason"])
        changing.note_details(call, call.before, edit)
        news = [changing.note_status(call, call.status_before, edit), *call.news]
        if form.cleaned_data["tell"]:
            told = changing.tell_followers(call, news, now=edit.now)
            if told:
                sentence = ngettext(
                    "%(number)d follower is told by mail.",
                    "%(number)d followers are told by mail.",
                    told,
                )
                messages.info(request, sentence % {"number": told})


@admin.register(Figure)
class FigureAdmin(TranslationAdmin):
    """Figures around the calls."""

    list_display = ("title", "value", "currency")
