"""What visitors and registrants fill in."""

import re
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.borrowing import in_its_language, texts_of
from accounts.names import normal_address, validate_one_line
from events import answering
from events.forms.answers import Answering, FoldedField
from events.groups import Requester
from events.models import (
    ConsentText,
    Needs,
    Question,
    Registration,
    Session,
)
from events.refusing import UnusableAddress, refuse_unusable
from events.registering import Applicant

# How many empty rows a form for colleagues starts with, and how many a button adds.
ROWS = 5
# Where each row holds questions as well.
ROWS_WITH_QUESTIONS = 2
MOST_COLLEAGUES = 30


def new_form_token() -> str:
    """A random mark by which the same form sent twice is known."""
    return secrets.token_urlsafe(12)


class AddressField(forms.EmailField):
    """One e-mail address, in its normal form; refuses what no invitation can name."""

    default_error_messages = {
        "required": _("Fill in your e-mail address."),
        "invalid": _("Fill in an e-mail address such as name@organisation.be."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def clean(self, value: Any) -> str:
        """Empty where it may be."""
        email: str = super().clean(value)
        if not email:
            return ""
        try:
            refuse_unusable(email)
        except UnusableAddress as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return normal_address(email)


class NeedsQuestions(forms.Form):
    """What somebody needs: only what the session asks, and kept only with their consent."""

    def ask_needs(self, session: Session) -> None:
        """Add the questions of a session, if it has any."""
        if session.asks_access_needs:
            self.fields["access"] = FoldedField(
                label=_("What do you need to take part?"),
                help_text=_("For example captions, sign language or a place for a wheelchair."),
                max_length=500,
                required=False,
            )
        if session.asks_diet:
            self.fields["diet"] = FoldedField(
                label=_("What do you not eat?"),
                help_text=_("For example meat, or nuts because of an allergy."),
                max_length=500,
                required=False,
            )
        if session.asks_access_needs or session.asks_diet:
            self.fields["needs_consent"] = forms.BooleanField(
                label=_(
                    "I agree that the organiser reads what I need; it is erased 30 days after the"
                    " session."
                ),
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        """Ask for consent only where there is something to agree to."""
        answers = super().clean() or self.cleaned_data
        if any(self.needs().values()) and not answers.get("needs_consent"):
            self.add_error(
                "needs_consent",
                gettext("Tick that the organiser may read what you need, or leave it empty."),
            )
        return answers

    def needs(self) -> dict[str, str]:
        """What was filled in; what is not asked is empty."""
        return {name: self.cleaned_data.get(name, "") for name in ("access", "diet")}


class OwnDetails(forms.Form):
    """What people say of themselves."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in your name.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    organisation_name = forms.CharField(
        label=_("Your organisation"),
        max_length=200,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in the organisation you work for.")},
        widget=forms.TextInput({"autocomplete": "organization", "data-suggestions": ""}),
    )
    job_title = forms.CharField(
        label=_("Your job title"),
        max_length=150,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"autocomplete": "organization-title"}),
    )
    language = forms.ChoiceField(
        label=_("Language of our e-mails"), choices=settings.LANGUAGES, widget=forms.Select()
    )


class RegistrationForm(OwnDetails, NeedsQuestions):
    """Who somebody is, what the session asks besides, and what they may agree to."""

    field_order = ("name", "email", "organisation_name", "job_title", "language")

    email = AddressField(
        label=_("Your e-mail address"),
        help_text=_("We send your confirmation and the link to this address."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    form_token = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput())

    def __init__(
        self,
        *args: Any,
        consent_texts: list[ConsentText],
        session: Session | None = None,
        questions: Sequence[Question] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.answering = Answering(self, questions)
        if session is not None:
            self.ask_needs(session)
        self.consent_texts = consent_texts
        for consent_text in consent_texts:
            self.fields[self._consent_name(consent_text)] = forms.BooleanField(
                label=in_its_language(consent_text.text, texts_of(consent_text, "text")),
                required=False,
            )

    def applicant(self) -> Applicant:
        """What was filled in, once it is valid."""
        answers, needs = self.cleaned_data, self.needs()
        return Applicant(
            name=answers["name"],
            email=answers["email"],
            organisation_name=answers["organisation_name"],
            job_title=answers["job_title"],
            language=answers["language"],
            form_token=answers["form_token"],
            consent_texts=[
                consent_text
                for consent_text in self.consent_texts
                if answers[self._consent_name(consent_text)]
            ],
            answers=self.answering.answers(),
            access=needs["access"],
            diet=needs["diet"],
        )

    @staticmethod
    def _consent_name(consent_text: ConsentText) -> str:
        return f"consent_{consent_text.code}"


class GroupForm(OwnDetails):
    """Who registers colleagues, and the colleagues: a row each; empty ones do not count."""

    field_order = ("name", "email", "organisation_name", "comes_too", "language")

    email = AddressField(
        label=_("Your e-mail address"),
        help_text=_("We send you an overview of what you fill in here."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    comes_too = forms.BooleanField(label=_("I come too"), required=False, initial=True)
    is_together = forms.BooleanField(
        label=_("We only come together"),
        help_text=_(
            "If there are not enough seats, all of you wait until there is one for each. Without"
            " this, the first in your list get the seats that are left and the others wait."
        ),
        required=False,
    )
    pasted = forms.CharField(
        label=_("A list of names and addresses"),
        help_text=_(
            "One colleague a line, for example: An Janssens; an.janssens@organisation.be. We put"
            " them in rows first, for you to check."
        ),
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    form_token = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, rows: int = 0, questions: Sequence[Question] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["job_title"]
        self.fields["organisation_name"].help_text = _(
            "We note it for your colleagues too; each of them can change it."
        )
        rows = rows or (ROWS_WITH_QUESTIONS if questions else ROWS)
        # Of who fills it in: asked only where they come too.
        self.answering = Answering(self, questions)
        if self.is_bound and "comes_too" not in self.data:
            self.answering.ask_nothing()
        self._answering: list[Answering] = []
        for number in range(rows):
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("Name"),
                max_length=150,
                required=False,
                validators=[validate_one_line],
                widget=forms.TextInput({"autocomplete": "off"}),
            )
            self.fields[f"email_{number}"] = AddressField(
                label=_("E-mail address"),
                required=False,
                widget=forms.EmailInput({"autocomplete": "off"}),
            )
            answering_row = Answering(self, questions, suffix=_of_row(number))
            if self.is_bound and not self.data.get(f"email_{number}", "").strip():
                answering_row.ask_nothing()
            self._answering.append(answering_row)
        self._rows = rows
        self.unread: list[str] = []

    @classmethod
    def sent(cls, typed: QueryDict, questions: Sequence[Question] = ()) -> "GroupForm":
        """What was sent, to be accepted or refused."""
        return cls(typed, rows=_number_of_rows(typed), questions=questions)

    @classmethod
    def to_go_on_with(cls, typed: QueryDict, questions: Sequence[Question] = ()) -> "GroupForm":
        """What was typed so far, with room for more, and the pasted lines in rows of their own."""
        people = [
            (typed.get(f"name_{number}", ""), typed.get(f"email_{number}", ""))
            for number in range(_number_of_rows(typed))
        ]
        answered = list(range(len(people)))
        read, unread = _read_people(typed.get("pasted", ""))
        if read:
            answered = [number for number in answered if any(people[number])]
            people = [row for row in people if any(row)]
        people += read[: MOST_COLLEAGUES - len(people)]
        unread += [f"{name} <{email}>" for name, email in read if (name, email) not in people]
        rows = min(MOST_COLLEAGUES, len(people) + ROWS)
        initial: dict[str, Any] = {name: typed.get(name, "") for name in cls.base_fields}
        initial |= {name: name in typed for name in ("comes_too", "is_together")}
        initial["pasted"] = "\n".join(unread)
        for number, (name, email) in enumerate(people):
            initial |= {f"name_{number}": name, f"email_{number}": email}
        for question in questions:
            initial |= _typed_answer(typed, question, "", "")
            for number, was in enumerate(answered):
                initial |= _typed_answer(typed, question, _of_row(was), _of_row(number))
        form = cls(initial=initial, rows=rows, questions=questions)
        form.unread = unread
        if len(people) < rows:
            form.fields[f"name_{len(people)}"].widget.attrs["autofocus"] = True
        return form

    @property
    def colleagues(
        self,
    ) -> list[tuple[int, forms.BoundField, forms.BoundField, list[forms.BoundField]]]:
        """The rows: their number from 1, name, address, and what the session asks of them."""
        return [
            (
                number + 1,
                self[f"name_{number}"],
                self[f"email_{number}"],
                self._answering[number].fields,
            )
            for number in range(self._rows)
        ]

    @property
    def can_have_more_rows(self) -> bool:
        """Whether the largest form is not reached yet."""
        return self._rows < MOST_COLLEAGUES

    def clean(self) -> dict[str, Any]:
        """A row is whole or empty, and there is one at least."""
        answers = super().clean() or self.cleaned_data
        for number in range(self._rows):
            name, email = answers.get(f"name_{number}"), answers.get(f"email_{number}")
            if email and name == "":
                self.add_error(f"name_{number}", gettext("Fill in the name of this colleague."))
            if name and email == "":
                self.add_error(
                    f"email_{number}", gettext("Fill in the e-mail address of this colleague.")
                )
        if not self.errors and not self._filled_rows():
            self.add_error("name_0", gettext("Fill in at least one colleague."))
        return answers

    def _filled_rows(self) -> list[int]:
        return [number for number in range(self._rows) if self.cleaned_data.get(f"email_{number}")]

    def requester(self) -> Requester:
        """Who fills it in, once it is valid."""
        answers = self.cleaned_data
        return Requester(answers["name"], answers["email"], answers["language"])

    def applicants(self) -> list[Applicant]:
        """Whom it is about, once it is valid: who fills it in first, if they come too."""
        answers = self.cleaned_data
        shared = {
            "organisation_name": answers["organisation_name"],
            "language": answers["language"],
        }
        people = [
            Applicant(
                name=answers[f"name_{number}"],
                email=answers[f"email_{number}"],
                answers=self._answering[number].answers(),
                **shared,
            )
            for number in self._filled_rows()
        ]
        if answers["comes_too"]:
            # Only their own carries the mark: by it they are known as who filled in the form.
            own = Applicant(
                name=answers["name"],
                email=answers["email"],
                form_token=answers["form_token"],
                answers=self.answering.answers(),
                **shared,
            )
            people.insert(0, own)
        return people

    def refuse(self, sentences: dict[int, str]) -> None:
        """Put what was refused of the applicants, by number, next to where they were typed."""
        fields = [f"email_{number}" for number in self._filled_rows()]
        if self.cleaned_data["comes_too"]:
            fields.insert(0, "email")
        for number, sentence in sentences.items():
            self.add_error(fields[number], sentence)


def _number_of_rows(typed: QueryDict) -> int:
    """As many as came, empty ones included."""
    numbers = range(MOST_COLLEAGUES)
    return max((n + 1 for n in numbers if {f"name_{n}", f"email_{n}"} & typed.keys()), default=ROWS)


def _of_row(number: int) -> str:
    """What tells the answers of a row from others; `_0` would be the first of some choices."""
    return f"-{number}"


def _typed_answer(
    typed: QueryDict, question: Question, before: str, after: str
) -> dict[str, str | list[str]]:
    """What was answered in one row, to stand in another."""
    values = typed.getlist(question.name + before)
    is_many = question.kind == Question.Kind.CHOICES
    return {question.name + after: values if is_many else "".join(values[:1])}


def _read_people(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Names and addresses from pasted lines, and the lines that hold no address.

    Also several on one line, as a mail program copies them: after each ">".
    """
    people, unread = [], []
    for part in re.split(r"[\r\n]+|(?<=>)[;,]", text[:20_000]):
        line = part.strip()
        found = re.search(r"[^\s<>;,\"']+@[^\s<>;,\"']+", line[:500])
        if found:
            before, after = line[: found.start()], line[found.end() :]
            people.append((before.strip(' \t;,<>"') or after.strip(' \t;,<>"'), found.group()))
        elif line:
            unread.append(line)
    return people, unread


class SubstituteForm(forms.Form):
    """Who comes instead."""

    name = forms.CharField(
        label=_("Name of who comes"),
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": _("Fill in the name of who comes.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = AddressField(
        label=_("Their e-mail address"),
        help_text=_("They get the confirmation, the calendar entry and the link."),
        error_messages={"required": _("Fill in the e-mail address of who comes.")},
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    job_title = forms.CharField(
        label=_("Their job title"),
        max_length=150,
        required=False,
        validators=[validate_one_line],
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=_("Language of our e-mails"), choices=settings.LANGUAGES, widget=forms.Select()
    )

    def __init__(self, *args: Any, questions: Sequence[Question] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answering = Answering(self, questions)

    def applicant(self, organisation_name: str) -> Applicant:
        """Who comes, once it is valid: from the organisation that had the place."""
        answers = self.cleaned_data
        return Applicant(
            name=answers["name"],
            email=answers["email"],
            organisation_name=organisation_name,
            job_title=answers["job_title"],
            language=answers["language"],
            answers=self.answering.answers(),
        )


class DetailsForm(OwnDetails, NeedsQuestions):
    """What somebody can change about their own registration."""

    def __init__(
        self,
        *args: Any,
        registration: Registration,
        questions: Sequence[Question] = (),
        **kwargs: Any,
    ) -> None:
        needs = Needs.objects.filter(registration=registration).first()
        initial = {name: getattr(registration, name) for name in self.base_fields}
        if needs is not None:
            # Who filled it in agreed to it then.
            initial |= {"access": needs.access, "diet": needs.diet, "needs_consent": True}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        given = answering.given_by(registration) if questions else None
        self.answering = Answering(self, questions, given=given)
        self.ask_needs(registration.session)

    def details(self) -> dict[str, str]:
        """What was filled in, once it is valid, without the needs."""
        return {name: self.cleaned_data[name] for name in self.base_fields}


class LinksForm(forms.Form):
    """Asking for the links to one's registrations."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        error_messages={
            "required": _("Fill in your e-mail address."),
            "invalid": _("Fill in an e-mail address such as name@organisation.be."),
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
