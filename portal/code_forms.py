"""The forms of django-allauth for a code from a mail, which tell of tries that it keeps silent on.

For an address without an account no code is right, and allauth has no signal for it. The page is
the same, whatever is written down.
"""

from typing import Any

from allauth.account.forms import ConfirmEmailVerificationCodeForm, ConfirmLoginCodeForm
from allauth.core import context as allauth_context
from django import forms

from portal.sign_in_log import note_code_without_account


class LoginCodeForm(ConfirmLoginCodeForm):  # type: ignore[misc] # allauth has no types
    """The code to sign in with; none is expected where there is no account."""

    def clean_code(self) -> Any:
        """As allauth's."""
        if not self.expected_code:
            note_code_without_account(allauth_context.request)
        return super().clean_code()


class AddressCodeForm(ConfirmEmailVerificationCodeForm):  # type: ignore[misc] # as above
    """The code that proves an address; nobody's is asked where somebody else has the address."""

    def clean_code(self) -> Any:
        """As allauth's."""
        try:
            return super().clean_code()
        except forms.ValidationError:
            if self.user is None:
                note_code_without_account(allauth_context.request)
            raise
