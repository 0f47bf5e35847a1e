"""Figures: what was measured, against what, and whether that is enough."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    work: str
    ours: str
    limit: str
    result: str
    target: str
    is_met: bool


def at_least(work: str, *, ours: str, limit: str, ratio: float, bound: float) -> Figure:
    """A ratio that may not be smaller than `bound`, in per cent: how close we come to the limit."""
    return Figure(work, ours, limit, f"{ratio:.0%}", f"≥ {bound:.0%}", ratio >= bound)


def at_most(work: str, *, ours: str, limit: str, ratio: float, bound: float) -> Figure:
    """A ratio that may not be larger than `bound`: how many times the limit it costs."""
    return Figure(work, ours, limit, f"{ratio:.2f} ×", f"≤ {bound:g} ×", ratio <= bound)


def exactly(work: str, *, ours: str, target: str, is_met: bool) -> Figure:
    """Something that holds or does not."""
    return Figure(work, ours, "", "holds" if is_met else "does not hold", target, is_met)


HEADINGS = ("work", "database", "ours", "limit", "result", "target", "met")


def table(rows: list[tuple[str, Figure]]) -> str:
    """The figures with their databases, as a table that reads as text and as Markdown."""
    cells = [HEADINGS] + [
        (
            figure.work,
            database,
            figure.ours,
            figure.limit,
            figure.result,
            figure.target,
            "yes" if figure.is_met else "NO",
        )
        for database, figure in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
    )
