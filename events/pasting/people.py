"""Who speaks, in the titles and lines of a pasted programme.

Careful rather than clever: what may as well be something else than a person stays where it is.
"""

import re
from collections.abc import Iterable

from accounts.names import matching_key
from events.models import Contribution, Speaker
from events.speaking import Named

_LABEL = re.compile(
    r"(?:spreker|sprekers|spreekster|gastspreker|gastsprekers|speaker|speakers|orateur|orateurs"
    r"|oratrice|oratrices|intervenant|intervenants|intervenante|intervenantes|panel|panelleden"
    r"|panellists|panelists|door|présenté par|presented by|par|by)\s{0,2}:\s{0,3}",
    re.IGNORECASE,
)
_ROLE_LABEL = re.compile(
    r"(?P<role>moderator|moderatie|modérateur|modératrice|modération|moderation|gastheer|gastvrouw"
    r"|facilitator|animateur|animatrice|chair|dagvoorzitter)\s{0,2}:\s{0,3}",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"(?:présenté par|presented by|door|par|by)\s{1,3}", re.IGNORECASE)
_COMPANY = re.compile(r"(?:met|avec|with)\s{1,3}", re.IGNORECASE)
_BEFORE_PEOPLE = re.compile(
    r"\s(?P<dash>[-–—]{1,2}|\|)\s|\t"
    r"|,?\s(?=(?:door|présenté par|presented by|par|by|met|avec|with)\s)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:en|et|and|&|e)\s")
_CIVIL = re.compile(
    r"\A(?:(?:dhr|mevr|mr|mrs|ms|mme|mlle|m)\.?|mevrouw|meneer|madame|monsieur)\s", re.IGNORECASE
)
_HONORIFIC = re.compile(
    r"\A(?:(?:dhr|mevr|mr|mrs|ms|mme|mlle|m|prof|dr|ir|ing|drs|em|lic|mgr)\.?\s|(?:mevrouw|meneer|"
    r"madame|monsieur|professor|professeur|docteur|doctor)\s)+",
    re.IGNORECASE,
)
_PARTICLES = frozenset([
    "van", "de", "der", "den", "ten", "ter", "te", "in", "'t", "’t", "vande", "vanden",
    "vander", "von", "zu", "le", "la", "les", "du", "des", "da", "di", "do", "dos", "el", "al",
    "ben", "bin", "y", "op",
])  # fmt: skip
# Words with a capital that no name of a person holds: bodies, places, products, parts of a day.
_NO_NAMES = frozenset([
    "stad", "gemeente", "provincie", "departement", "agentschap", "dienst", "universiteit",
    "university", "université", "hogeschool", "fod", "spf", "kabinet", "ministerie", "ministry",
    "ministère", "instituut", "institute", "institut", "centrum", "centre", "center",
    "kenniscentrum", "vlaams", "vlaamse", "vlaanderen", "belgisch", "belgische", "belge",
    "belgium", "belgië", "europees", "europese", "europe", "european", "européenne", "brussel",
    "brussels", "bruxelles", "gent", "leuven", "antwerpen", "digitaal", "digitale", "digital",
    "numérique", "openbaar", "openbare", "publiek", "publieke", "public", "publique", "zaal",
    "salle", "room", "team", "teams", "microsoft", "google", "zoom", "webex", "meet", "data",
    "ai", "ia", "act", "artificiële", "artificial", "intelligentie", "intelligence",
    "artificielle", "horizon", "programma", "programme", "program", "project", "projet", "plan",
    "platform", "netwerk", "network", "réseau", "kenniswerkplaats", "innovatie", "innovation",
    "overheid", "overheden", "government", "service", "services", "group", "groep", "groupe",
    "commissie", "commission", "raad", "council", "conseil", "vereniging", "fonds", "fund",
    "stuurgroep", "question", "questions", "vragen", "vraag", "answer", "answers", "antwoord",
    "case", "cases", "keynote", "panel", "debat", "debate", "workshop", "atelier", "sessie",
    "session", "deel", "part", "partie", "dag", "jour", "day", "lessons", "learned", "best",
    "practice", "practices", "open", "science", "tools", "tool", "law", "ethics", "machine",
    "learning", "deep", "language", "model", "models", "responsible", "trustworthy", "smart",
    "city", "cities", "next", "steps", "closing", "remarks", "welcome", "opening", "coffee",
    "lunch", "break", "live", "demo", "vlaio", "maandag", "dinsdag", "woensdag", "donderdag",
    "vrijdag", "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
    "september", "oktober", "november", "december", "new", "york", "united", "nations",
    "koning", "koninklijke", "royal", "royale", "federaal", "federale", "fédéral", "fédérale",
    "federal", "région", "gewest", "ville", "commune", "hôtel", "huis", "maison", "gebouw",
    "building", "campus",
])  # fmt: skip
_KEYS = frozenset(map(matching_key, _NO_NAMES))
_ENDS_OF_OTHER_WORDS = (
    "atie", "heid", "iteit", "isering", "logie", "logy", "tion", "schap", "ische", "beleid",
    "dienst", "diensten", "zorg", "bestuur", "besturen", "kunde", "ité", "ness", "ship",
)  # fmt: skip
_LONGEST_NAME = 60
# People stand at the end: a title of dashes only is not read from each of them.
_LAST_CUTS = 6


