"""What a title says beside its title: who speaks, what kind it is, in which room."""

import re
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.utils import translation

from events.models import AgendaItem
from events.pasting.people import split_people
from events.pasting.times import AROUND_TITLE
from events.speaking import Named

_KIND = AgendaItem.Kind

_MARK = re.compile(r"\s{0,2}\[\s?([^\[\]]{1,80}?)\s?\]$")
_NOBODY = re.compile(r"\s{0,2}\(\s?\)$")
ROOM = re.compile(
    r"(?P<track>(?:zaal|salle|room|track|spoor|parcours|parallelle sessie|parallelsessie"
    r"|session parallèle|parallel session|break-?out(?: room| session)?)\s[^\W_][\w .'’-]{0,40}?)"
    r"\s?[:|–—]\s?(?P<title>\S.*)",
    re.IGNORECASE,
)
_ROOM_AT_END = re.compile(
    r"(?P<title>.*\S)\s?[(\[](?P<track>(?:zaal|salle|room|track|spoor) [\w .'’-]{1,40})[)\]]",
    re.IGNORECASE,
)
_PARALLEL_AT_END = re.compile(
    r"(?P<title>.*\S)\s\((?:parallel|parallèle|in parallel)\)", re.IGNORECASE
)
_KINDS = {
    _KIND.QUESTIONS: (
        r"(?:ruimte|tijd|gelegenheid|plaats)? ?(?:voor )?(?:vragen|vraag en antwoord|vragenronde"
        r"|vragenuurtje|q ?& ?a|q and a|questions?|time for questions)\b.*"
    ),
    _KIND.BREAK: (
        r"(?:(?:korte|kleine|short|brief|courte|petite|sanitaire|digitale) )?"
        r"(?:\w*pauze|pause|(?:(?:coffee|tea|lunch|comfort|short)[ -])?break|\w*lunch\w*|koffie\w*"
        r"|coffee|café|déjeuner|broodjes\w*|broodmaaltijd|buffet|netwerk(?:en|moment|drink|lunch"
        r"|borrel|receptie|pauze)|networking|drink|borrel|receptie|réception|reception|apéro"
        r"|apéritif|verre de l['’]amitié|moment de réseautage)\b.*"
    ),
    _KIND.WELCOME: (
        r"(?:(?:welkom|welkomst\w*|verwelkoming|onthaal|ontvangst|opening|openingswoord|aanmelden"
        r"|inloop|registratie|accueil|bienvenue|mots? (?:de bienvenue|d['’](?:accueil"
        r"|introduction))|ouverture|enregistrement|welcome|registration|doors open)\b.*"
        r"|(?:korte )?(?:inleiding|introductie|introduction|intro|voorwoord))"
    ),
    _KIND.CLOSING: (
        r"(?:algemene |general |mots? d[eu] )?(?:conclusies?|conclusions?|besluit|slot|slotwoord"
        r"|slotbeschouwing\w*|afsluiting|afsluiter|afronding|afsluitend woord|samenvatting|einde"
        r"|closing|wrap[- ]?up|clôture|la fin|fin|end)\b.*"
    ),
}
_KIND_PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS.items()]
END_OF_PROGRAMME = re.compile(
    r"(?:voorzien |verwacht )?(?:einde|fin|end|sluiting)(?:\s(?:van|de|du|of)\s.{1,40}"
    r"|\s?(?:programma|sessie|session))?\.?",
    re.IGNORECASE,
)


@dataclass
class Title:
    """What a title says once people and marks are taken off."""

    title: str = ""
    speakers: list[Named] = field(default_factory=list)
    kind: str = ""
    is_parallel: bool = False
    track: str = ""
    # A room named in passing makes it parallel only where something else goes on: until then the
    # title that keeps it.
    track_in_passing: str = ""
    title_with_track: str = ""


def read_title(text: str) -> Title:
    """A title with the people, kind and track it names.

    Nothing is taken off where nothing would be left.
    """
    read = Title(title=text.lstrip(AROUND_TITLE).rstrip(" \t|"))
    while (mark := _MARK.search(read.title)) and _take_mark(read, mark[1]):
        read.title = read.title[: mark.start()]
    shorter = _NOBODY.sub("", read.title)
    if shorter and shorter != read.title:
        read.title = one_line(shorter)
        return read
    room = _take_room(read)
    read.title, read.speakers = split_people(read.title.replace("|", "\t"))
    read.title = one_line(read.title.replace("\t", " – "))
    if room:
        read.title_with_track = f"{read.title} ({room})"
    else:
        _take_room(read)
    return read


def _take_mark(read: Title, mark: str) -> bool:
    """Whether what stands in square brackets says a kind or a track."""
    word, _colon, name = (part.strip() for part in mark.partition(":"))
    if word.casefold() in {"parallel", "parallèle"}:
        read.is_parallel, read.track = True, name[:60]
    elif word.casefold() == "track" and name:
        read.track = name[:60]
    elif mark.casefold() in _kind_words():
        read.kind = _kind_words()[mark.casefold()]
    else:
        return False
    return True


def _take_room(read: Title) -> str:
    """Take off a room that a title names without a mark; what it says in brackets at its end."""
    if read.is_parallel or read.track:
        return ""
    if found := _PARALLEL_AT_END.fullmatch(read.title):
        read.title, read.is_parallel = found["title"], True
        return ""
    at_start, at_end = ROOM.fullmatch(read.title), _ROOM_AT_END.fullmatch(read.title)
    found = at_end or at_start
    if not found or read.track_in_passing:
        return ""
    read.title_with_track, read.title = read.title, found["title"]
    track = one_line(found["track"])
    read.track_in_passing = track[:1].upper() + track[1:]
    return found["track"] if at_end else ""


@cache
def _kind_words() -> dict[str, str]:
    """The kinds by their names in every language."""
    found = {}
    for language, _label in settings.LANGUAGES:
        with translation.override(language):
            found.update({str(kind.label).casefold(): kind.value for kind in _KIND})
    return found


def kind_of(title: str, has_speakers: bool) -> str:
    """The kind that a title's words say; whoever speaks takes no break."""
    for kind, pattern in _KIND_PATTERNS:
        if pattern.fullmatch(title) and not (kind == _KIND.BREAK and has_speakers):
            return kind
    return _KIND.TALK


def one_line(text: str) -> str:
    """A title without tabs and double spaces."""
    return re.sub(r"[ \t]+", " ", text).strip(" \t|")
