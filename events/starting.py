"""An organiser's way to the first published session: what is done of it, and what comes next."""

from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from events.checking import checklist
from events.models import Session, SessionQuerySet


@dataclass(frozen=True)
class Step:
    """One step, as `components/steps.html` shows it; only the current one has links."""

    title: str
    text: str
    state: str
    links: list[dict[str, str]] = field(default_factory=list)


def first_steps(sessions: SessionQuerySet, now: datetime) -> list[Step]:
    """The steps to the first published session; none once one of these is, or was, published.

    They are about the draft that was made last.
    """
    if sessions.public().exists():
        return []
    draft = sessions.for_pages().order_by("-pk").first()
    has_agenda = draft is not None and draft.agenda_items.exists()
    is_checked = has_agenda and draft is not None and not _blocks(draft, now)
    steps = [
        (
            draft is not None,
            _("Make a session"),
            _("A title, a day and a registration deadline are enough. Only your team sees it."),
            [_link(_("New session"), reverse("events:new-session"))],
        ),
        (
            has_agenda,
            _("Paste the programme"),
            _("From Word, a mail or a web page, as it is. You see how each line is read first."),
            _links_of(draft, _("Paste the programme"), "events:paste-agenda"),
        ),
        (
            is_checked,
            _("Look at what is missing"),
            _("The checklist says what stands in the way, and what may be meant so."),
            _links_of(draft, _("To the checklist"), "events:publish"),
        ),
        (
            False,
            _("Publish"),
            _("From then on everybody sees the page and can register. Nobody is mailed."),
            _links_of(draft, _("To publishing"), "events:publish"),
        ),
    ]
    current = next(number for number, step in enumerate(steps) if not step[0])
    return [
        Step(
            title,
            text,
            _state(number, current, is_done=is_done),
            links if number == current else [],
        )
        for number, (is_done, title, text, links) in enumerate(steps)
    ]


def _state(number: int, current: int, *, is_done: bool) -> str:
    if number == current:
        return "current"
    return "done" if is_done else "coming"


def _blocks(draft: Session, now: datetime) -> bool:
    return any(point.blocks for point in checklist(draft, now))


def _links_of(draft: Session | None, label: str, address: str) -> list[dict[str, str]]:
    return [_link(label, reverse(address, args=[draft.slug]))] if draft else []


def _link(label: str, url: str) -> dict[str, str]:
    return {"label": label, "url": url}
