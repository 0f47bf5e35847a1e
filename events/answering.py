"""Answering the questions of a session: which of them are asked, and keeping what was answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.borrowing import in_its_language
from accounts.names import matching_key
from events.models import Answer, AnswerCount, Answers, Question, Registration, Session

_YES = {"ja", "yes", "oui", "j", "y", "o", "x", "1", "true", "waar", "vrai"}
_NO = {"nee", "neen", "no", "non", "n", "0", "false", "onwaar", "faux"}


class NoSuchChoice(Exception):
    """Something that cannot be chosen; the text is a sentence for the organiser."""


# Which are asked ---------------------------------------------------------------------------------


def asked(questions: Iterable[Question], given: Mapping[int, Sequence[str]]) -> set[int]:
    """The numbers of the questions that are asked of somebody who chose this so far.

    In order: an answer counts only where its own question is asked.
    """
    found: set[int] = set()
    for question in questions:
        depends_on = question.shown_if_id
        if depends_on is None or (
            depends_on in found and question.shown_if_option in given.get(depends_on, ())
        ):
            found.add(question.pk)
    return found


def condition(question: Question, questions: Iterable[Question]) -> str:
    """When a question is asked, in a sentence as HTML; empty where it always is."""
    before = next((one for one in questions if one.pk == question.shown_if_id), None)
    if before is None:
        return ""
    choices: dict[str, dict[str, str]] = {one["code"]: one for one in before.options}
    return format_html(
        _("Only if you answered “{answer}” to “{question}”."),
        answer=in_its_language(
            before.said([question.shown_if_option]), choices.get(question.shown_if_option, {})
        ),
        question=before.marked("text"),
    )


# Keeping -----------------------------------------------------------------------------------------


def write_down(registration: Registration, answers: Answers) -> None:
    """Keep what somebody answered when they registered; the seats of the session are held.

    A question that was deleted while the form was filled in has no answer any more.
    """
    if not any(answers.values()):
        return
    numbers = [question.pk for question in answers]
    there = set(Question.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    Answer.objects.bulk_create(
        _row(registration, question, value)
        for question, values in answers.items()
        for value in values
        if question.pk in there
    )


def change(registration: Registration, answers: Answers) -> bool:
    """Make these the answers to the questions they are about; others stay. Whether any changed.

    To be called in the transaction that holds the registration.
    """
    kept = registration.answers.filter(question__in=list(answers))
    was = {(row.question_id, row.value): row for row in kept}
    now_is = {
        (question.pk, value): _row(registration, question, value)
        for question, values in answers.items()
        for value in values
    }
    gone = [row.pk for key, row in was.items() if key not in now_is]
    new = [row for key, row in now_is.items() if key not in was]
    Answer.objects.filter(pk__in=gone).delete()
    Answer.objects.bulk_create(new)
    return bool(gone or new)


def _row(registration: Registration, question: Question, value: str) -> Answer:
    is_text = question.kind == Question.Kind.TEXT
    words = {"text": value} if is_text else {"option": value}
    return Answer(registration=registration, question=question, **words)


def given_by(registration: Registration) -> dict[int, list[str]]:
    """What somebody answered, by the number of the question."""
    given: dict[int, list[str]] = {}
    for row in registration.answers.all():
        given.setdefault(row.question_id, []).append(row.value)
    return given


def said_by(registration: Registration) -> list[tuple[str, str]]:
    """What somebody answered, each with its question, in words and in the order of the form."""
    given = given_by(registration)
    questions = Question.objects.filter(pk__in=given)
    return [(question.text, question.said(given[question.pk])) for question in questions]


def carried_to(session: Session, registration: Registration) -> dict[Question, list[str]]:
    """What somebody answered for one session, as far as another one asks the same of them.

    Copies of a session ask the same: their questions and choices have the same codes.
    """
    given: dict[tuple[str, str], list[str]] = {}
    for row in registration.answers.select_related("question"):
        given.setdefault((row.question.code, row.question.kind), []).append(row.value)
    answers = {}
    for question in session.questions.all():
        offered = dict(question.choices)
        answers[question] = [
            value
            for value in given.get((question.code, question.kind), [])
            if question.kind == Question.Kind.TEXT or value in offered
        ]
    return answers


# Reading what is typed ---------------------------------------------------------------------------


def typed_values(question: Question, typed: str) -> list[str]:
    """What a cell of a file answers to a question: words of any language, or codes.

    Several choices are parted by semicolons. Raises `NoSuchChoice`.
    """
    typed = " ".join(typed.split())
    if question.kind == Question.Kind.TEXT or not typed:
        return [typed] if typed else []
    is_many = question.kind == Question.Kind.CHOICES
    parts = [part.strip() for part in typed.split(";")] if is_many else [typed]
    return list(dict.fromkeys(_option_named(question, part) for part in parts if part))


def _option_named(question: Question, words: str) -> str:
    key = matching_key(words)
    if question.kind == Question.Kind.YES_NO:
        known = dict.fromkeys(_YES, "yes") | dict.fromkeys(_NO, "no")
    else:
        known = {
            matching_key(str(text)): option["code"]
            for option in question.options
            for text in option.values()
            if text
        }
    if key not in known:
        raise NoSuchChoice(
            _("“%(words)s” cannot be chosen for “%(question)s”.")
            % {"words": words[:60], "question": question.text}
        )
    return str(known[key])


# Counting ----------------------------------------------------------------------------------------


def counts(session: Session) -> dict[int, dict[str, int]]:
    """How often each choice was made for a session, by question; a text counts as "".

    Of who did not cancel, those who have been made anonymous included.
    """
    found: dict[int, dict[str, int]] = {}
    live = Answer.objects.filter(question__session=session).exclude(
        registration__state=Registration.State.CANCELLED
    )
    now = live.order_by().values_list("question", "option").annotate(Count("pk"))
    before = AnswerCount.objects.filter(question__session=session)
    for number, option, times in [*now, *before.values_list("question", "option", "number")]:
        of_question = found.setdefault(number, {})
        of_question[option] = of_question.get(option, 0) + times
    return found


def forget(numbers: Sequence[int]) -> int:
    """Erase the answers of registrations that are made anonymous, and keep how often each was.

    How many went. A text is not counted, and neither is who cancelled.
    """
    rows = Answer.objects.filter(registration__in=numbers)
    chosen: Any = rows.exclude(option="").exclude(registration__state=Registration.State.CANCELLED)
    for question, option, times in list(
        chosen.order_by().values_list("question", "option").annotate(Count("pk"))
    ):
        AnswerCount.objects.get_or_create(question_id=question, option=option)
        count = AnswerCount.objects.filter(question=question, option=option)
        count.update(number=F("number") + times)
    return rows.delete()[0]
