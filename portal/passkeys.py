"""The forms of django-allauth about passkeys, with a label where it has none to translate."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """A new passkey or security key."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        help_text=_("By which you know it, such as the phone it is on."),
    )


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc] # as above
    """Another name for one."""

    name = forms.CharField(label=_("Name"), max_length=100)
