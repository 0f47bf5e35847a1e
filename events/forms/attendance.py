"""What whoever takes attendance fills in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_one_line
from events.attendance import Mark, hows
from events.forms.registering import AddressField
from events.models import Presence, Session


class HowForm(forms.Form):
    """A form that asks how somebody took part, where the session leaves a choice."""

    how = forms.ChoiceField(
        label=_("How they took part"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose one of these.")},
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hows = hows(session)
        if len(self.hows) == 1:
            del self.fields["how"]
        else:
            field: Any = self.fields["how"]
            field.choices = [(how.value, how.label) for how in self.hows]
            field.initial = self.hows[0]

    def chosen_how(self) -> str:
        """What was chosen, else the usual one."""
        return self.cleaned_data.get("how") or self.hows[0].value


class WalkInForm(HowForm):
    """Somebody who came without registering, in two fields."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in a name.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "words"}),
    )
    email = AddressField(
        label=_("E-mail address"),
        error_messages={"required": _("Fill in an e-mail address.")},
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    field_order = ("name", "email", "how")


class PresenceForm(HowForm):
    """What became of somebody, put right by hand."""

    NOT_MARKED = "none"

    state = forms.ChoiceField(
        label=_("Presence"),
        choices=[*Presence.State.choices, (NOT_MARKED, _("not marked"))],
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose one of these.")},
    )
    field_order = ("state", "how")

    def mark(self) -> Mark:
        """The mark that was chosen."""
        state = self.cleaned_data["state"]
        if state == self.NOT_MARKED:
            return Mark()
        return Mark(state, self.chosen_how() if state in Presence.THERE else "")
