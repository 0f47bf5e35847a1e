"""The forms of the agenda: an item with its speakers, what is deleted, a pasted programme."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory
from accounts.models import Organisation, User
from accounts.names import matching_key, validate_one_line
from events.arranging import Person
from events.models import AgendaItem, Contribution, Session, Speaker
from events.pasting.lines import LONGEST_TEXT
from moments import words
from moments.forms import TimeOfDayField
from moments.local import NoSuchMoment, local_instant

_DAY = timedelta(days=1)
_LANGUAGES = [code for code, _name in settings.LANGUAGES]
_MOST_SPEAKERS = 30
_EMPTY_ROWS = 2


class ItemForm(forms.ModelForm):
    """An agenda item: its times on the session's clock, its texts in the session's language first.

    `instance` belongs to the session; one without a key is new.
    """

    day = forms.ChoiceField(label=gettext_lazy("Day"))
    starts = TimeOfDayField(
        label=gettext_lazy("From"),
        error_messages={"required": gettext_lazy("Fill in when it starts.")},
    )
    ends = TimeOfDayField(
        label=gettext_lazy(
            "Until",
        ),
        error_messages={"required": gettext_lazy("Fill in when it ends.")},
    )
    pushes = forms.BooleanField(
        label=gettext_lazy("Push the later items on"), required=False, initial=True
    )

    class Meta:
        model = AgendaItem
        fields = (
            *(f"title_{code}" for code in _LANGUAGES),
            "kind",
            *(f"description_{code}" for code in _LANGUAGES),
            "is_parallel",
            *(f"track_{code}" for code in _LANGUAGES),
        )
        labels = {"kind": gettext_lazy("Kind"), "is_parallel": gettext_lazy("Runs beside others")}
        help_texts = {
            "is_parallel": gettext_lazy(
                "Such items may overlap. Those of one track follow each other."
            )
        }

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.fields["day"].choices = [  # type: ignore[attr-defined]
            (day.isoformat(), words.weekday_date(day).capitalize()) for day in self._days()
        ]
        if len(self._days()) == 1:
            self.fields["day"].required = False
            self.fields["day"].widget = forms.HiddenInput()
        names = dict(settings.LANGUAGES)
        labels = {"title": _("Title"), "description": _("Explanation"), "track": _("Track")}
        for field, label in labels.items():
            for code in _LANGUAGES:
                own = self.fields[f"{field}_{code}"]
                is_main = code == session.language
                own.label = label if is_main else f"{label} ({names[code]})"
                own.required = field == "title" and is_main
        main = self.fields[f"title_{session.language}"]
        main.error_messages["required"] = _("Fill in a title.")
        for code in _LANGUAGES:
            self.fields[f"description_{code}"].widget.attrs["rows"] = 3
        if self.instance.starts_at:
            self._said = self._on_the_clock(self.instance.starts_at, self.instance.ends_at)
            for name, value in zip(("day", "starts", "ends"), self._said, strict=True):
                self.initial[name] = value.isoformat() if isinstance(value, date) else value

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What every item has."""
        language = self.session.language
        names = [f"title_{language}", "day", "starts", "ends", "kind"]
        return [self[name] for name in names if not self[name].is_hidden]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        """What few items have."""
        language = self.session.language
        return [self[f"description_{language}"], self["is_parallel"], self[f"track_{language}"]]

    @property
    def other_languages(self) -> list[forms.BoundField]:
        """The same texts in the other languages."""
        return [
            self[f"{field}_{code}"]
            for code in _LANGUAGES
            if code != self.session.language
            for field in ("title", "description", "track")
        ]

    @property
    def is_further_open(self) -> bool:
        """Whether what few items have is shown unfolded: it is filled in, or wrong."""
        return any(field.value() or field.errors for field in self.further_fields)

    @property
    def is_other_open(self) -> bool:
        """Whether something is wrong in another language."""
        return any(field.errors for field in self.other_languages)

    def clean(self) -> dict[str, Any]:
        """Bring the times to instants; what was not touched stays the instant it was."""
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts is None or ends is None or "day" not in cleaned:
            return cleaned
        day = date.fromisoformat(cleaned["day"]) if cleaned["day"] else self._days()[0]
        if self.instance.pk and (day, starts, ends) == self._said:
            return cleaned
        is_night = len(self._days(to_the_end=True)) > 1 and ends <= starts < _DAY
        if ends <= starts and not is_night:
            self.add_error("ends", _("This ends before it starts. Fill in a later time."))
            return cleaned
        for name, length in (("starts_at", starts), ("ends_at", ends + _DAY * is_night)):
            try:
                setattr(self.instance, name, self._instant(day, length))
            except NoSuchMoment as refusal:
                self.add_error(name.removesuffix("_at"), str(refusal))
        return cleaned

    def _instant(self, day: date, length: timedelta) -> datetime:
        days, minutes = divmod(length, _DAY)
        wall = (datetime.min + minutes).time()
        return local_instant(day + timedelta(days=days), wall, self.session.zone)

    def _days(self, *, to_the_end: bool = False) -> list[date]:
        """The session's days, and the item's own; by `to_the_end` also one that it ends in."""
        zone = self.session.zone
        first = self.session.starts_at.astimezone(zone).date()
        end = self.session.ends_at.astimezone(zone)
        last = end.date() - _DAY * (end.time() == time.min and not to_the_end)
        days = {first + timedelta(days=number) for number in range((last - first).days + 1)}
        if self.instance.starts_at:
            days.add(self.instance.starts_at.astimezone(zone).date())
        return sorted(days)

    def _on_the_clock(
        self, starts_at: datetime, ends_at: datetime
    ) -> tuple[date, timedelta, timedelta]:
        """Day and times as they are typed: an end at midnight is 24u00."""
        zone = self.session.zone
        start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
        ends = _length(end.time())
        return start.date(), _length(start.time()), ends or _DAY


