import pytest

from ical.texts import clean, escaped, one_line


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_clean_makes_every_line_break_the_same(line_break: str) -> None:
    assert clean(f"een{line_break}twee") == "een\ntwee"


def test_clean_keeps_one_break_for_a_carriage_return_with_line_feed() -> None:
    assert clean("een\r\n\r\ntwee") == "een\n\ntwee"


def test_clean_removes_what_is_no_text_but_keeps_the_tab() -> None:
    assert clean("\ufeffa\x00b\x1b[31mc\x7fd\x9fe\ud83df\tg") == "ab[31mcdef\tg"


def test_clean_leaves_accents_emoji_and_joiners_as_they_are() -> None:
    text = "Één ﬁets, 👩‍💻 naïef e\u0301 שלום"

    assert clean(text) == text


def test_one_line_puts_a_space_for_a_line_break() -> None:
    assert one_line(" Zaal 1\r\nAntwerpen\n") == "Zaal 1 Antwerpen"


def test_escaped_writes_each_special_character_once() -> None:
    assert escaped('a\\b;c,d\ne:f"g') == 'a\\\\b\\;c\\,d\\ne:f"g'
