import pytest
from django.core.exceptions import ValidationError

from events import speaking
from events.models import AgendaItem, Speaker
from tests.build import make_agenda_item, make_session, make_speaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> AgendaItem:
    return make_agenda_item(make_session())


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "Sabine Demey",
        "Sabine Demey, Programmadirecteur",
        "Sabine Demey, Programmadirecteur, ad interim",
        "Veerle Lories, Projectleider PIO\nRob Heyman, Coördinator\nSabine Demey",
        "Ó Súilleabháin, Onderzoeker\nvan den Bossche\nPlato, Filosoof\nJean d’Hondt",
        "Дмитрий\n李 小龙, 演員\nΑλέξανδρος",
    ],
)
def test_lines_come_back_as_they_were_set(item: AgendaItem, lines: str) -> None:
    speaking.set_from_lines(item, lines)

    assert speaking.as_lines(item) == lines


def test_set_from_lines_ignores_empty_lines_and_spaces(item: AgendaItem) -> None:
    speaking.set_from_lines(item, "\n  An Peeters ,  Jurist  \r\n\n , \n")

    assert speaking.as_lines(item) == "An Peeters, Jurist"


def test_set_from_lines_reuses_whom_it_knows() -> None:
    session = make_session()
    first, second = make_agenda_item(session), make_agenda_item(session)

    speaking.set_from_lines(first, "An Peeters, Jurist")
    speaking.set_from_lines(second, "an  peeters, Voorzitter")

    assert Speaker.objects.count() == 1
    assert speaking.as_lines(first) == "An Peeters, Jurist"
    assert speaking.as_lines(second) == "An Peeters, Voorzitter"


@pytest.mark.parametrize(
    ("one", "other"), [("O'Neil", "ONeil"), ("Дмитрий", "Ольга"), ("An-Marie Bos", "An Marie Bos")]
)
def test_set_from_lines_keeps_people_apart_whose_short_address_is_alike(
    item: AgendaItem, one: str, other: str
) -> None:
    speaking.set_from_lines(item, f"{one}\n{other}")

    assert speaking.as_lines(item) == f"{one}\n{other}"


def test_set_from_lines_puts_them_in_the_new_order(item: AgendaItem) -> None:
    speaking.set_from_lines(item, "An, Jurist\nBo, Voorzitter\nCem")

    speaking.set_from_lines(item, "Cem\nAn, Jurist")

    assert speaking.as_lines(item) == "Cem\nAn, Jurist"
    assert Speaker.objects.filter(name="Bo").exists()


def test_set_from_lines_takes_a_role_away(item: AgendaItem) -> None:
    speaking.set_from_lines(item, "An, Jurist")

    speaking.set_from_lines(item, "An")

    assert speaking.as_lines(item) == "An"


def test_set_from_lines_leaves_the_organisation_that_was_known(item: AgendaItem) -> None:
    make_speaker(item, name="An Peeters", role="Jurist")
    Speaker.objects.update(slug="an-peeters")
    kept = item.contributions.get()

    speaking.set_from_lines(item, "An Peeters, Jurist")

    assert item.contributions.get() == kept


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Veerle Lories", "VL"), ("Jan van den Bossche", "JB"), ("Plato", "P"), ("", "")],
)
def test_initials_are_of_the_first_and_the_last_name(name: str, initials: str) -> None:
    assert Speaker(name=name).initials == initials


@pytest.mark.parametrize("line", ["N" * 101, "Ann Peeters, " + "r" * 151])
def test_line_too_long_to_keep_is_refused_in_words(line: str) -> None:
    with pytest.raises(ValidationError, match="te lang"):
        speaking.validate_lines(line)


def test_longest_line_that_fits_is_accepted() -> None:
    speaking.validate_lines("N" * 100 + ", " + "r" * 150)
