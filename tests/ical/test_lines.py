import pytest
from hypothesis import given
from hypothesis import strategies as st

from ical.lines import LONGEST, joined, line

# What a value can be made of once it is escaped: any character but breaks, escapes in pairs.
PIECES = st.sampled_from(["a", "é", "€", "👩", "\\\\", "\\n", "\\,", " ", "\t", "e\u0301"])
VALUES = st.lists(PIECES, max_size=400).map("".join)


@given(VALUES)
def test_folded_lines_are_short_whole_and_give_the_text_back(value: str) -> None:
    data = joined([line("X", value)])

    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(each) <= LONGEST for each in lines)
    assert b"".join([lines[0], *(each[1:] for each in lines[1:])]).decode() == f"X:{value}"
    # Each is whole by itself: no character, and no escape, goes on in the next one.
    for each in lines:
        text = each.decode()
        assert (len(text) - len(text.rstrip("\\"))) % 2 == 0
    assert all(each.startswith(b" ") for each in lines[1:])


@pytest.mark.parametrize("length", range(LONGEST - 3, LONGEST + 3))
def test_line_is_folded_as_soon_as_it_is_too_long_and_no_sooner(length: int) -> None:
    lines = joined(["a" * length]).split(b"\r\n")[:-1]

    assert len(lines) == (1 if length <= LONGEST else 2)


def test_very_long_run_of_escapes_is_folded_in_no_time() -> None:
    value = "\\\\" * 50_000

    assert joined([value]).replace(b"\r\n ", b"") == value.encode() + b"\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "CN=plain"),
        ("Peeters, An: team; x", 'CN="Peeters, An: team; x"'),
        ("Zoë", 'CN="Zoë"'),
        # RFC 6868: a circumflex is written twice, or "^n" would be a line break.
        ("a^n", "CN=a^^n"),
    ],
)
def test_parameter_is_quoted_where_it_must_be(value: str, written: str) -> None:
    assert line("ATTENDEE", "mailto:a@b", [("CN", value)]) == f"ATTENDEE;{written}:mailto:a@b"
