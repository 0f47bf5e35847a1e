"""The attendee list of a session: its columns, its filters, and what an address asks of it.

A new column is one entry in `COLUMNS`, a new filter one in `FILTERS`: the page, its address, saved
views and exports follow from those two lists. The questions of a session add theirs (`Offer`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import and_, or_
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, Lower
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, OrganisationKind
from accounts.names import is_storable, matching_key
from events.messages import KINDS, lacks_link_mail
from events.models import (
    Answer,
    Needs,
    Presence,
    Question,
    Registration,
    RegistrationGroup,
    Session,
)
from events.models.question import ANSWER
from mailing.models import Message
from moments import words

Words = str | Promise
Cell = str | bool | datetime | None

LINK_OWED, NO_MAIL = "link-owed", "none"
# The filter and the column that say whether somebody told needs.
NEEDS = "needs"
# Dropped and withdrawn say nothing about whether mails arrive.
TELLING = (
    Message.State.FAILED,
    Message.State.WAITING,
    Message.State.SENT,
    Message.State.UNCERTAIN,
)
HEARD = (Message.Outcome.DELIVERED, Message.Outcome.BOUNCED, Message.Outcome.COMPLAINED)
MAIL_STATES: list[tuple[str, Words]] = [
    (LINK_OWED, gettext_lazy("the link still has to leave")),
    *((state.value, state.label) for state in TELLING),
    *((outcome.value, outcome.label) for outcome in HEARD),
    (NO_MAIL, gettext_lazy("no mail")),
]
UNKNOWN_ORGANISATION = "unknown"
NOT_MARKED = "none"
YES_NO: list[tuple[str, Words]] = [("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
# What one address may ask at most; the rest of it is left out.
LONGEST_TEXT = 100
MOST_VALUES = 20
# Days with which one can reckon in every zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)


# Rows --------------------------------------------------------------------------------------------


def with_facts(
    rows: QuerySet[Registration], session: Session, now: datetime
) -> QuerySet[Registration]:
    """With what became of the latest mail to them and whether they told needs, in the same query.

    Who ought to have the link by now and has no mail with it yet is owed that, whatever they had.
    """
    mails = Message.objects.filter(kind__in=KINDS, object_id=OuterRef("pk"), state__in=TELLING)
    fate = Case(
        When(state=Message.State.SENT, outcome__in=HEARD, then=F("outcome")), default="state"
    )
    latest = Coalesce(
        Subquery(mails.order_by("-pk").annotate(fate=fate).values("fate")[:1]),
        Value(NO_MAIL),
        output_field=CharField(),
    )
    owed = [When(lacks_link_mail(), then=Value(LINK_OWED))] if session.is_link_due(now) else []
    return rows.annotate(
        mail_state=Case(*owed, default=latest, output_field=CharField()),
        has_needs=Exists(Needs.objects.filter(registration=OuterRef("pk"))),
    )


def with_numbers(
    session: Session, numbers: list[int], now: datetime, *, with_answers: bool = False
) -> list[Registration]:
    """The registrations with these numbers, in that order, with all that columns show."""
    rows = with_facts(session.registrations.filter(pk__in=numbers), session, now)
    if with_answers:
        rows = rows.prefetch_related("answers")
    found = {row.pk: row for row in rows.select_related("organisation", "group", "presence")}
    return [found[number] for number in numbers if number in found]


# Filters -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """Something the list can be narrowed by.

    `condition` says what a value means, in the session's zone. With `choices` the values are those;
    else a value is typed: a day where `is_day`, or some text. What is `is_personal` seeks a person,
    and is not kept in a saved view.
    """

    name: str
    label: Words
    condition: Callable[[str, ZoneInfo], Q]
    choices: tuple[tuple[str, Words], ...] = ()
    is_day: bool = False
    is_personal: bool = False

    def accepts(self, value: str) -> bool:
        """Whether a value means anything here."""
        if self.choices:
            return value in dict(self.choices)
        if self.is_day:
            return _day(value) is not None
        return bool(value) and is_storable(value)

    def wording(self, value: str) -> str:
        """A value as it is read above the list."""
        if self.choices:
            return str(dict(self.choices)[value])
        day = _day(value) if self.is_day else None
        return words.short_date(day) if day else _("“%(text)s”") % {"text": value}


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY and day.isoformat() == value else None


def _equals(field: str) -> Callable[[str, ZoneInfo], Q]:
    return lambda value, zone: Q((field, value))


def _contains(field: str) -> Callable[[str, ZoneInfo], Q]:
    return lambda value, zone: Q((f"{field}__icontains", value))


def _is_yes(condition: Q) -> Callable[[str, ZoneInfo], Q]:
    return lambda value, zone: condition if value == "yes" else ~condition


# A condition on a row that need not be there is put as whether it exists: a comparison with nothing
# is neither true nor false, so turned round it would leave out who has no such row.
def _of_kind(value: str, zone: ZoneInfo) -> Q:
    if value == UNKNOWN_ORGANISATION:
        return Q(organisation=None)
    return Q(Exists(Organisation.objects.filter(pk=OuterRef("organisation"), kind=value)))


def _registered_by(value: str, zone: ZoneInfo) -> Q:
    groups = RegistrationGroup.objects.filter(pk=OuterRef("group"), requested_by__icontains=value)
    return Q(Exists(groups))


def _of_presence(value: str, zone: ZoneInfo) -> Q:
    marks = Presence.objects.filter(registration=OuterRef("pk"))
    return ~Q(Exists(marks)) if value == NOT_MARKED else Q(Exists(marks.filter(state=value)))


def _took_part(value: str, zone: ZoneInfo) -> Q:
    return Q(Exists(Presence.objects.filter(registration=OuterRef("pk"), how=value)))


def _of_organisation(value: str, zone: ZoneInfo) -> Q:
    """By what was typed, however its accents and spaces were."""
    key = matching_key(value)
    typed = Q(organisation_name__icontains=value)
    return typed | Q(organisation_key__contains=key) if key else typed


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def _received_from(value: str, zone: ZoneInfo) -> Q:
    return Q(received_at__gte=_midnight(date.fromisoformat(value), zone))


def _received_until(value: str, zone: ZoneInfo) -> Q:
    return Q(received_at__lt=_midnight(date.fromisoformat(value) + timedelta(days=1), zone))


FILTERS = [
    Filter(
        "state",
        gettext_lazy("State"),
        _equals("state"),
        choices=tuple(Registration.State.choices),
    ),
    Filter(
        "mail",
        gettext_lazy("Latest e-mail"),
        _equals("mail_state"),
        choices=tuple(MAIL_STATES),
    ),
    Filter(
        "presence",
        gettext_lazy("Presence"),
        _of_presence,
        choices=(*Presence.State.choices, (NOT_MARKED, gettext_lazy("not marked"))),
    ),
    Filter(
        "how",
        gettext_lazy("How they took part"),
        _took_part,
        choices=tuple(Presence.How.choices),
    ),
    Filter("name", gettext_lazy("Name"), _contains("name"), is_personal=True),
    Filter("email", gettext_lazy("E-mail address"), _contains("email"), is_personal=True),
    Filter("organisation", gettext_lazy("Organisation"), _of_organisation),
    Filter("job", gettext_lazy("Job title"), _contains("job_title")),
    Filter(
        "kind",
        gettext_lazy("Kind of organisation"),
        _of_kind,
        choices=(
            *OrganisationKind.choices,
            (UNKNOWN_ORGANISATION, gettext_lazy("not in the directory")),
        ),
    ),
    Filter(
        "language",
        gettext_lazy("Language of the e-mails"),
        _equals("language"),
        choices=tuple(settings.LANGUAGES),
    ),
    Filter(
        "outside",
        gettext_lazy("From outside the public bodies"),
        _is_yes(Q(is_outside_audience=True)),
        choices=tuple(YES_NO),
    ),
    Filter(
        "grouped",
        gettext_lazy("Registered with colleagues"),
        _is_yes(Q(group__isnull=False)),
        choices=tuple(YES_NO),
    ),
    Filter(
        "group",
        gettext_lazy("Registered by"),
        _registered_by,
        is_personal=True,
    ),
    Filter(
        NEEDS,
        gettext_lazy("Has told needs"),
        _is_yes(Q(has_needs=True)),
        choices=tuple(YES_NO),
    ),
    Filter("from", gettext_lazy("Received from"), _received_from, is_day=True),
    Filter("until", gettext_lazy("Received until"), _received_until, is_day=True),
]


# Columns -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """Something the list shows of each registration.

    `value` is typed, for the export: text, yes or no, an instant, or None for nothing. `order` is
    what the list is sorted by; None where it makes no sense. What is `is_personal` is left out of
    an anonymous row; what is `is_need` stands in exports only; an `is_answer` wants rows that come
    with their answers.
    """

    name: str
    label: Words
    value: Callable[[Registration], Cell]
    order: F | Lower | Case | Subquery | None = None
    can_be_empty: bool = False
    is_default: bool = False
    is_personal: bool = False
    is_need: bool = False
    is_answer: bool = False

    def ordering(self, *, is_descending: bool) -> OrderBy | None:
        """The order by this column; what is empty comes last either way."""
        if self.order is None:
            return None
        last = True if self.can_be_empty else None
        if is_descending:
            return self.order.desc(nulls_last=last)
        return self.order.asc(nulls_last=last)

    def cell(self, registration: Registration) -> Cell:
        """What stands in a row; an anonymous one tells nothing about anybody."""
        if registration.anonymised_at is not None and (self.is_personal or self.is_need):
            return _("anonymous") if self.name == "name" else None
        return self.value(registration)


def _kind_of(registration: Registration) -> str:
    organisation = registration.organisation
    return organisation.get_kind_display() if organisation else ""


def _presence(read: Callable[[Presence], Cell]) -> Callable[[Registration], Cell]:
    def cell(row: Registration) -> Cell:
        presence = getattr(row, "presence", None)
        return read(presence) if presence else None

    return cell


def _need(name: str) -> Callable[[Registration], Cell]:
    return lambda row: getattr(getattr(row, "needs", None), name, None)


_MAIL_WORDS = dict(MAIL_STATES)

COLUMNS = [
    Column(
        "name",
        gettext_lazy("Name"),
        lambda row: row.name,
        Lower("name"),
        is_default=True,
        is_personal=True,
    ),
    Column(
        "email",
        gettext_lazy("E-mail address"),
        lambda row: row.email,
        F("email_key"),
        is_default=True,
        is_personal=True,
    ),
    Column(
        "organisation",
        gettext_lazy("Organisation"),
        lambda row: row.organisation_name,
        Lower("organisation_name"),
        is_default=True,
        is_personal=True,
    ),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: row.get_state_display(),
        F("state"),
        is_default=True,
    ),
    Column(
        "mail",
        gettext_lazy("Latest e-mail"),
        lambda row: str(_MAIL_WORDS[row.mail_state]),  # type: ignore[attr-defined] # with_facts
        F("mail_state"),
        is_default=True,
    ),
    Column(
        "presence",
        gettext_lazy("Presence"),
        _presence(lambda presence: presence.get_state_display()),
        F("presence__state"),
        can_be_empty=True,
    ),
    Column(
        "how",
        gettext_lazy("How they took part"),
        _presence(lambda presence: presence.get_how_display()),
        F("presence__how"),
        can_be_empty=True,
    ),
    Column(
        "marked",
        gettext_lazy("Presence marked"),
        _presence(lambda presence: presence.marked_at),
        F("presence__marked_at"),
        can_be_empty=True,
    ),
    Column(
        "received",
        gettext_lazy("Received"),
        lambda row: row.received_at,
        F("received_at"),
        is_default=True,
    ),
    Column(
        "job",
        gettext_lazy("Job title"),
        lambda row: row.job_title,
        Lower("job_title"),
        is_personal=True,
    ),
    Column(
        "kind",
        gettext_lazy("Kind of organisation"),
        _kind_of,
        F("organisation__kind"),
        can_be_empty=True,
    ),
    Column(
        "language",
        gettext_lazy("Language of the e-mails"),
        lambda row: row.get_language_display(),
        F("language"),
    ),
    Column(
        "outside",
        gettext_lazy("From outside the public bodies"),
        lambda row: row.is_outside_audience,
        F("is_outside_audience"),
    ),
    Column(
        "group",
        gettext_lazy("Registered by"),
        lambda row: row.group.requested_by if row.group else None,
        Lower("group__requested_by"),
        can_be_empty=True,
        is_personal=True,
    ),
    Column(
        NEEDS,
        gettext_lazy("Has told needs"),
        lambda row: row.has_needs,  # type: ignore[attr-defined] # annotated by with_facts
        F("has_needs"),
    ),
    Column(
        "confirmed",
        gettext_lazy("Seat since"),
        lambda row: row.confirmed_at,
        F("confirmed_at"),
        can_be_empty=True,
    ),
    Column(
        "placed",
        gettext_lazy("Placed by hand"),
        lambda row: row.is_placed_by_hand,
        F("is_placed_by_hand"),
    ),
    Column(
        "cancelled",
        gettext_lazy("Cancelled"),
        lambda row: row.cancelled_at,
        F("cancelled_at"),
        can_be_empty=True,
    ),
    Column(
        "cancelled-by",
        gettext_lazy("Cancelled by"),
        lambda row: row.get_cancelled_by_display() if row.cancelled_by else None,
        F("cancelled_by"),
    ),
    Column("access", gettext_lazy("Needs to take part"), _need("access"), is_need=True),
    Column("diet", gettext_lazy("Does not eat"), _need("diet"), is_need=True),
]
DEFAULT_COLUMNS = tuple(column.name for column in COLUMNS if column.is_default)
NEWEST_FIRST = "-received"


# Questions of a session --------------------------------------------------------------------------

NO_ANSWER = "none"


def _question_filter(question: Question) -> Filter:
    """What somebody answered; a text is sought in, and may tell who it is of."""
    is_text = question.kind == Question.Kind.TEXT
    nothing: tuple[str, Words] = (NO_ANSWER, gettext_lazy("no answer"))

    def condition(value: str, zone: ZoneInfo) -> Q:
        answers = Answer.objects.filter(registration=OuterRef("pk"), question=question.pk)
        if is_text:
            return Q(Exists(answers.filter(text__icontains=value)))
        if value == NO_ANSWER:
            return ~Q(Exists(answers))
        return Q(Exists(answers.filter(option=value)))

    return Filter(
        question.name,
        question.text,
        condition,
        choices=() if is_text else (*question.choices, nothing),
        is_personal=is_text,
    )


def _question_column(question: Question) -> Column:
    """What somebody answered, in words; sorted by the order of the choices."""
    answers = Answer.objects.filter(registration=OuterRef("pk"), question=question.pk)
    order: Case | Subquery
    if question.kind == Question.Kind.TEXT:
        order = Subquery(answers.annotate(key=Lower("text")).values("key")[:1])
    else:
        order = Case(
            *[
                When(Exists(answers.filter(option=code)), then=Value(number))
                for number, (code, _words) in enumerate(question.choices)
            ],
            output_field=IntegerField(),
        )

    def cell(row: Registration) -> Cell:
        given = [answer.value for answer in row.answers.all() if answer.question_id == question.pk]
        return question.said(given) or None

    return Column(
        question.name,
        question.text,
        cell,
        order,
        can_be_empty=True,
        is_personal=True,
        is_answer=True,
    )


@dataclass(frozen=True)
class Offer:
    """What a list can be narrowed by and what it can show: of every session, and of this one."""

    filters: tuple[Filter, ...] = tuple(FILTERS)
    columns: tuple[Column, ...] = tuple(COLUMNS)

    @classmethod
    def of(cls, session: Session) -> "Offer":
        """What the list of a session offers, its questions included."""
        questions = list(session.questions.all())
        if not questions:
            return STANDARD
        return cls(
            (*FILTERS, *map(_question_filter, questions)),
            (*COLUMNS, *map(_question_column, questions)),
        )

    @cached_property
    def filter_named(self) -> dict[str, Filter]:
        """The filters by name."""
        return {one.name: one for one in self.filters}

    @cached_property
    def column_named(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}


STANDARD = Offer()


# What an address asks ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Pill:
    """A filter that is on: how it reads, and the parameters of the list without it."""

    words: str
    without: str


@dataclass(frozen=True)
class Listing:
    """What an address asks of the list; what it cannot mean is left out without a word.

    Values of one filter are alternatives; filters narrow each other, or with `is_any` are
    alternatives as well; a name in `inverted` turns its filter round.
    """

    text: str = ""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inverted: frozenset[str] = frozenset()
    is_any: bool = False
    sort: str = NEWEST_FIRST
    column_names: tuple[str, ...] = DEFAULT_COLUMNS
    offer: Offer = field(default=STANDARD, compare=False)

    @classmethod
    def read(cls, parameters: QueryDict, offer: Offer = STANDARD) -> "Listing":
        """The listing that the parameters of an address mean, in a list that offers this."""
        values = tuple(
            (one.name, accepted)
            for one in offer.filters
            if (accepted := _accepted(one, parameters.getlist(one.name)))
        )
        sort, text = parameters.get("sort", ""), parameters.get("q", "")
        ordered_by = offer.column_named.get(sort.removeprefix("-"))
        asked = set(parameters.getlist("column"))
        return cls(
            text=" ".join(text.split())[:LONGEST_TEXT].strip() if is_storable(text) else "",
            values=values,
            inverted=frozenset(name for name, _v in values) & set(parameters.getlist("not")),
            is_any=parameters.get("match") == "any" and len(values) > 1,
            sort=sort if ordered_by and ordered_by.order is not None else NEWEST_FIRST,
            column_names=tuple(
                column.name
                for column in offer.columns
                if column.name in asked and not column.is_need
            )
            or DEFAULT_COLUMNS,
            offer=offer,
        )

    def parameters(self) -> QueryDict:
        """The parameters that mean this listing, always the same ones; defaults are left out."""
        parameters = QueryDict(mutable=True)
        if self.text:
            parameters["q"] = self.text
        for name, values in self.values:
            parameters.setlist(name, list(values))
        parameters.setlist("not", [name for name, _v in self.values if name in self.inverted])
        if self.is_any:
            parameters["match"] = "any"
        if self.column_names != DEFAULT_COLUMNS:
            parameters.setlist("column", list(self.column_names))
        if self.sort != NEWEST_FIRST:
            parameters["sort"] = self.sort
        return parameters

    @property
    def query(self) -> str:
        """The parameters as they stand in an address."""
        return self.parameters().urlencode()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters one by one, for the hidden fields of a form."""
        return [(name, value) for name, values in self.parameters().lists() for value in values]

    @property
    def columns(self) -> list[Column]:
        """The columns to show, in the order of the list of them."""
        return [self.offer.column_named[name] for name in self.column_names]

    @property
    def shows_answers(self) -> bool:
        """Whether its rows have to come with their answers."""
        return any(column.is_answer for column in self.columns)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.text or self.values)

    @property
    def seeks_a_person(self) -> bool:
        """Whether it holds words by which somebody was sought."""
        filters = self.offer.filter_named
        return bool(self.text) or any(filters[name].is_personal for name, _v in self.values)

    def registrations(self, session: Session, now: datetime) -> QuerySet[Registration]:
        """The session's registrations that are left, in order, with the facts that columns show."""
        rows = with_facts(session.registrations.all(), session, now)
        conditions = [self._condition(name, values, session.zone) for name, values in self.values]
        if conditions:
            rows = rows.filter(reduce(or_ if self.is_any else and_, conditions))
        for word in self.text.split():
            rows = rows.filter(
                Q(name__icontains=word)
                | Q(email__icontains=word)
                | _of_organisation(word, session.zone)
            )
        return rows.order_by(*self._order())

    def numbers(self, session: Session, now: datetime) -> QuerySet[Registration, int]:
        """The numbers of what is left, in order: turning pages reads no more than these."""
        return self.registrations(session, now).values_list("pk", flat=True)

    def _condition(self, name: str, values: Iterable[str], zone: ZoneInfo) -> Q:
        one = self.offer.filter_named[name]
        condition = reduce(or_, [one.condition(value, zone) for value in values])
        return ~condition if name in self.inverted else condition

    def _order(self) -> list[OrderBy]:
        is_descending = self.sort.startswith("-")
        first = self.offer.column_named[self.sort.removeprefix("-")].ordering(
            is_descending=is_descending
        )
        tie = F("pk").desc() if is_descending else F("pk").asc()
        return [first, tie] if first is not None else [tie]

    def without_needs(self) -> "Listing":
        """The same, as far as it does not say or ask who told needs: for who may not know."""
        parameters = self.parameters()
        parameters.pop(NEEDS, None)
        parameters.setlist("column", [name for name in self.column_names if name != NEEDS])
        if self.sort.removeprefix("-") == NEEDS:
            parameters.pop("sort")
        return Listing.read(parameters, self.offer)

    def pills(self) -> list[Pill]:
        """The filters that are on, one by one."""
        pills = []
        if self.text:
            sought = _("Search: “%(text)s”") % {"text": self.text}
            pills.append(Pill(sought, replace(self, text="").query))
        for name, values in self.values:
            for value in values:
                one = self.offer.filter_named[name]
                facts = {"label": one.label, "value": one.wording(value)}
                is_not = name in self.inverted
                reads = _("%(label)s: not %(value)s") if is_not else _("%(label)s: %(value)s")
                pills.append(Pill(reads % facts, self._without(name, value).query))
        if self.is_any:
            pills.append(Pill(_("One of these is enough"), replace(self, is_any=False).query))
        return pills

    def _without(self, name: str, value: str) -> "Listing":
        parameters = self.parameters()
        parameters.setlist(name, [one for one in parameters.getlist(name) if one != value])
        return Listing.read(parameters, self.offer)

    def sorted_by(self, column: Column) -> str:
        """The parameters of the list sorted by a column; once more turns the order round."""
        return replace(
            self, sort=f"-{column.name}" if self.sort == column.name else column.name
        ).query

    def direction(self, column: Column) -> str:
        """For aria-sort: whether the list is sorted by a column, and how."""
        if self.sort.removeprefix("-") != column.name:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def to_keep(self) -> str:
        """The parameters for a saved view: nothing by which a person was sought."""
        filters = self.offer.filter_named
        kept = [(name, values) for name, values in self.values if not filters[name].is_personal]
        listing = replace(self, text="", values=tuple(kept))
        return Listing.read(listing.parameters(), self.offer).query


def kept_listing(parameters: str, session: Session) -> Listing:
    """The listing that kept parameters mean for a session."""
    offer = Offer.of(session) if ANSWER in parameters else STANDARD
    return Listing.read(QueryDict(parameters), offer)


def _accepted(one: Filter, typed: list[str]) -> tuple[str, ...]:
    values = [" ".join(value.split())[:LONGEST_TEXT].strip() for value in typed[:MOST_VALUES]]
    return tuple(dict.fromkeys(value for value in values if one.accepts(value)))
