"""Pictures of figures as SVG: bars, and a line over time.

They are drawn on a narrow sheet, so that their words can be read on a phone, and in the colour of
the text around them; a style sheet may colour the bars and the line. Alone, as a file, they are
black.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, TEXT = 400, 14
_ROW, _BAR = 46, 14
# About as many letters as fit before the value, which stands at the end of the line.
_LONGEST_LABEL = 44
_TOP, _BOTTOM, _LEFT = 30, 30, 6
_HEIGHT = 240

_LETTERS = "Source Sans 3, system-ui, sans-serif"


@dataclass(frozen=True)
class Bar:
    """One bar: what it is of, how long it is, and what stands at its end."""

    label: str
    value: float
    shown: str


def bars(title: str, rows: Sequence[Bar], *, most: float | None = None) -> SafeString:
    """Bars under each other, each under its label; the longest, or `most`, fills the sheet."""
    longest = max([most or 0, *(row.value for row in rows)]) or 1
    drawn = format_html_join(
        "\n",
        '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end" font-weight="700">{}'
        '</text><rect x="0" y="{}" width="{}" height="{}" fill-opacity="0.12"/>'
        '<rect class="chart__bar" x="0" y="{}" width="{}" height="{}"/>',
        (
            (
                top + TEXT,
                _shortened(row.label),
                WIDTH,
                top + TEXT,
                row.shown,
                top + 20,
                WIDTH,
                _BAR,
                top + 20,
                _rounded(WIDTH * row.value / longest),
                _BAR,
            )
            for top, row in ((number * _ROW, row) for number, row in enumerate(rows))
        ),
    )
    return _sheet(title, max(1, len(rows)) * _ROW - 10, drawn)


@dataclass(frozen=True)
class Mark:
    """A line across the picture of a line over time, with its words."""

    at: float
    label: str


def line(
    title: str,
    points: Sequence[tuple[date, int]],
    *,
    until: date,
    ends: tuple[str, str],
    level: Mark | None = None,
    moment: tuple[date, str] | None = None,
) -> SafeString:
    """A number day by day, up in steps, from the first point to `until` at the right edge.

    `ends` are the words for the first and the last day; `level` is a height to compare with;
    `moment` a day that is marked.
    """
    first = points[0][0]
    days = max(1, (until - first).days)
    most = max([1, *(number for _day, number in points), level.at if level else 0])
    height = _HEIGHT - _TOP - _BOTTOM

    def x(day: date) -> float:
        return _rounded(_LEFT + (WIDTH - 2 * _LEFT) * (day - first).days / days)

    def y(number: float) -> float:
        return _rounded(_TOP + height * (1 - number / most))

    path = f"M{x(first)} {y(points[0][1])}" + "".join(
        f"H{x(day)}V{y(number)}" for day, number in points[1:]
    )
    base = y(0)
    last, number = points[-1]
    parts = [
        format_html(
            '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity="0.5"/>'
            '<path class="chart__line" d="{}" fill="none" stroke="currentColor" stroke-width="2.5"'
            ' stroke-linejoin="round"/>'
            '<circle class="chart__bar" cx="{}" cy="{}" r="4"/>'
            '<text x="{}" y="{}" text-anchor="{}" font-weight="700">{}</text>'
            '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>',
            WIDTH, base, base, path, x(last), y(number), x(last), max(TEXT, y(number) - 10),
            "end" if x(last) > WIDTH / 2 else "start", number, _HEIGHT - 10, ends[0], WIDTH,
            _HEIGHT - 10, ends[1],
        )
    ]  # fmt: skip
    if level is not None:
        parts.append(
            format_html(
                '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="currentColor"'
                ' stroke-dasharray="6 4"/>'
                '<text x="0" y="{}">{}</text>',
                WIDTH, y(level.at), y(level.at), y(level.at) - 7, level.label,
            )
        )  # fmt: skip
    if moment is not None and first <= moment[0] <= until:
        at = x(moment[0])
        is_right = at > WIDTH / 2
        parts.append(
            format_html(
                '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="currentColor"'
                ' stroke-dasharray="2 4"/><text x="{}" y="{}" text-anchor="{}">{}</text>',
                at, at, _TOP, base, at - 6 if is_right else at + 6, base - 8,
                "end" if is_right else "start", moment[1],
            )
        )  # fmt: skip
    return _sheet(title, _HEIGHT, format_html_join("\n", "{}", ((part,) for part in parts)))


def _sheet(title: str, height: int, drawn: SafeString) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {} {}" role="img"'
        ' aria-label="{}" font-family="{}" font-size="{}" fill="currentColor">\n{}\n</svg>',
        WIDTH,
        height,
        title,
        _LETTERS,
        TEXT,
        drawn,
    )


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…"


def _rounded(number: float) -> float:
    return round(number, 1)
