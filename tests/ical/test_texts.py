import pytest

from ical.texts import as_html, clean, escaped, one_line


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


# As HTML -----------------------------------------------------------------------------------------


def test_html_keeps_paragraphs_lines_and_indents() -> None:
    assert as_html("Een\ntwee\n  drie\n\n\nvier") == (
        "<html><body><p>Een<br>twee<br>&nbsp;&nbsp;drie</p><p>vier</p></body></html>"
    )


def test_html_says_literally_what_was_written() -> None:
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp;amp;" in as_html(
        '<script>alert("x")</script> &amp;'
    )


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (
            "Meer: https://example.be/a?b=1&c=2.",
            '<a href="https://example.be/a?b=1&amp;c=2">https://example.be/a?b=1&amp;c=2</a>.',
        ),
        (
            "(zie http://example.be/één)",
            '<a href="http://example.be/één">http://example.be/één</a>)',
        ),
        (
            "An, an.peeters@stad.example.be.",
            '<a href="mailto:an.peeters@stad.example.be">an.peeters@stad.example.be</a>.',
        ),
    ],
)
def test_html_leads_to_the_addresses_in_a_text(text: str, link: str) -> None:
    assert link in as_html(text)


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", 'https://"onclick=x', "data:text/html,x", "a@b", "@example.be"]
)
def test_html_leads_nowhere_else(text: str) -> None:
    assert "<a " not in as_html(text)


def test_html_of_a_very_long_word_takes_no_time() -> None:
    assert "a" * 200_000 in as_html("a" * 200_000)
