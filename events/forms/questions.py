"""What organisers fill in about a question on the form of a session."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.clashes import SeenField
from accounts.fields import LinesField
from accounts.names import validate_one_line
from events import asking
from events.editing import Section
from events.models import Question, Session

_FIRST, *_OTHERS = (code for code, _label in settings.LANGUAGES)
_TEXTS = ("text", "help_text")
LONGEST_OPTION = 100


class QuestionForm(forms.Form):
    """A question in each language, whether it has to be answered, and when it is asked."""

    seen = SeenField()

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        for code in (_FIRST, *_OTHERS):
            self._add_texts(code)
        self.fields["is_required"] = forms.BooleanField(
            label=_("It has to be answered"),
            required=False,
            initial=question.is_required,
            help_text=_("Ask only what you use; then most questions can be optional."),
        )
        conditions = asking.conditions(question.session, question)
        if conditions:
            self.fields["shown_if"] = forms.ChoiceField(
                label=_("Ask it only after the answer"),
                required=False,
                choices=[("", _("always ask it")), *conditions],
                initial=_condition(question),
                error_messages={"invalid_choice": _("Choose an answer to a question before it.")},
            )

    def _add_texts(self, code: str) -> None:
        is_first, language = code == _FIRST, Session.Language(code).label
        own = "" if is_first else f" ({language})"
        self.fields[f"text_{code}"] = forms.CharField(
            label=_("Question") + own,
            max_length=200,
            required=is_first,
            validators=[validate_one_line],
            initial=getattr(self.question, f"text_{code}") or "",
            error_messages={"required": _("Write the question.")},
        )
        self.fields[f"help_text_{code}"] = forms.CharField(
            label=_("Help") + own,
            max_length=300,
            required=False,
            validators=[validate_one_line],
            initial=getattr(self.question, f"help_text_{code}") or "",
            help_text=_("Stands under the question.") if is_first else "",
        )
        if self.question.has_own_options:
            known = [option.get(code, "") for option in self.question.options]
            self.fields[f"options_{code}"] = LinesField(
                label=_("Choices") + own,
                required=is_first,
                initial="\n".join(known) if any(known) else "",
                widget=forms.Textarea({"rows": 6}),
                help_text=_(
                    "One a line. Other words for a choice leave with who chose it what they chose."
                )
                if is_first
                else _("As many lines as in Dutch, in the same order; or none."),
                error_messages={"required": _("Write the choices, one a line.")},
            )

    def sections(self) -> list[Section]:
        """The fields in the order in which organisers think of them."""
        own = ["is_required", *(["shown_if"] if "shown_if" in self.fields else [])]
        parts = [
            (gettext_lazy("In Dutch"), self._names(_FIRST), False),
            (gettext_lazy("Answering it"), own, False),
            (gettext_lazy("In French"), self._names("fr"), True),
            (gettext_lazy("In English"), self._names("en"), True),
        ]
        return [
            Section(
                title,
                [self[name] for name in names],
                is_folded=is_folded and not any(name in self.errors for name in names),
            )
            for title, names, is_folded in parts
        ]

    def _names(self, code: str) -> list[str]:
        names = [f"{text}_{code}" for text in (*_TEXTS, "options")]
        return [name for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Each choice stands there once; a language has all of them or none."""
        cleaned = super().clean() or self.cleaned_data
        if not self.question.has_own_options or f"options_{_FIRST}" in self.errors:
            return cleaned
        lines = {code: _lines(cleaned.get(f"options_{code}", "")) for code in (_FIRST, *_OTHERS)}
        for code, words in lines.items():
            refusal = _refuse_lines(words, len(lines[_FIRST]), is_first=code == _FIRST)
            if refusal and f"options_{code}" not in self.errors:
                self.add_error(f"options_{code}", refusal)
        if not self.errors:
            try:
                cleaned["options"] = asking.options_of(self.question, lines)
            except asking.CannotAsk as refusal:
                self.add_error(f"options_{_FIRST}", str(refusal))
        return cleaned

    def filled_in(self) -> Question:
        """The question with what was filled in, once it is valid."""
        question, answers = self.question, self.cleaned_data
        for code in (_FIRST, *_OTHERS):
            for text in _TEXTS:
                setattr(question, f"{text}_{code}", answers[f"{text}_{code}"])
        question.options = answers.get("options", [])
        question.is_required = answers["is_required"]
        number, _colon, option = answers.get("shown_if", "").partition(":")
        question.shown_if_id = int(number) if number else None
        question.shown_if_option = option
        return question


def _condition(question: Question) -> str:
    return f"{question.shown_if_id}:{question.shown_if_option}" if question.shown_if_id else ""


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]


def _refuse_lines(lines: list[str], number: int, *, is_first: bool) -> str:
    """Why these cannot be the choices in a language; empty when they can."""
    if not is_first and not lines:
        return ""
    if not is_first and len(lines) != number:
        return ngettext(
            "Write %(number)s line here, in the same order as in Dutch; or none.",
            "Write %(number)s lines here, in the same order as in Dutch; or none.",
            number,
        ) % {"number": number}
    if len(lines) < 2:
        return _("Write at least two choices, one a line.")
    if len(lines) > asking.MOST_OPTIONS:
        return _("At most %(number)s choices.") % {"number": asking.MOST_OPTIONS}
    for line in lines:
        if len(line) > LONGEST_OPTION:
            return _("A choice has at most %(number)s characters.") % {"number": LONGEST_OPTION}
        if ";" in line:
            return _("A choice holds no semicolon: those part the choices in lists.")
    if len({line.casefold() for line in lines}) < len(lines):
        return _("The same choice stands there twice.")
    return ""


class DeleteQuestionForm(forms.Form):
    """Deleting a question; the second gesture is to type how many people's answers go."""

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        if number:
            self.fields["typed"] = forms.CharField(
                label=_("Type the number of people whose answer is erased"),
                max_length=20,
                widget=forms.TextInput(
                    {"inputmode": "numeric", "autocomplete": "off", "size": "8"}
                ),
                error_messages={"required": self._refusal()},
            )

    def clean_typed(self) -> str:
        """The number as it is now: somebody may have answered since the page was shown."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed != str(self.number):
            raise forms.ValidationError(self._refusal())
        return typed

    def _refusal(self) -> str:
        return ngettext(
            "Type %(number)s: that many person has answered now.",
            "Type %(number)s: that many people have answered now.",
            self.number,
        ) % {"number": self.number}
