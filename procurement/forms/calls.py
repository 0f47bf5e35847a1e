"""What a call says, offers and asks; its status and its next round."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import directory
from accounts.clashes import SeenField
from accounts.fields import DateInput, LinesField
from accounts.models import Organisation, Programme, User
from moments.local import validate_year
from procurement.models import Call, Eligibility

_LANGUAGES = {
    "nl": gettext_lazy("%(field)s in Dutch"),
    "fr": gettext_lazy("%(field)s in French"),
    "en": gettext_lazy("%(field)s in English"),
}
_TEXTS = ("title", "summary", "body", "target_group", "excluded_group", "how_to_submit")
_ROWS = {"summary": 3, "body": 10, "how_to_submit": 5}
_SLUG_LENGTH = 70


class CallTextsForm(forms.ModelForm):
    """What visitors read about a call, in each language, and who may submit."""

    organiser_names = LinesField(
        label=gettext_lazy("Organisers"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Organisations of the directory, one a line."),
    )
    may_submit = forms.MultipleChoiceField(
        label=gettext_lazy("Who may submit"),
        required=False,
        choices=Eligibility.Group.choices,
        widget=forms.CheckboxSelectMultiple(),
    )
    may_not_submit = forms.MultipleChoiceField(
        label=gettext_lazy("Who may not submit"),
        required=False,
        choices=Eligibility.Group.choices,
        widget=forms.CheckboxSelectMultiple(),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it changes"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("It stays in the history of the call."),
    )

    seen = SeenField()

    class Meta:
        model = Call
        fields = (
            *(f"{text}_{language}" for text in _TEXTS for language in ("nl", "fr", "en")),
            "kind", "application_language", "themes", "contact_name", "contact_email",
            "official_url", "source", "checked_date",
        )  # fmt: skip
        widgets = {
            "themes": forms.CheckboxSelectMultiple(),
            "checked_date": DateInput(),
            **{
                f"{text}_{language}": forms.Textarea({"rows": rows})
                for text, rows in _ROWS.items()
                for language in ("nl", "fr", "en")
            },
        }
        field_classes = {
            f"{text}_{language}": LinesField for text in _ROWS for language in ("nl", "fr", "en")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _label_of(name) or capfirst(field.label)
        self.fields["title_nl"].required = True
        # By what is no number: one too large for the database would not be refused but fail.
        themes: Any = self.fields["themes"]
        themes.to_field_name = "code"
        self.organisers: list[Organisation] = []
        if not self.instance.pk:
            del self.fields["reason"]
            return
        names = [str(one) for one in self.instance.organisers.order_by("pk")]
        self.initial["organiser_names"] = "\n".join(names)
        for row in self.instance.eligibilities.all():
            field_name = "may_submit" if row.may_submit else "may_not_submit"
            self.initial.setdefault(field_name, []).append(row.group)

    def sections(self) -> list[tuple[str, list[Any]]]:
        """The fields as the page shows them, below their titles."""
        titles = {
            _("In Dutch"): [f"{text}_nl" for text in _TEXTS],
            _("In French"): [f"{text}_fr" for text in _TEXTS],
            _("In English"): [f"{text}_en" for text in _TEXTS],
        }
        shown = {name for names in titles.values() for name in names}
        rest = [bound.name for bound in self.visible_fields() if bound.name not in shown]
        own = [name for name in rest if name in {"programme", "slug"}]
        titles = {_("What it is"): own, **titles} if own else titles
        titles[_("About the call")] = [name for name in rest if name not in own]
        return [(title, [self[name] for name in names]) for title, names in titles.items()]

    def clean_organiser_names(self) -> str:
        """Each line is an organisation of the directory."""
        text: str = self.cleaned_data["organiser_names"]
        names = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        for name in names[:20]:
            found = directory.find(name)
            if found is None:
                raise ValidationError(_unknown(name))
            self.organisers.append(found)
        if len(names) > 20:
            raise ValidationError(_("That is too many lines."))
        return text

    def clean(self) -> dict[str, Any]:
        """Refuse that a group both may and may not submit."""
        cleaned = super().clean() or self.cleaned_data
        if set(cleaned.get("may_submit", [])) & set(cleaned.get("may_not_submit", [])):
            self.add_error(
                "may_not_submit", _("The same group may and may not submit. Choose one.")
            )
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> Call:
        """Save the call with its organisers, and with who may submit."""
        call: Call = super().save(commit=commit)
        call.organisers.set(self.organisers)
        groups = dict.fromkeys(self.cleaned_data["may_submit"], True)
        groups |= dict.fromkeys(self.cleaned_data["may_not_submit"], False)
        known = {row.group: row.may_submit for row in call.eligibilities.all()}
        if groups != known:
            call.eligibilities.all().delete()
            Eligibility.objects.bulk_create(
                Eligibility(call=call, group=group, may_submit=may_submit)
                for group, may_submit in groups.items()
            )
        return call


def _label_of(name: str) -> str:
    """What a text is called, with its language; empty for what is no text in a language."""
    text, _underscore, language = name.rpartition("_")
    if text not in _TEXTS:
        return ""
    field: Any = Call._meta.get_field(text)
    label = str(field.verbose_name)
    return str(_LANGUAGES[language]) % {"field": capfirst(label)}


def _unknown(name: str) -> str:
    near = directory.suggest(name)[:3] or directory.alike([name])[name]
    shown = name[:60]
    if not near:
        return _("The directory does not know “%(name)s”.") % {"name": shown}
    return _("The directory does not know “%(name)s”. Do you mean %(names)s?") % {
        "name": shown,
        "names": ", ".join(f"“{one}”" for one in near),
    }


class NewCallForm(CallTextsForm):
    """A new call, of one of one's own programmes."""

    class Meta(CallTextsForm.Meta):
        fields = ("programme", "slug", *CallTextsForm.Meta.fields)

    def __init__(self, *args: Any, organiser: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programme: Any = self.fields["programme"]
        programme.queryset = Programme.objects.managed_by(organiser)
        programme.to_field_name = "slug"
        if programme.queryset.count() == 1:
            self.initial["programme"] = programme.queryset.get()
        slug = self.fields["slug"]
        slug.required = False
        slug.help_text = _("Empty: made from the title in Dutch. It does not change afterwards.")

    def clean(self) -> dict[str, Any]:
        """Make a short address where none was given."""
        cleaned = super().clean()
        if not cleaned.get("slug") and "slug" not in self.errors:
            cleaned["slug"] = free_slug(cleaned.get("title_nl") or "")
        return cleaned


def free_slug(title: str) -> str:
    """A short address, made from a title, that no call has."""
    wanted = slugify(title)[:_SLUG_LENGTH].strip("-") or "oproep"
    taken = set(Call.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


class StatusForm(forms.Form):
    """Why a call is published, suspended or cancelled, and whether its followers hear of it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Followers read it, and it stays in the history."),
        error_messages={"required": gettext_lazy("Say why: followers read it.")},
    )
    tell = forms.BooleanField(
        label=gettext_lazy("Mail the followers of this call"), required=False, initial=True
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class CloneForm(forms.Form):
    """What the next round is called, and its submission deadline where that is known."""

    title = forms.CharField(label=gettext_lazy("Title in Dutch"), max_length=200)
    submission_date = forms.DateField(
        label=gettext_lazy("Day of the next submission deadline"),
        required=False,
        widget=DateInput(),
        validators=[validate_year],
        help_text=gettext_lazy(
            "All steps of the latest round move along with it, still to be confirmed. "
            "Empty: the copy gets no dates."
        ),
    )

    def clean_title(self) -> str:
        """One line, as the title of a call is."""
        title: str = self.cleaned_data["title"]
        Call._meta.get_field("title").run_validators(title)
        return title
