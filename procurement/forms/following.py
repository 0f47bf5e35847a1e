"""Following calls by e-mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Theme
from accounts.names import is_storable, normal_address
from procurement.following import Wish
from procurement.models import OFFSETS, Call

EVERYTHING = "all"


def _offset_choices() -> list[tuple[str, str]]:
    return [
        (str(days), ngettext("%(days)d day ahead", "%(days)d days ahead", days) % {"days": days})
        for days in OFFSETS
    ]


class OffsetsForm(forms.Form):
    """When reminders come; none is a choice too."""

    offsets = forms.MultipleChoiceField(
        label=gettext_lazy("When do we remind you?"),
        required=False,
        choices=_offset_choices,
        widget=forms.CheckboxSelectMultiple(),
        help_text=gettext_lazy("At 8:00 in the morning. A changed date we always mail at once."),
    )

    def clean_offsets(self) -> frozenset[int]:
        """The days as numbers."""
        return frozenset(int(days) for days in self.cleaned_data["offsets"])


class FollowForm(OffsetsForm):
    """What to follow, at which address, in which language."""

    field_order = ("email", "subject", "offsets", "language")

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        error_messages={
            "required": gettext_lazy("Fill in your e-mail address."),
            "invalid": gettext_lazy("Fill in an e-mail address such as name@organisation.be."),
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    subject = forms.ChoiceField(label=gettext_lazy("What do you want to follow?"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of our e-mails"), choices=settings.LANGUAGES
    )

    def __init__(self, *args: Any, call: Call | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.themes = {f"theme:{theme.code}": theme for theme in Theme.objects.all()}
        self.calls = {} if call is None else {f"call:{call.slug}": call}
        choices: Any = self.fields["subject"]
        choices.choices = [
            *((key, one.title) for key, one in self.calls.items()),
            (EVERYTHING, _("All calls")),
            *(
                (key, _("Theme: %(theme)s") % {"theme": theme.short_title})
                for key, theme in self.themes.items()
            ),
        ]

    def clean_email(self) -> str:
        """Keep the address in its normal form."""
        return normal_address(self.cleaned_data["email"])

    def wish(self) -> Wish:
        """What was asked, once it is valid."""
        answers = self.cleaned_data
        return Wish(
            email=answers["email"],
            language=answers["language"],
            offsets=answers["offsets"],
            call=self.calls.get(answers["subject"]),
            theme=self.themes.get(answers["subject"]),
        )


def call_named(subject: str) -> Call | None:
    """The public call that the form is about, as its own field names it ("call:slug")."""
    kind, _colon, slug = subject.partition(":")
    if kind != "call" or not is_storable(slug):
        return None
    return Call.objects.public().filter(slug=slug).first()
