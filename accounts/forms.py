"""Forms about organisations, for administrators, and about how long a programme keeps names."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import directory
from accounts.documents import Refused
from accounts.fields import DateInput
from accounts.models import (
    CharterSignature,
    GovernmentLevel,
    Organisation,
    OrganisationDomain,
    OrganisationKind,
    OrganisationRelation,
    Programme,
    Role,
)
from accounts.names import validate_mail_domain, validate_one_line
from accounts.pictures import ACCEPTED, Logo, read_logo

MOST_LINES = 200
SLUG_LENGTH = 70


def _lines(text: str) -> list[str]:
    """What stands on each line, once, without empty ones."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


class OrganisationForm(forms.ModelForm):
    """An organisation with its names, its mail domains and its signature under the charter."""

    aliases = forms.CharField(
        label=gettext_lazy("Other names"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("One a line: how people also write it, former names too."),
    )
    domains = forms.CharField(
        label=gettext_lazy("Mail domains"),
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line, such as organisation.be; what lies below it belongs to it too."
        ),
    )
    has_signed = forms.BooleanField(
        label=gettext_lazy("Signed the charter for responsible use of AI"), required=False
    )
    signed_date = forms.DateField(
        label=gettext_lazy("Signed on"), required=False, widget=DateInput()
    )
    withdrawn_date = forms.DateField(
        label=gettext_lazy("Withdrawn on"), required=False, widget=DateInput()
    )

    class Meta:
        model = Organisation
        fields = (
            "name_nl", "name_fr", "name_en", "abbreviation_nl", "abbreviation_fr",
            "abbreviation_en", "kind", "level", "parent",
        )  # fmt: skip
        labels = {
            "name_nl": gettext_lazy("Name in Dutch"),
            "name_fr": gettext_lazy("Name in French"),
            "name_en": gettext_lazy("Name in English"),
            "abbreviation_nl": gettext_lazy("Abbreviation in Dutch"),
            "abbreviation_fr": gettext_lazy("Abbreviation in French"),
            "abbreviation_en": gettext_lazy("Abbreviation in English"),
            "kind": gettext_lazy("Kind"),
            "level": gettext_lazy("Level of government"),
            "parent": gettext_lazy("Part of"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.queryset = directory.in_order().exclude(pk=self.instance.pk)
        parent.empty_label = "–"
        self.signature: CharterSignature | None = None
        if self.instance.pk:
            self.initial["aliases"] = _text(self.instance.aliases.values_list("name", flat=True))
            self.initial["domains"] = _text(self.instance.domains.values_list("domain", flat=True))
            self.signature = self.instance.charter_signatures.order_by("pk").last()
        if self.signature is not None:
            self.initial["has_signed"] = True
            self.initial["signed_date"] = self.signature.signed_date
            self.initial["withdrawn_date"] = self.signature.withdrawn_date

    def clean_aliases(self) -> list[str]:
        """Each line is a name."""
        lines = _lines(self.cleaned_data["aliases"])
        for line in lines:
            validate_one_line(line)
            if len(line) > 200:
                raise ValidationError(_("“%(start)s…” is too long.") % {"start": line[:40]})
        if len(lines) > MOST_LINES:
            raise ValidationError(_("That is too many lines."))
        return lines

    def clean_domains(self) -> list[str]:
        """Each line is a domain of this organisation alone."""
        lines = [line.lower().removeprefix("@") for line in _lines(self.cleaned_data["domains"])]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("That is too many lines."))
        for line in lines:
            try:
                validate_mail_domain(line)
            except ValidationError as refusal:
                raise ValidationError(f"“{line[:100]}”: {refusal.messages[0]}") from refusal
        others = OrganisationDomain.objects.filter(domain__in=lines)
        if self.instance.pk:
            others = others.exclude(organisation=self.instance)
        taken = others.select_related("organisation").first()
        if taken is not None:
            raise ValidationError(
                _("%(domain)s already belongs to %(organisation)s.")
                % {"domain": taken.domain, "organisation": taken.organisation}
            )
        return list(dict.fromkeys(lines))

    def clean(self) -> dict[str, Any]:
        """Refuse dates of the charter that contradict each other."""
        cleaned = super().clean() or self.cleaned_data
        signed, withdrawn = cleaned.get("signed_date"), cleaned.get("withdrawn_date")
        if (signed or withdrawn) and not cleaned.get("has_signed"):
            self.add_error("has_signed", _("There is a date, so say that the charter was signed."))
        if signed and withdrawn and withdrawn < signed:
            self.add_error("withdrawn_date", _("It was withdrawn before it was signed."))
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> Organisation:
        """Save with all that belongs to it, and make it findable under its names of now."""
        organisation: Organisation = super().save(commit=False)
        if not organisation.slug:
            organisation.slug = _free_slug(organisation.name)
        organisation.save()
        aliases, domains = self.cleaned_data["aliases"], self.cleaned_data["domains"]
        organisation.aliases.exclude(name__in=aliases).delete()
        organisation.domains.exclude(domain__in=domains).delete()
        for name in aliases:
            organisation.aliases.get_or_create(name=name)
        for domain in domains:
            organisation.domains.get_or_create(domain=domain)
        self._save_signature(organisation)
        directory.index_names(organisation)
        return organisation

    def _save_signature(self, organisation: Organisation) -> None:
        """Keep the signature; one after a withdrawal is another one."""
        signature = self.signature
        if not self.cleaned_data["has_signed"]:
            if signature is not None:
                signature.delete()
            return
        signed, withdrawn = self.cleaned_data["signed_date"], self.cleaned_data["withdrawn_date"]
        is_anew = (
            signature is not None
            and signature.withdrawn_date is not None
            and signed is not None
            and signed >= signature.withdrawn_date
        )
        if signature is None or is_anew:
            signature = CharterSignature(organisation=organisation)
        signature.signed_date, signature.withdrawn_date = signed, withdrawn
        signature.save()


def _text(lines: Any) -> str:
    return "\n".join(sorted(lines))


def _free_slug(name: str) -> str:
    """A short address that no organisation has."""
    wanted = slugify(name)[:SLUG_LENGTH].strip("-") or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


class RelationForm(forms.ModelForm):
    """What an organisation is to another, and since when."""

    class Meta:
        model = OrganisationRelation
        fields = ("kind", "other", "started_date", "ended_date")
        labels = {
            "kind": gettext_lazy("Relation"),
            "other": gettext_lazy("Other organisation"),
            "started_date": gettext_lazy("From"),
            "ended_date": gettext_lazy("Until"),
        }
        widgets = {"started_date": DateInput(), "ended_date": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        other: Any = self.fields["other"]
        other.queryset = directory.in_order().exclude(pk=self.instance.organisation_id)

    def clean(self) -> dict[str, Any]:
        """Refuse what ends before it starts, and what is there already."""
        cleaned = super().clean() or self.cleaned_data
        started, ended = cleaned.get("started_date"), cleaned.get("ended_date")
        if started and ended and ended < started:
            self.add_error("ended_date", _("It ends before it starts."))
        is_known = self.instance.organisation.relations.filter(
            kind=cleaned.get("kind") or "", other=cleaned.get("other"), started_date=started
        )
        if is_known.exclude(pk=self.instance.pk).exists():
            self.add_error("other", _("This relation is there already."))
        return cleaned


class EndOfRelationForm(forms.ModelForm):
    """Until when a relation holds."""

    class Meta:
        model = OrganisationRelation
        fields = ("ended_date",)
        labels = {"ended_date": gettext_lazy("Until")}
        widgets = {"ended_date": DateInput()}

    def clean_ended_date(self) -> Any:
        """Refuse an end before the start."""
        ended, started = self.cleaned_data["ended_date"], self.instance.started_date
        if started and ended and ended < started:
            raise ValidationError(_("It ends before it starts."))
        return ended


class MergeForm(forms.Form):
    """The second gesture before a merge."""

    is_sure = forms.BooleanField(
        label=gettext_lazy("I have compared both: they are the same organisation."),
        error_messages={
            "required": gettext_lazy("Compare both organisations, then tick that you did.")
        },
    )


class DirectoryFilter(forms.Form):
    """What the list of organisations is narrowed to; anything else narrows nothing."""

    q = forms.CharField(label=gettext_lazy("Search by name"), required=False, max_length=200)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *OrganisationKind.choices],
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Level of government"),
        required=False,
        choices=[("", gettext_lazy("All levels")), *GovernmentLevel.choices],
    )


