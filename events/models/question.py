"""What the organisers of a session ask besides the fixed questions, and what people answer."""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.borrowing import in_its_language, language_shown, texts_of
from accounts.names import validate_one_line
from events.models.registration import Registration
from events.models.session import Session

LONGEST_ANSWER = 500
# How the names of questions begin in forms and addresses.
ANSWER = "answer-"


def new_code() -> str:
    """A short code that nothing else of a session has; a copy of the session keeps it."""
    return "".join(secrets.choice(string.ascii_lowercase) for _letter in range(8))


class Question(models.Model):
    """A question on the form of one session."""

    class Kind(models.TextChoices):
        """How it is answered; fixed once the question is there."""

        TEXT = "text", _("text")
        CHOICE = "choice", _("one choice")
        CHOICES = "choices", _("several choices")
        YES_NO = "yes_no", _("yes or no")

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="questions", verbose_name=_("session")
    )
    code = models.CharField(
        max_length=8,
        default=new_code,
        editable=False,
        help_text=_("The same in copies of the session, so that saved views fit those too."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.CharField(_("question"), max_length=200, validators=[validate_one_line])
    help_text = models.CharField(
        _("help"), max_length=300, blank=True, validators=[validate_one_line]
    )
    options = models.JSONField(
        _("choices"),
        default=list,
        blank=True,
        help_text=_("A list of each choice: its code, and its words by language."),
    )
    is_required = models.BooleanField(_("has to be answered"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    shown_if = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="dependents",
        verbose_name=_("asked only after an answer to"),
    )
    shown_if_option = models.CharField(max_length=8, blank=True, editable=False)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["session", "code"], name="question_code_once"),
            models.CheckConstraint(
                condition=Q(shown_if=None, shown_if_option="")
                | (Q(shown_if__isnull=False) & ~Q(shown_if_option="")),
                name="question_condition_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """Its name in forms and in the address of the attendee list."""
        return ANSWER + self.code

    @property
    def has_own_options(self) -> bool:
        """Whether its organiser writes what can be chosen."""
        return self.kind in {self.Kind.CHOICE, self.Kind.CHOICES}

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, by code, in the active language; nothing for a text."""
        if self.kind == self.Kind.YES_NO:
            return [("yes", str(_("yes"))), ("no", str(_("no")))]
        return [(option["code"], option_words(option)) for option in self.options]

    def marked(self, field: str) -> str:
        """One of its texts as HTML, marked where it is in another language than the page."""
        return in_its_language(getattr(self, field) or "", texts_of(self, field))

    @property
    def marked_choices(self) -> list[tuple[str, str]]:
        """What can be chosen, as `choices`, likewise."""
        texts = {option["code"]: option for option in self.options}
        return [
            (code, in_its_language(capfirst(words), texts.get(code, {})))
            for code, words in self.choices
        ]

    def is_written_in(self, code: str) -> bool:
        """Whether all that people read of it is there in a language."""
        texts = [name for name in ("text", "help_text") if getattr(self, name)]
        return all(getattr(self, f"{name}_{code}") for name in texts) and all(
            option.get(code) for option in self.options
        )

    def said(self, values: Iterable[str]) -> str:
        """An answer in words, in the active language and in the order of the choices."""
        if self.kind == self.Kind.TEXT:
            return " ".join(values)
        chosen = set(values)
        return "; ".join(words for code, words in self.choices if code in chosen)


def option_words(option: Mapping[str, Any]) -> str:
    """A choice in the active language, or in the first one that has it."""
    return str(option.get(language_shown(option), ""))


class Answer(models.Model):
    """What somebody answered to a question: a text, or one choice; a row for each choice."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    option = models.CharField(_("choice"), max_length=8, blank=True)
    text = models.TextField(_("text"), max_length=LONGEST_ANSWER, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "question", "option"], name="answer_once"
            ),
            models.CheckConstraint(
                condition=(Q(option="") & ~Q(text="")) | (~Q(option="") & Q(text="")),
                name="answer_is_text_or_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def value(self) -> str:
        """The code of the choice, or the text."""
        return self.option or self.text


class AnswerCount(models.Model):
    """How often something was chosen by people who have been made anonymous since.

    Apart from them: not even which choices were of one person is known any more.
    """

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="counts")
    option = models.CharField(_("choice"), max_length=8)
    number = models.PositiveIntegerField(_("how often"), default=0)

    class Meta:
        verbose_name = _("number of answers")
        verbose_name_plural = _("numbers of answers")
        constraints = [
            models.UniqueConstraint(fields=["question", "option"], name="answer_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} × {self.question}"


# What somebody answered, by question: the codes of what they chose, or the text.
Answers = Mapping[Question, Sequence[str]]
