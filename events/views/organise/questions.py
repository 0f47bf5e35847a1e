"""The questions that the organisers of a session add to its form."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import auditing, clashes
from accounts.access import organiser
from events import answering, asking, editing
from events.forms.questions import DeleteQuestionForm, QuestionForm
from events.models import Question, Session
from events.views.organise.frame import managed_session, session_frame


@dataclass(frozen=True)
class Row:
    """A question in the list: when it is asked, what was answered, and whom it can stand before."""

    question: Question
    condition: str
    missing: str
    answers: list[tuple[str, int]]
    texts: int
    before: Question | None
    after: Question | None


@organiser
@require_safe
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """What the form of a session asks besides the fixed questions, and what was answered."""
    session = managed_session(request, slug)
    context = session_frame(session, timezone.now(), tab="questions") | {
        "rows": _rows(session),
        "kinds": Question.Kind.choices,
    }
    return render(request, "organise/questions/questions.html", context)


def _rows(session: Session) -> list[Row]:
    rows = list(session.questions.all())
    counts = answering.counts(session)
    found = []
    for at, question in enumerate(rows):
        counted = counts.get(question.pk, {})
        before = rows[at - 1] if at else None
        after = rows[at + 1] if at + 1 < len(rows) else None
        found.append(
            Row(
                question,
                answering.condition(question, rows),
                ", ".join(
                    str(language.label)
                    for language in Session.Language
                    if not question.is_written_in(language)
                ),
                [(words, counted.get(code, 0)) for code, words in question.choices],
                counted.get("", 0),
                before if before and asking.can_change_places(before, question) else None,
                after if after and asking.can_change_places(question, after) else None,
            )
        )
    return found


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Write a question of a kind; it comes last."""
    session = managed_session(request, slug)
    if kind not in Question.Kind:
        raise Http404
    question = Question(session=session, kind=kind)
    if request.method != "POST":
        return _show(request, question, QuestionForm(question=question))
    return _save(request, question, QuestionForm(request.POST, question=question))


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a question; what two organisers change at once is asked about."""
    session = managed_session(request, slug)
    found = get_object_or_404(session.questions, pk=number)
    if request.method != "POST":
        return _show(request, found, QuestionForm(question=found))
    with transaction.atomic():
        editing.locked(session)
        found = get_object_or_404(session.questions, pk=number)
        current = QuestionForm(question=found)
        sent = clashes.chosen(current, request.POST)
        if asked := clashes.clashes(current, sent):
            context = session_frame(session, timezone.now(), tab="questions")
            context |= clashes.question(current, sent, asked)
            return render(request, "organise/circulars/compare.html", context, status=409)
        form = QuestionForm(sent, question=found)
        if sent.get("step") == "back":
            return _show(request, found, form)
        return _save(request, found, form)


def _save(request: HttpRequest, question: Question, form: QuestionForm) -> HttpResponse:
    if not form.is_valid():
        return _show(request, question, form)
    try:
        asking.save(form.filled_in(), by=auditing.actor_of(request), now=timezone.now())
    except asking.CannotAsk as refusal:
        form.add_error(None, str(refusal))
        return _show(request, question, form)
    messages.success(request, _("The question is saved."))
    return redirect("events:questions", question.session.slug)


def _show(request: HttpRequest, question: Question, form: QuestionForm) -> HttpResponse:
    context = session_frame(question.session, timezone.now(), tab="questions")
    context |= {"question": question, "form": form}
    status = 422 if form.errors else 200
    return render(request, "organise/questions/question.html", context, status=status)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Delete a question, with what was answered; asks for that number first."""
    now, session = timezone.now(), managed_session(request, slug)
    found = get_object_or_404(session.questions, pk=number)
    people = found.answers.order_by().values("registration").distinct().count()
    form = DeleteQuestionForm(request.POST if request.method == "POST" else None, number=people)
    if request.method == "POST" and form.is_valid():
        return _delete(request, session, found, now)
    context = session_frame(session, now, tab="questions")
    context |= {"question": found, "form": form, "number": people}
    status = 422 if form.errors else 200
    return render(request, "organise/questions/delete.html", context, status=status)


def _delete(
    request: HttpRequest, session: Session, question: Question, now: datetime
) -> HttpResponse:
    try:
        asking.delete(question, by=auditing.actor_of(request), now=now)
    except asking.CannotAsk as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The question is deleted."))
    return redirect("events:questions", session.slug)


@organiser
@require_POST
def move(request: HttpRequest, slug: str, number: int, past: int) -> HttpResponse:
    """Let a question change places with the one beside it."""
    session = managed_session(request, slug)
    found = get_object_or_404(session.questions, pk=number)
    try:
        asking.move(found, past=past, by=auditing.actor_of(request), now=timezone.now())
    except asking.CannotAsk as refusal:
        messages.error(request, str(refusal))
    return redirect("events:questions", slug)
