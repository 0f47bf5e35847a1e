"""What organisers fill in about the mails of a session."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.clashes import SeenField
from accounts.fields import LinesField
from events.models import Session

LONGEST = 2000


class ParagraphForm(forms.Form):
    """The organisers' own paragraph in one kind of mail, in each language."""

    seen = SeenField()

    def __init__(self, *args: Any, texts: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, _own_name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = LinesField(
                label=_("Own paragraph, in %(language)s")
                % {"language": Session.Language(code).label},
                required=False,
                max_length=LONGEST,
                initial=texts.get(code, ""),
                widget=forms.Textarea({"rows": 4}),
            )

    def texts(self) -> dict[str, str]:
        """What was filled in, by language."""
        return {
            code: self.cleaned_data[f"text_{code}"]
            for code, _own_name in settings.LANGUAGES
            if self.cleaned_data.get(f"text_{code}")
        }
