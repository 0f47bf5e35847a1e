"""What organisers write: Markdown and placeholders, as HTML and as plain text."""

import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing.written import Address, as_html, as_text, fill, words_between_braces

LINK = Address("https://example.org/registrations/abc_d-e.f/join/")
VALUES = {"naam": "An *de* <b>Snelle</b> [x](https://evil.example) {link} & `co`", "link": LINK}
NAME = VALUES["naam"]


def said(html: str) -> str:
    """What somebody reads of it."""
    return "".join(html5lib.parseFragment(html).itertext())


@pytest.mark.parametrize(
    "source",
    [
        "{{ naam }} {{naam}} {% now 'Y' %}",
        "{0} {0.__class__} {naam.__class__} {naam!r} {naam:>9}",
        "%s %(naam)s $naam ${naam",
        "{Naam} {NAAM} { naam } {} {onbekend} {naam",
    ],
)
def test_what_is_no_placeholder_stays_as_it_was_typed(source: str) -> None:
    assert said(as_html(source, VALUES)).strip() == source
    assert as_text(source, VALUES) == source
    assert fill(source, VALUES) == source


@pytest.mark.parametrize(
    "around", ["{}", "**{}**", "- {}", "1. {}", "# {}", "> {}", "`{}`", "a {} b"]
)
def test_value_is_said_literally_wherever_it_stands(around: str) -> None:
    source = around.replace("{}", "{naam}")

    html = as_html(source, VALUES)

    assert NAME in said(html)
    assert NAME in as_text(source, VALUES)
    assert "<a" not in html
    assert "evil.example)" in said(html)


def test_value_in_a_subject_is_said_literally() -> None:
    assert fill("Dag {naam}, tot {wanneer}", VALUES) == f"Dag {NAME}, tot {{wanneer}}"


def test_address_is_a_link_in_html_and_an_address_in_text() -> None:
    source = "Neem deel: {link}."

    assert f'<a href="{LINK}"' in as_html(source, VALUES)
    assert as_text(source, VALUES) == f"Neem deel: {LINK}."


def test_address_can_stand_behind_words() -> None:
    source = "[Neem {naam} deel]({link})"

    assert f'<a href="{LINK}"' in as_html(source, VALUES)
    assert as_text(source, VALUES) == f"Neem {NAME} deel ({LINK})"


@pytest.mark.parametrize("target", ["{naam}", "https://example.org/{naam}", "javascript:{link}"])
def test_only_an_address_can_become_the_target_of_a_link(target: str) -> None:
    html = as_html(f"[x]({target})", VALUES | {"naam": "javascript:alert(1)"})

    assert re.findall('href="javascript', html) == []
    assert "alert(1)" not in "".join(re.findall('href="[^"]*"', html))


def test_typed_html_and_dangerous_links_are_only_text() -> None:
    html = as_html(
        "<script>x</script> <img src=x onerror=y> [a](javascript:b) [c](data:text/html,d)"
    )

    assert not re.search("<(script|img|a)[ >]", html)


@pytest.mark.parametrize(
    ("target", "leads_on"),
    [
        ("https://example.org/a?b=c#d", True),
        ("mailto:an@example.org", True),
        ("//example.org/a", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("&#106;avascript:alert(1)", False),
        ("vbscript:x", False),
        ("data:text/html;base64,PHNjcmlwdD4=", False),
        ("file:///etc/passwd", False),
        ("ftp://example.org/", False),
    ],
)
def test_link_leads_to_another_page_at_most_which_knows_nothing_of_ours(
    target: str, leads_on: bool
) -> None:
    root = html5lib.parseFragment(as_html(f"[x]({target})"), namespaceHTMLElements=False)

    links = [link.attrib for link in root.iter("a") if "href" in link.attrib]

    assert bool(links) is leads_on
    assert all(link["rel"] == "noopener noreferrer nofollow" for link in links)
    assert all("target" not in link for link in links)


def test_headings_start_at_the_level_that_is_asked() -> None:
    source = "# een\n\n#### twee"

    assert re.findall("<h[0-9]", as_html(source)) == ["<h3", "<h4"]
    assert re.findall("<h[0-9]", as_html(source, top=2)) == ["<h2", "<h3"]


def test_plain_text_keeps_the_shape() -> None:
    source = (
        "# Praktisch\n\nKom *op tijd*.\nNeem mee:\n\n- laptop\n- lader\n  - voor *uw* toestel\n\n"
        "3. eerst\n4. dan\n\n> Zegt wie?\n>\n> Wij.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n"
        "[Plan](https://example.org/plan) <https://example.org> <an@example.org>\n\n    code  x\n"
    )

    assert as_text(source) == (
        "Praktisch\n\nKom op tijd.\nNeem mee:\n\n- laptop\n- lader\n  - voor uw toestel\n\n"
        "3. eerst\n4. dan\n\n> Zegt wie?\n>\n> Wij.\n\na | b\n1 | 2\n\n* * *\n\n"
        "Plan (https://example.org/plan) https://example.org an@example.org\n\ncode  x"
    )


def test_words_between_braces_are_those_that_could_be_placeholders() -> None:
    source = "{naam} {nam} {{x}} {0} {a.b} {naam} {é}"

    assert words_between_braces(source) == ["naam", "nam", "é"]


@given(st.text(alphabet="{}naamlink_.*[]()<>\\`!#-\n ~|:&", max_size=60))
def test_no_text_makes_a_value_into_markup(source: str) -> None:
    html = as_html(source, {"naam": "<i>**x**</i>", "link": LINK})

    assert "<i>" not in html
    assert "<strong>x" not in html
    as_text(source, VALUES)
