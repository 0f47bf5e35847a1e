"""Entering moments: a closing one by its edge, day and time; any other by day and time.

Django fields, so that they also work in its admin.
"""

import datetime
import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from moments.edges import Closing, Edge, NoSuchClosing
from moments.local import BRUSSELS, NoSuchMoment, local_instant, validate_year
from moments.words import clock

_END_OF_DAY = datetime.timedelta(days=1)
# What a browser's box for a day and a time sends and takes.
_WALL_CLOCK = "%Y-%m-%dT%H:%M"
# "12:00", "12.00 uur", "12u", "14 h 05", "24u00"
_TIME = re.compile(r"([0-9]{1,2})\s*(?:[:.uh]\s*([0-9]{2})?)?\s*(?:uur|u|h)?", re.IGNORECASE)


class TimeOfDayInput(forms.TextInput):
    """A text box: a browser's own time box cannot take 24:00, nor write 14u05."""

    def format_value(self, value: object) -> str | None:
        """The time in the active language; what could not be read stays as it was typed."""
        if isinstance(value, datetime.timedelta):
            return clock(_as_time(value))
        if isinstance(value, datetime.time):
            return clock(value)
        typed: str | None = super().format_value(value)
        return typed


class TimeOfDayField(forms.Field):
    """A time to the minute, as the length since midnight: 24 hours is the end of the day."""

    widget = TimeOfDayInput
    default_error_messages = {
        "invalid": gettext_lazy("Write the time as 12:00, or as 24:00 for the end of the day.")
    }

    def to_python(self, value: object) -> datetime.timedelta | None:
        """Raises ValidationError for what is no time from 0:00 to 24:00."""
        if isinstance(value, datetime.timedelta):
            return value
        text = str(value or "").strip()
        length = _length_of(text)
        if text and length is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return length


class ClockField(forms.Field):
    """A time to the minute, as clocks show it: the end of the day is none."""

    widget = TimeOfDayInput
    default_error_messages = {"invalid": gettext_lazy("Write the time as 12:00.")}

    def to_python(self, value: object) -> datetime.time | None:
        """Raises ValidationError for what is no time from 0:00 to 23:59."""
        if isinstance(value, datetime.time):
            return value
        text = str(value or "").strip()
        if not text:
            return None
        length = _length_of(text)
        time = None if length is None else _as_time(length)
        if time is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return time


def _length_of(text: str) -> datetime.timedelta | None:
    """A time as the length since midnight; None for what is none from 0:00 to 24:00."""
    parts = _TIME.fullmatch(text)
    if parts is None or int(parts[2] or 0) > 59:
        return None
    length = datetime.timedelta(hours=int(parts[1]), minutes=int(parts[2] or 0))
    return length if length <= _END_OF_DAY else None


def _as_time(length: datetime.timedelta) -> datetime.time | None:
    """The time a length since midnight leads to; None is 24u00."""
    return None if length == _END_OF_DAY else (datetime.datetime.min + length).time()


def _as_length(time: datetime.time | None) -> datetime.timedelta:
    if time is None:
        return _END_OF_DAY
    return datetime.timedelta(hours=time.hour, minutes=time.minute)


