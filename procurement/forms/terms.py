"""What a call offers and asks: an amount, a share of the cost, a document."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clashes import SeenField
from procurement.models import Amount, Cofinancing, Document

# Groups of three digits, or none; then two decimals at most. So no text can be read in two ways,
# whatever a language writes between thousands and before decimals.
_AMOUNT = re.compile(
    r"([0-9]{1,3}(?:([.,' ])[0-9]{3}(?:\2[0-9]{3})*)?|[0-9]+)(?:([.,])([0-9]{1,2}))?"
)


class MoneyField(forms.Field):
    """An amount as people write it: "80.000", "80 000,50", "€ 1.000.000"."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": gettext_lazy("Write the amount in figures, such as 80.000 or 80.000,50."),
        "too_large": gettext_lazy("The amount is too large."),
        "not_positive": gettext_lazy("Fill in an amount above zero."),
    }

    def to_python(self, value: Any) -> Decimal | None:
        """Raises ValidationError for what is no amount above zero."""
        text = " ".join(str(value or "").replace("€", " ").split()).removesuffix(",-")
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if found is None or (found[2] and found[2] == found[3]):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        whole = re.sub("[^0-9]", "", found[1])
        if len(whole) > _MOST_DIGITS:
            raise ValidationError(self.error_messages["too_large"], code="too_large")
        amount = Decimal(f"{whole}.{found[4] or 0}")
        if not amount:
            raise ValidationError(self.error_messages["not_positive"], code="not_positive")
        return amount

    def prepare_value(self, value: Any) -> Any:
        """As the active language writes it; what could not be read stays as it was typed."""
        if not isinstance(value, Decimal):
            return value
        decimals = 0 if value == value.to_integral_value() else 2
        return number_format(value, decimals, use_l10n=True, force_grouping=True)


_MOST_DIGITS = 12

_LABELS = {
    "label_nl": gettext_lazy("For what or from whom, in Dutch"),
    "label_fr": gettext_lazy("For what or from whom, in French"),
    "label_en": gettext_lazy("For what or from whom, in English"),
    "group_nl": gettext_lazy("For whom, in Dutch"),
    "group_fr": gettext_lazy("For whom, in French"),
    "group_en": gettext_lazy("For whom, in English"),
}


class TermForm(forms.ModelForm):
    """One of what a call offers or asks; its labels start with a capital."""

    # Which sort it is, for the heading of its page.
    what: Any = ""
    seen = SeenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name) or capfirst(field.label or "")


class AmountForm(TermForm):
    """A sum of money, on its own or as a part of another."""

    what = gettext_lazy("Amount")
    value = MoneyField(label=gettext_lazy("Amount"), help_text=gettext_lazy("Such as 80.000."))

    class Meta:
        model = Amount
        fields = (
            "kind", "value", "currency", "is_indicative", "is_part",
            "label_nl", "label_fr", "label_en",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A part needs the whole it is a part of."""
        cleaned = super().clean() or self.cleaned_data
        wholes = Amount.objects.filter(
            call=self.instance.call_id, kind=cleaned.get("kind") or "", is_part=False
        )
        if cleaned.get("is_part") and not wholes.exclude(pk=self.instance.pk).exists():
            self.add_error("is_part", _("Add the whole amount first: there is none of this kind."))
        return cleaned


class CofinancingForm(TermForm):
    """A share of the cost."""

    what = gettext_lazy("Share of the cost")

    class Meta:
        model = Cofinancing
        fields = ("kind", "percentage", "is_indicative", "group_nl", "group_fr", "group_en")


class DocumentForm(TermForm):
    """A template, guide or rule, at its official address."""

    what = gettext_lazy("Document")

    class Meta:
        model = Document
        fields = ("title", "url", "language", "version")


TERMS: dict[str, type[TermForm]] = {
    "amounts": AmountForm,
    "cofinancing": CofinancingForm,
    "documents": DocumentForm,
}
"""The form of each sort, by the name under which a call has them."""
