"""What organisers may put between braces in a text, and what stands there for its reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.names import has_web_address
from events.models import Registration, Session
from mailing.letters import Paragraph
from mailing.written import Address, Written, fill, words_between_braces, written
from moments import words

_LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True)
class Placeholder:
    """A word in each language, of which each works in every text, and what it stands for."""

    words: dict[str, str]
    meaning: Promise
    value: Callable[[Registration], str]

    @property
    def word(self) -> str:
        """The word with its braces, in the active language."""
        word = self.words.get(translation.get_language() or "", self.words[_LANGUAGES[0]])
        return f"{{{word}}}"


def _name(registration: Registration) -> str:
    # What a stranger typed may not carry an address through our mail to its receiver.
    return _("attendee") if has_web_address(registration.name) else registration.name


def _when(registration: Registration) -> str:
    session = registration.session
    return words.period(session.starts_at, session.ends_at, session.zone)


def _contact(registration: Registration) -> str:
    name, email = registration.session.contact
    return f"{name}, {email}" if email else name


def _own_page(registration: Registration) -> str:
    """Where they see and cancel it; who is no longer registered is shown the session."""
    if registration.is_cancelled:
        return _absolute(registration.session.get_absolute_url())
    return _absolute(registration.get_absolute_url())


def _join(registration: Registration) -> str:
    """Where they take part from afar; whoever cannot is shown what they can see."""
    if registration.is_confirmed and registration.session.has_link:
        return _absolute(registration.get_join_url())
    return _own_page(registration)


def _absolute(path: str) -> Address:
    return Address(urljoin(settings.SITE_URL, path))


PLACEHOLDERS = [
    Placeholder(
        {"nl": "naam", "fr": "nom", "en": "name"},
        gettext_lazy("the name of the reader"),
        _name,
    ),
    Placeholder(
        {"nl": "titel", "fr": "titre", "en": "title"},
        gettext_lazy("the title of the session"),
        lambda registration: registration.session.title,
    ),
    Placeholder(
        {"nl": "wanneer", "fr": "quand", "en": "when"},
        gettext_lazy("day and time of the session"),
        _when,
    ),
    Placeholder(
        {"nl": "waar", "fr": "lieu", "en": "where"},
        gettext_lazy("the place, or that it is online"),
        lambda registration: registration.session.where,
    ),
    Placeholder(
        {"nl": "deelnamelink", "fr": "lien", "en": "link"},
        gettext_lazy("the reader's own page to take part"),
        _join,
    ),
    Placeholder(
        {"nl": "inschrijving", "fr": "inscription", "en": "registration"},
        gettext_lazy("the page of the reader's registration, to see or cancel it"),
        _own_page,
    ),
    Placeholder(
        {"nl": "contact", "fr": "contact", "en": "contact"},
        gettext_lazy("name and e-mail address of the contact"),
        _contact,
    ),
]
_WORDS = {word for placeholder in PLACEHOLDERS for word in placeholder.words.values()}


def unknown(*texts: str) -> list[str]:
    """What looks like a placeholder in these texts and is none, with its braces."""
    found = [word for text in texts for word in words_between_braces(text)]
    return [f"{{{word}}}" for word in dict.fromkeys(found) if word not in _WORDS]


def for_reader(source: str, registration: Registration, *, language: str) -> Written:
    """A text in Markdown for one reader; `language` is the one it is written in."""
    return written(source, _values(registration, language), language=language)


def line_for_reader(source: str, registration: Registration, *, language: str) -> str:
    """The same for one line without Markdown."""
    return " ".join(fill(source, _values(registration, language)).split())


def _values(registration: Registration, language: str) -> dict[str, str]:
    with translation.override(language):
        return {
            word: placeholder.value(registration)
            for placeholder in PLACEHOLDERS
            for word in placeholder.words.values()
        }


# Texts in several languages ----------------------------------------------------------------------


def language_for(reader: str, session: Session, there: set[str]) -> str | None:
    """In which language a text is read by whom: theirs, else the session's, else the first there.

    `there` are the languages in which there is a text; None without any.
    """
    preferred = [reader, session.language, *_LANGUAGES]
    return next((code for code in preferred if code in there), None)


def own_paragraph(registration: Registration, kind: str) -> list[Paragraph]:
    """What the organisers of a session add to mails of a kind, for one reader."""
    session = registration.session
    texts: dict[str, str] = session.mail_paragraphs.get(kind, {})
    return in_words_of(texts, registration)


def in_words_of(texts: Mapping[str, str], registration: Registration) -> list[Paragraph]:
    """A text that is there in some languages, in the one for this reader; told if not theirs."""
    there = {code for code, text in texts.items() if text}
    reader = registration.language
    code = language_for(reader, registration.session, there)
    if code is None:
        return []
    written = for_reader(texts[code], registration, language=code)
    return [written] if code == reader else [only_in(code), written]


def only_in(language: str) -> str:
    """What a reader of another language is told before such a text, in the active language."""
    return {
        "nl": _("The organiser wrote the following in Dutch only."),
        "fr": _("The organiser wrote the following in French only."),
        "en": _("The organiser wrote the following in English only."),
    }[language]