class ProgrammeForm(forms.ModelForm):
    """What a programme says of itself, and the languages in which it publishes."""

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages in which all is published"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple(),
        required=False,
        help_text=gettext_lazy(
            "A session or call cannot be published while one of its texts lacks such a language."
        ),
    )

    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy(
            "PNG, JPEG or WebP, 2 MB at most. It stands at the head of the pages of its sessions"
            " and calls, at most 180 pixels wide and 48 high, always on white."
        ),
        widget=forms.FileInput({"class": "au-c-input", "accept": ACCEPTED}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)

    class Meta:
        model = Programme
        fields = (
            *(f"name_{code}" for code, _own in settings.LANGUAGES),
            *(f"full_name_{code}" for code, _own in settings.LANGUAGES),
            "contact_name",
            "contact_email",
            "website",
            "colour",
            "logo",
            "remove_logo",
            "languages",
        )
        labels = {
            "name_nl": gettext_lazy("Name in Dutch"),
            "name_fr": gettext_lazy("Name in French"),
            "name_en": gettext_lazy("Name in English"),
            "full_name_nl": gettext_lazy("Full name in Dutch"),
            "full_name_fr": gettext_lazy("Full name in French"),
            "full_name_en": gettext_lazy("Full name in English"),
        }

    def clean_colour(self) -> str:
        """Upper case is the same colour."""
        colour: str = self.cleaned_data["colour"]
        return colour.lower()

    def clean_logo(self) -> Logo | None:
        """The logo as it is kept; None where none was sent."""
        sent = self.cleaned_data["logo"]
        if not sent:
            return None
        try:
            return read_logo(sent)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal

    def new_logo(self) -> Logo | None:
        """What becomes of the logo; None: it stays as it was."""
        if self.cleaned_data["logo"] is None and self.cleaned_data["remove_logo"]:
            return Logo()
        kept: Logo | None = self.cleaned_data["logo"]
        return kept

    @property
    def changed_fields(self) -> list[str]:
        """The columns that were changed."""
        return [name for name in self.changed_data if name not in {"logo", "remove_logo"}]


