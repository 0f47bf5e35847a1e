"""The sentences of the interface, in Dutch and in French."""

import ast
import re
from dataclasses import dataclass, field
from gettext import GNUTranslations
from pathlib import Path

import allauth
import pytest
from django.utils import translation

from portal.allauth_sentences import COUNTED_SENTENCES, SENTENCES

LOCALE = Path(__file__).resolve().parent.parent / "locale"
# 'msgid "…"', 'msgstr[1] "…"', and the lines that go on: '"…"'.
LINE = re.compile(r'(?:(msg\w+)(?:\[\d\])? )?(".*")')
# What django-allauth says of passwords, telephones and other things that are not here, and on pages
# and in mails of which there is a template of our own.
NOT_SAID_HERE = re.compile(
    r"[Pp]assword|phone|[Uu]sername|client_name|your device|View your"
    r"|<strong>Note|Already have an account|Are you sure you want to sign out|If it was you"
    r"|If you choose to trust|If you have not created|Please Confirm Your|This mail can be"
    r"|This part of the site|Verify Your|We have sent|You are about to create a passkey"
    r"|You are receiving this email because you|You must type the same|You're receiving"
    r"|still pending|verification code is listed|sign-in code is listed",
)
PLACEHOLDER = re.compile(r"(%\(\w+\))|(<[^>]+>)")


@dataclass
class Entry:
    """A text as people edit it: its parts by their name, one translation per plural form."""

    parts: dict[str, str] = field(default_factory=dict)
    translations: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Context and text, joined as in a compiled catalogue."""
        context = self.parts.get("msgctxt")
        return f"{context}\x04{self.parts['msgid']}" if context else self.parts["msgid"]


def _edited(language: str) -> list[Entry]:
    """The catalogue people edit, without its header and what is no longer used."""
    entries = []
    text = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text()
    for block in text.split("\n\n"):
        entry, current = Entry(), ""
        for name, literal in (
            line.groups() for line in map(LINE.fullmatch, block.split("\n")) if line
        ):
            current = name or current
            words = ast.literal_eval(literal)
            if current != "msgstr":
                entry.parts[current] = entry.parts.get(current, "") + words
            elif name:
                entry.translations.append(words)
            else:
                entry.translations[-1] += words
        if entry.parts.get("msgid"):
            entries.append(entry)
    return entries


def _compiled(language: str) -> GNUTranslations:
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return GNUTranslations(file)


def _said(language: str) -> list[str]:
    return [text for entry in _edited(language) for text in entry.translations]


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_catalogue_leaves_nothing_to_translate(language: str) -> None:
    entries = _edited(language)

    assert len(entries) > 500
    assert [entry.key for entry in entries if not all(entry.translations)] == []
    assert "#, fuzzy" not in (LOCALE / language / "LC_MESSAGES" / "django.po").read_text()


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_compiled_catalogue_says_what_the_edited_one_says(language: str) -> None:
    compiled = _compiled(language)

    said = {
        entry.key: (
            [compiled.ngettext(entry.key, "", number) for number in (1, 2)]
            if "msgid_plural" in entry.parts
            else [compiled.gettext(entry.key)]
        )
        for entry in _edited(language)
    }

    assert said == {entry.key: entry.translations for entry in _edited(language)}


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_translation_keeps_placeholders_and_tags(language: str) -> None:
    def found(text: str) -> set[tuple[str, str]]:
        return set(PLACEHOLDER.findall(text))

    # "There is a problem" names no number; where there are several, the last form does.
    assert [
        entry.key
        for entry in _edited(language)
        if found(entry.translations[-1])
        != found(entry.parts.get("msgid_plural", entry.parts["msgid"]))
    ] == []


def test_dutch_keeps_to_the_house_tone() -> None:
    unwanted = re.compile(r"!|\b(gelieve|oeps|je|jij|jouw)\b", re.IGNORECASE)

    assert [text for text in _said("nl") if unwanted.search(text)] == []


def test_french_sets_its_punctuation_apart() -> None:
    # A straight apostrophe, a space that can break, or a mark without its no-break space.
    unwanted = re.compile(r"'| [:;?!»]|« |[^\u00a0][;?!»](\s|$)|[^\u00a0]:(\s|$)|«[^\u00a0]")

    assert [text for text in _said("fr") if unwanted.search(text)] == []


# The sentences of django-allauth ------------------------------------------------------------------


def _of_allauth(language: str) -> dict[str, str]:
    path = Path(allauth.__file__).parent / "locale" / language / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined] # has no other way
    return {key if isinstance(key, str) else key[0]: text for key, text in catalogue.items()}


def test_sentences_said_in_our_own_words_are_still_those_of_allauth() -> None:
    theirs = _of_allauth("nl")

    assert [sentence for sentence in SENTENCES if sentence not in theirs] == []
    assert len(COUNTED_SENTENCES) == 2


def test_dutch_of_allauth_says_u_to_whoever_can_read_it() -> None:
    familiar = re.compile(r"\b(je|jij|jou|jouw|jezelf)\b|a\.u\.b|alstublieft", re.IGNORECASE)
    reachable = [found for found in _of_allauth("nl") if not NOT_SAID_HERE.search(found)]

    with translation.override("nl"):
        said = {sentence: translation.gettext(sentence) for sentence in reachable}

    assert len(said) > 100
    assert {sentence: text for sentence, text in said.items() if familiar.search(text)} == {}
