"""The colour of a programme."""

import re

import pytest
from django.core.exceptions import ValidationError

from accounts import colours
from tests import build
from tests.page import CheckedClient

WHITE, NIGHT, RAISED = (255, 255, 255), (0x14, 0x19, 0x1F), (0x1F, 0x26, 0x2E)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0055cc", "#0055cc", 1.0)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert round(colours.contrast(colours.read(one), colours.read(other)), 2) == ratio


@pytest.mark.parametrize("written", ["rood", "#fff", "0055cc", "#0055cg", "#0055cc;}", "#٠٠٥٥cc"])
def test_text_that_is_no_colour_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        colours.validate_colour(written)


@pytest.mark.parametrize("written", ["#0055cc", "#000000", "#8a1538", "#00693c", "#5b2d8e"])
def test_colour_that_is_taken_can_be_read_by_day_and_in_the_dark(written: str) -> None:
    colours.validate_colour(written)
    by_day, by_night = colours.style_sheet(written).split("@media")

    def shade(rules: str, name: str) -> colours.Rgb:
        found = re.search(rf"--au-{name}:(#[0-9a-f]{{6}});", rules)
        assert found
        return colours.read(found[1])

    for rules, grounds in ((by_day, [WHITE]), (by_night, [NIGHT, RAISED])):
        accent, strong = shade(rules, "blue-700"), shade(rules, "blue-900")
        for ground in grounds:
            assert colours.contrast(accent, ground) >= 4.5
            assert colours.contrast(strong, ground) >= 4.5
        # Words in the strong shade stand on the soft one; buttons carry words of the ground.
        assert colours.contrast(strong, shade(rules, "blue-100")) >= 4.5
        assert colours.contrast(accent, shade(rules, "blue-100")) >= 4.5


@pytest.mark.django_db
def test_lead_is_told_the_contrast_of_a_colour_that_is_too_weak_and_keeps_a_strong_one(
    client: CheckedClient,
) -> None:
    session = build.make_session(slug="ai")
    programme = session.programme
    client.force_login(build.make_lead(programme))
    address = f"/organise/programmes/{programme.slug}/"
    form = {"name_nl": "PIO", "colour": "#ffcc00"}

    refused = client.post(address, form)
    kept = client.post(address, form | {"colour": "#8A1538"})

    assert refused.status_code == 422
    assert "haar contrast is 1,4 op 1" in refused.content.decode()
    assert kept.status_code == 302
    page = client.get("/sessions/ai/").content.decode()
    found = re.search(rf'href="(/programmes/{programme.slug}/\w+\.css)"', page)
    assert found
    sheet = client.get(found[1])
    assert "--au-blue-700:#8a1538;" in sheet.content.decode()
    assert "max-age=31536000" in sheet.headers["Cache-Control"]
