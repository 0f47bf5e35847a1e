"""What was changed about a session, when and by whom; and putting an earlier version back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Max
from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts import auditing
from accounts.auditing import Actor
from accounts.models import Action, Organisation, Programme, Theme
from events import agenda, speaking
from events.announcing import seats_of
from events.messages import TITLES
from events.models import (
    AgendaItem,
    Contribution,
    Question,
    Session,
    SessionVersion,
    Speaker,
    VirtualLink,
)
from moments import words
from moments.edges import Closing, Edge

Content = dict[str, Any]

_LANGUAGES = tuple(code for code, _label in settings.LANGUAGES)


def _in_each(*texts: str) -> tuple[str, ...]:
    return tuple(f"{text}_{code}" for text in texts for code in _LANGUAGES)


# In the order in which people read of them.
FIELDS = (
    "status",
    "programme_id",
    "slug",
    "kind",
    "is_example",
    "time_zone",
    "starts_at",
    "ends_at",
    "attendance",
    *_in_each("venue"),
    "registration_opens_at",
    "registration_edge",
    "registration_closes_at",
    "audience_rule",
    "asks_access_needs",
    "asks_diet",
    "has_waiting_list",
    "promotion_stops_hours_before",
    "link_days_before",
    "link_local_time",
    *_in_each("title", "summary", "description", "audience"),
    "language",
    "price",
    "contact_name",
    "contact_email",
    *_in_each("cancellation_reason"),
    "mail_paragraphs",
)
# What has a gesture of its own, or an address that people know, does not come back with the rest.
# Neither do questions: people's answers hang on them.
NOT_PUT_BACK = {
    "status", "programme_id", "slug", *_in_each("cancellation_reason"), "questions",
}  # fmt: skip
_ITEM_FIELDS = (
    "kind",
    "starts_at",
    "ends_at",
    "position",
    "is_parallel",
    *_in_each("title", "description", "track"),
)


# Keeping -----------------------------------------------------------------------------------------


def content_of(session: Session) -> Content:
    """What a session holds now, as it is kept; read from the database."""
    fresh = Session.objects.select_related("seats", "virtual_link").get(pk=session.pk)
    content: Content = {name: _stored(fresh, name) for name in FIELDS}
    content["capacity"] = seats_of(fresh).capacity
    content["link"] = _mark_of(getattr(fresh, "virtual_link", None))
    content["themes"] = sorted(fresh.themes.values_list("code", flat=True))
    content["agenda"] = [
        _item_content(item) for item in fresh.agenda_items.in_order().with_speakers()
    ]
    content["questions"] = [_question_content(each) for each in fresh.questions.all()]
    return content


def _stored(row: models.Model, name: str) -> Any:
    """A value as it comes back from the database's JSON; no text and an empty one are the same."""
    value = getattr(row, name)
    if value is None and isinstance(row._meta.get_field(name), models.CharField | models.TextField):
        return ""
    if value is None or isinstance(value, bool | int | str | dict):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return DjangoJSONEncoder().default(value)


def _item_content(item: AgendaItem) -> Content:
    content: Content = {name: _stored(item, name) for name in _ITEM_FIELDS}
    content["speakers"] = [
        {
            "speaker": contribution.speaker_id,
            "name": contribution.speaker.name,
            "organisation": contribution.organisation_id,
            **{name: getattr(contribution, name) or "" for name in _in_each("role")},
        }
        for contribution in item.contributions.all()
    ]
    return content


def _question_content(question: Question) -> Content:
    depends_on = question.shown_if
    return {
        "code": question.code,
        "kind": question.kind,
        "options": question.options,
        "is_required": question.is_required,
        "shown_if": depends_on.code if depends_on else "",
        "shown_if_option": question.shown_if_option,
        **{name: getattr(question, name) or "" for name in _in_each("text", "help_text")},
    }


def _mark_of(link: VirtualLink | None) -> str:
    """A mark by which a change of the virtual link shows, and from which it cannot be read."""
    if link is None:
        return ""
    return salted_hmac("events.history.link", f"{link.url}\n{link.instructions}").hexdigest()[:16]


@transaction.atomic
def keep_first(session: Session, *, now: datetime) -> None:
    """Before a change: keep what was there, for a session of which nothing was kept yet."""
    if not session.versions.exists():
        session.versions.create(number=1, at=now, content=content_of(session))


