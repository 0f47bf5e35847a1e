"""The administration of sessions and registrations, for organisers."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline

from accounts.access import organises
from accounts.admin import OrganiserAdmin, OrganiserInline
from accounts.auditing import actor_of, record
from accounts.models import Action
from events import agenda, editing, history, refusing, registering, rescheduling, seating, speaking
from events.announcing import announce, seats_of
from events.editing import SessionForm
from events.models import (
    AgendaItem,
    Consent,
    ConsentText,
    Contribution,
    Needs,
    Registration,
    Session,
    Speaker,
)
from events.registering import Applicant
from mailing.models import Message
from moments.local import UnknownZone, read_zone

# Filters name only what stands in the list: another programme's drafts are none of one's business.
OWN_ROWS = admin.RelatedOnlyFieldListFilter

# What the audit log calls it when a session gets this status.
BECAME: dict[str, Action] = {
    Session.Status.DRAFT: Action.SESSION_UNPUBLISHED,
    Session.Status.PUBLISHED: Action.SESSION_PUBLISHED,
    Session.Status.CANCELLED: Action.SESSION_CANCELLED,
}


class AgendaItemForm(forms.ModelForm):
    """An agenda item with its speakers as lines."""

    speakers = forms.CharField(
        label=gettext_lazy("Speakers"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("One a line: name, role."),
        validators=[speaking.validate_lines],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["speakers"] = speaking.as_lines(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse an item that ends before it starts, in words rather than by its constraint."""
        cleaned = super().clean() or self.cleaned_data
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            title = cleaned.get("title_nl") or ""
            self.add_error("ends_at", _("“%(title)s” ends before it starts.") % {"title": title})
        if self.instance.pk and {"starts_at", "ends_at"}.intersection(self.changed_data):
            self.instance.sequence += 1
        return cleaned


class AgendaFormSet(BaseInlineFormSet):
    """The agenda as a whole: its times must fit the session and each other."""

    def clean(self) -> None:
        """Refuse an agenda that does not fit; items that were not touched move with the session."""
        super().clean()
        session = self.instance
        if any(self.errors) or not session.starts_at or not session.ends_at:
            return
        shift = session.starts_at - _start_before(session)
        slots = [
            agenda.Slot(
                title=item.title or "",
                kind=item.kind,
                starts_at=item.starts_at + (timedelta(0) if form.has_changed() else shift),
                ends_at=item.ends_at + (timedelta(0) if form.has_changed() else shift),
                is_parallel=item.is_parallel,
                track=item.track or "",
            )
            for form in self.forms
            if not form.cleaned_data.get("DELETE") and (item := form.instance).starts_at
        ]
        found = agenda.problems(
            slots, starts_at=session.starts_at, ends_at=session.ends_at, zone=session.zone
        )
        if found:
            raise ValidationError(found)


def _start_before(session: Session) -> datetime:
    """When the session starts according to the database; a new one where it says itself."""
    saved = Session.objects.filter(pk=session.pk).values_list("starts_at", flat=True).first()
    return saved or session.starts_at


class AgendaInline(TranslationStackedInline, OrganiserInline):
    """The agenda of a session."""

    model = AgendaItem
    form = AgendaItemForm
    formset: Any = AgendaFormSet
    extra = 0
    show_change_link = True
    verbose_name_plural = gettext_lazy("agenda: what lies within the time of a block belongs to it")
    fieldsets = (
        (None, {"fields": (("starts_at", "ends_at"), ("kind", "title_nl"), "speakers")}),
        (
            gettext_lazy("Other languages and parallel items"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("title_fr", "title_en"),
                    "is_parallel",
                    ("track_nl", "track_fr", "track_en"),
                ),
            },
        ),
    )


