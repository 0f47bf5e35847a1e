"""The audit log in sentences: entries with the names of what they point to, as it is now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Action, AuditEntry, Role, User
from events.attendees import COLUMNS
from events.models import Presence, Registration, Session
from events.models.question import ANSWER

LISTS = {Action.REGISTRATIONS_SEEN, Action.REGISTRATIONS_EXPORTED, Action.NEEDS_SEEN}
_COUNTS = (
    "people", "rows", "registrations", "needs", "mails", "follows", "invitations", "accounts",
    "trajectories",
)  # fmt: skip
_COLUMN_LABELS = {column.name: column.label for column in COLUMNS}


@dataclass(frozen=True)
class Retold:
    """An entry as the parts of a sentence; a part without words is left out.

    "Ann Peeters / bekeek de deelnemerslijst / van / “AI voor beginners” / (45 personen)".
    """

    entry: AuditEntry
    joint: str
    session: str
    session_url: str
    about: str
    about_url: str
    details: str


def retell(entries: Iterable[AuditEntry], *, reader: User) -> list[Retold]:
    """Each entry in words; titles and links only of what the reader may see, and of what is there.

    Takes three queries, however many entries there are.
    """
    rows = list(entries)
    session_ids = {row.session_id for row in rows if row.session_id is not None}
    sessions = Session.objects.managed_by(reader).in_bulk(session_ids)
    registrations = (
        Registration.objects.managed_by(reader)
        .filter(pk__in=_ids(rows, Registration))
        .select_related("session")
        .only("anonymised_at", "session__slug")
        .in_bulk()
    )
    users = User.objects.in_bulk(_ids(rows, User))
    return [
        _retold(row, sessions.get(row.session_id or 0), _about(row, registrations, users))
        for row in rows
    ]


def _ids(entries: list[AuditEntry], model: type) -> set[int]:
    name = model.__name__.lower()
    return {row.object_id for row in entries if row.object_type == name and row.object_id}


def _retold(entry: AuditEntry, session: Session | None, about: tuple[str, str]) -> Retold:
    words, url = "", ""
    if session is not None:
        words = _("“%(title)s”") % {"title": session.title}
        page = "events:attendees" if entry.action in LISTS else "events:edit-session"
        url = reverse(page, args=[session.slug])
    elif entry.session_id is not None:
        words = _("session %(number)s") % {"number": entry.session_id}
    if session is not None and entry.object_type == "circular" and entry.object_id:
        page = reverse("events:circular", args=[session.slug, entry.object_id])
        about = (_("message %(number)s") % {"number": entry.object_id}, page)
    return Retold(
        entry=entry,
        joint=_joint(entry) if words else "",
        session=words,
        session_url=url,
        about=about[0],
        about_url=about[1],
        details=", ".join(_details(entry)),
    )


def _joint(entry: AuditEntry) -> str:
    """What joins the act to the session: the list *of*, a registration *for*, nothing else."""
    if entry.action in LISTS or entry.action.startswith("circular."):
        return pgettext("looked at the attendee list", "of")
    if entry.action.startswith("registration."):
        return pgettext("looked at a registration", "for")
    return ""


def _about(
    entry: AuditEntry, registrations: dict[int, Registration], users: dict[int, User]
) -> tuple[str, str]:
    """The row an entry is about, in words, and where it is to be seen; the session stands apart."""
    number = entry.object_id
    if number is None or entry.object_type == "session":
        return "", ""
    if entry.object_type == "user":
        return str(users.get(number) or _("a former user")), ""
    if entry.object_type == "programme":
        return str(entry.programme or _("a former programme")), ""
    if entry.object_type != "registration":
        return f"{_name_of(entry.object_type)} {number}", ""
    registration = registrations.get(number)
    if registration is None:
        return _("registration %(number)s, no longer there") % {"number": number}, ""
    if registration.is_anonymous:
        return _("registration %(number)s, anonymous by now") % {"number": number}, ""
    url = reverse("events:attendee", args=[registration.session.slug, number])
    return _("registration %(number)s") % {"number": number}, url


def _details(entry: AuditEntry) -> list[str]:
    """What is stored beside an act: counts, fields, roles, a reason; what is unknown as it is."""
    facts = dict(entry.details)
    said = [_counted(name, facts.pop(name)) for name in _COUNTS if facts.get(name)]
    # What there was none of needs no words.
    facts = {name: fact for name, fact in facts.items() if name not in _COUNTS}
    if "role" in facts:
        role = facts.pop("role")
        said.append(str(dict(Role.choices).get(role, role)))
    if "days_before" in facts:
        was, days = facts.pop("days_before"), facts.pop("days", "?")
        said.append(_("%(before)s days became %(after)s") % {"before": was, "after": days})
    labels = {
        "fields": _("changed: %(fields)s"),
        "given": _("given: %(fields)s"),
        "taken": _("taken away: %(fields)s"),
    }
    for key, sentence in labels.items():
        if names := facts.pop(key, []):
            fields = ", ".join(_field(entry.object_type, name) for name in names)
            said.append(sentence % {"fields": fields})
    said.extend(_circumstances(facts))
    if reason := facts.pop("reason", ""):
        said.append(_("reason: %(reason)s") % {"reason": reason})
    return [*said, *(f"{key.replace('_', ' ')}: {fact}" for key, fact in facts.items())]


def _circumstances(facts: dict[str, Any]) -> Iterator[str]:
    """What went into a file, where somebody was moved, what was decided; takes it from `facts`."""
    if "before" in facts and "after" in facts:
        yield _change(facts.pop("before"), facts.pop("after"))
        facts.pop("key", None)
    if names := facts.pop("columns", []):
        columns = ", ".join(dict.fromkeys(_column(name) for name in names))
        yield _("columns: %(columns)s") % {"columns": columns}
    if paper := facts.pop("paper", ""):
        papers = {"sign-in-sheet": _("as a sign-in sheet"), "badges": _("as name badges")}
        yield papers.get(paper, paper)
    if ending := facts.pop("format", ""):
        yield _("file: %(ending)s") % {"ending": ending}
    if number := facts.pop("moved_to", None):
        yield _("moved to registration %(number)s") % {"number": number}
    if number := facts.pop("moved_from", None):
        yield _("moved from registration %(number)s") % {"number": number}
    if facts.pop("is_organisation", True) is False:
        yield _("is no organisation")
    if facts.pop("is_other_rule", False):
        yield _("another selection rule")
    if facts.pop("of_trajectories", False):
        yield _("of trajectories")


def _column(name: str) -> str:
    """What a column of the list is called; a question of its session may be gone by now."""
    if name.startswith(ANSWER):
        return _("answers to questions")
    return str(_COLUMN_LABELS.get(name, name))


def change_of_presence(entry: AuditEntry) -> str:
    """From what to what somebody's presence was put: "niet aangeduid werd aanwezig, online"."""
    return _change(entry.details["before"], entry.details["after"])


