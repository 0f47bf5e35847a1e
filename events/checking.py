"""What to look at before a session is published: what stands in the way, and what may be meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import AgendaItem, Session
from moments import words
from moments.holidays import holiday_name

_SATURDAY = 5
_TEXTS = ("title", "summary", "description", "audience", "venue")


@dataclass(frozen=True)
class Point:
    """A point of the checklist: a sentence, and whether the session cannot be published so.

    `field` names the control of the form where it is mended; where that is on another page,
    `address` and `link` lead there.
    """

    sentence: str
    blocks: bool = False
    field: str = ""
    address: str = ""
    link: str = ""


def checklist(session: Session, now: datetime) -> list[Point]:
    """What there is to say about a session before it is published, what blocks first."""
    points = [
        *_about_time(session, now),
        *_about_the_deadline(session, now),
        *_about_the_link(session, now),
        *_about_the_texts(session),
        *_about_the_questions(session),
        *_about_the_agenda(session),
    ]
    return sorted(points, key=lambda point: not point.blocks)


def _about_time(session: Session, now: datetime) -> Iterator[Point]:
    if now >= session.ends_at:
        yield Point(_("The session is over already."), blocks=True, field="day")
    elif now >= session.starts_at:
        yield Point(_("The session has started already."), blocks=True, field="day")
    day = session.starts_at.astimezone(session.zone).date()
    holiday = holiday_name(day)
    if holiday:
        yield Point(
            _("The session is on %(day)s: %(holiday)s.")
            % {"day": words.weekday_date(day), "holiday": holiday},
            field="day",
        )
    elif day.weekday() >= _SATURDAY:
        yield Point(
            _("The session is on a %(weekday)s.") % {"weekday": words.weekday_name(day)},
            field="day",
        )
    if not session.contact[1]:
        yield Point(
            _("There is no contact: nobody would get the replies to our mails."),
            blocks=True,
            field="contact_email",
        )


def _about_the_deadline(session: Session, now: datetime) -> Iterator[Point]:
    field = "registration_closing_1"
    if session.registration_closes_at <= now:
        yield Point(_("The registration deadline is past: nobody can register."), field=field)
    if session.registration_closes_at > session.ends_at:
        yield Point(_("The registration deadline lies after the end."), blocks=True, field=field)
    elif session.registration_closes_at > session.starts_at:
        yield Point(_("The registration deadline lies after the start."), field=field)
    last_day = session.closing.last_day
    holiday = holiday_name(last_day)
    facts = {"day": words.weekday_date(last_day), "holiday": holiday}
    if holiday:
        sentence = _("The last day to register is a holiday: %(day)s, %(holiday)s.")
        yield Point(sentence % facts, field=field)
    elif last_day.weekday() >= _SATURDAY:
        yield Point(_("The last day to register is in a weekend: %(day)s.") % facts, field=field)


def _about_the_link(session: Session, now: datetime) -> Iterator[Point]:
    if not session.has_link or hasattr(session, "virtual_link"):
        return
    released_at = session.link_released_at
    if released_at <= now:
        sentence = _("The virtual link is missing, and should have gone out already.")
    else:
        sentence = _("The virtual link is missing. It goes out on %(moment)s.") % {
            "moment": words.moment(released_at, session.zone)
        }
    yield Point(sentence, field="virtual_link")


def _about_the_texts(session: Session) -> Iterator[Point]:
    if not session.summary:
        yield Point(_("There is no summary: lists and search results show it."), field="summary_nl")
    for code, _own_name in settings.LANGUAGES:
        missing = [_label(text) for text in _TEXTS if _lacks(session, text, code)]
        if missing:
            yield Point(
                _("Not yet in this language, %(language)s: %(texts)s.")
                % {"language": words.language_name(code), "texts": ", ".join(missing)},
                blocks=code in session.programme.languages,
                field=f"title_{code}",
            )


def _about_the_questions(session: Session) -> Iterator[Point]:
    for question in session.questions.all():
        codes = [code for code, _name in settings.LANGUAGES if not question.is_written_in(code)]
        if codes:
            languages = ", ".join(words.language_name(code) for code in codes)
            yield Point(
                _("The question “%(question)s” is not yet in: %(languages)s.")
                % {"question": question.text, "languages": languages},
                blocks=any(code in session.programme.languages for code in codes),
                address=reverse("events:question", args=[session.slug, question.pk]),
                link=_("Translate it"),
            )


def _lacks(row: Session | AgendaItem, text: str, code: str) -> bool:
    """Whether a text is there in another language, but not in this one."""
    is_there = any(getattr(row, f"{text}_{other}") for other, _own_name in settings.LANGUAGES)
    return is_there and not getattr(row, f"{text}_{code}")


def _label(text: str) -> str:
    field: Any = Session._meta.get_field(text)
    return str(field.verbose_name)


def _about_the_agenda(session: Session) -> Iterator[Point]:
    items = list(session.agenda_items.in_order())
    address = reverse("events:agenda", args=[session.slug])
    for code in session.programme.languages:
        lacking = sum(
            any(_lacks(item, text, code) for text in ("title", "description")) for item in items
        )
        if lacking:
            yield Point(
                ngettext(
                    "%(number)d item of the agenda is not yet in this language, %(language)s.",
                    "%(number)d items of the agenda are not yet in this language, %(language)s.",
                    lacking,
                )
                % {"number": lacking, "language": words.language_name(code)},
                blocks=True,
                address=address,
                link=_("Look at it"),
            )
    if not items:
        address = reverse("events:paste-agenda", args=[session.slug])
        yield Point(_("The agenda is empty."), address=address, link=_("Paste a programme"))
        return
    found = gaps(session, items)
    if found:
        times = ", ".join(words.time_range(start, end, session.zone) for start, end in found)
        sentence = _("The agenda does not fill the session: nothing at %(times)s.")
        yield Point(sentence % {"times": times}, address=address, link=_("Look at it"))


def gaps(session: Session, items: list[AgendaItem]) -> list[tuple[datetime, datetime]]:
    """The stretches of a session for which the agenda says nothing, in order."""
    found = []
    reached = session.starts_at
    for item in sorted(items, key=lambda item: item.starts_at):
        if item.starts_at - reached >= timedelta(minutes=1):
            found.append((reached, item.starts_at))
        reached = max(reached, item.ends_at)
    if session.ends_at - reached >= timedelta(minutes=1):
        found.append((reached, session.ends_at))
    return found