class SessionAdminForm(SessionForm):
    """A session with its status, which the workspace changes by gestures of their own."""

    # What the organiser saw: whoever saves later must not undo what another saved meanwhile.
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_at"] = self.instance.changed_at.isoformat()

    def clean(self) -> dict[str, Any]:
        """Refuse a status that cannot follow, and what somebody else changed meanwhile."""
        cleaned = super().clean()
        seen_at = cleaned.get("seen_at") or ""
        if self.instance.pk and seen_at and seen_at != self.initial["seen_at"]:
            raise ValidationError(
                _(
                    "Somebody else has changed this session since you opened it. Open it again in"
                    " another tab, compare, and make your change there."
                )
            )
        self._check_status(cleaned.get("status"))
        return cleaned

    def _check_status(self, wanted: str | None) -> None:
        was = self.initial.get("status")
        if was == Session.Status.CANCELLED and wanted != was:
            self.add_error("status", _("A cancelled session stays cancelled; make a new one."))
        if was == Session.Status.DRAFT and wanted == Session.Status.CANCELLED:
            self.add_error("status", _("A draft is not cancelled; it is simply not published."))
        is_hidden = was == Session.Status.PUBLISHED and wanted == Session.Status.DRAFT
        if is_hidden and self.instance.registrations.exists():
            self.add_error(
                "status", _("People have registered. Cancel the session, so that they know.")
            )


def _in_language(code: str, label: str) -> Any:
    """The texts of a session in one more language, folded away."""
    texts = ("title", "summary", "description", "audience", "venue")
    return label, {"classes": ("collapse",), "fields": tuple(f"{text}_{code}" for text in texts)}


