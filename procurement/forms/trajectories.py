"""Trajectories: what they are about, who works on them, the charter, the board."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clashes import SeenField
from accounts.fields import DateInput, LinesField
from accounts.models import User
from accounts.names import normal_address, validate_one_line
from moments.local import validate_year
from procurement.charter import PRINCIPLES, Principle
from procurement.models import (
    Call,
    CharterAnswer,
    Deadline,
    Stage,
    Trajectory,
    TrajectoryNote,
)


class TrajectoryForm(forms.ModelForm):
    """What a trajectory is about, and for which call and deadline it is."""

    target = forms.ChoiceField(label=gettext_lazy("For which call"), required=False)
    seen = SeenField()

    class Meta:
        model = Trajectory
        fields = ("title", "problem", "organisation_name", "buys_ai")
        labels = {
            "title": gettext_lazy("Title"),
            "problem": gettext_lazy("Problem"),
            "organisation_name": gettext_lazy("Organisation"),
            "buys_ai": gettext_lazy("This project buys or uses AI"),
        }
        widgets = {
            "problem": forms.Textarea({"rows": 6}),
            "organisation_name": forms.TextInput({"autocomplete": "organization"}),
        }
        field_classes = {"problem": LinesField}

    def __init__(self, *args: Any, now: datetime, aimed_at: str = "", **kwargs: Any) -> None:
        """`aimed_at` is the slug of the call that a new one is for."""
        super().__init__(*args, **kwargs)
        instance: Trajectory = self.instance
        self.targets: dict[str, tuple[Call, Deadline | None]] = {}
        coming = Deadline.objects.for_pages().coming(now)
        for deadline in coming.filter(kind=Deadline.Kind.SUBMISSION):
            self.targets[f"deadline:{deadline.uid}"] = (deadline.call, deadline)
        for call in Call.objects.filter(status=Call.Status.PUBLISHED).order_by("title", "pk"):
            self.targets[f"call:{call.slug}"] = (call, None)
        if instance.deadline is not None and instance.call is not None:
            own = f"deadline:{instance.deadline.uid}"
        else:
            own = f"call:{instance.call.slug}" if instance.call is not None else ""
        if instance.pk is None:
            # Its next deadline comes before the call itself.
            own = next(
                (key for key, (call, _) in self.targets.items() if call.slug == aimed_at), ""
            )
        # What was chosen before stays possible, also when it is past or suspended.
        if instance.call is not None:
            self.targets.setdefault(own, (instance.call, instance.deadline))
        self.initial["target"] = own
        target: Any = self.fields["target"]
        target.choices = [
            ("", _("Not decided yet")),
            *(
                (key, _target_label(call, deadline))
                for key, (call, deadline) in self.targets.items()
            ),
        ]

    def clean_target(self) -> str:
        """What is submitted stays submitted to a call."""
        target: str = self.cleaned_data["target"]
        if not target and self.instance.is_submitted:
            raise ValidationError(_("It is submitted: say to which call, or take it back first."))
        return target

    def clean(self) -> dict[str, Any]:
        """Put the target where it is kept."""
        cleaned = super().clean() or self.cleaned_data
        call, deadline = self.targets.get(cleaned.get("target") or "", (None, None))
        self.instance.call, self.instance.deadline = call, deadline
        return cleaned


def _target_label(call: Call, deadline: Deadline | None) -> str:
    if deadline is None:
        return _("%(call)s – without a deadline") % {"call": call.title}
    return f"{call.title} – {deadline.closing.wording()}"


class MemberForm(forms.Form):
    """A colleague to name, by the address with which they will sign in."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address of your colleague"),
        max_length=254,
        error_messages={
            "required": gettext_lazy("Fill in your colleague's e-mail address."),
            "invalid": gettext_lazy("Fill in an e-mail address such as name@organisation.be."),
        },
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=150)

    def clean_email(self) -> str:
        """Keep the address in its normal form."""
        return normal_address(self.cleaned_data["email"])

    def clean_name(self) -> str:
        """One line."""
        name: str = self.cleaned_data["name"]
        validate_one_line(name)
        return name


class NoteForm(forms.ModelForm):
    """A note."""

    class Meta:
        model = TrajectoryNote
        fields = ("text",)
        labels = {"text": gettext_lazy("New note")}
        widgets = {"text": forms.Textarea({"rows": 3})}


class AttachmentForm(forms.Form):
    """A document to attach; what it may be is `attaching`'s to say."""

    file = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy(
            "PDF, OpenDocument or Office file without macros, PNG or JPEG; 10 MB at most."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
        allow_empty_file=True,
    )


class StageForm(forms.Form):
    """How far a trajectory is."""

    stage = forms.ChoiceField(label=gettext_lazy("Stage"))

    def __init__(self, *args: Any, stages: list[Stage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["stage"]
        field.choices = [(one.value, capfirst(one.label)) for one in stages]


class CharterForm(forms.Form):
    """What the project answers to each principle, who sees to it and by when.

    One form, so that what two colleagues answer at once is compared as a whole.
    """

    seen = SeenField()

    def __init__(self, *args: Any, trajectory: Trajectory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trajectory = trajectory
        self.known = {row.principle: row for row in trajectory.charter_answers.all()}
        for principle in PRINCIPLES:
            row = self.known.get(principle.code, CharterAnswer())
            for name, field in _charter_fields().items():
                self.fields[f"{principle.code}-{name}"] = field
                self.initial[f"{principle.code}-{name}"] = getattr(row, name)

    def sections(self) -> list[tuple[Principle, list[forms.BoundField]]]:
        """Each principle with its fields."""
        return [
            (one, [self[f"{one.code}-{name}"] for name in _charter_fields()]) for one in PRINCIPLES
        ]

    def label_of(self, name: str) -> str:
        """The label of a field with the principle it belongs to."""
        code, _dash, _field = name.rpartition("-")
        principle = next(one for one in PRINCIPLES if one.code == code)
        return f"{principle.number}. {principle.title} – {self[name].label}"

    def save(self) -> None:
        """Keep the answers that changed."""
        changed = {name.rpartition("-")[0] for name in self.changed_data}
        for principle in PRINCIPLES:
            if principle.code in changed:
                row = self.known.get(principle.code) or CharterAnswer(
                    trajectory=self.trajectory, principle=principle.code
                )
                for name in _charter_fields():
                    setattr(row, name, self.cleaned_data[f"{principle.code}-{name}"])
                row.save()


def _charter_fields() -> dict[str, forms.Field]:
    """The fields of one answer, by the names of the model's."""
    return {
        "verdict": forms.ChoiceField(
            label=_("How far is it?"),
            choices=[(value, capfirst(label)) for value, label in CharterAnswer.Verdict.choices],
        ),
        "answer": LinesField(
            label=_("Answer"),
            required=False,
            max_length=3000,
            widget=forms.Textarea({"rows": 4}),
        ),
        "responsible": forms.CharField(
            label=_("Who sees to it"),
            required=False,
            max_length=150,
            validators=[validate_one_line],
        ),
        "due_date": forms.DateField(
            label=_("By when"), required=False, widget=DateInput(), validators=[validate_year]
        ),
    }


class BoardFilter(forms.Form):
    """Of which call one wants to see the trajectories; anything else narrows nothing."""

    call = forms.ModelChoiceField(
        Call.objects.none(),
        label=gettext_lazy("Call"),
        required=False,
        to_field_name="slug",
        empty_label=gettext_lazy("All calls"),
    )

    def __init__(self, *args: Any, organiser: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        call: Any = self.fields["call"]
        call.queryset = Call.objects.managed_by(organiser).order_by("title", "pk")
