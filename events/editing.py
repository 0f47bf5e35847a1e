"""Entering and changing a session: its form, what contradicts itself, what a change sets off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auditing import Actor
from accounts.clashes import SeenField
from accounts.fields import LinesField
from accounts.models import Action, Programme, Theme, User
from events import history, messages, refusing, rescheduling, seating
from events.announcing import seats_of
from events.models import Session, SessionVersion, VirtualLink
from events.rescheduling import When
from moments.edges import Closing
from moments.forms import ClockField, ClosingField, TimeOfDayField, TimeOfDayInput
from moments.local import NoSuchMoment, day_before, local_instant, read_zone, validate_zone

_LANGUAGES = tuple(code for code, _label in settings.LANGUAGES)
_END_OF_DAY = timedelta(days=1)


# The rules of a session's form -------------------------------------------------------------------


class SessionForm(forms.ModelForm):
    """A session with its deadline, seats and virtual link; how times are entered is left open."""

    # Where the form that is shown has another field for it.
    shown_as: Mapping[str, str] = {}

    registration_closing = ClosingField(
        label=gettext_lazy("Registration deadline"), asks_certainty=False
    )
    # Before the deadline, whose zone it decides.
    field_order = ("time_zone",)
    capacity = forms.IntegerField(
        label=gettext_lazy("Seats"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text=gettext_lazy("Empty: unlimited. Fewer than are taken: nobody loses theirs."),
    )
    virtual_link = forms.URLField(
        label=gettext_lazy("Virtual link"),
        required=False,
        assume_scheme="https",
        max_length=1000,
        widget=forms.URLInput({"size": 80}),
        help_text=gettext_lazy("Secret: only registrants see it, from the release on."),
    )
    link_instructions = LinesField(
        label=gettext_lazy("How to take part"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Code, dial-in number, practical advice."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["registration_closing"] = self.instance.closing
            self.initial["capacity"] = seats_of(self.instance).capacity
            link = VirtualLink.objects.filter(session=self.instance).first()
            if link:
                self.initial["virtual_link"] = link.url
                self.initial["link_instructions"] = link.instructions

    def clean_time_zone(self) -> str:
        """The zone decides what the deadline's day and time mean."""
        key: str = self.cleaned_data["time_zone"]
        validate_zone(key)
        closing: Any = self.fields["registration_closing"]
        closing.zone = read_zone(key)
        return key

    def clean(self) -> dict[str, Any]:
        """Refuse what contradicts itself, next to the field where it can be mended."""
        cleaned = super().clean() or self.cleaned_data
        closing: Closing | None = cleaned.get("registration_closing")
        if closing is not None:
            self.instance.registration_edge = closing.edge
            self.instance.registration_closes_at = closing.closes_at
            opens_at = cleaned.get("registration_opens_at")
            if opens_at and opens_at >= closing.closes_at:
                self._refuse("registration_opens_at", _("Registration opens before it closes."))
        self._check_release(cleaned)
        self._check_end(cleaned, closing)
        return cleaned

    def _refuse(self, field: str, sentence: str) -> None:
        self.add_error(self.shown_as.get(field, field), sentence)

    def _check_release(self, cleaned: dict[str, Any]) -> None:
        facts = [cleaned.get(name) for name in ("starts_at", "link_days_before", "link_local_time")]
        starts_at, days, at = facts
        if starts_at is None or days is None or at is None or not cleaned.get("time_zone"):
            return
        zone = read_zone(cleaned["time_zone"])
        try:
            released_at = day_before(starts_at, zone, days=days, at=at)
        except OverflowError:
            self._refuse("link_days_before", _("That is too many days."))
            return
        if released_at >= starts_at:
            self._refuse("link_local_time", _("The link would go out after the start."))

    def _check_end(self, cleaned: dict[str, Any], closing: Closing | None) -> None:
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self._refuse("ends_at", _("A session ends after its start."))
        ended_at = self.initial.get("ends_at")
        if closing and ends_at and ended_at and ended_at >= closing.closes_at > ends_at:
            self._refuse(
                "registration_closing",
                _(
                    "Registration would close after the end."
                    " Set an earlier registration deadline first."
                ),
            )


# The form of the workspace -----------------------------------------------------------------------


def _day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    # What a browser's date box sends and takes is ISO 8601, whatever the language.
    iso_format = "%Y-%m-%d"
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=[iso_format],
        widget=forms.DateInput(format=iso_format, attrs={"type": "date"}),
        error_messages={"required": gettext_lazy("Fill in the date.")},
    )