def looks_like_name(text: str, *, may_shout: bool = False) -> bool:
    """Whether a text has the shape of a person's name: capitals, particles, initials.

    `may_shout` allows a family name in capitals, which otherwise is taken for an abbreviation.
    """
    # "M. Jansen" has an initial, "prof. dr. An Maes" a title.
    words = text.split()
    if len(words) > 2:
        words = _HONORIFIC.sub("", text.strip(), count=1).split()
    if not 2 <= len(words) <= 6 or len(text) > _LONGEST_NAME:
        return False
    proper = [word for word in words if word.casefold() not in _PARTICLES]
    return (
        len(proper) >= 2
        and words[0] in proper
        and words[-1] in proper
        and all(_is_name_word(word, may_shout and word is not words[0]) for word in proper)
    )


def _is_name_word(word: str, may_shout: bool) -> bool:
    letters = word.replace("’", "").replace("'", "").replace("-", "").replace(".", "")
    if not letters.isalpha() or matching_key(word) in _KEYS:
        return False
    if len(letters) == 1:
        return word[0].isupper()
    if word.isupper():
        return may_shout and len(letters) > 2
    capital = word[2:3] if word[:2].casefold() in {"d'", "d’", "l'", "l’", "o'", "o’"} else word[0]
    return (capital.isupper() or word[0].isupper()) and not word.endswith(_ENDS_OF_OTHER_WORDS)


def read_people(text: str, *, is_labelled: bool = False) -> list[Named]:
    """The people a text names, and nothing else; empty when it may be something else.

    A label ("Spreker: …") makes sure that it names somebody, whatever the name looks like.
    """
    text = text.strip(" \t,;.")
    people: list[Named] = []
    for part in _outside_brackets(text, ";"):
        found = _one_or_more(part, is_labelled=is_labelled)
        if found:
            people += found
        elif people:
            last = people.pop()
            people.append(Named(last.name, "; ".join(filter(None, (last.role, part)))))
        else:
            return []
    return _unique(people) if all(map(_fits, people)) else []


def read_labelled(text: str) -> list[Named] | None:
    """Who is named by a line that says so ("Spreker: …"); None for a line without such a label.

    Empty when it cannot be kept: too long, or no name.
    """
    if found := _LABEL.match(text):
        return read_people(text[found.end() :], is_labelled=True)
    if found := _ROLE_LABEL.match(text):
        role = found["role"].lower()
        return [
            Named(person.name, ", ".join(filter(None, (role, person.role))))
            for person in read_people(text[found.end() :], is_labelled=True)
        ]
    return None


def read_person_line(text: str) -> list[Named]:
    """Who is named by a line of its own without a label: "Sabine Demey, Programmadirecteur"."""
    bare = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    if found := _PREPOSITION.match(bare):
        bare = bare[found.end() :]
    return read_labelled(bare) or read_people(bare)


def split_people(title: str) -> tuple[str, list[Named]]:
    """A title without the people named at its end, and those people."""
    people: list[Named] = []
    while (shorter := _split_once(title)) is not None:
        title, found = shorter
        people = found + people
    return title, _unique(people)


def _split_once(title: str) -> tuple[str, list[Named]] | None:
    for found in list(_BEFORE_PEOPLE.finditer(title))[-_LAST_CUTS:]:
        before, after = title[: found.start()].rstrip(" ,:–—-"), title[found.end() :].strip()
        people = _after_title(before, after, is_dash=bool(found["dash"])) if before else []
        if people:
            return before, people
    if title.endswith(")") and (start := _opening(title)) > 0:
        before, inside = title[:start].rstrip(" ,:–—-\t"), title[start + 1 : -1].strip()
        people = read_person_line(inside) if before else []
        if people:
            return before, people
    return None


def _after_title(before: str, after: str, *, is_dash: bool) -> list[Named]:
    labelled = read_labelled(after)
    if labelled is not None:
        return labelled
    if found := _PREPOSITION.match(after):
        return read_people(after[found.end() :])
    if found := _COMPANY.match(after):
        people = read_people(after[found.end() :])
        return people if len(people) > 1 or any(person.role for person in people) else []
    if is_dash and not re.search(r"(?:^|\s)[^\W\d_A-Z]", before) and "," not in after:
        # Where every word has a capital, "Lessons Learned" looks like a name too.
        return []
    return read_people(after)