def _length(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


class PersonForm(forms.Form):
    """Somebody who speaks; an organisation outside the directory becomes part of the role."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=Speaker._meta.get_field("name").max_length,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"list": "known-speakers", "autocomplete": "off"}),
    )
    role = forms.CharField(
        label=pgettext_lazy("speaker", "Role"),
        max_length=Contribution._meta.get_field("role").max_length,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    organisation = forms.CharField(
        label=gettext_lazy("Organisation"),
        max_length=200,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"list": "known-organisations", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Find the organisation; refuse a role without anybody."""
        cleaned = super().clean() or self.cleaned_data
        name, role = cleaned.get("name"), cleaned.get("role")
        typed = cleaned.get("organisation")
        if "name" in cleaned and not name and (role or typed):
            self.add_error("name", _("Fill in a name, or empty the row."))
        cleaned["known"] = directory.find(typed) if typed else None
        if typed and cleaned["known"] is None:
            whole = ", ".join(part for part in (role, typed) if part)
            if len(whole) > (self.fields["role"].max_length or 0):  # type: ignore[attr-defined]
                self.add_error("organisation", _("Role and organisation are too long together."))
            cleaned["role"] = whole
        return cleaned


class _PeopleFormSet(forms.BaseFormSet):
    """The speakers of an item, in order."""

    def clean(self) -> None:
        """Refuse the same name twice: one speaker has one role at an item."""
        names = (
            [matching_key(person.name) for person in self.people()] if not any(self.errors) else []
        )
        if len(names) != len(set(names)):
            raise ValidationError(_("Somebody is named twice. Keep one of the two rows."))

    def people(self) -> list[Person]:
        """Who was filled in."""
        return [
            Person(row["name"], row.get("role") or "", row.get("known"))
            for form in self.forms
            if (row := getattr(form, "cleaned_data", {})).get("name")
        ]


_Formset = forms.formset_factory(
    PersonForm,
    formset=_PeopleFormSet,
    extra=_EMPTY_ROWS,
    max_num=_MOST_SPEAKERS,
    absolute_max=_MOST_SPEAKERS + _EMPTY_ROWS,
    validate_max=True,
)


def people_form(data: Any, item: AgendaItem) -> Any:
    """The rows of an item's speakers, with empty ones to fill in; roles in the active language."""
    initial = []
    if item.pk:
        parts = item.contributions.select_related("speaker", "organisation")
        initial = [
            {
                "name": part.speaker.name,
                "role": part.role or "",
                "organisation": part.organisation.name if part.organisation else "",
            }
            for part in parts.order_by("position", "pk")
        ]
    return _Formset(data, initial=initial, prefix="people")


def suggestions(user: User) -> dict[str, list[str]]:
    """Names to choose from: who spoke, and for whom, at a session that this person may see."""
    visible = Session.objects.public() | Session.objects.managed_by(user)
    spoke = Q(contributions__agenda_item__session__in=visible)
    return {
        "speakers": _names(Speaker.objects.filter(spoke)),
        "organisations": _names(Organisation.objects.filter(spoke)),
    }


def _names(rows: Any) -> list[str]:
    return list(rows.order_by("name").values_list("name", flat=True).distinct()[:500])


class DeleteForm(forms.Form):
    """What goes with an item, and whether the later ones move up."""

    closes_gap = forms.BooleanField(label=gettext_lazy("Move the later items up"), required=False)
    contents = forms.ChoiceField(
        label=gettext_lazy("What the block holds"),
        choices=[
            ("keep", gettext_lazy("stays in the agenda, at the same times")),
            ("delete", gettext_lazy("is deleted too")),
        ],
        initial="keep",
        widget=forms.RadioSelect(),
    )

    def __init__(self, *args: Any, is_block: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_block:
            del self.fields["contents"]


class PasteForm(forms.Form):
    """A programme as text."""

    text = forms.CharField(
        label=gettext_lazy("Programme"),
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea({"rows": 16}),
        error_messages={
            "required": gettext_lazy("Paste a programme."),
        },
        help_text=gettext_lazy(
            "From Word, a mail or a web page: one line per item, with its times. Below the item or"
            " in brackets behind it: who speaks. Nothing is saved before you see how it reads."
        ),
    )
