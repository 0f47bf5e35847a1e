"""From line to line: what each is, and to which item it belongs."""

import re
import unicodedata
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import agenda
from events.pasting.people import person_key, read_labelled, read_person_line
from events.pasting.times import NoSuchTime, Times, holds_time, split_times
from events.pasting.titles import ROOM, Title, read_title
from events.speaking import Named

LONGEST_TEXT = 40_000
MOST_LINES = 500
_LONGEST_LINE = 2_000


class TooMuchText(ValueError):
    """More than a programme; its text is for the organiser."""


class Taken(models.TextChoices):
    """What a line was taken for."""

    ITEM = "item", gettext_lazy("agenda item")
    TITLE = "title", gettext_lazy("title of the item above")
    SPEAKERS = "speakers", gettext_lazy("speakers of the item above")
    DESCRIPTION = "description", gettext_lazy("explanation of the item above")
    END = "end", gettext_lazy("end of the programme")
    HEADING = "heading", gettext_lazy("heading, left out")
    EMPTY = "empty", gettext_lazy("empty")
    UNREAD = "unread", gettext_lazy("not understood, left out")


@dataclass
class PastedItem(agenda.Slot):
    """An agenda item as a text says it; `children` lie within its time."""

    speakers: list[Named] = field(default_factory=list)
    description: str = ""
    children: list["PastedItem"] = field(default_factory=list)


@dataclass
class ReadLine:
    """A line as typed, and what it was taken for.

    `remark` is a sentence for the organiser: why it was not understood, or what is doubtful.
    """

    number: int
    text: str
    taken: Taken = Taken.UNREAD
    remark: str = ""
    item: PastedItem | None = None


_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# Marks that cannot be seen: soft hyphen, zero width, direction. Joiners mean something between
# letters of scripts that join, and in emoji.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
    "|(?<![^\\s\u0000-\u024f])[\u200c\u200d]|[\u200c\u200d](?=[\\s\u0000-\u024f]|$)"
)
# French keeps a narrow space before these; elsewhere a space of another width is an accident.
_ODD_SPACE = re.compile("(?<!«)[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000](?![:;?!»%])")
_QUOTED = re.compile(r"[ \t\u00a0]*(?:>[ \t]?)*")
_BULLET = re.compile(
    r"(?:[•·●○◦▪▫■□◆◇►▶➢➤‣⁃∙✓✔★*+|\ue000-\uf8ff§–—-]|o(?=[ \t])"
    r"|\(?(?:\d{1,2}|[a-hA-H]|[ivx]{1,4})[.)](?=[ \t]))[ \t]{0,8}"
)
_RULER = re.compile(r"[-=_*~|+:.·•–—\s]*")
_HEADING = re.compile(
    r"(?:(?:het |ons |le |the |voorlopig |définitif |ontwerp)*"
    r"(?:dag)?(?:programma|programme|program|agenda|schedule|timetable|ordre du jour|déroulement)"
    r"|(?:in de |le |the )?(?:voormiddag|namiddag|ochtend|avond|matin|matinée|soir|soirée|morning"
    r"|afternoon|evening)|l['’]après-midi|après-midi|(?:dag|jour|day)\s\d)"
    r"(?:\s(?:van|du|of)\s.{1,60})?\s?[:.]?",
    re.IGNORECASE,
)
_COLUMN_HEADS = frozenset([
    "uur", "tijd", "tijdstip", "wanneer", "heure", "horaire", "time", "when", "wat",
    "onderwerp", "programma", "titel", "agenda", "sujet", "titre", "contenu", "what", "topic",
    "title", "subject", "spreker", "sprekers", "wie", "orateur", "orateurs", "intervenant",
    "intervenants", "who", "speaker", "speakers", "duur", "durée", "duration", "zaal", "salle",
    "room", "locatie", "lieu",
])  # fmt: skip
_MONTH = (
    r"(?:jan|feb|fév|maart|mars|march|mrt|apr|avr|mei|mai|may|jun|juin|jul|juil|aug|août|sep|okt"
    r"|oct|nov|dec|déc)[^\W\d_]{0,7}\.?"
)
_DATE = re.compile(
    r"(?:(?:(?:maan|dins|woens|donder|vrij|zater|zon)dag|(?:lun|mar|mercre|jeu|vendre|same)di"
    r"|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day|datum\s?:|date\s?:)[ ,]{1,2})?"
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th)?[ ./-](?:\d{{1,2}}|{_MONTH})[ ./-]\d{{4}}"
    rf"|\d{{4}}-\d\d-\d\d|{_MONTH} \d{{1,2}},? \d{{4}})\s?(?=$|[,:|–-])[:]?",
    re.IGNORECASE,
)
_DESCRIPTION_LABEL = re.compile(
    r"(?:toelichting|inhoud|précisions|description|note)\s?:\s?", re.IGNORECASE
)


def visible_lines(text: str) -> list[str]:
    """The lines of a text, without what nobody sees and no row can hold.

    Raises TooMuchText.
    """
    if len(text) > LONGEST_TEXT:
        raise TooMuchText(
            _("This is too long for a programme: paste at most %(most)d characters.")
            % {"most": LONGEST_TEXT}
        )
    lines = [_without_control(_UNSEEN.sub("", line)).rstrip() for line in _LINE_ENDS.split(text)]
    if len(lines) > MOST_LINES:
        raise TooMuchText(
            _("This is too long for a programme: paste at most %(most)d lines.")
            % {"most": MOST_LINES}
        )
    return lines


