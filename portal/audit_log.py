"""Reading the audit log: which entries somebody may read and asked for, and the same as a file."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auditing import Actor, record
from accounts.models import Action, AuditEntry, AuditQuerySet, Programme, User
from accounts.spreadsheets import as_csv
from events.models import Session
from events.retelling import Retold, retell
from moments.local import BRUSSELS, local_instant

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


class DayField(forms.DateField):
    """A day within living memory, so that the instants it stands for exist in every zone."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    default_validators = [
        MinValueValidator(EARLIEST, gettext_lazy("Choose a day in this century.")),
        MaxValueValidator(LATEST, gettext_lazy("Choose a day in this century.")),
    ]


class AuditFilter(forms.Form):
    """What somebody looks for in the entries they may read."""

    programme = forms.ModelChoiceField(
        Programme.objects.none(),
        label=gettext_lazy("Programme"),
        required=False,
        empty_label=gettext_lazy("all programmes"),
    )
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Who"),
        required=False,
        empty_label=gettext_lazy("everybody"),
    )
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    session = forms.ModelChoiceField(
        Session.objects.none(),
        label=gettext_lazy("Session"),
        required=False,
        empty_label=gettext_lazy("all sessions"),
    )
    first_date = DayField(label=gettext_lazy("From day"), required=False)
    last_date = DayField(label=gettext_lazy("Through day"), required=False)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readable = AuditEntry.objects.led_by(reader)
        offered: Any = self.fields
        offered["programme"].queryset = Programme.objects.led_by(reader)
        offered["person"].queryset = User.objects.filter(
            pk__in=self.readable.order_by().values("user")
        ).order_by("name", "email")
        offered["session"].queryset = Session.objects.filter(
            programme__in=Programme.objects.led_by(reader)
        )
        acts = sorted(Action.choices, key=lambda choice: str(choice[1]))
        offered["action"].choices = [("", _("everything")), *acts]

    def entries(self) -> AuditQuerySet:
        """The entries asked for, the latest first; none while something cannot be understood."""
        if not self.is_valid():
            return self.readable.none()
        asked, entries = self.cleaned_data, self.readable
        if asked["programme"]:
            entries = entries.filter(programme=asked["programme"])
        if asked["person"]:
            entries = entries.filter(user=asked["person"])
        if asked["action"]:
            entries = entries.filter(action=asked["action"])
        if asked["session"]:
            entries = entries.of_session(asked["session"].pk)
        if asked["first_date"]:
            entries = entries.since(_start_of(asked["first_date"]))
        if asked["last_date"]:
            entries = entries.filter(at__lt=_start_of(asked["last_date"] + timedelta(days=1)))
        return entries.for_pages()


def _start_of(day: date) -> datetime:
    return local_instant(day, time.min, BRUSSELS)


@transaction.atomic
def export(entries: AuditQuerySet, *, reader: User, by: Actor, now: datetime) -> str:
    """The entries as a file for a spreadsheet; written down for each programme."""
    told = retell(entries, reader=reader)
    rows = Counter(line.entry.programme_id for line in told)
    programmes = Programme.objects.in_bulk([pk for pk in rows if pk is not None])
    for pk, number in rows.items():
        record(
            Action.AUDIT_EXPORTED, by=by, now=now, programme=programmes.get(pk or 0), rows=number
        )
    heads = (
        _("Moment"), _("Who"), _("E-mail address"), _("From address"), _("What"), _("Programme"),
        _("Session"), _("Number of the session"), _("About"), _("Details"),
    )  # fmt: skip
    return as_csv(heads, [_cells(line) for line in told])


def _cells(line: Retold) -> tuple[str, ...]:
    entry = line.entry
    return (
        entry.at.astimezone(BRUSSELS).isoformat(sep=" ", timespec="seconds"),
        entry.who,
        entry.user.email if entry.user else "",
        entry.network_address or "",
        entry.get_action_display(),
        str(entry.programme or ""),
        line.session,
        str(entry.session_id or ""),
        line.about,
        line.details,
    )
