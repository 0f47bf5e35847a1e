"""Two people at one form: what somebody else changed meanwhile, and which of the two stays."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.fields import plain_lines

# What pages in between add to a form; no part of what was typed.
_STEPS = ("csrfmiddlewaretoken", "tell", "step")


class SeenField(forms.CharField):
    """Carries how each field of its form was when the page was made.

    Digests, field by field: whoever saves later is shown what somebody else changed meanwhile.
    """

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=10_000)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """With the digests of that form, once the rest of it is there."""
        return _Seen(form, self, field_name)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never: it says nothing about what the form is of."""
        return False


class _Seen(forms.BoundField):
    @property
    def initial(self) -> str:
        """The digests of a form that nobody has filled in."""
        return "" if self.form.is_bound else digests(self.form)


@dataclass(frozen=True)
class _Control:
    """One control of a form as a browser shows it: what it would send, and words for that."""

    name: str
    values: list[str]
    words: dict[str, str]


@dataclass(frozen=True)
class Clash:
    """A field that somebody else changed while one was at work on the same thing."""

    name: str
    label: str
    mine: str
    theirs: str
    is_touched: bool


def digests(form: forms.BaseForm) -> str:
    """For each field of a form that nobody has filled in a digest, by which a change is known."""
    return json.dumps(
        {
            name: _digest([control.values for control in parts])
            for name, parts in _controls_of(form).items()
        }
    )


def clashes(current: forms.BaseForm, sent: QueryDict) -> list[Clash]:
    """What somebody else changed since the sent form was opened, where it differs from the form.

    `current` is the form of what is stored now, which nobody has filled in.
    """
    seen = _seen(sent)
    found = []
    for name, parts in _controls_of(current).items() if seen else ():
        theirs = [control.values for control in parts]
        mine = [sent.getlist(control.name) for control in parts]
        if _digest(theirs) != seen.get(name) and _digest(mine) != _digest(theirs):
            found.append(
                Clash(
                    name,
                    _label(current, name),
                    _in_words(current.fields[name], parts, mine),
                    _in_words(current.fields[name], parts, theirs),
                    is_touched=_digest(mine) != seen.get(name),
                )
            )
    return found


def _label(form: Any, name: str) -> str:
    """What a field is called; a form of many alike says itself which one is meant."""
    return str(form.label_of(name) if hasattr(form, "label_of") else form[name].label)


def is_unchanged(current: forms.BaseForm, sent: QueryDict) -> bool:
    """Whether all is still as the sent form says it was."""
    return bool(_seen(sent) == json.loads(digests(current)))


def chosen(current: forms.BaseForm, sent: QueryDict) -> QueryDict:
    """What was sent, with theirs for each field where that was chosen."""
    merged = sent.copy()
    for name, parts in _controls_of(current).items():
        if sent.get(f"choose-{name}") == "theirs":
            for control in parts:
                merged.setlist(control.name, control.values)
    return merged


def settled(current: forms.BaseForm, sent: QueryDict) -> QueryDict:
    """What was sent, with theirs for each field that nobody but they changed."""
    seen = _seen(sent)
    merged = sent.copy()
    for name, parts in _controls_of(current).items() if seen else ():
        if _digest([sent.getlist(control.name) for control in parts]) == seen.get(name):
            for control in parts:
                merged.setlist(control.name, control.values)
    return merged


def carried(sent: QueryDict, *, but: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What was typed, to be sent along by a page in between."""
    left_out = {*_STEPS, *but}
    return [
        (name, value) for name, values in sent.lists() if name not in left_out for value in values
    ]


def question(current: forms.BaseForm, sent: QueryDict, found: list[Clash]) -> dict[str, Any]:
    """What components/clashes.html takes to ask which of the two stays."""
    return {
        "clashes": found,
        "carried": carried(sent, but={"seen", *(f"choose-{clash.name}" for clash in found)}),
        "seen": digests(current),
    }


def _controls_of(form: forms.BaseForm) -> dict[str, list[_Control]]:
    """For each field of a form that nobody has filled in: its controls, with what they show."""
    return {
        bound.name: _controls(
            bound.field.widget.get_context(bound.html_name, bound.value(), {})["widget"]
        )
        for bound in form.visible_fields()
    }


def _controls(widget: dict[str, Any]) -> list[_Control]:
    if "optgroups" in widget:
        options = [option for _name, group, _at in widget["optgroups"] for option in group]
        values = [str(option["value"]) for option in options if option["selected"]]
        words = {str(option["value"]): str(option["label"]) for option in options}
        return [_Control(widget["name"], values, words)]
    if "subwidgets" in widget:
        return [each for part in widget["subwidgets"] for each in _controls(part)]
    if widget.get("type") == "checkbox":
        values = ["on"] if widget["attrs"].get("checked") else []
        return [_Control(widget["name"], values, {"on": _("yes"), "": _("no")})]
    return [_Control(widget["name"], [str(widget["value"] or "")], {})]


def _digest(values: Iterable[list[str]]) -> str:
    plain = json.dumps([_plain(each) for each in values])
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _plain(values: list[str]) -> list[str]:
    """Without what a browser adds: it ends lines its own way, and sends "" for an empty control."""
    return [plain_lines(value) for value in values] or [""]


def _seen(sent: QueryDict) -> dict[str, str]:
    try:
        seen = json.loads(sent.get("seen", ""))
    except (ValueError, RecursionError):
        return {}
    return seen if isinstance(seen, dict) else {}


def _in_words(field: Any, parts: list[_Control], values: list[list[str]]) -> str:
    """What the controls of a field say; a field that can say it better does so itself."""
    if hasattr(field, "in_words"):
        words: str = field.in_words([each[0] if each else "" for each in values])
        if words:
            return words
    said = [
        control.words.get(value, value)
        for control, each in zip(parts, values, strict=True)
        for value in each or ([""] if "" in control.words else [])
    ]
    return " ".join(text for text in said if text)
