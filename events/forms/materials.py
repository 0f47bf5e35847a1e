"""What speakers and organisers fill in about what a session leaves behind."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.documents import Refused
from accounts.names import normal_address, validate_one_line
from accounts.pictures import ACCEPTED
from events import afterwards
from events.materials import read_photo
from events.models import Session
from events.refusing import UnusableAddress, refuse_unusable

_SLIDES = ".pdf,.odp,.pptx"


class ProfileForm(forms.Form):
    """What stands beside a speaker's name at the session."""

    text = forms.CharField(
        label=_("Who you are, in a few sentences"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("Stands on the page of the session, under your name. Plain text."),
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        help_text=_(
            "JPEG, PNG or WebP. It is cut to a square; place and camera that are written in it are"
            " taken out."
        ),
        widget=forms.FileInput({"class": "au-c-input", "accept": ACCEPTED}),
    )
    remove_photo = forms.BooleanField(label=_("Take my photo away"), required=False)

    def clean_photo(self) -> bytes | None:
        """The photo as it is kept; None where none was sent."""
        sent = self.cleaned_data["photo"]
        if not sent:
            return None
        try:
            return read_photo(sent)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def photo_bytes(self) -> bytes | None:
        """What becomes of the photo: another one, none any more (no bytes), or None: as it was."""
        if self.cleaned_data["photo"] is None and self.cleaned_data["remove_photo"]:
            return b""
        kept: bytes | None = self.cleaned_data["photo"]
        return kept


class SlidesForm(forms.Form):
    """Slides, by a speaker or an organiser."""

    title = forms.CharField(
        label=_("Title"),
        max_length=150,
        required=False,
        validators=[validate_one_line],
        help_text=_("As attendees read it. Empty: the name of the file."),
    )
    file = forms.FileField(
        label=_("Slides"),
        help_text=_("A PDF, or a presentation as .odp or .pptx without macros; 10 MB at most."),
        error_messages={"required": _("Choose a file.")},
        allow_empty_file=True,
        widget=forms.FileInput({"class": "au-c-input", "accept": _SLIDES}),
    )


class LinkForm(forms.Form):
    """A recording, a report or a form for feedback, somewhere else."""

    title = forms.CharField(
        label=_("Title"),
        max_length=150,
        validators=[validate_one_line],
        help_text=_("As attendees read it, for example: Recording, Tell us what you thought."),
        error_messages={"required": _("Give it a title.")},
    )
    url = forms.URLField(
        label=_("Link"),
        max_length=500,
        assume_scheme="https",
        error_messages={
            "required": _("Fill in the link."),
            "invalid": _("Fill in a whole address, such as https://example.be/recording."),
        },
    )

    def clean_url(self) -> str:
        """Only what a browser opens from a page."""
        url: str = self.cleaned_data["url"]
        if not url.lower().startswith(("https://", "http://")):
            raise forms.ValidationError(self.fields["url"].error_messages["invalid"])
        return url


class SpeakerMailForm(forms.Form):
    """Where a speaker's link goes."""

    email = forms.EmailField(
        label=_("E-mail address of the speaker"),
        max_length=254,
        error_messages={
            "required": _("Fill in an e-mail address."),
            "invalid": _("Fill in an e-mail address such as name@organisation.be."),
        },
    )

    def clean_email(self) -> str:
        """The address in its normal form."""
        typed: Any = self.cleaned_data["email"]
        try:
            refuse_unusable(typed)
        except UnusableAddress as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return normal_address(typed)


class AfterwardsForm(forms.Form):
    """To whom the mail after the session goes."""

    PRESENT, SEATED = "present", "seated"

    whom = forms.ChoiceField(
        label=_("To whom?"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose to whom the mail goes.")},
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["whom"]
        present = afterwards.readers(session, only_present=True).count()
        seated = afterwards.readers(session, only_present=False).count()
        field.choices = [
            (self.PRESENT, gettext("Those who were there (%(number)s)") % {"number": present}),
            (self.SEATED, gettext("Everybody with a seat (%(number)s)") % {"number": seated}),
        ]

    def only_present(self) -> bool:
        """Whether only those who were there."""
        return bool(self.cleaned_data["whom"] == self.PRESENT)