@admin.register(Session)
class SessionAdmin(OrganiserAdmin, TranslationAdmin):
    """Sessions: everything that a page needs, from nothing to published."""

    form = SessionAdminForm
    inlines = (AgendaInline,)
    list_display = ("title", "starts_at", "programme", "status", "shown_state", "seats", "link")
    list_filter = ("status", ("programme", OWN_ROWS), "attendance", "starts_at")
    search_fields = ("title_nl", "title_fr", "title_en", "slug")
    date_hierarchy = "starts_at"
    filter_horizontal = ("themes",)
    prepopulated_fields = {"slug": ("title_nl",)}
    save_on_top = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "programme",
                    "status",
                    "title_nl",
                    "slug",
                    "kind",
                    "summary_nl",
                    "seen_at",
                )
            },
        ),
        (
            gettext_lazy("When and where"),
            {"fields": ("time_zone", ("starts_at", "ends_at"), "attendance", "venue_nl")},
        ),
        (
            gettext_lazy("Registration"),
            {
                "fields": (
                    "registration_opens_at",
                    "registration_closing",
                    "audience_rule",
                    "capacity",
                    "has_waiting_list",
                    "promotion_stops_hours_before",
                    "asks_access_needs",
                    "asks_diet",
                )
            },
        ),
        (
            gettext_lazy("Virtual link"),
            {
                "fields": (
                    "virtual_link",
                    "link_instructions",
                    ("link_days_before", "link_local_time"),
                )
            },
        ),
        (
            gettext_lazy("Content"),
            {"fields": ("description_nl", "audience_nl", "language", "price", "themes")},
        ),
        (gettext_lazy("Contact"), {"fields": ("contact_name", "contact_email")}),
        *(_in_language(code, label) for code, label in settings.LANGUAGES[1:]),
        (
            gettext_lazy("Cancellation"),
            {
                "classes": ("collapse",),
                "fields": tuple(
                    f"cancellation_reason_{code}" for code, _label in settings.LANGUAGES
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """With what the list shows, in the same query."""
        return super().get_queryset(request).select_related("programme", "seats", "virtual_link")

    def get_readonly_fields(self, request: HttpRequest, obj: Session | None = None) -> Any:
        """An address that people may know stays what it is."""
        return ("slug",) if _is_known(obj) else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Session | None = None) -> Any:
        """The address follows the title until it is known."""
        return {} if _is_known(obj) else self.prepopulated_fields

    def view_on_site(self, session: Session) -> str | None:
        """The page that visitors see, once there is one."""
        return None if session.status == Session.Status.DRAFT else session.get_absolute_url()

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, session: Session) -> str:
        """What visitors read."""
        return announce(session, timezone.now()).word

    @admin.display(description=gettext_lazy("seats"))
    def seats(self, session: Session) -> str:
        """How many seats are taken, and who waits."""
        seats = seats_of(session)
        return f"{seats} (+{seats.waiting})" if seats.waiting else str(seats)

    @admin.display(description=gettext_lazy("link"))
    def link(self, session: Session) -> str:
        """Whether the virtual link is there, without showing it."""
        if not session.has_link:
            return "–"
        return _("there") if hasattr(session, "virtual_link") else _("still missing")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show and read times in the session's own zone."""
        with timezone.override(self._zone_of_form(request, object_id)):
            response: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
            # Rendered here, while the zone holds.
            if isinstance(response, TemplateResponse):
                response.render()
            return response

    def _zone_of_form(self, request: HttpRequest, object_id: str | None) -> tzinfo:
        """The zone that is sent with the times; else the session's own, Brussels for a new one."""
        try:
            return read_zone(request.POST.get("time_zone", ""))
        except UnknownZone:
            session = self.get_object(request, object_id) if object_id else None
            return session.zone if session else timezone.get_default_timezone()

    def save_model(self, request: HttpRequest, obj: Session, form: Any, change: bool) -> None:
        """Save; a move, another place and a cancellation go the way that tells registrants."""
        now, wanted = timezone.now(), obj.status
        before = Session.objects.get(pk=obj.pk) if change else None
        if before is not None:
            history.keep_first(obj, now=now)
            # It is cancelled, or published, after it has been moved as what it was.
            if wanted == Session.Status.CANCELLED or before.status == Session.Status.DRAFT:
                obj.status = before.status
        if change and not form.has_changed():
            return
        try:
            editing.write(obj, capacity=form.cleaned_data["capacity"], now=now)
        except rescheduling.CannotMove as refusal:
            messages.error(request, str(refusal))
            return
        editing.save_link(
            obj, form.cleaned_data["virtual_link"], form.cleaned_data["link_instructions"]
        )
        if before is None:
            return
        told = obj.registrations.live().count()
        if told and editing.concerns_registrants(before, obj):
            messages.info(request, _told(told))
        if wanted == Session.Status.PUBLISHED and obj.status != wanted:
            obj.status = wanted
            obj.save(update_fields=["status"])
        if wanted == Session.Status.CANCELLED:
            told = rescheduling.cancel_session(obj, now=now)
            if told:
                messages.info(request, _told(told))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With its agenda and themes saved, the session is a version of its own."""
        super().save_related(request, form, formsets, change)
        session: Session = form.instance
        became = BECAME[session.status] if "status" in form.changed_data else None
        action = (became or Action.SESSION_CHANGED) if change else Action.SESSION_ADDED
        history.keep(session, by=actor_of(request), now=timezone.now(), action=action)
        if not change and session.status != Session.Status.DRAFT:
            _note(request, BECAME[session.status], session)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the agenda with its speakers, and put items into their blocks."""
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            if (
                "speakers" in row.changed_data
                and row.instance.pk
                and row not in formset.deleted_forms
            ):
                speaking.set_from_lines(row.instance, row.cleaned_data["speakers"])
        if formset.has_changed():
            agenda.nest(form.instance)
            Session.objects.filter(pk=form.instance.pk).update(changed_at=timezone.now())

    def note_deletion(self, request: HttpRequest, row: Any) -> None:
        """What the log says of it stays."""
        _note(request, Action.SESSION_DELETED, row)


def _note(
    request: HttpRequest, action: Action, row: Session | Registration, **details: Any
) -> None:
    """Write down what the person did to a session or a registration."""
    session = row if isinstance(row, Session) else row.session
    record(
        action,
        by=actor_of(request),
        now=timezone.now(),
        programme=session.programme,
        about=row,
        session_id=session.pk,
        **details,
    )


def _is_known(session: Session | None) -> bool:
    return session is not None and session.status != Session.Status.DRAFT


def _told(number: int) -> str:
    return ngettext(
        "A mail goes to %(number)s person.", "A mail goes to %(number)s people.", number
    ) % {"number": number}


class ContributionInline(admin.TabularInline):
    """The speakers of an agenda item, with their role and organisation of that day."""

    model = Contribution
    extra = 0
    fields = ("speaker", "role_nl", "role_fr", "role_en", "organisation", "position")
    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = (
        lambda self, request, obj=None: organises(request.user)
    )


@admin.register(AgendaItem)
class AgendaItemAdmin(OrganiserAdmin, TranslationAdmin):
    """One agenda item in detail; sessions are where one starts."""

    list_display = ("title", "session", "starts_at", "ends_at", "kind")
    list_filter = ("kind",)
    search_fields = ("title_nl", "session__title_nl")
    fields = ("session", "kind", "title", "description", ("starts_at", "ends_at"), "track")
    readonly_fields = ("session", "starts_at", "ends_at")
    inlines = (ContributionInline,)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What visitors read of the session has changed, in its calendar too."""
        now, session = timezone.now(), form.instance.session
        super().save_related(request, form, formsets, change)
        Session.objects.filter(pk=session.pk).update(changed_at=now)
        history.keep(session, by=actor_of(request), now=now)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Items are added on their session."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Reached from the session."""
        return False


class ConsentInline(admin.TabularInline):
    """What somebody agreed to; not to be edited."""

    model = Consent
    extra = 0
    fields = readonly_fields = ("wording", "given_at")
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Organisers see these."""
        return organises(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody agrees on behalf of somebody else."""
        return False


class NeedsInline(admin.TabularInline):
    """What somebody needs; to read, never to edit."""

    model = Needs
    extra = 0
    fields = readonly_fields = ("access", "diet", "consented_at")
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Organisers see these; that they looked is written down."""
        return organises(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the person says what they need."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor does anybody else change it."""
        return False


@admin.register(Registration)
class RegistrationAdmin(OrganiserAdmin):
    """Registrations: the list, adding somebody, cancelling, placing from the waiting list."""

    list_display = (
        "listed_name", "email", "organisation_name", "session", "state", "mail_arrives",
        "received_at",
    )  # fmt: skip
    list_filter = (
        "state", ("session", OWN_ROWS), "is_outside_audience", "language", "organisation__kind",
    )  # fmt: skip
    search_fields = ("name", "email", "organisation_name", "organisation__name_nl")
    date_hierarchy = "received_at"
    list_select_related = ("session__programme",)
    inlines = (NeedsInline, ConsentInline)
    actions = ("cancel_chosen", "place_chosen", "send_again")
    fields = ("session", "name", "email", "organisation_name", "job_title", "language")
    shown = (
        "state", "received_at", "confirmed_at", "cancelled_at", "cancelled_by", "group",
        "substitute_for",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Registration | None = None) -> Any:
        """With its history, once it exists."""
        return (*self.fields, *self.shown) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Registration | None = None) -> Any:
        """State, session and address do not change here."""
        return ("session", "email", *self.shown) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is anonymous stays so."""
        is_named = obj is None or not obj.is_anonymous
        return super().has_change_permission(request, obj) and is_named

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was cancelled: deleting does not give the seat back."""
        is_seated = obj is not None and not obj.is_cancelled
        return super().has_delete_permission(request, obj) and not is_seated

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:
        """Add somebody by the same rules as everybody, but also outside the period."""
        if change:
            registering.name_organisation(obj, obj.organisation_name)
            super().save_model(request, obj, form, change)
            if form.changed_data:
                _note(request, Action.REGISTRATION_CHANGED, obj, fields=form.changed_data)
            return
        applicant = Applicant(
            name=obj.name,
            email=obj.email,
            organisation_name=obj.organisation_name,
            job_title=obj.job_title,
            language=obj.language,
        )
        outcome = registering.register(
            obj.session, applicant, received_at=timezone.now(), by_organiser=True
        )
        obj.pk = outcome.registration.pk
        if outcome.is_own:
            _note(request, Action.REGISTRATION_ADDED, outcome.registration)

    def note_list(self, request: HttpRequest, rows: list[Any]) -> None:
        """Once for each programme of which it showed somebody: each has a lead who reads it."""
        for programme in {row.session.programme: None for row in rows}:
            sessions = [row.session_id for row in rows if row.session.programme == programme]
            record(
                Action.REGISTRATIONS_SEEN,
                by=actor_of(request),
                now=timezone.now(),
                programme=programme,
                session_id=sessions[0] if len(set(sessions)) == 1 else None,
                people=len(sessions),
            )

    def note_row(self, request: HttpRequest, row: Any) -> None:
        """Whoever opens one registration sees who it is."""
        _note(request, Action.REGISTRATION_SEEN, row)

    def note_deletion(self, request: HttpRequest, row: Any) -> None:
        """What the log says of it stays."""
        _note(request, Action.REGISTRATION_DELETED, row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """With whether a mail to them failed."""
        failed = Message.objects.filter(
            kind__startswith="events.", object_id=OuterRef("pk"), state=Message.State.FAILED
        )
        rows: QuerySet[Registration] = super().get_queryset(request)
        return rows.annotate(has_failed_mail=Exists(failed))

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def listed_name(self, registration: Registration) -> str:
        """The name, or that there is none any more."""
        return registration.shown_name

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Whoever gets to see somebody's needs is written down."""
        response = super().change_view(request, object_id, *args, **kwargs)
        needs = (
            Needs.objects.filter(registration_id=object_id).first() if _is_shown(response) else None
        )
        if needs is not None:
            session = needs.registration.session
            record(
                Action.NEEDS_SEEN,
                by=actor_of(request),
                now=timezone.now(),
                programme=session.programme,
                about=needs.registration,
                session_id=session.pk,
            )
        return response

    @admin.display(description=gettext_lazy("mail arrives"), boolean=True)
    def mail_arrives(self, registration: Any) -> bool:
        """Whether no mail to them was given up."""
        return not registration.has_failed_mail

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A seat that goes between the check and the saving is a refusal, not a fault."""
        try:
            with transaction.atomic():
                return super().add_view(request, *args, **kwargs)
        except refusing.RegistrationRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """On adding, a refusal becomes an error in the form."""
        if obj is None:
            kwargs["form"] = AddRegistrationForm
        return super().get_form(request, obj, change, **kwargs)

    @admin.action(description=gettext_lazy("Cancel, and tell them"))
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        """Cancel the chosen registrations."""
        named = chosen.named()  # type: ignore[attr-defined] # our own queryset
        by = Registration.CancelledBy.ORGANISER
        done = 0
        for row in named.select_related("session__programme"):
            with transaction.atomic():
                if registering.cancel(row, now=timezone.now(), by=by):
                    _note(request, Action.REGISTRATION_CANCELLED, row)
                    done += 1
        self.message_user(request, _told(done))

    @admin.action(description=gettext_lazy("Give a seat from the waiting list, and tell them"))
    def place_chosen(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        """Place the chosen people, beyond the capacity if need be."""
        named = chosen.named()  # type: ignore[attr-defined] # our own queryset
        done = 0
        for row in named.select_related("session__programme"):
            with transaction.atomic():
                if seating.place(row, now=timezone.now()):
                    _note(request, Action.REGISTRATION_PLACED, row)
                    done += 1
        self.message_user(request, _told(done))

    @admin.action(description=gettext_lazy("Send the mail with their link again"))
    def send_again(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        """Send the chosen people their mail again."""
        live = chosen.named().live()  # type: ignore[attr-defined] # our own queryset
        for row in live:
            registering.send_again(row, now=timezone.now())
        self.message_user(request, _told(live.count()))


def _is_shown(response: HttpResponse) -> bool:
    """Whether a page comes, rather than a way elsewhere."""
    return response.status_code == 200


class AddRegistrationForm(forms.ModelForm):
    """Somebody an organiser adds."""

    def clean(self) -> dict[str, Any]:
        """Refuse what the rules refuse, before anything is saved."""
        cleaned = super().clean() or self.cleaned_data
        session = cleaned.get("session")
        if session is None:
            return cleaned
        try:
            refusing.refuse_unusable(cleaned.get("email") or "")
            refusing.refuse_unless_open(session, timezone.now(), by_organiser=True)
        except refusing.RegistrationRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        if seats_of(session).is_full and not session.has_waiting_list:
            raise ValidationError(_("All seats are taken. Raise the number of seats first."))
        return cleaned


@admin.register(Speaker)
class SpeakerAdmin(admin.ModelAdmin):
    """Speakers."""

    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(ConsentText)
class ConsentTextAdmin(OrganiserAdmin, TranslationAdmin):
    """What a programme asks leave for."""

    list_display = ("text", "programme", "is_asked", "position")
    list_filter = (("programme", OWN_ROWS), "is_asked")