class RetentionForm(forms.ModelForm):
    """How long a programme keeps names, and on which rule that rests."""

    class Meta:
        model = Programme
        fields = ("retention_days", "selection_rule")


class TrajectoryRetentionForm(forms.ModelForm):
    """How long trajectories to a programme's calls are kept, and on which rule that rests."""

    class Meta:
        model = Programme
        fields = ("trajectory_retention_days", "trajectory_selection_rule")


class RoleForm(forms.Form):
    """Which role somebody gets, each with what it means."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=lambda: [
            (role.value, f"{role.label.capitalize()}: {role.meaning}") for role in Role
        ],
        widget=forms.RadioSelect(),
        error_messages={"required": gettext_lazy("Choose a role.")},
    )

    def clean_role(self) -> Role:
        """The role itself."""
        return Role(self.cleaned_data["role"])


class InviteForm(RoleForm):
    """Whom to invite, in which language, to do what."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy(
            "They accept by signing in with this address; an account is made then, if need be."
        ),
        error_messages={
            "required": gettext_lazy("Fill in the e-mail address of whom you invite."),
            "invalid": gettext_lazy("Fill in an e-mail address such as name@organisation.be."),
        },
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the invitation"), choices=settings.LANGUAGES
    )
    field_order = ("email", "role", "language")