class ClosingWidget(forms.MultiWidget):
    """The parts side by side: a select, the browser's date box, a text box, a select.

    Below them static/js/closing.js tells how it reads.
    """

    template_name = "moments/closing.html"

    class Media:
        js = ("js/closing.js",)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """With the address that tells how it reads."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["reading_address"] = reverse("portal:closing")
        return context

    def decompress(self, value: Closing | None) -> list[Any]:
        """The parts as the closing is said, so that 24u00 comes back as 24u00 of its own day."""
        if value is None:
            return [None, None, None, None]
        length = _as_length(value.said_time) if value.edge.has_hour else None
        unconfirmed = "" if value.hour_is_stated else _UNCONFIRMED
        return [value.edge, value.said_date, length, unconfirmed]


class WallClockField(forms.Field):
    """A day and a time on the clocks of `zone`, as an instant in UTC.

    `zone` as for ClosingField below. Raises what `local_instant` refuses: an hour that the clocks
    skip or show twice.
    """

    widget = forms.DateTimeInput({"type": "datetime-local"}, format=_WALL_CLOCK)
    default_error_messages = {"invalid": gettext_lazy("Fill in a day and a time.")}

    def __init__(self, *, zone: ZoneInfo = BRUSSELS, **kwargs: Any) -> None:
        self.zone = zone
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime.datetime | None:
        """Raises ValidationError for what is no moment on those clocks."""
        if not value or isinstance(value, datetime.datetime):
            return value or None
        try:
            wall = datetime.datetime.strptime(str(value)[: len("2027-05-10T12:00")], _WALL_CLOCK)
            validate_year(wall)
            return local_instant(wall.date(), wall.time(), self.zone)
        except NoSuchMoment as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        """As those clocks show it; what could not be read stays as it was typed."""
        if isinstance(value, datetime.datetime):
            return value.astimezone(self.zone).strftime(_WALL_CLOCK)
        return value


_UNCONFIRMED = "unconfirmed"
_CERTAINTIES = [
    ("", pgettext_lazy("closing", "The time is certain")),
    (_UNCONFIRMED, pgettext_lazy("closing", "The time is still to be confirmed")),
]


def _edge_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("", gettext_lazy("Choose how it closes")), *Edge.choices],
        coerce=Edge,
        widget=forms.Select(attrs={"aria-label": gettext_lazy("How it closes")}),
        error_messages={"incomplete": gettext_lazy("Choose how it closes.")},
    )


def _date_field() -> forms.DateField:
    # What a browser's date box sends and takes is ISO 8601, whatever the language.
    iso_format = "%Y-%m-%d"
    return forms.DateField(
        input_formats=[iso_format],
        widget=forms.DateInput(
            format=iso_format, attrs={"type": "date", "aria-label": gettext_lazy("Date")}
        ),
        error_messages={"incomplete": gettext_lazy("Fill in the date.")},
    )


def _time_field() -> TimeOfDayField:
    label = gettext_lazy("Time, for example 12:00 or 24:00")
    return TimeOfDayField(
        required=False,
        widget=TimeOfDayInput(attrs={"aria-label": label, "size": "8", "autocomplete": "off"}),
    )


def _certainty_field() -> forms.ChoiceField:
    label = gettext_lazy("Whether the time is certain")
    return forms.ChoiceField(
        required=False,
        choices=_CERTAINTIES,
        widget=forms.Select(attrs={"aria-label": label}),
    )


class ClosingField(forms.MultiValueField):
    """Gives a Closing, or None where nothing is filled in and nothing is required.

    `zone` is the one the day and time are meant in. Where it is part of the same form, place that
    field first and set `form.fields["…"].zone` in its `clean_…` method. Without `asks_certainty`
    nobody can say that the hour is still to be confirmed: for what has no place to keep that.
    """

    def __init__(
        self, *, zone: ZoneInfo = BRUSSELS, asks_certainty: bool = True, **kwargs: Any
    ) -> None:
        self.zone = zone
        fields: list[forms.Field] = [_edge_field(), _date_field(), _time_field()]
        if asks_certainty:
            fields.append(_certainty_field())
        kwargs.setdefault(
            "help_text",
            gettext_lazy(
                "Fill in a time only with “before” or “by” a set time: 12:00, "
                "or 24:00 for the end of the day."
            ),
        )
        super().__init__(
            fields,
            require_all_fields=False,
            widget=ClosingWidget([field.widget for field in fields]),
            **kwargs,
        )

    def compress(self, data_list: list[Any]) -> Closing | None:
        """Raises ValidationError, with the sentence of moments.edges, for parts that don't fit."""
        if not data_list:
            return None
        edge, date, length, *certainty = data_list
        try:
            return self._closing(edge, date, length, hour_is_stated=certainty != [_UNCONFIRMED])
        except (NoSuchClosing, NoSuchMoment) as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal

    def reading(self, data: list[str]) -> str:
        """How what is filled in reads, or why it is no closing moment; empty without a day."""
        try:
            closing: Closing | None = self.clean(data) if "".join(data[1:2]) else None
        except ValidationError as refusal:
            return " ".join(refusal.messages)
        if closing is None:
            return ""
        facts = {"wording": closing.wording(), "reading": closing.reading()}
        return _("It will read: %(wording)s, open %(reading)s.") % facts

    def in_words(self, data: list[str]) -> str:
        """The wording of what is filled in; empty for what is no closing moment."""
        try:
            closing: Closing | None = self.clean(data)
        except ValidationError:
            return ""
        return closing.wording() if closing else ""

    def _closing(
        self,
        edge: Edge,
        date: datetime.date,
        length: datetime.timedelta | None,
        *,
        hour_is_stated: bool,
    ) -> Closing:
        if edge == Edge.AT_TIME and length is None:
            # Not left to mean 24u00: an organiser who forgot it would not notice.
            raise NoSuchClosing(
                _("Fill in the time, for example %(time)s.") % {"time": clock(datetime.time(12))}
            )
        if edge.has_hour and length == _END_OF_DAY:
            end_of_day = Closing.from_local(
                Edge.AT_TIME, date, None, self.zone, hour_is_stated=hour_is_stated
            )
            return replace(end_of_day, edge=edge)
        time = None if length is None else (datetime.datetime.min + length).time()
        return Closing.from_local(edge, date, time, self.zone, hour_is_stated=hour_is_stated)
