"""A date of a call, and a pasted list of them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clashes import SeenField
from moments.edges import Closing
from moments.forms import ClosingField, WallClockField
from moments.local import YEARS, UnknownZone, read_zone
from procurement.models import Deadline
from procurement.pasting import MOST_CHARACTERS
from procurement.phrases import Ambiguous, Unreadable, read

# What `changing.save_deadline` wants a reason for, where the public knows the date.
_DATE_FIELDS = {"kind", "time_zone", "closing", "is_cancelled", "is_confirmed"}


class DeadlineForm(forms.ModelForm):
    """A deadline, entered as an organiser says it, or in the words of its source."""

    closing = ClosingField(label=gettext_lazy("Date"), required=False)
    is_cancelled = forms.BooleanField(
        label=gettext_lazy("is cancelled"),
        required=False,
        help_text=gettext_lazy("It stays in calendars, struck through."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why the date changes"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Followers read it, and it stays in the history."),
    )

    class Meta:
        model = Deadline
        # The zone first: the closing is meant in it.
        fields: Any = (
            "kind",
            "time_zone",
            "opens_at",
            "is_mandatory",
            "requires",
            "intake_working_days",
            "is_confirmed",
            "source_phrase",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps: Any = self.fields["requires"]
        siblings = Deadline.objects.filter(call=self.instance.call_id)
        steps.queryset = siblings.exclude(pk=self.instance.pk).select_related("call")
        if self.instance.pk:
            self.initial["closing"] = self.instance.closing
            self.initial["is_cancelled"] = self.instance.cancelled_at is not None

    def clean_time_zone(self) -> str:
        """Have the moments read in this zone."""
        key: str = self.cleaned_data["time_zone"]
        try:
            for name in ("closing", "opens_at"):
                field: Any = self.fields[name]
                field.zone = read_zone(key)
        except UnknownZone as refusal:
            raise ValidationError(str(refusal)) from refusal
        return key

    def clean(self) -> dict[str, Any]:
        """Put the closing where it is kept; ask why a known date changes."""
        cleaned = super().clean() or self.cleaned_data
        closing: Closing | None = cleaned.get("closing") or self._read_phrase(cleaned)
        if closing is None:
            return cleaned
        self.instance.edge = closing.edge
        self.instance.closes_at = closing.closes_at
        self.instance.is_hour_stated = closing.hour_is_stated
        opens_at = cleaned.get("opens_at")
        if opens_at is not None and opens_at >= closing.closes_at:
            self.add_error("opens_at", _("One cannot submit before the date is past."))
        if cleaned.get("intake_working_days") == 0:
            self.add_error("intake_working_days", _("Leave this empty, or fill in 1 or more."))
        self._ask_reason(cleaned)
        return cleaned

    def _read_phrase(self, cleaned: dict[str, Any]) -> Closing | None:
        """The moment in the words of the source, where no date was filled in."""
        if "closing" in self.errors:
            return None
        closing: Any = self.fields["closing"]
        try:
            return read(cleaned.get("source_phrase") or "", zone=closing.zone)
        except Ambiguous as doubt:
            readings = ", ".join(f"“{reading.wording()}”" for reading in doubt.readings)
            self.add_error("closing", f"{doubt} {readings}".strip())
        except Unreadable:
            self.add_error("closing", _("Fill in the date."))
        return None

    def _ask_reason(self, cleaned: dict[str, Any]) -> None:
        if not self.instance.pk or cleaned.get("reason"):
            return
        stored = Deadline.objects.select_related("call").get(pk=self.instance.pk)
        is_moved = _DATE_FIELDS & set(self.changed_data)
        if is_moved and not stored.call.is_draft:
            self.add_error("reason", _("Say why the date changes: followers read it."))


class WorkspaceDeadlineForm(DeadlineForm):
    """A deadline in the workspace, with what came of it, and whether followers hear of it."""

    opens_at = WallClockField(
        label=gettext_lazy("Opens at"),
        required=False,
        help_text=gettext_lazy(
            "From when one can submit, on the clocks of the time zone above. "
            "Empty: at once, or not known."
        ),
    )
    seen = SeenField()
    tell = forms.BooleanField(
        label=gettext_lazy("Mail the followers of this call"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Only where the public knows the call and the date changes."),
    )

    class Meta(DeadlineForm.Meta):
        fields: Any = (*DeadlineForm.Meta.fields, "outcome_nl", "outcome_fr", "outcome_en")
        labels = {
            "outcome_nl": gettext_lazy("What came of it, in Dutch"),
            "outcome_fr": gettext_lazy("What came of it, in French"),
            "outcome_en": gettext_lazy("What came of it, in English"),
        }

    # The zone before the closing, as above.
    field_order = (
        "kind", "source_phrase", "time_zone", "closing", "is_confirmed", "opens_at",
        "is_mandatory", "requires", "intake_working_days", "outcome_nl", "outcome_fr",
        "outcome_en", "is_cancelled", "reason", "tell",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)
        opens_at: Any = self.fields["opens_at"]
        opens_at.zone = self.instance.zone
        # By its UID: a number too large for the database would not be refused but fail.
        steps: Any = self.fields["requires"]
        steps.to_field_name, steps.empty_label = "uid", "–"
        self.initial["requires"] = self.instance.requires
        if not self.instance.pk:
            del self.fields["is_cancelled"], self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        """Refuse the same step at the same moment twice."""
        cleaned = super().clean()
        kind, closes_at = cleaned.get("kind"), self.instance.closes_at
        same = Deadline.objects.filter(
            call=self.instance.call_id, kind=kind or "", closes_at=closes_at
        )
        if closes_at is not None and same.exclude(pk=self.instance.pk).exists():
            self.add_error("closing", _("The same step stands here twice at the same moment."))
        return cleaned


class PasteForm(forms.Form):
    """A list of dates as it stands in a mail or on a page."""

    text = forms.CharField(
        label=gettext_lazy("Dates, one a line"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea({"rows": 8}),
        help_text=gettext_lazy(
            "For example: “Indienen vóór 20 juni 2023 om 12:00 uur”. Name the step on the line: "
            "intakegesprek, vooraanmelding, indienen or beslissing."
        ),
    )
    year = forms.IntegerField(
        label=gettext_lazy("Year, for lines that name none"),
        required=False,
        min_value=YEARS.start,
        max_value=YEARS.stop - 1,
    )
