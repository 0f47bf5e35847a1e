"""Which calls the list's search and filters leave, for its page and its feeds alike."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.directory import SEARCHED_ORGANISATION
from accounts.models import Organisation, Programme, Theme
from accounts.names import is_storable
from accounts.searching import Texts, containing, in_each_language
from procurement.models import Amount, Call, CallQuerySet, CallState, Eligibility

# Whole euros per project.
AMOUNTS = (25_000, 100_000, 1_000_000)
# The texts of a call in which words are sought, and those by which who organises it knows it.
SEARCHED = Texts(in_each_language("title", "summary", "body", "target_group"), kept_as="searched")
NAMED = Texts([*in_each_language("title"), "slug"], kept_as="named")
# Of these there are but a few.
SEARCHED_PROGRAMME = Texts(in_each_language("name", "full_name"))
SEARCHED_THEME = Texts(in_each_language("title", "short_title"))


def _amount_choices() -> list[tuple[str, str]]:
    return [
        ("", _("Any amount")),
        *(
            (
                str(amount),
                _("at least € %(amount)s per project")
                % {"amount": number_format(amount, 0, use_l10n=True, force_grouping=True)},
            )
            for amount in AMOUNTS
        ),
    ]


class FilterForm(forms.Form):
    """The filters; a value that is none of them counts as not chosen."""

    q = forms.CharField(required=False, max_length=200, label=gettext_lazy("Search by subject"))
    theme = forms.ModelChoiceField(
        Theme.objects.none(),
        required=False,
        to_field_name="code",
        label=gettext_lazy("Theme"),
        empty_label=gettext_lazy("Any theme"),
    )
    group = forms.ChoiceField(
        required=False,
        label=gettext_lazy("For whom"),
        choices=[("", gettext_lazy("Anybody")), *Eligibility.Group.choices],
    )
    organiser = forms.ModelChoiceField(
        Organisation.objects.none(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Organiser"),
        empty_label=gettext_lazy("Any organiser"),
    )
    status = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("Any status")),
            *(choice for choice in CallState.choices if choice[0] != CallState.DRAFT),
        ],
    )
    amount = forms.ChoiceField(
        required=False, label=gettext_lazy("Amount"), choices=_amount_choices
    )

    def __init__(self, data: QueryDict | dict[str, str]) -> None:
        # PostgreSQL refuses NUL even in a question.
        super().__init__({name: data[name] for name in data if is_storable(str(data[name]))})
        of_theme = Call.objects.public().filter(themes=OuterRef("pk"))
        of_organiser = Call.objects.public().filter(organisers=OuterRef("pk"))
        self._offer("theme", Theme.objects.filter(Exists(of_theme)))
        self._offer("organiser", Organisation.objects.filter(Exists(of_organiser)))
        # What is no choice is not shown as one, nor as a fault: an old link still finds something.
        wrong = set(self.errors)
        self.data = {name: value for name, value in self.data.items() if name not in wrong}
        self.full_clean()

    def _offer(self, name: str, rows: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = rows

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, by the names of the fields; only what can be."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def removable(self) -> list[tuple[str, str]]:
        """The filters that are on: their names and what they are set to."""
        found = []
        for name, value in self.chosen.items():
            if name == "q":
                continue
            field: Any = self.fields[name]
            words = dict(field.choices)[value] if isinstance(value, str) else str(value)
            found.append((name, str(words)))
        return found


def choose(form: FilterForm, now: datetime) -> CallQuerySet:
    """The public calls that the filters leave, with their state."""
    chosen = form.chosen
    calls = Call.objects.public().with_state(now)
    if "q" in chosen:
        calls = _found(calls, chosen["q"])
    if "theme" in chosen:
        calls = calls.filter(themes=chosen["theme"])
    if "group" in chosen:
        calls = calls.filter(eligibilities__group=chosen["group"], eligibilities__may_submit=True)
    if "organiser" in chosen:
        calls = calls.filter(organisers=chosen["organiser"])
    if "status" in chosen:
        calls = calls.in_state(chosen["status"])
    if "amount" in chosen:
        enough = Amount.objects.filter(
            kind=Amount.Kind.CEILING, is_part=False, value__gte=int(chosen["amount"])
        )
        calls = calls.filter(pk__in=enough.values("call"))
    if chosen.keys() & {"q", "status"}:
        # Looks at each call: once, not in every question that a page asks of those found.
        found = list(calls.values_list("pk", flat=True))
        calls = Call.objects.public().with_state(now).filter(pk__in=found)
    return calls


def _found(calls: CallQuerySet, text: str) -> CallQuerySet:
    """Those that hold each word, in any language: pages show what their own lacks.

    In their own texts, or in the name of their programme, of an organiser or of a theme; each of
    these is looked up by itself, which an index can do.
    """
    own = containing(text, SEARCHED)
    of_organiser = containing(text, SEARCHED_ORGANISATION)
    of_programme = containing(text, SEARCHED_PROGRAMME)
    of_theme = containing(text, SEARCHED_THEME)
    for word, organiser, programme, theme in zip(
        own, of_organiser, of_programme, of_theme, strict=True
    ):
        organised = Call.organisers.through.objects.filter(
            organisation__in=Organisation.objects.filter(organiser)
        )
        themed = Call.themes.through.objects.filter(theme__in=Theme.objects.filter(theme))
        of_its = Call.objects.filter(programme__in=Programme.objects.filter(programme))
        # Not joined by OR, for which PostgreSQL may look each of them up again for every row.
        holding = Call.objects.filter(word).order_by().values("pk")
        calls = calls.filter(
            pk__in=holding.union(
                of_its.order_by().values("pk"), organised.values("call"), themed.values("call")
            )
        )
    return calls
