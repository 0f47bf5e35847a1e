"""A calendar to subscribe to, put together by the visitor: sessions, deadlines, or both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Programme, Theme
from accounts.names import is_storable
from events import calendars as sessions
from events.choosing import Choice
from events.models import Session, SessionQuerySet
from ical.entries import Status
from ical.responses import Contents
from moments import words
from moments.local import BRUSSELS
from procurement import calendars as deadlines
from procurement.models import Call, Deadline, DeadlineQuerySet

# Entries that the page shows of a calendar.
SHOWN = 5
SESSIONS, DEADLINES = "sessions", "deadlines"


class FeedForm(forms.Form):
    """What the calendar holds and how; a value that is no choice counts as not chosen."""

    show = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("What you want in it"),
        choices=[
            (SESSIONS, gettext_lazy("Sessions")),
            (DEADLINES, gettext_lazy("Submission deadlines")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    theme = forms.ModelChoiceField(
        Theme.objects.none(),
        required=False,
        to_field_name="code",
        label=gettext_lazy("Theme"),
        empty_label=gettext_lazy("Any theme"),
    )
    programme = forms.ModelChoiceField(
        Programme.objects.none(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Programme"),
        empty_label=gettext_lazy("Any programme"),
    )
    kind = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Which sessions"),
        choices=Session.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen: all."),
    )
    attendance = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Taking part"),
        choices=[("", gettext_lazy("Any way")), *Session.Attendance.choices],
    )
    language = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Spoken language"),
        choices=[("", gettext_lazy("Any language")), *Session.Language.choices],
    )
    items = forms.BooleanField(
        required=False,
        label=gettext_lazy("Each agenda item as an entry of its own, instead of the session"),
    )
    step = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Which deadlines"),
        choices=Deadline.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen: all."),
    )
    times = forms.ChoiceField(
        required=False,
        label=gettext_lazy("How deadlines stand in your calendar"),
        choices=[
            (
                deadlines.Shape.AS_SAID.value,
                gettext_lazy("A day where it closes with the day, else at its hour"),
            ),
            (
                deadlines.Shape.DAY.value,
                gettext_lazy("At the top of the day, with the hour in the title"),
            ),
            (
                deadlines.Shape.HOUR.value,
                gettext_lazy("The half hour before it, among your appointments"),
            ),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "“24u00” stands on its own day in each of them, and none makes you look busy."
        ),
    )

    def __init__(self, data: QueryDict) -> None:
        given = data.copy()
        for name, values in data.lists():
            # PostgreSQL refuses NUL even in a question.
            given.setlist(name, [value for value in values if is_storable(value)])
        super().__init__(given)
        self._let_choose("theme", Theme.objects.all())
        self._let_choose("programme", Programme.objects.all())
        # Who subscribed to a theme that is gone gets nothing, rather than everything.
        self.is_about_nothing = bool({"theme", "programme"}.intersection(self.errors))
        for name in list(self.errors):
            field: Any = self.fields[name]
            there = {str(value) for value, _label in field.choices}
            given.setlist(name, [value for value in given.getlist(name) if value in there])
        if not given.getlist("show"):
            given.setlist("show", [SESSIONS, DEADLINES])
        self.full_clean()
        has_sessions = Q(sessions__in=Session.objects.public())
        is_told = has_sessions | Q(calls__in=Call.objects.public())
        for name in ("theme", "programme"):
            chosen = Q(pk=getattr(self.cleaned_data[name], "pk", None))
            offered: Any = self.fields[name]
            self._let_choose(name, offered.queryset.filter(is_told | chosen).distinct())

    def _let_choose(self, name: str, rows: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = rows

    @property
    def has_sessions(self) -> bool:
        """Whether sessions were asked for."""
        return SESSIONS in self.cleaned_data["show"]

    @property
    def has_deadlines(self) -> bool:
        """Whether deadlines were asked for."""
        return DEADLINES in self.cleaned_data["show"]

    def address(self) -> str:
        """The path of the calendar: the same for the same choices, without what is not chosen."""
        chosen: list[tuple[str, str]] = []
        for name, value in self.cleaned_data.items():
            if isinstance(value, list):
                # All that there is, is what one gets without choosing.
                if len(value) < len(dict(self.fields[name].choices)):  # type: ignore[attr-defined]
                    chosen += [(name, each) for each in value]
            elif isinstance(value, Theme | Programme):
                chosen.append((name, value.code if isinstance(value, Theme) else value.slug))
            elif value:
                chosen.append((name, "1" if value is True else value))
        path = reverse("portal:calendar-feed")
        return f"{path}?{urlencode(chosen)}" if chosen else path

    def name(self) -> str:
        """What subscribers see it called."""
        if not self.has_deadlines:
            what = _("Sessions")
        elif not self.has_sessions:
            what = _("Submission deadlines")
        else:
            what = _("Sessions and deadlines")
        of = [self.cleaned_data["programme"], self.cleaned_data["theme"]]
        return " · ".join([settings.SITE_NAME, what, *(str(each) for each in of if each)])

    def contents(self, now: datetime) -> Contents:
        """What the calendar holds at a moment."""
        return self._contents(self._sessions(now), self._deadlines(now))

    def preview(self, now: datetime) -> "Preview":
        """How many sessions and deadlines are to come, and the first entries as they will stand."""
        coming = self._sessions(now).coming(now)
        ahead = self._deadlines(now).filter(closes_at__gt=now)
        entries = self._contents(coming[:SHOWN], ahead[:SHOWN]).entries
        first = sorted(entries, key=lambda entry: str(entry.dtstart))[:SHOWN]
        return Preview(
            coming.count(),
            ahead.count(),
            [(when_of(entry.starts_at), entry.summary, entry.status) for entry in first],
        )

    def _contents(self, chosen: Iterable[Session], dates: Iterable[Deadline]) -> Contents:
        cleaned = self.cleaned_data
        shape = deadlines.Shape(cleaned["times"])
        return sessions.contents(chosen, has_items=cleaned["items"]) + deadlines.contents(
            dates, shape=shape
        )

    def _sessions(self, now: datetime) -> SessionQuerySet:
        found = self._choice().subscribed(now).for_pages()
        return found if self.has_sessions and not self.is_about_nothing else found.none()

    def _choice(self) -> Choice:
        cleaned = self.cleaned_data
        theme, programme = cleaned["theme"], cleaned["programme"]
        values = {
            "theme": [theme.code] if theme else [],
            "programme": [programme.slug] if programme else [],
            "language": [cleaned["language"]],
            "kind": cleaned["kind"],
            "attendance": [cleaned["attendance"]],
        }
        asked = {name: list(filter(None, each)) for name, each in values.items()}
        return Choice({name: each for name, each in asked.items() if each}, text="", is_past=False)

    def _deadlines(self, now: datetime) -> DeadlineQuerySet:
        cleaned = self.cleaned_data
        found = Deadline.objects.in_feeds(now).for_pages().with_changes()
        if cleaned["theme"]:
            found = found.filter(call__themes=cleaned["theme"])
        if cleaned["programme"]:
            found = found.filter(call__programme=cleaned["programme"])
        if cleaned["step"]:
            found = found.filter(kind__in=cleaned["step"])
        found = found.order_by("closes_at", "pk")
        return found if self.has_deadlines and not self.is_about_nothing else found.none()


@dataclass(frozen=True)
class Preview:
    """What a calendar would show from now on."""

    sessions: int
    deadlines: int
    entries: list[tuple[str, str, Status]]


def when_of(starts_at: datetime | date) -> str:
    """The day, with the hour where the entry has one, as in Brussels."""
    if isinstance(starts_at, datetime):
        return words.moment(starts_at, BRUSSELS)
    return words.weekday_date(starts_at)
