"""Fields that forms of every app share: a day, a text of several lines."""

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """The browser's own field for a day: it sends and takes ISO 8601, whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LinesField(forms.CharField):
    """A text of several lines; that browsers end lines their own way is no change."""

    def to_python(self, value: Any) -> str:
        """The text with plain line ends."""
        return plain_lines(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it says something else."""
        return super().has_changed(plain_lines(initial or ""), plain_lines(data or ""))


def plain_lines(text: str) -> str:
    """The text with plain line ends, without what is empty around it."""
    return text.replace("\r\n", "\n").strip()
