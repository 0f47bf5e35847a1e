"""Every kind of mail as its reader gets it, on one's own machine."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.access import local_only
from mailing import examples
from mailing.letters import Letter
from mailing.letters import render as render_letter
from mailing.views.framing import frames_mail, is_mail

_LANGUAGES = dict(settings.LANGUAGES)


def _letter(name: str, language: str) -> Letter:
    if name not in examples.names() or language not in _LANGUAGES:
        raise Http404
    return examples.letter(name, language, timezone.now())


@local_only
@require_safe
def example_list(request: HttpRequest) -> HttpResponse:
    """All kinds of mail, with their subject in the reader's language, and each language to read."""
    now, language = timezone.now(), get_language() or settings.LANGUAGE_CODE
    # In one language only: each subject costs the making of all that its mail is about.
    rows = [(name, examples.letter(name, language, now).subject) for name in examples.names()]
    kinds: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        kinds.setdefault(_app_of(row[0]), []).append(row)
    context = {"kinds": list(kinds.items()), "languages": settings.LANGUAGES}
    return render(request, "mailing/examples.html", context)


def _app_of(name: str) -> str:
    return name.partition(".")[0]


@local_only
@require_safe
@frames_mail
def example(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """One kind of mail in one language, as HTML and as text."""
    letter = _letter(name, language)
    text, _html = render_letter(letter)
    all_names = examples.names()
    at = all_names.index(name)
    context = {
        "name": name,
        "language": language,
        "letter": letter,
        "text": text,
        "languages": settings.LANGUAGES,
        "earlier": all_names[at - 1] if at else "",
        "later": all_names[at + 1] if at + 1 < len(all_names) else "",
    }
    return render(request, "mailing/example.html", context)


@local_only
@require_safe
@is_mail
def example_html(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """The HTML of one by itself."""
    _text, html = render_letter(_letter(name, language))
    return HttpResponse(html)
