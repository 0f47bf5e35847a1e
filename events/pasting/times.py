"""The times in a line of a pasted programme, as people type them in Dutch, French and English."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

DAY = 24 * 60


class NoSuchTime(ValueError):
    """What looks like a time of day is none; its text is for the organiser."""


@dataclass(frozen=True)
class Times:
    """What a line says of its time, in minutes since midnight; None is what it does not say."""

    start: int | None = None
    end: int | None = None
    length: int | None = None


# Every part is bounded, and what repeats is told apart by its first characters: no line makes these
# patterns go back and forth.
_HALF = r"\s?(?P<{n}half>[ap])\.?\s?m\b\.?(?:\s?noon\b)?"
# "uur" after the figures belongs to them, "Uur" begins a title.
_MARKED = (
    r"(?:[:.](?P<{n}close>\d{{2}})(?::\d{{2}})?(?![\d%]|[./]\d)(?:\s?(?-i:uur|u|h|hrs?|noon)\b)?"
    r"|[uh](?P<{n}joined>\d{{2}})(?!\d)(?:min\b)?|\s[uh]\s(?P<{n}apart>\d{{2}})(?!\d))"
    r"|\s?(?P<{n}unit>uur|u|hrs?|heures?|h|o[’']clock)(?![^\W_])"
)
_WORD = r"(?:12\s)?(?P<{n}word>noon|midday|midnight|midi|minuit|middernacht)\b"
_TIME = (
    rf"(?:{_WORD}|(?P<{{n}}hour>\d{{{{1,2}}}})"
    rf"(?:(?:{_MARKED})(?:{_HALF})?|{_HALF.replace('half', 'only')}))"
)
_BARE = r"(?P<bare>\d{1,2})(?![\d:.,/%€])"
_BETWEEN = (
    r"(?:\s{0,3}(?:[-–—‒−→>~|]{1,2}|(?:tot|t/m|until|till|to|jusqu[’']à|à|a|au|en|et|and)\s)\s{0,3}"
    r"(?:tot\s|until\s)?|\t)"
)
_BEFORE = r"(?:(?:van|vanaf|om|tussen|de|dès|à partir de|entre|à|from|between|at)\s{1,3}|[(\[]\s?)?"
_START, _END = _TIME.format(n="start_"), _TIME.format(n="end_")
_SPAN = rf"{_BEFORE}(?:{_START}|{_BARE}(?={_BETWEEN}\d))(?:{_BETWEEN}{_END})?(?:\s?[)\]])?"
_LEADING = re.compile(_SPAN, re.IGNORECASE)
# At the end only what is set apart: in brackets, or after a dash, a bar, a colon or a tab.
_TRAILING = re.compile(
    rf"(?:[|\t:,]|\s[-–—]\s|\s(?=[(\[]))\s{{0,3}}{_SPAN}[\s|]{{0,3}}$", re.IGNORECASE
)
_TAIL = 60

_LENGTH = (
    r"(?:(?P<hours>[1-8])\s?(?:uur|hours?|heures?|hrs?|u|h)(?:\s?(?:en|et|and)?\s?"
    r"(?P<more>\d{1,2})\s?(?:minuten|minutes|mins?|['’′])?)?"
    r"|(?P<minutes>\d{1,3})\s?(?:minuten|minuut|minutes?|mins?|['’′]))(?![^\W_])\.?"
)
_LEADING_LENGTH = re.compile(rf"[(\[]?{_LENGTH}[)\]]?", re.IGNORECASE)
_TRAILING_LENGTH = re.compile(
    rf"(?:[(\[]\s?(?:±|ca\.?|circa)?\s?|(?:\s[-–—]|[:|\t,])\s{{0,3}}|^(?P<single>[^\W\d]{{3,25}})\s)"
    rf"{_LENGTH}\s?[)\]]?$",
    re.IGNORECASE,
)
_WORDS = {"noon": 12, "midday": 12, "midi": 12, "midnight": 24, "minuit": 24, "middernacht": 24}
AROUND_TITLE = " \t\u00a0\u202f:|–—-·,;.*)]>"
# "2 uur workshop" is a length, "14 uur Welkom" a time.
_LONGEST_IN_HOURS = 4


def split_times(text: str) -> tuple[Times, str] | None:
    """The times of a line without its bullet, and what else it says; None if it has no time.

    Raises NoSuchTime for what is written as a time but cannot be one.
    """
    if found := _LEADING.match(text):
        times = _times(found)
        if times and not _is_length(found, times):
            return _with_length(times, text[found.end() :].lstrip(AROUND_TITLE))
    if (found := _LEADING_LENGTH.match(text)) and text[found.end() :].strip(AROUND_TITLE):
        return Times(length=_minutes(found)), text[found.end() :].lstrip(AROUND_TITLE)
    return _at_the_end(text)


def _is_length(found: re.Match[str], times: Times) -> bool:
    unit = (found["start_unit"] or "").lower()
    return (
        times.end is None
        and unit in {"uur", "heure", "heures"}
        and (times.start or 0) <= _LONGEST_IN_HOURS * 60
    )


def _split_length(text: str) -> tuple[int, str] | None:
    """A length at the end, in minutes, and the text before it: "Vragen (15 min)"."""
    found = _TRAILING_LENGTH.search(text, max(0, len(text) - _TAIL))
    if not found:
        return None
    before = found["single"] or text[: found.start()].rstrip(" \t–—-|:,")
    return (_minutes(found), before) if before.strip(AROUND_TITLE) else None


def _at_the_end(text: str) -> tuple[Times, str] | None:
    if length := _split_length(text):
        return Times(length=length[0]), length[1]
    found = _TRAILING.search(text, max(0, len(text) - _TAIL))
    title = text[: found.start()].strip(" \t–—-|:,") if found else ""
    if found and title and (times := _times(found)):
        return times, title
    return None


def _with_length(times: Times, rest: str) -> tuple[Times, str]:
    """A length beside the start says the end: "14u00 (45 min) Titel", "14u00 Titel (45 min)"."""
    if times.end is not None:
        return times, rest
    found = _LEADING_LENGTH.match(rest)
    title = rest[found.end() :].lstrip(AROUND_TITLE) if found else ""
    if found and title and (found["minutes"] or rest[0] in "(["):
        return Times(times.start, length=_minutes(found)), title
    title, tab, further_cells = rest.partition("\t")
    if length := _split_length(title):
        return Times(times.start, length=length[0]), length[1] + tab + further_cells
    return times, rest


def _minutes(found: re.Match[str]) -> int:
    hours, more, minutes = (int(found[part] or 0) for part in ("hours", "more", "minutes"))
    return hours * 60 + more + minutes


def _times(found: re.Match[str]) -> Times | None:
    """The times of a match; None where a bare number does not make one."""
    has_end = found["end_hour"] is not None or found["end_word"] is not None
    if found["bare"] and not has_end:
        return None
    end = _clock(found, "end_", _half(found, "end_")) if has_end else None
    half = _half(found, "start_")
    start = _clock(found, "start_", half)
    if has_end and not half and (inherited := _half(found, "end_")):
        later = _clock(found, "start_", inherited)
        start = later if later < (end or 0) else start  # "2 – 3 pm", but "11 – 1 pm"
    return Times(start, end)


def _half(found: re.Match[str], which: str) -> str:
    """ "a" or "p" of a.m. and p.m.; empty where the line says neither."""
    return (found[which + "half"] or found[which + "only"] or "").lower()


def _clock(found: re.Match[str], which: str, half: str) -> int:
    if word := found[which + "word"]:
        return _WORDS[word.lower()] * 60
    hour = int(found[which + "hour"] or found["bare"])
    minutes = (found[which + part] for part in ("close", "joined", "apart"))
    minute = int(next(filter(None, minutes), 0))
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or hour * 60 + minute > DAY:
        raise NoSuchTime(
            _("“%(time)s” is no time of the day.") % {"time": found[0].strip(" ([)]\t|:,–-")}
        )
    return hour * 60 + minute


def holds_time(text: str) -> bool:
    """Whether a time of day stands anywhere in a text."""
    return re.search(r"(?<!\d)\d{1,2}\s?[:uh]\s?\d{2}(?!\d)", text, re.IGNORECASE) is not None
