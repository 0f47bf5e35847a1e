"""The registration form."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.names import normal_address, validate_one_line
from events.models import ConsentText
from events.registering import Applicant, UnusableAddress, refuse_unusable


def new_form_token() -> str:
    """A random mark by which the same form sent twice is known."""
    return secrets.token_urlsafe(12)


class RegistrationForm(forms.Form):
    """Four questions, the language of the mails, and what somebody may agree to."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in your name.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send your confirmation and the link to this address."),
        error_messages={
            "required": _("Fill in your e-mail address."),
            "invalid": _("Fill in an e-mail address such as name@organisation.be."),
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    organisation_name = forms.CharField(
        label=_("Your organisation"),
        max_length=200,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in the organisation you work for.")},
        widget=forms.TextInput({"autocomplete": "organization", "data-suggestions": ""}),
    )
    job_title = forms.CharField(
        label=_("Your job title"),
        max_length=150,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"autocomplete": "organization-title"}),
    )
    language = forms.ChoiceField(
        label=_("Language of our e-mails"), choices=settings.LANGUAGES, widget=forms.Select()
    )
    form_token = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput())

    def __init__(self, *args: Any, consent_texts: list[ConsentText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consent_texts = consent_texts
        for consent_text in consent_texts:
            self.fields[self._consent_name(consent_text)] = forms.BooleanField(
                label=consent_text.text, required=False
            )

    def clean_email(self) -> str:
        """Keep the address in its normal form; refuse what no invitation can name."""
        try:
            refuse_unusable(self.cleaned_data["email"])
        except UnusableAddress as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return normal_address(self.cleaned_data["email"])

    def applicant(self) -> Applicant:
        """What was filled in, once it is valid."""
        answers = self.cleaned_data
        return Applicant(
            name=answers["name"],
            email=answers["email"],
            organisation_name=answers["organisation_name"],
            job_title=answers["job_title"],
            language=answers["language"],
            form_token=answers["form_token"],
            consent_texts=[
                consent_text
                for consent_text in self.consent_texts
                if answers[self._consent_name(consent_text)]
            ],
        )

    @staticmethod
    def _consent_name(consent_text: ConsentText) -> str:
        return f"consent_{consent_text.code}"


class LinksForm(forms.Form):
    """Asking for the links to one's registrations."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        error_messages={
            "required": _("Fill in your e-mail address."),
            "invalid": _("Fill in an e-mail address such as name@organisation.be."),
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
