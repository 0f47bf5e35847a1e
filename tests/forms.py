"""What a browser would send for a form that nobody touched."""

from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from django.http import HttpResponse

Form = dict[str, Any]


def forms_on(page: HttpResponse) -> list[Element]:
    """The forms of a page, in order."""
    root = html5lib.parse(page.content.decode(), namespaceHTMLElements=False)
    return list(root.iter("form"))


def sent_by(form: Element) -> Form:
    """What a form would send; its buttons are left out."""
    sent: Form = {}
    for control in form.iter():
        name = control.get("name") if control.tag in {"input", "select", "textarea"} else ""
        if not name or control.get("type") in {"submit", "button", "file"} or "__prefix__" in name:
            continue
        if control.tag == "select":
            chosen = [each.get("value") for each in control.iter("option") if _is_chosen(each)]
            is_many = control.get("multiple") is not None
            options = [each.get("value") for each in control.iter("option")]
            sent[name] = chosen if is_many else (chosen or options[:1] or [""])[-1]
        elif control.tag == "textarea":
            sent[name] = (control.text or "").removeprefix("\n")
        elif control.get("type") not in {"checkbox", "radio"}:
            sent[name] = control.get("value") or ""
        elif control.get("checked") is not None:
            value = control.get("value", "on")
            is_list = control.get("type") == "checkbox" and value != "on"
            sent[name] = [*sent.get(name, []), value] if is_list else value
    return sent


def _is_chosen(option: Element) -> bool:
    return option.get("selected") is not None