def may_be_people(title: str) -> str:
    """What at the edge of a title looks somewhat like a person but was left there; or empty."""
    if title.endswith(")") and (start := _opening(title)) > 0:
        inside = title[start + 1 : -1].strip()
        words = re.findall(r"[^\W\d_]+", inside)
        if sum(word[0].isupper() and not word.isupper() for word in words) >= 2:
            return inside
    for part in (re.split(r"\s[-–—|]\s|:\s", title)[0], re.split(r"\s[-–—|]\s", title)[-1]):
        if part != title and looks_like_name(part.partition(",")[0]):
            return part
    return title if looks_like_name(title.partition(",")[0]) and "," in title else ""


def person_key(name: str) -> str:
    """The form in which people are compared: as names are, without "prof. dr."."""
    return matching_key(_HONORIFIC.sub("", name, count=1) or name)


def _one_or_more(text: str, *, is_labelled: bool) -> list[Named]:
    """The people of a text without semicolons."""
    pieces = [piece for piece in _outside_brackets(text, ",") if piece]
    names = [name for piece in pieces for name in _AND.split(piece)]
    is_list = len(names) > len(pieces) and all(_is_person(name) for name in names)
    if is_list:
        return [_person(name) for name in names]
    if not pieces or not (_is_person(pieces[0], len(pieces) > 1) or is_labelled):
        return _around_a_dash(pieces) if pieces else []
    spread = [part for piece in pieces for part in _split_before_name(piece)]
    starts = [number for number, part in enumerate(spread) if _is_person(part, True)]
    step = starts[1] if len(starts) > 1 else 0
    if step > 1 and len(spread) % step == 0 and starts == list(range(0, len(spread), step)):
        return [_person(spread[start], *spread[start + 1 : start + step]) for start in starts]
    return [_person(*pieces)]


def _around_a_dash(pieces: list[str]) -> list[Named]:
    """Somebody whose role follows a dash: "Sabine Demey – Programmadirecteur"."""
    name, dash, role = re.sub(r"\s[–—-]\s", "\n", pieces[0], count=1).partition("\n")
    return [_person(name, role, *pieces[1:])] if dash and role and looks_like_name(name) else []


def _split_before_name(piece: str) -> list[str]:
    """ "jurist en Bo Smit" in two, "Innovatie en Digitale Transformatie" whole."""
    *before, last = _AND.split(piece)
    return (
        [piece[: -len(last)].rsplit(None, 1)[0], last] if before and _is_person(last) else [piece]
    )


def _is_person(text: str, may_shout: bool = False) -> bool:
    name = text[: _opening(text)].strip() if text.endswith(")") and _opening(text) > 0 else text
    return looks_like_name(name, may_shout=may_shout)


def _person(first: str, *rest: str) -> Named:
    """A person of "Name (organisation)" or "Name", and what comes after a comma."""
    first, start = first.strip(), _opening(first.strip())
    if first.endswith(")") and start > 0:
        first, rest = first[:start].strip(), (first[start + 1 : -1].strip(), *rest)
    # "M. Jansen" may be an initial, "M. Jean Dupont" is a gentleman.
    plain = _CIVIL.sub("", first, count=1)
    first = plain if looks_like_name(plain) else first
    return Named(first, ", ".join(part.strip() for part in rest if part.strip()))


def _fits(person: Named) -> bool:
    """Whether a row can hold it, and a line say it: an open bracket would take in what follows."""
    name, role = Speaker._meta.get_field("name"), Contribution._meta.get_field("role")
    has_letter = any(character.isalpha() for character in person.name)
    return (
        has_letter
        and len(person.name) <= (name.max_length or 0)
        and len(person.role) <= (role.max_length or 0)
        and not any(text.count("(") > text.count(")") for text in (person.name, person.role))
    )


def _unique(people: Iterable[Named]) -> list[Named]:
    """Each person once: the same name twice is one speaker."""
    return list({person_key(person.name): person for person in reversed(list(people))}.values())[
        ::-1
    ]


def _outside_brackets(text: str, mark: str) -> list[str]:
    """The text cut at a mark, but not within brackets."""
    parts, depth = [""], 0
    for character in text:
        depth = max(0, depth + (character == "(") - (character == ")"))
        if character == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _opening(text: str) -> int:
    """Where the bracket opens that the text ends with; -1 if none does."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += (text[position] == ")") - (text[position] == "(")
        if depth == 0:
            return position
    return -1