def _clock_field(label: Any, *, required: bool = True, help_text: Any = "") -> TimeOfDayField:
    return TimeOfDayField(
        label=label,
        required=required,
        help_text=help_text,
        widget=TimeOfDayInput({"size": "8", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Fill in the time, for example 14:00."),
        },
    )


def _texts(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{code}" for code in _LANGUAGES for name in names)


TEXTS = ("title", "summary", "description", "audience", "venue")


class PageForm(SessionForm):
    """All that the page of a session needs, as organisers enter it."""

    shown_as = {
        "starts_at": "starts",
        "ends_at": "ends",
        "registration_opens_at": "opens_day",
    }

    # Fields that something else than the organiser filled in: not folded away.
    filled: Collection[str] = ()

    day = _day_field(gettext_lazy("Date"))
    starts = _clock_field(gettext_lazy("Starts at"), help_text=gettext_lazy("For example 14:00."))
    ends = _clock_field(gettext_lazy("Ends at"), help_text=gettext_lazy("For example 16:30."))
    last_day = _day_field(
        gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Only where it ends on another day than it starts."),
    )
    opens_day = _day_field(
        gettext_lazy("Registration opens on"),
        required=False,
        help_text=gettext_lazy("Empty: at publication."),
    )
    opens = _clock_field(
        gettext_lazy("Registration opens at"),
        required=False,
        help_text=gettext_lazy("Empty: at the start of that day."),
    )

    seen = SeenField()

    class Meta:
        model = Session
        fields = (
            "programme", "slug", "kind", "language", *_texts(*TEXTS), "themes", "attendance",
            "time_zone", "price", "audience_rule", "asks_access_needs", "asks_diet",
            "has_waiting_list", "promotion_stops_hours_before", "link_days_before",
            "link_local_time", "contact_name", "contact_email", "is_example",
        )  # fmt: skip
        widgets = {
            "themes": forms.CheckboxSelectMultiple,
            "link_local_time": TimeOfDayInput({"size": "8", "autocomplete": "off"}),
            **{f"summary_{code}": forms.Textarea({"rows": 3}) for code in _LANGUAGES},
            **{f"description_{code}": forms.Textarea({"rows": 10}) for code in _LANGUAGES},
            "time_zone": forms.TextInput({"size": "30"}),
        }
        field_classes = {
            "link_local_time": ClockField,
            **{
                f"{text}_{code}": LinesField
                for text in ("summary", "description")
                for code in _LANGUAGES
            },
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name_texts()
        if self.instance.pk and self.instance.status != Session.Status.DRAFT:
            # An address that people know stays what it is, and its registrants with their team.
            del self.fields["programme"], self.fields["slug"]
        else:
            programme: Any = self.fields["programme"]
            programme.queryset = Programme.objects.managed_by(user)
            choose = gettext_lazy("Choose a programme")
            programme.empty_label = None if programme.queryset.count() == 1 else choose
            self.fields["slug"].required = False
            self.fields["slug"].help_text = gettext_lazy(
                "The end of the page's address. Empty: made from the title."
            )
        if self.instance.pk:
            self._show_times(self.instance)
            reading = _("Now: %(wording)s, that is %(reading)s.") % {
                "wording": self.instance.closing.wording(),
                "reading": self.instance.closing.reading(),
            }
            closing = self.fields["registration_closing"]
            closing.help_text = f"{closing.help_text} {reading}"

    def _name_texts(self) -> None:
        """Each text by its own name; those of other languages with theirs."""
        for code in _LANGUAGES:
            for text in TEXTS:
                self.fields[f"{text}_{code}"].label = history.text_label(text, code)
        self.fields[f"title_{_LANGUAGES[0]}"].required = True

    def _show_times(self, session: Session) -> None:
        self.initial.update(shown_times(session.starts_at, session.ends_at, session.zone))
        # What the shared rules compare with.
        self.initial["ends_at"] = session.ends_at
        if session.registration_opens_at:
            opens = session.registration_opens_at.astimezone(session.zone)
            self.initial["opens_day"], self.initial["opens"] = opens.date(), _since_midnight(opens)

    def sections(self) -> list["Section"]:
        """The fields in the order in which organisers think of them."""
        shown = {name for name, field in self.fields.items() if not field.widget.is_hidden}
        return [
            Section(
                title,
                [self[name] for name in names if name in shown],
                is_folded=is_folded and not any(self._is_looked_at(name) for name in names),
            )
            for title, names, is_folded in self.parts()
        ]

    def _is_looked_at(self, name: str) -> bool:
        return name in self.errors or name in self.filled

    def parts(self) -> "Parts":
        """The sections: title, fields, and whether they are folded away."""
        return SECTIONS

    def clean(self) -> dict[str, Any]:
        """Read the times in the session's zone, propose an address, then the shared rules."""
        cleaned = self.cleaned_data
        if cleaned.get("time_zone"):
            self._read_times(cleaned, read_zone(cleaned["time_zone"]))
        cleaned = super().clean()
        if "slug" in self.fields and not cleaned.get("slug") and "slug" not in self.errors:
            cleaned["slug"] = free_slug(cleaned.get("title_nl") or "", but_of=self.instance)
        return cleaned

    def _read_times(self, cleaned: dict[str, Any], zone: ZoneInfo) -> None:
        day, starts, ends = (cleaned.get(name) for name in ("day", "starts", "ends"))
        if day is not None and starts is not None:
            self._read("starts_at", day, starts, zone)
        if day is not None and ends is not None:
            self._read("ends_at", cleaned.get("last_day") or day, ends, zone)
        for name in ("starts_at", "ends_at"):
            if name in cleaned:
                setattr(self.instance, name, cleaned[name])
        self.instance.registration_opens_at = None
        if cleaned.get("opens_day"):
            self._read(
                "registration_opens_at",
                cleaned["opens_day"],
                cleaned.get("opens") or timedelta(0),
                zone,
            )
            self.instance.registration_opens_at = cleaned.get("registration_opens_at")
        elif cleaned.get("opens") is not None:
            self.add_error("opens_day", _("Fill in the date."))

    def _read(self, name: str, day: date, since_midnight: timedelta, zone: ZoneInfo) -> None:
        try:
            wall = datetime.combine(day, time.min) + since_midnight
            self.cleaned_data[name] = local_instant(wall.date(), wall.time(), zone)
        except NoSuchMoment as refusal:
            self._refuse(name, str(refusal))
        except OverflowError:
            self._refuse(name, _("The year %(year)s cannot be right.") % {"year": day.year})


@dataclass(frozen=True)
class Section:
    """Fields that belong together; `is_folded` for those that few people need."""

    title: Promise
    fields: list[forms.BoundField]
    is_folded: bool = False


def _in_language(code: str) -> tuple[str, ...]:
    return tuple(f"{text}_{code}" for text in TEXTS)


# Title, fields, and whether they are folded away.
Parts = tuple[tuple[Promise, tuple[str, ...], bool], ...]
SECTIONS: Parts = (
    (gettext_lazy("Texts in Dutch"), ("programme", *_in_language("nl")), False),
    (gettext_lazy("Texts in French"), _in_language("fr"), True),
    (gettext_lazy("Texts in English"), _in_language("en"), True),
    (
        gettext_lazy("When and where"),
        ("day", "starts", "ends", "last_day", "time_zone", "attendance"),
        False,
    ),
    (
        gettext_lazy("Registration"),
        (
            "registration_closing", "capacity", "has_waiting_list", "audience_rule",
            "asks_access_needs", "asks_diet", "opens_day", "opens", "promotion_stops_hours_before",
        ),
        False,
    ),
    (
        gettext_lazy("Virtual link"),
        ("virtual_link", "link_instructions", "link_days_before", "link_local_time"),
        False,
    ),
    (gettext_lazy("Contact"), ("contact_name", "contact_email"), False),
    (
        gettext_lazy("What it is about"),
        ("kind", "language", "price", "themes", "slug", "is_example"),
        False,
    ),
)  # fmt: skip


def _since_midnight(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute)


def shown_times(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo) -> dict[str, Any]:
    """Day and hours as the form shows them: midnight is 24u00 of the day that ends there."""
    start = starts_at.astimezone(zone)
    shown = {"day": start.date(), "starts": _since_midnight(start)}
    if ends_at is None:
        return shown
    end = ends_at.astimezone(zone)
    if end.time() == time.min and end.date() == start.date() + _END_OF_DAY:
        return shown | {"ends": _END_OF_DAY}
    last_day = end.date() if end.date() != start.date() else None
    return shown | {"ends": _since_midnight(end), "last_day": last_day}


def free_slug(title: str, *, but_of: Session | None = None) -> str:
    """A short address made from a title that no other session has."""
    stem = slugify(title)[:70].strip("-") or "sessie"
    taken = set(
        Session.objects.filter(slug__startswith=stem)
        .exclude(pk=(but_of and but_of.pk) or 0)
        .values_list("slug", flat=True)
    )
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


# Saving ------------------------------------------------------------------------------------------


def locked(session: Session) -> Session:
    """The session as it is now, held until the end of the transaction."""
    # Whoever is registering refers to this row: that must not exclude it.
    rows = Session.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("programme").get(pk=session.pk)


@transaction.atomic
def save(form: SessionForm, *, by: Actor, now: datetime, tell: bool = True) -> Session:
    """Save a valid form, in one transaction with the version it makes.

    Raises `CannotMove`. With `tell`, registrants of a published session hear of another time or
    place.
    """
    session: Session = form.instance
    is_new = session.pk is None
    if not is_new and not form.has_changed():
        return session
    if not is_new:
        history.keep_first(session, now=now)
    link = (form.cleaned_data["virtual_link"], form.cleaned_data["link_instructions"])
    form.save(commit=False)
    write(session, capacity=form.cleaned_data["capacity"], now=now, tell=tell)
    save_link(session, *link)
    form.save_m2m()
    action = Action.SESSION_ADDED if is_new else Action.SESSION_CHANGED
    history.keep(session, by=by, now=now, action=action)
    return session


@transaction.atomic
def put_back(
    session: Session, version: SessionVersion, *, by: Actor, now: datetime, tell: bool = True
) -> None:
    """Make a session what it was in a version, agenda and all, as a new change.

    Its status, its address and its virtual link stay. Raises `CannotMove`.
    """
    fresh = locked(session)
    history.keep_first(fresh, now=now)
    history.put_on(fresh, version.content)
    write(fresh, capacity=version.content["capacity"], now=now, tell=tell)
    fresh.themes.set(Theme.objects.filter(code__in=version.content["themes"]))
    history.put_agenda_back(fresh, version.content["agenda"])
    history.keep(fresh, by=by, now=now)


@transaction.atomic
def write(session: Session, *, capacity: int | None, now: datetime, tell: bool = True) -> None:
    """Write a session; a move and another place go the way that counts and tells them."""
    before = Session.objects.select_related("seats").filter(pk=session.pk).first()
    if before is None:
        session.save()
        seating.set_capacity(session, capacity, now=now)
        return
    was = messages.as_told(before)
    to = When(session.starts_at, session.ends_at)
    session.starts_at, session.ends_at = before.starts_at, before.ends_at
    session.save()
    Session.objects.filter(pk=session.pk).update(changed_at=now)
    if seats_of(before).capacity != capacity:
        seating.set_capacity(session, capacity, now=now)
    seating.fill(session, now=now)
    if to != When(before.starts_at, before.ends_at):
        rescheduling.move(session, to, now=now, tell=tell, was=was)
    elif is_elsewhere(before, session):
        rescheduling.change_place(session, now=now, tell=tell, was=was)
    if session.audience_rule != before.audience_rule:
        refusing.mark_outside_audience(session)


def save_link(session: Session, url: str, instructions: str) -> None:
    """Set the virtual link; an empty one takes it away."""
    if not url:
        VirtualLink.objects.filter(session=session).delete()
        return
    VirtualLink.objects.update_or_create(
        session=session, defaults={"url": url, "instructions": instructions}
    )


def concerns_registrants(before: Session, after: Session) -> bool:
    """Whether those who registered may want to hear of a change: another time, another place."""
    is_moved = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
    is_known = before.status == Session.Status.PUBLISHED
    return is_known and (is_moved or is_elsewhere(before, after))


def is_elsewhere(before: Session, after: Session) -> bool:
    """Whether people have to go elsewhere; a translation that was still missing is no change."""
    if before.attendance != after.attendance:
        return True
    venues = [f"venue_{code}" for code in _LANGUAGES]
    was, now_is = ([getattr(row, venue) or "" for venue in venues] for row in (before, after))
    if not any(was):
        return any(now_is)
    return any(old and old != new for old, new in zip(was, now_is, strict=True))


@transaction.atomic
def save_paragraph(
    session: Session, kind: str, texts: Mapping[str, str], *, by: Actor, now: datetime
) -> None:
    """Set the organisers' own paragraph in mails of a kind; without any text there is none."""
    fresh = locked(session)
    history.keep_first(fresh, now=now)
    kept = dict(fresh.mail_paragraphs)
    kept.pop(kind, None)
    if written := {code: text for code, text in texts.items() if text}:
        kept[kind] = written
    # It is no part of what calendars say of the session.
    Session.objects.filter(pk=fresh.pk).update(mail_paragraphs=kept)
    history.keep(fresh, by=by, now=now)
