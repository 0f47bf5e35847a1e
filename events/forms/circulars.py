"""What organisers fill in about a message to attendees."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.clashes import SeenField
from accounts.fields import DateInput, LinesField
from events.attendees import kept_listing
from events.editing import Section
from events.models import Circular, Session
from events.models.circular import TEXTS
from moments.forms import TimeOfDayField, TimeOfDayInput
from moments.local import NoSuchMoment, local_instant, validate_year

_LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
# Chosen one by one; a larger group has a filter.
MOST_CHOSEN = 1000
GREETINGS = {"nl": "Beste {naam},", "fr": "Bonjour {nom},", "en": "Dear {name},"}


@dataclass(frozen=True)
class Group:
    """A group that is always offered: its words, and the filter of the attendee list it is."""

    name: str
    label: Promise
    parameters: str


GROUPS = [
    Group("confirmed", gettext_lazy("everybody with a seat"), "state=confirmed"),
    Group("waiting", gettext_lazy("everybody on the waiting list"), "state=waiting"),
    Group(
        "live",
        gettext_lazy("everybody with a seat or on the waiting list"),
        "state=confirmed&state=waiting",
    ),
    Group("cancelled", gettext_lazy("everybody who cancelled or was cancelled"), "state=cancelled"),
    Group(
        "there",
        gettext_lazy("everybody who was there"),
        "presence=present&presence=walk_in",
    ),
    Group("absent", gettext_lazy("everybody marked as absent"), "presence=absent"),
]
_BY_NAME = {group.name: group for group in GROUPS}
# The group of before: the filter or the people with which the form was opened.
KEPT = "kept"


def group_words(parameters: str, chosen: list[int] | None, session: Session) -> str:
    """A group as organisers read of it."""
    if chosen is not None:
        return ngettext(
            "%(number)s person, chosen one by one",
            "%(number)s people, chosen one by one",
            len(chosen),
        ) % {"number": len(chosen)}
    for group in GROUPS:
        if group.parameters == parameters:
            return str(group.label)
    pills = kept_listing(parameters, session).pills()
    return "; ".join(pill.words for pill in pills) or _("the whole list, also who cancelled")


class CircularForm(forms.ModelForm):
    """To whom a message goes and what it says, in each language."""

    group = forms.ChoiceField(
        label=gettext_lazy("The group"),
        widget=forms.RadioSelect(),
        error_messages={"required": gettext_lazy("Choose to whom it goes.")},
        help_text=gettext_lazy("Who is in it, is decided at the moment when the message leaves."),
    )
    # The filter or the people chosen in the attendee list, as `KEPT` means them.
    parameters = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput())
    chosen = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput())
    seen = SeenField()

    class Meta:
        model = Circular
        fields = TEXTS
        field_classes = {f"text_{code}": LinesField for code in _LANGUAGES}
        widgets = {
            **{f"text_{code}": forms.Textarea({"rows": 10}) for code in _LANGUAGES},
            **{f"subject_{code}": forms.TextInput({"size": 80}) for code in _LANGUAGES},
        }

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        for code in _LANGUAGES:
            language = {"language": Session.Language(code).label}
            self.fields[f"subject_{code}"].label = _("Subject, in %(language)s") % language
            self.fields[f"text_{code}"].label = _("Text, in %(language)s") % language
        for code, greeting in GREETINGS.items():
            self.fields[f"text_{code}"].help_text = _(
                "Begin with “%(greeting)s” for example. Markdown: paragraphs, lists, links,"
                " emphasis."
            ) % {"greeting": greeting}
        if self.instance.pk:
            self._show_group(self.instance.parameters, self.instance.chosen)
        else:
            chosen = self.initial.get("chosen")
            self._show_group(self.initial.get("parameters"), chosen)
        self._offer_groups()

    def _show_group(self, parameters: str | None, chosen: list[int] | None) -> None:
        self.initial["parameters"] = parameters or ""
        self.initial["chosen"] = " ".join(map(str, chosen or ()))
        known = {group.parameters: group.name for group in GROUPS}
        if chosen is not None:
            self.initial["group"] = KEPT
        elif parameters is not None:
            self.initial["group"] = known.get(parameters, KEPT)

    def _offer_groups(self) -> None:
        offered: list[tuple[str, str]] = [(group.name, str(group.label)) for group in GROUPS]
        if self.is_bound or self.initial.get("group") == KEPT:
            parameters, chosen = self._kept()
            if chosen is not None or parameters not in {group.parameters for group in GROUPS}:
                offered.append((KEPT, group_words(parameters, chosen, self.session)))
        field: Any = self.fields["group"]
        field.choices = offered

    def _kept(self) -> tuple[str, list[int] | None]:
        """The filter or the people that the hidden fields hold; as far as they mean anything."""
        values = self.data if self.is_bound else self.initial
        typed = str(values.get("chosen") or "")
        numbers = [int(word) for word in typed.split() if word.isascii() and word.isdigit()]
        if numbers:
            fitting = self.session.registrations.filter(
                pk__in=[number for number in numbers if number < 2**63][:MOST_CHOSEN],
                anonymised_at=None,
            )
            return "", list(fitting.order_by("pk").values_list("pk", flat=True))
        return kept_listing(str(values.get("parameters") or ""), self.session).query, None

    def clean(self) -> dict[str, Any]:
        """Each language has a subject and a text, or neither; and there is one at least."""
        cleaned = super().clean() or self.cleaned_data
        for code in _LANGUAGES:
            subject, text = cleaned.get(f"subject_{code}"), cleaned.get(f"text_{code}")
            if text and not subject and f"subject_{code}" not in self.errors:
                self.add_error(f"subject_{code}", _("Give the message a subject."))
            if subject and not text and f"text_{code}" not in self.errors:
                self.add_error(f"text_{code}", _("Write a text, or leave the subject out too."))
        if not self.errors and not any(cleaned.get(f"text_{code}") for code in _LANGUAGES):
            self.add_error(f"subject_{_LANGUAGES[0]}", _("Give the message a subject."))
            self.add_error(f"text_{_LANGUAGES[0]}", _("Write a text."))
        return cleaned

    def circular(self) -> Circular:
        """What was filled in, once it is valid; not saved."""
        made: Circular = self.save(commit=False)
        made.session = self.session
        name = self.cleaned_data["group"]
        if name == KEPT:
            made.parameters, made.chosen = self._kept()
        else:
            made.parameters, made.chosen = _BY_NAME[name].parameters, None
        return made

    def sections(self) -> list[Section]:
        """The fields in the order in which organisers think of them."""
        titles = {
            "nl": gettext_lazy("Message in Dutch"),
            "fr": gettext_lazy("Message in French"),
            "en": gettext_lazy("Message in English"),
        }
        found = [Section(gettext_lazy("To whom"), [self["group"]])]
        for code in _LANGUAGES:
            names = (f"subject_{code}", f"text_{code}")
            is_needed = code == _LANGUAGES[0] or any(
                self[name].value() or name in self.errors for name in names
            )
            fields = [self[name] for name in names]
            found.append(Section(titles[code], fields, is_folded=not is_needed))
        return found


class SendForm(forms.Form):
    """When a message leaves, and to how many; a second gesture beside the button."""

    NOW, LATER = "now", "later"

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[
            (NOW, gettext_lazy("At once")),
            (LATER, gettext_lazy("On a day and at a time of your choice")),
        ],
        initial=NOW,
        widget=forms.RadioSelect(),
    )
    day = forms.DateField(
        label=gettext_lazy("Date"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DateInput(),
        validators=[validate_year],
    )
    clock = TimeOfDayField(
        label=gettext_lazy("Time"),
        required=False,
        widget=TimeOfDayInput({"size": "8", "autocomplete": "off"}),
    )
    # How many people the page named.
    number = forms.IntegerField(required=False, widget=forms.HiddenInput())
    sure = forms.BooleanField(
        required=False, help_text=gettext_lazy("Only needed to send it at once.")
    )

    def __init__(self, *args: Any, number: int, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_number, self.zone = number, zone
        self.fields["sure"].label = ngettext(
            "Yes, send it to %(number)s person", "Yes, send it to %(number)s people", number
        ) % {"number": number}

    def clean(self) -> dict[str, Any]:
        """At once: to as many as the page said, and surely. Later: at a moment that exists."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == self.NOW:
            if cleaned.get("number") != self.now_number:
                sentence = ngettext(
                    "It is %(number)s person now. Tick the box again.",
                    "It is %(number)s people now. Tick the box again.",
                    self.now_number,
                )
                self.add_error("sure", sentence % {"number": self.now_number})
            elif not cleaned.get("sure"):
                self.add_error("sure", _("Tick this box to say that you are sure."))
        elif cleaned.get("when") == self.LATER:
            self._read_moment(cleaned)
        return cleaned

    def _read_moment(self, cleaned: dict[str, Any]) -> None:
        day, clock = cleaned.get("day"), cleaned.get("clock")
        if day is None and "day" not in self.errors:
            self.add_error("day", _("Fill in the date."))
        if clock is None and "clock" not in self.errors:
            self.add_error("clock", _("Fill in the time, for example 14:00."))
        if day is None or clock is None:
            return
        wall = datetime.combine(day, time.min) + clock
        try:
            cleaned["moment"] = local_instant(wall.date(), wall.time(), self.zone)
        except NoSuchMoment as refusal:
            self.add_error("clock", str(refusal))

    @property
    def moment(self) -> datetime | None:
        """The moment that was chosen; None is now."""
        moment: datetime | None = self.cleaned_data.get("moment")
        return moment
