"""The questions of a session as fields of a form."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.borrowing import borrowed
from accounts.names import validate_one_line
from events import answering
from events.models import Question
from events.models.question import LONGEST_ANSWER

# More choices than these are a list to pull down.
MOST_BUTTONS = 7


class FoldedField(forms.CharField):
    """A short text in which line ends count as spaces."""

    widget = forms.Textarea({"rows": 2})
    default_validators = [validate_one_line]

    def to_python(self, value: Any) -> str:
        """On one line."""
        return " ".join((super().to_python(value) or "").split())


class _Answered(forms.Field):
    """An answer that counts only where its question is asked, whatever was sent."""

    is_asked = True

    def clean(self, value: Any) -> Any:
        return super().clean(value) if self.is_asked else self.to_python(None)


class TextAnswer(_Answered, FoldedField):
    """A text."""


class ChoiceAnswer(_Answered, forms.ChoiceField):
    """One choice, or none."""


class ChoicesAnswer(_Answered, forms.MultipleChoiceField):
    """Any number of choices."""

    widget = forms.CheckboxSelectMultiple


class ListOfChoices(forms.Select):
    """A list to pull down; each choice says in which language it is, where not in the page's."""

    def __init__(self, languages: Mapping[str, str]) -> None:
        super().__init__()
        self._languages = languages

    def create_option(self, name: str, value: Any, *rest: Any, **named: Any) -> dict[str, Any]:
        """One choice; markup within it would be no HTML."""
        option = super().create_option(name, value, *rest, **named)
        if language := self._languages.get(str(value)):
            option["attrs"]["lang"] = language
        return option


class Answering:
    """The questions of a session in a form: a field for each, and the answers once it is valid.

    `given` is what was answered before, by the number of the question; `suffix` tells the fields of
    one person from those of another in the same form. With `is_lenient` nothing has to be answered:
    organisers do not always know.
    """

    def __init__(
        self,
        form: forms.Form,
        questions: Sequence[Question],
        *,
        given: Mapping[int, Sequence[str]] | None = None,
        suffix: str = "",
        is_lenient: bool = False,
    ) -> None:
        self.form, self.questions, self._suffix = form, questions, suffix
        for question in questions:
            field = _field(question, is_required=question.is_required and not is_lenient)
            values = list((given or {}).get(question.pk, ()))
            is_many = question.kind == Question.Kind.CHOICES
            field.initial = values if is_many else "".join(values[:1])
            self._say_when(question, field)
            form.fields[self.name(question)] = field
        if form.is_bound:
            self._ask()

    def name(self, question: Question) -> str:
        """The name of the field of a question."""
        return question.name + self._suffix

    def _say_when(self, question: Question, field: forms.Field) -> None:
        """Say when a question is to be answered, for who sees all of them, and mark it for who
        has JavaScript (static/js/questions.js)."""
        sentence = answering.condition(question, self.questions)
        if not sentence:
            return
        before = next(one for one in self.questions if one.pk == question.shown_if_id)
        field.help_text = format_html(
            '<span class="field__condition">{}</span> {}', sentence, field.help_text
        )
        field.widget.attrs |= {
            "data-shown-if": self.name(before),
            "data-shown-if-value": question.shown_if_option,
        }

    def _ask(self) -> None:
        """Of a form that was sent, ask what its other answers make one ask."""
        sent = {}
        for question in self.questions:
            name = self.form.add_prefix(self.name(question))
            widget = self.form.fields[self.name(question)].widget
            value = widget.value_from_datadict(self.form.data, self.form.files, name)
            sent[question.pk] = value if isinstance(value, list) else [value or ""]
        asked = answering.asked(self.questions, sent)
        for question in self.questions:
            field: Any = self.form.fields[self.name(question)]
            field.is_asked = question.pk in asked

    def ask_nothing(self) -> None:
        """Let none of them count: there is nobody to answer them."""
        for question in self.questions:
            field: Any = self.form.fields[self.name(question)]
            field.is_asked = False

    @property
    def fields(self) -> list[forms.BoundField]:
        """The fields, in order."""
        return [self.form[self.name(question)] for question in self.questions]

    def answers(self) -> dict[Question, list[str]]:
        """What was answered, once the form is valid: also to what was left empty."""
        answers = {}
        for question in self.questions:
            value = self.form.cleaned_data.get(self.name(question)) or []
            answers[question] = value if isinstance(value, list) else [value]
        return answers


def _field(question: Question, *, is_required: bool) -> forms.Field:
    shared: dict[str, Any] = {
        "label": question.marked("text"),
        "help_text": question.marked("help_text"),
        "required": is_required,
    }
    if question.kind == Question.Kind.TEXT:
        missing = _("Answer this question: %(question)s") % {"question": question.text}
        return TextAnswer(max_length=LONGEST_ANSWER, error_messages={"required": missing}, **shared)
    choices = question.marked_choices
    missing = _("Choose an answer: %(question)s") % {"question": question.text}
    errors = {
        "required": missing,
        "invalid_choice": _("Choose one of the answers: %(question)s")
        % {"question": question.text},
    }
    if question.kind == Question.Kind.CHOICES:
        return ChoicesAnswer(choices=choices, error_messages=errors, **shared)
    if len(choices) > MOST_BUTTONS:
        listed: list[tuple[str, Any]] = [("", gettext_lazy("Choose"))]
        listed += [(code, capfirst(words)) for code, words in question.choices]
        widget = ListOfChoices({option["code"]: borrowed(option) for option in question.options})
        return ChoiceAnswer(choices=listed, widget=widget, error_messages=errors, **shared)
    # A button that was pressed can only be let go by pressing another one.
    none: list[tuple[str, Any]] = [] if is_required else [("", capfirst(_("no answer")))]
    return ChoiceAnswer(
        choices=choices + none, widget=forms.RadioSelect, error_messages=errors, **shared
    )
