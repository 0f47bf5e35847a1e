"""What organisers fill in about a session: a new one, cancelling one, copies of one."""

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_one_line
from events import cloning
from events.editing import SECTIONS, PageForm, Parts
from events.models import Session
from events.pasting.lines import LONGEST_TEXT
from ical.appointments import LARGEST_FILE_BYTES
from moments.edges import Closing, Edge

FIRST_SECTIONS: Parts = (
    (
        _("What and when"),
        ("programme", "title_nl", "summary_nl", "day", "starts", "ends"),
        False,
    ),
    (_("Where"), ("attendance", "venue_nl", "virtual_link"), False),
    (_("Registration"), ("registration_closing", "capacity"), False),
    (_("Agenda"), ("agenda_text",), False),
)


class NewForm(PageForm):
    """A new session: what it takes to publish one; all else is folded away, with a usual value.

    What is pasted as its programme is not read here: it is looked at before it is saved.
    """

    agenda_text = forms.CharField(
        label=_("Programme of the day"),
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea({"rows": 8}),
        help_text=_(
            "Paste it from Word, a mail or a web page: one line per item, with its times. You see"
            " how it reads before it is saved."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        closing = self.fields["registration_closing"]
        closing.required = False
        closing.help_text = _("Empty: before the day of the session.")

    def _read_times(self, cleaned: dict[str, Any], zone: ZoneInfo) -> None:
        super()._read_times(cleaned, zone)
        is_empty = cleaned.get("registration_closing", False) is None
        if is_empty and cleaned.get("day"):
            closing = Closing.from_local(Edge.BEFORE_DATE, cleaned["day"], None, zone)
            cleaned["registration_closing"] = closing

    def parts(self) -> Parts:
        """What is needed first, the rest folded away under the titles it has later on."""
        first = {name for _title, names, _is_folded in FIRST_SECTIONS for name in names}
        others = [
            (title, tuple(name for name in names if name not in first), True)
            for title, names, _is_folded in SECTIONS
        ]
        return (*FIRST_SECTIONS, *[part for part in others if part[1]])


class AppointmentForm(forms.Form):
    """A calendar file with an appointment that becomes a session."""

    file = forms.FileField(
        label=_("Calendar file"),
        help_text=_("A file that ends in .ics, of at most 500 kB."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput({"class": "au-c-input", "accept": ".ics,.ical,text/calendar"}),
    )

    def content(self) -> bytes:
        """The bytes of the file, as far as they count: one more than may be read."""
        content: bytes = self.cleaned_data["file"].read(LARGEST_FILE_BYTES + 1)
        return content


class CancelSessionForm(forms.Form):
    """Cancelling a session: a reason people read, and, as a second gesture, how many they are."""

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        first = settings.LANGUAGES[0][0]
        field = Session._meta.get_field("cancellation_reason")
        for code, _own_name in settings.LANGUAGES:
            self.fields[f"reason_{code}"] = forms.CharField(
                label=_("Reason, in %(language)s") % {"language": Session.Language(code).label},
                max_length=field.max_length,
                required=code == first,
                validators=[validate_one_line],
                error_messages={"required": _("Say why: people want to know.")},
                help_text=_("Stands in the mail and on the page.") if code == first else "",
            )
        self.fields["typed"] = forms.CharField(
            label=_("Type the number of people who will be told"),
            max_length=20,
            required=False,
            widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": "8"}),
        )

    def clean_typed(self) -> str:
        """The number as it is now: somebody may have registered since the page was shown."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed != str(self.number):
            raise forms.ValidationError(
                ngettext(
                    "Type %(number)s: that many person is registered or waiting now.",
                    "Type %(number)s: that many people are registered or waiting now.",
                    self.number,
                )
                % {"number": self.number}
            )
        return typed

    @property
    def reason_errors(self) -> bool:
        """Whether the reason still has to be mended."""
        return any(name.startswith("reason_") for name in self.errors)

    def ask_for_number(self, is_asked: bool) -> None:
        """Show the second gesture only once the reason is there, and its error once it was tried.

        Until then it is no error that nothing was typed.
        """
        is_tried = "typed" in self.data
        if not is_asked or not is_tried:
            self.errors.pop("typed", None)
        self.fields["typed"].required = True
        if not is_asked:
            del self.fields["typed"]

    def reasons(self) -> dict[str, str]:
        """The reason per language."""
        return {
            code: self.cleaned_data.get(f"reason_{code}", "") for code, _label in settings.LANGUAGES
        }


class CloneForm(forms.Form):
    """On which days copies of a session are made."""

    first = forms.DateField(
        label=_("On"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Fill in the date.")},
    )
    months = forms.IntegerField(
        label=_("How many months in a row, on the same weekday"),
        required=False,
        min_value=1,
        max_value=cloning.MOST_IN_A_SERIES,
        help_text=_("12 with 14 January makes one on the second Thursday of each month."),
    )
    others = forms.CharField(
        label=_("Other days"),
        required=False,
        max_length=1000,
        help_text=_("One a line, as 2027-06-10 or 10/6/2027."),
        widget=forms.Textarea({"rows": 4}),
    )

    def clean_others(self) -> list[date]:
        """The days of the lines; raises ValidationError for a line that is none."""
        lines = [line.strip() for line in self.cleaned_data["others"].splitlines()]
        return [_read_day(line) for line in lines if line]

    def clean(self) -> dict[str, Any]:
        """Refuse a series that is too long or has a day twice."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            refusal = cloning.refuse_days(self.days())
            if refusal:
                raise forms.ValidationError(refusal)
        return cleaned

    def days(self) -> list[date]:
        """All days, in order of time."""
        answers = self.cleaned_data
        try:
            series = cloning.monthly(answers["first"], answers["months"] or 1)
        except ValueError:  # beyond the last year there is
            series = [answers["first"]]
        return sorted([*series, *answers["others"]])


def _read_day(line: str) -> date:
    """A day as people write it, the day before the month; raises ValidationError."""
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", line)
    written = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", line)
    try:
        if iso:
            return date(*map(int, iso.groups()))
        if written:
            day, month, year = map(int, written.groups())
            return date(year, month, day)
    except ValueError:
        pass
    raise forms.ValidationError(
        gettext("“%(line)s” is no day. Write it as 2027-06-10.") % {"line": line[:40]}
    )