def _without_control(line: str) -> str:
    return "".join(c for c in line if c == "\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def _undressed(line: str) -> tuple[int, str, bool]:
    """How far a line is indented, what it says without quoting and bullet, whether it had one."""
    start = _QUOTED.match(line)
    margin = line[: start.end()] if start else ""
    text = _ODD_SPACE.sub(" ", line[len(margin) :])
    bullet = _BULLET.match(text)
    if bullet and not _RULER.fullmatch(text):
        text = text[bullet.end() :]
    return len(margin.replace(">", "").expandtabs(4)), text.strip(" "), bool(bullet)


def _is_heading(text: str) -> bool:
    cells = [cell.strip(" :").casefold() for cell in re.split(r"[\t|/]", text) if cell.strip()]
    return bool(
        _HEADING.fullmatch(text)
        or _DATE.fullmatch(text)
        or (len(cells) > 1 and all(cell in _COLUMN_HEADS for cell in cells))
    )


_SAYS_WHEN = re.compile(
    r"(?:datum|wanneer|tijd|tijdstip|uur|date|heure|when|quand|time|où|waar|locatie|lieu|where"
    r"|plaats|duur|durée|duration)\s?(?::.*)?",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Draft:
    """An item while the lines that say it are still being read; minutes count from the day."""

    line: ReadLine
    indent: int
    times: Times
    title: Title
    description: list[str] = field(default_factory=list)
    further_lines: list[ReadLine] = field(default_factory=list)
    has_title_apart: bool = False
    start: int | None = None
    end: int | None = None
    holder: "Draft | None" = None
    alike: "Draft | None" = None
    fault: str = ""


class Reader:
    """Takes lines one after the other; what they belong to depends on those before."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.current: Draft | None = None
        self.is_after_gap = False

    def take(self, line: ReadLine) -> None:
        """Decide what a line is, and keep what it says."""
        indent, text, has_bullet = _undressed(line.text)
        if not text or _RULER.fullmatch(text):
            line.taken, self.is_after_gap = Taken.EMPTY, True
            return
        if len(text) > _LONGEST_LINE:
            self._leave(line, _("This line is too long to be part of a programme."))
        elif _is_heading(text):
            line.taken, self.current = Taken.HEADING, None
        else:
            self._take_text(line, indent, text, has_bullet)
        self.is_after_gap = False

    def _take_text(self, line: ReadLine, indent: int, text: str, has_bullet: bool) -> None:
        is_explanation = _DESCRIPTION_LABEL.match(text) and self.current
        try:
            found = None if is_explanation else split_times(text)
        except NoSuchTime as refusal:
            self._leave(line, str(refusal))
            return
        if found is None:
            self._go_on(line, indent, text, has_bullet)
        elif _DATE.match(found[1]) or _SAYS_WHEN.fullmatch(found[1]):
            line.taken = Taken.HEADING
        else:
            self._start(Draft(line, indent, found[0], read_title(found[1])))

    def _start(self, draft: Draft) -> None:
        draft.line.taken = Taken.ITEM
        draft.holder = next(
            (other for other in reversed(self.drafts) if other.indent < draft.indent), None
        )
        self.drafts.append(draft)
        self.current = draft

    def _leave(self, line: ReadLine, reason: str) -> None:
        line.taken, line.remark, self.current = Taken.UNREAD, reason, None

    def _go_on(self, line: ReadLine, indent: int, text: str, has_bullet: bool) -> None:
        """A line without a time belongs to the item above it, or to none."""
        current = self.current
        if current is None and not self.drafts:
            line.taken = Taken.HEADING
        elif current is None:
            self._leave(line, _("This line has no time and belongs to no item."))
        elif (found := ROOM.fullmatch(text)) and found["title"] and current.title.title:
            self._start_beside(line, current, indent, text)
        else:
            is_apart = self.is_after_gap and indent <= current.indent
            self._add(line, current, text, has_bullet, is_apart and not current.has_title_apart)

    def _add(
        self, line: ReadLine, current: Draft, text: str, has_bullet: bool, is_apart: bool
    ) -> None:
        """Add a line to the item above it, from which an empty line may set it apart."""
        current.further_lines.append(line)
        if not current.title.title:
            current.title, current.has_title_apart = read_title(text), True
            line.taken = Taken.TITLE
        elif (labelled := read_labelled(text)) is not None:
            self._add_speakers(line, current, labelled)
        elif is_apart:
            self._leave(line, _("This line has no time and stands apart from the item above it."))
        elif _DESCRIPTION_LABEL.match(text) or not (people := read_person_line(text)):
            said = _DESCRIPTION_LABEL.sub("", text, count=1)
            if said == text and holds_time(text):
                line.remark = _("The time in this line is not at its beginning, and was not read.")
            current.description.append(f"- {said}" if has_bullet else said)
            line.taken = Taken.DESCRIPTION
        else:
            self._add_speakers(line, current, people)

    def _add_speakers(self, line: ReadLine, current: Draft, people: list[Named]) -> None:
        known = {person_key(person.name) for person in current.title.speakers}
        new = [person for person in people if person_key(person.name) not in known]
        current.title.speakers = current.title.speakers + new
        line.taken = Taken.SPEAKERS
        if not people:
            self._leave(line, _("This names nobody that can be kept: write it as name, role."))

    def _start_beside(self, line: ReadLine, current: Draft, indent: int, text: str) -> None:
        """A room without a time takes that of the item above: "Zaal A: …"."""
        first = current.alike or current
        has_room = bool(first.title.track_in_passing)
        indent = first.indent if has_room else max(indent, first.indent + 1)
        self._start(Draft(line, indent, Times(), read_title(text), alike=first))
