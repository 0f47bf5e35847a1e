"""What the organisers of a session ask on its form: adding a question, changing, moving, deleting.

Each change holds the session, and is kept as a version of it.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.auditing import Actor
from events import answering, editing, history, seating
from events.models import Question, Session
from events.models.question import new_code, option_words

_LANGUAGES = tuple(code for code, _label in settings.LANGUAGES)
MOST_QUESTIONS = 20
MOST_OPTIONS = 30
Option = dict[str, str]


class CannotAsk(Exception):
    """The questions cannot become so; the text is a sentence for the organiser."""


def save(question: Question, *, by: Actor, now: datetime) -> None:
    """Keep a question, a new one as the last. Raises `CannotAsk`."""
    with transaction.atomic():
        session = editing.locked(question.session)
        history.keep_first(session, now=now)
        if question.pk is None:
            if session.questions.count() >= MOST_QUESTIONS:
                raise CannotAsk(
                    _("A form has at most %(number)s questions.") % {"number": MOST_QUESTIONS}
                )
            last = session.questions.aggregate(last=Max("position"))["last"]
            question.position = 0 if last is None else last + 1
        question.save()
        history.keep(session, by=by, now=now)


def delete(question: Question, *, by: Actor, now: datetime) -> None:
    """Ask it no longer, and erase what was answered to it. Raises `CannotAsk`."""
    with transaction.atomic():
        session = editing.locked(question.session)
        # Who is registering either gets their answer in before, or has none to give any more.
        seating.lock(session)
        dependent = question.dependents.first()
        if dependent is not None:
            raise CannotAsk(
                _("“%(question)s” is only asked after an answer to this one. Change that first.")
                % {"question": dependent.text}
            )
        history.keep_first(session, now=now)
        Question.objects.filter(pk=question.pk).delete()
        history.keep(session, by=by, now=now)


def move(question: Question, *, past: int, by: Actor, now: datetime) -> None:
    """Let a question change places with its neighbour `past`.

    Raises `CannotAsk` where that is its neighbour no more, and where a question would stand before
    the one on which it depends.
    """
    with transaction.atomic():
        session = editing.locked(question.session)
        history.keep_first(session, now=now)
        rows = list(session.questions.select_for_update())
        numbers = [row.pk for row in rows]
        if question.pk not in numbers or past not in numbers:
            raise CannotAsk(_("Somebody else changed the questions meanwhile. Look again."))
        at, to = numbers.index(question.pk), numbers.index(past)
        if abs(at - to) != 1:
            raise CannotAsk(_("Somebody else changed the questions meanwhile. Look again."))
        if not can_change_places(*sorted([rows[at], rows[to]], key=rows.index)):
            raise CannotAsk(_("A question stands after the one on which it depends."))
        rows[at], rows[to] = rows[to], rows[at]
        for position, row in enumerate(rows):
            Question.objects.filter(pk=row.pk).update(position=position)
        history.keep(session, by=by, now=now)


def can_change_places(first: Question, second: Question) -> bool:
    """Whether the second of two may stand before the first: not where it depends on that."""
    return second.shown_if_id != first.pk


def conditions(session: Session, question: Question | None) -> list[tuple[str, Any]]:
    """On which answers a question can depend: the choices of those before it, by question."""
    before = [one for one in session.questions.all() if one.kind != Question.Kind.TEXT]
    if question is not None and question.pk:
        before = [one for one in before if one.position < question.position]
    return [
        (one.text, [(f"{one.pk}:{code}", f"{one.text} → {words}") for code, words in one.choices])
        for one in before
    ]


# Choices -----------------------------------------------------------------------------------------


def options_of(question: Question, lines: dict[str, list[str]]) -> list[Option]:
    """The choices of a question from their words, a line each, by language.

    A line that says what a choice says now is that choice, wherever it stands; another one at the
    place of one that is gone gives it new words. So what people chose goes along. A language has as
    many lines as the first, or none. Raises `CannotAsk` where a choice would go that somebody made.
    """
    first, *others = _LANGUAGES
    words = lines[first]
    codes = _codes(question.options, words)
    _refuse_lost(question, set(codes))
    return [
        {"code": codes[at], first: words[at]}
        | {code: lines[code][at] for code in others if lines.get(code)}
        for at in range(len(words))
    ]


def _codes(known: list[Option], words: list[str]) -> list[str]:
    """The code of each line: that of the choice it is, or a new one."""
    first = _LANGUAGES[0]
    by_words = {option[first]: option["code"] for option in known}
    codes = [by_words.get(line, "") for line in words]
    for at, option in enumerate(known[: len(words)]):
        if not codes[at] and option["code"] not in codes:
            codes[at] = option["code"]
    return [code or new_code() for code in codes]


def _refuse_lost(question: Question, codes: set[str]) -> None:
    lost = [option for option in question.options if option["code"] not in codes]
    if not lost or question.pk is None:
        return
    chosen = answering.counts(question.session).get(question.pk, {})
    for option in lost:
        number = chosen.get(option["code"], 0)
        if number:
            raise CannotAsk(
                ngettext(
                    "%(number)s person chose “%(words)s”: let it stay, or give it other words.",
                    "%(number)s people chose “%(words)s”: let it stay, or give it other words.",
                    number,
                )
                % {"number": number, "words": option_words(option)}
            )
        if question.dependents.filter(shown_if_option=option["code"]).exists():
            raise CannotAsk(
                _("Another question is only asked after “%(words)s”. Change that first.")
                % {"words": option_words(option)}
            )


def clone(session: Session, new: Session) -> None:
    """Ask the same on the form of a copy; nothing that was answered comes along."""
    copies: dict[int, Question] = {}
    for question in session.questions.all():
        number, depends_on = question.pk, question.shown_if_id
        question.pk, question.session = None, new
        question._state.adding = True
        question.shown_if = copies[depends_on] if depends_on else None
        question.save()
        copies[number] = question