@transaction.atomic
def keep(
    session: Session, *, by: Actor, now: datetime, action: Action = Action.SESSION_CHANGED
) -> SessionVersion | None:
    """After a change: keep what is there now, and log the act; None where nothing changed.

    To be called in the transaction of the change, which holds the session.
    """
    content = content_of(session)
    latest = session.versions.first()
    changed = changed_names(latest.content if latest else {}, content)
    if not changed:
        return None
    number = (session.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = session.versions.create(number=number, at=now, changed_by=by.user, content=content)
    auditing.record(
        action,
        by=by,
        now=now,
        programme=session.programme,
        about=session,
        session_id=session.pk,
        fields=changed if latest else [],
    )
    return version


def changed_names(old: Content, new: Content) -> list[str]:
    """The names of what differs between two contents.

    What was not kept yet when the old one was made has changed if there is something now.
    """
    return [name for name in new if (old[name] != new[name] if name in old else bool(new[name]))]


# Reading -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One thing that changed, in words; the lists hold its lines, one for what is no list."""

    label: str
    before: list[str]
    after: list[str]


def differences(
    old: Content, new: Content, *, of: Callable[[str], bool] = lambda name: True
) -> list[Difference]:
    """What differs between two contents, field by field, in the active language."""
    changed = [name for name in changed_names(old, new) if of(name)]
    if "registration_edge" in changed and "registration_closes_at" in changed:
        changed.remove("registration_edge")
    return [_difference(name, old, new) for name in changed]


def _difference(name: str, old: Content, new: Content) -> Difference:
    if name in _LISTED:
        label, lines = _LISTED[name]
        was, now_is = lines(old), lines(new)
        return Difference(
            str(label),
            [line for line in was if line not in now_is],
            [line for line in now_is if line not in was],
        )
    say = _SAYERS.get(name)
    return Difference(
        _label(name),
        *([_said(name, content, say)] for content in (old, new)),
    )


def _label(name: str) -> str:
    if name in _LABELS:
        return str(_LABELS[name])
    text, _underscore, code = name.rpartition("_")
    if code in _LANGUAGES:
        return text_label(text, code)
    field: Any = Session._meta.get_field(name)
    return str(field.verbose_name)


def text_label(text: str, code: str) -> str:
    """The name of a text in one language: "Titel", "Titel (Frans)"."""
    field: Any = Session._meta.get_field(text)
    label = str(field.verbose_name).capitalize()
    return label if code == _LANGUAGES[0] else f"{label} ({Session.Language(code).label})"


def _said(name: str, content: Content, say: Callable[[Content], str] | None) -> str:
    value = content.get(name)
    if value is None or value == "" or value == []:
        return pgettext("value of a field", "nothing")
    if say is not None:
        return say(content)
    field: Any = Session._meta.get_field(name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        return words.moment(field.to_python(value), _zone(content))
    if isinstance(field, models.TimeField):
        return words.clock(field.to_python(value))
    if isinstance(field, models.DecimalField):
        return number_format(field.to_python(value), 2)
    return str(value)


def _zone(content: Content) -> ZoneInfo:
    return ZoneInfo(content["time_zone"])


def _say_closing(content: Content) -> str:
    closes_at = datetime.fromisoformat(content["registration_closes_at"])
    return Closing(Edge(content["registration_edge"]), closes_at, _zone(content)).wording()


def _say_themes(content: Content) -> str:
    return ", ".join(
        theme.short_title for theme in Theme.objects.filter(code__in=content["themes"])
    )


def _say_programme(content: Content) -> str:
    programme = Programme.objects.filter(pk=content["programme_id"]).first()
    return str(programme or content["programme_id"])


def _say_link(content: Content) -> str:
    # The mark tells people nothing, but that two differ shows that the link is another one.
    return _("a link (mark %(mark)s)") % {"mark": content["link"][:4]}


_SAYERS: dict[str, Callable[[Content], str]] = {
    "registration_closes_at": _say_closing,
    "registration_edge": _say_closing,
    "themes": _say_themes,
    "programme_id": _say_programme,
    "link": _say_link,
    "capacity": lambda content: str(content["capacity"]),
}
_LABELS = {
    "registration_closes_at": gettext_lazy("Registration deadline"),
    "registration_edge": gettext_lazy("Registration deadline"),
    "themes": gettext_lazy("Themes"),
    "programme_id": gettext_lazy("Programme"),
    "link": gettext_lazy("Virtual link"),
    "capacity": gettext_lazy("Seats"),
}


def _agenda_lines(content: Content) -> list[str]:
    return [_agenda_line(item, content) for item in content.get("agenda", [])]


def _agenda_line(item: Content, content: Content) -> str:
    times = words.time_range(
        datetime.fromisoformat(item["starts_at"]),
        datetime.fromisoformat(item["ends_at"]),
        _zone(content),
    )
    title = " / ".join(_texts(item, "title"))
    details = [*_texts(item, "track"), *_texts(item, "description")]
    kind = str(AgendaItem.Kind(item["kind"]).label)
    people = [", ".join([person["name"], *_texts(person, "role")]) for person in item["speakers"]]
    return " · ".join([f"{times} {title}", kind, *details, *people])


def _paragraph_lines(content: Content) -> list[str]:
    """The organisers' own paragraphs in mails, each with its kind and its language."""
    kept: dict[str, dict[str, str]] = content.get("mail_paragraphs") or {}
    return [
        f"{TITLES.get(kind, kind)} ({Session.Language(code).label}): {text}"
        for kind, texts in sorted(kept.items())
        for code, text in sorted(texts.items())
    ]


def _question_lines(content: Content) -> list[str]:
    """The questions on the form, a line each, with all that they ask."""
    kept: list[Content] = content.get("questions", [])
    return [_question_line(question, kept) for question in kept]


def _question_line(question: Content, kept: list[Content]) -> str:
    options = [" / ".join(_words_of(option)) for option in question["options"]]
    said = [
        " / ".join(_texts(question, "text")),
        *_texts(question, "help_text"),
        str(Question.Kind(question["kind"]).label),
        *([_("choices: %(choices)s") % {"choices": ", ".join(options)}] if options else []),
        _("has to be answered") if question["is_required"] else _("optional"),
    ]
    before = next((one for one in kept if one["code"] == question["shown_if"]), None)
    if before is not None:
        known = {option["code"]: " / ".join(_words_of(option)) for option in before["options"]}
        known |= {"yes": _("yes"), "no": _("no")}
        facts = {
            "answer": known.get(question["shown_if_option"], ""),
            "question": " / ".join(_texts(before, "text")),
        }
        said.append(_("only after “%(answer)s” to “%(question)s”") % facts)
    return " · ".join(said)


def _words_of(option: Content) -> list[str]:
    return [option[code] for code in _LANGUAGES if option.get(code)]


# What is told line by line.
_LISTED: dict[str, tuple[Promise, Callable[[Content], list[str]]]] = {
    "agenda": (gettext_lazy("Agenda"), _agenda_lines),
    "questions": (gettext_lazy("Questions"), _question_lines),
    "mail_paragraphs": (gettext_lazy("Own paragraphs in e-mails"), _paragraph_lines),
}


def _texts(content: Content, text: str) -> list[str]:
    """The text in each language that has it."""
    return [content[name] for name in _in_each(text) if content.get(name)]


# Putting back ------------------------------------------------------------------------------------


def is_time_or_place(name: str) -> bool:
    """Whether a field is one of those of whose change registrants hear."""
    return name in {"starts_at", "ends_at", "attendance", *_in_each("venue")}


def is_put_back(name: str) -> bool:
    """Whether something comes back with an earlier version; the link's mark cannot be read."""
    return name not in NOT_PUT_BACK and name != "link"


def put_on(session: Session, content: Content) -> None:
    """Set the fields of a session to those of a version, without saving.

    What has a gesture of its own stays as it is, and so does what later versions added.
    """
    for name in FIELDS:
        if name in content and name not in NOT_PUT_BACK:
            field: Any = Session._meta.get_field(name)
            setattr(session, name, field.to_python(content[name]))


def put_agenda_back(session: Session, items: Iterable[Content]) -> None:
    """Replace the agenda by that of a version, with its speakers."""
    if list(items) == content_of(session)["agenda"]:
        return
    session.agenda_items.all().delete()
    for item in items:
        fields = {name: _read(name, item) for name in _ITEM_FIELDS}
        row = AgendaItem.objects.create(session=session, **fields)
        for position, person in enumerate(item["speakers"]):
            _put_speaker_back(row, position, person)
    agenda.nest(session)


def _read(name: str, item: Content) -> Any:
    field: Any = AgendaItem._meta.get_field(name)
    return field.to_python(item.get(name))


def _put_speaker_back(row: AgendaItem, position: int, person: Content) -> None:
    known = Speaker.objects.filter(pk=person["speaker"]).first()
    Contribution.objects.create(
        agenda_item=row,
        speaker=known or speaking.speaker_named(person["name"]),
        organisation=Organisation.objects.filter(pk=person["organisation"]).first(),
        position=position,
        **{name: person.get(name, "") for name in _in_each("role")},
    )
