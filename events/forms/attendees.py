"""What organisers fill in about attendees."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.names import normal_address, validate_one_line
from events.attendees import DEFAULT_COLUMNS, Column, Listing, Offer
from events.forms.answers import Answering
from events.models import (
    Question,
    SavedView,
    Session,
    SessionQuerySet,
)
from events.printing import MOST_PRINTED
from events.refusing import UnusableAddress, refuse_unusable
from events.registering import Applicant
from moments import words


def sharing_field(*, is_asked: bool) -> forms.BooleanField:
    """Whether several people have one address: a question for when it comes up."""
    return forms.BooleanField(
        label=_("Several people share one address"),
        required=False,
        help_text=_("Each gets mails of their own there, with their name in the subject."),
        widget=forms.CheckboxInput() if is_asked else forms.HiddenInput(),
    )


class AttendeeForm(forms.Form):
    """Somebody an organiser adds, or whose details are put right."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in a name.")},
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Fill in an e-mail address."),
            "invalid": _("Fill in an e-mail address such as name@organisation.be."),
        },
    )
    organisation_name = forms.CharField(
        label=_("Organisation"),
        max_length=200,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in the organisation.")},
    )
    job_title = forms.CharField(
        label=_("Job title"), max_length=150, required=False, validators=[validate_one_line]
    )
    language = forms.ChoiceField(
        label=_("Language of the e-mails"), choices=settings.LANGUAGES, widget=forms.Select()
    )
    shares_address = sharing_field(is_asked=False)

    def __init__(
        self,
        *args: Any,
        questions: Sequence[Question] = (),
        given: Mapping[int, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.answering = Answering(self, questions, given=given, is_lenient=True)
        if self.data.get("shares_address"):
            self.ask_about_sharing()

    def ask_about_sharing(self) -> None:
        """Show the question whether others have the address too."""
        self.fields["shares_address"].widget = forms.CheckboxInput()

    def clean_email(self) -> str:
        """Keep the address in its normal form; refuse what no invitation can name."""
        try:
            refuse_unusable(self.cleaned_data["email"])
        except UnusableAddress as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return normal_address(self.cleaned_data["email"])

    def applicant(self) -> Applicant:
        """What was filled in, once it is valid."""
        return Applicant(
            **{name: self.cleaned_data[name] for name in self.base_fields},
            answers=self.answering.answers(),
        )


class _SessionField(forms.ModelChoiceField):
    """A session by its title and its day."""

    def label_from_instance(self, obj: Session) -> str:
        day = words.weekday_date(obj.starts_at.astimezone(obj.zone).date())
        return f"{obj.title} – {day}"


class MoveForm(forms.Form):
    """To which session somebody goes instead."""

    session = _SessionField(
        queryset=Session.objects.none(),
        label=_("New session"),
        empty_label=_("Choose a session"),
        error_messages={
            "required": _("Choose a session."),
            "invalid_choice": _("Choose one of these sessions."),
        },
    )

    def __init__(self, *args: Any, sessions: SessionQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["session"]
        field.queryset = sessions


class SavedViewForm(forms.Form):
    """Under which name a view of the list is kept, and the parameters of that list."""

    name = forms.CharField(
        label=_("Name of the view"),
        max_length=60,
        validators=[validate_one_line],
        error_messages={"required": _("Give the view a name.")},
    )
    parameters = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = offer

    def listing(self) -> Listing:
        """What the list was asked when the view was to be kept."""
        return Listing.read(QueryDict(self.data.get("parameters", "")), self.offer)

    def clean_parameters(self) -> str:
        """What is kept of it."""
        kept = self.listing().to_keep()
        longest = SavedView._meta.get_field("parameters").max_length or 0
        if len(kept) > longest:
            raise forms.ValidationError(_("This view has too many filters to be kept."))
        return kept


class ExportForm(forms.Form):
    """What goes into the file, and why."""

    CSV, WORKBOOK = "csv", "xlsx"

    format = forms.ChoiceField(
        label=_("File"),
        choices=[
            (WORKBOOK, _("Excel workbook (.xlsx)")),
            (CSV, _("CSV, for other programs")),
        ],
        initial=WORKBOOK,
        widget=forms.RadioSelect(),
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        initial=list(DEFAULT_COLUMNS),
        widget=forms.CheckboxSelectMultiple(),
        help_text=_("Take no more than you need."),
        error_messages={"required": _("Choose at least one column.")},
    )
    reason = forms.CharField(
        label=_("What do you need this list for?"),
        max_length=200,
        min_length=5,
        validators=[validate_one_line],
        help_text=_("Kept in the audit log with your name, the moment and the number of people."),
        error_messages={
            "required": _("Say what you need this list for."),
            "min_length": _("Say in a few words what you need this list for."),
        },
    )

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = offer
        columns: Any = self.fields["columns"]
        columns.choices = [(column.name, column.label) for column in offer.columns]

    def columns_chosen(self) -> list[Column]:
        """The columns that were chosen, in the order of the list of them."""
        chosen = self.cleaned_data["columns"]
        return [column for column in self.offer.columns if column.name in chosen]


class PaperForm(forms.Form):
    """Which paper is printed of the people in the list."""

    SHEET, BADGES = "sign-in-sheet", "badges"

    paper = forms.ChoiceField(
        label=_("What do you want to print?"),
        choices=[
            (SHEET, _("Sign-in sheet: names in order, with room for a signature")),
            (BADGES, _("Name badges: ten on a sheet, to cut out")),
        ],
        initial=SHEET,
        widget=forms.RadioSelect(),
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number

    def clean(self) -> dict[str, Any]:
        """Refuse more names than are printed at once, and badges of nobody."""
        if self.number > MOST_PRINTED:
            raise forms.ValidationError(
                _("These are more than %(number)s people. Narrow the list first.")
                % {"number": MOST_PRINTED}
            )
        if not self.number and self.cleaned_data.get("paper") == self.BADGES:
            raise forms.ValidationError(_("Nobody among them has a seat."))
        return self.cleaned_data


class ImportForm(forms.Form):
    """The file with people to register."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "An Excel workbook (.xlsx) or CSV. The first line names the columns: name, e-mail"
            " address, organisation, and if you wish job title and language."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file holds nobody."),
        },
        widget=forms.FileInput({"class": "au-c-input", "accept": ".xlsx,.csv,.txt"}),
    )
    shares_address = sharing_field(is_asked=True)

    def content(self) -> bytes:
        """The bytes of the file."""
        content: bytes = self.cleaned_data["file"].read()
        return content
