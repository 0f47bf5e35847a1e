"""The administration of calls, for organisers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from accounts.admin import OrganiserAdmin, OrganiserInline
from moments.edges import Closing
from moments.forms import ClosingField
from procurement.models import Call, Deadline


class DeadlineForm(forms.ModelForm):
    """A deadline, entered as an organiser says it."""

    closing = ClosingField(label=gettext_lazy("Date"))

    class Meta:
        model = Deadline
        fields = ("kind", "is_confirmed", "source_phrase")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["closing"] = self.instance.closing

    def clean(self) -> dict[str, Any]:
        """Put the closing where it is kept."""
        cleaned = super().clean() or self.cleaned_data
        closing: Closing | None = cleaned.get("closing")
        if closing is not None:
            self.instance.edge = closing.edge
            self.instance.closes_at = closing.closes_at
            self.instance.is_hour_stated = closing.hour_is_stated
        return cleaned


class DeadlineFormSet(BaseInlineFormSet):
    """The deadlines of a call together."""

    def clean(self) -> None:
        """Refuse the same step at the same moment twice."""
        super().clean()
        kept = [form.instance for form in self.forms if not form.cleaned_data.get("DELETE")]
        moments = [(row.kind, row.closes_at) for row in kept if row.closes_at]
        if len(set(moments)) < len(moments):
            raise ValidationError(_("The same step stands here twice at the same moment."))


class DeadlineInline(OrganiserInline):
    """The deadlines of a call."""

    model = Deadline
    form = DeadlineForm
    formset: Any = DeadlineFormSet
    extra = 0


@admin.register(Call)
class CallAdmin(OrganiserAdmin, TranslationAdmin):
    """Calls."""

    list_display = ("title", "programme", "kind")
    list_filter = (("programme", admin.RelatedOnlyFieldListFilter), "kind")
    search_fields = ("title_nl", "title_fr", "title_en")
    filter_horizontal = ("themes",)
    prepopulated_fields = {"slug": ("title_nl",)}
    inlines = (DeadlineInline,)

    def view_on_site(self, call: Call) -> str:
        """The page that visitors see."""
        return call.get_absolute_url()
