"""A client that checks each page it fetches, whatever the test is about."""

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from events import live

_XHTML = "{http://www.w3.org/1999/xhtml}"


class CheckedClient(Client):
    """Django's test client; every HTML page that is not Django's admin must be sound.

    Whichever database answers, it is the same page: on SQLite alone it is read.
    """

    def request(self, **request: Any) -> Any:
        """Fetch, then check what came back."""
        response = super().request(**request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        is_read_here = connection.vendor == "sqlite"
        if (
            is_page
            and is_read_here
            and not response.streaming
            and "/admin/" not in request["PATH_INFO"]
        ):
            check(response)
        return response


def hang_up(response: Any) -> None:
    """End an answer that comes in pieces as a server does whose browser is gone."""
    # Django's test client put its own around ours, which keeps the test's connection open.
    response._iterator.close()


def check(response: HttpResponse) -> None:
    """Everything that holds for every page."""
    if response.status_code in {301, 302, 303} or not response.content:
        return
    html = response.content.decode()
    parser = html5lib.HTMLParser(strict=False)
    root = parser.parse(html)
    assert not parser.errors, f"not well-formed: {parser.errors[:3]}"
    check_heading_and_title(root)
    check_language(root)
    check_unique_ids(root)
    check_references(root)
    check_labels(root)
    check_forms(root)
    check_nothing_inline_or_foreign(root)
    check_no_template_leaks(html)


def _all(root: Element, *names: str) -> list[Element]:
    return [element for name in names for element in root.iter(f"{_XHTML}{name}")]


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def check_heading_and_title(root: Element) -> None:
    """One h1, and a title that is not empty."""
    assert len(_all(root, "h1")) == 1
    assert _text(_all(root, "h1")[0])
    assert _text(_all(root, "title")[0]).strip(" |")


def check_language(root: Element) -> None:
    """The page says its language (WCAG 2.2, 3.1.1)."""
    assert root.get("lang") in {"nl", "fr", "en"}


def check_unique_ids(root: Element) -> None:
    """No id twice."""
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    assert [name for name, number in ids.items() if number > 1] == []


def check_references(root: Element) -> None:
    """What refers to an id on the page refers to one that is there."""
    ids = {element.get("id") for element in root.iter()}
    for element in root.iter():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "list"):
            for name in (element.get(attribute) or "").split():
                assert name in ids, f"{attribute}={name} leads nowhere"
        href = element.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids, f"{href} leads nowhere"


def check_labels(root: Element) -> None:
    """Every control has a name (WCAG 2.2, 4.1.2)."""
    labelled = {label.get("for") for label in _all(root, "label")}
    for control in _all(root, "input", "select", "textarea"):
        if control.get("type") in {"hidden", "submit"}:
            continue
        has_name = control.get("id") in labelled or control.get("aria-label")
        assert has_name, f"no label for {control.get('name')}"


def check_forms(root: Element) -> None:
    """Every form says where it goes and how."""
    for form in _all(root, "form"):
        assert form.get("action"), "a form without an action"
        assert form.get("method"), "a form without a method"


def check_nothing_inline_or_foreign(root: Element) -> None:
    """No script, style or handler in the page, nothing loaded from elsewhere."""
    assert not _all(root, "style")
    for element in root.iter():
        assert not element.get("style"), "an inline style"
        handlers = [name for name in element.keys() if name.startswith("on")]  # noqa: SIM118
        assert not handlers, f"an inline handler: {handlers}"
    for element in _all(root, "script", "img", "iframe", "link"):
        loaded = element.get("src") or (
            element.get("href") if element.get("rel") in {"stylesheet", "icon", "preload"} else ""
        )
        assert not re.match(r"(https?:)?//", loaded or ""), f"loads {loaded}"
        if element.tag == f"{_XHTML}script":
            is_data = element.get("type") in {"application/json", "application/ld+json"}
            assert is_data or element.get("src"), "an inline script"


def check_no_template_leaks(html: str) -> None:
    """No template syntax and no stray None reaches a reader."""
    for leak in ("{%", "{#", "#}", "%}", "<c-", ">None<", "&lt;bound method"):
        assert leak not in html, f"{leak!r} in the page"
    assert live.SECRET not in html, "a mark in the page, where a live text was to come"