def _change(before: list[str], after: list[str]) -> str:
    words: dict[str, Any] = dict([*Presence.State.choices, *Presence.How.choices])
    said = [
        ", ".join(str(words.get(word, word)) for word in mark if word) or _("not marked")
        for mark in (before, after)
    ]
    return _("%(before)s became %(after)s") % dict(zip(("before", "after"), said, strict=True))


def _counted(name: str, number: int) -> str:
    sentences = {
        "people": ngettext("%(number)s person", "%(number)s people", number),
        "rows": ngettext("%(number)s line", "%(number)s lines", number),
        "registrations": ngettext("%(number)s registration", "%(number)s registrations", number),
        "needs": ngettext("needs of %(number)s person", "needs of %(number)s people", number),
        "mails": ngettext("%(number)s mail", "%(number)s mails", number),
        "follows": ngettext("%(number)s followed call", "%(number)s followed calls", number),
        "invitations": ngettext("%(number)s invitation", "%(number)s invitations", number),
        "accounts": ngettext("%(number)s account", "%(number)s accounts", number),
        "trajectories": ngettext("%(number)s trajectory", "%(number)s trajectories", number),
    }
    return sentences[name] % {"number": number}


def _model_of(name: str) -> Any:
    """Our own model of this name; Django has a session too."""
    own = [config for config in apps.get_app_configs() if "." not in config.name]
    models = (model for config in own for model in config.get_models())
    return next((model for model in models if model._meta.model_name == name), None)


def _name_of(model_name: str) -> str:
    model = _model_of(model_name)
    return str(model._meta.verbose_name) if model else model_name


def _field(model_name: str, name: str) -> str:
    """What people call a field; what belongs to a form only keeps its name."""
    words = {
        "agenda": _("agenda"),
        "capacity": _("seats"),
        "registration_closing": _("registration deadline"),
        "virtual_link": _("virtual link"),
        "link_instructions": _("how to take part"),
        "questions": _("questions"),
        "answers": _("answers"),
    }
    try:
        return str(words.get(name) or _model_of(model_name)._meta.get_field(name).verbose_name)
    except (AttributeError, FieldDoesNotExist):
        return name.replace("_", " ")
