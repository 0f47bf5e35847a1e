"""Text in files that people open with a spreadsheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.spreadsheets import harmless, without_mark

STARTS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"]


@pytest.mark.parametrize("start", STARTS)
def test_start_of_a_formula_is_made_text(start: str) -> None:
    assert harmless(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("start", STARTS[:8])
@pytest.mark.parametrize("spaces", [" ", "   ", "\u00a0", "\n"])
def test_start_of_a_formula_after_spaces_is_made_text(start: str, spaces: str) -> None:
    assert harmless(f"{spaces}{start}1") == f"'{spaces}{start}1"


@pytest.mark.parametrize("text", ["", "Jan", "'t Zand", "1-1", "a=b", "é@x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(max_size=20))
def test_what_was_disarmed_comes_back_as_it_was(text: str) -> None:
    assert without_mark(harmless(text)) == text or text.startswith("'")
    assert harmless(text).lstrip()[:1] not in STARTS
